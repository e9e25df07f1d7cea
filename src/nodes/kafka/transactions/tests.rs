//! Consumers that publish what they make of their records, on a bench: appending takes 2 ms, and so does writing
//! down what becomes of a transaction.

use proptest::prelude::*;

use super::super::super::broker::fixture::*;
use crate::base::Span;
use crate::model::EntityIx;
use crate::nodes::broker::Cause;
use crate::nodes::kafka::partition_of;
use crate::nodes::message::{Answer, Item, Op};
use crate::probes::{KeyId, Reason};
use crate::scenario::tree::{Cluster, Committing, Transactions};

const OWNER: u32 = AT_CONSUMERS[0];

fn ms(count: u64) -> Span {
    Span(count * 1_000_000)
}

fn bench(partitions: u32, differs: impl FnOnce(&mut Cluster)) -> Bench {
    log_that(partitions, true, |log| {
        (log.session_timeout, log.max_poll_interval) = (ms(1_000_000), ms(1_000_000));
        let transactions = Transactions { read_committed: true, timeout: ms(60_000) };
        let mut cluster = Cluster {
            transactions: Some(transactions),
            commit: Committing::Batch,
            ..Cluster::alone()
        };
        differs(&mut cluster);
        log.cluster = Some(cluster);
    })
}

/// Three records, the last two of which come in one batch; the first is done with, and its transaction committed.
fn two_in_a_batch(differs: impl FnOnce(&mut Cluster)) -> (Bench, Got) {
    let mut bench = bench(1, differs);
    (0..3).for_each(|op| bench.publish(op, TO_ONE));
    bench.run_to(3);
    let first = bench.deliveries();
    bench.ack(&first);
    bench.run_to(5);
    bench.answers();
    let next = bench.deliveries();
    assert_eq!(next.iter().map(|got| got.op).collect::<Vec<_>>(), [1]);
    (bench, next[0])
}

/// Whoever has a delivery publishes something that it makes of it.
fn passes_on(bench: &mut Bench, got: Got) {
    bench.pass_on(got.to, got.op, TO_AUDITOR, Cause::of(got.receipt));
}

/// The same, and it is confirmed.
fn makes(bench: &mut Bench, got: Got) {
    passes_on(bench, got);
    bench.run_for(3);
    let answers = bench.answers();
    assert_eq!(answers.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), [(got.op, Answer::Done)]);
}

/// What the auditor, and what others, were given since this was last asked: when, and of which operation.
fn read(bench: &mut Bench) -> (Vec<(u64, u64)>, Vec<Got>) {
    let (audited, others): (Vec<Got>, Vec<Got>) =
        bench.deliveries().into_iter().partition(|got| got.to == AT_AUDITOR);
    bench.ack(&audited);
    (audited.iter().map(|got| (got.at_ms, got.op)).collect(), others)
}

#[test]
fn what_a_batch_has_published_is_read_when_its_markers_are_written() {
    let (mut bench, got) = two_in_a_batch(|_| {});
    makes(&mut bench, got);
    bench.ack(&[got]);
    bench.run_to(20);
    let (audited, next) = read(&mut bench);
    assert_eq!((audited, next[0].op), (vec![], 2));
    makes(&mut bench, next[0]);
    assert_eq!((bench.alive(1), bench.alive(2)), (2, 2), "records and what was made of them");
    bench.ack(&next);
    bench.run_to(26);
    // The batch was done at 23 ms, 2 ms later the markers are written, and a hop takes 1 ms.
    assert_eq!(read(&mut bench).0, [(26, 1)]);
    bench.run_to(30);
    assert_eq!(read(&mut bench).0, [(26, 2)]);
    assert!((0..3).all(|op| bench.alive(op) == 0));
    assert_eq!((bench.books().waiting, bench.books().busy), (0, 0));
}

#[test]
fn or_as_it_comes_by_who_reads_what_is_not_committed() {
    let (mut bench, got) = two_in_a_batch(|it| {
        it.transactions = Some(Transactions { read_committed: false, timeout: ms(60_000) });
    });
    makes(&mut bench, got);
    bench.run_for(1);
    assert_eq!(read(&mut bench).0, [(8, 1)]);
    bench.nack(&[got]);
    bench.run_for(10);
    let (_, again) = read(&mut bench);
    assert_eq!((again[0].op, again[0].redelivered), (1, true));
    makes(&mut bench, again[0]);
    bench.run_for(1);
    assert_eq!(read(&mut bench).0.len(), 1, "of what was aborted and of what was not");
}

