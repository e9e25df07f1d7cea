//! `windtunnel run`: one run of one design, or one of each.

use super::args::Run;
use super::batch;
use super::choice::designs;
use super::exit::Exit;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::load::{Ready, ready};
use super::output::{Screen, note, show};
use crate::analysis::measures::measures;
use crate::analysis::token::ReplayToken;
use crate::probes::outcome::Outcome;
use crate::probes::{Extra, Extras};
use crate::report::output::Asked;
use crate::report::{self, json};
use crate::simulate;

/// Runs, and shows what happened.
pub(super) fn run(args: &Run, screen: &Screen, interrupt: &Interrupt) -> Result<Exit, Failure> {
    let ready = ready(&args.which, screen)?;
    let designs = designs(&ready.scenario, args.design.as_deref())?;
    let seed = args.seed.unwrap_or(ready.scenario.run.seed);
    let jobs = batch::pairs(&designs, std::iter::once(seed));
    let bar = batch::bar(args.progress, screen);
    let more = args.series.map_or(Extras::NONE, |_| Extra::FlowWindows.into());
    let outcomes = batch::run_as_far_as(&ready.scenario, more, jobs, &bar, interrupt)?;
    bar.finish_and_clear();
    let cut = outcomes.iter().any(Option::is_none);
    let shown: Vec<report::run::Run> = designs
        .iter()
        .zip(&outcomes)
        .filter_map(|(&design, outcome)| {
            let outcome = outcome.as_ref()?;
            let is_cut = interrupt.is_asked() && outcome.partial.is_some();
            Some(report::run::Run { series: args.series, is_cut, ..of(&ready, design, outcome) })
        })
        .collect();
    if shown.is_empty() {
        return Err(Failure::Interrupted);
    }
    if !args.format.tells_all {
        for why in shown.iter().filter_map(|run| run.outcome.partial.as_deref()) {
            note(&format!("partial: {why}\n"));
        }
    }
    let to = args.place.output.as_deref();
    let is_list = args.design.as_deref() == Some("all");
    let asked = Asked { paint: screen.paint(to), is_list };
    show(&(args.format.render)(&shown, asked), to)?;
    if cut || interrupt.is_asked() {
        note(&format!("interrupted: {} of {} runs\n", shown.len(), designs.len()));
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::Well)
}

/// What a report of this run is made from.
pub(super) fn of<'a>(
    ready: &'a Ready,
    design: usize,
    outcome: &'a Outcome,
) -> report::run::Run<'a> {
    // The statements were checked when the scenario was loaded.
    let measures = measures(&ready.scenario, outcome).unwrap_or_default();
    report::run::Run {
        outcome,
        about: &ready.scenario.about,
        file: &ready.file,
        turned: &ready.turned,
        token: token(ready, design, outcome),
        measures,
        series: None,
        is_cut: false,
    }
}

/// The token that names this run.
pub(super) fn token(ready: &Ready, design: usize, outcome: &Outcome) -> ReplayToken {
    ReplayToken {
        scenario: ready.scenario.name.clone(),
        design: outcome.design.clone(),
        seed: outcome.seed,
        length: ready.scenario.run.length,
        engine: json::ENGINE.to_owned(),
        model: simulate::model_hash(&ready.scenario, design),
        digest: outcome.digest,
        knobs: ready.set.clone(),
    }
}
