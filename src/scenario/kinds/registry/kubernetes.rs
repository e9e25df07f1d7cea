//! `Kubernetes`: readiness probes, and endpoints that are pushed to the callers, with its defaults.

use super::{Checks, MAX_THRESHOLD, NodeKind, Probes, Registry, Spread, Usual, Word, settings};
use crate::scenario::reader::Reader;
use crate::scenario::syntax::Value;

pub(super) static WORD: Word = Word {
    word: "Kubernetes",
    about: "Readiness probes, and endpoints that are pushed to the callers. Paused and frozen \
        instances do not answer probes, a process that is gone refuses them, a lost machine \
        is silent. Load alone fails no probe: they wait in no queue. An instance that starts \
        again is listed after a probe has succeeded.",
    settings: &SETTINGS,
    left_out: "Liveness and startup probes, and the node lifecycle controller: that a machine is \
        lost is learnt from its instances' probes.",
    example: "Kubernetes(period: \"5s\", failure_threshold: 2)",
    read: |reader, _, value| Some(NodeKind::Registry(reader.kubernetes(value)?)),
};

settings! {
    period: "duration", Usual::Is("\"10s\""), "from one probe of an instance to the next", "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/";
    timeout: "duration, not above `period`", Usual::Is("\"1s\""), "a probe without an answer has failed then", "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/";
    failure_threshold: "count", Usual::Is("3"), "so many failures running take an instance off the list", "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/";
    success_threshold: "count", Usual::Is("1"), "so many successes running put it on", "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/";
    exit_seen: "distribution, or `None`", Usual::Is("Uniform(\"0s\", \"1s\")"), "until the kubelet, which looks every second, notices that a process has exited; `None`: never, so that probes have to";
    propagation: "distribution", Usual::Unset("the network's latency"), "from a change to a caller's knowing. Kubernetes documents none";
}

impl<'a> Reader<'a> {
    /// Defaults: those of a Kubernetes probe.
    pub(super) fn kubernetes(&mut self, value: &'a Value) -> Option<Registry> {
        let fields = self.settings(value, "a Kubernetes", &SETTINGS)?;
        let period = self.setting(&fields, "period", Self::positive_span);
        let timeout = self.setting(&fields, "timeout", Self::positive_span);
        let failures = self.setting(&fields, "failure_threshold", Self::threshold);
        let successes = self.setting(&fields, "success_threshold", Self::threshold);
        let exits = self.optional(&fields, "exit_seen", Self::dist);
        let after = self.optional(&fields, "propagation", Self::dist);
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

    fn threshold(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 1..=MAX_THRESHOLD)
    }
}
