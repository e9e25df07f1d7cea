//! The forms in which runs can be shown: a row for each. What a form looks like is in its own file.

use super::paint::Paint;
use super::run::Run;
use super::{json, text};

/// A form in which runs are shown.
#[derive(Debug)]
pub struct Output {
    /// As the command line calls it.
    pub word: &'static str,
    /// For whom it is: a line of the help.
    pub about: &'static str,
    /// Does it say so where a run stopped early? The others leave that to a note beside them.
    pub tells_all: bool,
    /// The runs as text.
    pub render: for<'a> fn(&[Run<'a>], Asked) -> String,
}

/// What was asked for beside the form.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Colours, or none.
    pub paint: Paint,
    /// Several runs, even if it is only one.
    pub is_list: bool,
}

/// All forms, the usual one first.
pub static OUTPUTS: &[&Output] = &[&text::OUTPUT, &json::OUTPUT];

/// The form of this word.
pub fn find(word: &str) -> Option<&'static Output> {
    OUTPUTS.iter().find(|output| output.word == word).copied()
}
