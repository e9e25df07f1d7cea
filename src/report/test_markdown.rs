//! Judged expectations for documents, and for the page of a build server's run: one table, in which what
//! moved against the baseline stands beside what failed.

use std::fmt::Write;

use super::drifted::{aside, how_far};
use super::judged::{Judged, Skipped, Tally};
use super::markdown::escaped;
use crate::analysis::expectation::Finding;

/// All of them; `partial` says what is missing.
pub fn render(all: &[Judged], partial: Option<&str>) -> String {
    let mut text = String::from("## windtunnel\n\n| | scenario | design | figure | |\n");
    text += "| --- | --- | --- | --- | --- |\n";
    let mut row = |sign: &str, of: &Judged, design: &str, figure: &str, said: &str| {
        let cells = [of.scenario.as_str(), design, figure, said].map(escaped);
        let _ = writeln!(text, "| {sign} | {} |", cells.join(" | "));
    };
    for judged in all {
        match &judged.result {
            Ok(rulings) => {
                for verdict in rulings.iter().map(|ruling| &ruling.verdict) {
                    let sign = match verdict.finding {
                        Finding::Held => "pass",
                        Finding::Broken | Finding::NoData => "**fail**",
                        Finding::NotRun => "not run",
                    };
                    let design = verdict.design.as_deref().unwrap_or_default();
                    row(sign, judged, design, &verdict.expectation, &verdict.message);
                }
            }
            Err(Skipped::NoExpectations) => {
                row("none", judged, "", "", "it has no expectations");
            }
            Err(Skipped::Invalid) => row("**invalid**", judged, "", "", "see the log"),
        }
        for drift in &judged.drifts {
            if let Some(said) = aside(drift) {
                row("", judged, &drift.design, "", &said);
            }
            for moved in &drift.moved {
                row("**moved**", judged, &drift.design, &moved.figure, &how_far(moved));
            }
        }
    }
    let Tally { passed, failed, moved, held, .. } = Tally::of(all);
    let _ = write!(text, "\n{passed} passed, {failed} failed");
    if held > 0 {
        let _ = write!(text, ", {moved} of {held} figures moved");
    }
    text += ".\n";
    partial.map_or(text.clone(), |why| text + &format!("\n**Partial**: {why}.\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic;

    #[test]
    fn what_failed_and_what_moved_are_rows_of_one_table() {
        let text = render(&synthetic::judged(), None);
        let fields: Vec<usize> = text
            .lines()
            .filter(|line| line.starts_with('|'))
            .map(|line| line.matches(" |").count())
            .collect();
        assert!(fields.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
        insta::assert_snapshot!(text);
    }
}
