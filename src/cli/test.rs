//! `windtunnel test`: every scenario below the paths, its expectations judged.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Test;
use super::baseline::{self, Keeper};
use super::batch;
use super::choice::design;
use super::exit::Exit;
use super::failure::Failure;
use super::formats::TestFormat;
use super::interrupt::Interrupt;
use super::load::{Ready, below, checked, open, refuse_all, relative};
use super::output::{Screen, note, show};
use super::run::token;
use crate::analysis::Runs;
use crate::analysis::baseline::{Drift, correct};
use crate::analysis::expectation::{Verdict, judge};
use crate::base::printable;
use crate::probes::outcome::Outcome;
use crate::report::judged::{Judged, Ruling, Skipped, Tally};
use crate::report::run::replay_line;
use crate::report::test_json::TestJson;
use crate::report::{json, test_github, test_junit, test_markdown, test_text};
use crate::scenario::tree::Scenario;

/// Runs, judges and shows.
pub(super) fn test(args: &Test, screen: &Screen, interrupt: &Interrupt) -> Result<Exit, Failure> {
    let files = below(&args.paths)?;
    let mut keeper = Keeper::open(args)?;
    let mut all = Vec::new();
    for file in &files {
        let Some(judged) = judge_file(file, args, keeper.as_mut(), screen, interrupt)? else {
            break;
        };
        all.push(judged);
    }
    correct(all.iter_mut().flat_map(|judged| &mut judged.drifts));
    let cut = format!("{} of {} scenarios", all.len(), files.len());
    let partial = interrupt.is_asked().then_some(cut.as_str());
    let to = args.place.output.as_deref();
    let result = match args.format {
        TestFormat::Text => test_text::render(&all, partial, screen.paint(to)),
        TestFormat::Json => json::text(&TestJson::of(&all, partial.is_some())),
        TestFormat::Junit => test_junit::render(&all, partial),
        TestFormat::Github => test_github::annotations(&all, partial),
        TestFormat::Markdown => test_markdown::render(&all, partial),
    };
    show(&result, to)?;
    if args.format == TestFormat::Github {
        summarise(&test_markdown::render(&all, partial))?;
    }
    if partial.is_some() {
        note(&format!("interrupted: {cut}\n"));
        return Ok(Exit::Interrupted);
    }
    let exit = exit(Tally::of(&all), keeper.as_ref());
    if let Some(keeper) = keeper {
        keeper.close()?;
    }
    if let (Exit::Nothing, Some(text)) = (exit, &args.filter) {
        note(&format!(
            "nothing is tested: `{}` is in the text of no expectation and in no scenario's name\n",
            printable(text)
        ));
    }
    Ok(exit)
}

/// GitHub shows what is in the file that this variable names on the page of the run.
fn summarise(summary: &str) -> Result<(), Failure> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").map(PathBuf::from) else {
        return Ok(());
    };
    let opened = OpenOptions::new().create(true).append(true).open(&path);
    let written = opened.and_then(|mut file| file.write_all(summary.as_bytes()));
    written.map_err(|why| Failure::Io { path, why })
}

fn exit(tally: Tally, keeper: Option<&Keeper>) -> Exit {
    let given = |exit: Exit, is_so: bool| if is_so { exit } else { Exit::Well };
    let is_idle = tally.passed + tally.failed == 0 && keeper.is_none_or(Keeper::is_empty);
    let has_moved = tally.moved > 0 && keeper.is_some_and(Keeper::is_judging);
    given(Exit::Invalid, tally.invalid > 0)
        .worse(given(Exit::Unmet, tally.failed > 0))
        .worse(given(Exit::Regression, has_moved))
        .worse(given(Exit::Nothing, is_idle))
}

