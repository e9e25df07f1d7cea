//! `RabbitMq`: the product's own settings, by its names, and which of them it refuses together.

#![expect(clippy::option_option, reason = "the outer `None` is a mistake that was noted")]

use super::{
    ABOUT, DeadLetters, DelayedRetry, Length, NodeKind, Overflow, QUORUM_MAX, QuorumQueue,
    RabbitMq, Returns, Role, Use, Usual, Word, settings,
};
use crate::base::{Dist, Span};
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;
use crate::scenario::tree::{FlowIx, Node};

pub(super) static WORD: Word = Word {
    word: "RabbitMq",
    about: "RabbitMQ 4.3: a durable queue for each consuming service, bound to the exchanges of those \
        whose messages it handles; persistent messages, publisher confirms. \
        `scenarios/brokers/` has what it is known for.",
    settings: &SETTINGS,
    left_out: "Exchanges that are bound to exchanges, that several services publish to, and alternate ones (a service \
        has one exchange, and one queue), the invalidation of caches, which is a fanout to queues that nobody keeps, the cycles by which classic queues keep low priorities from starving, times to live that end \
        behind the head of a quorum queue, federation and shovel, \
        streams (a `Kafka` with one partition), MQTT and STOMP, lazy queues, message store files and \
        sizes in bytes.",
    example: "RabbitMq(prefetch_count: 100, persist: Exp(\"5ms\"))",
    read: |reader, index, value| Some(NodeKind::RabbitMq(reader.rabbitmq(index, value)?)),
};

