//! Outlier detection: a caller leaves out for a while the instances of a node that fail, by what it
//! has seen itself. As Envoy has it (API v3, `OutlierDetection`,
//! <https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier>):
//!
//! ```text
//! `consecutive_5xx` failures in a row           at the first sweep (one every `interval`) that is
//! CALLED ───────────────────────────▶ EJECTED ──────────────────────────────────────▶ CALLED
//!   unless more than `max_ejection_percent`     `base_ejection_time` times how often it was ejected
//!   of the node would be                        behind the ejection, `max_ejection_time` at most
//! ```
//!
//! Each sweep that finds an instance not ejected forgives one of its earlier ejections. While less
//! than `healthy_panic_threshold` of the instances is left, all are called.
//!
//! A failure is everything that is not an answer, and of the answers those with which a server says
//! that it cannot: no room, gone. A rate limit's answer is none (429 is no 5xx), nor is a refusal.
//! Sweeps are at whole multiples of the interval from the start of the run. Left out: success rates and
//! failure percentages, gateway failures as a count of their own, jitter, slow start.

use std::collections::BTreeMap;

use super::guards::Guarded;
use crate::base::{Span, Time};
use crate::model::Model;
use crate::probes::Reason;
use crate::scenario::tree::{NodeIx, OutlierDetection as Settings};

/// Those that one caller has ejected, for every policy and node that it called under one that does.
#[derive(Clone, Debug, Default)]
pub(super) struct Outliers(BTreeMap<Guarded, Detector>);

impl Outliers {
    /// Which of so many instances, by their places, are left out now.
    pub(super) fn ejected(&self, guarded: Guarded, now: Time, among: u32) -> Vec<u32> {
        self.0.get(&guarded).map_or_else(Vec::new, |detector| detector.left_out(now, among))
    }

    /// A try at the instance of this place, one of so many, has ended.
    pub(super) fn end(
        &mut self,
        model: &Model,
        guarded: Guarded,
        now: Time,
        (place, among): (u32, u32),
        why: Option<Reason>,
    ) {
        let policy = &model.scenario.policies[usize::from(guarded.policy.0)];
        let Some(settings) = policy.outlier_detection else { return };
        let detector = self.0.entry(guarded).or_insert_with(|| Detector::new(settings));
        detector.end(now, (place, among), why.is_some_and(is_failure));
    }

    /// A registry has taken this instance of the node off the list: when it comes again, it is as if new.
    pub(super) fn forget(&mut self, node: NodeIx, place: u32) {
        for (_, detector) in self.0.iter_mut().filter(|(guarded, _)| guarded.node == node) {
            if let Some(host) = detector.hosts.get_mut(place as usize) {
                *host = Host::default();
            }
        }
    }

    /// How many instances of each node are ejected now.
    pub(super) fn counts(&self, now: Time) -> impl Iterator<Item = (NodeIx, usize)> {
        self.0.iter().map(move |(guarded, detector)| (guarded.node, detector.count(now)))
    }
}

/// Is that a server that cannot, rather than one that does not want to?
fn is_failure(why: Reason) -> bool {
    !matches!(why, Reason::RateLimited | Reason::TakenBack)
}

/// What one caller has seen of the instances of one node.
#[derive(Clone, Debug)]
struct Detector {
    settings: Settings,
    /// By their places.
    hosts: Vec<Host>,
}

/// What one caller has seen of one instance.
#[derive(Clone, Debug, Default)]
struct Host {
    /// Failures in a row.
    failures: u32,
    /// How often it was ejected, and has not been forgiven.
    ejections: u32,
    /// The sweep at which it comes back, or came back last.
    back: Time,
}

impl Detector {
    fn new(settings: Settings) -> Self {
        Self { settings, hosts: Vec::new() }
    }

    fn count(&self, now: Time) -> usize {
        self.hosts.iter().filter(|host| now < host.back).count()
    }

    fn left_out(&self, now: Time, among: u32) -> Vec<u32> {
        let places = (0..).zip(&self.hosts);
        let ejected: Vec<u32> =
            places.filter(|(_, host)| now < host.back).map(|(place, _)| place).collect();
        let left = among.saturating_sub(ejected.len() as u32);
        let panics = f64::from(left) < self.settings.healthy_panic_threshold * f64::from(among);
        if panics { Vec::new() } else { ejected }
    }

