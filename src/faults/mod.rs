//! Faults: values that are consulted while they are active. The windows are drawn from the seed
//! before the run, and anew from the instant of a change; nothing is ever undone, so overlapping
//! faults compose and the order in which they end does not matter. One file per kind of victim:
//! [`network`], [`node`], [`surge`]. They know what can be done to it, and no fault by name: each fault
//! says what it does in its room in the scenario.

pub mod network;
pub mod node;
pub mod surge;
pub mod windows;

pub use network::Passage;
pub use node::Edge;
pub use windows::Windows;

use crate::base::{Span, Stream, Time};
use crate::engine::InstanceId;
use crate::scenario::tree::{Deed, Fault, Harm, Intervention, NodeIx, Scenario};

/// All windows of all faults. The default is a world without any.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// By the scenario's list, and then what began by a change, in that order.
    declared: Vec<Declared>,
    network: network::Network,
    instances: node::Instances,
    surges: surge::Surges,
}

/// A fault, and when it is active.
#[derive(Clone, Debug)]
struct Declared {
    fault: Fault,
    windows: Windows,
}

impl Faults {
    /// Draws the windows of the scenario's faults. Each has a stream of its own, named after it
    /// (and numbered among those of the same name), so that one more fault leaves the others as
    /// they were. `nodes` has the node of each instance.
    pub fn draw(scenario: &Scenario, nodes: &[NodeIx], seed: u64) -> Self {
        let mut faults = Self::default();
        for fault in &scenario.faults {
            let declared = faults.drawn(fault, scenario.run.length, seed);
            faults.add(declared, nodes);
        }
        faults
    }

    /// A further fault, and when it is active.
    fn drawn(&self, fault: &Fault, length: Span, seed: u64) -> Declared {
        let namesakes = self.declared.iter().filter(|other| other.fault.name == fault.name);
        let mut chance = Stream::new(seed, "fault", &fault.name, namesakes.count() as u32);
        Declared { fault: fault.clone(), windows: Windows::draw(fault, length, &mut chance) }
    }

    fn add(&mut self, declared: Declared, nodes: &[NodeIx]) {
        let windows = &declared.windows;
        for harm in declared.fault.what.harms() {
            match harm {
                Harm::Messages(path, disturbance) => self.network.add(path, disturbance, windows),
                Harm::Instances(target, ailment) => {
                    self.instances.add(target, ailment, windows, nodes);
                }
                Harm::Arrivals(crowd) => self.surges.add(crowd, windows),
            }
        }
        self.declared.push(declared);
    }

    /// The faults as they are after a change of a run of this length, and the edges that follow from
    /// it, for each instance in order of time. Nothing of what was before its instant is changed.
    pub fn changed(
        &self,
        change: &Intervention,
        nodes: &[NodeIx],
        length: Span,
        seed: u64,
    ) -> (Self, Vec<(InstanceId, Time, Edge)>) {
        let at = Time(change.at.0);
        let (name, cut): (_, fn(&Windows, Time) -> Windows) = match &change.deed {
            Deed::Begin(fault) => {
                let mut faults = self.clone();
                let declared = faults.drawn(fault, length, seed);
                let edges = edges_of(&declared, nodes);
                faults.add(declared, nodes);
                return (faults, edges);
            }
            Deed::End(name) => (name, Windows::ended),
            Deed::Without(name) => (name, Windows::until),
            Deed::Set(_) => return (self.clone(), Vec::new()),
        };
        let (mut faults, mut edges) = (Self::default(), Vec::new());
        for old in &self.declared {
            let mut new = old.clone();
            if old.fault.name == *name {
                new.windows = cut(&old.windows, at);
                if old.windows.active(at) {
                    let ends = node::ends(&old.fault.what.harms(), nodes).into_iter();
                    edges = ends.map(|(victim, edge)| (victim, at, edge)).collect();
                }
            }
            faults.add(new, nodes);
        }
        (faults, edges)
    }

    /// Is there a fault of this name, whether it acts or not?
    pub fn knows(&self, name: &str) -> bool {
        self.declared.iter().any(|declared| declared.fault.name == name)
    }

