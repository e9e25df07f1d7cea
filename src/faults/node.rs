//! What faults do to instances: slow, paused, down, ahead of time. Factors multiply, advances of
//! clocks add up; an instance is down, or paused, while any fault covers it. Knows what befalls whom
//! and when, not what it does to them.

use super::windows::Windows;
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::scenario::tree::{Ailment, Harm, NodeIx, Target};

/// An edge of a fault, at the instance it befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The process (or with `host` the machine) goes.
    Down {
        /// Silence instead of resets.
        host: bool,
    },
    /// It may come back, if nothing else keeps it down.
    Up,
    /// It is to leave its registry, and to go soon.
    Leave,
    /// Its workers stand still from now on, or go on: ask which.
    Freeze,
    /// A pause ends: look for work.
    Resume,
}

/// All faults of instances.
#[derive(Clone, Debug, Default)]
pub struct Instances {
    /// By instance; as long as the last one that anything ever befalls.
    ailments: Vec<Ailments>,
}

/// What befalls one instance.
#[derive(Clone, Debug, Default)]
struct Ailments {
    slow: Vec<(Windows, f64)>,
    erring: Vec<(Windows, f64)>,
    ahead: Vec<(Windows, Span)>,
    /// Pauses, and all that freezes.
    paused: Windows,
    frozen: Windows,
    /// Process or host.
    crashes: Vec<(Windows, bool)>,
    /// From when it is announced on that it goes.
    leaving: Windows,
}

impl Ailments {
    fn add(&mut self, ailment: Ailment, windows: &Windows) {
        let add = |all: &mut Windows| *all = Windows::union([&*all, windows]);
        match ailment {
            Ailment::Slow(factor) => self.slow.push((windows.clone(), factor)),
            Ailment::Erring(share) => self.erring.push((windows.clone(), share)),
            Ailment::Ahead(span) => self.ahead.push((windows.clone(), span)),
            Ailment::Paused => add(&mut self.paused),
            Ailment::Frozen => {
                add(&mut self.paused);
                add(&mut self.frozen);
            }
            Ailment::Leaving => add(&mut self.leaving),
            Ailment::Down { host, after } => self.crashes.push((windows.delayed(after), host)),
        }
    }

    #[cold]
    fn slowness(&self, now: Time) -> f64 {
        let active = self.slow.iter().filter(|(windows, _)| windows.active(now));
        active.fold(1.0, |product, (_, factor)| product * factor)
    }
}

impl Instances {
    /// Takes in what befalls the instances of this target then.
    pub fn add(&mut self, target: Target, ailment: Ailment, windows: &Windows, nodes: &[NodeIx]) {
        for instance in befallen(target, nodes) {
            let at = instance.0 as usize;
            if self.ailments.len() <= at {
                self.ailments.resize_with(at + 1, Ailments::default);
            }
            self.ailments[at].add(ailment, windows);
        }
    }

    fn of(&self, at: InstanceId) -> Option<&Ailments> {
        self.ailments.get(at.0 as usize)
    }

    /// Does it never pause, slow down, nor err?
    pub fn is_steady(&self, at: InstanceId) -> bool {
        self.of(at)
            .is_none_or(|it| it.slow.is_empty() && it.erring.is_empty() && it.paused.is_empty())
    }

    /// Which share of what it begins fails now.
    pub fn error_share(&self, now: Time, at: InstanceId) -> f64 {
        let Some(ailments) = self.of(at) else { return 0.0 };
        let active = ailments.erring.iter().filter(|(windows, _)| windows.active(now));
        1.0 - active.fold(1.0, |product, (_, share)| product * (1.0 - share))
    }

    /// How many times as long work takes now.
    #[inline]
    pub fn slowness(&self, now: Time, at: InstanceId) -> f64 {
        self.of(at).map_or(1.0, |ailments| ailments.slowness(now))
    }

    /// What its clock shows now.
    pub fn clock(&self, now: Time, at: InstanceId) -> Time {
        let Some(ailments) = self.of(at) else { return now };
        let active = ailments.ahead.iter().filter(|(windows, _)| windows.active(now));
        active.fold(now, |clock, (_, ahead)| clock + *ahead)
    }

