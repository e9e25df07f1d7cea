//! One run for people, as wide as the canvas is: what the flows took, what they were told against
//! what is true, where the time went, how consistent it was, and a line to type for each anomaly.

use unicode_width::UnicodeWidthStr;

use super::figures::{
    count, digits, full_count, maybe_digits, maybe_ms, ms, share, share_of, span, words,
};
use super::output::Output;
use super::paint::{Paint, Tone};
use super::run::{Run, availability, per_second};
use super::table::{Cell, Table};
use super::times::Times;
use crate::analysis::warmup::later_end;
use crate::base::{Span, Time};
use crate::probes::outcome::{Anomaly, Outcome, Recovery};

mod consistency;
mod instances;
mod nodes;

/// Summaries, one below the other.
pub static OUTPUT: Output = Output {
    word: "text",
    about: "For people",
    tells_all: true,
    render: |runs, asked| {
        runs.iter().map(|run| render(run, asked.paint)).collect::<Vec<_>>().join("\n\n")
    },
};

/// The summary of one run.
pub fn render(run: &Run, paint: Paint) -> String {
    let outcome = run.outcome;
    let sections = [
        head(run, paint),
        flows(outcome, paint),
        told(outcome, paint),
        truth(outcome, paint),
        nodes::nodes(outcome, paint),
        instances::table(outcome, paint),
        nodes::caches(outcome, paint),
        nodes::standing(outcome, paint),
        consistency::consistency(outcome, paint),
        recoveries(outcome, paint),
        measures(run, paint),
        anomalies(run, paint),
        run.replay_line().map_or(String::new(), |line| paint.command(&line, "")),
    ];
    let sections: Vec<String> =
        sections.into_iter().filter(|section| !section.is_empty()).collect();
    sections.join("\n")
}

fn head(run: &Run, paint: Paint) -> String {
    let outcome = run.outcome;
    let title = format!("{} as {}, seed {}", outcome.scenario, outcome.design, outcome.seed);
    let mut text = paint.apply(Tone::Head, &title) + "\n";
    text += &paint.wrap(run.about, "");
    let events = full_count(outcome.events);
    let (simulated, measured) = (span(outcome.simulated), span(outcome.measured));
    let digest = outcome.digest;
    text += &paint.wrap(
        &format!(
            "{simulated} simulated, {measured} measured, {events} events, digest {digest:016x}"
        ),
        "",
    );
    text += &paint.wrap(&format!("guards: {}", guards(&outcome.guards)), "");
    let warmup = Span(run.token.length.0.saturating_sub(outcome.measured.0));
    if outcome.partial.is_none()
        && let Some(end) = later_end(outcome, warmup)
    {
        let (end, warmup) = (span(end), span(warmup));
        let said = format!(
            "latency settled only after {end} (MSER-5): a warm-up of {warmup} may be too short"
        );
        text += &paint.wrap(&said, "");
    }
    if let Some(why) = &outcome.partial {
        let said = paint.wrap(&format!("PARTIAL: {why}"), "");
        text += &said.replacen("PARTIAL", &paint.apply(Tone::Bad, "PARTIAL"), 1);
    }
    text
}

/// The guards in force, for people.
pub fn guards(guards: &[String]) -> String {
    if guards.is_empty() { "none".to_owned() } else { guards.join(", ") }
}

fn flows(outcome: &Outcome, paint: Paint) -> String {
    let mut table =
        Table::new(["flow", "offered", "good/s", "p50", "p99", "p99.9", "max", "available"]);
    for (name, flow) in &outcome.flows {
        let times = Times::of(&flow.latency);
        table.row(vec![
            name.as_str().into(),
            count(flow.offered).into(),
            maybe_digits(per_second(flow.good, outcome.measured)).into(),
            maybe_ms(times.p50).into(),
            maybe_ms(times.p99).into(),
            maybe_ms(times.p999).into(),
            maybe_ms(times.max).into(),
            availability(flow).map_or("-".into(), share).into(),
        ]);
    }
    table.render(paint)
}

fn told(outcome: &Outcome, paint: Paint) -> String {
    let mut table = Table::new([
        "told",
        "in time",
        "late",
        "refused",
        "failed",
        "converged p50",
        "p99",
        "never",
    ]);
    let mut reasons = String::new();
    for (name, flow) in &outcome.flows {
        let times = Times::of(&flow.convergence);
        let converged = |ms: Option<f64>| match ms {
            None if flow.unconverged > 0 => "never".to_owned(),
            ms => maybe_ms(ms),
        };
        table.row(vec![
            name.as_str().into(),
            count(flow.ok).into(),
            Cell::bad_unless_zero(flow.late, count(flow.late)),
            count(flow.refused).into(),
            Cell::bad_unless_zero(flow.failed, count(flow.failed)),
            converged(times.p50).into(),
            converged(times.p99).into(),
            Cell::bad_unless_zero(flow.unconverged, count(flow.unconverged)),
        ]);
        let why: Vec<String> = flow
            .failures
            .iter()
            .map(|(why, times)| {
                let share = share_of(*times, flow.offered);
                format!("{} {} ({share})", words(why.name()), count(*times))
            })
            .collect();
        if !why.is_empty() {
            reasons += &paint.wrap(&format!("{name} failed: {}", why.join(", ")), "  ");
        }
        if flow.wrongly_refused > 0 {
            let (times, of) = (flow.wrongly_refused, share_of(flow.wrongly_refused, flow.offered));
            let said = format!("{name} wrongly refused: {} ({of})", count(times));
            reasons += &paint.wrap(&said, "  ");
        }
    }
    table.render(paint) + &reasons
}

