//! A probe that keeps books of queues and workers by itself, to hold the meters against.

use std::sync::Arc;

use windtunnel::base::Time;
use windtunnel::engine::InstanceId;
use windtunnel::probes::{Fact, Layout, OpId, Probe};

/// What the queues and workers of every instance did, told apart from the meters: from the facts
/// alone, over the whole run.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub layout: Arc<Layout>,
    pub instances: Vec<Hands>,
    /// Instants at which an instance had idle workers and something waiting.
    pub idle: Vec<(Time, InstanceId)>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hands {
    since: Time,
    pub waiting: u64,
    pub busy: u64,
    /// Integrals of both over time, over the whole run and within the measured stretch.
    pub waiting_ns: [u128; 2],
    pub busy_ns: [u128; 2],
    /// What those that began had waited, added up.
    pub waited_ns: u128,
    pub began: u64,
    /// Those whose waits do not say how long: who left without being served, and who waited only
    /// for the books, as all were served at once.
    pub untold: u64,
}

impl Watch {
    pub(super) fn new(layout: &Arc<Layout>) -> Self {
        let instances = vec![Hands::default(); layout.instances.len()];
        Self { layout: Arc::clone(layout), instances, idle: Vec::new() }
    }

    fn workers(&self, at: InstanceId) -> Option<u64> {
        let node = self.layout.instances[at.0 as usize];
        self.layout.nodes[usize::from(node.0)].workers.map(u64::from)
    }

    /// Time went on since the last fact of this instance.
    pub(super) fn advance(&mut self, now: Time, at: InstanceId) {
        let (workers, layout) = (self.workers(at), &self.layout);
        let hands = &mut self.instances[at.0 as usize];
        let clip = |time: Time| time.0.clamp(layout.warmup.0, layout.length.0);
        let spans = [now.0 - hands.since.0, clip(now) - clip(hands.since)].map(u128::from);
        if spans[0] > 0 && hands.waiting > 0 && workers.is_some_and(|all| hands.busy < all) {
            self.idle.push((hands.since, at));
        }
        for (which, span) in spans.into_iter().enumerate() {
            hands.waiting_ns[which] += span * u128::from(hands.waiting);
            hands.busy_ns[which] += span * u128::from(hands.busy);
        }
        hands.since = now;
    }

    /// Sums over a node's instances.
    pub(super) fn sum(&self, node: usize, figure: impl Fn(&Hands) -> u128) -> u128 {
        let of_node = self.layout.instances.iter().zip(&self.instances);
        of_node.filter(|(it, _)| usize::from(it.0) == node).map(|(_, hands)| figure(hands)).sum()
    }
}

impl Probe for Watch {
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        let (waiting, busy) = match fact {
            Fact::Waits { .. } => (1, 0),
            Fact::LeftQueue { .. } => (-1, 0),
            Fact::Began { queued, .. } => (-i64::from(queued), 1),
            Fact::Freed { .. } => (0, -1),
            _ => return,
        };
        self.advance(now, at);
        let hands = &mut self.instances[at.0 as usize];
        if let Fact::Began { waited, .. } = fact {
            hands.waited_ns += u128::from(waited.0);
            hands.began += 1;
        }
        let is_untold = matches!(fact, Fact::LeftQueue { .. } | Fact::Waits { op: OpId::NONE });
        hands.untold += u64::from(is_untold);
        hands.waiting = hands.waiting.checked_add_signed(waiting).expect("more left than came");
        hands.busy = hands.busy.checked_add_signed(busy).expect("more were freed than began");
    }
}