settings! {
    queue_type: "`Classic` or `Quorum`", Usual::Is("Classic"), "`Classic`: one broker has them, and what comes back has its old place. `Quorum`: they are replicated, what comes back is delivered before all else, in the order in which it came, and prefetch ends at 2,000", "https://www.rabbitmq.com/docs/quorum-queues";
    quorum_initial_group_size: "count, up to 64", Usual::Unset("3 for quorum queues"), "members of a quorum queue, each on a broker of its own: the instances of this node. A majority of them confirms, and a minority stops", "https://www.rabbitmq.com/docs/quorum-queues";
    replicate: "distribution", Usual::Unset("2ms for quorum queues"), "until a follower has what its leader appended";
    election: "duration", Usual::Unset("5s for quorum queues"), "from a leader's silence until the others have noticed, and have elected another";
    persist: "distribution", Usual::Is("\"1ms\""), "to store a message before its confirm; disks write in batches, so up to a few hundred milliseconds", "https://www.rabbitmq.com/docs/confirms";
    prefetch_count: "count, up to 65,535", Usual::Is("0"), "deliveries that a consumer may hold unacknowledged, 0 any number; 100 to 300 are usually best. Consumers below it are served in turn, ahead of their pace", "https://www.rabbitmq.com/docs/consumer-prefetch";
    auto_ack: "flag", Usual::Is("false"), "is a message acknowledged by being sent? Then nothing bounds what a consumer is sent, and what it had not processed dies with it", "https://www.rabbitmq.com/docs/confirms";
    returns: "`Nack`, `Reject` or `Discard`", Usual::Is("Nack"), "how a consumer gives back what it could not process: `basic.nack` with `requeue`, which no longer counts (4.3); `basic.reject` with `requeue`, which counts; or without `requeue`, which makes it a dead letter at once", "https://www.rabbitmq.com/docs/nack";
    requeue_delay: "duration", Usual::Is("\"0s\""), "how long a consumer holds what it could not process before it gives it back";
    delivery_limit: "count, or `None`", Usual::Unset("20 for quorum queues"), "a message that failed more often than this is dead: a limit of 2 makes three deliveries. Rejections, lost connections and crashes count; quorum queues only", "https://www.rabbitmq.com/docs/quorum-queues";
    delayed_retry_type: "`Disabled`, `All`, `Failed` or `Returned`", Usual::Is("Disabled"), "which of what comes back waits in the broker before it is delivered again: what counts (`Failed`), what does not (`Returned`); quorum queues only (4.3)", "https://www.rabbitmq.com/docs/quorum-queues";
    delayed_retry_min: "duration", Usual::Unset("required with `delayed_retry_type`"), "it waits so long for each delivery that failed, and at least so long", "https://www.rabbitmq.com/docs/quorum-queues";
    delayed_retry_max: "duration", Usual::Unset("none"), "but no longer than this", "https://www.rabbitmq.com/docs/quorum-queues";
    max_length: "count", Usual::Unset("none"), "messages that may be ready in a queue; those with consumers are not among them", "https://www.rabbitmq.com/docs/maxlength";
    overflow: "`DropHead`, `RejectPublish` or `RejectPublishDlx`", Usual::Is("DropHead"), "what becomes of one more: the oldest makes room for it, and the publisher is told that all is well; or it is refused, and the publisher told so (`basic.nack`; copies in other queues stay); or refused and dead-lettered too (classic queues only)", "https://www.rabbitmq.com/docs/maxlength";
    message_ttl: "distribution", Usual::Unset("none"), "how long a message is kept in a queue; with a distribution messages differ (`expiration`). It leaves when it is at the head, whoever is before it", "https://www.rabbitmq.com/docs/ttl";
    expires: "duration", Usual::Unset("none"), "a queue that had no consumer for so long is deleted with what it holds, of which nothing is dead-lettered; a consumer that comes declares it anew", "https://www.rabbitmq.com/docs/ttl";
    dead_letter_exchange: "name of a service", Usual::Unset("dead letters are lost"), "the service whose queue is bound to it: it gets what was rejected, what is over its time, what found no room and what was delivered too often, and its worker time (`work`) is spent on each", "https://www.rabbitmq.com/docs/dlx";
    dead_letter_strategy: "`AtMostOnce` or `AtLeastOnce`", Usual::Is("AtMostOnce"), "does a dead letter stay in its queue until the other one has it, also while that is full? Needs quorum queues and `RejectPublish`", "https://www.rabbitmq.com/docs/quorum-queues";
    dead_letter_sends_back: "flag", Usual::Is("false"), "does that service send a dead letter to the queue where it died, when it has worked at it?";
    priority: "map of priorities by flow", Usual::Is("{}"), "the priority, up to 255, of all messages of a flow: `{ \"place-order\": 9 }`. Those with a higher one are served first, as far as they wait in the queue, so it takes a small `prefetch_count`; what comes back to a quorum queue goes before all. Without one a message has 0 in classic queues, and 4 in quorum queues", "https://www.rabbitmq.com/docs/4.3/priority";
    max_priority: "count, up to 255", Usual::Unset("none: classic queues do not look at priorities"), "how many priorities classic queues tell apart, from 0 on; what is higher counts as this. 2 to 4 are advised. Quorum queues always have 0 to 31", "https://www.rabbitmq.com/docs/4.3/priority";
    single_active_consumer: "flag", Usual::Is("false"), "does one consumer get all deliveries of a queue as long as it is there?", "https://www.rabbitmq.com/docs/consumers";
    consumer_priorities: "list of whole numbers", Usual::Is("[]"), "of each instance of a consuming service; 0 for those that are not there. Those with the highest are served first, until they hold what they may", "https://www.rabbitmq.com/docs/consumer-priority";
    consumer_timeout: "duration, or `None`", Usual::Unset("30m for quorum queues"), "a consumer that has held a message for so long is cancelled: all that it holds goes to others, and it subscribes anew; quorum queues only (4.3)", "https://www.rabbitmq.com/docs/consumers";
    heartbeat: "duration", Usual::Is("\"60s\""), "a consumer not heard of for so long has lost its connection, and what it holds goes to others; it says that it lives twice as often", "https://www.rabbitmq.com/docs/heartbeats";
    memory: "count of messages", Usual::Unset("any number"), "how many messages its memory has room for";
    vm_memory_high_watermark: "ratio", Usual::Is("\"60%\""), "while its messages take more of its memory than this, publishers are blocked; consumers go on, but for those that publish (replies of `PubSub`, say) before they acknowledge", "https://www.rabbitmq.com/docs/memory";
    exchanges: "map of exchanges by service", Usual::Is("{}"), "what a service publishes goes to the exchange of its name, and from there to the queues that are bound to it: `{ \"orders\": Topic({ \"mail\": [\"place-order.*.done\", \"*.*.refused\"] }) }`. Keys are FLOW.SERVICE.KIND, and `*` is one word, `#` any number. An exchange is `Direct`, `Topic`, `Fanout([\"mail\"])`, or `Headers({ \"mail\": All(flow: \"place-order\", kind: \"done\") })`, with `All` or `Any` of `flow`, `entity`, `service` and `kind`. One of which nothing is said is a fanout to all who handle what is published", "https://www.rabbitmq.com/docs/exchanges";
    mandatory: "flag", Usual::Is("false"), "is what can be routed nowhere returned to its publisher, for whom it has failed then?", "https://www.rabbitmq.com/docs/publishers";
}

