//! `windtunnel replay`: the run that a token names, made again and compared.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Replay;
use super::batch::{self, Job};
use super::choice::design;
use super::exit::Exit;
use super::failure::Failure;
use super::formats::Format;
use super::interrupt::Interrupt;
use super::load::{checked, open, refuse_all, relative, turned};
use super::output::{Screen, note, show};
use super::run::of;
use super::shipped;
use crate::analysis::token::ReplayToken;
use crate::probes::Extras;
use crate::report::replay_text::{Comparison, render};
use crate::report::{json, text};
use crate::scenario::{Loaded, load, parse_named};
use crate::simulate;

/// Replays, shows the run, and says whether it is the same.
pub(super) fn replay(
    args: &Replay,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<Exit, Failure> {
    let token: ReplayToken = args.token.parse().map_err(|why| Failure::Usage(format!("{why}")))?;
    let file = args.file.as_deref();
    let mut ready = checked(found(&token, file, screen)?, screen)?;
    let other_name = file.filter(|_| ready.scenario.name != token.scenario);
    let other = Some(token.length).filter(|length| *length != ready.scenario.run.length);
    Arc::make_mut(&mut ready.scenario).run.length = token.length;
    ready.set.clone_from(&token.knobs);
    ready.turned = turned(&token.knobs, other);
    let has_design = ready.scenario.designs.iter().any(|design| design.name == token.design);
    if let Some(file) = other_name.filter(|_| !has_design) {
        return Err(another(&token, file));
    }
    let design = design(&ready.scenario, &token.design)?;
    let model = simulate::model_hash(&ready.scenario, design);
    if let Some(file) = other_name.filter(|_| model != token.model) {
        return Err(another(&token, file));
    }
    let job = Job { design, seed: token.seed };
    let bar = batch::bar(args.progress, screen);
    let mut outcomes =
        batch::run_as_far_as(&ready.scenario, Extras::NONE, vec![job], &bar, interrupt)?;
    bar.finish_and_clear();
    let Some(outcome) = outcomes.pop().flatten() else {
        return Err(Failure::Interrupted);
    };
    let mut run = of(&ready, design, &outcome);
    let comparison =
        Comparison { token: &token, model, digest: outcome.digest, engine: json::ENGINE };
    let to = args.place.output.as_deref();
    if interrupt.is_asked() {
        run.is_cut = true;
        let result = match args.format {
            Format::Text => text::render(&run, screen.paint(to)),
            Format::Json => json::text(&json::RunJson::of(&run)),
        };
        show(&result, to)?;
        note("interrupted: whether it is the same run is not known\n");
        return Ok(Exit::Interrupted);
    }
    match args.format {
        Format::Text => {
            let paint = screen.paint(to);
            show(&format!("{}\n{}", text::render(&run, paint), render(&comparison, paint)), to)?;
        }
        Format::Json => {
            show(&json::text(&json::RunJson::of(&run)), to)?;
            note(&render(&comparison, screen.err));
        }
    }
    if comparison.is_same() {
        return Ok(Exit::Well);
    }
    Err(Failure::Diverged(comparison.reason()))
}

/// The scenario: the file if one is named, else by name among the shipped ones, then on disk.
fn found(token: &ReplayToken, file: Option<&Path>, screen: &Screen) -> Result<Loaded, Failure> {
    let sets = &token.knobs;
    if let Some(file) = file {
        return open(file, sets).map_err(|found| {
            // Knobs of the token that another scenario does not have are no mistakes of that one.
            let is_other = || load(file, &[]).is_ok_and(|it| it.scenario.name != token.scenario);
            if is_other() { another(token, file) } else { refuse_all(&found, screen) }
        });
    }
    if let Some((path, text)) = shipped::named(&token.scenario) {
        return parse_named(&token.scenario, &path, text, sets)
            .map_err(|found| refuse_all(&found, screen));
    }
    match on_disk(&token.scenario) {
        Some(file) => load(&file, sets).map_err(|found| refuse_all(&found, screen)),
        None => Err(Failure::Nothing(format!(
            "no scenario is called `{}`, neither among the shipped ones nor below scenarios/; name its file",
            token.scenario
        ))),
    }
}

/// What to say of a file that holds another scenario than the token's.
fn another(token: &ReplayToken, file: &Path) -> Failure {
    Failure::Diverged(format!(
        "the token is of the scenario `{}`, and {} is another scenario; name the file of `{0}`",
        token.scenario,
        file.display()
    ))
}

fn on_disk(stem: &str) -> Option<PathBuf> {
    let root = Path::new("scenarios");
    let files =
        if root.is_dir() { crate::scenario::find(root).unwrap_or_default() } else { Vec::new() };
    files
        .into_iter()
        .find(|file| file.file_stem().is_some_and(|name| name == stem))
        .map(|file| relative(&file))
}
