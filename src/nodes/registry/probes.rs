//! Probes in the manner of Kubernetes' readiness probes and Consul's checks: an instance is listed
//! from its n-th success running on until its m-th failure running.
//!
//! Kubernetes (<https://kubernetes.io/docs/concepts/workloads/pods/probes/>): `periodSeconds` 10,
//! `timeoutSeconds` 1, `failureThreshold` 3, `successThreshold` 1. A process that hangs answers no
//! probe; that it has exited the kubelet notices by itself, when it next looks what runs (every
//! second, `genericPlegRelistPeriod`), and a new container begins as not ready. A pod that is
//! deleted leaves the endpoints at once, whatever its probes say, while the SIGTERM is on its way
//! (<https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination>).
//!
//! Consul (<https://developer.hashicorp.com/consul/docs/reference/service/health-check>): an HTTP check
//! fails without an answer after `timeout` (10 s, or its interval where that is shorter), its service is
//! `critical` after `failures_before_critical` failures running (0 and 1 mean the first) and is given to
//! nobody then. What has been critical for `deregister_critical_service_after` (at least a minute) is
//! deregistered by a reaper that runs every 30 s, and must register again.
//!
//! Each instance is probed at a phase of its own within the period (the kubelet's prober and Consul's
//! `CheckHTTP` begin after a random part of it). A process that is gone refuses its probe at once.
//!
//! Left out: liveness and startup probes (nothing is restarted), initial delays, readiness gates. The
//! probes come from the registry, not from a kubelet or agent on the instance's own machine: of a lost
//! machine it learns by its probes, and not by a missing node heartbeat (40 or 50 s in Kubernetes).

use super::due::Due;
use super::instance::phase;
use super::{Frame, Registry};
use crate::base::Span;
use crate::nodes::env::Env;
use crate::nodes::message::Op;
use crate::probes::Probe;
use crate::scenario::tree::{Checks, Probes};

/// Consul's reaper runs so often.
const REAPS_EVERY: Span = Span(30_000_000_000);

impl Registry {
    /// The first probe of each, and the reaper's first run.
    pub(super) fn start_probes<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Checks::Probes(probes) = &self.settings.checks else { return };
        let (period, reaps) = (probes.period, probes.deregister_after.is_some());
        for place in 0..self.members.len() {
            let first = phase(period, &mut self.chance);
            env.wait(first, Due::Probe { place: place as u32, start: self.incarnation });
        }
        if reaps {
            let first = phase(REAPS_EVERY, &mut self.chance);
            env.wait(first, Due::Sweep(self.incarnation));
        }
    }

    /// Time to probe a member, if it is to be.
    pub(super) fn probe<P: Probe>(&mut self, place: usize, env: &mut Env<'_, '_, P>) {
        let Checks::Probes(Probes { period, timeout, .. }) = self.settings.checks else { return };
        let member = &mut self.members[place];
        if member.is_registered {
            member.probes += 1;
            member.is_asked = true;
            let round = member.probes;
            env.send(member.instance, &Op::NONE, Frame::Probe { round });
            // Where both are due at once, this one comes before the next probe.
            env.wait(timeout, Due::Unanswered { place: place as u32, round });
        }
        env.wait(period, Due::Probe { place: place as u32, start: self.incarnation });
    }

    /// A member, or its operating system, has answered a probe.
    pub(super) fn answered<P: Probe>(
        &mut self,
        place: usize,
        round: u32,
        is_ready: bool,
        env: &mut Env<'_, '_, P>,
    ) {
        let member = &self.members[place];
        if member.is_asked && member.probes == round {
            self.judge(place, is_ready, env);
        }
    }

    /// It has not.
    pub(super) fn unanswered<P: Probe>(&mut self, place: usize, env: &mut Env<'_, '_, P>) {
        self.judge(place, false, env);
    }

    fn judge<P: Probe>(&mut self, place: usize, is_ready: bool, env: &mut Env<'_, '_, P>) {
        let Checks::Probes(Probes { failures, successes, .. }) = self.settings.checks else {
            return;
        };
        let member = &mut self.members[place];
        member.is_asked = false;
        if !member.is_registered {
            return;
        }
        if is_ready {
            (member.successes, member.failures) = (member.successes + 1, 0);
            if member.successes >= successes {
                member.failing = None;
                self.list(place, true, env);
            }
        } else {
            (member.successes, member.failures) = (0, member.failures + 1);
            if member.failures >= failures {
                member.failing.get_or_insert(env.now());
                self.list(place, false, env);
            }
        }
    }

    /// One run of Consul's reaper.
    pub(super) fn reap<P: Probe>(&mut self, probes: &Probes, env: &mut Env<'_, '_, P>) {
        let Some(after) = probes.deregister_after else { return };
        for place in 0..self.members.len() {
            let member = &mut self.members[place];
            if member.is_registered && member.failing.is_some_and(|since| env.now() - since > after)
            {
                member.failing = None;
                self.remove(place, env);
            }
        }
        env.wait(REAPS_EVERY, Due::Sweep(self.incarnation));
    }
}
