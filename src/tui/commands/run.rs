//! What commands do. Knows the session, and no thread and no file.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Command, Opened, parse};
use crate::base::{Span, Time};
use crate::probes::OpId;
use crate::scenario::faults::Path;
use crate::scenario::tree::{Ailment, Fault, FlowIx, Harm, NodeIx, Scenario, Target};
use crate::tui::change::{Wanted, seconds};
use crate::tui::place::{Place, RunId, Thing, View};
use crate::tui::session::{Columns, Outside, Session};
use crate::tui::snapshot::{Known, Snapshot};
use crate::tui::wish::Goal;
use crate::tui::words;

impl Session {
    /// Does what a line says.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, and what can.
    pub fn command(&mut self, line: &str, snapshot: &Snapshot) -> Result<(), String> {
        let command = parse(line, self)?;
        self.run(command, snapshot)
    }

    /// Does what a command says.
    ///
    /// # Errors
    ///
    /// Why it cannot be done.
    pub fn run(&mut self, command: Command, snapshot: &Snapshot) -> Result<(), String> {
        match command {
            Command::Act(action) => self.act(action, snapshot),
            Command::Goto(time) => {
                let known = snapshot.run(self.place.run);
                let end = known.map(|known| known.audit.unwrap_or(known.horizon));
                let end = end.unwrap_or(Time::NEVER);
                self.jump(Goal::at(time.min(end)));
                if time > end {
                    self.say(format!("this run ends at {}: here it is", words::instant(end)));
                }
            }
            Command::GotoEvent(count) => self.jump(Goal::Event(count)),
            Command::GotoOp(op) => {
                let known = snapshot.run(self.place.run).ok_or("the run is not known yet")?;
                let told = known.history.told().find(|told| told.op == op);
                let told = told.ok_or_else(|| match known.history.bound() {
                    Some(held) => format!("it is not among {held}, which are all that is kept"),
                    None => "nobody has been told of it as far as the run is known".to_owned(),
                })?;
                self.jump(Goal::at(told.intended));
                self.select(Thing::Op(op));
            }
            Command::Until { condition, back } => {
                let from = self.place.cursor;
                self.jump(Goal::Until { condition: condition.into(), from, back });
            }
            Command::Step(count) => {
                self.playing = false;
                let from = self.place.cursor;
                self.seek(Goal::Next { thing: Thing::Nothing, from, count });
            }
            Command::Speed(speed) => {
                self.speed = speed;
                self.say(format!("speed {}", speed.name()));
            }
            Command::Open(opened) => match opened {
                Opened::Node(node) => self.open(View::Map, Thing::Node(node), true),
                Opened::Instance(node, index) => {
                    self.open(View::Map, Thing::Instance(node, index), true);
                }
                Opened::Link(from, to) => self.open(View::Map, Thing::Link(from, to), false),
            },
            Command::Op(op) => self.open(View::Request, Thing::Op(op), false),
            Command::Item(item) => self.open(View::Request, Thing::Item(item), false),
            Command::Slowest(flow) => {
                let op = self.slowest(flow, snapshot).ok_or("none was answered so far")?;
                self.open(View::Request, Thing::Op(op), false);
            }
            Command::Change { wanted, only } => self.begin(&wanted, only, snapshot)?,
            Command::Without(fault, None) => self.without_fault(&fault, snapshot)?,
            Command::Without(fault, Some(at)) => self.without_occurrence(&fault, at, snapshot)?,
            Command::StartOver(set) => self.turn_over(set)?,
            Command::Seed(seed) => {
                let recipe = Arc::clone(&self.worlds.get(self.place.run.world).recipe);
                let over = recipe.started_over(seed, recipe.set.clone());
                let over = over.map_err(|why| why.to_string())?;
                let about = format!("seed {seed} from the start");
                self.start_over(over, Some(format!("seed-{seed}")), about);
            }
            Command::World(world) => {
                let run = RunId { world, ..self.place.run };
                self.go(Place { run, ..self.place.clone() });
            }
            Command::Design(design) => {
                let run = RunId { design, ..self.place.run };
                let mut place = Place { run, ..self.place.clone() };
                if run != self.place.run {
                    place.thing = place.thing.under_another_design();
                    place.inside &= place.thing == self.place.thing;
                }
                self.go(place);
            }
            Command::Write(file) => {
                let file = Some(PathBuf::from(file));
                self.outside.push(Outside::Write(self.place.run.world, file));
            }
            Command::Diff(one, other) => {
                let run = RunId { world: other, ..self.place.run };
                self.columns = Columns::Worlds(one);
                self.go(Place { run, view: View::Compare, inside: false, ..self.place.clone() });
            }
            Command::Export(what) => self.outside.push(Outside::Export(what)),
            Command::Filter(text) => self.filter(&text),
            Command::Columns(columns) => {
                self.columns = columns.map_or(Columns::Designs, Columns::Worlds);
                self.seek(Goal::At(self.place.cursor));
            }
            Command::Theme(theme) => self.look.theme = theme,
            Command::Glyphs(glyphs) => self.look.glyphs = glyphs,
            Command::Mouse(is_on) => self.outside.push(Outside::Mouse(is_on)),
            Command::Memory(bytes) => {
                self.memory = bytes;
                self.say(format!("{} MiB for keyframes", bytes >> 20));
            }
            Command::Ahead(is_on) => self.ahead = is_on,
            Command::Reload => self.outside.push(Outside::Reload),
            Command::OpenFile(file) => self.outside.push(Outside::Open(file.into())),
            Command::Address => {
                let address = self.address(snapshot);
                self.say(address);
            }
        }
        Ok(())
    }

