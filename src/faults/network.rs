//! What faults do to messages: slower, lost, doubled, overtaken, cut off. Latencies add, chances of
//! loss compose, partitions cut until the last of those that cover the instant has ended. Knows no
//! links and sends nothing.

use super::windows::Windows;
use crate::base::{Span, Stream, Time};
use crate::scenario::tree::{Disturbance, NodeIx, Path};

/// What the network does with one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It arrives, after so much more than the link's latency, perhaps twice.
    Through {
        /// Added latency.
        extra: Span,
        /// Does it arrive twice?
        twice: bool,
    },
    /// It is lost.
    Lost,
    /// Nothing passes until then (`None`: for good).
    Cut {
        /// The end of the partitions that cover this instant.
        until: Option<Time>,
    },
}

/// All faults of the network.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// When any of them is active.
    cover: Windows,
    faults: Vec<Disturbed>,
}

/// What befalls the messages of a path, and when.
#[derive(Clone, Debug)]
struct Disturbed {
    windows: Windows,
    path: Path,
    by: Disturbance,
}

impl Network {
    /// Takes in what befalls the messages of this path then.
    pub fn add(&mut self, path: Path, by: Disturbance, windows: &Windows) {
        self.cover = Windows::union([&self.cover, windows]);
        self.faults.push(Disturbed { windows: windows.clone(), path, by });
    }

    /// Is there none?
    pub fn is_steady(&self) -> bool {
        self.cover.is_empty()
    }

    /// Is none active?
    #[inline]
    pub fn is_quiet(&self, now: Time) -> bool {
        !self.cover.active(now)
    }

    /// What becomes of a message sent now. Every active fault of the path takes its draws, whatever
    /// the others did, so that one more fault does not change what the others do to this message.
    pub fn passage(&self, now: Time, from: NodeIx, to: NodeIx, chance: &mut Stream) -> Passage {
        let (mut extra, mut lost, mut twice, mut cut) = (Span::ZERO, false, false, false);
        for fault in &self.faults {
            if !is_on(&fault.path, from, to) || !fault.windows.active(now) {
                continue;
            }
            match &fault.by {
                Disturbance::Slower(add) => extra = extra + add.span(chance.next_u64()),
                Disturbance::Lost(probability) => lost |= chance.unit() < *probability,
                Disturbance::Doubled(probability) => twice |= chance.unit() < *probability,
                Disturbance::HeldUp { probability, by } => {
                    let (unit, word) = (chance.unit(), chance.next_u64());
                    if unit < *probability {
                        extra = extra + by.span(word);
                    }
                }
                Disturbance::Cut => cut = true,
            }
        }
        if cut {
            return Passage::Cut { until: self.end_of_cut(now, from, to) };
        }
        if lost { Passage::Lost } else { Passage::Through { extra, twice } }
    }

    /// The first instant from now on that no partition of the path covers.
    fn end_of_cut(&self, now: Time, from: NodeIx, to: NodeIx) -> Option<Time> {
        let cuts = self
            .faults
            .iter()
            .filter(|fault| matches!(fault.by, Disturbance::Cut) && is_on(&fault.path, from, to));
        let end = Windows::union(cuts.map(|fault| &fault.windows)).end_of_cover(now);
        end.filter(|end| *end < Time::NEVER)
    }
}

