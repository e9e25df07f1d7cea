//! One setting of a kind of node or of a fault: a line of its table. Readers take defaults from these
//! tables, and pages of the documentation show them. Knows no kind and no fault.

use std::sync::OnceLock;

use super::grammar;
use super::syntax::Value;

/// A setting, as the table of its room tells of it.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the file.
    pub name: &'static str,
    /// What kind of value it takes, and within which bounds.
    pub takes: &'static str,
    /// What holds where the file says nothing.
    pub default: Usual,
    /// What it means.
    pub about: &'static str,
    /// The page from which it or its default comes; empty where it is nobody's but windtunnel's.
    pub source: &'static str,
    read: OnceLock<Value>,
}

/// What holds where the file says nothing of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usual {
    /// The file must say it.
    Required,
    /// This, as the file would write it.
    Is(&'static str),
    /// Nothing is set, which means this; in words.
    Unset(&'static str),
}

impl Setting {
    /// A line of a table; see `settings!`.
    pub const fn new(
        name: &'static str,
        takes: &'static str,
        default: Usual,
        about: &'static str,
        source: &'static str,
    ) -> Self {
        Self { name, takes, default, about, source, read: OnceLock::new() }
    }

    /// The default as a value to be read like one of the file.
    pub(in crate::scenario) fn usual(&self) -> Option<&Value> {
        let Usual::Is(text) = self.default else { return None };
        Some(self.read.get_or_init(|| {
            grammar::read(text, 0, 0).unwrap_or_else(|_| panic!("{} = {text}", self.name))
        }))
    }
}

/// The table of a room's settings, one a line: name, what it takes, default, what it means, source.
macro_rules! settings {
    ($($name:ident: $takes:literal, $default:expr, $about:literal $(, $source:literal)?;)*) => {
        static SETTINGS: [$crate::scenario::setting::Setting; [$(stringify!($name)),*].len()] = [
            $($crate::scenario::setting::Setting::new(
                stringify!($name), $takes, $default, $about, concat!($($source)?),
            )),*
        ];
    };
}
pub(super) use settings;
