//! `RabbitMQ`, as the file describes it: by its own words (`settings`), and by the few of `Queue`
//! (`queue`).

mod exchanges;
mod queue;
mod settings;

pub use exchanges::{Binding, Exchange, Takes};

use super::{
    About, Breakable, Carries, Commit, Consume, Failed, Kind, NodeKind, Produce, Role, Style,
    Subject, Terms, Use, Usual, Word, settings,
};
use crate::base::{Dist, Span};
use crate::scenario::tree::{FlowIx, NodeIx};

pub(super) static ABOUT: About = About {
    role: Role::RabbitMq,
    name: "rabbitmq",
    phrase: "a RabbitMQ broker",
    uses: &[Use::Broker(Carries::Commands), Use::Broker(Carries::Events)],
    breaks: &[Breakable::Process, Breakable::Workers, Breakable::Work],
    words: &[&settings::WORD, &queue::WORD],
};

/// `RabbitMQ`: a durable queue for each consuming service, persistent messages, confirms.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of the product")]
pub struct RabbitMq {
    /// Its queues are replicated; `None`: classic queues.
    pub quorum: Option<QuorumQueue>,
    /// Time to store a message before its confirm.
    pub persist: Dist,
    /// Unacknowledged deliveries per consumer; 0 is any number.
    pub prefetch: u32,
    /// Is a message done with when it is sent to a consumer?
    pub auto_ack: bool,
    /// How a consumer gives back what it could not process.
    pub returns: Returns,
    /// How long a consumer holds a message it could not process before it gives it back.
    pub requeue_delay: Span,
    /// A message is dead-lettered when it would be delivered more often than this; `None` never.
    pub delivery_limit: Option<u32>,
    /// What comes back waits in the broker.
    pub delayed_retry: Option<DelayedRetry>,
    /// How many messages may be ready in a queue.
    pub length: Option<Length>,
    /// How long a message is kept in a queue; drawn for each.
    pub message_ttl: Option<Dist>,
    /// A queue without consumers is deleted after so long.
    pub expires: Option<Span>,
    /// Whether, and when, dead letters come back.
    pub redrive: Option<Redrive>,
    /// Who consumes dead letters.
    pub dead_letters: Option<DeadLetters>,
    /// Does a dead letter stay in its queue until it is taken in among the dead?
    pub keeps_dead_letters: bool,
    /// Does one consumer get all deliveries as long as it is there?
    pub single_active_consumer: bool,
    /// Of some flows, the priority of their messages.
    pub ranks: Vec<(FlowIx, u8)>,
    /// The highest priority that its queues tell apart; `None`: none.
    pub max_priority: Option<u8>,
    /// Of each instance of a consuming service, the priority of its consumer; 0 where none is said.
    pub priorities: Vec<i32>,
    /// A consumer that was not heard of for so long has lost its connection.
    pub heartbeat: Span,
    /// What a consumer holds for so long is taken from it, with all else; `None` never.
    pub consumer_timeout: Option<Span>,
    /// Publishers are blocked while it holds so many messages.
    pub blocks_at: Option<u64>,
    /// Exchanges of which something is said; all others are fanouts to whoever handles what is published.
    pub exchanges: Vec<Exchange>,
    /// Is what can be routed to no queue returned to its publisher?
    pub mandatory: bool,
}

impl RabbitMq {
    /// Classic queues in which nothing is bounded, and that store at once.
    pub fn plain() -> Self {
        Self {
            quorum: None,
            persist: Dist::Const(0.0),
            prefetch: 0,
            auto_ack: false,
            returns: Returns::Reject,
            requeue_delay: Span::ZERO,
            delivery_limit: None,
            delayed_retry: None,
            length: None,
            message_ttl: None,
            expires: None,
            redrive: None,
            dead_letters: None,
            keeps_dead_letters: false,
            single_active_consumer: false,
            ranks: Vec::new(),
            max_priority: None,
            priorities: Vec::new(),
            heartbeat: Span(60_000_000_000),
            consumer_timeout: None,
            blocks_at: None,
            exchanges: Vec::new(),
            mandatory: false,
        }
    }
}

impl RabbitMq {
    /// In which order the messages of a flow are served, the highest priority first: from 0. What is above the
    /// highest that there is counts as that.
    pub fn rank(&self, flow: FlowIx) -> u8 {
        let Some(max) = self.max_priority else { return 0 };
        let said = self.ranks.iter().find(|(known, _)| *known == flow);
        let usual = if self.quorum.is_some() { QUORUM_USUAL } else { 0 };
        max - said.map_or(usual, |(_, priority)| *priority).min(max)
    }
}

/// The highest priority of quorum queues.
const QUORUM_MAX: u8 = 31;
/// The priority that quorum queues give to messages that have none.
const QUORUM_USUAL: u8 = 4;

/// The members of quorum queues.
#[derive(Clone, Debug, PartialEq)]
pub struct QuorumQueue {
    /// How many there are, each on a broker of its own.
    pub size: u32,
    /// Until a follower has what the leader appends.
    pub replicate: Dist,
    /// From a leader's silence to another leader.
    pub election: Span,
}

/// How a consumer gives back what it could not process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// `basic.nack` with `requeue`: it is not counted.
    Nack,
    /// `basic.reject` with `requeue`: it is counted.
    Reject,
    /// Without `requeue`: it is a dead letter at once.
    Discard,
}

/// Which returns wait in the broker, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayedRetry {
    /// Those that are counted?
    pub failed: bool,
    /// Those that are not?
    pub returned: bool,
    /// So long for each delivery that failed, and at least so long.
    pub min: Span,
    /// At most so long.
    pub max: Span,
}

impl DelayedRetry {
    /// How long what failed so often waits, if returns of this kind wait.
    pub fn pause(self, counted: bool, failures: u32) -> Option<Span> {
        let waits = if counted { self.failed } else { self.returned };
        let pause = Span(self.min.0.saturating_mul(u64::from(failures.max(1)))).min(self.max);
        waits.then_some(pause)
    }
}

/// A bound on the messages that are ready in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// So many.
    pub max: u32,
    /// What becomes of one more.
    pub overflow: Overflow,
}

/// What becomes of a message that finds a queue full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The oldest makes room, and the publisher is told that all is well.
    DropHead,
    /// It is refused, and the publisher told so.
    RejectPublish,
    /// The same, and it is a dead letter.
    RejectPublishDlx,
}

/// Dead letters come back to their queue, as if they were new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// So long after they were given up.
    pub after: Span,
    /// So often at most.
    pub times: u32,
}

/// A service whose queue is bound to the dead-letter exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadLetters {
    /// Which service.
    pub to: NodeIx,
    /// Does it send what it has worked at to the queue where it died?
    pub sends_back: bool,
}

impl Kind for RabbitMq {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn instances(&self) -> u32 {
        self.quorum.as_ref().map_or(1, |group| group.size)
    }

    /// Clients are told by the first one who leads.
    fn callable(&self) -> u32 {
        1
    }

    fn outlives_itself(&self) -> bool {
        self.quorum.is_some()
    }

    fn bound(&self) -> Vec<NodeIx> {
        let all = self.exchanges.iter().flat_map(|it| &it.bindings).map(|it| it.to);
        all.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    }

    fn passes(&self, from: NodeIx, subject: &Subject<'_>, to: NodeIx) -> Option<bool> {
        let exchange = self.exchanges.iter().find(|it| it.of == from)?;
        Some(exchange.routes(subject, to))
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
            has_topics: false,
            dead_letters: self.dead_letters.map(|it| it.to),
        })
    }
}
