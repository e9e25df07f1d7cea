//! What the transactions of a `Kafka` are set to, and what Kafka refuses of their producers and consumers. Knows
//! nothing of brokers and groups.

use super::{Acks, Committing};
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

const PRODUCER_PAGE: &str = "https://kafka.apache.org/41/configuration/producer-configs";
const CONSUMER_PAGE: &str = "https://kafka.apache.org/41/configuration/consumer-configs";

/// `transaction.max.timeout.ms` of the brokers: 15 minutes.
const LONGEST: Span = Span(900_000_000_000);

/// Transactions of consumers that publish what they make of a batch together with its offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transactions {
    /// Do consumers read only what was committed? Else they read what is aborted too.
    pub read_committed: bool,
    /// One that is open for so long is aborted.
    pub timeout: Span,
}

/// What a transaction depends on, as it was read.
pub(super) struct Beside {
    pub(super) acks: Acks,
    /// Do brokers know what is sent again?
    pub(super) is_idempotent: bool,
    pub(super) shares: bool,
    pub(super) by_hand: Option<Committing>,
}

impl<'a> Reader<'a> {
    /// What is set of transactions, if there are any.
    #[expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]
    pub(super) fn transactions(
        &mut self,
        fields: &Fields<'a>,
        beside: &Beside,
    ) -> Option<Option<Transactions>> {
        let is_transactional = self.setting(fields, "transactional", Self::flag);
        let levels = [("ReadUncommitted", false), ("ReadCommitted", true)];
        let read_committed = self.setting(fields, "isolation_level", |reader, value| {
            reader.one_of(value, "an isolation level", &levels)
        });
        let timeout = self.setting(fields, "transaction_timeout", Self::transaction_timeout);
        let is_transactional = is_transactional?;
        let transactions = Transactions { read_committed: read_committed?, timeout: timeout? };
        if is_transactional {
            self.check_transactions(fields, beside);
        } else if !beside.shares {
            self.check_without(fields);
        }
        Some(is_transactional.then_some(transactions))
    }

    fn transaction_timeout(&mut self, value: &'a Value) -> Option<Span> {
        let timeout = self.positive_span(value)?;
        if timeout > LONGEST {
            let message = "the transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms)";
            self.wrong(Code::OutOfRange, value.head(), message)
                .help(format!("15m or less; see {PRODUCER_PAGE}"));
            return None;
        }
        Some(timeout)
    }

    /// What Kafka refuses of them, in its own words, or asks for, and what has no effect.
    fn check_transactions(&mut self, fields: &Fields<'a>, beside: &Beside) {
        let at = |field| fields.get(field).map_or(fields.head, Value::head);
        if beside.shares {
            let message = "share consumers have no offsets that a transaction could commit";
            self.wrong(Code::ProductRefuses, at("transactional"), message)
                .help("leave out `transactional` or `share_group` (KIP-932)");
            return;
        }
        if let Some(value) = fields.get("auto_commit_interval") {
            let message =
                "auto.commit.interval.ms has no effect: offsets are committed with transactions";
            self.wrong(Code::NoEffect, value.head(), message)
                .help(format!("leave it out; see {CONSUMER_PAGE}"));
        }
        let is_asked_for =
            fields.get("enable_idempotence").is_some_and(|it| self.flag(it) == Some(true));
        if !beside.is_idempotent && !is_asked_for {
            let why = match beside.acks {
                Acks::All if fields.get("enable_idempotence").is_none() => "max_in_flight_requests",
                Acks::All => "enable_idempotence",
                Acks::Leader | Acks::None => "acks",
            };
            let message = "cannot set a transactional.id without also enabling idempotence";
            self.wrong(Code::ProductRefuses, at(why), message).help(format!(
                "acks: All, at most 5 requests in flight, and no `enable_idempotence: false` (ConfigException); see {PRODUCER_PAGE}"
            ));
        }
        if let Some(value) = fields.get("enable_auto_commit")
            && self.flag(value) == Some(true)
        {
            let message =
                "enable.auto.commit = true would commit offsets outside of the transaction";
            self.wrong(Code::ProductRefuses, value.head(), message).help(
                "leave it out: offsets are committed with what is published (KafkaProducer.sendOffsetsToTransaction)",
            );
        }
        if beside.by_hand == Some(Committing::Before) {
            let message = "offsets are committed with the transaction, which ends after its records are handled";
            self.wrong(Code::ProductRefuses, at("commit"), message)
                .help("commit: Batch or Each (KafkaProducer.sendOffsetsToTransaction)");
        }
        if fields.get("isolation_level").is_none() {
            let message = "with isolation.level = read_uncommitted consumers read what transactions abort, too";
            self.wrong(Code::NoEffect, at("transactional"), message).help(format!(
                "isolation_level: ReadCommitted, or say that it is meant, ReadUncommitted; see {CONSUMER_PAGE}"
            ));
        }
    }

    fn check_without(&mut self, fields: &Fields<'a>) {
        for (product, field) in [
            ("isolation.level", "isolation_level"),
            ("transaction.timeout.ms", "transaction_timeout"),
        ] {
            if let Some(value) = fields.get(field) {
                let message = format!("{product} has no effect where nobody has transactions");
                self.wrong(Code::NoEffect, value.head(), message)
                    .help(format!("transactional: true; see {PRODUCER_PAGE}"));
            }
        }
    }
}
