//! Judged expectations for people: one line each, what failed with the line that replays it.
//!
//! ```text
//! PASS checkout       rest     p99(place-order) < 250ms
//!      held with 118.4ms against 250ms
//! ```

use super::drifted::{aside, how_far};
use super::figures::words;
use super::judged::{Judged, Ruling, Skipped, Tally};
use super::paint::{Paint, Tone};
use crate::analysis::baseline::Drift;
use crate::analysis::expectation::{Finding, Verdict};

/// Where the texts under a verdict begin.
const INDENT: &str = "     ";

/// All of them, and the tally; `partial` says what is missing.
pub fn render(all: &[Judged], partial: Option<&str>, paint: Paint) -> String {
    let mut text = String::new();
    for judged in all {
        match &judged.result {
            Ok(rulings) => rulings.iter().for_each(|ruling| text += &ruled(judged, ruling, paint)),
            Err(Skipped::NoExpectations) => {
                text += &headed(
                    Tone::Warn,
                    "NONE",
                    &format!("{}  has no expectations", judged.scenario),
                    paint,
                );
            }
            Err(Skipped::Invalid) => {
                text +=
                    &headed(Tone::Bad, "BAD ", &format!("{}  is invalid", judged.scenario), paint);
            }
        }
        text.extend(judged.drifts.iter().map(|drift| drifted(judged, drift, paint)));
    }
    let cut = partial.map_or(String::new(), |why| {
        let said = paint.wrap(&format!("PARTIAL: {why}"), "");
        said.replacen("PARTIAL", &paint.apply(Tone::Bad, "PARTIAL"), 1)
    });
    text + &cut + "\n" + &paint.wrap(&tally(Tally::of(all)), "")
}

fn ruled(judged: &Judged, ruling: &Ruling, paint: Paint) -> String {
    let verdict = &ruling.verdict;
    let (tone, word) = match verdict.finding {
        Finding::Held => (Tone::Good, "PASS"),
        Finding::Broken => (Tone::Bad, "FAIL"),
        Finding::NoData => (Tone::Bad, "FAIL"),
        Finding::NotRun => (Tone::Warn, "SKIP"),
    };
    let design = verdict.design.as_ref().map_or(String::new(), |design| format!("  {design}:"));
    let mut text =
        headed(tone, word, &format!("{}{design}  {}", judged.scenario, verdict.expectation), paint);
    text += &paint.wrap(&(verdict.message.clone() + &spare(verdict)), INDENT);
    if verdict.failed() {
        text += &ruling.replay.iter().map(|line| paint.command(line, INDENT)).collect::<String>();
    }
    text
}

/// What moved against the baseline, a figure below the other.
fn drifted(judged: &Judged, drift: &Drift, paint: Paint) -> String {
    let of = format!("{}  {}:", judged.scenario, drift.design);
    let aside =
        aside(drift).map(|said| headed(Tone::Warn, "NOTE", &format!("{of}  {said}"), paint));
    let moved = drift.moved.iter().map(|moved| {
        headed(Tone::Bad, "MOVE", &format!("{of}  {}", moved.figure), paint)
            + &paint.wrap(&how_far(moved), INDENT)
    });
    aside.into_iter().chain(moved).collect()
}

fn headed(tone: Tone, word: &str, what: &str, paint: Paint) -> String {
    let lines = paint.wrap(what, INDENT);
    paint.apply(tone, word) + &lines[word.len()..]
}

/// How far from its limit.
fn spare(verdict: &Verdict) -> String {
    match (verdict.finding, verdict.margin) {
        (Finding::Held, Some(margin)) if margin > 0.0 => {
            format!("; {} to spare{}", verdict.unit.show(margin), doubt(verdict))
        }
        (Finding::Broken, Some(margin)) if margin < 0.0 => {
            format!("; missed by {}", verdict.unit.show(-margin))
        }
        _ => String::new(),
    }
}

/// What to think of an expectation that held, where its seeds differ too much to be sure.
fn doubt(verdict: &Verdict) -> String {
    let unsure = verdict.confidence.filter(|confidence| !confidence.is_sure());
    unsure.map_or(String::new(), |it| {
        let (mean, half_width) =
            (verdict.unit.show(it.mean_margin), verdict.unit.show(it.half_width));
        format!(
            "; on average {mean} ± {half_width}, which {} seeds cannot tell from chance",
            verdict.seeds
        )
    })
}

/// The tally in one sentence.
fn tally(tally: Tally) -> String {
    let parts = [
        (tally.passed, "passed"),
        (tally.failed, "failed"),
        (tally.not_run, "not_run"),
        (tally.no_expectations, "without expectations"),
        (tally.invalid, "invalid"),
    ];
    let seen = parts.iter().enumerate().filter(|(at, (count, _))| *at < 2 || *count > 0);
    let told = seen.map(|(_, (count, what))| format!("{count} {}", words(what)));
    let moved = format!("{} of {} figures moved", tally.moved, tally.held);
    told.chain((tally.held > 0).then_some(moved)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic;

    #[test]
    fn verdicts_fit_eighty_columns() {
        let text = render(&synthetic::judged(), None, Paint::plain());
        synthetic::assert_narrow(&text);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn every_failure_has_its_line_and_nothing_else_has() {
        let text = render(&synthetic::judged(), None, Paint::plain());
        assert_eq!(text.matches("FAIL").count(), text.matches("windtunnel replay").count());
    }

    #[test]
    fn what_was_not_judged_is_missing_aloud() {
        let text = render(&synthetic::judged(), Some("1 of 9 scenarios"), Paint::plain());
        assert!(text.contains("\nPARTIAL: 1 of 9 scenarios\n"), "{text}");
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let painted = render(&synthetic::judged(), None, Paint::new(true));
        let plain = render(&synthetic::judged(), None, Paint::plain());
        assert_ne!(painted, plain);
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), plain);
    }
}
