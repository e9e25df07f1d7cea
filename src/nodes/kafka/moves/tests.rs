//! Groups whose members go on while partitions move, on a bench: three members, six partitions.

use proptest::prelude::*;

use super::super::super::broker::fixture::*;
use super::super::{Item, Op, partition_of};
use crate::base::{Dist, Span};
use crate::probes::KeyId;
use crate::scenario::tree::{self, Committing, Protocol};

const FIRST: u32 = AT_CONSUMERS[0];
const SECOND: u32 = AT_CONSUMERS[1];
const THIRD: u32 = AT_CONSUMERS[2];
const PARTITIONS: u32 = 6;

/// A session timeout of 100 ms, batches of one record, committed when they are handled.
fn bench(protocol: Protocol, differs: impl FnOnce(&mut tree::Kafka)) -> Bench {
    log_that(PARTITIONS, false, |log| {
        log.append = Dist::Const(0.0);
        log.cluster = Some(tree::Cluster {
            max_poll_records: 1,
            commit: Committing::Batch,
            protocol,
            initial_rebalance_delay: Span::ZERO,
            ..tree::Cluster::alone()
        });
        differs(log);
    })
}

/// A key that goes to this partition.
fn key_for(partition: u32) -> Item {
    let item = |key| Item { entity: crate::model::EntityIx(0), key: KeyId(key), ..Item::NONE };
    let goes_there = |item: &Item| partition_of(Op::NONE, *item, PARTITIONS) == partition as usize;
    (0..1000).map(item).find(goes_there).expect("keys go to every partition")
}

fn all_beat(bench: &mut Bench, beating: &[u32]) {
    for at in beating {
        bench.heartbeat(*at);
    }
}

/// Time passes in steps of 10 ms: these say that they live, and everybody handles what it has. Who
/// has handled something of which partition, then; operations count up from `next`, one a partition and step.
fn work(bench: &mut Bench, next: &mut u64, span_ms: u64, beating: &[u32]) -> Vec<(u32, u32)> {
    let mut handled = Vec::new();
    for _ in 0..span_ms / 10 {
        all_beat(bench, beating);
        for partition in 0..PARTITIONS {
            bench.publish_item(*next, TO_ONE, key_for(partition));
            *next += 1;
        }
        for _ in 0..9 {
            bench.run_for(1);
            let got = bench.deliveries();
            handled.extend(got.iter().map(|it| ((it.op % u64::from(PARTITIONS)) as u32, it.to)));
            bench.ack(&got);
        }
        bench.run_for(1);
    }
    handled
}

/// Of which partitions this member has handled something.
fn parts(handled: &[(u32, u32)], member: u32) -> Vec<u32> {
    let mut its: Vec<u32> =
        handled.iter().filter(|(_, by)| *by == member).map(|(partition, _)| *partition).collect();
    its.sort_unstable();
    its.dedup();
    its
}

fn overlap(one: &[u32], other: &[u32]) -> usize {
    one.iter().filter(|it| other.contains(it)).count()
}

const INCREMENTAL: [Protocol; 2] = [Protocol::Cooperative, Protocol::Consumer];

#[test]
fn who_leaves_stops_nobody_and_its_partitions_go_to_others() {
    for protocol in INCREMENTAL {
        let (mut bench, mut next) = (bench(protocol, |_| {}), 0);
        let before = work(&mut bench, &mut next, 30, &AT_CONSUMERS);
        assert_eq!(AT_CONSUMERS.map(|at| parts(&before, at).len()), [2, 2, 2]);
        bench.leaves(THIRD);
        let meanwhile = work(&mut bench, &mut next, 30, &[]);
        for at in [FIRST, SECOND] {
            assert_eq!(parts(&meanwhile, at), parts(&before, at), "{protocol:?} goes on");
        }
        assert_eq!(parts(&meanwhile, THIRD), [0; 0]);
        work(&mut bench, &mut next, 20, &[FIRST, SECOND]);
        let after = work(&mut bench, &mut next, 30, &[FIRST, SECOND]);
        for at in [FIRST, SECOND] {
            let its = parts(&after, at);
            assert_eq!((its.len(), overlap(&its, &parts(&before, at))), (3, 2), "{protocol:?}");
        }
        assert_eq!(bench.books().redelivered, 0);
    }
}

