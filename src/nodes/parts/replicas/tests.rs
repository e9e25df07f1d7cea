//! What is committed stays, whoever goes, unless an election may be unclean.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;

const LAG: Span = Span(10);
const PATIENCE: Span = Span(30);

fn in_sync(least: u32, eligible: bool, unclean: bool) -> Rule {
    Rule::InSync { least, patience: PATIENCE, eligible, unclean }
}

/// A log of three replicas, its clock, and what it has committed.
struct Bench {
    log: Replicas<u32>,
    now: Time,
    still: [bool; 3],
    next: u32,
    committed: Vec<u32>,
    lost: Vec<u32>,
}

impl Bench {
    fn new(rule: Rule) -> Self {
        let log = Replicas::new(3, rule);
        let (committed, lost) = (Vec::new(), Vec::new());
        Self { log, now: Time(0), still: [false; 3], next: 0, committed, lost }
    }

    fn append(&mut self, entries: u32) {
        for _ in 0..entries {
            self.log.append(self.now, self.next, || LAG);
            self.next += 1;
        }
        self.settle();
    }

    fn wait(&mut self, span: u64) {
        for _ in 0..span {
            self.now = Time(self.now.0 + 1);
            self.settle();
        }
    }

    fn settle(&mut self) {
        let still = self.still;
        self.log.advance(self.now, |at, _| still[at]);
        if self.leads().is_some_and(|at| !still[at]) {
            self.log.expire(self.now);
        }
        while let Some((number, entry)) = self.log.commit() {
            assert_eq!(number, self.committed.len() as u64);
            self.committed.push(entry);
        }
    }

    fn leads(&self) -> Option<usize> {
        self.log.leader().filter(|at| self.log.members[*at].is_up)
    }

    /// Goes, and is missed at once.
    fn dies(&mut self, at: usize) {
        self.log.goes(at);
        self.log.give_up(at);
        self.elect();
    }

    fn comes(&mut self, at: usize) {
        self.log.returns(at, self.now, || LAG);
        self.elect();
    }

    fn elect(&mut self) {
        let Some(lost) = self.log.elect(self.now, || LAG) else { return };
        self.lost.extend(self.committed.drain(lost.committed_from as usize..));
        self.settle();
    }
}

#[test]
fn an_entry_is_committed_when_all_in_sync_have_it() {
    let mut bench = Bench::new(in_sync(2, true, false));
    bench.append(3);
    bench.wait(9);
    assert!(bench.committed.is_empty());
    bench.wait(1);
    assert_eq!(bench.committed, [0, 1, 2]);
}

#[test]
fn a_majority_commits_without_the_slowest() {
    let mut bench = Bench::new(Rule::Majority);
    bench.still[2] = true;
    bench.append(1);
    bench.wait(10);
    assert_eq!(bench.committed, [0]);
    bench.dies(1);
    bench.append(1);
    bench.wait(100);
    assert_eq!(bench.committed, [0], "the leader alone is none");
    assert!(bench.log.can_commit(), "two are up, one of them stands still");
    bench.still[2] = false;
    bench.log.goes_on(bench.now, || LAG);
    bench.wait(10);
    assert_eq!(bench.committed, [0, 1]);
}

#[test]
fn a_minority_elects_nobody() {
    let mut bench = Bench::new(Rule::Majority);
    bench.append(1);
    bench.wait(10);
    bench.dies(1);
    bench.dies(0);
    assert_eq!(bench.log.leader(), None);
    bench.comes(0);
    assert!(bench.log.leader().is_some());
    assert_eq!(bench.committed, [0]);
}

#[test]
fn a_follower_that_lacks_something_for_too_long_is_not_in_sync_until_it_has_it() {
    let mut bench = Bench::new(in_sync(1, true, false));
    bench.still[2] = true;
    bench.append(1);
    bench.wait(29);
    assert_eq!((bench.log.in_sync(), bench.committed.len()), (3, 0));
    bench.wait(1);
    assert_eq!((bench.log.in_sync(), bench.committed.len()), (2, 1));
    bench.still[2] = false;
    bench.log.goes_on(bench.now, || LAG);
    bench.wait(10);
    assert_eq!(bench.log.in_sync(), 3);
}

#[test]
fn with_too_few_in_sync_nothing_is_committed() {
    let mut bench = Bench::new(in_sync(2, true, false));
    bench.dies(1);
    bench.append(1);
    bench.wait(10);
    assert_eq!(bench.committed, [0]);
    bench.dies(2);
    assert!(!bench.log.can_commit());
    bench.append(1);
    bench.wait(100);
    assert_eq!(bench.committed, [0], "the watermark stands still");
    bench.comes(1);
    bench.wait(10);
    assert_eq!(bench.committed, [0, 1]);
}

