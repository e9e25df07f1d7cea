//! What the consumer groups of a `Kafka` are set to: by which protocol they share out their partitions, when
//! a member counts as dead, and what Kafka refuses of that together. Knows nothing of brokers and producers.

use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

const CONSUMER_PAGE: &str = "https://kafka.apache.org/41/configuration/consumer-configs";
const PROTOCOL_PAGE: &str = "https://kafka.apache.org/41/operations/consumer-rebalance-protocol";

/// What each protocol alone is set by: as its product spells it, and as we do.
const CLASSIC_ONLY: &[(&str, &str)] = &[
    ("partition.assignment.strategy", "partition_assignment_strategy"),
    ("heartbeat.interval.ms", "heartbeat_interval"),
    ("session.timeout.ms", "session_timeout"),
];
const CONSUMER_ONLY: &[(&str, &str)] = &[
    ("group.consumer.session.timeout.ms", "group_consumer_session_timeout"),
    ("group.consumer.heartbeat.interval.ms", "group_consumer_heartbeat_interval"),
];

/// How a group shares its partitions out anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Everybody gives up everything, and is then given its range (`RangeAssignor`).
    Eager,
    /// Everybody keeps what stays, gives up what moves, and joins once more for who is to have that
    /// (`CooperativeStickyAssignor`, KIP-429).
    Cooperative,
    /// The broker tells each member by itself what it is to give up and to take (KIP-848).
    Consumer,
}

/// What groups are set to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Groups {
    pub(super) protocol: Protocol,
    pub(super) session_timeout: Span,
    pub(super) heartbeat: Span,
    pub(super) initial_rebalance_delay: Span,
}

impl<'a> Reader<'a> {
    pub(super) fn groups(&mut self, fields: &Fields<'a>) -> Option<Groups> {
        let is_new = self.setting(fields, "group_protocol", |reader, value| {
            reader.one_of(value, "a group protocol", &[("Classic", false), ("Consumer", true)])
        });
        let strategies = [("Range", Protocol::Eager), ("CooperativeSticky", Protocol::Cooperative)];
        let strategy = self.setting(fields, "partition_assignment_strategy", |reader, value| {
            reader.one_of(value, "a strategy of assignment", &strategies)
        });
        let mut span = |name| self.setting(fields, name, Self::positive_span);
        let (session, heartbeat) = (span("session_timeout"), span("heartbeat_interval"));
        let own_session = span("group_consumer_session_timeout");
        let own_heartbeat = span("group_consumer_heartbeat_interval");
        let delay = self.setting(fields, "group_initial_rebalance_delay", Self::span);
        let is_new = is_new?;
        let groups = Groups {
            protocol: if is_new { Protocol::Consumer } else { strategy? },
            session_timeout: if is_new { own_session? } else { session? },
            heartbeat: if is_new { own_heartbeat? } else { heartbeat? },
            initial_rebalance_delay: if is_new { Span::ZERO } else { delay? },
        };
        self.check_groups(fields, &groups);
        Some(groups)
    }

    /// What Kafka refuses, in its own words, and what has no effect.
    fn check_groups(&mut self, fields: &Fields<'a>, groups: &Groups) {
        let is_new = groups.protocol == Protocol::Consumer;
        let at = |field| fields.get(field).map_or(fields.head, Value::head);
        for (product, field) in CLASSIC_ONLY {
            if is_new && fields.get(field).is_some() {
                let message = format!("{product} cannot be set when group.protocol=CONSUMER");
                self.wrong(Code::ProductRefuses, at(field), message).help(format!(
                    "the broker decides: group_consumer_session_timeout, group_consumer_heartbeat_interval; see {PROTOCOL_PAGE}"
                ));
            }
        }
        for (product, field) in CONSUMER_ONLY {
            if !is_new && fields.get(field).is_some() {
                let message =
                    format!("{product} has no effect on groups of group.protocol=CLASSIC");
                self.wrong(Code::NoEffect, at(field), message)
                    .help(format!("group_protocol: Consumer; see {PROTOCOL_PAGE}"));
            }
        }
        if is_new && fields.get("group_initial_rebalance_delay").is_some() {
            let message = "group.initial.rebalance.delay.ms has no effect beside group.protocol=CONSUMER: nobody waits for anybody";
            self.wrong(Code::NoEffect, at("group_initial_rebalance_delay"), message)
                .help(format!("group_protocol: Classic; see {PROTOCOL_PAGE}"));
        }
        if groups.heartbeat >= groups.session_timeout {
            let (field, message) = if is_new {
                (
                    "group_consumer_heartbeat_interval",
                    "group.consumer.heartbeat.interval.ms must be less than group.consumer.session.timeout.ms",
                )
            } else {
                (
                    "heartbeat_interval",
                    "heartbeat.interval.ms must be set lower than session.timeout.ms",
                )
            };
            self.wrong(Code::OutOfRange, at(field), message)
                .help(format!("a third of it at most; see {CONSUMER_PAGE}"));
        }
    }
}