#[test]
fn who_took_too_long_is_given_nothing_before_it_joins_again() {
    let (mut bench, mut next) = (
        bench(Protocol::Cooperative, |log| {
            log.max_poll_interval = Span(50_000_000);
            log.session_timeout = Span(10_000_000_000);
        }),
        0,
    );
    let before = work(&mut bench, &mut next, 30, &AT_CONSUMERS);
    let partition = parts(&before, FIRST)[0];
    bench.publish_item(next, TO_ONE, key_for(partition));
    bench.run_for(5);
    let held = bench.deliveries();
    assert_eq!(held.iter().map(|got| got.to).collect::<Vec<_>>(), [FIRST]);
    bench.run_for(90);
    // The others have not joined yet: until then its partitions are nobody else's.
    bench.publish_item(next + 1, TO_ONE, key_for(partition));
    bench.run_for(5);
    assert_eq!(bench.deliveries(), []);
    all_beat(&mut bench, &[SECOND, THIRD]);
    bench.run_for(5);
    let again = bench.deliveries();
    assert_eq!(again.iter().map(|got| got.op).collect::<Vec<_>>(), [next]);
    assert_ne!(again[0].to, FIRST);
    bench.ack(&held);
    assert_eq!(bench.alive(next), 1, "its offset is rejected");
    bench.ack(&again);
    assert_eq!(bench.alive(next), 0);
}

#[test]
fn only_what_moves_to_who_joins_stops_and_nothing_is_done_twice() {
    for protocol in INCREMENTAL {
        let (mut bench, mut next) = (bench(protocol, |_| {}), 0);
        bench.leaves(THIRD);
        work(&mut bench, &mut next, 30, &[FIRST, SECOND]);
        bench.down(THIRD, true);
        let before = work(&mut bench, &mut next, 30, &[FIRST, SECOND]);
        assert_eq!([FIRST, SECOND].map(|at| parts(&before, at).len()), [3, 3]);
        bench.up(THIRD);
        bench.run_for(2);
        // The others hear of it with their next heartbeats.
        let unheard = work(&mut bench, &mut next, 20, &[]);
        assert_eq!([FIRST, SECOND].map(|at| parts(&unheard, at).len()), [3, 3], "{protocol:?}");
        work(&mut bench, &mut next, 10, &[FIRST, SECOND]);
        let moving = work(&mut bench, &mut next, 20, &[]);
        assert_eq!(AT_CONSUMERS.map(|at| parts(&moving, at).len()), [2, 2, 0], "{protocol:?}");
        work(&mut bench, &mut next, 20, &AT_CONSUMERS);
        let after = work(&mut bench, &mut next, 30, &AT_CONSUMERS);
        for at in [FIRST, SECOND] {
            let its = parts(&after, at);
            assert_eq!((its.len(), overlap(&its, &parts(&before, at))), (2, 2), "{protocol:?}");
        }
        assert_eq!(parts(&after, THIRD).len(), 2);
        assert_eq!((bench.books().redelivered, bench.books().lost.len()), (0, 0));
    }
}

#[test]
fn a_silent_member_holds_up_the_second_round_of_one_and_not_the_broker_of_the_other() {
    for (protocol, third_has) in [(Protocol::Cooperative, 0), (Protocol::Consumer, 1)] {
        let (mut bench, mut next) = (bench(protocol, |_| {}), 0);
        bench.leaves(THIRD);
        work(&mut bench, &mut next, 30, &[FIRST, SECOND]);
        bench.down(THIRD, true);
        bench.up(THIRD);
        work(&mut bench, &mut next, 20, &[FIRST, THIRD]);
        let after = work(&mut bench, &mut next, 20, &[FIRST, THIRD]);
        assert_eq!(parts(&after, THIRD).len(), third_has, "{protocol:?}");
        assert_eq!(parts(&after, SECOND).len(), 3, "{protocol:?}: it goes on with what it has");
    }
}