#[test]
fn who_fails_over_a_record_handles_its_whole_batch_again() {
    let (mut bench, got) = two_in_a_batch(|_| {});
    makes(&mut bench, got);
    bench.ack(&[got]);
    bench.run_for(2);
    let (_, next) = read(&mut bench);
    makes(&mut bench, next[0]);
    bench.nack(&next);
    bench.run_for(10);
    let (audited, again) = read(&mut bench);
    assert_eq!((audited, again[0].op, again[0].redelivered), (vec![], 1, true));
    makes(&mut bench, again[0]);
    bench.ack(&again);
    bench.run_for(2);
    let (_, next) = read(&mut bench);
    bench.ack(&next);
    bench.run_for(10);
    assert_eq!(read(&mut bench).0.len(), 1, "the second record makes nothing this time");
    assert!((0..3).all(|op| bench.alive(op) == 0));
}

#[test]
fn each_record_is_a_transaction_of_its_own_where_each_is_committed() {
    let (mut bench, got) = two_in_a_batch(|it| it.commit = Committing::Each);
    makes(&mut bench, got);
    bench.ack(&[got]);
    bench.run_for(5);
    let (audited, next) = read(&mut bench);
    assert_eq!((audited, next[0].op), (vec![(11, 1)], 2));
    assert_eq!(next[0].at_ms, 10, "the first ended at 8 ms, and it was written down 2 ms later");
    bench.nack(&next);
    bench.run_for(5);
    assert_eq!(read(&mut bench).1[0].op, 2, "the first one is committed");
}

#[test]
fn a_members_partitions_take_turns_though_it_waits_between_batches() {
    let mut bench = bench(6, |it| it.max_poll_records = 1);
    let item = |op| Item { entity: EntityIx(0), key: KeyId(op), ..Item::NONE };
    let partition = |op| partition_of(Op::NONE, item(op), 6);
    (0..120).for_each(|op| bench.publish_item(op, TO_ONE, item(op)));
    bench.run_to(4);
    let mut handled = [const { Vec::new() }; 3];
    for _ in 0..8 {
        for got in read(&mut bench).1 {
            handled[(got.to - OWNER) as usize].push(partition(got.op));
            passes_on(&mut bench, got);
            bench.run_for(3);
            bench.ack(&[got]);
        }
        bench.run_for(5);
    }
    for (member, handled) in handled.into_iter().enumerate() {
        let mut counts = [0; 6];
        for at in &handled {
            counts[*at] += 1;
        }
        let fair = counts.iter().filter(|count| **count >= 2).count();
        assert!(handled.len() > 5 && fair == 2, "{member}: {handled:?}");
    }
}

#[test]
fn an_open_transaction_holds_up_who_reads_what_is_committed() {
    let (mut bench, got) = two_in_a_batch(|_| {});
    makes(&mut bench, got);
    bench.publish(7, TO_AUDITOR);
    bench.run_for(3);
    assert_eq!(bench.answers().len(), 1, "it is in the log");
    bench.down(OWNER, false);
    bench.run_to(1_000);
    assert_eq!(read(&mut bench), (vec![], vec![]));
    assert_eq!(bench.books().waiting, 3, "one of the member's, and both of the auditor's");
    bench.up(OWNER);
    bench.run_for(10);
    let (audited, again) = read(&mut bench);
    assert_eq!(audited, [(1_004, 7)], "its former self's is aborted when it begins");
    assert_eq!((again[0].op, again[0].redelivered), (1, true));
    makes(&mut bench, again[0]);
    bench.ack(&again);
    bench.run_for(10);
    let (_, last) = read(&mut bench);
    bench.ack(&last);
    bench.run_for(10);
    assert_eq!(read(&mut bench).0.len(), 1, "once");
    assert!((0..8).all(|op| bench.alive(op) == 0));
}

#[test]
fn until_it_is_too_old() {
    let (mut bench, got) = two_in_a_batch(|_| {});
    makes(&mut bench, got);
    bench.publish(7, TO_AUDITOR);
    bench.down(OWNER, true);
    // Begun at 7 ms, it is too old at 60,007 ms, and the coordinator looks each 10 s.
    bench.run_to(70_002);
    assert_eq!(read(&mut bench).0, []);
    bench.run_to(70_003);
    assert_eq!(read(&mut bench).0, [(70_003, 7)]);
    assert_eq!((bench.alive(1), bench.alive(7)), (1, 0));
}

#[test]
fn whose_transaction_was_too_old_publishes_and_handles_nothing_that_counts() {
    let (mut bench, got) = two_in_a_batch(|_| {});
    makes(&mut bench, got);
    bench.run_to(70_010);
    passes_on(&mut bench, got);
    bench.run_for(3);
    assert_eq!(bench.answers(), [(70_013, 1, Answer::Failed(Reason::Error))]);
    bench.ack(&[got]);
    bench.run_for(2);
    let (_, next) = read(&mut bench);
    bench.ack(&next);
    bench.run_for(5);
    let (audited, again) = read(&mut bench);
    assert_eq!((audited, again[0].op, again[0].redelivered), (vec![], 1, true));
    makes(&mut bench, again[0]);
    bench.ack(&again);
    bench.run_for(2);
    let (_, last) = read(&mut bench);
    bench.ack(&last);
    bench.run_for(10);
    assert_eq!(read(&mut bench).0.len(), 1);
    assert!((0..3).all(|op| bench.alive(op) == 0));
}

