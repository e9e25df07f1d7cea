//! Nodes: a room for each kind, and the table of kinds, which hands an event to its
//! instance. A node touches its own state, the immutable model and its [`Env`]; nothing else is
//! within its reach.

mod behaviour;
pub mod broker;
pub mod cache_server;
pub mod calls;
pub mod client;
pub mod database;
pub mod env;
pub mod kafka;
pub mod message;
pub mod parts;
pub mod pubsub;
pub mod quorum;
pub mod rabbitmq;
pub mod readings;
pub mod registry;
pub mod server;
pub mod sns;
pub mod sqs;
pub mod world;

pub use behaviour::Behaviour;
pub use env::Env;
pub use message::{Answer, Body, Due, Item, Message, Op, Seen, Timer};
pub use parts::slab::{Handle, Slab};
pub use readings::{Reading, Readings, readings};
pub use world::World;

use self::behaviour::{Tables, own};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::{OpId, Probe};
use crate::scenario::tree::NodeKind;

behaviour::nodes! {
    mostly Server;
    server: Server for Gateway | Service,
    client: Client for Client,
    database: Database for Database,
    cache_server: CacheServer for Cache,
    quorum: Quorum for Quorum,
    rabbitmq: RabbitMq for RabbitMq,
    kafka: Kafka for Kafka,
    sqs: Sqs for Sqs,
    sns: Sns for Sns,
    pubsub: RedisPubSub for RedisPubSub,
    registry: Registry for Registry,
}