    /// Makes a change of the world that is shown, right after the cursor.
    ///
    /// # Errors
    ///
    /// Why the scenario's language refuses it.
    pub fn begin(
        &mut self,
        wanted: &Wanted,
        only: Option<usize>,
        snapshot: &Snapshot,
    ) -> Result<(), String> {
        let at = self.change_at();
        let recipe = Arc::clone(&self.worlds.get(self.place.run.world).recipe);
        let known = snapshot.run(self.place.run);
        if let (Wanted::End(fault), Some(known)) = (wanted, known) {
            acts(fault, at, known)?;
        }
        let text = wanted.text(at, &recipe.scenario);
        let change = recipe.change(&text, only).map_err(|why| why.to_string())?;
        let overlap = change.what.deed.begun().zip(known).and_then(|(fault, known)| {
            overlap(fault, at, known, &recipe.scenario)
                .or_else(|| idle(fault, known, &recipe.scenario))
        });
        let (name, about) = told(wanted, at);
        self.change(change, name, about);
        if let (Some(overlap), Some(message)) = (overlap, &mut self.message) {
            *message = format!("{message}. {overlap}");
        }
        Ok(())
    }

    /// When a change acts that is made now: after all that happens at the cursor.
    pub fn change_at(&self) -> Time {
        Time(self.place.cursor.time.0.saturating_add(1))
    }

    /// A new world with these knobs from the start, on top of those that it has.
    ///
    /// # Errors
    ///
    /// Why the scenario cannot be read with them.
    pub fn turn_over(&mut self, turned: Vec<(String, String)>) -> Result<(), String> {
        let recipe = Arc::clone(&self.worlds.get(self.place.run.world).recipe);
        let mut set = recipe.set.clone();
        set.retain(|(name, _)| !turned.iter().any(|(other, _)| other == name));
        let words: Vec<String> =
            turned.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let is_word = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
        let name = turned.iter().map(|(name, value)| format!("{name}-{value}"));
        let name: String =
            name.collect::<Vec<_>>().join("-").chars().filter(|it| is_word(*it)).collect();
        set.extend(turned);
        let over = recipe.started_over(recipe.seed, set).map_err(|why| why.to_string())?;
        self.start_over(over, Some(name), format!("{} from the start", words.join(" ")));
        Ok(())
    }

    fn slowest(&self, flow: FlowIx, snapshot: &Snapshot) -> Option<OpId> {
        let known = snapshot.run(self.place.run)?;
        let now = self.place.cursor.time;
        let told = known.history.told().filter(|told| told.flow == flow && told.answered <= now);
        let slowest = told.max_by_key(|told| told.answered.0.saturating_sub(told.intended.0));
        slowest.map(|told| told.op)
    }
}

