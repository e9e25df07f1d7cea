//! How long service discovery takes: from the instant at which an instance is of no use any more
//! (down, frozen or being shut down) until the registry has noticed, and until each caller has; and
//! from the instant at which it is of use again until each caller calls it again. What comes to an
//! end before it is noticed is no sample. Measured is what begins in [warm-up, length).
//!
//! An instance that is only cut off is of use to some and not to others, so partitions are no
//! beginning; what they make a registry strike off counts as delisted all the same.

use std::sync::Arc;

use super::fact::Fact;
use super::instruments::Instrument;
use super::layout::Layout;
use super::outcome::{Discovered, Outcome};
use crate::base::Time;
use crate::engine::InstanceId;

/// What was gathered, by the node whose instances come and go.
#[derive(Clone, Debug)]
pub struct Discovery {
    layout: Arc<Layout>,
    nodes: Vec<Discovered>,
}

impl Instrument for Discovery {
    fn new(layout: &Arc<Layout>) -> Self {
        let nodes = vec![Discovered::default(); layout.nodes.len()];
        Self { layout: Arc::clone(layout), nodes }
    }

    fn replan(&mut self, layout: &Arc<Layout>) {
        self.layout = Arc::clone(layout);
    }

    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        let Fact::Listed { instance, is_listed } = fact else { return };
        let layout = &self.layout;
        let place = |instance| layout.node_of(instance);
        let by_registry = layout.nodes[place(at)].kind == "registry";
        let node = &mut self.nodes[place(instance)];
        if by_registry && layout.measures(now) {
            *(if is_listed { &mut node.enlisted } else { &mut node.delisted }) += 1;
        }
        let gone = &layout.gone[instance.0 as usize];
        let begun = gone.partition_point(|(start, _)| *start <= now);
        let Some((start, end)) = begun.checked_sub(1).map(|last| gone[last]) else { return };
        let (since, sample) = match (is_listed, now < end, by_registry) {
            (false, true, true) => (start, &mut node.detection),
            (false, true, false) => (start, &mut node.removal),
            (true, false, false) => (end, &mut node.comeback),
            _ => return,
        };
        if layout.measures(since) {
            sample.record(now.since(since));
        }
    }

    fn outcome(&self, _: Time, outcome: &mut Outcome) {
        for (plan, discovered) in self.layout.nodes.iter().zip(&self.nodes) {
            if let Some(node) = outcome.nodes.get_mut(&plan.name) {
                node.discovery = discovered.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::probes::layout::NodePlan;
    use crate::probes::sketch::Sketch;
    use crate::scenario::tree::NodeIx;

    const SERVER: InstanceId = InstanceId(1);
    const REGISTRY: InstanceId = InstanceId(2);
    const CALLER: InstanceId = InstanceId(0);

    fn discovered(gone: &[(u64, u64)], trace: &[(u64, InstanceId, bool)]) -> Discovered {
        let node = |name: &str, kind| NodePlan { name: name.into(), kind, ..NodePlan::default() };
        let gone = gone.iter().map(|(start, end)| (Time(*start), Time(*end))).collect();
        let layout = Layout {
            nodes: vec![node("c", "client"), node("s", "service"), node("r", "registry")],
            instances: [0, 1, 2].map(NodeIx).to_vec(),
            gone: vec![vec![], gone, vec![]],
            warmup: Span(10),
            length: Span(100),
            ..Layout::default()
        };
        let layout = Arc::new(layout);
        let mut discovery = Discovery::new(&layout);
        for &(now, at, is_listed) in trace {
            discovery.see(Time(now), at, Fact::Listed { instance: SERVER, is_listed });
        }
        let mut outcome = Outcome::blank(&layout, Time(100));
        discovery.outcome(Time(100), &mut outcome);
        outcome.nodes.swap_remove("s").unwrap().discovery
    }

    #[test]
    fn noticing_counts_from_when_it_went_and_coming_back_from_when_it_was_there() {
        let trace = [
            (23, REGISTRY, false),
            (29, CALLER, false),
            (41, REGISTRY, true),
            (44, CALLER, true),
            (70, REGISTRY, false),
            (71, CALLER, false),
        ];
        let found = discovered(&[(20, 40), (65, u64::MAX)], &trace);
        let means = [&found.detection, &found.removal, &found.comeback].map(Sketch::mean);
        assert_eq!(means, [Some(4.0), Some(7.5), Some(4.0)]);
        assert_eq!((found.delisted, found.enlisted), (2, 1));
    }

    #[test]
    fn what_is_noticed_too_late_or_begins_unmeasured_is_no_sample() {
        // Struck off only when it was there again; gone before the warm-up was over.
        let found = discovered(&[(5, 8), (20, 30)], &[(9, CALLER, false), (31, CALLER, false)]);
        assert_eq!((found.removal.count(), found.detection.count()), (0, 0));
        // Cut off, not gone.
        let found = discovered(&[], &[(50, REGISTRY, false), (51, CALLER, false)]);
        assert_eq!((found.removal.count(), found.delisted), (0, 1));
    }
}
