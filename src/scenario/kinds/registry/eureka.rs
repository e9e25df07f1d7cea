//! `Eureka`: leases in the manner of Netflix Eureka, with its defaults.

use super::{Checks, Leases, NodeKind, Registry, Spread, Usual, Word, settings};
use crate::scenario::codes::Code;
use crate::scenario::reader::Reader;
use crate::scenario::syntax::Value;

pub(super) static WORD: Word = Word {
    word: "Eureka",
    about: "In the manner of Netflix Eureka 1.x with one server: instances renew leases, an \
        evictor looks for leases that have expired, callers fetch now and then what a \
        response cache holds. A paused instance goes on renewing, as Eureka's client has a \
        thread for it; a frozen one, or one that is cut off, loses its lease. A crash of the \
        registry loses all leases; for five minutes it tells nobody anything then, and \
        callers go on with what they have.",
    settings: &SETTINGS,
    left_out: "Several servers and their replication, statuses beside there and not there, zones, \
        Ribbon's own cache of the lists, delta fetches, and the work and queueing of the \
        registry itself.",
    example: "Eureka(heartbeat: \"10s\", fetch: \"10s\")",
    read: |reader, _, value| Some(NodeKind::Registry(reader.eureka(value)?)),
};

settings! {
    heartbeat: "duration, shorter than `lease`", Usual::Is("\"30s\""), "from one renewal to the next. The server expects as many", "https://github.com/Netflix/eureka/blob/master/eureka-client/src/main/java/com/netflix/appinfo/LeaseInfo.java";
    lease: "duration", Usual::Is("\"90s\""), "how long a lease lasts", "https://github.com/Netflix/eureka/blob/master/eureka-client/src/main/java/com/netflix/appinfo/LeaseInfo.java";
    lease_twice: "flag", Usual::Is("true"), "a renewed lease lasts twice as long (180 s), which Eureka's source calls a mistake and keeps", "https://github.com/Netflix/eureka/blob/master/eureka-core/src/main/java/com/netflix/eureka/lease/Lease.java";
    evict_every: "duration", Usual::Is("\"60s\""), "from one run of the evictor to the next", "https://github.com/Netflix/eureka/blob/master/eureka-core/src/main/java/com/netflix/eureka/DefaultEurekaServerConfig.java";
    response_cache: "duration, or `None`", Usual::Is("\"30s\""), "so often what callers are told is brought up to date; `None` is always", "https://github.com/Netflix/eureka/blob/master/eureka-core/src/main/java/com/netflix/eureka/DefaultEurekaServerConfig.java";
    fetch: "duration", Usual::Is("\"30s\""), "so often each caller asks", "https://github.com/Netflix/eureka/blob/master/eureka-client/src/main/java/com/netflix/discovery/DefaultEurekaClientConfig.java";
    self_preservation: "flag", Usual::Is("true"), "nothing is evicted unless the renewals of the last minute were more than `renewal_threshold` of those expected", "https://github.com/Netflix/eureka/blob/master/eureka-core/src/main/java/com/netflix/eureka/DefaultEurekaServerConfig.java";
    renewal_threshold: "ratio", Usual::Is("\"85%\""), "what share of the renewals is expected; also: of all that are registered so many are spared by each run of the evictor", "https://github.com/Netflix/eureka/blob/master/eureka-core/src/main/java/com/netflix/eureka/DefaultEurekaServerConfig.java";
}

impl<'a> Reader<'a> {
    /// Defaults: `LeaseInfo`, `DefaultEurekaServerConfig` and `DefaultEurekaClientConfig` of
    /// Netflix/eureka.
    pub(super) fn eureka(&mut self, value: &'a Value) -> Option<Registry> {
        let fields = self.settings(value, "an Eureka", &SETTINGS)?;
        let heartbeat = self.setting(&fields, "heartbeat", Self::positive_span);
        let lease = self.setting(&fields, "lease", Self::positive_span);
        let doubled = self.setting(&fields, "lease_twice", Self::flag);
        let evict_every = self.setting(&fields, "evict_every", Self::positive_span);
        let cache = self.optional(&fields, "response_cache", Self::positive_span);
        let every = self.setting(&fields, "fetch", Self::positive_span);
        let self_preservation = self.setting(&fields, "self_preservation", Self::flag);
        let renewal_threshold = self.setting(&fields, "renewal_threshold", Self::ratio);
        let leases = Leases {
            heartbeat: heartbeat?,
            lease: lease?,
            doubled: doubled?,
            evict_every: evict_every?,
            self_preservation: self_preservation?,
            renewal_threshold: renewal_threshold?,
        };
        if leases.heartbeat >= leases.lease {
            let at = fields.get("heartbeat").or(fields.get("lease"));
            let message = format!(
                "instances that renew their leases every {} lose them after {}",
                leases.heartbeat, leases.lease
            );
            self.wrong(Code::OutOfRange, at.map_or(fields.head, Value::head), message)
                .help("`heartbeat` must be shorter than `lease`");
        }
        Some(Registry {
            checks: Checks::Leases(leases),
            spread: Spread::Fetched { every: every?, cache: cache? },
        })
    }
}
