//! The address of a screen: the command line that opens exactly this one, anywhere.

use std::fmt::Write as _;

use super::place::{Thing, View};
use super::session::Session;
use crate::report::shell::quoted;

impl Session {
    /// The command line.
    pub fn address(&self) -> String {
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
        if let Some(thing) = self.spoken() {
            add("--open", &thing);
        }
        line
    }

    /// The thing, as `--open` takes it.
    fn spoken(&self) -> Option<String> {
        let scenario = self.scenario();
        let node =
            |ix: crate::scenario::tree::NodeIx| scenario.nodes[usize::from(ix.0)].name.clone();
        match &self.place.thing {
            Thing::Node(ix) | Thing::Link(_, ix) | Thing::Instance(ix, _) => Some(node(*ix)),
            Thing::Op(op) | Thing::Anomaly(op, _) => {
                let names: Vec<&str> = scenario
                    .nodes
                    .iter()
                    .filter(|node| node.kind.about().name == "client")
                    .map(|node| node.name.as_str())
                    .collect();
                let client = names.get(op.client())?;
                let inside =
                    if self.place.view == View::Truth && self.place.inside { "lanes:" } else { "" };
                Some(format!("{inside}{client}#{}", op.number()))
            }
            Thing::Fault(name) => Some(name.clone()),
            _ => None,
        }
    }
}
