//! Mistakes in a scenario's statements, as diagnostics of its file.

use super::parser::parse;
use super::statement::Mistake;
use crate::scenario::{Code, Diagnostic, Diagnostics};

/// Mistakes in expectations and measures as diagnostics of their file.
pub fn in_statements(file: &Diagnostics, mistakes: &[Mistake]) -> Diagnostics {
    let list = mistakes.iter().map(|mistake| {
        let length = mistake.error.len as u32;
        // What can be parsed names something that is not there.
        let code =
            if parse(&mistake.text).is_err() { Code::BadExpectation } else { Code::UnknownMeasure };
        let found = Diagnostic::new(code, mistake.place, length, mistake.error.message.clone());
        match &mistake.error.help {
            Some(help) => found.help(help.clone()),
            None => found,
        }
    });
    Diagnostics { list: list.collect(), omitted: 0, ..file.clone() }
}
