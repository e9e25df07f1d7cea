//! `windtunnel compare`: designs side by side over the same seeds.

use std::iter;

use super::args::Compare;
use super::batch;
use super::choice::design;
use super::exit::Exit;
use super::failure::Failure;
use super::formats::TableFormat;
use super::interrupt::Interrupt;
use super::load::{Ready, ready};
use super::output::{Screen, note, show};
use super::test::by_design;
use crate::analysis::Runs;
use crate::analysis::compare::{Comparison, compare as compare_runs};
use crate::analysis::reading::{causes, read};
use crate::probes::outcome::{Anomaly, Outcome};
use crate::report::compare_json::CompareJson;
use crate::report::compared::Compared;
use crate::report::{compare_text, json, markdown};

/// Runs every design with every seed, and compares.
pub(super) fn compare(
    args: &Compare,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<Exit, Failure> {
    let ready = ready(&args.which, screen)?;
    let designs = designs(&ready, &args.designs)?;
    let first = args.seed.unwrap_or(ready.scenario.run.seed);
    let jobs = batch::pairs(&designs, (0..args.seeds).map(|at| first.wrapping_add(at)));
    let bar = batch::bar(args.progress, screen);
    let outcomes = batch::run(&ready.scenario, jobs, &bar, interrupt)?;
    bar.finish_and_clear();
    let runs = by_design(&ready.scenario, &designs, whole_seeds(outcomes, designs.len()));
    let comparison = compare_runs(&runs, &ready.statements.measures);
    // An interrupt may have come before the first seed had been run in every design.
    let scenario = ready.scenario.name.clone();
    let comparison = Comparison { scenario, ..comparison };
    report(args, &ready, &runs, &comparison, screen)?;
    if interrupt.is_asked() {
        note(&format!("interrupted: {} of {} seeds\n", comparison.seeds.len(), args.seeds));
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::Well)
}

fn report(
    args: &Compare,
    ready: &Ready,
    runs: &Runs,
    comparison: &Comparison,
    screen: &Screen,
) -> Result<(), Failure> {
    let compared = Compared {
        comparison,
        reading: [read(comparison), causes(runs)].concat(),
        about: &ready.scenario.about,
        file: &ready.file,
        turned: &ready.turned,
        length: ready.scenario.run.length,
        asked: args.seeds,
        anomalies: one_of_each(runs),
    };
    let to = args.place.output.as_deref();
    let result = match args.format {
        TableFormat::Text => compare_text::render(&compared, screen.paint(to)),
        TableFormat::Json => json::text(&CompareJson::of(&compared)),
        TableFormat::Markdown => markdown::render(&compared),
    };
    show(&result, to)
}

/// The designs that are named, by index, in that order; all of them where none is.
fn designs(ready: &Ready, wanted: &[String]) -> Result<Vec<usize>, Failure> {
    if wanted.is_empty() || wanted == ["all"] {
        return Ok((0..ready.scenario.designs.len()).collect());
    }
    let mut designs = Vec::new();
    for name in wanted {
        let design = design(&ready.scenario, name)?;
        if designs.contains(&design) {
            return Err(Failure::Usage(format!("`{name}` is named twice in --designs")));
        }
        designs.push(design);
    }
    Ok(designs)
}

/// The outcomes of the seeds that every design was run with.
fn whole_seeds(outcomes: Vec<Option<Outcome>>, designs: usize) -> Vec<Outcome> {
    let mut whole = Vec::with_capacity(outcomes.len());
    let mut rest = outcomes.into_iter();
    while let Some(one) = rest.next() {
        let of_seed: Option<Vec<Outcome>> =
            iter::once(one).chain(rest.by_ref().take(designs - 1)).collect();
        whole.extend(of_seed.into_iter().flatten());
    }
    whole
}

/// The first anomaly of each design, so that there is something to look into.
fn one_of_each(runs: &Runs) -> Vec<(String, u64, Anomaly)> {
    let of_design = |(name, outcomes): (&String, &Vec<Outcome>)| {
        let found = outcomes
            .iter()
            .find_map(|outcome| Some((outcome.seed, outcome.anomalies.first()?.clone())));
        found.map(|(seed, anomaly)| (name.clone(), seed, anomaly))
    };
    runs.iter().filter_map(of_design).collect()
}