/// One scenario; `None` if somebody pressed Ctrl-C before it could be judged.
fn judge_file(
    file: &Path,
    args: &Test,
    keeper: Option<&mut Keeper>,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<Option<Judged>, Failure> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let skipped = |why| Judged {
        scenario: stem.clone(),
        file: relative(file),
        result: Err(why),
        drifts: Vec::new(),
    };
    let loaded = open(file, &args.turn.set).map_err(|found| refuse_all(&found, screen));
    let Ok(mut ready) = loaded.and_then(|loaded| checked(loaded, screen)) else {
        return Ok(Some(skipped(Skipped::Invalid)));
    };
    if ready.statements.expectations.is_empty() && keeper.is_none() {
        return Ok(Some(skipped(Skipped::NoExpectations)));
    }
    ready.turn(&args.turn)?;
    if args.filter.as_ref().is_some_and(|text| !choose(&mut ready, text)) {
        return Ok(Some(judged(ready, Vec::new(), Vec::new())));
    }
    let Some(runs) = runs(&ready, args, screen, interrupt)? else {
        return Ok(None);
    };
    let verdicts = judge(&ready.scenario, &runs).map_err(|mistakes| {
        Failure::Internal(format!("{} unchecked expectations", mistakes.len()))
    })?;
    let rulings = verdicts.into_iter().map(|verdict| ruling(&ready, &runs, verdict)).collect();
    let drifts = keeper.map(|keeper| keeper.hold(&ready, &runs)).transpose()?;
    Ok(Some(judged(ready, rulings, drifts.unwrap_or_default())))
}

fn judged(ready: Ready, rulings: Vec<Ruling>, drifts: Vec<Drift>) -> Judged {
    let scenario = ready.scenario.name.clone();
    Judged { scenario, file: ready.file, result: Ok(rulings), drifts }
}

/// Leaves the expectations with this text in them, all of them where it is in the scenario's name. Is there
/// anything left to be run?
fn choose(ready: &mut Ready, text: &str) -> bool {
    if ready.scenario.name.contains(text) {
        return true;
    }
    ready.statements.expectations.retain(|statement| statement.text.contains(text));
    Arc::make_mut(&mut ready.scenario).expect.retain(|statement| statement.value.contains(text));
    !ready.statements.expectations.is_empty()
}

/// The runs that the scenario's expectations speak of.
fn runs(
    ready: &Ready,
    args: &Test,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<Option<Runs>, Failure> {
    let designs = match &args.design {
        Some(name) => vec![design(&ready.scenario, name)?],
        None if args.baseline.is_some() => (0..ready.scenario.designs.len()).collect(),
        None => needed(ready),
    };
    let first = args.seed.unwrap_or(ready.scenario.run.seed);
    let usual = if args.baseline.is_some() { baseline::SEEDS } else { 1 };
    let jobs =
        batch::pairs(&designs, (0..args.seeds.unwrap_or(usual)).map(|at| first.wrapping_add(at)));
    let bar = batch::bar(args.progress, screen);
    let outcomes = batch::run(&ready.scenario, jobs, &bar, interrupt)?;
    bar.finish_and_clear();
    let Some(outcomes) = outcomes.into_iter().collect::<Option<Vec<Outcome>>>() else {
        return Ok(None);
    };
    Ok(Some(by_design(&ready.scenario, &designs, outcomes)))
}

/// Outcomes by design, each in order of seeds, from runs made seed by seed.
pub(super) fn by_design(scenario: &Scenario, designs: &[usize], outcomes: Vec<Outcome>) -> Runs {
    let name = |&design: &usize| scenario.designs[design].name.clone();
    let mut runs: Runs = designs.iter().map(|design| (name(design), Vec::new())).collect();
    for outcome in outcomes {
        runs.entry(outcome.design.clone()).or_default().push(outcome);
    }
    runs
}

/// By index: all designs if an expectation is about each of them, else those that are named.
fn needed(ready: &Ready) -> Vec<usize> {
    let expectations = &ready.statements.expectations;
    let each = expectations.iter().any(|statement| statement.about_each);
    let named: BTreeSet<&str> =
        expectations.iter().flat_map(|it| it.designs.iter().map(String::as_str)).collect();
    let all = ready.scenario.designs.iter().enumerate();
    let needed = all.filter(|(_, design)| each || named.contains(design.name.as_str()));
    let designs: Vec<usize> = needed.map(|(at, _)| at).collect();
    // A comparison of plain numbers speaks of no design; it is judged on any.
    if designs.is_empty() { vec![0] } else { designs }
}

fn ruling(ready: &Ready, runs: &Runs, verdict: Verdict) -> Ruling {
    let lines = verdict.replays.iter().filter_map(|name| {
        let design = ready.scenario.designs.iter().position(|design| design.name == name.design)?;
        let outcome = runs.get(&name.design)?.iter().find(|outcome| outcome.seed == name.seed)?;
        Some(replay_line(&token(ready, design, outcome), &ready.file))
    });
    let placed = ready.scenario.expect.get(verdict.index);
    let line = placed.map(|placed| placed.place.line);
    Ruling { replay: lines.collect(), line, verdict }
}
