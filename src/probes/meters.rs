//! What nodes did with their queues and workers, within [warm-up, length): counts, waits, and time
//! integrals in whole instance-nanoseconds, so that nothing is rounded before the last division.
//!
//! The integral of how many there are is the sum of when they went less the sum of when they came,
//! each clipped to the stretch: one addition per change. Waits are of those that arrived in the
//! stretch, whenever they were taken up.
//!
//! What is done most often, to take up at once what arrives and to free its worker, is counted by
//! instance and from the beginning of the run; only what was counted while the stretch lasted
//! is added to the node.

use std::sync::Arc;

use super::fact::Fact;
use super::gauge::Gauge;
use super::instruments::Instrument;
use super::layout::{Layout, NodePlan};
use super::outcome::{NodeOutcome, Outcome};
use super::sketch::Sketch;
use crate::base::{Span, Time, weight};
use crate::engine::InstanceId;

/// The meters of all nodes.
#[derive(Clone, Debug)]
pub struct Meters {
    layout: Arc<Layout>,
    nodes: Vec<Meter>,
    instances: Vec<Gauge>,
    stage: Stage,
}

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    WarmingUp,
    Measuring,
    Done,
}

/// What is with an instance at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hand {
    /// Waits for a worker.
    pub waiting: u32,
    /// Is in service.
    pub busy: u32,
}

/// What is added up of all instances of a node as it happens.
#[derive(Clone, Debug, Default)]
struct Meter {
    waited: u64,
    batches: u64,
    batched: u64,
    revoked: u64,
    wait: Sketch,
}

impl Instrument for Meters {
    fn new(layout: &Arc<Layout>) -> Self {
        Self {
            stage: Stage::WarmingUp,
            nodes: vec![Meter::default(); layout.nodes.len()],
            instances: vec![Gauge::default(); layout.instances.len()],
            layout: Arc::clone(layout),
        }
    }

    #[expect(
        clippy::inline_always,
        reason = "the variant is known at the call site: only its arm remains"
    )]
    #[inline(always)]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        match fact {
            Fact::Arrived { .. } => self.count(now, at, |gauge| &mut gauge.arrivals),
            Fact::TurnedAway { .. } => self.count(now, at, |gauge| &mut gauge.turned_away),
            Fact::Waits { .. } => self.waits(now, at),
            Fact::LeftQueue { .. } => self.leaves(now, at, 1),
            Fact::Began { arrives: true, .. } => self.begins_at_once(now, at),
            Fact::Began { waited, queued, .. } => self.begins(now, at, waited, queued),
            Fact::Works { work, .. } => self.instances[at.0 as usize].at_work_ns += work.0,
            Fact::Freed { .. } => self.frees(now, at),
            Fact::Batched { records } => self.batched(now, at, records),
            Fact::Revoked { partitions } => self.revoked(now, at, partitions),
            // It says itself of what it loses.
            Fact::Down | Fact::Up if self.outlives_itself(at) => {}
            Fact::Down => {
                self.leaves(now, at, u32::MAX);
                let gauge = &mut self.instances[at.0 as usize];
                gauge.busy_ns += i128::from(std::mem::take(&mut gauge.busy)) * i128::from(now.0);
                self.goes(now, at, true);
            }
            Fact::Up => self.goes(now, at, false),
            _ => {}
        }
    }

    fn due(&self) -> Time {
        self.turn()
    }

    fn reach(&mut self, now: Time, _: &Fact) {
        self.reach_instant(now);
    }

    fn weight(&self) -> usize {
        let waits: usize = self.nodes.iter().map(|node| node.wait.weight()).sum();
        weight::vec(&self.nodes) + waits + weight::vec(&self.instances)
    }

    fn outcome(&self, audit: Time, outcome: &mut Outcome) {
        let (end, stretch) = (self.layout.end(audit), self.layout.stretch(audit));
        let ended = self.ended(end);
        let mut gauges = ended.instances.as_slice();
        for (plan, meter) in self.layout.nodes.iter().zip(&ended.nodes) {
            let (own, others) = gauges.split_at(plan.instances as usize);
            gauges = others;
            if let Some(node) = outcome.nodes.get_mut(&plan.name) {
                meter.put(node, own, plan, stretch);
            }
        }
    }
}

