//! Whose turn it is at a service: disciplines, patience, shedding, work that stands still, and
//! customers who come in batches. One worker, 10 ms of work, 1 ms on every way.

use windtunnel::base::Span;
use windtunnel::probes::{Fact, Reason, Verdict};

use super::{Case, Run, done, flow, flows, round};

/// Four customers are sent at 1, 2, 3 and 4 and come to d a millisecond later, a fifth at 20.5.
const FIVE: &str =
    r#"arrivals: Constant([("0s", "1000/s"), ("4500us", "0/s"), ("20ms", "1000/s")]), does: "f""#;

fn at_d(turns: &str) -> Case {
    let service = format!(r#""d": Service({turns}, workers: 1, work: "10ms""#);
    flow(r#"(home: "d")"#)
        .web(FIVE)
        .run_for("21ms")
        .but(r#""d": Service(workers: 4, work: "1ms""#, &service)
}

fn answers(run: &Run) -> [(f64, Verdict); 5] {
    [0, 1, 2, 3, 4].map(|number| run.answer(number))
}

fn failed(ms: f64, why: Reason) -> (f64, Verdict) {
    (ms, Verdict::Failed(why))
}

/// Who was told when, from the start: clients are counted by their names.
fn told(run: &Run) -> Vec<(f64, usize, u64)> {
    let told = run.facts().filter_map(|(time, _, fact)| match fact {
        Fact::Answered { op, .. } => Some((round(time), op.client(), op.number())),
        _ => None,
    });
    told.collect()
}

#[test]
fn first_come_first_served_is_the_usual() {
    // 2 to 12, 22, 32, 42; the fifth comes at 21.5 and ends at 52.
    let expected = [12.0, 21.0, 30.0, 39.0, 32.5].map(done);
    assert_eq!(answers(&at_d("discipline: Fifo").go()), expected);
    // Patience that nobody loses sends the same customers through the other queue.
    assert_eq!(answers(&at_d(r#"discipline: Fifo, patience: "1h""#).go()), expected);
}

#[test]
fn last_come_first_served_does_not_interrupt() {
    // The first 2 to 12, the fourth to 22, the fifth (since 21.5) to 32, the third, the second.
    let expected = [12.0, 51.0, 40.0, 19.0, 12.5].map(done);
    assert_eq!(answers(&at_d("discipline: Lifo").go()), expected);
}

#[test]
fn who_waits_too_long_leaves() {
    let run = at_d(r#"patience: "15ms""#).go();
    // Came at 4 and 5, left at 19 and 20.
    let gone = failed(17.0, Reason::Abandoned);
    assert_eq!(answers(&run), [done(12.0), done(21.0), gone, gone, done(12.5)]);
    assert_eq!(run.count(|fact| matches!(fact, Fact::LeftQueue { .. })), 2);
    assert_eq!(run.flow("f").failures[&Reason::Abandoned], 2);
}

#[test]
fn who_has_waited_too_long_is_thrown_away_at_the_head() {
    // At 22 the third has waited 18 and the fourth 17.
    let shed = |ms| failed(ms, Reason::Shed);
    let run = at_d(r#"shed_after: "15ms""#).go();
    assert_eq!(answers(&run), [done(12.0), done(21.0), shed(20.0), shed(19.0), done(12.5)]);
    let patient = at_d(r#"shed_after: "17ms""#).go();
    assert_eq!(patient.answer(2), shed(20.0));
    assert_eq!(patient.answer(3), done(29.0), "17 are not longer than 17");
}

#[test]
fn what_is_past_its_deadline_is_not_begun() {
    let late = |flow: &str| {
        let case = at_d("shed_expired: true");
        case.but(r#""f": (home: "d")"#, &format!(r#""f": (home: "d", {flow})"#)).go()
    };
    let run = late(r#"deadline: "15ms", propagate: true"#);
    let expired = |ms| failed(ms, Reason::Expired);
    assert_eq!(answers(&run), [done(12.0), done(21.0), expired(20.0), expired(19.0), done(12.5)]);
    // Who keeps the deadline to himself is served.
    assert_eq!(late(r#"deadline: "15ms""#).answer(2), done(30.0));
}

#[test]
fn all_share_the_worker() {
    // Alone until 3, two until 4, three until 5, four until 21.5: the first has 1 + 1/2 + 1/3 + 16.5/4.
    let run = at_d("discipline: ProcessorSharing").go();
    let first = 21.5 + 5.0 * (10.0 - 1.0 - 0.5 - 1.0 / 3.0 - 4.125);
    // The second has had 1 less, the third 1/2 less than that, the fourth 1/3 less.
    let second = first + 4.0;
    let third = second + 3.0 * 0.5;
    let fourth = third + 2.0 * (1.0 / 3.0);
    let all_work = 52.0;
    let ends = [first, second, third, fourth, all_work];
    let sent = [1.0, 2.0, 3.0, 4.0, 20.5];
    for (number, (end, sent)) in ends.into_iter().zip(sent).enumerate() {
        let (ms, verdict) = run.answer(number as u64);
        assert_eq!(verdict, Verdict::Done);
        assert!((ms - (end + 1.0 - sent)).abs() < 2e-3, "{number}: {ms}, not {}", end + 1.0 - sent);
    }
    let node = &run.outcome.nodes["d"];
    assert_eq!((node.load.arrivals, node.load.queue_max), (4, 3), "until 21");
    assert_eq!(node.wait.max(), Some(Span::ZERO), "nobody waits before his work begins");
}

#[test]
fn room_counts_those_that_share() {
    let run = at_d("discipline: ProcessorSharing, room: 1").go();
    let rejected = failed(2.0, Reason::Rejected);
    // Two share from 3 on: the first ends at 21, the second has 1/2 left when the fifth comes.
    assert_eq!(answers(&run)[..4], [done(21.0), done(21.5), rejected, rejected]);
}

/// Two classes: `g` comes from `vip` at 5, `f` from `web` at 2, 4 and 6.
fn classes(preempt: bool, flow: &str) -> Run {
    let turns = format!(r#"discipline: Priority(["g"], preempt: {preempt})"#);
    let service = format!(r#""d": Service({turns}, workers: 1, work: "10ms""#);
    flows(&format!(r#""f": {flow}, "g": (home: "d", work: "5ms")"#))
        .web(r#"arrivals: Constant("500/s"), does: "f""#)
        .nodes(r#""vip": Client(arrivals: Constant("200/s"), does: "g"),"#)
        .run_for("6500us")
        .but(r#""d": Service(workers: 4, work: "1ms""#, &service)
        .go()
}

#[test]
fn a_better_class_goes_first_and_may_interrupt() {
    let (vip, web) = (0, 1);
    let finishes = classes(false, r#"(home: "d")"#);
    assert_eq!(told(&finishes), [(14.0, web, 0), (19.0, vip, 0), (29.0, web, 1), (39.0, web, 2)]);
    // The first is interrupted at 6 with 7 to go, and goes on at 11 before the second.
    let interrupts = classes(true, r#"(home: "d")"#);
    assert_eq!(told(&interrupts), [(12.0, vip, 0), (19.0, web, 0), (29.0, web, 1), (39.0, web, 2)]);
    let node = &interrupts.outcome.nodes["d"];
    assert_eq!((node.load.arrivals, node.waited), (3, 2), "the interrupted one waits as well");
}

#[test]
fn a_held_worker_is_not_taken_away_but_work_that_comes_back_makes_way() {
    // d 3 to 5, c 6 to 16, back at 17: the vip has waited since 6, and works 17 to 22.
    let flow = r#"(home: "d", work: "2ms", steps: [Call("c", work: "10ms"), Work("6ms")])"#;
    let run = classes(true, flow);
    assert_eq!(told(&run)[..2], [(23.0, 0, 0), (29.0, 1, 0)]);
}

#[test]
fn a_crash_takes_what_waits_and_what_works_and_no_timer_outlives_it() {
    for turns in [
        r#"patience: "15ms""#,
        "discipline: Lifo",
        r#"discipline: Priority(["f"], preempt: true)"#,
        "discipline: ProcessorSharing",
    ] {
        let crash = r#"(at: "10ms", lasts: "5ms", what: Crash("d"))"#;
        let run = at_d(turns).faults(crash).go();
        let crashed = |ms| failed(ms, Reason::Crashed);
        let expected = [crashed(10.0), crashed(9.0), crashed(8.0), crashed(7.0), done(12.0)];
        assert_eq!(answers(&run), expected, "{turns}");
    }
}

#[test]
fn callers_that_give_up_change_nothing_for_the_others() {
    for (turns, fifth) in [(r#"patience: "1h""#, 32.5), ("discipline: Lifo", 12.5)] {
        let run = at_d(turns).policies(r#""client": (timeout: "30ms")"#).go();
        assert_eq!(run.answer(0), done(12.0), "{turns}");
        let given_up = answers(&run).iter().filter(|(ms, _)| *ms == 30.0).count();
        assert!(given_up > 0, "{turns}");
        let last = run.answer(4);
        assert!(last == done(fifth) || fifth > 30.0, "{turns}: {last:?}");
        assert_eq!(run.outcome.nodes["d"].load.arrivals, 4, "until 21");
    }
}

#[test]
fn frozen_work_goes_on_where_it_was() {
    let freeze = r#"(at: "5ms", lasts: "20ms", what: Freeze("d"))"#;
    // A fault ends with the run at the latest: here the run is longer, with the same customers.
    let five = FIVE.replace(r#"("20ms", "1000/s")"#, r#"("20ms", "1000/s"), ("21ms", "0/s")"#);
    let at_d = |turns| at_d(turns).web(&five).run_for("60ms");
    // 3 of 10 are done at 5, the rest from 25 to 32.
    let run = at_d("discipline: Fifo").faults(freeze).go();
    assert_eq!(answers(&run), [32.0, 41.0, 50.0, 59.0, 52.5].map(done));
    // What comes while it stands still begins when it goes on.
    let shared = at_d("discipline: ProcessorSharing").faults(freeze).go();
    assert_eq!(shared.outcome.nodes["d"].wait.max(), Some(Span::from_ms(20.0)));
    let crash = format!(r#"{freeze}, (at: "10ms", lasts: "5ms", what: Crash("d"))"#);
    let run = at_d("discipline: Fifo").faults(&crash).go();
    assert_eq!((run.answer(3), run.answer(4)), (failed(7.0, Reason::Crashed), done(15.5)));
}

#[test]
fn a_frozen_idle_server_takes_nothing_up() {
    let freeze = r#"(at: "0s", lasts: "10ms", what: Freeze("d"))"#;
    let run = at_d("discipline: Fifo").faults(freeze).go();
    assert_eq!(answers(&run), [20.0, 29.0, 38.0, 47.0, 40.5].map(done));
}

#[test]
fn a_batch_comes_at_one_instant() {
    let run =
        at_d("discipline: Fifo").web(r#"arrivals: Constant("100/s"), batch: 3, does: "f""#).go();
    assert_eq!(run.offered(), 6);
    assert_eq!([0, 1, 2].map(|number| run.sent(number)), [10.0; 3]);
    assert_eq!([0, 1, 2].map(|number| run.answer(number)), [12.0, 22.0, 32.0].map(done));
}
