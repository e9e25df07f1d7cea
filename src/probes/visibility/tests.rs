//! Small traces whose least waits were computed by hand.

use super::*;
use crate::probes::OpId;
use crate::probes::layout::NodePlan;
use crate::scenario::tree::NodeIx;

const ITEM: EntityIx = EntityIx(0);
const KEY: KeyId = KeyId(0);
const OP: OpId = OpId(0);
/// The coordinator; its replicas are 1 to 3.
const COORDINATOR: InstanceId = InstanceId(0);

fn visibility() -> Visibility {
    Visibility::new(&Arc::new(Layout {
        nodes: vec![NodePlan { kind: "quorum", ..NodePlan::default() }],
        instances: vec![NodeIx(0); 4],
        length: Span(u64::MAX),
        ..Layout::default()
    }))
}

impl Visibility {
    fn holds(&mut self, now: u64, replica: u32, version: u64) {
        let fact = Fact::Holds { op: OP, entity: ITEM, key: KEY, version };
        self.see(Time(now), InstanceId(replica), fact);
    }

    fn commits(&mut self, now: u64, version: u64) {
        let (op, entity, key, effect) = (OP, ITEM, KEY, 0);
        let fact = Fact::Applied { op, effect, entity, key, version, before: 0, value: 0 };
        self.see(Time(now), COORDINATOR, fact);
    }

    /// A read that was issued then; who answered it, having looked when.
    fn reads(&mut self, now: u64, issued: u64, responses: &[(u32, u64)]) {
        let (op, entity, key, issued) = (OP, ITEM, KEY, Time(issued));
        for &(replica, at) in responses {
            let (replica, at) = (InstanceId(replica), Time(at));
            let fact = Fact::Responded { op, entity, key, replica, issued, at };
            self.see(Time(now), COORDINATOR, fact);
        }
        let fact = Fact::Saw { op, entity, key, version: 0, value: 0, issued };
        self.see(Time(now), COORDINATOR, fact);
    }
}

fn values(visibility: &Visibility, audit: u64) -> Vec<u64> {
    let mut values = Vec::new();
    let mut outcome = Outcome::default();
    visibility.outcome(Time(audit), &mut outcome);
    outcome.visibility.for_each(|ns, times| {
        values.extend((0..times).map(|_| ns));
    });
    values
}

#[test]
fn a_replica_that_has_it_when_the_read_arrives_makes_it_visible_at_once() {
    let mut visibility = visibility();
    visibility.holds(10, 1, 1);
    visibility.commits(15, 1);
    visibility.holds(18, 2, 1);
    visibility.reads(25, 15, &[(2, 18)]);
    assert_eq!(values(&visibility, 100), [0]);
}

#[test]
fn the_least_wait_counts_whenever_the_read_really_came() {
    let mut visibility = visibility();
    visibility.holds(10, 1, 1);
    visibility.commits(15, 1);
    // The read looks at replica 2 three after its issue and at replica 3 one after: issued at
    // the commit they would be asked at 18 and 16.
    visibility.reads(60, 50, &[(2, 53), (3, 51)]);
    visibility.holds(70, 3, 1);
    visibility.holds(71, 2, 1);
    assert_eq!(values(&visibility, 100), [71 - 18]);
}

#[test]
fn a_newer_version_shows_that_the_older_is_superseded() {
    let mut visibility = visibility();
    visibility.holds(10, 1, 1);
    visibility.commits(15, 1);
    visibility.reads(22, 20, &[(2, 21)]);
    visibility.holds(30, 2, 2);
    assert_eq!(values(&visibility, 100), [30 - 16]);
}

#[test]
fn each_commit_counts_once_and_only_if_it_was_read() {
    let mut visibility = visibility();
    visibility.holds(10, 1, 1);
    visibility.reads(12, 11, &[(1, 12)]);
    visibility.commits(15, 1);
    visibility.reads(17, 14, &[(1, 16)]);
    visibility.reads(20, 16, &[(1, 18)]);
    visibility.reads(24, 22, &[(1, 23)]);
    visibility.holds(30, 1, 2);
    visibility.commits(31, 2);
    assert_eq!(values(&visibility, 100), [0], "the second was never read");
}

#[test]
fn what_never_arrives_counts_by_its_age() {
    let mut visibility = visibility();
    visibility.holds(10, 1, 1);
    visibility.commits(15, 1);
    visibility.reads(25, 15, &[(2, 18)]);
    assert_eq!(values(&visibility, 100), [85]);
}

#[test]
fn law_8_records_go_when_nobody_has_touched_them_for_long() {
    let mut visibility = visibility();
    for number in 0..10_000 {
        let now = Time(number * 1_000_000_000);
        let key = KeyId::created_by(OpId(number));
        let fact = Fact::Holds { op: OP, entity: ITEM, key, version: 1 };
        visibility.see(now, InstanceId(1), fact);
    }
    assert!(visibility.items.records.len() <= 302, "{} records", visibility.items.records.len());
}
