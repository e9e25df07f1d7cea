//! The kinds of node: a room for each, and the one table that lists them. A room holds all that the
//! file format knows of its kind: the words for it, its settings with their defaults, how they are
//! read, what of it can break, and what others may ask of it. Knows no behaviour: that is in `nodes`.

mod kind;
mod parts;
#[cfg(test)]
mod tests;

pub use kind::{About, Breakable, Kind, Use, Word};
pub(in crate::scenario) use parts::KEEPING;
pub use parts::{
    Arrivals, Balance, Batch, Cache, Carries, Commit, Consume, Discipline, Evict, Expiry, Failed,
    Followers, Gather, Header, Keeping, Life, Polls, Produce, Rates, Readers, Says, Stretch, Style,
    Subject, Terms, Wanted,
};

use super::setting::{Setting, Usual, settings};

kind::kinds! {
    client: Client(Client),
    gateway: Gateway(Gateway),
    service: Service(Service),
    database: Database(Database),
    cache: Cache(CacheServer),
    quorum: Quorum(Quorum),
    rabbitmq: RabbitMq(RabbitMq),
    kafka: Kafka(Kafka),
    sqs: Sqs(Sqs),
    sns: Sns(Sns),
    redis_pubsub: RedisPubSub(RedisPubSub),
    registry: Registry(Registry),
}

pub use cache::{Wait, Writes};
pub use client::{Action, After, Again, Do, Journey};
pub use gateway::{Limit, Quota, SharedCount};
pub use kafka::{
    Acks, CleanupPolicy, Cluster, Committing, Fetch, OffsetReset, Protocol, Retention, Share,
    Transactions,
};
pub use quorum::{Contact, Legs, Order};
pub use rabbitmq::{
    Binding, DeadLetters, DelayedRetry, Exchange, Length, Overflow, QuorumQueue, Redrive, Returns,
    Takes,
};
pub use registry::{Checks, Leases, Probes, Spread};
pub use sns::{BackoffFunction, DeliveryPolicy, Filter};
pub use sqs::MessageGroup;