#[test]
fn what_others_publish_is_in_no_transaction() {
    let (mut bench, got) = two_in_a_batch(|_| {});
    bench.publish(1, TO_AUDITOR);
    bench.pass_on(OWNER, 1, TO_AUDITOR, Cause::NONE);
    bench.run_for(3);
    assert_eq!(
        read(&mut bench).0,
        [(8, 1)],
        "though the owner handles something of that operation"
    );
    bench.ack(&[got]);
    bench.run_for(3);
    assert_eq!(read(&mut bench).0.iter().map(|it| it.1).collect::<Vec<_>>(), [1]);
}

/// Members that make one record of each record, and what befalls them.
struct Line {
    bench: Bench,
    /// What each member has in hand, and has it published what it makes of it?
    held: Vec<(Got, bool)>,
    audited: Vec<u64>,
    next: u64,
}

impl Line {
    fn runs(&mut self, span_ms: u64) {
        for ms in 0..span_ms {
            for at in AT_CONSUMERS.into_iter().chain([AT_AUDITOR]) {
                if ms % 30 == 0 && !self.bench.is_down(at) {
                    self.bench.heartbeat(at);
                }
            }
            self.bench.run_for(1);
            let (audited, others) = read(&mut self.bench);
            self.bench.answers();
            self.audited.extend(audited.iter().map(|it| it.1));
            for got in others {
                self.held.retain(|(old, _)| old.to != got.to);
                self.held.push((got, false));
            }
            let bench = &self.bench;
            self.held.retain(|(got, _)| !bench.is_down(got.to));
        }
    }

    /// A member takes a step with what it has in hand: it publishes, waits for the confirm, and is done.
    fn steps(&mut self, member: usize, fails: bool) {
        let is_its = |(got, _): &(Got, bool)| got.to == AT_CONSUMERS[member];
        let Some(at) = self.held.iter().position(is_its) else { return };
        let (got, has_published) = self.held[at];
        if fails {
            self.held.remove(at);
            self.bench.nack(&[got]);
        } else if has_published {
            self.held.remove(at);
            self.bench.ack(&[got]);
        } else {
            self.held[at].1 = true;
            passes_on(&mut self.bench, got);
            self.runs(3);
        }
    }
}

/// So many members as befalls them, each with its word; then all come back, and all is worked off.
fn exactly_once(
    commit: Committing,
    is_static: bool,
    script: &[(u8, usize, u64)],
) -> Result<(), TestCaseError> {
    let bench = log_that(2, is_static, |log| {
        log.cluster = Some(Cluster {
            transactions: Some(Transactions { read_committed: true, timeout: ms(60) }),
            commit,
            max_poll_records: 3,
            ..Cluster::alone()
        });
    });
    let mut line = Line { bench, held: Vec::new(), audited: Vec::new(), next: 0 };
    for (what, member, span) in script {
        let at = AT_CONSUMERS[*member];
        match what {
            0..3 => {
                line.bench.publish(line.next, TO_ONE);
                line.next += 1;
            }
            3..6 => line.steps(*member, false),
            6 => line.steps(*member, true),
            7 if !line.bench.is_down(at) => {
                line.held.retain(|(got, _)| got.to != at);
                line.bench.down(at, span % 2 == 0);
            }
            8 if line.bench.is_down(at) => line.bench.up(at),
            // Long enough for a session to end, or a transaction to be too old.
            9 if *span == 0 => line.runs(10_100),
            9 => line.runs(150),
            _ => line.runs(*span),
        }
    }
    for at in AT_CONSUMERS {
        if line.bench.is_down(at) {
            line.bench.up(at);
        }
    }
    for _ in 0..40 {
        line.runs(600);
        for _ in 0..2 * line.next + 2 {
            (0..3).for_each(|member| line.steps(member, false));
            line.runs(5);
        }
    }
    line.audited.sort_unstable();
    prop_assert_eq!(line.audited, (0..line.next).collect::<Vec<_>>());
    prop_assert!((0..line.next).all(|op| line.bench.alive(op) == 0));
    prop_assert_eq!((line.bench.books().waiting, line.bench.books().busy), (0, 0));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever befalls the members, of each record exactly one is read that was made of it.
    #[test]
    fn what_is_made_of_a_record_is_read_exactly_once(
        each: bool,
        is_static: bool,
        script in prop::collection::vec((0..11u8, 0..3usize, 0..20u64), 1..60),
    ) {
        exactly_once(if each { Committing::Each } else { Committing::Batch }, is_static, &script)?;
    }
}
