//! A share group on a bench: three members of one partition, locks of 50 ms.

use proptest::prelude::*;

use super::super::super::broker::fixture::*;
use crate::base::{Dist, Span};
use crate::probes::Reason;
use crate::scenario::tree;

const FIRST: u32 = AT_CONSUMERS[0];
const SECOND: u32 = AT_CONSUMERS[1];
const THIRD: u32 = AT_CONSUMERS[2];

fn bench(most: u32, differs: impl FnOnce(&mut tree::Share)) -> Bench {
    let mut share = tree::Share {
        record_lock_duration: Span(50_000_000),
        delivery_count_limit: 3,
        rejects: false,
    };
    differs(&mut share);
    log_that(1, false, |log| {
        log.append = Dist::Const(0.0);
        log.cluster = Some(tree::Cluster {
            max_poll_records: most,
            share: Some(share),
            ..tree::Cluster::alone()
        });
    })
}

/// (ms, operation, member) of each delivery.
fn seen(deliveries: &[Got]) -> Vec<(u64, u64, u32)> {
    deliveries.iter().map(|got| (got.at_ms, got.op, got.to)).collect()
}

/// Publishes so many records, from this one on, at one instant.
fn publish(bench: &mut Bench, ops: std::ops::Range<u64>) {
    for op in ops {
        bench.publish(op, TO_ONE);
    }
}

#[test]
fn members_of_one_partition_all_work_and_who_is_done_has_the_next() {
    let mut bench = bench(1, |_| {});
    publish(&mut bench, 0..5);
    bench.run_for(5);
    let held = bench.deliveries();
    let mut first: Vec<_> = held.iter().map(|got| (got.op, got.to)).collect();
    first.sort_unstable();
    assert_eq!(first.len(), 3, "a record each");
    assert_eq!(first.iter().map(|it| it.0).collect::<Vec<_>>(), [0, 1, 2]);
    bench.ack(&held[1..]);
    bench.run_for(5);
    let next = bench.deliveries();
    assert_eq!(next.iter().map(|got| got.op).collect::<Vec<_>>(), [3, 4]);
    bench.ack(&next);
    bench.ack(&held[..1]);
    assert!((0..5).all(|op| bench.alive(op) == 0));
    bench.run_for(60);
    assert_eq!((bench.books().redelivered, bench.pending()), (0, 0));
}

#[test]
fn what_is_never_acknowledged_goes_round_and_is_archived_after_the_last_lock() {
    // share.record.lock.duration.ms, group.share.delivery.count.limit.
    let mut bench = bench(1, |_| {});
    publish(&mut bench, 0..1);
    bench.run_for(140);
    let got = bench.deliveries();
    let at: Vec<u64> = got.iter().map(|it| it.at_ms).collect();
    assert_eq!(at, [at[0], at[0] + 50, at[0] + 100]);
    let mut to: Vec<u32> = got.iter().map(|it| it.to).collect();
    to.sort_unstable();
    assert_eq!(to, AT_CONSUMERS, "whoever is free");
    assert_eq!(bench.alive(0), 1);
    bench.ack(&got[..1]);
    assert_eq!(bench.alive(0), 1, "its lock was over");
    bench.run_for(20);
    assert_eq!(bench.books().lost, [(0, Reason::DeadLetter)]);
    bench.ack(&got[1..]);
    assert_eq!((bench.alive(0), bench.books().busy, bench.books().waiting), (0, 0, 0));
}

#[test]
fn what_could_not_be_handled_is_released_to_others_or_rejected_for_good() {
    for rejects in [false, true] {
        let mut bench = bench(1, |share| share.rejects = rejects);
        publish(&mut bench, 0..1);
        let mut times = 0;
        for _ in 0..5 {
            bench.run_for(5);
            let got = bench.deliveries();
            times += got.len();
            bench.nack(&got);
        }
        assert_eq!(times, if rejects { 1 } else { 3 });
        assert_eq!(bench.books().lost, [(0, Reason::DeadLetter)]);
        assert_eq!((bench.alive(0), bench.books().busy, bench.books().waiting), (0, 0, 0));
    }
}

