//! Judged expectations for GitHub Actions: a workflow command for each that failed, which GitHub shows
//! at its line of the file, and a summary of the job in Markdown
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>). What comes
//! out of a file is data of a command, never a command.

use std::fmt::Write;

use super::judged::{Judged, Skipped, Tally};
use super::markdown::escaped;
use crate::analysis::expectation::Finding;
use crate::base::printable;

/// The commands, one a line.
pub fn annotations(all: &[Judged]) -> String {
    let mut text = String::new();
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
    }
    let Tally { passed, failed, not_run, .. } = Tally::of(all);
    text + &format!("{passed} passed, {failed} failed, {not_run} not run\n")
}

/// The summary of the job.
pub fn summary(all: &[Judged]) -> String {
    let mut text = String::from("## windtunnel\n\n| | scenario | design | expectation | |\n");
    text += "| --- | --- | --- | --- | --- |\n";
    for judged in all {
        let scenario = escaped(&judged.scenario);
        match &judged.result {
            Ok(rulings) => {
                for verdict in rulings.iter().map(|ruling| &ruling.verdict) {
                    let sign = match verdict.finding {
                        Finding::Held => "pass",
                        Finding::Broken | Finding::NoData => "**fail**",
                        Finding::NotRun => "not run",
                    };
                    let design = escaped(verdict.design.as_deref().unwrap_or_default());
                    let (expects, said) =
                        (escaped(&verdict.expectation), escaped(&verdict.message));
                    let _ =
                        writeln!(text, "| {sign} | {scenario} | {design} | {expects} | {said} |");
                }
            }
            Err(Skipped::NoExpectations) => {
                let _ = writeln!(text, "| none | {scenario} | | | it has no expectations |");
            }
            Err(Skipped::Invalid) => {
                let _ = writeln!(text, "| **invalid** | {scenario} | | | see the log |");
            }
        }
    }
    text + "\n"
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
    fn what_failed_is_annotated_and_all_is_summarised() {
        let all = synthetic::judged();
        insta::assert_snapshot!(annotations(&all) + "\n" + &summary(&all));
    }

    #[test]
    fn what_a_file_says_commands_nothing() {
        let mut all = synthetic::judged();
        all[0].scenario = "x::warning::\n::stop-commands::y, 100%".to_owned();
        all[0].file = "a:b,c.ron".into();
        for line in annotations(&all).lines().filter(|line| line.starts_with("::")) {
            assert!(line.starts_with("::error file=") || line.starts_with("::warning file="));
            assert_eq!(line.matches("::").count(), 2, "{line}");
        }
    }
}
