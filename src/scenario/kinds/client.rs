//! `Client`: customers, when they come and what they do, as the file describes them.

#![expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]

use super::parts::MAX_SESSIONS;
use super::{About, Arrivals, Batch, Breakable, Kind, NodeKind, Role, Use, Usual, Word, settings};
use crate::base::Dist;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;
use crate::scenario::tree::{Backoff, FlowIx, NodeIx, PolicyIx};

pub(super) static ABOUT: About = About {
    role: Role::Client,
    name: "client",
    phrase: "a client",
    uses: &[],
    breaks: &[Breakable::Arrivals],
    words: &[&WORD],
};

static WORD: Word = Word {
    word: "Client",
    about: "Customers: they come, do their journeys, wait for each answer, and may come back after a \
        refusal. Latency counts from the moment when a customer means to send.",
    settings: &SETTINGS,
    left_out: "Customers who give up waiting (a `timeout` of their policy shows it), and places that they \
        come from.",
    example: "Client(arrivals: Poisson(\"200/s\"), does: \"place-order\")",
    read: |reader, index, value| Some(NodeKind::Client(reader.client(index, value)?)),
};

settings! {
    arrivals: "word", Usual::Required, "when journeys start, see [arrivals](../scenario.md#client)";
    batch: "count up to 1,000,000, `Uniform(1, 9)`, or `Geometric(5)`", Usual::Unset("1"), "customers who come at each instant of arrival, each with a journey of its own; `Geometric` is at least one, with this mean. Not with `Closed`";
    sessions: "count", Usual::Is("1_000"), "customers who share the journeys. Not with `Closed`, which has as many as customers";
    journeys: "map of `(weight, steps)`", Usual::Unset("this or `does`"), "what customers do in a row, see [journeys](../scenario.md#client)";
    does: "flow", Usual::Unset("this or `journeys`"), "a single journey of that one step";
    via: "gateway", Usual::Unset("the only gateway"), "`None` or `\"direct\"` goes round it. Required where there are several";
    policy: "name", Usual::Unset("none"), "the policy of its own calls, over `client`";
}
/// Customers: who sends which flows when.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// When journeys start.
    pub arrivals: Arrivals,
    /// How many customers come at each such instant; `None` is one.
    pub batch: Option<Batch>,
    /// How many customers share the journeys (open arrivals draw one of them each time).
    pub sessions: u32,
    /// What a customer does in a row; never empty.
    pub journeys: Vec<Journey>,
    /// The gateway it goes through; `None` calls the homes directly.
    pub via: Option<NodeIx>,
    /// The policy of its own calls.
    pub policy: Option<PolicyIx>,
}
/// What a customer does in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Journey {
    /// Its name.
    pub name: String,
    /// Relative frequency, positive.
    pub weight: f64,
    /// Its steps, at least one [`Action::Do`].
    pub actions: Vec<Action>,
}
/// A step of a journey.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Send a flow and wait for the answer.
    Do(Do),
    /// Wait.
    Think(Dist),
}

/// Something that a customer does on its journey.
#[derive(Clone, Debug, PartialEq)]
pub struct Do {
    /// The flow that is sent.
    pub flow: FlowIx,
    /// What is done after a refusal: the same again, or nothing.
    pub again: Option<Again>,
    /// After what became of the one before it this is done; it is passed over otherwise.
    pub after: After,
}

/// What became of what a customer did before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum After {
    /// Anything but a refusal: a customer who is told no does not go on, one who is told nothing
    /// looks whether it worked.
    #[default]
    NotRefused,
    /// It was done, in time or late.
    Done,
    /// It was refused.
    Refused,
    /// It failed, as far as the customer knows.
    Failed,
    /// Anything.
    Any,
}
/// What a customer does who was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Again {
    /// Tries in all, at least 1.
    pub tries: u32,
    /// Pause before the next try.
    pub backoff: Backoff,
}
impl Action {
    /// The flow that it sends, if it sends one.
    pub fn flow(&self) -> Option<FlowIx> {
        match self {
            Self::Do(Do { flow, .. }) => Some(*flow),
            Self::Think(_) => None,
        }
    }

    /// What is done after a refusal, if anything.
    pub fn again(&self) -> Option<&Again> {
        match self {
            Self::Do(Do { again, .. }) => again.as_ref(),
            Self::Think(_) => None,
        }
    }
}
impl Kind for Client {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}

impl<'a> Reader<'a> {
    fn client(&mut self, index: usize, value: &'a Value) -> Option<Client> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let arrivals = self.setting(&fields, "arrivals", Self::arrivals);
        let batch = self.optional(&fields, "batch", Self::batch);
        let sessions = self
            .setting(&fields, "sessions", |reader, value| reader.count(value, 1..=MAX_SESSIONS));
        let journeys = self.journeys(&fields);
        let via = self.via(&fields);
        let policy = self.optional(&fields, "policy", Self::policy);
        let (arrivals, mut sessions) = (arrivals?, sessions?);
        if let Arrivals::Closed { customers, .. } = arrivals {
            self.known.nodes[index].fact.closed = true;
            if let Some(given) = fields.get("sessions") {
                self.wrong(
                    Code::UnknownField,
                    given.head(),
                    "closed arrivals have as many sessions as customers",
                )
                .help("leave `sessions` out");
            }
            if let Some(given) = fields.get("batch").filter(|_| batch != Some(None)) {
                self.wrong(
                    Code::UnknownField,
                    given.head(),
                    "customers of a closed loop come one by one",
                )
                .help("leave `batch` out");
            }
            sessions = customers;
        }
        let batch = batch?;
        Some(Client { arrivals, batch, sessions, journeys: journeys?, via: via?, policy: policy? })
    }

