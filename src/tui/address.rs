//! The address of a screen: the command line that opens exactly this one, anywhere.

use std::fmt::Write as _;

use super::place::{Thing, View};
use super::query::telling::names::Names;
use super::session::Session;
use super::snapshot::Snapshot;
use crate::report::shell::quoted;

impl Session {
    /// The command line.
    pub fn address(&self, snapshot: &Snapshot) -> String {
        let world = self.worlds.get(self.place.run.world);
        let recipe = &world.recipe;
        let mut line = format!("windtunnel {}", quoted(&self.file.display().to_string()));
        let mut add = |flag: &str, value: &str| {
            let _ = write!(line, " {flag} {}", quoted(value));
        };
        add("--design", &recipe.scenario.designs[self.place.run.design].name);
        add("--seed", &recipe.seed.to_string());
        for (name, value) in &recipe.set {
            add("--set", &format!("{name}={value}"));
        }
        for change in &recipe.changes {
            add("--change", &change.text);
        }
        add("--at", &format!("{}", self.place.cursor.time));
        add("--view", &self.place.view.name().to_lowercase());
        if let Some(thing) = self.spoken(snapshot) {
            add("--open", &thing);
        }
        line
    }

    /// The thing, as `--open` takes it.
    fn spoken(&self, snapshot: &Snapshot) -> Option<String> {
        let scenario = self.scenario();
        let node =
            |ix: crate::scenario::tree::NodeIx| scenario.nodes[usize::from(ix.0)].name.clone();
        match &self.place.thing {
            Thing::Node(ix) | Thing::Link(_, ix) | Thing::Instance(ix, _) => Some(node(*ix)),
            Thing::Op(op) | Thing::Anomaly(op, _) => {
                let known = snapshot.run(self.place.run)?;
                let told = known.history.told().find(|told| told.op == *op)?;
                let name = Names { model: &known.model, op: *op }.operation(told.flow);
                let is_lanes = self.place.view == View::Truth && self.place.inside;
                Some(if is_lanes { format!("lanes:{name}") } else { name })
            }
            Thing::Fault(name) => Some(name.clone()),
            _ => None,
        }
    }
}
