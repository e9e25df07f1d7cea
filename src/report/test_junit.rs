//! Judged expectations as `JUnit`'s XML, as build servers read it: a suite for each scenario file, a case
//! for each expectation in each design. Nothing in it changes from one run to the next: no times.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::judged::{Judged, Ruling, Skipped};
use crate::analysis::expectation::Finding;

/// All of them.
pub fn render(all: &[Judged]) -> String {
    let mut report = Report::new("windtunnel");
    for judged in all {
        let mut suite = TestSuite::new(judged.file.display().to_string());
        match &judged.result {
            Ok(rulings) => {
                suite.add_test_cases(rulings.iter().map(|ruling| case(judged, ruling)));
            }
            Err(Skipped::NoExpectations) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message("the scenario expects nothing");
                suite.add_test_case(named(judged, None, "expectations", status));
            }
            Err(Skipped::Invalid) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message("the scenario is invalid: see the diagnostics on stderr");
                suite.add_test_case(named(judged, None, "reading", status));
            }
        }
        report.add_test_suite(suite);
    }
    // A report that is put together from texts can be written to a text.
    report.to_string().expect("it can be written") + "\n"
}

fn case(judged: &Judged, ruling: &Ruling) -> TestCase {
    let verdict = &ruling.verdict;
    let mut status = match verdict.finding {
        Finding::Held => TestCaseStatus::success(),
        Finding::Broken | Finding::NoData => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Finding::NotRun => TestCaseStatus::skipped(),
    };
    if verdict.finding != Finding::Held {
        status.set_message(verdict.message.clone());
    }
    if verdict.failed() {
        status.set_description(ruling.replay.join("\n"));
    }
    named(judged, verdict.design.as_deref(), &verdict.expectation, status)
}

fn named(judged: &Judged, design: Option<&str>, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    let design = design.map_or(String::new(), |design| format!(".{design}"));
    case.set_classname(format!("{}{design}", judged.scenario));
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic;

    #[test]
    fn every_verdict_is_a_case_and_nothing_changes_from_one_time_to_the_next() {
        let text = render(&synthetic::judged());
        assert_eq!(text, render(&synthetic::judged()));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_a_file_says_is_text() {
        let mut judged = synthetic::judged();
        judged[0].scenario = "<b>&\u{1b}[31m".to_owned();
        let text = render(&judged);
        assert!(!text.contains("<b>") && !text.contains('\u{1b}'), "{text}");
    }
}