    /// Do workers take no new work now?
    #[inline]
    pub fn is_paused(&self, now: Time, at: InstanceId) -> bool {
        self.of(at).is_some_and(|ailments| ailments.paused.active(now))
    }

    /// Does running work stand still now?
    pub fn is_frozen(&self, now: Time, at: InstanceId) -> bool {
        self.of(at).is_some_and(|ailments| ailments.frozen.active(now))
    }

    /// Is it down now, and if so, is its host?
    pub fn down(&self, now: Time, at: InstanceId) -> Option<bool> {
        let crashes = self.of(at)?.crashes.iter().filter(|(windows, _)| windows.active(now));
        crashes.map(|(_, host)| *host).reduce(|one, other| one || other)
    }

    /// Was it down at any time of this stretch, its ends included?
    pub fn was_down(&self, from: Time, to: Time, at: InstanceId) -> bool {
        let overlaps = |(start, end): &(Time, Time)| *start <= to && from < *end;
        self.of(at).is_some_and(|ailments| {
            ailments.crashes.iter().any(|(windows, _)| windows.list().iter().any(overlaps))
        })
    }

    /// Since when and until when it is down, if it is now.
    pub fn outage(&self, now: Time, at: InstanceId) -> Option<(Time, Time)> {
        let all = Windows::union(self.of(at)?.crashes.iter().map(|(windows, _)| windows));
        all.list().iter().find(|(from, to)| *from <= now && now < *to).copied()
    }

    /// Is it being shut down, or down after it was?
    pub fn is_leaving(&self, now: Time, at: InstanceId) -> bool {
        self.of(at).is_some_and(|ailments| ailments.leaving.active(now))
    }

    /// When it is down, frozen or about to go: of no use to callers.
    pub fn gone(&self, at: InstanceId) -> Windows {
        let Some(ailments) = self.of(at) else { return Windows::default() };
        let crashes = ailments.crashes.iter().map(|(windows, _)| windows);
        Windows::union(crashes.chain([&ailments.frozen, &ailments.leaving]))
    }

    /// The edges that befall it, in order of time. Crashes may overlap: who comes to the end of
    /// one asks [`down`](Self::down) whether another goes on.
    pub fn edges(&self, at: InstanceId) -> Vec<(Time, Edge)> {
        let Some(ailments) = self.of(at) else { return Vec::new() };
        let mut edges = Vec::new();
        for (windows, host) in &ailments.crashes {
            for (start, end) in windows.list() {
                edges.push((*start, Edge::Down { host: *host }));
                edges.push((*end, Edge::Up));
            }
        }
        edges.extend(ailments.leaving.list().iter().map(|(start, _)| (*start, Edge::Leave)));
        let turns = ailments.frozen.list().iter().flat_map(|(start, end)| [*start, *end]);
        edges.extend(turns.map(|at| (at, Edge::Freeze)));
        edges.extend(ailments.paused.list().iter().map(|(_, end)| (*end, Edge::Resume)));
        edges.retain(|(time, _)| *time < Time::NEVER);
        edges.sort_by_key(|(time, edge)| (*time, rank(*edge)));
        edges
    }
}

/// The edges that befall instances where a fault that does this ends before its time: as at its end.
pub fn ends(harms: &[Harm], nodes: &[NodeIx]) -> Vec<(InstanceId, Edge)> {
    let mut ends = Vec::new();
    for harm in harms {
        let Harm::Instances(target, ailment) = harm else { continue };
        let edges: &[Edge] = match ailment {
            Ailment::Down { .. } => &[Edge::Up],
            Ailment::Frozen => &[Edge::Freeze, Edge::Resume],
            Ailment::Paused => &[Edge::Resume],
            Ailment::Slow(_) | Ailment::Erring(_) | Ailment::Ahead(_) | Ailment::Leaving => &[],
        };
        let victims = befallen(*target, nodes).into_iter();
        ends.extend(victims.flat_map(|victim| edges.iter().map(move |edge| (victim, *edge))));
    }
    ends.sort_by_key(|(victim, edge)| (*victim, rank(*edge)));
    ends
}