#[test]
fn what_moves_is_given_up_when_the_batch_is_done() {
    for protocol in INCREMENTAL {
        let (mut bench, mut next) = (bench(protocol, |_| {}), 0);
        bench.leaves(THIRD);
        work(&mut bench, &mut next, 40, &[FIRST, SECOND]);
        bench.down(THIRD, true);
        (0..PARTITIONS).for_each(|partition| {
            bench.publish_item(next + u64::from(partition), TO_ONE, key_for(partition));
        });
        bench.run_for(5);
        let held = bench.deliveries();
        assert_eq!(held.len(), 2, "a record each");
        bench.up(THIRD);
        bench.run_for(2);
        for _ in 0..5 {
            all_beat(&mut bench, &AT_CONSUMERS);
            bench.run_for(10);
        }
        assert_eq!(bench.deliveries(), [], "{protocol:?}: nothing is free before they are done");
        bench.ack(&held);
        let mut got = Vec::new();
        for _ in 0..10 {
            all_beat(&mut bench, &AT_CONSUMERS);
            bench.run_for(10);
            let new = bench.deliveries();
            bench.ack(&new);
            got.extend(new);
        }
        assert_eq!(got.len(), 4, "{protocol:?}");
        assert!(got.iter().any(|it| it.to == THIRD), "{protocol:?}: {got:?}");
        assert_eq!(bench.books().redelivered, 0);
    }
}

#[test]
fn the_old_session_of_who_begins_anew_keeps_its_partitions_and_stops_nobody_else() {
    for protocol in INCREMENTAL {
        let (mut bench, mut next) = (bench(protocol, |_| {}), 0);
        let before = work(&mut bench, &mut next, 30, &AT_CONSUMERS);
        bench.down(THIRD, false);
        bench.run_for(2);
        bench.up(THIRD);
        bench.run_for(2);
        let meanwhile = work(&mut bench, &mut next, 80, &AT_CONSUMERS);
        for at in [FIRST, SECOND] {
            assert_eq!(parts(&meanwhile, at), parts(&before, at), "{protocol:?}");
        }
        assert_eq!(
            parts(&meanwhile, THIRD),
            [0; 0],
            "{protocol:?}: 100 ms from its last heartbeat"
        );
        work(&mut bench, &mut next, 40, &AT_CONSUMERS);
        let after = work(&mut bench, &mut next, 30, &AT_CONSUMERS);
        assert_eq!(AT_CONSUMERS.map(|at| parts(&after, at).len()), [2, 2, 2], "{protocol:?}");
    }
}

#[test]
fn a_group_that_had_no_members_waits_for_more_than_the_first() {
    // KIP-134, group.initial.rebalance.delay.ms: 50 ms here.
    for (joins_after, begins) in [(None, 50), (Some(30), 100)] {
        let (mut bench, mut next) = (
            bench(Protocol::Cooperative, |log| {
                log.cluster.as_mut().expect("a cluster").initial_rebalance_delay = Span(50_000_000);
            }),
            0,
        );
        work(&mut bench, &mut next, 150, &[]);
        bench.heartbeat(FIRST);
        let mut step = 0_u64;
        while work(&mut bench, &mut next, 10, &[FIRST]).is_empty() {
            step += 10;
            assert!(step < 200, "it begins at last");
            if joins_after == Some(step) {
                bench.heartbeat(SECOND);
            }
        }
        assert!(step.abs_diff(begins) <= 10, "{joins_after:?}: {step}");
    }
}

/// What a script does, but that consumers of a log send nothing back.
fn not_returning() -> impl Strategy<Value = u8> {
    prop::sample::select(vec![0, 1, 2, 3, 5, 6])
}

proptest! {
    /// Whatever happens to members, in the end every confirmed record has been delivered and nothing
    /// is left of it; and the books never count below zero on the way.
    #[test]
    fn confirmed_records_are_delivered_at_least_once(
        is_new: bool,
        script in prop::collection::vec((not_returning(), 1..4u32, 0..40u64), 1..60),
    ) {
        let protocol = INCREMENTAL[usize::from(is_new)];
        prop_assert_eq!(play(bench(protocol, |log| log.partitions = 2), &script), Ok(()));
    }
}