impl Meters {
    /// When measuring begins or ends, whichever is next.
    fn turn(&self) -> Time {
        match self.stage {
            Stage::WarmingUp => Time(self.layout.warmup.0),
            Stage::Measuring => Time(self.layout.length.0),
            Stage::Done => Time::NEVER,
        }
    }

    fn reach_instant(&mut self, now: Time) {
        if self.stage == Stage::WarmingUp && now >= self.turn() {
            for gauge in &mut self.instances {
                gauge.at_once = 0;
                gauge.at_work_ns = 0;
                gauge.busy_ns = -i128::from(gauge.busy) * i128::from(self.layout.warmup.0);
            }
            self.stage = Stage::Measuring;
        }
        if self.stage == Stage::Measuring && now >= self.turn() {
            self.end_measuring(self.turn());
        }
    }

    fn end_measuring(&mut self, end: Time) {
        for (gauge, node) in self.instances.iter_mut().zip(&self.layout.instances) {
            gauge.worked_ns = gauge.busy_ns + i128::from(gauge.busy) * i128::from(end.0);
            gauge.did_work_ns = gauge.at_work_ns;
            gauge.arrivals += gauge.at_once;
            self.nodes[usize::from(node.0)].wait.record_many(Span::ZERO, gauge.at_once);
        }
        self.stage = Stage::Done;
    }

    /// As they would be if measuring ended then.
    fn ended(&self, end: Time) -> Self {
        let mut ended = self.clone();
        for instance in 0..ended.instances.len() {
            let at = InstanceId(instance as u32);
            ended.leaves(end, at, u32::MAX);
            ended.goes(end, at, false);
        }
        ended.reach_instant(end);
        if ended.stage == Stage::Measuring {
            ended.end_measuring(end);
        }
        ended
    }

    /// What an instance has in hand now.
    pub fn hand(&self, at: InstanceId) -> Hand {
        let Gauge { waiting, busy, .. } = self.instances[at.0 as usize];
        Hand { waiting, busy }
    }

    #[inline(never)]
    fn waits(&mut self, now: Time, at: InstanceId) {
        let (clipped, measured) = (self.clip(now), self.layout.measures(now));
        let gauge = &mut self.instances[at.0 as usize];
        gauge.waiting += 1;
        gauge.waiting_ns -= clipped;
        if measured {
            gauge.queue_max = gauge.queue_max.max(gauge.waiting);
        }
    }

    #[inline]
    fn begins_at_once(&mut self, now: Time, at: InstanceId) {
        let gauge = &mut self.instances[at.0 as usize];
        gauge.busy += 1;
        gauge.busy_ns -= i128::from(now.0);
        gauge.at_once += 1;
    }

    #[inline(never)]
    fn begins(&mut self, now: Time, at: InstanceId, waited: Span, queued: bool) {
        if queued {
            self.leaves(now, at, 1);
        }
        let gauge = &mut self.instances[at.0 as usize];
        gauge.busy += 1;
        gauge.busy_ns -= i128::from(now.0);
        if self.layout.measures(Time(now.0.saturating_sub(waited.0))) {
            let node = &mut self.nodes[self.layout.node_of(at)];
            node.wait.record(waited);
            node.waited += u64::from(queued);
        }
    }

    #[cold]
    fn batched(&mut self, now: Time, at: InstanceId, records: u32) {
        if self.layout.measures(now) {
            let node = &mut self.nodes[self.layout.node_of(at)];
            node.batches += 1;
            node.batched += u64::from(records);
        }
    }

