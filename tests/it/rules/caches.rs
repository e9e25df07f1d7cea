//! Caches between a service and its database: what is read where, what writes do to them, and the
//! races for which they are known. The small world of `rules.rs`, with the cache `r` before the
//! database of `a`, a hop of 1 away.

use windtunnel::probes::{Fact, Reason};

use super::{ALL, Case, done, flow, flows};

const READ: &str = r#"(home: "a", steps: Read("n"))"#;
const FLOWS: &str = r#""f": (home: "a", steps: Read("n")), "g": (home: "a", steps: Add("n", 1))"#;
const EVERY_SECOND: &str = r#"arrivals: Constant("1/s"), does: "f""#;

/// With the cache `r` of these settings before the database of `a`.
fn cached(case: Case, settings: &str) -> Case {
    case.nodes(&format!(r#""r": Cache({settings}),"#))
        .but(r#"store: "a-db")"#, r#"store: "a-db", cache: "r")"#)
}

#[test]
fn a_read_looks_into_the_cache_first_and_fills_it() {
    for design in ALL {
        let case = flow(READ).web(EVERY_SECOND).run_for("2500ms").design(design);
        let latencies = |settings: &str| {
            let run = cached(case.clone(), settings).go();
            (run.answer(0), run.answer(1))
        };
        // At the cache at 4, back at 5, read 6 to 10, back at 11, set at 12, back at 13.
        assert_eq!(latencies(""), (done(14.0), done(6.0)), "{design}");
        assert_eq!(latencies(r#"ttl: "500ms""#), (done(14.0), done(14.0)));
        assert_eq!(latencies(r#"work: "3ms""#), (done(20.0), done(9.0)));
        assert_eq!(latencies("warm: true"), (done(6.0), done(6.0)));
    }
}

#[test]
fn an_ask_is_answered_from_the_cache_of_the_owner() {
    let ask = flow(r#"(home: "b", steps: Ask("n"))"#).web(EVERY_SECOND).run_for("2500ms");
    let run = cached(ask, "").go();
    // 1 + 3, at a 5 + 2; a has it at 17 (after a hit at 9), b one later, the client two.
    assert_eq!((run.answer(0), run.answer(1)), (done(19.0), done(11.0)));
}

#[test]
fn the_time_to_live_counts_from_the_fill_or_from_the_last_use() {
    let hits = |settings: &str| {
        let run = cached(flow(READ).web(EVERY_SECOND).run_for("5500ms"), settings).go();
        (run.outcome.nodes["r"].cache.hits, run.outcome.nodes["r"].cache.expired)
    };
    assert_eq!(hits(r#"ttl: "1500ms""#), (2, 2));
    assert_eq!(hits(r#"ttl: "1500ms", sliding: true"#), (4, 0));
}

#[test]
fn a_miss_that_somebody_fetches_already_waits_for_it() {
    let three = || flow(READ).web(r#"arrivals: Constant("1000/s"), does: "f""#).run_for("3500us");
    let alone = cached(three(), "").go();
    assert_eq!([0, 1, 2].map(|number| alone.answer(number)), [done(14.0); 3]);
    assert_eq!(alone.began_at("a-db").len(), 3);
    let shared = cached(three(), "single_flight: true").go();
    // The first sets it at 12 after its sending; the others have their answer at 14 as well.
    assert_eq!([0, 1, 2].map(|number| shared.answer(number)), [done(14.0), done(13.0), done(12.0)]);
    assert_eq!(shared.began_at("a-db").len(), 1);
    let misses = |wanted| {
        shared.count(|fact| matches!(fact, Fact::CacheMiss { fetches, .. } if *fetches == wanted))
    };
    assert_eq!((misses(true), misses(false)), (1, 2));
}

#[test]
fn writes_pass_by_delete_or_set() {
    let journey = r#"arrivals: Constant("1/s"), journeys: { "j": (steps: [
        Do("f"), Think("100ms"), Do("g"), Think("100ms"), Do("f")]) }"#;
    let writes = |how: &str| {
        let run = cached(flows(FLOWS).web(journey), &format!("writes: {how}")).go();
        let seen = run.saw("n").last().expect("a read").1;
        (run.answer(1), run.answer(2), seen, run.flow("f").reads.stale)
    };
    // A write takes 1 + 2 + 9 + 1; telling the cache 2 more.
    assert_eq!(writes("Around"), (done(13.0), done(6.0), 0, 1));
    assert_eq!(writes("Invalidate"), (done(15.0), done(14.0), 1, 0));
    assert_eq!(writes("Through"), (done(15.0), done(6.0), 1, 0));
}

/// A second client, which writes at 1004 ms, while commands to the cache are held up meanwhile.
fn race(web: &str, settings: &str, held_up: &str) -> Case {
    cached(flows(FLOWS).web(web).run_for("2500ms"), settings)
        .but(r#""r": Cache"#, r#""x": Client(arrivals: Gaps("1004ms"), does: "g"), "r": Cache"#)
        .faults(&format!(
            r#"(at: {held_up:?}, lasts: "2ms", what: Latency("a", "r", add: "10ms", both: false))"#
        ))
}

#[test]
fn a_fill_that_a_delete_has_overtaken_is_stale_until_its_time_to_live_is_over() {
    // Nishtala et al., NSDI 2013: R misses and reads version 0 at 1010; W commits version 1 at
    // 1015 and deletes at 1017; R's set of version 0, sent at 1011, arrives at 1022.
    let seen = |settings: &str| {
        let run = race(EVERY_SECOND, settings, "1010ms").go();
        (run.answer(1), run.saw("n").last().expect("a read").1)
    };
    assert_eq!(seen(""), (done(6.0), 0));
    assert_eq!(seen(r#"ttl: "500ms""#), (done(14.0), 1));
    assert_eq!(seen("versioned: true"), (done(14.0), 1));
}

#[test]
fn of_two_writers_the_cache_may_hold_the_earlier() {
    // Commits at 1011 and 1018; the first set is held up until 1023, the second arrives at 1020.
    let journey = r#"arrivals: Constant("1/s"), journeys: { "j": (steps: [
        Do("g"), Think("100ms"), Do("f")]) }"#;
    let seen = |settings: &str| {
        let run = race(journey, settings, "1011ms").run_for("1500ms").go();
        run.saw("n").last().expect("a read").1
    };
    assert_eq!(seen("writes: Through"), 1);
    assert_eq!(seen("writes: Through, versioned: true"), 2);
    assert_eq!(seen("writes: Invalidate"), 2, "a delete has no order");
}

#[test]
fn a_cache_is_never_told_what_the_database_has_not_committed() {
    let journey = r#"arrivals: Constant("1/s"), journeys: { "j": (steps: [
        Do("g"), Think("100ms"), Do("f")]) }"#;
    let run = cached(flows(FLOWS).web(journey), "writes: Through, warm: true")
        .faults(r#"(at: "1005ms", lasts: "50ms", what: Crash("a-db"))"#)
        .go();
    assert_eq!(run.flow("g").failed, 1);
    assert_eq!((run.answer(1), run.flow("f").reads.stale), (done(6.0), 0));
}

#[test]
fn a_cache_that_is_down_is_a_miss_and_comes_back_cold() {
    let run = cached(flow(READ).web(EVERY_SECOND).run_for("4500ms"), "warm: true")
        .faults(r#"(at: "1900ms", lasts: "500ms", what: Crash("r"))"#)
        .go();
    let answers = [0, 1, 2, 3].map(|number| run.answer(number));
    assert_eq!(answers, [done(6.0), done(14.0), done(14.0), done(6.0)]);
}

#[test]
fn slow_and_paused_caches_are_slow_and_paused() {
    let answer =
        |fault: &str| cached(flow(READ), r#"warm: true, work: "3ms""#).faults(fault).go().answer(0);
    assert_eq!(answer(r#"(at: "1s", what: Slow("r", 2))"#), done(12.0));
    // The command arrives at 1004 and waits until 1010.
    assert_eq!(answer(r#"(at: "1s", lasts: "10ms", what: Pause("r"))"#), done(15.0));
}

const TAKE: &str =
    r#""f": (home: "a", steps: Write("x")), "g": (home: "a", steps: Read("x", key: Own))"#;

#[test]
fn a_write_behind_cache_answers_first_and_hands_on_later() {
    let journey = r#"arrivals: Constant("1/s"), journeys: { "j": (steps: [Do("f"), Do("g")]) }"#;
    let run = cached(flows(TAKE).web(journey), r#"writes: Behind("500ms")"#).go();
    assert_eq!((run.answer(0), run.answer(1)), (done(6.0), done(6.0)));
    assert_eq!(run.saw("x").last().expect("a read").1, 1, "its own write, from the cache");
    // Handed on at 1500, committed 1 + 7 later.
    assert_eq!(run.changes(0), ["508 x"]);
    assert_eq!(run.flow("f").ends.kept, 1);
}

#[test]
fn what_a_write_behind_cache_has_not_handed_on_is_lost_with_it() {
    let crash = |writes: &str| {
        let run = cached(flows(TAKE), &format!("writes: {writes}"))
            .faults(r#"(at: "1200ms", lasts: "100ms", what: Crash("r"))"#)
            .go();
        let f = run.flow("f");
        (f.ok, f.effects.lost, f.losses.get(&Reason::Unflushed).copied())
    };
    assert_eq!(crash(r#"Behind("500ms")"#), (1, 1, Some(1)));
    assert_eq!(crash("Through"), (1, 0, None));
}

#[test]
fn what_the_database_does_not_confirm_is_handed_on_again() {
    let run = cached(flows(TAKE), r#"writes: Behind("500ms")"#)
        .run_for("2500ms")
        .faults(r#"(at: "1400ms", lasts: "300ms", what: Crash("a-db"))"#)
        .go();
    assert_eq!(run.changes(0), ["1008 x"]);
}

#[test]
fn what_a_breaker_holds_back_is_handed_on_later() {
    let run = cached(flows(TAKE), r#"writes: Behind("500ms")"#)
        .web(r#"arrivals: Constant("2/s"), does: "f""#)
        .policies(
            r#""store": (timeout: "50ms", breaker: (threshold: "1%", minimum: 1, open: "2s"))"#,
        )
        .run_for("6s")
        .faults(r#"(at: "1400ms", lasts: "300ms", what: Crash("a-db"))"#)
        .go();
    let f = run.flow("f");
    assert_eq!((f.offered, f.ends.kept, f.effects.lost), (11, 11, 0));
}

#[test]
fn what_may_be_refused_or_taken_back_is_the_databases() {
    let commits = |step: &str| {
        let case = flow(&format!(r#"(home: "a", steps: {step})"#));
        cached(case, r#"writes: Behind("500ms")"#).go().changes(0)
    };
    assert_eq!(commits(r#"Add("n", 1)"#), ["508 n"]);
    assert_eq!(commits(r#"Take("n", 1)"#), ["11 n"]);
    assert_eq!(commits(r#"Add("n", 1, undo: Add(-1))"#), ["11 n"]);
}

#[test]
fn what_nobody_changes_is_not_followed() {
    let held = |case: Case| cached(case, "").go().count(|fact| matches!(fact, Fact::Holds { .. }));
    assert_eq!(held(flow(READ)), 0);
    let journey = r#"arrivals: Constant("1/s"), journeys: { "j": (steps: [Do("f"), Do("g")]) }"#;
    assert_eq!(held(flows(FLOWS).web(journey)), 1);
}
