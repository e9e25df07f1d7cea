//! `Queue`: a message queue in few words, for scenarios that are about something else.

use super::{ABOUT, NodeKind, RabbitMq, Redrive, Usual, Word, settings};
use crate::scenario::reader::Reader;
use crate::scenario::syntax::Value;

pub(super) static WORD: Word = Word {
    word: "Queue",
    about: "RabbitMQ in few words: durable queues, one for each consuming service, persistent messages, \
        confirms, manual acknowledgements. What has no word here is as in a classic queue.",
    settings: &SETTINGS,
    left_out: "Replication (the one broker stands for a cluster that fails as one), dead-letter \
        exchanges (a dead letter is lost, or comes back by `redrive`), times to live, length limits and flow control, \
        priorities, and automatic acknowledgement.",
    example: "Queue(prefetch: 100, persist: Exp(\"0.5ms\"))",
    read: |reader, _, value| Some(NodeKind::RabbitMq(reader.queue(value)?)),
};

settings! {
    prefetch: "count, up to 65,535", Usual::Is("250"), "unacknowledged deliveries per consumer; 100 to 300 are usually best", "https://www.rabbitmq.com/docs/confirms";
    persist: "distribution", Usual::Is("\"1ms\""), "to store a message before its confirm";
    delivery_limit: "count, or `None`", Usual::Is("20"), "a message that came back more often than this is dead, `None` never: a limit of 2 makes three deliveries. 20 is the default of RabbitMQ 4's quorum queues", "https://www.rabbitmq.com/docs/quorum-queues";
    heartbeat: "duration", Usual::Is("\"60s\""), "a consumer not heard of for so long has lost its connection, and what it holds goes to others; it says that it lives twice as often", "https://www.rabbitmq.com/docs/heartbeats";
    consumer_timeout: "duration, or `None`", Usual::Is("\"30m\""), "a consumer that has held a message for so long loses its channel: all that it holds goes to others, and it subscribes anew", "https://www.rabbitmq.com/docs/consumers";
    redrive: "group", Usual::Unset("none"), "dead letters are kept, and come back to their queue as if they were new: `(after: \"30s\", times: 1)`; `times` (1 by default) is how often. Without it a dead letter is lost", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html";
    requeue_delay: "duration", Usual::Is("\"1s\""), "how long a consumer holds a message it could not process before it returns it";
}

impl<'a> Reader<'a> {
    fn queue(&mut self, value: &'a Value) -> Option<RabbitMq> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let prefetch =
            self.setting(&fields, "prefetch", |reader, value| reader.count(value, 1..=65_535));
        let persist = self.setting(&fields, "persist", Self::dist);
        let delivery_limit = self.optional(&fields, "delivery_limit", Self::places);
        let requeue_delay = self.setting(&fields, "requeue_delay", Self::span);
        let heartbeat = self.setting(&fields, "heartbeat", Self::heartbeat);
        let consumer_timeout = self.optional(&fields, "consumer_timeout", Self::positive_span);
        let redrive = self.optional(&fields, "redrive", Self::redrive);
        Some(RabbitMq {
            persist: persist?,
            prefetch: prefetch?,
            requeue_delay: requeue_delay?,
            delivery_limit: delivery_limit?,
            redrive: redrive?,
            heartbeat: heartbeat?,
            consumer_timeout: consumer_timeout?,
            ..RabbitMq::plain()
        })
    }

    /// `(after: "30s", times: 1)`.
    pub(super) fn redrive(&mut self, value: &'a Value) -> Option<Redrive> {
        let fields = self.fields(value, "a redrive", 0, &["after", "times"])?;
        let after = self.must(&fields, "after", Self::positive_span);
        let times = self.or(&fields, "times", 1, |reader, value| reader.count(value, 1..=u32::MAX));
        Some(Redrive { after: after?, times: times? })
    }
}
