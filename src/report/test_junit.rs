//! Judged expectations as `JUnit`'s XML, as build servers read it: a suite for each scenario file, a case
//! for each expectation in each design, and with a baseline one for each design and each figure that
//! moved. Nothing in it changes from one run to the next: no times.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::drifted::{aside, how_far};
use super::judged::{Judged, Ruling, Skipped};
use crate::analysis::baseline::Drift;
use crate::analysis::expectation::Finding;

/// All of them; `partial` says what is missing, in a case that is an error.
pub fn render(all: &[Judged], partial: Option<&str>) -> String {
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
        for drift in &judged.drifts {
            suite.add_test_cases(drifted(judged, drift));
        }
        report.add_test_suite(suite);
    }
    if let Some(why) = partial {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_message(format!("partial: {why}"));
        let mut suite = TestSuite::new("windtunnel");
        suite.add_test_case(TestCase::new("interrupted", status));
        report.add_test_suite(suite);
    }
    // A report that is put together from texts can be written to a text.
    in_schema(&report.to_string().expect("it can be written")) + "\n"
}

/// Without the count of skipped cases of all suites together, which the schema of Jenkins' xUnit plugin
/// does not know (`junit-10.xsd`); that of each suite stays.
fn in_schema(xml: &str) -> String {
    let (from, to) = match (xml.find("<testsuites "), xml.find("<testsuite ")) {
        (Some(from), to) => (from, to.unwrap_or(xml.len())),
        _ => return xml.to_owned(),
    };
    let head = &xml[from..to];
    let Some((before, after)) = head.split_once(" skipped=\"") else { return xml.to_owned() };
    let after = after.split_once('"').map_or("", |(_, after)| after);
    [&xml[..from], before, after, &xml[to..]].concat()
}

/// A case for the design as a whole where nothing moved, else one for each figure that did.
fn drifted(judged: &Judged, drift: &Drift) -> Vec<TestCase> {
    let case = |name: &str, status| named(judged, Some(drift.design.as_str()), name, status);
    if drift.moved.is_empty() {
        let mut status = TestCaseStatus::success();
        if drift.held == 0 {
            status = TestCaseStatus::skipped();
            status.set_message(aside(drift).unwrap_or_default());
        }
        return vec![case("baseline", status)];
    }
    let moved = drift.moved.iter().map(|moved| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(how_far(moved));
        status.set_description(aside(drift).unwrap_or_default());
        case(&format!("baseline: {}", moved.figure), status)
    });
    moved.collect()
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
        let text = render(&synthetic::judged(), None);
        assert_eq!(text, render(&synthetic::judged(), None));
        insta::assert_snapshot!(text);
    }

    /// What `junit-10.xsd` allows, element by element; each is validated by Jenkins before it is read.
    #[test]
    fn only_what_the_schema_of_jenkins_knows_is_written() {
        let mut all = synthetic::judged();
        all[0].scenario = "a skipped=\"1\" b".to_owned();
        for text in [render(&all, None), render(&[], Some("0 of 9 scenarios"))] {
            for tag in text.split('<').skip(1).filter(|tag| !tag.starts_with(['/', '?'])) {
                let tag = tag.split('>').next().unwrap_or(tag);
                let name = tag.split([' ', '/']).next().unwrap_or(tag);
                let known: &[&str] = match name {
                    "testsuites" => &["name", "tests", "failures", "errors"],
                    "testsuite" => &["name", "tests", "skipped", "failures", "errors"],
                    "testcase" => &["name", "classname"],
                    "failure" | "error" | "skipped" => &["message", "type"],
                    other => panic!("{other} is no element of it"),
                };
                // Values are quoted and hold no quote.
                for attribute in tag.split('"').step_by(2).filter_map(|it| it.strip_suffix('=')) {
                    let attribute = attribute.rsplit(' ').next().unwrap_or(attribute);
                    assert!(known.contains(&attribute), "{attribute} of {name}");
                }
            }
        }
    }

    #[test]
    fn what_a_file_says_is_text() {
        let mut judged = synthetic::judged();
        judged[0].scenario = "<b>&\u{1b}[31m".to_owned();
        let text = render(&judged, None);
        assert!(!text.contains("<b>") && !text.contains('\u{1b}'), "{text}");
    }
}
