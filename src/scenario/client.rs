//! Customers: when they come and what they do.

#![expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]

use super::codes::Code;
use super::known::Role;
use super::reader::{Fields, Reader};
use super::syntax::{Kind, Value};
use super::tree::{Action, Arrivals, Batch, Client, Journey, NodeIx};
use crate::base::Span;

/// Customers of one client.
const MAX_SESSIONS: u32 = 10_000_000;
/// Customers who come at once.
const MAX_BATCH: u32 = 1_000_000;

impl<'a> Reader<'a> {
    /// Reads a client.
    pub fn client(&mut self, index: usize, value: &'a Value) -> Option<Client> {
        let names = &["arrivals", "batch", "sessions", "journeys", "does", "via", "policy"];
        let fields = self.fields(value, "a client", 0, names)?;
        let arrivals = self.must(&fields, "arrivals", Self::arrivals);
        let batch = self.maybe(&fields, "batch", Self::batch);
        let sessions = self
            .or(&fields, "sessions", 1000, |reader, value| reader.count(value, 1..=MAX_SESSIONS));
        let journeys = self.journeys(&fields);
        let via = self.via(&fields);
        let policy = self.maybe(&fields, "policy", Self::policy);
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

    fn arrivals(&mut self, value: &'a Value) -> Option<Arrivals> {
        let value = self.follow(value)?;
        match value.word() {
            Some("Poisson") => {
                let fields = self.fields(value, "Poisson", 1, &["rate"])?;
                self.must(&fields, "rate", Self::rates).map(Arrivals::Poisson)
            }
            Some("Constant") => {
                let fields = self.fields(value, "Constant", 1, &["rate"])?;
                self.must(&fields, "rate", Self::rates).map(Arrivals::Constant)
            }
            Some("Gaps") => {
                let fields = self.fields(value, "Gaps", 1, &["gap"])?;
                self.must(&fields, "gap", Self::dist).map(Arrivals::Gaps)
            }
            Some("Closed") => {
                let fields = self.fields(value, "Closed", 0, &["customers", "think"])?;
                let customers = self.must(&fields, "customers", |reader, value| {
                    reader.count(value, 1..=MAX_SESSIONS)
                });
                let think = self.must(&fields, "think", Self::dist);
                Some(Arrivals::Closed { customers: customers?, think: think? })
            }
            _ => {
                self.unknown_word(
                    value,
                    "a way to arrive",
                    &["Poisson", "Constant", "Gaps", "Closed"],
                );
                None
            }
        }
    }

    /// How many customers come at once.
    fn batch(&mut self, value: &'a Value) -> Option<Batch> {
        let value = self.follow(value)?;
        match value.word() {
            Some("Uniform") => {
                let fields = self.fields(value, "Uniform", 2, &["low", "high"])?;
                let low = self.must(&fields, "low", Self::crowd);
                let high = self.must(&fields, "high", Self::crowd);
                let (low, high) = (low?, high?);
                if low > high {
                    self.wrong(Code::BadDistribution, fields.head, "`low` is above `high`");
                    return None;
                }
                Some(Batch::Uniform(low, high))
            }
            Some("Geometric") => {
                let fields = self.fields(value, "Geometric", 1, &["mean"])?;
                let (mean, at) =
                    self.must(&fields, "mean", |reader, value| reader.number(value, "a mean"))?;
                if !(1.0..=f64::from(MAX_BATCH)).contains(&mean) {
                    let message = format!("expected a mean from 1 to {MAX_BATCH}, found {mean}");
                    self.wrong(Code::OutOfRange, at, message);
                    return None;
                }
                Some(Batch::Geometric(mean))
            }
            Some(_) => {
                self.unknown_word(value, "a size of batches", &["Uniform", "Geometric"]);
                None
            }
            None => self.crowd(value).map(Batch::Fixed),
        }
    }

    fn crowd(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 1..=MAX_BATCH)
    }

    /// One rate, or `[(from, rate), ...]` beginning at 0.
    fn rates(&mut self, value: &'a Value) -> Option<Vec<(Span, f64)>> {
        let value = self.follow(value)?;
        let Kind::List(items) = &value.kind else {
            return self.positive_rate(value).map(|rate| vec![(Span::ZERO, rate)]);
        };
        let mut stretches: Vec<(Span, f64)> = Vec::new();
        let mut sound = true;
        for item in items {
            let Some(fields) =
                self.fields(item, "a stretch of constant rate", 2, &["from", "rate"])
            else {
                sound = false;
                continue;
            };
            let from = self.must(&fields, "from", Self::span);
            let rate = self.must(&fields, "rate", Self::rate);
            let (Some(from), Some((rate, _))) = (from, rate) else {
                sound = false;
                continue;
            };
            let fits = stretches.last().map_or(from == Span::ZERO, |(last, _)| from > *last);
            if sound && !fits {
                self.wrong(
                    Code::OutOfRange,
                    fields.get("from").map_or(fields.head, Value::head),
                    "stretches begin at 0 and go on in order of time",
                );
                sound = false;
            }
            stretches.push((from, rate));
        }
        if sound && stretches.iter().all(|(_, rate)| *rate == 0.0) {
            self.wrong(Code::OutOfRange, value.head(), "nobody ever comes: no rate is above 0");
            sound = false;
        }
        sound.then_some(stretches)
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
                Some(vec![Journey { name, weight: 1.0, actions: vec![Action::Do(flow)] }])
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
            actions.into_iter().collect::<Option<Vec<Action>>>()
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
                let fields = self.fields(value, "Do", 1, &["flow", "again"])?;
                let flow = self.must(&fields, "flow", Self::flow);
                let again = self.maybe(&fields, "again", Self::again);
                let (flow, again) = (flow?, again?);
                Some(match again {
                    Some(again) => Action::DoAgain(flow, again),
                    None => Action::Do(flow),
                })
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

    /// The gateway: the only one where none is named; `None` and `"direct"` go round it.
    fn via(&mut self, fields: &Fields<'a>) -> Option<Option<NodeIx>> {
        if fields.get("via").is_some() {
            return self
                .maybe(fields, "via", |reader, value| match reader.text(value)? {
                    ("direct", _) => Some(None),
                    (name, at) => reader.node_named(name, at, &[Role::Gateway]).map(Some),
                })
                .map(Option::flatten);
        }
        let gateways: Vec<NodeIx> = self.known.all(Role::Gateway).collect();
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
