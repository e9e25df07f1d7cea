//! The topic service on a bench: publishers, endpoints and faults by hand.

use super::super::broker::fixture::*;
use super::*;
use crate::base::Dist;
use crate::scenario::tree::BackoffFunction;

const S: u64 = 1_000;

/// Topics that push, with the usual policy: three retries 20 s apart.
fn bench(differs: impl FnOnce(&mut tree::Sns)) -> Bench {
    let twenty = Span(20_000_000_000);
    let retries = DeliveryPolicy {
        no_delay: 0,
        min_delay: 0,
        backoff: 3,
        max_delay: 0,
        shortest: twenty,
        longest: twenty,
        function: BackoffFunction::Linear,
    };
    let persist = Dist::Const(2e6);
    let mut sns = tree::Sns {
        to: None,
        retries,
        spacing: None,
        redrive_after: None,
        persist,
        fifo: false,
        filters: Vec::new(),
    };
    differs(&mut sns);
    Bench::with(&NodeKind::Sns(sns))
}

fn seen(deliveries: &[Got]) -> Vec<(u64, u32, bool)> {
    deliveries.iter().map(|got| (got.at_ms, got.to, got.redelivered)).collect()
}

#[test]
fn a_copy_for_each_subscription_and_nobody_waits_for_another() {
    let mut bench = bench(|_| {});
    bench.publish(7, TO_BOTH);
    bench.run_for(10);
    assert_eq!(bench.answers(), [(3, 7, Answer::Done)]);
    let got = bench.deliveries();
    assert_eq!(seen(&got), [(3, AT_CONSUMERS[0], false), (3, AT_AUDITOR, false)]);
    bench.ack(&got[1..]);
    bench.nack(&got[..1]);
    assert_eq!(bench.alive(7), 1);
    bench.run_to(25 * S);
    let again = bench.deliveries();
    assert_eq!(seen(&again), [(20_011, AT_CONSUMERS[1], true)], "the next instance, 20 s later");
    bench.ack(&again);
    assert_eq!((bench.alive(7), bench.books().busy, bench.books().waiting), (0, 0, 0));
}

#[test]
fn an_endpoint_that_is_slow_has_failed_after_15_s_and_may_do_it_all_the_same() {
    let mut bench = bench(|_| {});
    bench.publish(7, TO_ONE);
    bench.run_to(40 * S);
    let got = bench.deliveries();
    assert_eq!(got.iter().map(|got| got.at_ms).collect::<Vec<_>>(), [3, 35_003]);
    bench.ack(&got[..1]);
    assert_eq!(bench.alive(7), 1, "nobody waits for that answer any more");
    bench.ack(&got[1..]);
    assert_eq!(bench.alive(7), 0);
}

#[test]
fn what_fails_four_times_is_lost_or_waits_for_somebody_to_send_it_again() {
    for after in [None, Some(Span(100_000_000_000))] {
        let mut bench = bench(|sns| sns.redrive_after = after);
        bench.publish(7, TO_ONE);
        let mut tries = Vec::new();
        for _ in 0..100 {
            bench.run_for(S);
            let got = bench.deliveries();
            tries.extend(got.iter().map(|got| got.at_ms / S));
            bench.nack(&got);
        }
        assert_eq!(tries, [0, 21, 42, 63]);
        let lost = if after.is_none() { vec![(7, Reason::Undelivered)] } else { Vec::new() };
        assert_eq!(bench.books().lost, lost);
        bench.run_for(70 * S);
        let got = bench.deliveries();
        assert_eq!(got.len(), usize::from(after.is_some()));
        bench.ack(&got);
        assert_eq!((bench.alive(7), bench.books().busy, bench.books().waiting), (0, 0, 0));
    }
}

#[test]
fn attempts_are_so_far_apart() {
    let mut bench = bench(|sns| sns.spacing = Some(Span(50_000_000)));
    (0..4).for_each(|op| bench.publish(op, TO_ONE));
    bench.run_for(1_000);
    let got = bench.deliveries();
    assert_eq!(got.iter().map(|got| got.at_ms).collect::<Vec<_>>(), [3, 53, 103, 153]);
    bench.ack(&got);
    bench.publish(5, TO_ONE);
    bench.run_for(10);
    assert_eq!(bench.deliveries().len(), 1);
}

#[test]
fn a_crash_loses_only_what_was_not_confirmed() {
    let mut bench = bench(|_| {});
    bench.publish(7, TO_ONE);
    bench.run_to(10);
    bench.publish(8, TO_ONE);
    bench.down(AT_BROKER, false);
    bench.run_to(30 * S);
    assert_eq!(bench.books().lost, [(8, Reason::Crashed)]);
    bench.up(AT_BROKER);
    bench.run_to(60 * S);
    let got = bench.deliveries();
    assert_eq!(got.iter().map(|got| got.op).collect::<Vec<_>>(), [7, 7]);
    bench.ack(&got);
    assert_eq!((bench.alive(7), bench.books().busy, bench.books().waiting), (0, 0, 0));
}

#[test]
fn what_is_published_to_a_fifo_topic_again_is_confirmed_and_not_delivered() {
    let mut bench = bench(|sns| sns.fifo = true);
    bench.publish(7, TO_ONE);
    bench.run_for(10);
    bench.publish(7, TO_ONE);
    bench.run_for(10);
    assert_eq!(bench.answers(), [(3, 7, Answer::Done), (13, 7, Answer::Done)]);
    let got = bench.deliveries();
    assert_eq!(got.len(), 1);
    bench.ack(&got);
    // Five minutes after its acceptance it is as good as new.
    bench.run_to(303 * S);
    bench.publish(7, TO_ONE);
    bench.run_for(10);
    assert_eq!(bench.deliveries().len(), 1);
}
