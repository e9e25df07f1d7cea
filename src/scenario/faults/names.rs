//! The names of faults: given by the file, or made of what breaks and whom it befalls. Knows no fault.

use std::collections::BTreeMap;

use super::{Fault, FaultKind, Fields, Reader};
use crate::scenario::codes::Code;
use crate::scenario::source::Extent;

/// The names that the file gives, with their places, and all that are taken.
#[derive(Debug, Default)]
pub(in crate::scenario) struct Names<'a> {
    given: Vec<(&'a str, Extent)>,
    taken: Vec<String>,
    is_short: bool,
}

impl Names<'_> {
    /// All faults that there are so far.
    pub(in crate::scenario) fn taken(&self) -> &[String] {
        &self.taken
    }

    /// There is a fault that could not be read: its name is not among those taken.
    pub(in crate::scenario) fn miss(&mut self) {
        self.is_short = true;
    }

    /// Are some missing, because they could not be read?
    pub(in crate::scenario) fn is_short(&self) -> bool {
        self.is_short
    }

    /// Every fault with a name of its own: the usual one is numbered where it is taken.
    pub(super) fn apart(&mut self, read: Vec<(Fault, bool)>) -> Vec<Fault> {
        let named = read.iter().filter(|(_, is_named)| *is_named);
        self.taken.extend(named.map(|(fault, _)| fault.name.clone()));
        // The number that a usual name was given last: those before it are taken.
        let mut numbered: BTreeMap<String, u32> = BTreeMap::new();
        let apart = read.into_iter().map(|(mut fault, is_named)| {
            if !is_named {
                let usual = std::mem::take(&mut fault.name);
                let n = numbered.entry(usual.clone()).or_insert(1);
                fault.name.clone_from(&usual);
                while self.taken.contains(&fault.name) {
                    *n += 1;
                    fault.name = format!("{usual}-{n}");
                }
                self.taken.push(fault.name.clone());
            }
            fault
        });
        apart.collect()
    }

    /// A single one more.
    pub(in crate::scenario) fn one_more(&mut self, fault: Fault, is_named: bool) -> Fault {
        self.apart(vec![(fault, is_named)]).remove(0)
    }
}

impl<'a> Reader<'a> {
    /// The field `name`, which no other fault may have: its text, or none where it is left out.
    #[expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]
    pub(super) fn own_name(
        &mut self,
        fields: &Fields<'a>,
        names: &mut Names<'a>,
    ) -> Option<Option<&'a str>> {
        let Some((name, at)) = self.maybe(fields, "name", Self::text)? else { return Some(None) };
        self.check_name(name, at);
        if let Some(&(_, first)) = names.given.iter().find(|(other, _)| *other == name) {
            self.wrong(Code::DuplicateName, at, format!("two faults are called {name:?}"))
                .note(first, "first called so here");
        } else if names.taken.iter().any(|taken| taken == name) {
            self.wrong(Code::DuplicateName, at, format!("two faults are called {name:?}"))
                .help("one without a `name` is called after its kind and its target");
        }
        names.given.push((name, at));
        Some(Some(name))
    }

    /// Its word and whom it befalls first: `crash-inventory`.
    pub(super) fn usual_name(&self, word: &str, what: &FaultKind) -> String {
        let nodes = what.harms().first().map_or(Vec::new(), super::Harm::nodes);
        let name = nodes
            .iter()
            .fold(word.to_owned(), |name, &node| format!("{name}-{}", self.known.node_name(node)));
        name.to_lowercase()
    }
}
