//! What is done to a run while it goes on: faults begun, ended and taken away, knobs turned. Knows no
//! run, and what breaks only by the readers of faults.

use std::sync::Arc;

use super::codes::Code;
use super::faults::Names;
use super::knob::{self, Knob};
use super::mistake::Mistake;
use super::nearest::nearest;
use super::reader::{Fields, Reader};
use super::syntax::Value;
use super::tree::{
    Deed, Intervention, LIVE, NO_BENCH, Scenario, Turned, When, turns_into, unfreezable,
};
use crate::base::Span;

/// What can be done; each change does one of these.
const DEEDS: [&str; 4] = ["what", "end", "without", "set"];

/// What changes are read with.
struct Beside<'b, 'a, F> {
    /// The scenario that is changed; none if it is full of mistakes.
    scenario: Option<&'b Scenario>,
    names: &'b mut Names<'a>,
    /// The knobs as they are by then.
    knobs: Vec<Knob>,
    /// The scenario with these knobs, or the first mistake that it has then.
    turned: F,
}

impl<'a> Reader<'a> {
    /// Reads all changes of this scenario, and puts them in the order of time.
    pub(super) fn changes(
        &mut self,
        value: Option<&'a Value>,
        scenario: Option<&Scenario>,
        names: &mut Names<'a>,
        turned: impl Fn(&[Knob]) -> Result<Option<Scenario>, Mistake>,
    ) -> Option<Vec<Intervention>> {
        let Some(value) = value else {
            return Some(Vec::new());
        };
        let items = self.list(value, "changes", false)?;
        let all = ["at", "lasts", "name", "what", "end", "without", "set"];
        let length = scenario.map(|scenario| scenario.run.length);
        let read: Vec<_> = items
            .iter()
            .map(|item| {
                let fields = self.fields(item, "a change", 0, &all)?;
                let at = self.must(&fields, "at", |reader, value| {
                    reader.instant(value, length, "the change would act")
                });
                Some((at?, fields))
            })
            .collect();
        let mut read: Vec<(Span, Fields<'a>)> = read.into_iter().collect::<Option<_>>()?;
        // What is said of one instant is done as it is written.
        read.sort_by_key(|(at, _)| *at);
        let mut beside = Beside { scenario, names, knobs: self.knobs.to_vec(), turned };
        let changes: Vec<_> =
            read.iter().map(|(at, fields)| self.change_at(*at, fields, &mut beside)).collect();
        changes.into_iter().collect()
    }

    fn change_at(
        &mut self,
        at: Span,
        fields: &Fields<'a>,
        beside: &mut Beside<'_, 'a, impl Fn(&[Knob]) -> Result<Option<Scenario>, Mistake>>,
    ) -> Option<Intervention> {
        let given = DEEDS.map(|deed| fields.get(deed).map(|value| (deed, value)));
        let given: Vec<_> = given.into_iter().flatten().collect();
        let &[(deed, value)] = given.as_slice() else {
            let (code, at) = match given.as_slice() {
                [_, (_, second), ..] => (Code::WrongShape, second.head()),
                _ => (Code::MissingField, fields.head),
            };
            self.wrong(code, at, "a change does one thing").help(
                "say `what` begins, which fault is to `end` or to go on `without`, or which knobs are `set`",
            );
            return None;
        };
        if deed == "what" {
            return self.begins(at, fields, beside.scenario, beside.names);
        }
        for field in ["lasts", "name"] {
            if let Some(value) = fields.get(field) {
                let message = format!("`{field}` belongs to a fault that begins");
                self.wrong(Code::UnknownField, value.head(), message)
                    .help("say `what` begins, or leave it out");
            }
        }
        let deed = match deed {
            "end" => Deed::End(self.fault_name(value, beside.names)?),
            "without" => Deed::Without(self.fault_name(value, beside.names)?),
            _ => Deed::Set(self.set(value, beside)?),
        };
        Some(Intervention { at, deed })
    }

    fn begins(
        &mut self,
        at: Span,
        fields: &Fields<'a>,
        scenario: Option<&Scenario>,
        names: &mut Names<'a>,
    ) -> Option<Intervention> {
        let length = scenario.map(|scenario| scenario.run.length);
        let Some((fault, is_named)) = self.fault_at(fields, Some(When::At(at)), length, names)
        else {
            names.miss();
            return None;
        };
        if let Some(node) = scenario.and_then(|scenario| unfreezable(scenario, &fault)) {
            let name = self.known.node_name(node);
            let message = format!("{name:?} cannot be frozen on the way");
            self.wrong(Code::NotBreakable, fields.head, message)
                .help(format!("{NO_BENCH}: name a Freeze in `faults`, or use a Pause"));
            return None;
        }
        Some(Intervention { at, deed: Deed::Begin(names.one_more(fault, is_named)) })
    }

    /// The name of a fault that there is by then.
    fn fault_name(&mut self, value: &'a Value, names: &Names<'a>) -> Option<String> {
        let (name, at) = self.text(value)?;
        if names.taken().iter().any(|taken| taken == name) {
            return Some(name.to_owned());
        }
        if names.is_short() {
            // It may be one of those that could not be read, and that has been said.
            return None;
        }
        let known = || names.taken().iter().map(String::as_str);
        let help = match nearest(name, known()) {
            Some(near) => format!("did you mean {near:?}?"),
            None if known().next().is_none() => "there is none by then".to_owned(),
            None => format!("by then there are {}", known().collect::<Vec<_>>().join(", ")),
        };
        self.wrong(Code::UnknownName, at, format!("there is no fault {name:?}")).help(help);
        None
    }

    /// The knobs that are turned, and the scenario that they make.
    fn set(
        &mut self,
        value: &'a Value,
        beside: &mut Beside<'_, 'a, impl Fn(&[Knob]) -> Result<Option<Scenario>, Mistake>>,
    ) -> Option<Turned> {
        let before = self.mistakes.len();
        let sets = self.entries(value, "knobs");
        for set in &sets {
            beside.knobs = knob::turned(&beside.knobs, self.knob_area, *set, &mut self.mistakes);
        }
        let base = beside.scenario.filter(|_| self.mistakes.len() == before)?;
        let scenario = match (beside.turned)(&beside.knobs) {
            Ok(scenario) => scenario?,
            Err(mistake) => {
                let (code, message) = mistake.said();
                self.wrong(code, value.head(), format!("with these knobs {message}"));
                return None;
            }
        };
        if let Err(part) = turns_into(base, &scenario) {
            let message = format!("{part} is fixed when the run begins, and these knobs turn it");
            self.wrong(Code::NotLive, value.head(), message).help(LIVE);
            return None;
        }
        let knobs = sets.iter().map(|(name, _, value)| ((*name).to_owned(), value.to_string()));
        Some(Turned { knobs: knobs.collect(), scenario: Arc::new(scenario) })
    }
}
