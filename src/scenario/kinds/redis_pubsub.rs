//! Redis pub/sub, as the file describes it: a carrier that keeps nothing.

use super::{
    About, Breakable, Carries, Commit, Consume, Failed, Kind, NodeKind, Produce, Role, Style,
    Terms, Use, Usual, Word, settings,
};
use crate::base::{Dist, Span};
use crate::scenario::reader::Reader;
use crate::scenario::syntax::Value;

pub(super) static ABOUT: About = About {
    role: Role::RedisPubSub,
    name: "pubsub",
    phrase: "a Redis pubsub server",
    uses: &[Use::Broker(Carries::Events), Use::Broker(Carries::Commands)],
    breaks: &[Breakable::Process, Breakable::Workers],
    words: &[&WORD],
};

static WORD: Word = Word {
    word: "RedisPubSub",
    about: "Redis pub/sub: what is published goes to every connection that is subscribed at that moment, so \
        to each instance of a subscribing service, at most once, and is kept nowhere. What is published while no \
        instance of a service is connected is lost to it (reason `no_subscriber`), and so is what an instance \
        cannot process (reason `error`).",
    settings: &SETTINGS,
    left_out: "Output buffers and their limits, sharded channels and patterns, clusters, and Redis' single thread. \
        That a consumer is done is a message here that Redis does not want.",
    example: "RedisPubSub(work: \"0.1ms\")",
    read: |reader, _, value| Some(NodeKind::RedisPubSub(reader.redis_pubsub(value)?)),
};

settings! {
    work: "distribution", Usual::Is("\"0.05ms\""), "to pass a message on; the publisher is answered then";
}

/// A broker that passes messages on to whoever is there, and keeps nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct RedisPubSub {
    /// Time to pass a message on.
    pub work: Dist,
}

impl Kind for RedisPubSub {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn terms(&self) -> Option<Terms> {
        let produce = Produce { gather: None, confirm: true, overdue: None };
        let failed = Failed::Return(Span::ZERO);
        let consume = Consume { style: Style::Pushed, failed, commit: Commit::Each, beat: None };
        Some(Terms { produce, consume, has_topics: false, dead_letters: None })
    }
}

impl<'a> Reader<'a> {
    fn redis_pubsub(&mut self, value: &'a Value) -> Option<RedisPubSub> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let work = self.setting(&fields, "work", Self::dist);
        Some(RedisPubSub { work: work? })
    }
}