/// Does a message between these nodes take this path?
fn is_on(path: &Path, from: NodeIx, to: NodeIx) -> bool {
    let names = |nodes: &[NodeIx], node| nodes.is_empty() || nodes.contains(&node);
    let there = names(&path.from, from) && names(&path.to, to);
    there || (path.both && names(&path.from, to) && names(&path.to, from))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Dist;
    use crate::faults::tests::windows;

    const A: NodeIx = NodeIx(0);
    const B: NodeIx = NodeIx(1);
    const C: NodeIx = NodeIx(2);

    fn path(both: bool) -> Path {
        Path { from: vec![A], to: vec![B], both }
    }

    /// From A to B.
    fn network(faults: &[(Disturbance, &[(u64, u64)])]) -> Network {
        on(&path(false), faults)
    }

    fn on(path: &Path, faults: &[(Disturbance, &[(u64, u64)])]) -> Network {
        let mut network = Network::default();
        for (by, stretches) in faults {
            network.add(path.clone(), by.clone(), &windows(stretches));
        }
        network
    }

    fn pass(network: &Network, now: u64, from: NodeIx, to: NodeIx) -> Passage {
        network.passage(Time(now), from, to, &mut Stream::new(1, "network", "test", 0))
    }

    fn through(extra: u64) -> Passage {
        Passage::Through { extra: Span(extra), twice: false }
    }

    #[test]
    fn latencies_add_up_while_they_overlap() {
        let slower = |ns| Disturbance::Slower(Dist::Const(ns));
        let network = network(&[(slower(5.0), &[(10, 30)]), (slower(7.0), &[(20, 40)])]);
        let extras = [5, 15, 25, 35, 45].map(|now| pass(&network, now, A, B));
        assert_eq!(extras, [0, 5, 12, 7, 0].map(through));
        assert_eq!(pass(&network, 25, B, A), through(0), "one way only");
        let quiet = [9, 10, 39, 40].map(|now| network.is_quiet(Time(now)));
        assert_eq!(quiet, [true, false, false, true]);
    }

    /// The share of messages that meet this fate.
    fn share(network: &Network, fate: impl Fn(Passage) -> bool) -> f64 {
        let mut chance = Stream::new(3, "network", "test", 0);
        let fates = (0..40_000).map(|_| network.passage(Time(15), A, B, &mut chance));
        fates.filter(|passage| fate(*passage)).count() as f64 / 40_000.0
    }

    #[test]
    fn chances_of_loss_compose() {
        let lost = Disturbance::Lost;
        let network = network(&[(lost(0.2), &[(10, 20)]), (lost(0.5), &[(10, 20)])]);
        let lost = share(&network, |passage| passage == Passage::Lost);
        assert!((lost - 0.6).abs() < 0.01, "1 - 0.8 * 0.5, not {lost}");
    }

    #[test]
    fn duplicates_come_with_their_probability() {
        let network = network(&[(Disturbance::Doubled(0.3), &[(10, 20)])]);
        let twice =
            share(&network, |passage| matches!(passage, Passage::Through { twice: true, .. }));
        assert!((twice - 0.3).abs() < 0.01, "{twice}");
    }

    #[test]
    fn reordering_holds_some_messages_up() {
        let held_up = Disturbance::HeldUp { probability: 0.4, by: Dist::Const(9.0) };
        let network = network(&[(held_up, &[(10, 20)])]);
        let held = share(&network, |passage| passage == through(9));
        let passed = share(&network, |passage| passage == through(0));
        assert!((held - 0.4).abs() < 0.01 && (passed - 0.6).abs() < 0.01, "{held} {passed}");
    }

    #[test]
    fn a_partition_cuts_one_way_or_both() {
        let one = network(&[(Disturbance::Cut, &[(10, 20)])]);
        let cut = Passage::Cut { until: Some(Time(20)) };
        assert_eq!((pass(&one, 10, A, B), pass(&one, 10, B, A)), (cut, through(0)));
        assert_eq!((pass(&one, 20, A, B), pass(&one, 10, A, C)), (through(0), through(0)));
        let both = on(&path(true), &[(Disturbance::Cut, &[(10, 20)])]);
        assert_eq!((pass(&both, 10, A, B), pass(&both, 10, B, A)), (cut, cut));
        assert_eq!(pass(&both, 10, B, C), through(0));
    }

    #[test]
    fn empty_lists_mean_all_nodes() {
        let isolate = Path { from: vec![], to: vec![B], both: true };
        let network = on(&isolate, &[(Disturbance::Cut, &[(10, u64::MAX)])]);
        let cut = Passage::Cut { until: None };
        assert_eq!([pass(&network, 10, A, B), pass(&network, 10, B, C)], [cut, cut]);
        assert_eq!(pass(&network, 10, A, C), through(0));
    }

    proptest! {
        /// Partitions cut until the end of their common cover, whichever of them ends first.
        #[test]
        fn the_order_in_which_partitions_end_does_not_matter(
            all in prop::collection::vec((0..50u64, 1..20u64), 1..5), now in 0..80u64
        ) {
            let faults: Vec<Vec<(u64, u64)>> =
                all.iter().map(|(start, lasts)| vec![(*start, start + lasts)]).collect();
            let forward: Vec<_> =
                faults.iter().map(|list| (Disturbance::Cut, list.as_slice())).collect();
            let mut backward = forward.clone();
            backward.reverse();
            let (one, other) = (network(&forward), network(&backward));
            let found = pass(&one, now, A, B);
            prop_assert_eq!(found, pass(&other, now, A, B));
            if let Passage::Cut { until: Some(until) } = found {
                prop_assert_eq!(pass(&one, until.0, A, B), through(0));
                for then in now..until.0 {
                    prop_assert_eq!(pass(&one, then, A, B), found);
                }
            }
        }
    }
}