    fn end(&mut self, now: Time, (place, among): (u32, u32), failed: bool) {
        let place = place as usize;
        if self.hosts.len() <= place {
            self.hosts.resize_with(place + 1, Host::default);
        }
        let ejected = self.count(now) as u32;
        let settings = &self.settings;
        let host = &mut self.hosts[place];
        if now < host.back {
            return;
        }
        host.failures = if failed { host.failures + 1 } else { 0 };
        if host.failures < settings.consecutive_5xx {
            return;
        }
        host.failures = 0;
        let most = settings.max_ejection_percent * f64::from(among);
        let may_be_first = settings.always_eject_one_host && ejected == 0;
        if f64::from(ejected + 1) <= most + 1e-9 || may_be_first {
            host.eject(now, settings);
        }
    }
}

impl Host {
    fn eject(&mut self, now: Time, settings: &Settings) {
        let interval = settings.interval.0;
        let forgiven = now.since(self.back).0 / interval;
        self.ejections = self.ejections.saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX));
        let base = settings.base_ejection_time.0;
        let most = settings.max_ejection_time.0.max(base);
        // It counts no further than it matters.
        if base.saturating_mul(u64::from(self.ejections)) < most.saturating_add(base) {
            self.ejections += 1;
        }
        let lasts = base.saturating_mul(u64::from(self.ejections)).min(most);
        let until = now + Span(lasts);
        self.back = Time(until.0.div_ceil(interval).saturating_mul(interval));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Envoy's defaults.
    fn defaults() -> Settings {
        Settings {
            consecutive_5xx: 5,
            interval: Span::from_secs(10.0),
            base_ejection_time: Span::from_secs(30.0),
            max_ejection_time: Span::from_secs(300.0),
            max_ejection_percent: 0.1,
            always_eject_one_host: false,
            healthy_panic_threshold: 0.5,
        }
    }

    fn at(seconds: f64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    fn fail(detector: &mut Detector, place: u32, among: u32, now: Time, times: u32) {
        for _ in 0..times {
            detector.end(now, (place, among), true);
        }
    }

    #[test]
    fn five_in_a_row_of_ten_hosts_eject_one_until_the_sweep_behind_its_time() {
        let mut detector = Detector::new(defaults());
        fail(&mut detector, 3, 10, at(1.0), 4);
        detector.end(at(1.0), (3, 10), false);
        fail(&mut detector, 3, 10, at(2.0), 4);
        assert_eq!(detector.left_out(at(2.0), 10), [0; 0], "not in a row");
        fail(&mut detector, 3, 10, at(2.0), 1);
        assert_eq!(detector.left_out(at(2.0), 10), [3]);
        assert_eq!(detector.left_out(at(39.9), 10), [3], "its time is over at 32 s");
        assert_eq!(detector.left_out(at(40.0), 10), [0; 0]);
    }

    #[test]
    fn one_of_nine_hosts_is_more_than_a_tenth() {
        let mut detector = Detector::new(defaults());
        fail(&mut detector, 0, 9, at(1.0), 50);
        assert_eq!(detector.left_out(at(1.0), 9), [0; 0]);
        let settings = Settings { always_eject_one_host: true, ..defaults() };
        let mut detector = Detector::new(settings);
        fail(&mut detector, 0, 9, at(1.0), 5);
        fail(&mut detector, 1, 9, at(1.0), 5);
        assert_eq!(detector.left_out(at(1.0), 9), [0], "one, and no second one");
    }

    #[test]
    fn each_time_it_is_away_longer_and_sweeps_forgive() {
        let mut detector = Detector::new(defaults());
        let back = |detector: &mut Detector, now| {
            fail(detector, 0, 10, at(now), 5);
            detector.hosts[0].back
        };
        assert_eq!(back(&mut detector, 0.0), at(30.0));
        assert_eq!(back(&mut detector, 31.0), at(100.0), "60 s from 31 s, and the next sweep");
        assert_eq!(back(&mut detector, 101.0), at(200.0), "90 s from 101 s");
        assert_eq!(back(&mut detector, 230.0), at(260.0), "three sweeps forgave three");
    }

    #[test]
    fn where_too_few_are_left_nobody_is_left_out() {
        let mut detector = Detector::new(Settings { max_ejection_percent: 1.0, ..defaults() });
        for place in 0..5 {
            fail(&mut detector, place, 10, at(1.0), 5);
        }
        assert_eq!(detector.left_out(at(1.0), 10), [0, 1, 2, 3, 4], "half is left");
        fail(&mut detector, 5, 10, at(1.0), 5);
        assert_eq!(detector.left_out(at(1.0), 10), [0; 0], "panic: four of ten are left");
        assert_eq!(detector.count(at(1.0)), 6);
    }
}
