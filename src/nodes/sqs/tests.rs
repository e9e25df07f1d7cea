//! The queue service on a bench: publishers, consumers that poll, and faults by hand.

use super::super::broker::fixture::*;
use super::*;
use crate::base::{Dist, Span};
use crate::probes::Reason;
use crate::scenario::tree::MessageGroup;

const ONE: u32 = AT_CONSUMERS[0];
const OTHER: u32 = AT_CONSUMERS[1];

/// A queue with a visibility timeout of 100 ms, long polls and batches of ten.
fn bench(differs: impl FnOnce(&mut tree::Sqs)) -> Bench {
    let mut settings = tree::Sqs {
        visibility_timeout: Span(100_000_000),
        extend_every: None,
        max_receive_count: None,
        redrive_after: None,
        dead_letter_retention_period: Span(1_000_000_000_000),
        message_retention_period: Span(1_000_000_000_000),
        receive_message_wait_time: Span(50_000_000),
        max_number_of_messages: 10,
        poll_pause: Span::ZERO,
        delay: Span::ZERO,
        fifo: None,
        in_flight_limit: 120_000,
        duplicates: 0.0,
        late_deletes: false,
        persist: Dist::Const(2e6),
    };
    differs(&mut settings);
    Bench::with(&NodeKind::Sqs(settings))
}

fn fifo(settings: &mut tree::Sqs) {
    settings.fifo = Some(MessageGroup::Queue);
}

fn seen(bench: &mut Bench) -> Vec<(u64, u32, u64, bool)> {
    let seen = |got: Got| (got.at_ms, got.to, got.op, got.redelivered);
    bench.deliveries().into_iter().map(seen).collect()
}

#[test]
fn what_is_received_is_hidden_and_comes_back() {
    let mut bench = bench(|_| {});
    bench.publish(7, TO_ONE);
    bench.run_for(10);
    assert_eq!(bench.answers(), [(3, 7, Answer::Done)]);
    bench.receive(ONE, 1);
    bench.receive(OTHER, 1);
    bench.run_for(20);
    assert_eq!(seen(&mut bench), [(11, ONE, 7, false)], "one of them gets it");
    bench.receive(OTHER, 2);
    bench.run_to(109);
    assert_eq!(seen(&mut bench), [], "hidden until 110");
    bench.receive(OTHER, 3);
    bench.run_to(150);
    assert_eq!(seen(&mut bench), [(111, OTHER, 7, true)]);
    assert_eq!((bench.books().waiting, bench.books().busy, bench.books().redelivered), (0, 1, 1));
}

#[test]
fn only_the_last_receipt_deletes_unless_old_ones_work_too() {
    for late_deletes in [false, true] {
        let mut bench = bench(|settings| settings.late_deletes = late_deletes);
        bench.publish(7, TO_ONE);
        bench.receive(ONE, 1);
        bench.run_to(105);
        bench.receive(OTHER, 1);
        bench.run_to(110);
        let got = bench.deliveries();
        assert_eq!(got.iter().map(|got| got.to).collect::<Vec<_>>(), [ONE, OTHER]);
        bench.ack(&got[..1]);
        assert_eq!(bench.alive(7), i64::from(!late_deletes));
        bench.ack(&got[1..]);
        assert_eq!((bench.alive(7), bench.books().busy), (0, 0));
    }
}

#[test]
fn who_extends_keeps_it() {
    let mut bench = bench(|_| {});
    bench.publish(7, TO_ONE);
    bench.receive(ONE, 1);
    bench.run_to(90);
    let got = bench.deliveries();
    bench.extend(&got);
    bench.receive(OTHER, 1);
    bench.run_to(189);
    bench.receive(OTHER, 2);
    bench.run_to(189);
    assert_eq!(seen(&mut bench), [], "the timeout counts from the call, not from the receipt");
    bench.run_to(195);
    assert_eq!(seen(&mut bench), [(191, OTHER, 7, true)]);
    bench.extend(&got);
    bench.receive(ONE, 2);
    bench.run_to(291);
    bench.receive(ONE, 3);
    bench.run_to(300);
    assert_eq!(seen(&mut bench), [(292, ONE, 7, true)], "an old receipt extends nothing");
}

#[test]
fn received_too_often_it_is_moved_when_it_would_be_received_again() {
    let mut bench = bench(|settings| settings.max_receive_count = Some(2));
    bench.publish(7, TO_ONE);
    for poll in 0..8 {
        bench.receive(ONE, poll);
        bench.run_for(30);
    }
    assert_eq!(seen(&mut bench), [(3, ONE, 7, false), (103, ONE, 7, true)]);
    assert_eq!(bench.books().lost, [(7, Reason::DeadLetter)]);
    assert_eq!((bench.alive(7), bench.books().waiting, bench.books().busy), (0, 0, 0));
}

