//! Changes that a person makes, from words to what befalls a run and to their text in a file. Read by the
//! scenario's own reader, in the text of the file to which they belong: so every fault that the language
//! knows can be made, and what is refused is refused in its words. Knows no run.

use std::fmt;
use std::sync::Arc;

use super::world::{Change, Recipe};
use crate::base::Time;
use crate::scenario::tree::{Deed, Intervention, Scenario};
use crate::scenario::{Code, Diagnostics, Rewrite, Severity, parse_named};

/// How the reader says what of a run cannot be turned on the way.
const FIXED: &str = " is fixed when the run begins";

/// What a change is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A fault begins.
    Begin {
        /// As a file writes it: `Crash("orders", instance: 0)`.
        what: String,
        /// How long it acts, as a file writes it: `3s`; until somebody ends it if that is not said.
        lasts: Option<String>,
    },
    /// A fault ends, if it acts; it may come again. At the beginning of an occurrence: that one does not
    /// come, and all others do.
    End(String),
    /// A fault acts no more.
    Without(String),
    /// Knobs are turned, to values as the command line takes them.
    Set(Vec<(String, String)>),
}

/// Why a change cannot be made, in the words of the scenario's reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong.
    pub message: String,
    /// What is possible instead.
    pub help: Option<String>,
}

impl Wanted {
    /// The item of `changes` that does it at an instant. `scenario` knows of which kind its knobs are.
    pub fn text(&self, at: Time, scenario: &Scenario) -> String {
        let at = seconds(at);
        match self {
            Self::Begin { what, lasts: Some(lasts) } => {
                format!("(at: \"{at}\", lasts: {}, what: {what})", quoted(lasts))
            }
            Self::Begin { what, lasts: None } => format!("(at: \"{at}\", what: {what})"),
            Self::End(fault) => format!("(at: \"{at}\", end: {fault:?})"),
            Self::Without(fault) => format!("(at: \"{at}\", without: {fault:?})"),
            Self::Set(knobs) => {
                let known = |name: &str| scenario.knobs.iter().find(|(knob, _)| knob == name);
                let set = knobs.iter().map(|(name, value)| {
                    let is_text = known(name).is_none_or(|(_, old)| old.starts_with('"'));
                    let is_bare = ["true", "false"].contains(&value.trim())
                        || value.trim().parse::<f64>().is_ok();
                    let is_plain = is_bare && !is_text;
                    let value = if is_plain { value.trim().to_owned() } else { quoted(value) };
                    format!("{name:?}: {value}")
                });
                let set: Vec<String> = set.collect();
                format!("(at: \"{at}\", set: {{ {} }})", set.join(", "))
            }
        }
    }
}

impl Recipe {
    /// The change that an item of `changes` makes of this world, in all designs or in one. A fault that
    /// the item does not name gets a name that nothing else has.
    pub fn change(&self, text: &str, only: Option<usize>) -> Result<Change, Refused> {
        let mut text = text.trim().to_owned();
        let mut number = 2;
        loop {
            let read = self.read(&[&text])?;
            let before = self.changes.iter().map(|change| change.what.at);
            let place = read.iter().map(|it| it.at).zip(before).take_while(|(a, b)| a == b).count();
            let what = read[place].clone();
            let others = read[..place].iter().chain(&read[place + 1..]);
            let moved = others.zip(&self.changes).any(|(new, old)| name(new) != name(&old.what));
            match name(&what) {
                // Whoever is named after it must not be called otherwise from now on.
                Some(usual) if moved => {
                    let usual = usual.to_owned();
                    let rest = text.strip_prefix('(').unwrap_or(&text).to_owned();
                    text = format!("(name: \"{usual}-{number}\", {rest}");
                    number += 1;
                    if number > 9 {
                        return Err(Refused::because(format!(
                            "there is a fault {usual:?} already"
                        )));
                    }
                }
                _ => return Ok(Change { what, text, only }),
            }
        }
    }

    /// Puts a change among the others, in the order of time. What knobs were turned to later is made
    /// anew: it is turned on top of this.
    pub fn insert(&mut self, change: Change) {
        let place = self.changes.partition_point(|other| other.what.at <= change.what.at);
        self.changes.insert(place, change);
        if let Ok(read) = self.read(&[]) {
            for (change, what) in self.changes.iter_mut().zip(read) {
                change.what = what;
            }
        }
    }

