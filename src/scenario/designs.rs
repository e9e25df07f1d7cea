//! The designs: which preset, over which broker, with which switches and exceptions.

#![expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]

use super::codes::Code;
use super::kinds::{KEEPING, Role, Use};
use super::known::{AskFact, Declared, Next};
use super::reader::{Fields, Reader};
use super::source::Extent;
use super::syntax::{Kind, Value};
use super::tree::{
    Cache, Carries, Design, Except, Flow, FlowIx, Keeping, NodeIx, Preset, Relaying,
};

const PRESETS: &[&str] = &["Rest", "PubSub", "Events"];

impl Preset {
    fn of(word: &str) -> Option<Self> {
        match word {
            "Rest" => Some(Self::Rest),
            "PubSub" => Some(Self::PubSub),
            "Events" => Some(Self::Events),
            _ => None,
        }
    }

    /// What its broker must be able to carry.
    fn needs(self) -> Option<Carries> {
        match self {
            Self::Rest => None,
            Self::PubSub => Some(Carries::Commands),
            Self::Events => Some(Carries::Events),
        }
    }
}

impl<'a> Reader<'a> {
    /// Reads one of the declared designs.
    pub(super) fn read_design(
        &mut self,
        declared: &Declared<'a, ()>,
        flows: Option<&[Flow]>,
    ) -> Option<Design> {
        let value = self.follow(declared.value)?;
        let Some(preset) = value.word().and_then(Preset::of) else {
            self.unknown_word(value, "a design", PRESETS);
            return None;
        };
        let (what, names): (&'static str, &[&'static str]) = match preset {
            Preset::Rest => ("Rest", &["dedup", "broker", "except"]),
            Preset::PubSub => {
                ("PubSub", &["broker", "outbox", "relay", "dedup", "cache", "except"])
            }
            Preset::Events => ("Events", &["broker", "relay", "dedup", "except"]),
        };
        let fields = self.fields(value, what, 0, names)?;
        let dedup = self.or(&fields, "dedup", preset != Preset::Rest, Self::flag);
        let outbox = match preset {
            Preset::PubSub => self.or(&fields, "outbox", false, Self::flag),
            Preset::Rest | Preset::Events => Some(preset == Preset::Events),
        };
        let relay = match preset {
            Preset::PubSub | Preset::Events => self.relay(&fields, outbox),
            Preset::Rest => Some(Relaying::Tailing),
        };
        let cache = match preset {
            Preset::PubSub => {
                let usual = Cache { keeping: Keeping::default(), versioned: false };
                self.unless_none(&fields, "cache", Some(usual), Self::cache)
            }
            Preset::Rest | Preset::Events => Some(None),
        };
        let except = self.or(&fields, "except", Vec::new(), Self::exceptions);
        let broker = self.broker(&fields, preset, except.as_deref().unwrap_or(&[]));
        let design = Design {
            name: declared.name.to_owned(),
            preset,
            broker: broker?,
            outbox: outbox?,
            relay: relay?,
            dedup: dedup?,
            cache: cache?,
            except: except?,
        };
        self.check_copies(declared.at, &design);
        self.check_joins(declared.at, &design);
        self.check_quorums(declared.at, &design);
        self.check_returns(declared.at, &design);
        self.check_transactional(declared.at, &design);
        self.check_keys(declared.at, &design, flows.unwrap_or_default());
        Some(design)
    }

    fn cache(&mut self, value: &'a Value) -> Option<Cache> {
        let [capacity, evict, ttl, jitter, sliding] = KEEPING;
        let names = &[capacity, evict, ttl, jitter, sliding, "versioned"];
        let fields = self.fields(value, "a cache", 0, names)?;
        let keeping = self.keeping(&fields, &Keeping::default());
        let versioned = self.or(&fields, "versioned", false, Self::flag);
        Some(Cache { keeping: keeping?, versioned: versioned? })
    }

    /// How the relay of an outbox learns of new rows, which needs an outbox.
    fn relay(&mut self, fields: &Fields<'a>, outbox: Option<bool>) -> Option<Relaying> {
        if let (Some(value), Some(false)) = (fields.get("relay"), outbox) {
            let message = "there is no outbox that could be relayed";
            self.wrong(Code::MissingField, value.head(), message).help("say outbox: true");
        }
        self.or(fields, "relay", Relaying::Tailing, Self::relaying)
    }

    fn relaying(&mut self, value: &'a Value) -> Option<Relaying> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Tailing"), Kind::Word(_)) => Some(Relaying::Tailing),
            (Some("Polling"), _) => {
                let fields = self.fields(value, "Polling", 1, &["every"])?;
                self.must(&fields, "every", Self::positive_span).map(Relaying::Polling)
            }
            _ => {
                self.unknown_word(value, "a relay", &["Tailing", "Polling"]);
                None
            }
        }
    }

    /// The broker: named, or the only one that can carry the design, or that is usual for it; `None` only
    /// where nothing needs one.
    fn broker(
        &mut self,
        fields: &Fields<'a>,
        preset: Preset,
        except: &[Except],
    ) -> Option<Option<NodeIx>> {
        let mut needs: Vec<Carries> = std::iter::once(preset)
            .chain(except.iter().map(|except| except.preset))
            .filter_map(Preset::needs)
            .collect();
        needs.sort_unstable();
        needs.dedup();
        if needs.len() > 1 {
            let message = "a design sends commands or events, and this one would send both";
            self.wrong(Code::BrokerKind, fields.head, message)
                .help("make the exceptions Rest(), or of the design's own kind");
            return None;
        }
        if let Some(value) = fields.get("broker") {
            let (name, at) = self.text(value)?;
            let node = self.node_named(name, at, &Role::brokers())?;
            let role = self.known.node(node).role?;
            if let Some(&wanted) =
                needs.first().filter(|what| !role.about().is(Use::Broker(**what)))
            {
                let message = format!(
                    "{name:?} is {}, but this design's messages need {}",
                    role.about().phrase,
                    wanted.broker_words()
                );
                let mut choices = self
                    .known
                    .that_are(Use::Broker(wanted))
                    .map(|node| self.known.node_name(node))
                    .collect::<Vec<_>>();
                choices.truncate(8);
                let mistake = self.wrong(Code::BrokerKind, at, message);
                if role.about().is(Use::Outlet) {
                    let topic = format!("\"topic\": Sns(to: {name:?})");
                    mistake.help(format!("put a topic before it, {topic}, and name that"));
                } else if !choices.is_empty() {
                    mistake.help(format!("there is {}", choices.join(", ")));
                }
                return None;
            }
            return Some(needs.first().map(|_| node));
        }
        let Some(&wanted) = needs.first() else {
            return Some(None);
        };
        let candidates: Vec<NodeIx> = self.known.that_are(Use::Broker(wanted)).collect();
        let is_usual = |node: &NodeIx| {
            let role = self.known.node(*node).role;
            role.and_then(|role| role.about().carries()) == Some(wanted)
        };
        let usual: Vec<NodeIx> = candidates.iter().copied().filter(is_usual).collect();
        if let ([only], _) | (_, [only]) = (candidates.as_slice(), usual.as_slice()) {
            return Some(Some(*only));
        }
        let names: Vec<&str> = candidates.iter().map(|&node| self.known.node_name(node)).collect();
        let help = if names.is_empty() {
            format!("declare {} among the nodes", wanted.broker_words())
        } else {
            format!("say broker: {:?}", names[0])
        };
        let message = format!(
            "this design needs {} to carry its messages, and there are {}",
            wanted.broker_words(),
            names.len()
        );
        self.wrong(Code::BrokerKind, fields.head, message).help(help);
        None
    }

    /// `{ "payments": Rest(), "place-order/shipping": Rest() }`.
    fn exceptions(&mut self, value: &'a Value) -> Option<Vec<Except>> {
        let read: Vec<_> = self
            .entries(value, "exceptions")
            .into_iter()
            .map(|(name, at, value)| self.exception(name, at, value))
            .collect();
        read.into_iter().collect()
    }

    fn exception(&mut self, name: &str, at: Extent, value: &'a Value) -> Option<Except> {
        let value = self.follow(value)?;
        let preset = value.word().and_then(Preset::of);
        match preset {
            None => self.unknown_word(value, "a design", PRESETS),
            Some(_) => {
                self.fields(value, "an exception's design", 0, &[])?;
            }
        }
        let (flow, service) = match name.split_once('/') {
            Some((flow, service)) => (Some(self.flow_named(flow, at)), service),
            None => (None, name),
        };
        let service = self.node_named(service, at, &Role::that_are(Use::Service));
        let (flow, service) = (flow.map_or(Some(None), |flow| flow.map(Some))?, service?);
        let mut edges = self.known.edges.iter();
        if !edges.any(|(in_flow, to)| *to == service && flow.is_none_or(|flow| flow == *in_flow)) {
            let whom = self.known.node_name(service);
            let message = match flow {
                None => format!("no flow asks, tells or calls {whom:?}"),
                Some(flow) => format!(
                    "flow {:?} does not ask, tell or call {whom:?}",
                    self.known.flows[flow.0 as usize].name
                ),
            };
            self.wrong(Code::Unreached, at, message);
        }
        Some(Except { flow, service, preset: preset? })
    }

    /// Local copies live in the asker's store.
    fn check_copies(&mut self, at: Extent, design: &Design) {
        let copied = |ask: &AskFact| design.route(ask.flow, ask.owner) == Preset::Events;
        let homeless: Vec<AskFact> = self
            .known
            .asks
            .iter()
            .filter(|ask| copied(ask) && !self.known.node(ask.asker).store)
            .copied()
            .collect();
        for ask in homeless {
            let (asker, owner) = (self.known.node_name(ask.asker), self.known.node_name(ask.owner));
            let flow = self.known.flows[ask.flow.0 as usize].name;
            let message = format!(
                "{asker:?} has no store for the copy that its ask of {owner:?} reads in design {:?}",
                design.name
            );
            self.wrong(Code::CopyWithoutStore, at, message)
                .note(ask.at, format!("asked here, in flow {flow:?}"))
                .help(format!("give {asker:?} a store, or except {{ {owner:?}: Rest() }}"));
        }
    }

    /// Whoever waits for several branches counts them in a store.
    fn check_joins(&mut self, at: Extent, design: &Design) {
        let mut missing = Vec::new();
        for join in &self.known.joins {
            let routes = join.told.iter().map(|service| design.route(join.flow, *service));
            let travels: Vec<Preset> = routes.filter(|route| *route != Preset::Rest).collect();
            let waits: Vec<NodeIx> = match travels.as_slice() {
                [Preset::PubSub, _, ..] => vec![join.home],
                [_, _, ..] => {
                    let is_told = |who: &NodeIx| design.route(join.flow, *who) != Preset::Rest;
                    let by = |next: &Next| {
                        if is_told(&next.who) {
                            return vec![next.who];
                        }
                        let told = next.tells.iter().copied().filter(is_told);
                        std::iter::once(join.home).chain(told).collect()
                    };
                    join.next.iter().flat_map(by).collect()
                }
                _ => continue,
            };
            let without = waits.into_iter().find(|service| !self.known.node(*service).store);
            missing.extend(without.map(|service| (join.flow, service)));
        }
        for (flow, service) in missing {
            let (flow, who) = (&self.known.flows[flow.0 as usize], self.known.node_name(service));
            let (name, flow) = (flow.name, flow.at);
            let message = format!(
                "{who:?} waits for several branches in design {:?} and has no store to count them in",
                design.name
            );
            self.wrong(Code::JoinWithoutStore, at, message)
                .note(flow, format!("in flow {name:?}"))
                .help(format!("give {who:?} a store, or tell one after the other"));
        }
    }

    /// A relay does not know that a message can never be routed, and sends it until it is confirmed.
    fn check_returns(&mut self, at: Extent, design: &Design) {
        let Some(broker) = design.broker.filter(|broker| self.known.node(*broker).returns) else {
            return;
        };
        if design.outbox {
            let name = self.known.node_name(broker);
            let said = self.known.nodes[usize::from(broker.0)].at;
            let message = format!(
                "the outboxes of design {:?} send what {name:?} returns as unroutable again and again",
                design.name
            );
            self.wrong(Code::ForEver, at, message)
                .note(said, "with `mandatory: true`")
                .help("bind a queue to all that is published, or leave out `mandatory`");
        }
    }

    /// What goes by an outbox is published by its relay, outside of the transactions of consumers.
    fn check_transactional(&mut self, at: Extent, design: &Design) {
        let is_transactional = |broker: &NodeIx| self.known.node(*broker).transactional;
        let Some(broker) = design.broker.filter(is_transactional) else { return };
        let has_outbox = |service: NodeIx| self.known.node(service).store;
        if design.outbox && self.known.that_are(Use::Service).all(has_outbox) {
            let name = self.known.node_name(broker);
            let said = self.known.nodes[usize::from(broker.0)].at;
            let message = format!(
                "in design {:?} all goes by outboxes, whose relays publish outside of transactions",
                design.name
            );
            self.wrong(Code::NoEffect, at, message)
                .note(said, format!("{name:?} has `transactional: true`"))
                .help("PubSub() without `outbox`: there consumers publish themselves");
        }
    }

    /// Reads all designs; at least one is needed.
    pub(super) fn designs(
        &mut self,
        value: Option<&'a Value>,
        whole: Extent,
        flows: Option<&[Flow]>,
    ) -> Option<Vec<Design>> {
        let declared: Vec<Declared<'a, ()>> = self.declare(value, "designs");
        if declared.is_empty()
            && value.is_none_or(|value| matches!(&value.kind, Kind::Map(map) if map.is_empty()))
        {
            let at = value.map_or(whole, Value::head);
            self.wrong(Code::NothingToDo, at, "a scenario needs at least one design")
                .help("designs: { \"rest\": Rest(), \"pubsub\": PubSub(), \"events\": Events() }");
        }
        let designs: Vec<_> =
            declared.iter().map(|design| self.read_design(design, flows)).collect();
        designs.into_iter().collect()
    }
}

impl Design {
    /// How asks and tells to this service travel in this flow.
    pub fn route(&self, flow: FlowIx, service: NodeIx) -> Preset {
        let hit = |except: &&Except| {
            except.service == service && except.flow.is_none_or(|other| other == flow)
        };
        self.except.iter().rfind(hit).map_or(self.preset, |except| except.preset)
    }
}
