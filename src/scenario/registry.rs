//! Registries: what each of the three products takes, with its documented defaults.

use super::codes::Code;
use super::known::Role;
use super::reader::{Fields, Reader};
use super::syntax::Value;
use super::tree::{Balance, Checks, Leases, NodeIx, Probes, Registry, Spread};
use crate::base::{Dist, Span};

/// Failures or successes in a row.
const MAX_THRESHOLD: u32 = 1_000_000;
/// Of a check of Consul that names no timeout, and comes no more often.
const LONGEST_USUAL_TIMEOUT: Span = Span(10_000_000_000);
/// Consul deregisters no service that has been critical for less.
const SOONEST_DEREGISTRATION: Span = Span(60_000_000_000);

fn seconds(seconds: f64) -> Span {
    Span::from_secs(seconds)
}

impl<'a> Reader<'a> {
    /// `Eureka(...)`, `Kubernetes(...)` or `Consul(...)`.
    pub(super) fn registry(&mut self, value: &'a Value) -> Option<Registry> {
        let value = self.follow(value)?;
        match value.word() {
            Some("Eureka") => self.eureka(value),
            Some("Kubernetes") => self.kubernetes(value),
            _ => self.consul(value),
        }
    }

    /// Defaults: `LeaseInfo`, `DefaultEurekaServerConfig` and `DefaultEurekaClientConfig` of
    /// Netflix/eureka.
    fn eureka(&mut self, value: &'a Value) -> Option<Registry> {
        let names = &[
            "heartbeat",
            "lease",
            "lease_twice",
            "evict_every",
            "response_cache",
            "fetch",
            "self_preservation",
            "renewal_threshold",
        ];
        let fields = self.fields(value, "an Eureka", 0, names)?;
        let heartbeat = self.or(&fields, "heartbeat", seconds(30.0), Self::positive_span);
        let lease = self.or(&fields, "lease", seconds(90.0), Self::positive_span);
        let doubled = self.or(&fields, "lease_twice", true, Self::flag);
        let evict_every = self.or(&fields, "evict_every", seconds(60.0), Self::positive_span);
        let cache = Some(seconds(30.0));
        let cache = self.unless_none(&fields, "response_cache", cache, Self::positive_span);
        let every = self.or(&fields, "fetch", seconds(30.0), Self::positive_span);
        let self_preservation = self.or(&fields, "self_preservation", true, Self::flag);
        let renewal_threshold = self.or(&fields, "renewal_threshold", 0.85, Self::ratio);
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

    /// Defaults: those of a Kubernetes probe.
    fn kubernetes(&mut self, value: &'a Value) -> Option<Registry> {
        let names = &[
            "period",
            "timeout",
            "failure_threshold",
            "success_threshold",
            "exit_seen",
            "propagation",
        ];
        let fields = self.fields(value, "a Kubernetes", 0, names)?;
        let period = self.or(&fields, "period", seconds(10.0), Self::positive_span);
        let timeout = self.or(&fields, "timeout", seconds(1.0), Self::positive_span);
        let failures = self.or(&fields, "failure_threshold", 3, Self::threshold);
        let successes = self.or(&fields, "success_threshold", 1, Self::threshold);
        // The kubelet looks every second what runs.
        let exits = Some(Dist::Uniform(0.0, 1e9));
        let exits = self.unless_none(&fields, "exit_seen", exits, Self::dist);
        let after = self.maybe(&fields, "propagation", Self::dist);
        let checks = Probes {
            period: period?,
            timeout: timeout?,
            failures: failures?,
            successes: successes?,
            exits: exits?,
            deregister_after: None,
        };
        self.check_timeout(&fields, &checks, "period")?;
        Some(Registry { checks: Checks::Probes(checks), spread: Spread::Pushed { after: after? } })
    }

    /// Defaults: those of an HTTP check of Consul, whose interval has none and is 10 s in all of
    /// its documentation's examples.
    fn consul(&mut self, value: &'a Value) -> Option<Registry> {
        let names = &[
            "interval",
            "timeout",
            "failures_before_critical",
            "success_before_passing",
            "deregister_critical_service_after",
        ];
        let fields = self.fields(value, "a Consul", 0, names)?;
        let period = self.or(&fields, "interval", seconds(10.0), Self::positive_span);
        // A check should be over before the next one begins.
        let usual = period.unwrap_or(LONGEST_USUAL_TIMEOUT).min(LONGEST_USUAL_TIMEOUT);
        let timeout = self.or(&fields, "timeout", usual, Self::positive_span);
        // Both are the number in a row that makes the change; 0 and 1 are the same.
        let in_a_row = |reader: &mut Self, value| reader.count(value, 0..=MAX_THRESHOLD);
        let failures = self.or(&fields, "failures_before_critical", 0, in_a_row);
        let successes = self.or(&fields, "success_before_passing", 0, in_a_row);
        let deregister_after =
            self.maybe(&fields, "deregister_critical_service_after", Self::positive_span);
        if let Some(Some(after)) = deregister_after
            && after < SOONEST_DEREGISTRATION
        {
            let at = fields.get("deregister_critical_service_after");
            let message = format!("{after} is too soon to deregister a service");
            self.wrong(Code::OutOfRange, at.map_or(fields.head, Value::head), message)
                .help("Consul's minimum is 1m");
        }
        let checks = Probes {
            period: period?,
            timeout: timeout?,
            failures: failures?.max(1),
            successes: successes?.max(1),
            exits: None,
            deregister_after: deregister_after?,
        };
        self.check_timeout(&fields, &checks, "interval")?;
        Some(Registry { checks: Checks::Probes(checks), spread: Spread::Pushed { after: None } })
    }

    fn threshold(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 1..=MAX_THRESHOLD)
    }

    /// One probe at a time.
    fn check_timeout(&mut self, fields: &Fields<'a>, probes: &Probes, period: &str) -> Option<()> {
        if probes.timeout <= probes.period {
            return Some(());
        }
        let at = fields.get("timeout").or(fields.get(period));
        let message = format!(
            "a probe is given up after {}, when the next one has begun: they come every {}",
            probes.timeout, probes.period
        );
        self.wrong(Code::OutOfRange, at.map_or(fields.head, Value::head), message)
            .help(format!("`timeout` must not be longer than `{period}`"));
        None
    }

    /// Where the instances of a service or gateway register.
    #[expect(clippy::option_option, reason = "the outer one says whether it could be read")]
    pub(super) fn registers_at(
        &mut self,
        fields: &Fields<'a>,
        balance: Option<Balance>,
    ) -> Option<Option<NodeIx>> {
        let registry =
            self.maybe(fields, "registry", |reader, value| reader.node(value, &[Role::Registry]))?;
        if let (Some(_), Some(Balance::Shards(_)), Some(value)) =
            (registry, balance, fields.get("balance"))
        {
            let message = "shards are made of all instances, and callers know only those that the registry lists";
            self.wrong(Code::OutOfRange, value.head(), message)
                .help("leave out `registry`, or balance otherwise");
            return None;
        }
        Some(registry)
    }
}