    /// The same without the change of this place; refused where another one needs it.
    pub fn without(&self, place: usize) -> Result<Self, Refused> {
        let mut fewer = self.clone();
        fewer.changes.remove(place);
        fewer.again(Arc::clone(&self.source), self.seed, self.set.clone())
    }

    /// The same with other knobs and another seed from the start.
    pub fn started_over(&self, seed: u64, set: Vec<(String, String)>) -> Result<Self, Refused> {
        self.again(Arc::clone(&self.source), seed, set)
    }

    /// The same of another text of the file.
    pub fn reloaded(&self, source: Arc<str>) -> Result<Self, Refused> {
        self.again(source, self.seed, self.set.clone())
    }

    fn again(
        &self,
        source: Arc<str>,
        seed: u64,
        set: Vec<(String, String)>,
    ) -> Result<Self, Refused> {
        let name = &self.scenario.name;
        let scenario = parse_named(name, name, &source, &set).map_err(|all| Refused::of(&all))?;
        let scenario = Arc::new(scenario.scenario);
        let mut again = Self { scenario, source, seed, set, changes: Vec::new() };
        let texts: Vec<&str> = self.changes.iter().map(|change| change.text.as_str()).collect();
        let read = if texts.is_empty() { Vec::new() } else { again.read(&texts)? };
        let of = |(old, what): (&Change, _)| Change { what, ..old.clone() };
        again.changes = self.changes.iter().zip(read).map(of).collect();
        Ok(again)
    }

    /// All changes that are not the file's own as the reader understands them, with further ones, in the
    /// order of time.
    fn read(&self, further: &[&str]) -> Result<Vec<Intervention>, Refused> {
        let own = self.changes.iter().map(|change| change.text.as_str());
        let texts: Vec<String> = own.chain(further.iter().copied()).map(str::to_owned).collect();
        let rewrite = Rewrite { changes: &texts, ..Rewrite::default() };
        let text = rewrite.of(&self.source).ok_or_else(|| {
            Refused::because("this file has no place for changes: its outermost `(...)` is missing")
        })?;
        let name = &self.scenario.name;
        let loaded = parse_named(name, name, &text, &self.set).map_err(|all| Refused::of(&all))?;
        // Those of the file come first where instants are the same.
        let mut files = self.scenario.changes.iter().peekable();
        let mut read = loaded.scenario.changes;
        read.retain(|change| files.next_if(|file| file.at == change.at).is_none());
        Ok(read)
    }
}

impl Refused {
    /// What is fixed when a run begins, if that is why.
    pub fn fixed(&self) -> Option<&str> {
        let (part, _) = self.message.split_once(FIXED)?;
        Some(part.trim_matches(['"', '`']))
    }

    fn because(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn of(all: &Diagnostics) -> Self {
        let first = all.list.iter().find(|one| one.severity() == Severity::Error);
        let Some(first) = first else { return Self::because("the file cannot be read") };
        let help = match first.code {
            Code::NotLive => Some("from the start it can: s in Scenario, or :set!".to_owned()),
            _ => first.help.clone(),
        };
        Self { message: first.message.clone(), help }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)?;
        self.help.iter().try_for_each(|help| write!(out, ": {help}"))
    }
}

/// The name of the fault that begins.
fn name(change: &Intervention) -> Option<&str> {
    match &change.deed {
        Deed::Begin(fault) => Some(&fault.name),
        Deed::End(_) | Deed::Without(_) | Deed::Set(_) => None,
    }
}

/// An instant as a file writes it, to the nanosecond: `21.400000001s`.
pub fn seconds(time: Time) -> String {
    let (s, ns) = (time.0 / 1_000_000_000, time.0 % 1_000_000_000);
    let fraction = format!(".{ns:09}");
    format!("{s}{}s", fraction.trim_end_matches('0').trim_end_matches('.'))
}

/// A value as a file writes it: a bare word in quotes, and what is more as it stands.
fn quoted(value: &str) -> String {
    let value = value.trim();
    let is_more = value.starts_with(['"', '(']) || value.ends_with(')') || value == "None";
    if is_more { value.to_owned() } else { format!("{value:?}") }
}

#[cfg(test)]
mod tests;