fn truth(outcome: &Outcome, paint: Paint) -> String {
    let mut table = Table::new([
        "in truth",
        "kept",
        "retracted",
        "half done",
        "unannounced",
        "clean",
        "pending",
    ]);
    for (name, flow) in &outcome.flows {
        let ends = flow.ends;
        table.row(vec![
            name.as_str().into(),
            count(ends.kept).into(),
            count(ends.retracted).into(),
            Cell::bad_unless_zero(ends.half_done, count(ends.half_done)),
            Cell::bad_unless_zero(ends.unannounced, count(ends.unannounced)),
            count(ends.clean).into(),
            Cell::bad_unless_zero(ends.pending, count(ends.pending)),
        ]);
    }
    table.render(paint)
}

fn recoveries(outcome: &Outcome, paint: Paint) -> String {
    if outcome.recoveries.is_empty() {
        return String::new();
    }
    let lines = outcome
        .recoveries
        .iter()
        .map(|(name, it)| paint.wrap(&format!("{name}: {}", recovery(it)), "  "));
    paint.apply(Tone::Head, "faults") + "\n" + &lines.collect::<String>()
}

fn recovery(it: &Recovery) -> String {
    let at = |time: Time| span(time.since(Time::ZERO));
    let after = it.after.map_or("not back to normal within the run".to_owned(), |after| {
        format!("back to normal {} after its end", span(after))
    });
    let load = it
        .amplification
        .map_or(String::new(), |times| format!(", {} times the messages meanwhile", digits(times)));
    let end =
        if it.end == Time::NEVER { "for good".to_owned() } else { format!("to {}", at(it.end)) };
    format!("from {} {end}; {after}{load}", at(it.start))
}

fn measures(run: &Run, paint: Paint) -> String {
    if run.measures.is_empty() {
        return String::new();
    }
    let mut table = Table::new(["measure", "value"]);
    for (name, value) in &run.measures {
        table.row(vec![
            name.as_str().into(),
            value.value.map_or("-".into(), |it| value.unit.show(it)).into(),
        ]);
    }
    table.render(paint)
}

fn anomalies(run: &Run, paint: Paint) -> String {
    if run.outcome.anomalies.is_empty() {
        return String::new();
    }
    let mut text = paint.apply(Tone::Head, "anomalies") + "\n";
    for anomaly in first_of_each(&run.outcome.anomalies) {
        text += &paint.wrap(&anomaly_line(anomaly), "  ");
        text += &paint.command(&run.explain_line(anomaly), "    ");
    }
    text
}

/// The first of each kind and flow; each says how many more there are.
fn first_of_each(anomalies: &[Anomaly]) -> Vec<&Anomaly> {
    let mut first: Vec<&Anomaly> = Vec::new();
    for anomaly in anomalies {
        if !first.iter().any(|it| it.kind == anomaly.kind && it.flow == anomaly.flow) {
            first.push(anomaly);
        }
    }
    first
}

fn anomaly_line(it: &Anomaly) -> String {
    let (Anomaly { kind, detail, .. }, operation) = (it, it.operation());
    let at = ms(it.time.since(Time::ZERO).as_ms());
    let others =
        if it.count > 1 { format!(", one of {}", full_count(it.count)) } else { String::new() };
    format!("{}: {operation} at {at}{others}: {detail}", words(kind))
}

/// A labelled line, wrapped under itself.
fn point(label: &str, text: &str, paint: Paint) -> String {
    let indent = " ".repeat(13);
    let wrapped = paint.wrap(text, &indent);
    let blanks = " ".repeat(11 - label.width().min(10));
    format!("  {label}{blanks}{}", wrapped.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic;

    #[test]
    fn a_run_fits_eighty_columns() {
        let outcome = synthetic::outcome("rest", 1);
        let text = render(&synthetic::run(&outcome), Paint::plain());
        synthetic::assert_narrow(&text);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_run_that_saw_nothing_says_so() {
        let outcome = synthetic::empty_outcome();
        let text = render(&synthetic::run(&outcome), Paint::plain());
        synthetic::assert_narrow(&text);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn every_anomaly_ends_with_the_line_that_explains_it() {
        let outcome = synthetic::outcome("rest", 1);
        let text = render(&synthetic::run(&outcome), Paint::plain());
        let lines = text
            .lines()
            .filter(|line| line.trim_start().starts_with("windtunnel explain "))
            .count();
        assert_eq!(lines, outcome.anomalies.len());
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let outcome = synthetic::outcome("rest", 1);
        let run = synthetic::run(&outcome);
        let painted = render(&run, Paint::new(true));
        assert!(painted.contains('\u{1b}'));
        assert_eq!(
            anstream::adapter::strip_str(&painted).to_string(),
            render(&run, Paint::plain())
        );
    }
}
