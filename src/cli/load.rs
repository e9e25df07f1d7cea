//! Scenarios from files: loaded, their statements checked, changed as the command line says.
//! Mistakes are shown at once, all of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Turn, Which};
use super::failure::{Failure, many};
use super::output::{Screen, note};
use crate::analysis::check_outline;
use crate::analysis::mistakes::in_statements;
use crate::analysis::statement::{Statements, statements};
use crate::base::Span;
use crate::report::shell::quoted;
use crate::scenario::tree::Scenario;
use crate::scenario::{Diagnostics, Loaded, Severity, load, load_from, outline};

/// Where a file is named: standard input, or standard output.
pub(super) const STANDARD: &str = "-";

/// A scenario that can be run.
pub(super) struct Ready {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Its measures and expectations.
    pub statements: Statements,
    /// Its file, as results name it.
    pub file: PathBuf,
    /// The knobs that were turned.
    pub set: Vec<(String, String)>,
    /// What was changed about it, as the command line would say it again.
    pub turned: String,
}

/// Loads a scenario, or shows what is wrong with it.
pub(super) fn ready(which: &Which, screen: &Screen) -> Result<Ready, Failure> {
    let loaded = open(&which.file, &which.turn.set).map_err(|found| refuse_all(&found, screen))?;
    let mut ready = checked(loaded, screen)?;
    ready.turn(&which.turn)?;
    Ok(ready)
}

impl Ready {
    /// Notes which knobs were turned when it was loaded, and lets it last as long as asked for.
    pub(super) fn turn(&mut self, turn: &Turn) -> Result<(), Failure> {
        if let Some(length) = turn.length {
            lengthen(Arc::make_mut(&mut self.scenario), length)?;
        }
        self.set.clone_from(&turn.set);
        self.turned = turned(&turn.set, turn.length);
        Ok(())
    }
}

/// Loads a file, or what comes in by standard input where it is called `-`.
pub(super) fn open(file: &Path, sets: &[(String, String)]) -> Result<Loaded, Diagnostics> {
    if file == Path::new(STANDARD) {
        return load_from(std::io::stdin().lock(), "stdin", "-", sets);
    }
    load(file, sets)
}

/// Checks what the scenario layer leaves to the analysis, and shows its warnings.
pub(super) fn checked(loaded: Loaded, screen: &Screen) -> Result<Ready, Failure> {
    if !loaded.warnings.list.is_empty() {
        note(&loaded.warnings.render(screen.err.has_color()));
    }
    match statements(&loaded.scenario) {
        Ok(statements) => {
            let file = relative(loaded.path());
            Ok(Ready {
                scenario: Arc::new(loaded.scenario),
                statements,
                file,
                set: Vec::new(),
                turned: String::new(),
            })
        }
        Err(mistakes) => Err(refuse(&in_statements(&loaded.warnings, &mistakes), screen)),
    }
}

/// Shows the mistakes of a file, those in its statements too, and fails with their number.
pub(super) fn refuse_all(found: &Diagnostics, screen: &Screen) -> Failure {
    let statements = of_the_rest(found);
    if !statements.list.is_empty() {
        note(&found.render(screen.err.has_color()));
        let Failure::Invalid(more) = refuse(&statements, screen) else { unreachable!("invalid") };
        return Failure::Invalid(errors(found) + more);
    }
    refuse(found, screen)
}

/// Mistakes in the statements of a file that has other mistakes, as far as its names are known.
pub(super) fn of_the_rest(found: &Diagnostics) -> Diagnostics {
    let mistakes = outline(&found.source).map(|outline| check_outline(&outline));
    in_statements(found, &mistakes.unwrap_or_default())
}

/// Shows the mistakes and fails with their number.
pub(super) fn refuse(found: &Diagnostics, screen: &Screen) -> Failure {
    note(&found.render(screen.err.has_color()));
    Failure::Invalid(errors(found))
}

/// How many errors, warnings not counted.
pub(super) fn errors(found: &Diagnostics) -> usize {
    found.list.iter().filter(|one| one.severity() == Severity::Error).count() + found.omitted
}

/// Lets the customers arrive for another length of time.
pub(super) fn lengthen(scenario: &mut Scenario, length: Span) -> Result<(), Failure> {
    let warmup = scenario.run.warmup;
    if length <= warmup {
        return Err(Failure::Usage(format!(
            "--for {length} is not longer than the warm-up of {warmup}"
        )));
    }
    scenario.run.length = length;
    Ok(())
}

/// The flags that change the scenario, as a shell takes them, with a blank before each.
pub(super) fn turned(set: &[(String, String)], length: Option<Span>) -> String {
    let sets =
        set.iter().map(|(name, value)| format!(" --set {}", quoted(&format!("{name}={value}"))));
    let length = length.map(|length| format!(" --for {length}"));
    sets.chain(length).collect()
}

/// The scenario files below all paths, in the order of their names.
pub(super) fn below(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let found =
            crate::scenario::find(path).map_err(|why| Failure::Io { path: path.clone(), why })?;
        for file in found {
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    if files.is_empty() {
        let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::Nothing(format!("no scenario (*.ron) below {}", shown.join(", "))));
    }
    Ok(files)
}

/// `3 mistakes in 2 files`
pub(super) fn summary(mistakes: usize, files: usize) -> String {
    format!("{} in {}", many(mistakes, "mistake"), many(files, "file"))
}

/// A path as results name it: never absolute, so that the same input gives the same bytes anywhere.
pub(super) fn relative(path: &Path) -> PathBuf {
    if !path.is_absolute() {
        return path.to_path_buf();
    }
    let here = std::env::current_dir().unwrap_or_default();
    let inside = path.strip_prefix(here).ok().map(Path::to_path_buf);
    inside.or_else(|| path.file_name().map(PathBuf::from)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_turned_can_be_pasted_into_a_shell() {
        let set = [("rate".into(), "8/s".into()), ("gap".into(), "Exp(\"4ms\")".into())];
        let length = Some(Span::from_secs(3.0));
        assert_eq!(turned(&set, length), " --set rate=8/s --set 'gap=Exp(\"4ms\")' --for 3s");
    }

    #[test]
    fn results_never_name_an_absolute_path() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(relative(&here.join("scenarios/x.ron")), Path::new("scenarios/x.ron"));
        assert_eq!(relative(Path::new("../x.ron")), Path::new("../x.ron"));
        assert!(!relative(&std::env::temp_dir().join("elsewhere/x.ron")).is_absolute());
    }

    #[test]
    fn nothing_below_a_folder_is_nothing_selected() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(below(&[folder.path().to_path_buf()]), Err(Failure::Nothing(_))));
    }
}
