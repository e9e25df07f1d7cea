//! How much longer operations take than their work alone: the time from the intended send to the
//! answer over the worker time that services and gateways gave to them until then (the slowdown or
//! stretch of scheduling theory; Harchol-Balter, "Performance Modeling and Design of Computer
//! Systems", 2013, chapter 28). Measured are operations that were answered as done and had any work.
//! Copies that a database or cache writes and what brokers do are no work in this sense.
//!
//! Every piece of work has to be looked up, so this is gathered only where somebody wants the
//! figure.

use std::sync::Arc;

use super::fact::{Fact, OpId, Verdict};
use super::instruments::Instrument;
use super::layout::Layout;
use super::outcome::{ONE, Outcome};
use super::sketch::Sketch;
use crate::base::{Span, Table, Time, weight};
use crate::engine::InstanceId;
use crate::scenario::tree::FlowIx;

/// What was gathered.
#[derive(Clone, Debug)]
pub struct Slowdown {
    layout: Arc<Layout>,
    /// Operations that are not answered.
    open: Table<u64, Worked>,
    /// Ratios in units of 1 / [`ONE`], by flow.
    flows: Vec<Sketch>,
}

/// What was done for one operation.
#[derive(Clone, Copy, Debug)]
struct Worked {
    flow: FlowIx,
    intended: Time,
    work: Span,
}

impl Instrument for Slowdown {
    fn new(layout: &Arc<Layout>) -> Self {
        Self {
            layout: Arc::clone(layout),
            open: Table::default(),
            flows: vec![Sketch::default(); layout.flows.len()],
        }
    }

    fn see(&mut self, now: Time, _: InstanceId, fact: Fact) {
        match fact {
            Fact::Sent { op, flow, intended, .. } if self.layout.measures(intended) => {
                self.open.insert(op.0, Worked { flow, intended, work: Span::ZERO });
            }
            Fact::Works { op, work } => {
                if let Some(worked) = self.open.get_mut(&op.0) {
                    worked.work = worked.work + work;
                }
            }
            Fact::Answered { op, verdict } => self.answered(now, op, verdict),
            _ => {}
        }
    }

    fn weight(&self) -> usize {
        weight::table(&self.open) + self.flows.iter().map(Sketch::weight).sum::<usize>()
    }

    fn outcome(&self, _: Time, outcome: &mut Outcome) {
        for (flow, slowdown) in outcome.flows.values_mut().zip(&self.flows) {
            flow.slowdown = slowdown.clone();
        }
    }
}

impl Slowdown {
    fn answered(&mut self, now: Time, op: OpId, verdict: Verdict) {
        let Some(Worked { flow, intended, work }) = self.open.swap_remove(&op.0) else { return };
        if verdict == Verdict::Done && work > Span::ZERO {
            let took = u128::from(now.since(intended).0) * u128::from(ONE);
            let ratio = took / u128::from(work.0);
            self.flows[usize::from(flow.0)].record(Span(ratio.try_into().unwrap_or(u64::MAX)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::layout::FlowPlan;

    #[test]
    fn it_is_the_mean_of_ratios_of_those_that_are_done() {
        let layout = Layout {
            flows: vec![FlowPlan::default()],
            warmup: Span(10),
            length: Span(100),
            ..Layout::default()
        };
        let layout = Arc::new(layout);
        let mut slowdown = Slowdown::new(&layout);
        let flow = FlowIx(0);
        let sent = |op, at| Fact::Sent {
            op,
            flow,
            session: 0,
            intended: Time(at),
            told: 0,
            journey: 0,
            step: 1,
        };
        let works = |op, ns| Fact::Works { op, work: Span(ns) };
        let answered = |op, verdict| Fact::Answered { op, verdict };
        let [early, twice, idle, refused, one] = [0, 1, 2, 3, 4].map(OpId);
        for (now, fact) in [
            (5, sent(early, 5)),
            (20, sent(twice, 20)),
            (20, sent(idle, 20)),
            (20, sent(refused, 20)),
            (21, works(early, 1)),
            (22, works(twice, 4)),
            (22, works(refused, 4)),
            (30, works(twice, 6)),
            (40, answered(early, Verdict::Done)),
            (40, answered(idle, Verdict::Done)),
            (40, answered(refused, Verdict::Refused)),
            (50, answered(twice, Verdict::Done)),
            (51, works(twice, 9)),
            (60, sent(one, 60)),
            (60, works(one, 5)),
            (65, answered(one, Verdict::Done)),
        ] {
            slowdown.see(Time(now), InstanceId(0), fact);
        }
        let mut outcome = Outcome::blank(&layout, Time(100));
        slowdown.outcome(Time(100), &mut outcome);
        let outcome = &outcome.flows[0];
        // 30 over 10, and 5 over 5.
        assert_eq!(outcome.slowdown.count(), 2);
        assert_eq!(outcome.slowdown.mean(), Some(2.0 * ONE as f64));
    }
}