const ATLEAST: &str = "https://www.rabbitmq.com/docs/quorum-queues#dead-lettering";

impl<'a> Reader<'a> {
    fn rabbitmq(&mut self, index: usize, value: &'a Value) -> Option<RabbitMq> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let is_quorum = self.setting(&fields, "queue_type", |reader, value| {
            reader.one_of(value, "a queue type", &[("Classic", false), ("Quorum", true)])
        });
        let group = self.group(&fields, is_quorum);
        if let Some(Some(group)) = &group {
            self.known.nodes[index].fact.instances = group.size;
        }
        let persist = self.setting(&fields, "persist", Self::dist);
        let prefetch = self
            .setting(&fields, "prefetch_count", |reader, value| reader.count(value, 0..=65_535));
        let auto_ack = self.setting(&fields, "auto_ack", Self::flag);
        let returns = self.setting(&fields, "returns", |reader, value| {
            let words = [
                ("Nack", Returns::Nack),
                ("Reject", Returns::Reject),
                ("Discard", Returns::Discard),
            ];
            reader.one_of(value, "a way to give a message back", &words)
        });
        let requeue_delay = self.setting(&fields, "requeue_delay", Self::span);
        let delivery_limit =
            self.only_quorum(&fields, is_quorum, "delivery_limit", Some(20), |it, value| {
                it.places(value)
            });
        let delayed_retry = self.delayed_retry(&fields, is_quorum, returns);
        let length = self.length(&fields, is_quorum);
        let message_ttl = self.optional(&fields, "message_ttl", Self::dist);
        let expires = self.optional(&fields, "expires", Self::positive_span);
        let dead_letters = self.dead_letters(&fields, is_quorum, length);
        let single_active_consumer = self.setting(&fields, "single_active_consumer", Self::flag);
        let ranks = self.setting(&fields, "priority", Self::ranks);
        let max_priority = self.optional(&fields, "max_priority", |reader, value| {
            reader.count(value, 1..=255).map(|max| max as u8)
        });
        let priorities = self.setting(&fields, "consumer_priorities", |reader, value| {
            let items = reader.list(value, "priorities", true)?;
            let read = |reader: &mut Self, item| reader.integer(item, -1_000_000..=1_000_000);
            items.iter().map(|item| Some(read(reader, item)? as i32)).collect::<Option<Vec<_>>>()
        });
        let half_hour = Some(Span(1_800_000_000_000));
        let consumer_timeout = self.only_quorum(
            &fields,
            is_quorum,
            "consumer_timeout",
            half_hour,
            Self::positive_span,
        );
        let heartbeat = self.setting(&fields, "heartbeat", Self::heartbeat);
        let memory =
            self.optional(&fields, "memory", |reader, value| reader.integer(value, 1..=i64::MAX));
        let watermark = self.setting(&fields, "vm_memory_high_watermark", Self::ratio);
        let exchanges = self.setting(&fields, "exchanges", Self::exchanges);
        let mandatory = self.setting(&fields, "mandatory", Self::flag);
        self.known.nodes[index].fact.returns = mandatory == Some(true);
        self.check_together(&fields, auto_ack, single_active_consumer, mandatory);
        let is_quorum = is_quorum?;
        let prefetch = match prefetch? {
            0 | 2_001.. if is_quorum => 2_000,
            count => count,
        };
        let watermark = watermark?;
        self.check_priorities(&fields, is_quorum);
        Some(RabbitMq {
            quorum: group?,
            persist: persist?,
            prefetch,
            auto_ack: auto_ack?,
            returns: returns?,
            requeue_delay: requeue_delay?,
            delivery_limit: delivery_limit?,
            delayed_retry: delayed_retry?,
            length: length?,
            message_ttl: message_ttl?,
            expires: expires?,
            redrive: None,
            dead_letters: dead_letters?.0,
            keeps_dead_letters: dead_letters?.1,
            single_active_consumer: single_active_consumer?,
            ranks: ranks?,
            max_priority: if is_quorum { Some(QUORUM_MAX) } else { max_priority? },
            priorities: priorities?,
            heartbeat: heartbeat?,
            consumer_timeout: consumer_timeout?,
            blocks_at: memory?.map(|memory| (memory as f64 * watermark) as u64),
            exchanges: exchanges?,
            mandatory: mandatory?,
        })
    }

    /// Settings that do nothing beside others, or cannot be together.
    fn check_together(
        &mut self,
        fields: &Fields<'a>,
        auto_ack: Option<bool>,
        single: Option<bool>,
        mandatory: Option<bool>,
    ) {
        let mut no_effect = |name: &'static str, because: &str, help: &str| {
            if let Some(value) = fields.get(name) {
                let message = format!("`{name}` has no effect: {because}");
                self.wrong(Code::NoEffect, value.head(), message).help(help);
            }
        };
        if fields.get("memory").is_none() {
            let help = "say how many messages there is room for, memory: 100_000";
            no_effect("vm_memory_high_watermark", "its memory has no bound", help);
        }
        if mandatory == Some(true)
            && !["exchanges", "expires"].iter().any(|it| fields.get(it).is_some())
        {
            let help =
                "bind something else, exchanges: { \"orders\": Topic({ ... }) }, or leave it out";
            no_effect("mandatory", "everything is routed to who handles it", help);
        }
        if single == Some(true) {
            let help = "leave one of the two out";
            no_effect("consumer_priorities", "a single consumer is active, the first", help);
        }
        if auto_ack == Some(true) {
            for name in [
                "prefetch_count",
                "returns",
                "delivery_limit",
                "delayed_retry_type",
                "consumer_timeout",
            ] {
                let help = "leave it out, or say auto_ack: false";
                no_effect(name, "what is sent is acknowledged", help);
            }
            if let Some(value) = fields.get("dead_letter_sends_back") {
                let message = "who consumes dead letters has not worked at what is acknowledged when it is sent";
                self.wrong(Code::ProductRefuses, value.head(), message)
                    .help("say auto_ack: false, so that it sends back what it has worked at");
            }
        }
    }

    /// How long a consumer may be silent. It says that it lives twice as often, which is to leave a run
    /// time for all else.
    pub(super) fn heartbeat(&mut self, value: &'a Value) -> Option<Span> {
        let heartbeat = self.positive_span(value)?;
        if heartbeat < Span(1_000_000) {
            let message = format!("a heartbeat of {heartbeat} is too short: at least 1ms");
            self.wrong(Code::OutOfRange, value.head(), message)
                .help("RabbitMQ counts it in seconds, and advises 5 s to 20 s");
            return None;
        }
        Some(heartbeat)
    }

    /// `{ "place-order": 9 }`.
    fn ranks(&mut self, value: &'a Value) -> Option<Vec<(FlowIx, u8)>> {
        let read = self.entries(value, "priorities").into_iter().map(|(name, at, value)| {
            let flow = self.flow_named(name, at);
            let priority = self.integer(value, 0..=255);
            Some((flow?, priority? as u8))
        });
        read.collect::<Vec<_>>().into_iter().collect()
    }

    /// Classic queues look at priorities where they are told to, quorum queues always.
    fn check_priorities(&mut self, fields: &Fields<'a>, is_quorum: bool) {
        let (name, message, help) = match fields.get("max_priority") {
            Some(_) if is_quorum => {
                ("max_priority", "quorum queues always have the priorities 0 to 31", "leave it out")
            }
            None if !is_quorum => {
                ("priority", "classic queues do not look at it", "say max_priority: 4")
            }
            _ => return,
        };
        if let Some(value) = fields.get(name) {
            let message = format!("`{name}` has no effect: {message}");
            self.wrong(Code::NoEffect, value.head(), message).help(help);
        }
    }

    /// Warns of priorities for consumers that no service has.
    pub(in crate::scenario) fn warn_of_idle_priorities(&mut self, nodes: &[Node]) {
        let services = nodes.iter().filter(|it| it.kind.about().is(Use::Service));
        let most = services.map(|it| it.kind.instances()).max().unwrap_or(0);
        for (place, node) in nodes.iter().enumerate() {
            let NodeKind::RabbitMq(rabbit) = &node.kind else { continue };
            let said = rabbit.priorities.len();
            if said > most as usize {
                let at = self.known.nodes[place].at;
                let message = format!(
                    "{said} `consumer_priorities`, and no service has more than {most} instances"
                );
                self.wrong(Code::NoEffect, at, message)
                    .help("there is one for each instance of a consuming service");
            }
        }
    }

    /// A setting that only quorum queues have, and what holds there where nothing is said.
    fn only_quorum<T>(
        &mut self,
        fields: &Fields<'a>,
        is_quorum: Option<bool>,
        name: &'static str,
        usual: Option<T>,
        read: impl FnOnce(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<Option<T>> {
        let said = self.unless_none(fields, name, usual, read)?;
        match (is_quorum?, fields.get(name)) {
            (true, _) => Some(said),
            (false, None) => Some(None),
            (false, Some(value)) => {
                let message =
                    format!("`{name}` is a setting of quorum queues, and these are classic");
                self.wrong(Code::ProductRefuses, value.head(), message)
                    .help("say queue_type: Quorum (https://www.rabbitmq.com/docs/quorum-queues)");
                None
            }
        }
    }

    fn group(
        &mut self,
        fields: &Fields<'a>,
        is_quorum: Option<bool>,
    ) -> Option<Option<QuorumQueue>> {
        let size = self.only_quorum(
            fields,
            is_quorum,
            "quorum_initial_group_size",
            Some(3),
            |reader, value| reader.count(value, 1..=64),
        );
        let usual = Some(Dist::Const(2e6));
        let replicate = self.only_quorum(fields, is_quorum, "replicate", usual, Self::dist);
        let usual = Some(Span(5_000_000_000));
        let election = self.only_quorum(fields, is_quorum, "election", usual, Self::positive_span);
        let (size, replicate, election) = (size?, replicate?, election?);
        Some(size.zip(replicate).zip(election).map(|((size, replicate), election)| QuorumQueue {
            size,
            replicate,
            election,
        }))
    }

    fn delayed_retry(
        &mut self,
        fields: &Fields<'a>,
        is_quorum: Option<bool>,
        returns: Option<Returns>,
    ) -> Option<Option<DelayedRetry>> {
        let kinds = [
            ("Disabled", None),
            ("All", Some((true, true))),
            ("Failed", Some((true, false))),
            ("Returned", Some((false, true))),
        ];
        let kind = self.setting(fields, "delayed_retry_type", |reader, value| {
            reader.one_of(value, "a kind of delayed retry", &kinds)
        })?;
        let min = self.maybe(fields, "delayed_retry_min", Self::positive_span)?;
        let max = self.maybe(fields, "delayed_retry_max", Self::positive_span)?;
        let Some((failed, returned)) = kind else {
            for name in ["delayed_retry_min", "delayed_retry_max"] {
                if let Some(value) = fields.get(name) {
                    let message = format!("`{name}` has no effect: delayed retry is disabled");
                    self.wrong(Code::NoEffect, value.head(), message)
                        .help("say delayed_retry_type: Failed");
                }
            }
            return Some(None);
        };
        let at = fields.get("delayed_retry_type").map_or(fields.head, Value::head);
        if !is_quorum? {
            self.wrong(Code::ProductRefuses, at, "classic queues have no delayed retry")
                .help("say queue_type: Quorum (https://www.rabbitmq.com/docs/quorum-queues)");
            return None;
        }
        let Some(min) = min else {
            self.wrong(Code::MissingField, at, "delayed retry needs the field `delayed_retry_min`")
                .help("delayed_retry_min: \"1s\"");
            return None;
        };
        if let Some(max) = max.filter(|max| *max < min) {
            let at = fields.get("delayed_retry_max").map_or(at, Value::head);
            let message = format!("all that comes back waits {max}: the shortest pause is longer");
            self.wrong(Code::NoEffect, at, message)
                .help(format!("make it longer than `delayed_retry_min`, which is {min}"));
        }
        let (idle, other) = match returns? {
            Returns::Nack => (!returned, "Returned"),
            Returns::Reject | Returns::Discard => (!failed, "Failed"),
        };
        if idle {
            let message = "no message waits that a consumer gives back: see `returns`";
            self.wrong(Code::NoEffect, at, message).help(format!(
                "say {other}, or All: `basic.nack` does not count as a failure, `basic.reject` and lost connections do"
            ));
        }
        Some(Some(DelayedRetry { failed, returned, min, max: max.unwrap_or(Span(u64::MAX)) }))
    }

    fn length(&mut self, fields: &Fields<'a>, is_quorum: Option<bool>) -> Option<Option<Length>> {
        let max =
            self.optional(fields, "max_length", |reader, value| reader.count(value, 1..=u32::MAX));
        let overflow = self.setting(fields, "overflow", |reader, value| {
            let words = [
                ("DropHead", Overflow::DropHead),
                ("RejectPublish", Overflow::RejectPublish),
                ("RejectPublishDlx", Overflow::RejectPublishDlx),
            ];
            reader.one_of(value, "an overflow behaviour", &words)
        })?;
        let at = fields.get("overflow").map_or(fields.head, Value::head);
        if overflow == Overflow::RejectPublishDlx && is_quorum? {
            self.wrong(
                Code::ProductRefuses,
                at,
                "quorum queues know `DropHead` and `RejectPublish` only",
            )
            .help("https://www.rabbitmq.com/docs/maxlength#overflow-behaviour");
            return None;
        }
        if let (Some(None), Some(value)) = (max, fields.get("overflow")) {
            let message = "`overflow` has no effect: the queues have no `max_length`";
            self.wrong(Code::NoEffect, value.head(), message).help("say max_length: 10_000");
        }
        Some(max?.map(|max| Length { max, overflow }))
    }

    fn dead_letters(
        &mut self,
        fields: &Fields<'a>,
        is_quorum: Option<bool>,
        length: Option<Option<Length>>,
    ) -> Option<(Option<DeadLetters>, bool)> {
        let to = self.optional(fields, "dead_letter_exchange", |reader, value| {
            reader.node(value, &Role::that_are(Use::Service))
        });
        let at_least_once = self.setting(fields, "dead_letter_strategy", |reader, value| {
            let words = [("AtMostOnce", false), ("AtLeastOnce", true)];
            reader.one_of(value, "a dead-letter strategy", &words)
        });
        let sends_back = self.setting(fields, "dead_letter_sends_back", Self::flag);
        let to = to?;
        for name in ["dead_letter_strategy", "dead_letter_sends_back"] {
            if let (None, Some(value)) = (to, fields.get(name)) {
                let message = format!("`{name}` has no effect: dead letters go nowhere");
                self.wrong(Code::NoEffect, value.head(), message)
                    .help("say who consumes them, dead_letter_exchange: \"service\"");
            }
        }
        let at_least_once = at_least_once?;
        if at_least_once {
            let at = fields.get("dead_letter_strategy").map_or(fields.head, Value::head);
            let rejects = length?.is_some_and(|it| it.overflow == Overflow::RejectPublish);
            if !is_quorum? || !rejects {
                let message = "dead letters are kept at least once by quorum queues that reject publications only";
                self.wrong(Code::ProductRefuses, at, message).help(format!(
                    "say queue_type: Quorum, max_length: 10_000, overflow: RejectPublish ({ATLEAST})"
                ));
                return None;
            }
        }
        let sends_back = sends_back?;
        Some((to.map(|to| DeadLetters { to, sends_back }), at_least_once))
    }
}
