//! `windtunnel check`: every mistake of every file, nothing simulated.

use std::path::Path;

use super::args::Check;
use super::exit::Exit;
use super::failure::{Failure, many};
use super::formats::Format;
use super::load::{below, errors, of_the_rest, open, summary};
use super::output::{Screen, note, show};
use crate::analysis::check_scenario;
use crate::analysis::mistakes::in_statements;
use crate::report::check_json::CheckJson;
use crate::report::json;
use crate::scenario::Diagnostics;

/// Checks all files, shows all mistakes.
pub(super) fn check(args: &Check, screen: &Screen) -> Result<Exit, Failure> {
    let files = below(&args.paths)?;
    let to = args.place.output.as_deref();
    if args.format == Format::Json {
        let found: Vec<Diagnostics> = files.iter().flat_map(|file| all_of(file)).collect();
        show(&json::text(&CheckJson::of(&found, files.len())), to)?;
        let is_sound = found.iter().all(|found| errors(found) == 0);
        return Ok(if is_sound { Exit::Well } else { Exit::Invalid });
    }
    let mut mistakes = 0;
    for file in &files {
        for found in all_of(file) {
            if !found.list.is_empty() {
                note(&found.render(screen.err.has_color()));
            }
            mistakes += errors(&found);
        }
    }
    if mistakes > 0 {
        note(&format!("{}\n", summary(mistakes, files.len())));
        return Ok(Exit::Invalid);
    }
    show(&format!("{} checked, no mistakes\n", many(files.len(), "scenario")), to)?;
    Ok(Exit::Well)
}

/// What the scenario layer finds, and what is wrong with the statements.
fn all_of(file: &Path) -> Vec<Diagnostics> {
    match open(file, &[]) {
        Err(found) => {
            let statements = of_the_rest(&found);
            vec![found, statements]
        }
        Ok(loaded) => {
            let statements = in_statements(&loaded.warnings, &check_scenario(&loaded.scenario));
            vec![loaded.warnings, statements]
        }
    }
}
