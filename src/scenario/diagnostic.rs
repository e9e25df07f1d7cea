//! What is wrong with a scenario, as values, and how it is shown: with its code, its place and
//! what would be right. Other layers that read parts of a scenario (expectations, measures) speak
//! through these too.

use std::fmt;

use annotate_snippets::{
    Annotation, AnnotationKind, Group, Level, Origin as Header, Renderer, Snippet,
};

use super::codes::Code;
use super::source::Source;
use super::tree::Place;
use crate::base::{printable, printable_lines};

/// Longer lines are not shown.
const LONGEST_LINE: usize = 4096;

/// Places that are so many lines apart are shown apart.
const NEAR_LINES: u32 = 500;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The scenario cannot be simulated.
    Error,
    /// It can, but probably does not say what was meant.
    Warning,
}

/// Which text a diagnostic points into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The scenario file.
    #[default]
    File,
    /// A `--set`, with its text `name=value`.
    Set(String),
}

/// A stretch of a text, in lines and columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Which text.
    pub origin: Origin,
    /// Its first character; line 0 means the file as a whole.
    pub place: Place,
    /// How many characters, all on one line.
    pub length: u32,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub site: Site,
    /// Beside the place; may be empty.
    pub label: String,
    /// What is allowed, or what was probably meant.
    pub help: Option<String>,
    /// Other places that have to do with it.
    pub notes: Vec<(Site, String)>,
}

impl Diagnostic {
    /// A mistake in the file, `length` characters long.
    pub fn new(code: Code, place: Place, length: u32, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            site: Site { origin: Origin::File, place, length },
            label: String::new(),
            help: None,
            notes: Vec::new(),
        }
    }

    /// With a label beside the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With a line of help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Error or warning.
    pub fn severity(&self) -> Severity {
        if self.code.is_warning() { Severity::Warning } else { Severity::Error }
    }
}

/// All mistakes of one file, in the order of their places, with what is needed to show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    /// The file, as the user named it.
    pub path: String,
    /// Its text (empty if it could not be read).
    pub source: Source,
    /// The mistakes.
    pub list: Vec<Diagnostic>,
    /// How many more there were than are worth listing.
    pub omitted: usize,
}

impl Diagnostics {
    /// Is there an error among them, not only warnings?
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity() == Severity::Error)
    }

    /// Could the file not be read at all?
    pub fn is_unreadable(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.code == Code::Unreadable)
    }

    /// All of them as rustc would show them, each beginning `error[E0203]: ...` and naming
    /// `file:line:column`. Nothing of the file is obeyed by a terminal. Ends with a line break.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut shown: Vec<String> =
            self.list.iter().map(|one| renderer.render(&[self.report(one)])).collect();
        if self.omitted > 0 {
            shown.push(format!("... and {} more", self.omitted));
        }
        let shown = shown.join("\n\n") + "\n";
        if color {
            // The only escapes that are left are the colours.
            let between: Vec<_> = shown.split('\u{1b}').map(printable_lines).collect();
            return between.join("\u{1b}");
        }
        printable_lines(&shown).into_owned()
    }

    fn report<'a>(&'a self, diagnostic: &'a Diagnostic) -> Group<'a> {
        let level = match diagnostic.severity() {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(
            level.primary_title(printable(&diagnostic.message)).id(diagnostic.code.text()),
        );
        if diagnostic.site.place.line == 0 {
            group = group.element(Header::path(printable(&self.path)));
        } else {
            for marks in marks(diagnostic) {
                group = self.show(group, &marks);
            }
        }
        match &diagnostic.help {
            Some(help) => group.element(Level::HELP.message(printable(help))),
            None => group,
        }
    }

    /// The lines around some marks, or only their place where the lines are too long to show.
    fn show<'a>(&'a self, group: Group<'a>, marks: &[Mark<'a>]) -> Group<'a> {
        let lines = || marks.iter().map(|mark| mark.site.place.line);
        let first = lines().min().unwrap_or(1);
        let (set, path) = match &marks[0].site.origin {
            Origin::File => (None, self.path.as_str()),
            Origin::Set(text) => (Some(Source::new(text.clone())), "--set"),
        };
        let source = set.as_ref().unwrap_or(&self.source);
        let (text, start) = source.lines(first, lines().max().unwrap_or(first));
        if text.lines().any(|line| line.len() > LONGEST_LINE) {
            let place = marks[0].site.place;
            return group.element(
                Header::path(printable(path))
                    .line(place.line as usize)
                    .char_column(place.column as usize),
            );
        }
        let annotations = marks.iter().map(|mark| {
            let site = mark.site;
            let end = Place { column: site.place.column + site.length, ..site.place };
            let label = Some(mark.label).filter(|label| !label.is_empty()).map(printable);
            mark.kind
                .span(source.offset(site.place) - start..source.offset(end) - start)
                .label(label)
        });
        let snippet: Snippet<'a, Annotation<'a>> = Snippet::source(text.to_owned())
            .path(printable(path))
            .line_start(first as usize)
            .annotations(annotations);
        group.element(snippet)
    }
}

/// A place to show, and what stands beside it.
struct Mark<'a> {
    site: &'a Site,
    label: &'a str,
    kind: AnnotationKind,
}

/// All places of a diagnostic, those together that lie in the same part of the same text; the
/// diagnostic's own first.
fn marks(diagnostic: &Diagnostic) -> Vec<Vec<Mark<'_>>> {
    let own =
        Mark { site: &diagnostic.site, label: &diagnostic.label, kind: AnnotationKind::Primary };
    let mut groups = vec![vec![own]];
    for (site, label) in &diagnostic.notes {
        let mark = Mark { site, label, kind: AnnotationKind::Context };
        let near = |group: &&mut Vec<Mark<'_>>| {
            let first = group[0].site;
            first.origin == site.origin && first.place.line.abs_diff(site.place.line) <= NEAR_LINES
        };
        match groups.iter_mut().find(near) {
            Some(group) => group.push(mark),
            None => groups.push(vec![mark]),
        }
    }
    groups
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}