    #[cold]
    fn revoked(&mut self, now: Time, at: InstanceId, partitions: u32) {
        if self.layout.measures(now) {
            self.nodes[self.layout.node_of(at)].revoked += u64::from(partitions);
        }
    }

    /// At most so many of the queue leave it.
    #[inline(never)]
    fn leaves(&mut self, now: Time, at: InstanceId, most: u32) {
        let clipped = self.clip(now);
        let gauge = &mut self.instances[at.0 as usize];
        // A queue that is there at some instant of the stretch counts, even if none joined it then.
        if self.layout.warmup.0 < now.0 && now.0 <= self.layout.length.0 {
            gauge.queue_max = gauge.queue_max.max(gauge.waiting);
        }
        let gone = most.min(gauge.waiting);
        gauge.waiting -= gone;
        gauge.waiting_ns += clipped * i128::from(gone);
    }

    /// A worker is free again, if any is busy.
    #[inline]
    fn frees(&mut self, now: Time, at: InstanceId) {
        let gauge = &mut self.instances[at.0 as usize];
        if gauge.busy > 0 {
            gauge.busy -= 1;
            gauge.busy_ns += i128::from(now.0);
        }
    }

    /// An instance goes down, or is up again, if it was not.
    #[cold]
    fn goes(&mut self, now: Time, at: InstanceId, is_down: bool) {
        let clipped = self.clip(now);
        let gauge = &mut self.instances[at.0 as usize];
        if std::mem::replace(&mut gauge.is_down, is_down) != is_down {
            gauge.down_ns += if is_down { -clipped } else { clipped };
        }
    }

    #[cold]
    fn outlives_itself(&self, at: InstanceId) -> bool {
        self.layout.nodes[self.layout.node_of(at)].outlives_itself
    }

    /// The instant of the stretch that is nearest to `now`.
    fn clip(&self, now: Time) -> i128 {
        i128::from(now.0.min(self.layout.length.0).max(self.layout.warmup.0))
    }

    #[inline]
    fn count(&mut self, now: Time, at: InstanceId, which: impl FnOnce(&mut Gauge) -> &mut u64) {
        let measured = self.layout.measures(now);
        *which(&mut self.instances[at.0 as usize]) += u64::from(measured);
    }
}

