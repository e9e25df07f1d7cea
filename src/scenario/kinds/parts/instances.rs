//! What kinds with several instances share: how many there are, workers and places of each, how
//! callers spread their calls over them, and where they register.

use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::kinds::{Role, Use};
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::{Kind, Value};
use crate::scenario::tree::NodeIx;

/// Instances of one node.
const MAX_INSTANCES: u32 = 10_000;
/// Workers, connections, waiting places of one instance.
const MAX_PLACES: u32 = 100_000_000;

/// How a caller picks the instance; it knows only its own outstanding calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balance {
    /// One after the other.
    RoundRobin,
    /// Uniformly at random.
    Random,
    /// The one with the fewest of the caller's outstanding calls, the first of equals.
    LeastOutstanding,
    /// The better of this many, drawn at random without replacement.
    Choices(u32),
    /// Always the same, drawn at random when a connection is made: as long as the connection lasts,
    /// which is so long at most. A Kubernetes Service balances so (connections, not requests).
    PerConnection(Option<Span>),
    /// So many shards, one after the other. Instance i belongs to shard i modulo their number; its
    /// first instance is called, the others get second copies.
    Shards(u32),
}

impl<'a> Reader<'a> {
    pub(in crate::scenario::kinds) fn instances(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 1..=MAX_INSTANCES)
    }

    pub(in crate::scenario::kinds) fn places(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 1..=MAX_PLACES)
    }

    pub(in crate::scenario::kinds) fn room(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 0..=MAX_PLACES)
    }

    pub(in crate::scenario::kinds) fn balance(&mut self, value: &'a Value) -> Option<Balance> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("RoundRobin"), Kind::Word(_)) => Some(Balance::RoundRobin),
            (Some("Random"), Kind::Word(_)) => Some(Balance::Random),
            (Some("LeastOutstanding"), Kind::Word(_)) => Some(Balance::LeastOutstanding),
            (Some("Choices"), _) => {
                let fields = self.fields(value, "Choices", 1, &["of"])?;
                self.must(&fields, "of", |reader, value| reader.count(value, 1..=MAX_INSTANCES))
                    .map(Balance::Choices)
            }
            (Some("PerConnection"), Kind::Word(_)) => Some(Balance::PerConnection(None)),
            (Some("PerConnection"), _) => {
                let fields = self.fields(value, "PerConnection", 1, &["max_age"])?;
                let age = self.maybe(&fields, "max_age", Self::positive_span);
                age.map(Balance::PerConnection)
            }
            (Some("Shards"), _) => {
                let fields = self.fields(value, "Shards", 1, &["of"])?;
                self.must(&fields, "of", |reader, value| reader.count(value, 1..=MAX_INSTANCES))
                    .map(Balance::Shards)
            }
            _ => {
                self.unknown_word(
                    value,
                    "a way to balance",
                    &[
                        "RoundRobin",
                        "Random",
                        "LeastOutstanding",
                        "Choices(2)",
                        "PerConnection",
                        "Shards(2)",
                    ],
                );
                None
            }
        }
    }

    /// Every shard needs an instance.
    pub(in crate::scenario::kinds) fn fills_shards(
        &mut self,
        fields: &Fields<'a>,
        balance: Option<Balance>,
        instances: Option<u32>,
    ) -> Option<()> {
        match (balance, instances, fields.get("balance")) {
            (Some(Balance::Shards(shards)), Some(instances), Some(value)) if shards > instances => {
                let message = format!("{instances} instances cannot be {shards} shards");
                self.wrong(Code::OutOfRange, value.head(), message).help(format!(
                    "instances: {shards}, or a multiple: the others get second copies"
                ));
                None
            }
            _ => Some(()),
        }
    }

    /// Where the instances of a service or gateway register.
    #[expect(clippy::option_option, reason = "the outer one says whether it could be read")]
    pub(in crate::scenario::kinds) fn registers_at(
        &mut self,
        fields: &Fields<'a>,
        balance: Option<Balance>,
    ) -> Option<Option<NodeIx>> {
        let registry = self.optional(fields, "registry", |reader, value| {
            reader.node(value, &Role::that_are(Use::Registry))
        })?;
        if let (Some(_), Some(Balance::Shards(_)), Some(value)) =
            (registry, balance, fields.get("balance"))
        {
            let message = "shards are made of all instances, and callers know only those that the registry lists";
            self.wrong(Code::OutOfRange, value.head(), message)
                .help("leave out `registry`, or balance otherwise");
            return None;
        }
        Some(registry)
    }
}
