//! Mistakes as they are found, with byte extents; they become [`Diagnostic`]s at the end, when all
//! texts are at hand.

use super::codes::Code;
use super::diagnostic::{Diagnostic, Diagnostics, Origin, Site};
use super::source::{Extent, Source};

/// So many are listed; the rest is counted.
const LISTED: usize = 100;

/// A mistake at an extent.
#[derive(Clone, Debug)]
pub(super) struct Mistake {
    code: Code,
    at: Extent,
    message: String,
    label: String,
    help: Option<String>,
    notes: Vec<(Extent, String)>,
}

impl Mistake {
    /// A mistake of this kind here.
    pub(super) fn new(code: Code, at: Extent, message: impl Into<String>) -> Self {
        Self {
            code,
            at,
            message: message.into(),
            label: String::new(),
            help: None,
            notes: Vec::new(),
        }
    }

    /// Does it keep the scenario from being simulated?
    pub(super) fn is_error(&self) -> bool {
        !self.code.is_warning()
    }

    /// Its kind and what is said of it.
    pub(super) fn said(&self) -> (Code, &str) {
        (self.code, &self.message)
    }

    /// What stands beside the place.
    pub(super) fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = label.into();
        self
    }

    /// What is allowed, or was probably meant.
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Another place that has to do with it.
    pub(super) fn note(&mut self, at: Extent, label: impl Into<String>) -> &mut Self {
        self.notes.push((at, label.into()));
        self
    }
}

/// Turns mistakes into diagnostics in the order of their places, the file's first. `sets` are the
/// texts of the `--set`s that extents may point into.
pub(super) fn diagnostics(
    path: &str,
    source: Source,
    sets: &[String],
    mut mistakes: Vec<Mistake>,
) -> Diagnostics {
    mistakes.sort_by_key(|mistake| (mistake.at, mistake.code));
    mistakes.dedup_by(|a, b| a.at == b.at && a.code == b.code && a.message == b.message);
    let omitted = mistakes.len().saturating_sub(LISTED);
    mistakes.sort_by_key(|mistake| mistake.code.is_warning());
    mistakes.truncate(LISTED);
    mistakes.sort_by_key(|mistake| mistake.at);
    let sets: Vec<Source> = sets.iter().cloned().map(Source::new).collect();
    let site = |at: Extent| site(&source, &sets, at);
    let list = mistakes.into_iter().map(|mistake| Diagnostic {
        code: mistake.code,
        message: mistake.message,
        site: site(mistake.at),
        label: mistake.label,
        help: mistake.help,
        notes: mistake.notes.into_iter().map(|(at, label)| (site(at), label)).collect(),
    });
    let list = list.collect();
    Diagnostics { path: path.to_owned(), source, list, omitted }
}

fn site(file: &Source, sets: &[Source], at: Extent) -> Site {
    let (source, origin) = match sets.get((at.origin as usize).wrapping_sub(1)) {
        Some(set) => (set, Origin::Set(set.text().to_owned())),
        None => (file, Origin::File),
    };
    let (start, end) = (at.start as usize, at.end as usize);
    let place = source.place(start);
    // A diagnostic never spans lines: what would is shown up to the end of its first.
    let line_end = source.text()[start.min(source.text().len())..]
        .find(['\n', '\r'])
        .map_or(end, |n| start + n);
    Site { origin, place, length: source.length(start, end.min(line_end)) }
}