    fn journeys(&mut self, fields: &Fields<'a>) -> Option<Vec<Journey>> {
        match (fields.get("journeys"), fields.get("does")) {
            (Some(journeys), None) => {
                let entries = self.entries(journeys, "journeys");
                if entries.is_empty() {
                    self.wrong(
                        Code::NothingToDo,
                        journeys.head(),
                        "a client needs at least one journey",
                    );
                    return None;
                }
                let journeys: Vec<_> = entries
                    .into_iter()
                    .map(|(name, at, value)| {
                        self.check_name(name, at);
                        self.journey(name, value)
                    })
                    .collect();
                journeys.into_iter().collect()
            }
            (None, Some(does)) => {
                let flow = self.flow(does)?;
                let name = self.known.flows[flow.0 as usize].name.to_owned();
                let only = Do { flow, again: None, after: After::default() };
                Some(vec![Journey { name, weight: 1.0, actions: vec![Action::Do(only)] }])
            }
            (Some(_), Some(does)) => {
                self.wrong(
                    Code::DuplicateField,
                    does.head(),
                    "a client has either `journeys` or `does`",
                );
                None
            }
            (None, None) => {
                self.wrong(Code::MissingField, fields.head, "a client needs the field `journeys`, or `does` for a single flow")
                    .help("does: \"flow\" or journeys: { \"name\": (steps: [Do(\"flow\"), Think(\"1s\"), ...]) }");
                None
            }
        }
    }

    fn journey(&mut self, name: &str, value: &'a Value) -> Option<Journey> {
        let fields = self.fields(value, "a journey", 0, &["weight", "steps"])?;
        let weight = self.or(&fields, "weight", 1.0, Self::positive);
        let actions = self.must(&fields, "steps", |reader, value| {
            let items = reader.list(value, "steps", true)?;
            let actions: Vec<_> = items.iter().map(|item| reader.action(item)).collect();
            let actions = actions.into_iter().collect::<Option<Vec<Action>>>()?;
            let first = actions.iter().zip(items).find(|(action, _)| action.flow().is_some());
            if let Some((Action::Do(Do { after: After::Refused | After::Failed, .. }), at)) = first
            {
                let message = "nothing is done before it that could be refused, or fail";
                reader
                    .wrong(Code::OutOfRange, at.head(), message)
                    .help("`after` is about the last Do before: leave it out of the first one");
                return None;
            }
            Some(actions)
        });
        let actions = actions?;
        if !actions.iter().any(|action| action.flow().is_some()) {
            self.wrong(Code::NothingToDo, fields.head, format!("journey {name:?} does nothing"))
                .help("a journey needs at least one Do(\"flow\")");
            return None;
        }
        Some(Journey { name: name.to_owned(), weight: weight?, actions })
    }

    fn action(&mut self, value: &'a Value) -> Option<Action> {
        let value = self.follow(value)?;
        match value.word() {
            Some("Do") => {
                let fields = self.fields(value, "Do", 1, &["flow", "again", "after"])?;
                let flow = self.must(&fields, "flow", Self::flow);
                let again = self.maybe(&fields, "again", Self::again);
                let after =
                    self.maybe(&fields, "after", Self::after).map(Option::unwrap_or_default);
                Some(Action::Do(Do { flow: flow?, again: again?, after: after? }))
            }
            Some("Think") => {
                let fields = self.fields(value, "Think", 1, &["time"])?;
                self.must(&fields, "time", Self::dist).map(Action::Think)
            }
            _ => {
                self.unknown_word(value, "a step of a journey", &["Do", "Think"]);
                None
            }
        }
    }

    fn after(&mut self, value: &'a Value) -> Option<After> {
        let value = self.follow(value)?;
        let words = [
            ("NotRefused", After::NotRefused),
            ("Done", After::Done),
            ("Refused", After::Refused),
            ("Failed", After::Failed),
            ("Any", After::Any),
        ];
        let found = words.iter().find(|(word, _)| value.word() == Some(word));
        if found.is_none() {
            self.unknown_word(value, "what became of a step", &words.map(|(word, _)| word));
        }
        found.map(|(_, after)| *after)
    }

    /// The gateway: the only one where none is named; `None` and `"direct"` go round it.
    fn via(&mut self, fields: &Fields<'a>) -> Option<Option<NodeIx>> {
        if fields.get("via").is_some() {
            return self
                .maybe(fields, "via", |reader, value| match reader.text(value)? {
                    ("direct", _) => Some(None),
                    (name, at) => {
                        reader.node_named(name, at, &Role::that_are(Use::Entrance)).map(Some)
                    }
                })
                .map(Option::flatten);
        }
        let gateways: Vec<NodeIx> = self.known.that_are(Use::Entrance).collect();
        if gateways.len() > 1 {
            let names: Vec<&str> =
                gateways.iter().map(|&node| self.known.node_name(node)).collect();
            self.wrong(
                Code::AmbiguousGateway,
                fields.head,
                format!("there are {} gateways", names.len()),
            )
            .help(format!(
                "say via: \"{}\", or via: None to go round them",
                names.join("\" or via: \"")
            ));
            return None;
        }
        Some(gateways.first().copied())
    }
}
