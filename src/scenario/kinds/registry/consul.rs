//! `Consul`: health checks, and a catalogue that tells of each change, with its defaults. The interval
//! of a check has none, and is 10 s in all examples of its documentation.

use super::{Checks, MAX_THRESHOLD, NodeKind, Probes, Registry, Spread, Usual, Word, settings};
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::Reader;
use crate::scenario::syntax::Value;

/// Of a check of Consul that names no timeout, and comes no more often.
const LONGEST_USUAL_TIMEOUT: Span = Span(10_000_000_000);
/// Consul deregisters no service that has been critical for less.
const SOONEST_DEREGISTRATION: Span = Span(60_000_000_000);

pub(super) static WORD: Word = Word {
    word: "Consul",
    about: "Health checks, and a catalogue of which callers know each change at once (blocking \
        queries, or DNS with its default TTL of 0), with one agent.",
    settings: &SETTINGS,
    left_out: "Several servers, stale reads and elections, statuses beside passing and critical, \
        and weights.",
    example: "Consul(interval: \"5s\")",
    read: |reader, _, value| Some(NodeKind::Registry(reader.consul(value)?)),
};

settings! {
    interval: "duration", Usual::Is("\"10s\""), "from one check of an instance to the next", "https://developer.hashicorp.com/consul/docs/reference/service/health-check";
    timeout: "duration, not above `interval`", Usual::Unset("10 s, or `interval` if that is shorter"), "a check without an answer has failed then", "https://developer.hashicorp.com/consul/docs/reference/service/health-check";
    failures_before_critical: "count", Usual::Is("0"), "so many failures running make a service critical, and take it off the list; 0 and 1 are the same", "https://developer.hashicorp.com/consul/docs/reference/service/health-check";
    success_before_passing: "count", Usual::Is("0"), "so many successes running put it on", "https://developer.hashicorp.com/consul/docs/reference/service/health-check";
    deregister_critical_service_after: "duration, at least a minute", Usual::Unset("never"), "what has been critical for so long is deregistered by a reaper that runs every 30 s, and must start again to be listed", "https://developer.hashicorp.com/consul/docs/reference/service/health-check";
}

impl<'a> Reader<'a> {
    /// Defaults: those of an HTTP check of Consul, whose interval has none and is 10 s in all of
    /// its documentation's examples.
    pub(super) fn consul(&mut self, value: &'a Value) -> Option<Registry> {
        let fields = self.settings(value, "a Consul", &SETTINGS)?;
        let period = self.setting(&fields, "interval", Self::positive_span);
        // A check should be over before the next one begins.
        let usual = period.unwrap_or(LONGEST_USUAL_TIMEOUT).min(LONGEST_USUAL_TIMEOUT);
        let timeout = self.or(&fields, "timeout", usual, Self::positive_span);
        // Both are the number in a row that makes the change; 0 and 1 are the same.
        let in_a_row = |reader: &mut Self, value| reader.count(value, 0..=MAX_THRESHOLD);
        let failures = self.setting(&fields, "failures_before_critical", in_a_row);
        let successes = self.setting(&fields, "success_before_passing", in_a_row);
        let deregister_after =
            self.optional(&fields, "deregister_critical_service_after", Self::positive_span);
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
}