#[test]
fn a_dead_letter_keeps_its_age_in_a_standard_queue_and_not_in_a_fifo() {
    for (is_fifo, lost) in [(false, true), (true, false)] {
        let mut bench = bench(|settings| {
            settings.fifo = is_fifo.then_some(MessageGroup::Queue);
            settings.max_receive_count = Some(1);
            settings.redrive_after = Some(Span(150_000_000));
            settings.dead_letter_retention_period = Span(200_000_000);
        });
        bench.publish(7, TO_ONE);
        for poll in 0..20 {
            bench.receive(ONE, poll);
            bench.run_for(20);
        }
        let wanted = if lost { vec![(7, Reason::Retention)] } else { Vec::new() };
        assert_eq!(bench.books().lost, wanted, "at 102 ms it is 100 ms old: 100 are left to it");
        assert_eq!(bench.deliveries().len(), if lost { 1 } else { 2 });
    }
}

#[test]
fn what_nobody_deletes_is_kept_for_the_retention_period() {
    let mut bench = bench(|settings| settings.message_retention_period = Span(500_000_000));
    bench.publish(7, TO_ONE);
    bench.run_to(300);
    bench.publish(8, TO_ONE);
    bench.run_to(501);
    assert_eq!(bench.books().lost, []);
    bench.run_to(502);
    assert_eq!(bench.books().lost, [(7, Reason::Retention)]);
    bench.run_to(1_000);
    assert_eq!(bench.books().lost, [(7, Reason::Retention), (8, Reason::Retention)]);
    assert_eq!(bench.books().waiting, 0);
}

#[test]
fn a_group_waits_for_what_is_in_flight() {
    let mut bench = bench(|settings| {
        fifo(settings);
        settings.max_number_of_messages = 1;
    });
    (0..3).for_each(|op| bench.publish(op, TO_ONE));
    bench.run_for(5);
    bench.receive(ONE, 1);
    bench.receive(OTHER, 1);
    bench.run_to(20);
    let got = bench.deliveries();
    assert_eq!(got.iter().map(|got| (got.to, got.op)).collect::<Vec<_>>(), [(ONE, 0)]);
    bench.ack(&got);
    bench.run_to(30);
    assert_eq!(seen(&mut bench), [(21, OTHER, 1, false)], "the poll that waited gets the next");
    bench.receive(ONE, 2);
    bench.run_to(119);
    bench.receive(ONE, 3);
    bench.run_to(130);
    assert_eq!(seen(&mut bench), [(121, ONE, 1, true)], "... which comes back before 2");
}

#[test]
fn a_fifo_recognises_what_is_sent_again_within_five_minutes() {
    let mut bench = bench(|settings| {
        fifo(settings);
        settings.visibility_timeout = Span(3_600_000_000_000);
    });
    for at in [0, 299_000, 301_000] {
        bench.run_to(at);
        bench.publish(7, TO_ONE);
        bench.run_for(5);
        bench.receive(ONE, at as u32);
        bench.run_for(5);
        bench.ack(&bench.clone().deliveries());
    }
    assert_eq!(bench.answers().len(), 3, "all are confirmed");
    assert_eq!(bench.deliveries().len(), 2, "the second is not delivered");
    assert_eq!(bench.alive(7), 0);
}

#[test]
fn in_flight_are_no_more_than_the_limit() {
    for is_fifo in [false, true] {
        let mut bench = bench(|settings| {
            settings.fifo = is_fifo.then_some(MessageGroup::Operation);
            settings.in_flight_limit = 2;
        });
        (0..5).for_each(|op| bench.publish(op, TO_ONE));
        bench.run_for(5);
        bench.receive(ONE, 1);
        bench.run_for(5);
        assert_eq!(bench.deliveries().len(), 2);
        bench.receive(OTHER, 1);
        bench.run_for(5);
        let waits = usize::from(is_fifo);
        assert_eq!(bench.empty().len(), 1 - waits, "a standard queue fails at once: OverLimit");
        bench.run_for(50);
        assert_eq!(
            bench.empty().len(),
            waits,
            "a FIFO queue lets the poll wait, as if it were empty"
        );
    }
}

#[test]
fn a_crash_loses_only_what_was_not_confirmed() {
    let mut bench = bench(|_| {});
    bench.publish(7, TO_ONE);
    bench.receive(ONE, 1);
    bench.run_to(10);
    bench.publish(8, TO_ONE);
    bench.down(AT_BROKER, false);
    bench.run_to(120);
    assert_eq!(bench.books().lost, [(8, Reason::Crashed)]);
    bench.up(AT_BROKER);
    bench.receive(OTHER, 1);
    bench.run_to(130);
    let seen: Vec<_> = seen(&mut bench).into_iter().map(|got| (got.1, got.2)).collect();
    assert_eq!(seen, [(ONE, 7), (OTHER, 7)], "its clocks went on: it is visible again");
}