/// That a fault can be ended: it acts.
///
/// # Errors
///
/// When it does, and how there is none of it at all. One that is not known is not judged here.
fn acts(fault: &str, at: Time, known: &Known) -> Result<(), String> {
    let Some((_, windows)) = known.model.faults.iter().find(|(name, _)| *name == fault) else {
        return Ok(());
    };
    if windows.iter().any(|(from, to)| *from <= at && at < *to) {
        return Ok(());
    }
    let when = match (windows.iter().find(|(from, _)| *from > at), windows.last()) {
        (Some((from, _)), _) => format!("it begins at {}", words::instant(*from)),
        (None, Some((_, to))) => format!("it ended at {}", words::instant(*to)),
        (None, None) => "it never does".to_owned(),
    };
    Err(format!("{fault} does not act now, {when}: without {fault} takes it away"))
}

/// What to say of a fault that takes down who is down anyway.
fn overlap(fault: &Fault, at: Time, known: &Known, scenario: &Scenario) -> Option<String> {
    let target = downed(fault)?;
    let until = known.model.faults.acting(at).filter_map(|(other, (_, until))| {
        let other = downed(other)?;
        let meets = other.node == target.node
            && (other.instance.is_none() || other.instance == target.instance);
        meets.then_some(until)
    });
    let until = until.max()?;
    let node = &scenario.nodes[usize::from(target.node.0)].name;
    if until == Time::NEVER {
        return Some(format!("{node} is down for good anyway"));
    }
    let until_words = words::instant(until);
    let lasts = fault.lasts.as_ref().map(|lasts| at.0.saturating_add(lasts.mean() as u64));
    Some(match lasts.map(|end| end.saturating_sub(until.0)) {
        Some(0) => format!("{node} is down until {until_words} anyway: this adds nothing"),
        Some(more) => {
            format!(
                "{node} is down until {until_words} anyway: this adds {}",
                words::span(Span(more))
            )
        }
        None => format!("{node} is down until {until_words} anyway"),
    })
}

/// Why a fault of messages meets none, if as far as the run is known nothing ever went that way.
fn idle(fault: &Fault, known: &Known, scenario: &Scenario) -> Option<String> {
    let harms = fault.what.harms();
    let paths: Vec<&Path> = harms
        .iter()
        .filter_map(|harm| match harm {
            Harm::Messages(path, _) => Some(path),
            _ => None,
        })
        .collect();
    let first = *paths.first().filter(|_| paths.len() == harms.len())?;
    let meets = |from: &NodeIx, to: &NodeIx| {
        let is_on = |path: &&Path| {
            (path.from.contains(from) && path.to.contains(to))
                || (path.both && path.from.contains(to) && path.to.contains(from))
        };
        paths.iter().any(is_on)
    };
    let links = known.history.buckets.iter().flat_map(|bucket| &bucket.links);
    if links.clone().next().is_none() || links.into_iter().any(|it| meets(&it.from, &it.to)) {
        return None;
    }
    let name = |node: &NodeIx| scenario.nodes[usize::from(node.0)].name.as_str();
    let names = |nodes: &[NodeIx]| nodes.iter().map(name).collect::<Vec<_>>().join(", ");
    Some(format!(
        "nothing goes from {} to {} in this design: it meets no message",
        names(&first.from),
        names(&first.to)
    ))
}

/// Whom a fault takes down, if it does that.
fn downed(fault: &Fault) -> Option<Target> {
    fault.what.harms().into_iter().find_map(|harm| match harm {
        Harm::Instances(target, Ailment::Down { .. }) => Some(target),
        _ => None,
    })
}

/// The name of a world after the change that makes it, and the change in words.
fn told(wanted: &Wanted, at: Time) -> (Option<String>, String) {
    let when = words::instant(at);
    match wanted {
        Wanted::Begin { what, lasts } => {
            let lasts =
                lasts.as_ref().map_or("for good".to_owned(), |lasts| format!("for {lasts}"));
            (None, format!("{what} at {when} {lasts}"))
        }
        Wanted::End(fault) => (None, format!("end of {fault} at {when}")),
        Wanted::Without(fault) => (None, format!("without {fault} from {when} on")),
        Wanted::Set(knobs) => {
            let set: Vec<String> =
                knobs.iter().map(|(name, value)| format!("{name}={value}")).collect();
            (None, format!("{} from {} on", set.join(" "), seconds(at)))
        }
    }
}
