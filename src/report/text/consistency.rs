//! How consistent one run was, for people: reads, session guarantees, effects, invariants, and the cost.

use std::fmt::Write;

use super::super::figures::{count, digits, full_count, maybe_digits, maybe_ms, share, share_of};
use super::super::paint::{Paint, Tone};
use super::super::run::{consistent_at_0, effects, merged_reads, ratio, sum, violations};
use super::super::times::Times;
use super::point;
use crate::probes::outcome::{Effects, Outcome, Violations};

pub(super) fn consistency(outcome: &Outcome, paint: Paint) -> String {
    let mut text = paint.apply(Tone::Head, "consistency") + "\n";
    text += &point("reads", &reads(outcome), paint);
    if let Some(at_once) = consistent_at_0(outcome) {
        let times = Times::of(&outcome.visibility);
        let (p99, p999) = (maybe_ms(times.p99), maybe_ms(times.p999));
        let line = format!("{} at once, p99 {p99}, p99.9 {p999}", share(at_once));
        text += &point("visible", &line, paint);
    }
    text += &point("sessions", &sessions(violations(outcome)), paint);
    text += &point("effects", &effects_line(effects(outcome)), paint);
    for (name, it) in &outcome.invariants {
        let drift = if it.mean_deviation == 0.0 {
            String::new()
        } else {
            format!(", off by {} on average", digits(it.mean_deviation))
        };
        let broken = if it.broken == 0 {
            "held".to_owned()
        } else {
            format!("broken: {}", count(it.broken))
        };
        text += &point("invariant", &format!("{name} {broken}{drift}"), paint);
    }
    let offered = sum(outcome, |flow| flow.offered);
    let each = maybe_digits(ratio(sum(outcome, |flow| flow.messages), offered));
    let retries = count(sum(outcome, |flow| flow.retries));
    text + &point(
        "cost",
        &format!("{} messages, {each} per flow, {retries} retries", full_count(outcome.messages)),
        paint,
    )
}

fn reads(outcome: &Outcome) -> String {
    let reads = sum(outcome, |flow| flow.reads.reads);
    let stale = sum(outcome, |flow| flow.reads.stale);
    let dangling = sum(outcome, |flow| flow.reads.dangling);
    if reads == 0 {
        return "none".to_owned();
    }
    let times = Times::of(&merged_reads(outcome));
    let mut text =
        format!("{}, stale {} ({})", full_count(reads), count(stale), share_of(stale, reads));
    if stale > 0 {
        let _ =
            write!(text, ", staleness p99 {}, max {}", maybe_ms(times.p99), maybe_ms(times.max));
    }
    if dangling > 0 {
        let _ = write!(text, ", not there {}", count(dangling));
    }
    text
}

fn sessions(broken: Violations) -> String {
    let kinds = [
        ("read-your-writes", broken.read_your_writes),
        ("monotonic reads", broken.monotonic_reads),
        ("monotonic writes", broken.monotonic_writes),
        ("writes-follow-reads", broken.writes_follow_reads),
    ];
    seen(&kinds).map_or("no guarantee broken".to_owned(), |seen| format!("broken: {seen}"))
}

/// Those that were seen, with how often.
fn seen(kinds: &[(&str, u64)]) -> Option<String> {
    let seen = kinds.iter().filter(|(_, times)| *times > 0);
    let told: Vec<String> = seen.map(|(kind, times)| format!("{kind} {}", count(*times))).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn effects_line(it: Effects) -> String {
    let kinds = [
        ("once", it.once),
        ("duplicated", it.duplicated),
        ("undone", it.undone),
        ("lost", it.lost),
        ("pending", it.pending),
        ("dropped", it.dropped),
        ("void", it.void),
    ];
    let told = |seen| format!("told {}: {seen}", full_count(it.told));
    let wrong = it.duplicated + it.lost;
    let shares = if wrong > 0 {
        let of = |times| share_of(times, it.told);
        format!(" ({} duplicated, {} lost)", of(it.duplicated), of(it.lost))
    } else {
        String::new()
    };
    seen(&kinds).map_or("none told".to_owned(), told) + &shares
}
