//! What RabbitMQ waits for.

use crate::nodes::broker;
use crate::nodes::message::timers;
use crate::nodes::parts::slab::Handle;

timers! {
    /// What RabbitMQ waits for.
    pub enum Due {
        /// Look for consumers of this channel that hold something and were silent for too long.
        Silence(channel: u32) = 30 periodic,
        /// A message that was put aside comes back to its queue.
        Back(aside: Handle) = 61,
        /// The time of the message at the head of this channel is over.
        Expire(channel: u32) = 70,
        /// This channel had no consumer for too long.
        Unused(channel: u32) = 71 periodic,
        /// Something happens by itself to the members of quorum queues; counts.
        Turn(turn: u32) = 72,
        /// This member has been silent for so long that others notice; counts its silences.
        Missed { replica: u32, silence: u32 } = 73,
    }
    parts {
        /// What it is sent.
        Intake(broker::Due),
    }
}
