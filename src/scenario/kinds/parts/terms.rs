//! How a broker's clients behave: what its producers and its consumers do; and what brokers carry. Each
//! kind of broker says here once what its settings mean for others, so that nobody else asks which broker
//! it is. Refuses to know what goes on inside a broker.

use crate::base::Span;
use crate::scenario::kinds::{KINDS, Use};
use crate::scenario::tree::NodeIx;

/// The terms on which a broker is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What producers do.
    pub produce: Produce,
    /// What consumers do.
    pub consume: Consume,
    /// Has each producing service a topic of its own? Else all that is for a consumer comes in one queue.
    pub has_topics: bool,
    /// The service that consumes dead letters.
    pub dead_letters: Option<NodeIx>,
}

/// What the producers of a broker do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Produce {
    /// How the relay of an outbox gathers what it sends together; `None` sends each message at once.
    pub gather: Option<Gather>,
    /// Do they wait for the broker's confirm?
    pub confirm: bool,
    /// What is not confirmed for so long has failed, where no policy says otherwise; `None` leaves
    /// that to whoever waits.
    pub overdue: Option<Span>,
}

/// How messages are gathered to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gather {
    /// A batch is sent so long after its first message; more than 0.
    pub linger: Span,
    /// A batch of so many messages is sent at once; `None` is any number.
    pub batch: Option<u32>,
}

/// What the consumers of a broker do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consume {
    /// How messages come to a consumer.
    pub style: Style,
    /// What becomes of a message that could not be handled.
    pub failed: Failed,
    /// When the broker keeps what a consumer has handled.
    pub commit: Commit,
    /// How often a consumer says that it lives; `None` where it need not.
    pub beat: Option<Span>,
}

/// How messages come to a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The broker sends them, by itself.
    Pushed,
    /// The same, and ahead: who is done with one has the next already, and nothing is on the way between.
    Ahead,
    /// The consumer asks for them.
    Polled(Polls),
}

/// How a consumer asks for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polls {
    /// How long the broker waits for a message before it answers that there is none.
    pub wait: Span,
    /// For how many messages it asks at once; more than 0.
    pub batch: u32,
    /// From an answer that there is none to the next question.
    pub pause: Span,
    /// How often it says of a message in its hands that it needs longer; `None` never.
    pub extend: Option<Span>,
}

/// What becomes of a message that could not be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The consumer gives it back to the broker after this pause.
    Return(Span),
    /// The consumer tries it again itself after this pause; what comes behind it waits.
    InPlace(Span),
    /// The consumer leaves it: the broker finds out by itself.
    Leave,
}

impl Failed {
    /// From the failure to what is done about it.
    pub fn pause(self) -> Span {
        match self {
            Self::Return(pause) | Self::InPlace(pause) => pause,
            Self::Leave => Span::ZERO,
        }
    }
}

/// When the broker keeps what a consumer has handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// After each message.
    Each,
    /// At every multiple of this span since the consumer's start.
    Every(Span),
}

/// What a broker can carry. One that carries both names first what it is taken for where a design
/// names no broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carries {
    /// Messages to one handler each, as `PubSub` sends them.
    Commands,
    /// Messages to whoever has subscribed, as `Events` sends them.
    Events,
}

impl Carries {
    /// The brokers that carry this, with their articles.
    pub fn broker_words(self) -> String {
        let kinds = KINDS.iter().filter(|kind| kind.is(Use::Broker(self)));
        let phrases: Vec<&str> = kinds.map(|kind| kind.phrase).collect();
        phrases.join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dist;
    use crate::scenario::tree::{Acks, Kafka, Kind, RabbitMq};

    fn log() -> Kafka {
        Kafka {
            partitions: 3,
            append: Dist::Const(0.0),
            lag: None,
            acks: Acks::All,
            linger: Span::ZERO,
            batch: None,
            auto_commit: None,
            session_timeout: Span(45),
            heartbeat: Span(3),
            max_poll_interval: Span(300),
            static_members: false,
            retry_delay: Span(7),
            cluster: None,
        }
    }

    #[test]
    fn a_queue_gets_back_what_failed_and_a_log_does_not() {
        let queue = RabbitMq { requeue_delay: Span(5), heartbeat: Span(60), ..RabbitMq::plain() };
        let (queue, log) = (queue.terms().expect("a broker"), log().terms().expect("a broker"));
        assert_eq!(queue.consume.failed, Failed::Return(Span(5)));
        assert_eq!(log.consume.failed, Failed::InPlace(Span(7)));
        assert_eq!([queue, log].map(|terms| terms.consume.failed.pause()), [Span(5), Span(7)]);
        assert_eq!([queue, log].map(|terms| terms.consume.beat), [Some(Span(30)), Some(Span(3))]);
    }

    #[test]
    fn a_log_gathers_and_commits_now_and_then_only_if_it_is_told_to() {
        let plain = log().terms().expect("a broker");
        assert_eq!((plain.produce.gather, plain.consume.commit), (None, Commit::Each));
        let told = Kafka { linger: Span(9), batch: Some(4), auto_commit: Some(Span(8)), ..log() };
        let gather = Gather { linger: Span(9), batch: Some(4) };
        assert_eq!(told.terms().expect("a broker").produce.gather, Some(gather));
        assert_eq!(told.terms().expect("a broker").consume.commit, Commit::Every(Span(8)));
    }
}