#[test]
fn what_the_leader_alone_has_is_lost_with_it() {
    let mut bench = Bench::new(in_sync(1, true, false));
    bench.append(2);
    bench.wait(10);
    bench.append(3);
    bench.wait(5);
    bench.log.goes(0);
    bench.log.give_up(0);
    let lost = bench.log.elect(bench.now, || LAG).expect("another leads");
    assert_eq!((lost.committed_from, lost.appended), (2, vec![2, 3, 4]));
    assert_eq!((bench.log.leader(), &bench.committed[..]), (Some(1), &[0, 1][..]));
}

/// Two followers go, the leader goes on alone and goes; who had not heard of it comes back.
fn leader_of_nobody(least: u32, eligible: bool, unclean: bool) -> Bench {
    let mut bench = Bench::new(in_sync(least, eligible, unclean));
    bench.append(2);
    bench.wait(10);
    bench.dies(1);
    bench.dies(2);
    bench.append(3);
    bench.wait(10);
    bench.dies(0);
    bench.comes(1);
    bench
}

#[test]
fn the_last_in_sync_is_waited_for_unless_an_election_may_be_unclean() {
    let clean = leader_of_nobody(1, true, false);
    assert_eq!((clean.log.leader(), clean.committed.len()), (None, 5), "down");
    let mut clean = clean;
    clean.comes(0);
    assert_eq!((clean.log.leader(), clean.committed.len()), (Some(0), 5));
    let unclean = leader_of_nobody(1, true, true);
    assert_eq!((unclean.log.leader(), unclean.lost), (Some(1), vec![2, 3, 4]));
}

#[test]
fn who_was_in_sync_when_the_set_became_too_small_may_lead() {
    // The second to go left one behind, which is too few: it has all that was committed.
    let mut bench = Bench::new(in_sync(2, true, false));
    bench.append(2);
    bench.wait(10);
    bench.dies(1);
    bench.dies(2);
    bench.append(3);
    bench.dies(0);
    bench.comes(1);
    assert_eq!(bench.log.leader(), None, "it left when two were still in sync");
    bench.comes(2);
    assert_eq!((bench.log.leader(), &bench.committed[..]), (Some(2), &[0, 1][..]));
    let mut older = leader_of_nobody(2, false, false);
    older.comes(2);
    assert_eq!(older.log.leader(), None, "without the list only the last one may");
    older.comes(0);
    assert_eq!(older.log.leader(), Some(0));
}

/// Random lives of three replicas, at most so many of them gone at a time; says what was lost.
fn lives(rule: Rule, most_down: usize, script: &[(u8, usize, u64)]) -> Vec<u32> {
    let mut bench = Bench::new(rule);
    for (action, at, span) in script {
        let is_up = bench.log.members[*at].is_up;
        let down = bench.log.members.iter().filter(|it| !it.is_up).count();
        match action {
            0..3 if bench.leads().is_some() => bench.append(1),
            3 if is_up && down < most_down => bench.log.goes(*at),
            4 if !is_up => {
                bench.log.give_up(*at);
                bench.elect();
            }
            5 if !is_up => bench.comes(*at),
            6 => {
                bench.still[*at] = !bench.still[*at];
                let still = bench.still;
                bench.log.goes_on(bench.now, || LAG);
                bench.log.advance(bench.now, |at, _| still[at]);
            }
            _ => {}
        }
        bench.wait(*span);
    }
    bench.lost
}

proptest! {
    /// However brokers come and go one at a time: what was committed by two of three, or by a
    /// majority, is never lost by a clean election.
    #[test]
    fn committed_entries_stay(
        script in prop::collection::vec((0..7u8, 0..3usize, 0..40u64), 1..80),
        two_down: bool,
    ) {
        for rule in [Rule::Majority, in_sync(2, true, false), in_sync(2, false, false), in_sync(1, true, false)] {
            let lost = lives(rule, 1 + usize::from(two_down), &script);
            prop_assert!(lost.is_empty(), "{rule:?}: {lost:?}");
        }
    }
}

#[test]
fn the_unsafe_settings_do_lose_over_the_same_lives() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let scripts = prop::collection::vec((0..7u8, 0..3usize, 0..40u64), 60..80);
    let losses = (0..50).filter(|_| {
        let script = scripts.new_tree(&mut runner).expect("a script").current();
        !lives(in_sync(1, true, true), 2, &script).is_empty()
    });
    assert!(losses.count() > 5);
}
