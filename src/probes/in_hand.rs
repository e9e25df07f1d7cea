//! How much the instances of each node have in hand, waiting or in service: the shares of the time
//! within [warm-up, length) in which they have one, two, three things or more (the tail of the
//! number in the system, for the supermarket model above all: Mitzenmacher, "The Power of Two
//! Choices in Randomized Load Balancing", 1996).
//!
//! The time with so many is the sum of when there was one less again less the sum of when they came
//! to be so many, each clipped to the stretch. Every change has to be counted, so this is gathered
//! only where somebody wants the figure.

use std::sync::Arc;

use super::fact::Fact;
use super::instruments::Instrument;
use super::layout::Layout;
use super::outcome::{LEVELS, Outcome};
use crate::base::Time;
use crate::engine::InstanceId;

/// What all instances have in hand, and had.
#[derive(Clone, Debug)]
pub struct InHand {
    layout: Arc<Layout>,
    instances: Vec<Gauge>,
    /// By node: ends less beginnings, in nanoseconds, of having so many (one more than the place
    /// says) or more.
    nodes: Vec<[i128; LEVELS]>,
}

/// What one instance has in hand.
#[derive(Clone, Copy, Debug, Default)]
struct Gauge {
    waiting: usize,
    busy: usize,
}

impl Instrument for InHand {
    fn new(layout: &Arc<Layout>) -> Self {
        Self {
            instances: vec![Gauge::default(); layout.instances.len()],
            nodes: vec![[0; LEVELS]; layout.nodes.len()],
            layout: Arc::clone(layout),
        }
    }

    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        let gauge = &mut self.instances[at.0 as usize];
        let before = gauge.waiting + gauge.busy;
        match fact {
            Fact::Waits { .. } => gauge.waiting += 1,
            Fact::Began { queued, .. } => {
                gauge.waiting -= usize::from(queued && gauge.waiting > 0);
                gauge.busy += 1;
            }
            Fact::LeftQueue { .. } => gauge.waiting = gauge.waiting.saturating_sub(1),
            Fact::Freed { .. } => gauge.busy = gauge.busy.saturating_sub(1),
            Fact::Down if !self.layout.nodes[self.layout.node_of(at)].outlives_itself => {
                *gauge = Gauge::default();
            }
            _ => {}
        }
        let after = gauge.waiting + gauge.busy;
        self.changes(now, at, (before, after));
    }

    fn outcome(&self, audit: Time, outcome: &mut Outcome) {
        let mut ended = self.clone();
        for instance in (0..self.instances.len() as u32).map(InstanceId) {
            ended.see(self.layout.end(audit), instance, Fact::Down);
        }
        for (plan, times) in self.layout.nodes.iter().zip(ended.nodes) {
            let available = u128::from(plan.instances) * u128::from(self.layout.stretch(audit).0);
            if let Some(node) = outcome.nodes.get_mut(&plan.name).filter(|_| available > 0) {
                node.in_hand = Some(times.map(|ns| ns as f64 / available as f64));
            }
        }
    }
}

impl InHand {
    fn changes(&mut self, now: Time, at: InstanceId, (before, after): (usize, usize)) {
        let layout = &self.layout;
        let clipped = i128::from(now.0.min(layout.length.0).max(layout.warmup.0));
        let node = &mut self.nodes[layout.node_of(at)];
        for level in node.iter_mut().take(after).skip(before) {
            *level -= clipped;
        }
        for level in node.iter_mut().take(before).skip(after) {
            *level += clipped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::probes::OpId;
    use crate::probes::layout::NodePlan;
    use crate::scenario::tree::NodeIx;

    const OP: OpId = OpId(0);
    const A: InstanceId = InstanceId(0);
    const B: InstanceId = InstanceId(1);
    const WAITS: Fact = Fact::Waits { op: OP };

    fn began(waited: u64) -> Fact {
        Fact::Began { op: OP, waited: Span(waited), queued: waited > 0, arrives: false }
    }

    fn shares(trace: &[(u64, InstanceId, Fact)]) -> [f64; LEVELS] {
        let plan = NodePlan { name: "till".into(), instances: 2, ..NodePlan::default() };
        let layout = Layout {
            nodes: vec![plan],
            instances: vec![NodeIx(0), NodeIx(0)],
            warmup: Span(100),
            length: Span(200),
            ..Layout::default()
        };
        let layout = Arc::new(layout);
        let mut in_hand = InHand::new(&layout);
        for &(now, at, fact) in trace {
            in_hand.see(Time(now), at, fact);
        }
        let mut outcome = Outcome::blank(&layout, Time(1_000_000));
        in_hand.outcome(Time(1_000_000), &mut outcome);
        outcome.nodes["till"].in_hand.unwrap()
    }

    #[test]
    fn time_is_counted_by_how_many_are_in_hand() {
        // A has 1 from 90 to 250, 2 in 120..160, 3 in 130..140; B has 1 from 150 on.
        let shares = shares(&[
            (90, A, began(0)),
            (120, A, WAITS),
            (130, A, WAITS),
            (140, A, Fact::LeftQueue { op: OP }),
            (150, B, began(0)),
            (160, A, Fact::Freed { op: OP }),
            (160, A, began(40)),
            (250, A, Fact::Freed { op: OP }),
        ]);
        assert_eq!(shares[..4], [150.0 / 200.0, 40.0 / 200.0, 10.0 / 200.0, 0.0]);
    }

    #[test]
    fn a_crash_leaves_nothing_in_hand_however_much_there_was() {
        let crowd: Vec<_> = (0..100).map(|_| (100, A, WAITS)).collect();
        let shares = shares(&[crowd, vec![(150, A, Fact::Down)]].concat());
        assert!(shares.iter().all(|share| *share == 0.25));
    }
}