    /// All faults, those of the scenario first and then what began by a change: their names, and when
    /// they are active.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[(Time, Time)])> {
        self.declared.iter().map(|it| (it.fault.name.as_str(), it.windows.list()))
    }

    /// All of them, each with the stretches of time in which it is active.
    pub fn with_windows(&self) -> impl Iterator<Item = (&Fault, &[(Time, Time)])> {
        self.declared.iter().map(|it| (&it.fault, it.windows.list()))
    }

    /// Those that act now, each with the stretch of time in which it does.
    pub fn acting(&self, now: Time) -> impl Iterator<Item = (&Fault, (Time, Time))> {
        self.with_windows().filter_map(move |(fault, windows)| {
            let mut windows = windows.iter().copied();
            Some((fault, windows.find(|(from, to)| *from <= now && now < *to)?))
        })
    }

    /// When the scenario's `fault`th fault is active: sorted, disjoint, ends excluded;
    /// [`Time::NEVER`] where it does not end.
    pub fn windows_of(&self, fault: usize) -> &[(Time, Time)] {
        self.declared.get(fault).map_or(&[], |declared| declared.windows.list())
    }

    /// Is no network fault active?
    #[inline]
    pub fn network_is_quiet(&self, now: Time) -> bool {
        self.network.is_quiet(now)
    }

    /// Does no fault ever befall the network?
    pub fn network_is_steady(&self) -> bool {
        self.network.is_steady()
    }

    /// What the network does with a message sent now.
    pub fn passage(&self, now: Time, from: NodeIx, to: NodeIx, chance: &mut Stream) -> Passage {
        self.network.passage(now, from, to, chance)
    }

    /// How many times as long work takes at this instance now.
    #[inline]
    pub fn slowness(&self, now: Time, at: InstanceId) -> f64 {
        self.instances.slowness(now, at)
    }

    /// Which share of what this instance begins fails now.
    pub fn error_share(&self, now: Time, at: InstanceId) -> f64 {
        self.instances.error_share(now, at)
    }

    /// Does this instance never pause, slow down, nor err?
    pub fn is_steady(&self, at: InstanceId) -> bool {
        self.instances.is_steady(at)
    }

    /// What this instance's clock shows now.
    pub fn clock(&self, now: Time, at: InstanceId) -> Time {
        self.instances.clock(now, at)
    }

    /// Do this instance's workers take no new work now?
    #[inline]
    pub fn is_paused(&self, now: Time, at: InstanceId) -> bool {
        self.instances.is_paused(now, at)
    }

    /// Does this instance's running work stand still now?
    pub fn is_frozen(&self, now: Time, at: InstanceId) -> bool {
        self.instances.is_frozen(now, at)
    }

    /// Is this instance down now? `Some(true)` if its host is (silence), `Some(false)` if only its
    /// process (its host still says that nobody listens).
    pub fn down(&self, now: Time, at: InstanceId) -> Option<bool> {
        self.instances.down(now, at)
    }

    /// Was this instance down at any time of this stretch?
    pub fn was_down(&self, from: Time, to: Time, at: InstanceId) -> bool {
        self.instances.was_down(from, to, at)
    }

    /// Since when and until when this instance is down, if it is now.
    pub fn outage(&self, now: Time, at: InstanceId) -> Option<(Time, Time)> {
        self.instances.outage(now, at)
    }

    /// Is this instance being shut down, or down after it was?
    pub fn is_leaving(&self, now: Time, at: InstanceId) -> bool {
        self.instances.is_leaving(now, at)
    }

    /// When this instance is down, frozen or being shut down.
    pub fn gone(&self, at: InstanceId) -> Windows {
        self.instances.gone(at)
    }

    /// The edges that befall this instance, in order of time, to be scheduled before the run. At
    /// an `Up` it comes back only if it is not [`down`](Self::down) by another crash.
    pub fn edges(&self, at: InstanceId) -> Vec<(Time, Edge)> {
        self.instances.edges(at)
    }

    /// How many times as often this client's open arrivals come now.
    pub fn rate_factor(&self, client: NodeIx, now: Time) -> f64 {
        self.surges.factor(client, now)
    }

    /// Are this client's surges those that it has among the other faults?
    pub fn has_surges_of(&self, other: &Self, client: NodeIx) -> bool {
        self.surges.are_those_of(&other.surges, client)
    }

    /// The next instant after now at which [`rate_factor`](Self::rate_factor) may change.
    pub fn next_rate_change(&self, client: NodeIx, now: Time) -> Option<Time> {
        self.surges.next_change(client, now)
    }
}

