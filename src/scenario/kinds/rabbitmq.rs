//! `RabbitMQ`, as the file describes it.

use super::{
    About, Breakable, Carries, Commit, Consume, Failed, Kind, NodeKind, Produce, Role, Style,
    Terms, Use, Usual, Word, settings,
};
use crate::base::{Dist, Span};
use crate::scenario::reader::Reader;
use crate::scenario::syntax::Value;

pub(super) static ABOUT: About = About {
    role: Role::RabbitMq,
    name: "rabbitmq",
    phrase: "a RabbitMQ broker",
    uses: &[Use::Broker(Carries::Commands), Use::Broker(Carries::Events)],
    breaks: &[Breakable::Process, Breakable::Workers],
    words: &[&WORD],
};

static WORD: Word = Word {
    word: "Queue",
    about: "A message queue in the manner of RabbitMQ: durable queues, one for each consuming \
        service, persistent messages, confirms, manual acknowledgements.",
    settings: &SETTINGS,
    left_out: "Replication (the one broker stands for a cluster that fails as one), dead-letter \
        exchanges (a dead letter is lost, or comes back by `redrive`), times to live, length limits and flow control, \
        priorities, and automatic acknowledgement.",
    example: "Queue(prefetch: 100, persist: Exp(\"0.5ms\"))",
    read: |reader, _, value| Some(NodeKind::RabbitMq(reader.rabbitmq(value)?)),
};

settings! {
    prefetch: "count, up to 65,535", Usual::Is("250"), "unacknowledged deliveries per consumer; 100 to 300 are usually best", "https://www.rabbitmq.com/docs/confirms";
    persist: "distribution", Usual::Is("\"1ms\""), "to store a message before its confirm";
    delivery_limit: "count, or `None`", Usual::Is("20"), "deliveries before a message is dead-lettered, `None` never. 20 is the default of RabbitMQ 4's quorum queues", "https://www.rabbitmq.com/docs/quorum-queues";
    heartbeat: "duration", Usual::Is("\"60s\""), "a consumer not heard of for so long has lost its connection, and what it holds goes to others; it says that it lives twice as often", "https://www.rabbitmq.com/docs/heartbeats";
    consumer_timeout: "duration, or `None`", Usual::Is("\"30m\""), "a consumer that has held a message for so long loses its channel: all that it holds goes to others, and it subscribes anew", "https://www.rabbitmq.com/docs/consumers";
    redrive: "group", Usual::Unset("none"), "dead letters are kept, and come back to their queue as if they were new: `(after: \"30s\", times: 1)`; `times` (1 by default) is how often. Without it a dead letter is lost", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html";
    requeue_delay: "duration", Usual::Is("\"1s\""), "how long a consumer holds a message it could not process before it returns it";
}

/// A message queue: one durable queue per consuming service, persistent messages, confirms, manual acks.
#[derive(Clone, Debug, PartialEq)]
pub struct RabbitMq {
    /// Unacknowledged deliveries per consumer.
    pub prefetch: u32,
    /// Time to store a message before its confirm.
    pub persist: Dist,
    /// A message is dead-lettered when it would be delivered more often than this; `None` never.
    pub delivery_limit: Option<u32>,
    /// How long a consumer holds a message it could not process before it returns it.
    pub requeue_delay: Span,
    /// A consumer that was not heard of for so long has lost its connection.
    pub heartbeat: Span,
    /// Whether, and when, dead letters come back.
    pub redrive: Option<Redrive>,
    /// What a consumer holds for so long is taken from it, with all else; `None` never.
    pub consumer_timeout: Option<Span>,
}

/// Dead letters come back to their queue, as if they were new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// So long after they were given up.
    pub after: Span,
    /// So often at most.
    pub times: u32,
}

impl Kind for RabbitMq {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn terms(&self) -> Option<Terms> {
        Some(Terms {
            produce: Produce { gather: None, confirm: true, overdue: None },
            consume: Consume {
                style: Style::Pushed,
                failed: Failed::Return(self.requeue_delay),
                commit: Commit::Each,
                beat: Some(Span(self.heartbeat.0.div_ceil(2))),
            },
        })
    }
}

impl<'a> Reader<'a> {
    fn rabbitmq(&mut self, value: &'a Value) -> Option<RabbitMq> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let prefetch =
            self.setting(&fields, "prefetch", |reader, value| reader.count(value, 1..=65_535));
        let persist = self.setting(&fields, "persist", Self::dist);
        let delivery_limit = self.optional(&fields, "delivery_limit", Self::places);
        let requeue_delay = self.setting(&fields, "requeue_delay", Self::span);
        let heartbeat = self.setting(&fields, "heartbeat", Self::positive_span);
        let consumer_timeout = self.optional(&fields, "consumer_timeout", Self::positive_span);
        let redrive = self.optional(&fields, "redrive", |reader, value| {
            let fields = reader.fields(value, "a redrive", 0, &["after", "times"])?;
            let after = reader.must(&fields, "after", Self::positive_span);
            let times =
                reader.or(&fields, "times", 1, |reader, value| reader.count(value, 1..=u32::MAX));
            Some(Redrive { after: after?, times: times? })
        });
        Some(RabbitMq {
            prefetch: prefetch?,
            persist: persist?,
            delivery_limit: delivery_limit?,
            requeue_delay: requeue_delay?,
            heartbeat: heartbeat?,
            consumer_timeout: consumer_timeout?,
            redrive: redrive?,
        })
    }
}