impl Meter {
    /// Puts its figures, and those of its instances, into those of its node.
    fn put(&self, node: &mut NodeOutcome, own: &[Gauge], plan: &NodePlan, stretch: Span) {
        node.load = Gauge::load(own, plan, stretch);
        let each = own.chunks(1).map(|own| Gauge::load(own, plan, stretch));
        node.instances = each.collect();
        node.wait = self.wait.clone();
        node.waited = self.waited;
        node.batches = self.batches;
        node.batched = self.batched;
        node.revoked = self.revoked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::{OpId, Reason};
    use crate::scenario::tree::NodeIx;

    const OP: OpId = OpId(0);
    const A: InstanceId = InstanceId(0);
    const B: InstanceId = InstanceId(1);

    fn see(trace: &[(u64, InstanceId, Fact)]) -> NodeOutcome {
        see_until(300, trace)
    }

    fn see_until(audit: u64, trace: &[(u64, InstanceId, Fact)]) -> NodeOutcome {
        let layout = Layout {
            nodes: vec![NodePlan {
                name: "till".into(),
                kind: "service",
                instances: 2,
                workers: Some(1),
                shares_copy: false,
                durable: false,
                outlives_itself: false,
            }],
            instances: vec![NodeIx(0), NodeIx(0)],
            warmup: Span(100),
            length: Span(200),
            ..Layout::default()
        };
        let layout = Arc::new(layout);
        let mut meters = Meters::new(&layout);
        for &(now, at, fact) in trace {
            meters.reach(Time(now), &fact);
            meters.see(Time(now), at, fact);
        }
        let mut outcome = Outcome::blank(&layout, Time(audit));
        meters.outcome(Time(audit), &mut outcome);
        outcome.nodes.swap_remove("till").unwrap()
    }

    fn began(waited: u64) -> Fact {
        Fact::Began { op: OP, waited: Span(waited), queued: waited > 0, arrives: false }
    }

    const ARRIVED: Fact = Fact::Arrived { op: OP };
    const WAITS: Fact = Fact::Waits { op: OP };

    #[test]
    fn rule_37_busy_time_and_queues_are_clipped_at_both_ends() {
        // Busy 90..150 and 150..210 at A; one waits 95..150: within the stretch 100 busy and 50 waiting.
        let till = see(&[
            (90, A, ARRIVED),
            (90, A, began(0)),
            (95, A, ARRIVED),
            (95, A, WAITS),
            (150, A, Fact::Freed { op: OP }),
            (150, A, began(55)),
            (210, A, Fact::Freed { op: OP }),
        ]);
        assert_eq!(till.load.utilization, Some(100.0 / 200.0));
        assert_eq!((till.load.queue_mean, till.load.queue_max), (0.5, 1));
        assert_eq!(
            (till.load.arrivals, till.wait.count()),
            (0, 0),
            "both arrived during the warm-up"
        );
    }

    #[test]
    fn waits_belong_to_those_that_arrived_in_the_stretch() {
        let till = see(&[
            (110, A, ARRIVED),
            (110, A, began(0)),
            (190, A, ARRIVED),
            (190, A, WAITS),
            (220, A, Fact::Freed { op: OP }),
            (220, A, began(30)),
            (230, B, ARRIVED),
            (230, B, began(0)),
        ]);
        assert_eq!((till.load.arrivals, till.wait.count(), till.waited), (2, 2, 1));
        assert_eq!(till.wait.max(), Some(Span(30)));
        assert_eq!((till.load.queue_mean, till.load.utilization), (0.1, Some(90.0 / 200.0)));
    }

    #[test]
    fn a_crash_empties_the_queue_and_frees_the_worker() {
        let till = see(&[
            (100, A, began(0)),
            (100, A, WAITS),
            (110, A, WAITS),
            (120, A, Fact::Down),
            (120, B, began(0)),
        ]);
        assert_eq!((till.load.queue_mean, till.load.queue_max), ((10.0 + 20.0) / 100.0, 2));
        assert_eq!(
            till.load.utilization,
            Some((20.0 + 80.0) / (200.0 - 80.0)),
            "of what was there"
        );
        let [one, other] = till.instances.as_slice() else { panic!("two instances") };
        assert_eq!([one.utilization, other.utilization], [Some(1.0), Some(0.8)]);
        assert_eq!([one.queue_mean, other.queue_mean], [0.3, 0.0]);
        assert_eq!([one.queue_max, other.queue_max], [2, 0]);
    }

    #[test]
    fn a_queue_that_stands_still_is_as_long_as_it_is() {
        let till = see(&[(50, A, WAITS), (60, A, WAITS), (70, A, Fact::LeftQueue { op: OP })]);
        assert_eq!((till.load.queue_mean, till.load.queue_max), (1.0, 1));
    }

    #[test]
    fn a_run_that_is_stopped_is_measured_until_then() {
        let trace = [(110, A, began(0)), (110, A, WAITS), (130, A, WAITS)];
        let till = see_until(150, &trace);
        assert_eq!(
            (till.load.queue_mean, till.load.utilization),
            ((40.0 + 20.0) / 50.0, Some(40.0 / 100.0))
        );
        assert_eq!(
            see_until(90, &[(80, A, began(0))]).load.utilization,
            None,
            "nothing was measured"
        );
    }

    #[test]
    fn what_was_turned_away_is_counted_in_the_stretch() {
        let away = Fact::TurnedAway { op: OP, why: Reason::Rejected };
        let till = see(&[(99, A, away), (100, A, away), (199, B, away), (200, A, away)]);
        assert_eq!(till.load.turned_away, 2);
        assert_eq!(till.wait.quantile(0.5), None);
    }
}