/// What happens first at one instant: what goes down with what comes up stays down.
fn rank(edge: Edge) -> u8 {
    match edge {
        Edge::Leave => 0,
        Edge::Down { host: false } => 1,
        Edge::Down { host: true } => 2,
        Edge::Up => 3,
        Edge::Freeze => 4,
        Edge::Resume => 5,
    }
}

/// The instances of a node stand side by side, in the order of nodes.
fn befallen(target: Target, nodes: &[NodeIx]) -> Vec<InstanceId> {
    let first = nodes.partition_point(|node| *node < target.node) as u32;
    let end = nodes.partition_point(|node| *node <= target.node) as u32;
    let only = target.instance;
    let meant = (first..end).filter(|at| only.is_none_or(|only| first + only == *at));
    meant.map(InstanceId).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::faults::tests::{nodes, windows};
    use crate::scenario::tree::NodeIx;

    const DB: InstanceId = InstanceId(1);

    fn target(instance: Option<u32>) -> Target {
        Target { node: NodeIx(1), instance }
    }

    /// What befalls all instances of the node.
    fn instances(faults: &[(Ailment, (u64, u64))]) -> Instances {
        of(target(None), faults)
    }

    fn of(target: Target, faults: &[(Ailment, (u64, u64))]) -> Instances {
        let mut instances = Instances::default();
        for (ailment, stretch) in faults {
            instances.add(target, *ailment, &windows(&[*stretch]), &nodes());
        }
        instances
    }

    fn crash(host: bool) -> Ailment {
        Ailment::Down { host, after: Span::ZERO }
    }

    #[test]
    fn factors_multiply_while_they_overlap() {
        let instances =
            instances(&[(Ailment::Slow(2.0), (10, 30)), (Ailment::Slow(3.0), (20, 40))]);
        let factors = [5, 15, 25, 35, 45].map(|now| instances.slowness(Time(now), DB));
        assert_eq!(factors, [1.0, 2.0, 6.0, 3.0, 1.0]);
        assert_eq!(instances.slowness(Time(25), InstanceId(0)), 1.0, "another node");
    }

    #[test]
    fn shares_of_errors_are_independent_while_they_overlap() {
        let erring = [(Ailment::Erring(0.5), (10, 30)), (Ailment::Erring(0.2), (20, 40))];
        let instances = of(target(Some(0)), &erring);
        let shares = [5, 15, 25, 35, 45].map(|now| instances.error_share(Time(now), DB));
        let exactly = |one: f64, other: f64| (one - other).abs() < 1e-12;
        assert!(shares.iter().zip([0.0, 0.5, 0.6, 0.2, 0.0]).all(|(is, due)| exactly(*is, due)));
        assert!(!instances.is_steady(DB) && instances.is_steady(InstanceId(2)));
    }

    #[test]
    fn advances_of_a_clock_add_up_while_they_overlap() {
        let ahead = |ns| Ailment::Ahead(Span(ns));
        let instances = of(target(Some(0)), &[(ahead(100), (10, 30)), (ahead(7), (20, 40))]);
        let clocks = [5, 15, 25, 35, 45].map(|now| instances.clock(Time(now), DB));
        assert_eq!(clocks, [5, 115, 132, 42, 45].map(Time));
        assert_eq!(instances.clock(Time(25), InstanceId(2)), Time(25), "another instance");
    }

    #[test]
    fn a_target_is_a_node_or_one_of_its_instances() {
        let all = instances(&[(Ailment::Paused, (10, 20))]);
        let paused =
            |faults: &Instances| [0, 1, 2, 3].map(|at| faults.is_paused(Time(10), InstanceId(at)));
        assert_eq!(paused(&all), [false, true, true, false]);
        let one = of(target(Some(1)), &[(Ailment::Paused, (10, 20))]);
        assert_eq!(paused(&one), [false, false, true, false]);
    }

    #[test]
    fn work_is_looked_for_when_the_last_pause_ends() {
        let instances =
            instances(&[(10, 30), (20, 40), (50, 60)].map(|stretch| (Ailment::Paused, stretch)));
        let resume = |at| (Time(at), Edge::Resume);
        assert_eq!(instances.edges(DB), [resume(40), resume(60)]);
    }

    #[test]
    fn what_freezes_pauses_as_well() {
        let (frozen, paused) = (Ailment::Frozen, Ailment::Paused);
        let instances = instances(&[(frozen, (10, 30)), (paused, (20, 50)), (frozen, (25, 40))]);
        let at = |at, edge| (Time(at), edge);
        let edges = [at(10, Edge::Freeze), at(40, Edge::Freeze), at(50, Edge::Resume)];
        assert_eq!(instances.edges(DB), edges);
        let states = [9, 10, 39, 40, 49, 50]
            .map(|now| (instances.is_frozen(Time(now), DB), instances.is_paused(Time(now), DB)));
        let (free, paused, frozen) = ((false, false), (false, true), (true, true));
        assert_eq!(states, [free, frozen, frozen, paused, paused, free]);
    }

    #[test]
    fn an_instance_is_down_while_any_crash_covers_it() {
        let instances = instances(&[(crash(false), (10, 30)), (crash(true), (20, 40))]);
        let down = [5, 10, 20, 30, 39, 40].map(|now| instances.down(Time(now), DB));
        let (process, host) = (Some(false), Some(true));
        assert_eq!(down, [None, process, host, host, host, None]);
        let edges = [
            (Time(10), Edge::Down { host: false }),
            (Time(20), Edge::Down { host: true }),
            (Time(30), Edge::Up),
            (Time(40), Edge::Up),
        ];
        assert_eq!(instances.edges(DB), edges);
    }

    #[test]
    fn a_crash_for_good_has_no_other_edge() {
        let instances = instances(&[(crash(true), (10, u64::MAX))]);
        assert_eq!(instances.edges(DB), [(Time(10), Edge::Down { host: true })]);
        assert_eq!(instances.down(Time(u64::MAX - 1), DB), Some(true));
    }

    #[test]
    fn what_is_ended_early_has_the_edges_of_its_end() {
        let all = [
            Ailment::Slow(2.0),
            Ailment::Erring(0.5),
            Ailment::Ahead(Span(7)),
            Ailment::Paused,
            Ailment::Frozen,
            Ailment::Leaving,
            crash(true),
            Ailment::Down { host: false, after: Span(5) },
        ];
        for ailment in all {
            let edges = instances(&[(ailment, (10, 20))]).edges(DB).into_iter();
            let at_end: Vec<_> = edges.filter(|(at, _)| *at == Time(20)).collect();
            let early = ends(&[Harm::Instances(target(Some(0)), ailment)], &nodes());
            let early: Vec<_> = early.into_iter().map(|(_, edge)| (Time(20), edge)).collect();
            assert_eq!(early, at_end, "{ailment:?}");
        }
    }

    proptest! {
        /// Who follows the edges and asks at each `Up` knows at any time whether it is down.
        #[test]
        fn the_edges_tell_the_same_as_the_windows(
            all in prop::collection::vec((0..50u64, 1..20u64, any::<bool>()), 0..6)
        ) {
            let faults: Vec<_> = all
                .iter()
                .map(|(start, lasts, host)| (crash(*host), (*start, start + lasts)))
                .collect();
            let instances = instances(&faults);
            let edges = instances.edges(DB);
            let mut is_down = false;
            for now in (0..80).map(Time) {
                for (_, edge) in edges.iter().filter(|(at, _)| *at == now) {
                    is_down = match edge {
                        Edge::Down { .. } => true,
                        _ => instances.down(now, DB).is_some(),
                    };
                }
                prop_assert_eq!(is_down, instances.down(now, DB).is_some());
            }
        }

        /// Neither does the order in which slow stretches are declared or end matter.
        #[test]
        fn slowness_does_not_depend_on_the_order(
            all in prop::collection::vec((0..50u64, 1..20u64, 1..5u32), 0..6)
        ) {
            let faults: Vec<_> = all
                .iter()
                .map(|(start, lasts, factor)| (Ailment::Slow(f64::from(*factor)), (*start, start + lasts)))
                .collect();
            let mut backward = faults.clone();
            backward.reverse();
            let (one, other) = (instances(&faults), instances(&backward));
            for now in (0..80).map(Time) {
                prop_assert_eq!(one.slowness(now, DB), other.slowness(now, DB));
            }
            prop_assert_eq!(one.slowness(Time(80), DB), 1.0);
        }
    }
}
