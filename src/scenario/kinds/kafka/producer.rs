//! What the producers of a `Kafka` may have under way, and whether brokers know it again.

use super::{Acks, Reader};
use crate::scenario::codes::Code;
use crate::scenario::reader::Fields;
use crate::scenario::syntax::Value;

/// An idempotent producer may have no more requests unanswered.
const MOST_IN_FLIGHT: u32 = 5;
const PAGE: &str = "https://kafka.apache.org/41/configuration/producer-configs";

impl<'a> Reader<'a> {
    /// How many requests may be unanswered, unless the producer is idempotent. As in `ProducerConfig`, it is not
    /// where something is set that contradicts that, unless it is asked for by name.
    pub(super) fn in_flight(&mut self, fields: &Fields<'a>, acks: Acks) -> Option<u32> {
        let is_idempotent = self.setting(fields, "enable_idempotence", Self::flag)?;
        let most = self.setting(fields, "max_in_flight_requests", Self::places)?;
        let is_asked_for = is_idempotent && fields.get("enable_idempotence").is_some();
        let at = |field| fields.get(field).map_or(fields.head, Value::head);
        if is_asked_for && acks != Acks::All {
            let message = "must set acks to all in order to use the idempotent producer; otherwise we cannot guarantee idempotence";
            self.wrong(Code::OutOfRange, at("acks"), message)
                .help(format!("acks: All (ConfigException); see {PAGE}"));
        }
        if is_asked_for && most > MOST_IN_FLIGHT {
            let message = "must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer";
            self.wrong(Code::OutOfRange, at("max_in_flight_requests"), message)
                .help(format!("5 or fewer (ConfigException); see {PAGE}"));
        }
        let knows_again = is_idempotent && acks == Acks::All && most <= MOST_IN_FLIGHT;
        (!knows_again).then_some(most)
    }
}