/// The edges that befall the instances by this fault alone.
fn edges_of(declared: &Declared, nodes: &[NodeIx]) -> Vec<(InstanceId, Time, Edge)> {
    let mut alone = Faults::default();
    alone.add(declared.clone(), nodes);
    let instances = (0..nodes.len() as u32).map(InstanceId);
    let edges = instances.flat_map(|at| {
        let edges = alone.edges(at).into_iter();
        edges.map(move |(time, edge)| (at, time, edge))
    });
    edges.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dist;
    use crate::scenario::tree::{FaultKind, Network, Pause, Run, Target, When};

    pub(super) fn windows(stretches: &[(u64, u64)]) -> Windows {
        Windows::new(stretches.iter().map(|(start, end)| (Time(*start), Time(*end))).collect())
    }

    pub(super) fn pause(name: &str) -> Fault {
        Fault {
            name: name.to_owned(),
            when: When::At(Span(10)),
            lasts: Some(Dist::Const(10.0)),
            what: FaultKind::Pause(Pause { target: Target { node: NodeIx(1), instance: None } }),
        }
    }

    /// A client, a node of two instances, another node.
    pub(super) fn nodes() -> Vec<NodeIx> {
        [0, 1, 1, 2].map(NodeIx).to_vec()
    }

    fn scenario(faults: Vec<Fault>) -> Scenario {
        Scenario {
            name: "faults".to_owned(),
            about: String::new(),
            run: Run {
                length: Span(1_000),
                warmup: Span::ZERO,
                drain: Span::ZERO,
                max_in_flight: 1,
                seed: 1,
            },
            knobs: vec![],
            nodes: vec![],
            network: Network { latency: Dist::Const(0.0), links: vec![] },
            entities: vec![],
            sums: vec![],
            flows: vec![],
            designs: vec![],
            policies: vec![],
            faults,
            changes: vec![],
            measures: vec![],
            expect: vec![],
        }
    }

    fn random(name: &str) -> Fault {
        let when = When::Random(Dist::Exp(50.0));
        Fault { when, lasts: Some(Dist::Exp(20.0)), ..pause(name) }
    }

    #[test]
    fn a_world_without_faults_is_quiet() {
        let faults = Faults::draw(&scenario(vec![]), &nodes(), 1);
        let at = InstanceId(1);
        assert!(faults.network_is_quiet(Time(5)) && !faults.is_paused(Time(5), at));
        assert_eq!((faults.slowness(Time(5), at), faults.down(Time(5), at)), (1.0, None));
        assert!(faults.edges(at).is_empty() && faults.windows_of(0).is_empty());
    }

    #[test]
    fn the_seed_and_the_name_decide_and_other_faults_do_not() {
        let draw = |list, seed| Faults::draw(&scenario(list), &nodes(), seed);
        let alone = draw(vec![random("a")], 1);
        let second = draw(vec![random("b"), random("a")], 1);
        assert_eq!(alone.windows_of(0), second.windows_of(1));
        assert_ne!(second.windows_of(0), second.windows_of(1));
        assert_ne!(alone.windows_of(0), draw(vec![random("a")], 2).windows_of(0));
    }

    fn change(at: u64, deed: Deed) -> Intervention {
        Intervention { at: Span(at), deed }
    }

    #[test]
    fn a_fault_begun_by_a_change_is_the_same_as_one_foreseen() {
        let begun = Fault { when: When::At(Span(10)), lasts: Some(Dist::Exp(20.0)), ..pause("a") };
        let foreseen = Faults::draw(&scenario(vec![begun.clone()]), &nodes(), 1);
        let none = Faults::draw(&scenario(vec![]), &nodes(), 1);
        let begin = change(10, Deed::Begin(begun));
        let (faults, edges) = none.changed(&begin, &nodes(), Span(1_000), 1);
        assert_eq!(faults.windows_of(0), foreseen.windows_of(0));
        let of_two = edges.iter().filter(|(at, ..)| *at == InstanceId(2));
        let of_two: Vec<_> = of_two.map(|(_, time, edge)| (*time, *edge)).collect();
        assert_eq!(of_two, foreseen.edges(InstanceId(2)));
        assert_eq!(edges.len(), 2, "both instances, and nobody else");
    }

    #[test]
    fn a_fault_ends_once_or_for_good() {
        let again = When::Every { first: Span(10), every: Span(100) };
        let faults = Faults::draw(
            &scenario(vec![pause("other"), Fault { when: again, ..pause("a") }]),
            &nodes(),
            1,
        );
        let (ended, edges) =
            faults.changed(&change(115, Deed::End("a".into())), &nodes(), Span(1_000), 1);
        assert_eq!(
            ended.windows_of(1)[..3],
            [10, 110, 210]
                .map(|start| { (Time(start), Time(if start == 110 { 115 } else { start + 10 })) })
        );
        let resumes = [1, 2].map(|at| (InstanceId(at), Time(115), Edge::Resume));
        assert_eq!(edges, resumes, "who was paused goes on");
        let (without, edges) =
            ended.changed(&change(205, Deed::Without("a".into())), &nodes(), Span(1_000), 1);
        assert_eq!(without.windows_of(1), &ended.windows_of(1)[..2]);
        assert_eq!((edges, without.windows_of(0)), (vec![], faults.windows_of(0)));
    }

    #[test]
    fn a_fault_is_consulted_by_its_index_and_by_its_victims() {
        let faults = Faults::draw(&scenario(vec![pause("a")]), &nodes(), 1);
        assert_eq!(faults.windows_of(0), [(Time(10), Time(20))]);
        let paused = [9, 10, 19, 20].map(|now| faults.is_paused(Time(now), InstanceId(2)));
        assert_eq!(paused, [false, true, true, false]);
        assert_eq!(faults.edges(InstanceId(2)), [(Time(20), Edge::Resume)]);
    }
}