#[test]
fn a_lost_connection_frees_what_it_had_and_a_vanished_machine_keeps_it_locked() {
    for host in [false, true] {
        let mut bench = bench(1, |_| {});
        publish(&mut bench, 0..1);
        bench.run_for(5);
        let held = bench.deliveries();
        bench.down(held[0].to, host);
        bench.run_for(30);
        let soon = bench.deliveries();
        assert_eq!(soon.len(), usize::from(!host), "host: {host}");
        bench.ack(&soon);
        bench.run_for(30);
        let late = bench.deliveries();
        assert_eq!(late.len(), usize::from(host), "host: {host}");
        bench.ack(&late);
        assert_eq!(bench.alive(0), 0);
        bench.up(held[0].to);
        publish(&mut bench, 1..4);
        bench.run_for(5);
        assert_eq!(bench.deliveries().len(), 3, "it works again");
    }
}

#[test]
fn all_of_a_batch_is_locked_and_what_waits_in_it_goes_to_others() {
    let mut bench = bench(10, |_| {});
    for at in [SECOND, THIRD] {
        bench.down(at, false);
    }
    bench.run_for(2);
    publish(&mut bench, 0..1);
    bench.run_for(2);
    publish(&mut bench, 1..3);
    let alone = bench.deliveries();
    bench.ack(&alone);
    bench.run_for(5);
    for at in [SECOND, THIRD] {
        bench.up(at);
    }
    bench.run_for(10);
    let hung = bench.deliveries();
    assert_eq!(seen(&hung).iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), [(1, FIRST)]);
    bench.run_for(45);
    let taken = bench.deliveries();
    assert_eq!(taken.len(), 1, "both, one after the other");
    assert_ne!(taken[0].to, FIRST);
    bench.ack(&taken);
    bench.run_for(3);
    let rest = bench.deliveries();
    assert_eq!(rest.iter().map(|got| (got.op, got.to)).collect::<Vec<_>>(), [(2, taken[0].to)]);
    bench.ack(&rest);
    bench.ack(&hung);
    assert!((0..3).all(|op| bench.alive(op) == 0));
    assert_eq!(bench.books().redelivered, 1, "the third was never begun before");
}

#[test]
fn who_is_shut_down_finishes_what_it_has_and_hands_the_rest_back() {
    let mut bench = bench(10, |_| {});
    for at in [SECOND, THIRD] {
        bench.leaves(at);
    }
    publish(&mut bench, 0..1);
    bench.run_for(5);
    publish(&mut bench, 1..3);
    let held = bench.deliveries();
    bench.ack(&held);
    bench.run_for(5);
    let held = bench.deliveries();
    assert_eq!(held.iter().map(|got| (got.op, got.to)).collect::<Vec<_>>(), [(1, FIRST)]);
    bench.leaves(FIRST);
    bench.down(SECOND, false);
    bench.up(SECOND);
    bench.run_for(5);
    let rest = bench.deliveries();
    assert_eq!(rest.iter().map(|got| (got.op, got.to)).collect::<Vec<_>>(), [(2, SECOND)]);
    bench.ack(&held);
    bench.ack(&rest);
    assert!((0..3).all(|op| bench.alive(op) == 0));
}

proptest! {
    /// Whatever happens to members, in the end every confirmed record has been delivered and nothing
    /// is left of it; and the books never count below zero on the way.
    #[test]
    fn confirmed_records_are_delivered_at_least_once(
        script in prop::collection::vec((0..7u8, 1..4u32, 0..40u64), 1..60),
    ) {
        let often = |share: &mut tree::Share| share.delivery_count_limit = 1_000;
        prop_assert_eq!(play(bench(1, often), &script), Ok(()));
    }
}
