//! Reads what stands behind a command's name: instants, operations, nodes, knobs. Every name that is not
//! there is refused with the one that was probably meant.

use super::{Command, Opened};
use crate::base::Time;
use crate::probes::witness::Item;
use crate::probes::{KeyId, OpId};
use crate::scenario::tree::{EntityIx, FlowIx, NodeIx, Scenario};
use crate::scenario::units::{self, Quantity};
use crate::tui::action::Action;
use crate::tui::change::Wanted;
use crate::tui::glyphs::Glyphs;
use crate::tui::names::{choice, memory, place};
use crate::tui::place::{View, WorldId};
use crate::tui::query::condition::Condition;
use crate::tui::session::{Session, Speed};
use crate::tui::theme::Theme;

/// On or off.
const SWITCH: [(&str, bool); 2] = [("on", true), ("off", false)];

/// Reads what stands behind a command.
pub(super) struct Reader<'a> {
    pub(super) session: &'a Session,
    pub(super) scenario: &'a Scenario,
}

impl Reader<'_> {
    pub(super) fn command(&self, name: &str, rest: &str) -> Result<Command, String> {
        Ok(match name {
            "goto" => return self.goto(rest),
            "run-until" | "run-back-until" => {
                Condition::read(rest, self.scenario)?;
                Command::Until { condition: rest.to_owned(), back: name == "run-back-until" }
            }
            "step" => Command::Step(number(rest)?),
            "speed" => Command::Speed(speed(rest)?),
            "open" => return self.open(rest),
            "op" => Command::Op(self.op(rest)?),
            "item" => Command::Item(self.item(rest)?),
            "slowest" => {
                let flows = self.scenario.flows.iter().map(|flow| flow.name.as_str());
                Command::Slowest(FlowIx(place("flow", rest, flows)? as u16))
            }
            "inject" => return self.inject(rest),
            "end" => Command::Change { wanted: Wanted::End(rest.to_owned()), only: None },
            "without" => match rest.rsplit_once('@') {
                Some((fault, at)) => Command::Without(fault.trim().to_owned(), Some(instant(at)?)),
                None => Command::Without(rest.to_owned(), None),
            },
            "set" => Command::Change { wanted: Wanted::Set(self.knobs(rest)?), only: None },
            "set!" => Command::StartOver(self.knobs(rest)?),
            "seed" => Command::Seed(number(rest)?),
            "world" => Command::World(self.world(rest)?),
            "design" => {
                let designs = self.scenario.designs.iter().map(|design| design.name.as_str());
                Command::Design(place("design", rest, designs)?)
            }
            "write" => Command::Write(rest.to_owned()),
            "diff" => {
                let (one, other) = rest.split_once(' ').ok_or("diff takes two worlds")?;
                Command::Diff(self.world(one)?, self.world(other.trim())?)
            }
            "export" => {
                let formats = ["csv", "svg", "text"].map(|word| (word, word));
                Command::Export(choice("a format", rest, &formats)?.to_owned())
            }
            "filter" => Command::Filter(rest.to_owned()),
            "columns" if rest == "designs" => Command::Columns(None),
            "columns" => Command::Columns(Some(self.world(rest)?)),
            "theme" => Command::Theme(choice("a theme", rest, &Theme::ALL)?),
            "glyphs" => Command::Glyphs(choice("a set", rest, &Glyphs::ALL)?),
            "mouse" => Command::Mouse(choice("a switch", rest, &SWITCH)?),
            "memory" => Command::Memory(memory(rest)?),
            "ahead" => Command::Ahead(choice("a switch", rest, &SWITCH)?),
            "reload" => Command::Reload,
            "address" => Command::Address,
            _ => unreachable!("{name} stands in the table"),
        })
    }

    fn goto(&self, rest: &str) -> Result<Command, String> {
        if rest == "end" {
            return Ok(Command::Act(Action::End));
        }
        if let Some(event) = rest.strip_prefix('#') {
            return Ok(Command::GotoEvent(number(event)?));
        }
        if rest.contains('#') {
            return Ok(Command::GotoOp(self.op(rest)?));
        }
        Ok(Command::Goto(instant(rest)?))
    }

    fn open(&self, rest: &str) -> Result<Command, String> {
        if std::path::Path::new(rest).extension().is_some_and(|it| it == "ron") {
            return Ok(Command::OpenFile(rest.to_owned()));
        }
        let mut words: Vec<&str> = rest.split_whitespace().collect();
        let kind = words.first().copied().filter(|word| ["node", "link"].contains(word));
        words.drain(..usize::from(kind.is_some() && words.len() > 1));
        match words.as_slice() {
            [from, to] => Ok(Command::Open(Opened::Link(self.node(from)?, self.node(to)?))),
            [one] => {
                let views = View::ALL.into_iter();
                let mut views = views.filter(|view| view.name().eq_ignore_ascii_case(one));
                if let Some(view) = views.next() {
                    return Ok(Command::Act(Action::View(view)));
                }
                let Some((name, instance)) = one.split_once('#') else {
                    return Ok(Command::Open(Opened::Node(self.node(one)?)));
                };
                let node = self.node(name)?;
                let (instance, has) =
                    (number(instance)?, self.scenario.nodes[usize::from(node.0)].kind.instances());
                if instance >= has {
                    return Err(format!("{name} has no instance {instance}: it has {has}"));
                }
                Ok(Command::Open(Opened::Instance(node, instance)))
            }
            _ => Err("open one node, or two for a link".to_owned()),
        }
    }

    fn inject(&self, rest: &str) -> Result<Command, String> {
        let (rest, only) = match rest.rsplit_once(" only ") {
            Some((rest, design)) => {
                let designs = self.scenario.designs.iter().map(|design| design.name.as_str());
                (rest, Some(place("design", design.trim(), designs)?))
            }
            None => (rest, None),
        };
        let (what, lasts) = match rest.rsplit_once(" for ") {
            Some((what, "good")) => (what, None),
            Some((what, lasts)) => (what, Some(lasts.trim().to_owned())),
            None => (rest, None),
        };
        let wanted = Wanted::Begin { what: what.trim().to_owned(), lasts };
        Ok(Command::Change { wanted, only })
    }

    /// `place-order#5638`, with the client before it where several send the flow: `web:place-order#5638`.
    fn op(&self, text: &str) -> Result<OpId, String> {
        let (name, number) = text.rsplit_once('#').ok_or("an operation is FLOW#NUMBER")?;
        let (client, flow) = name.split_once(':').map_or((None, name), |(a, b)| (Some(a), b));
        let flows = self.scenario.flows.iter().map(|flow| flow.name.as_str());
        let senders = crate::simulate::senders(self.scenario, place("flow", flow, flows)?);
        let number = self::number(number)?;
        if number >= 1 << 43 {
            return Err(format!("no client sends {number} operations"));
        }
        let names = || senders.iter().map(|(_, name)| *name);
        let at = match (client, senders.len()) {
            (Some(client), _) => place("client", client, names())?,
            (None, 0) => return Err(format!("no client sends {flow}")),
            (None, 1) => 0,
            (None, _) => {
                let say: Vec<String> = names().map(|name| format!("{name}:{text}")).collect();
                return Err(format!("several clients send {flow}: say {}", say.join(" or ")));
            }
        };
        Ok(OpId::new(senders[at].0, number))
    }

    /// `stock 1`, or `order place-order#5638`: what that operation created.
    fn item(&self, text: &str) -> Result<Item, String> {
        let (name, key) = text.split_once(' ').ok_or("an item is DATA NUMBER: stock 1")?;
        let entities = || self.scenario.entities.iter();
        let at = place("data", name, entities().map(|entity| entity.name.as_str()))?;
        let key = key.trim();
        let key = if key.contains('#') {
            KeyId::created_by(self.op(key)?)
        } else {
            let (number, keys) = (number(key)?, self.scenario.entities[at].keys);
            if number >= keys {
                return Err(format!("there are {keys} of {name} at the start, counted from 0"));
            }
            KeyId(number)
        };
        Ok(Item { entity: EntityIx(at as u16), key })
    }

    pub(super) fn node(&self, name: &str) -> Result<NodeIx, String> {
        let nodes = self.scenario.nodes.iter().map(|node| node.name.as_str());
        Ok(NodeIx(place("node", name, nodes)? as u16))
    }

    fn world(&self, name: &str) -> Result<WorldId, String> {
        let worlds: Vec<(WorldId, &str)> =
            self.session.worlds.iter().map(|(id, world)| (id, world.name.as_str())).collect();
        Ok(worlds[place("world", name, worlds.iter().map(|(_, name)| *name))?].0)
    }

    /// `rate=600/s demand=2`
    fn knobs(&self, text: &str) -> Result<Vec<(String, String)>, String> {
        let mut set: Vec<(String, String)> = Vec::new();
        for part in text.split_whitespace() {
            match (part.split_once('='), set.last_mut()) {
                (Some((name, value)), _) => {
                    let knobs = self.scenario.knobs.iter().map(|(name, _)| name.as_str());
                    place("knob", name, knobs)?;
                    set.push((name.to_owned(), value.to_owned()));
                }
                // What has blanks in it: `work=Exp("4 ms")`.
                (None, Some((_, value))) => *value = format!("{value} {part}"),
                (None, None) => return Err("say which knob: rate=600/s".to_owned()),
            }
        }
        Ok(set)
    }
}

fn number<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    let digits = text.trim().replace(['_', ' '], "");
    digits.parse().map_err(|_| format!("{text} is no number"))
}

/// A time since the run began: `21.4s`, `7_004ms`.
fn instant(text: &str) -> Result<Time, String> {
    match units::quantity(text.trim()) {
        Ok(Quantity::Duration(ns)) if (0.0..1e18).contains(&ns) => Ok(Time(ns.round() as u64)),
        _ => Err(format!("{} is no time: say 21.4s or 350ms", text.trim())),
    }
}

fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    let times: f64 = number(text.trim_end_matches('x'))?;
    if (0.001..=10_000.0).contains(&times) {
        return Ok(Speed::Times((times * 1000.0).round() as u32));
    }
    Err("a speed is from 0.001x to 10000x, or max".to_owned())
}
