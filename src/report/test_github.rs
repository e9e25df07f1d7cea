//! Judged expectations for GitHub Actions: a workflow command for each that failed, which GitHub shows
//! at its line of the file, and one for each design whose figures moved
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>). What comes
//! out of a file is data of a command, never a command.

use std::fmt::Write;

use super::drifted::{aside, how_far};
use super::judged::{Judged, Skipped, Tally};
use crate::analysis::baseline::Drift;
use crate::base::printable;

/// The commands, one a line; `partial` says what is missing.
pub fn annotations(all: &[Judged], partial: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(why) = partial {
        let _ = writeln!(text, "::error title=interrupted::partial: {}", data(why));
    }
    for judged in all {
        let file = property(&judged.file.display().to_string());
        match &judged.result {
            Ok(rulings) => {
                for ruling in rulings.iter().filter(|ruling| ruling.verdict.failed()) {
                    let verdict = &ruling.verdict;
                    let line = ruling.line.map_or(String::new(), |line| format!(",line={line}"));
                    let of = verdict.design.as_deref().map_or(String::new(), |it| format!(" {it}"));
                    let title =
                        property(&format!("{}{of}: {}", judged.scenario, verdict.expectation));
                    let said = [verdict.message.clone(), ruling.replay.join("\n")].join("\n");
                    let said = data(said.trim_end());
                    let _ = writeln!(text, "::error file={file}{line},title={title}::{said}");
                }
            }
            Err(Skipped::NoExpectations) => {
                let _ = writeln!(text, "::warning file={file}::it has no expectations");
            }
            Err(Skipped::Invalid) => {
                let _ = writeln!(text, "::error file={file}::it is invalid, see the log");
            }
        }
        text.extend(judged.drifts.iter().map(|drift| drifted(judged, drift)));
    }
    let Tally { passed, failed, not_run, moved, held, .. } = Tally::of(all);
    let moved = if held > 0 { format!(", {moved} of {held} figures moved") } else { String::new() };
    text + &format!("{passed} passed, {failed} failed, {not_run} not run{moved}\n")
}

/// What a design's figures did against the baseline: one command, as GitHub shows ten at most.
fn drifted(judged: &Judged, drift: &Drift) -> String {
    let file = property(&judged.file.display().to_string());
    let about = format!("{} {}", judged.scenario, drift.design);
    let mut text = aside(drift).map_or(String::new(), |said| {
        format!("::notice file={file},title={}::{}\n", property(&about), data(&said))
    });
    if !drift.moved.is_empty() {
        let (count, held) = (drift.moved.len(), drift.held);
        let title = property(&format!("{about}: {count} of {held} figures moved"));
        let lines = drift.moved.iter().map(|moved| format!("{}: {}", moved.figure, how_far(moved)));
        let said = data(&lines.collect::<Vec<_>>().join("\n"));
        let _ = writeln!(text, "::error file={file},title={title}::{said}");
    }
    text
}

/// What stands behind the last colons.
fn data(text: &str) -> String {
    let lines = text.lines().map(|line| printable(line).replace('%', "%25"));
    lines.collect::<Vec<_>>().join("%0A")
}

/// What stands before them.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic;

    #[test]
    fn what_failed_and_what_moved_is_annotated() {
        let all = synthetic::judged();
        insta::assert_snapshot!(annotations(&all, None));
    }

    #[test]
    fn what_a_file_says_commands_nothing() {
        let mut all = synthetic::judged();
        all[0].scenario = "x::warning::\n::stop-commands::y, 100%".to_owned();
        all[0].file = "a:b,c.ron".into();
        for line in annotations(&all, None).lines().filter(|line| line.starts_with("::")) {
            let begins = ["::error file=", "::warning file=", "::notice file="];
            assert!(begins.iter().any(|begin| line.starts_with(begin)), "{line}");
            assert_eq!(line.matches("::").count(), 2, "{line}");
        }
    }
}
