//! The slowest operation of a flow: of those that were measured and answered as done, the one that took
//! longest from the moment its customer meant to send it. For `explain`; of equals the first.

use std::collections::BTreeMap;

use super::Probe;
use super::fact::{Fact, OpId, Verdict};
use crate::base::{Span, Time};
use crate::engine::InstanceId;
use crate::scenario::tree::FlowIx;

/// Looks for it.
#[derive(Clone, Debug)]
pub struct Slowest {
    flow: FlowIx,
    /// Only what this client sends.
    client: Option<u16>,
    /// Sent before this is not measured.
    warmup: Span,
    /// When those that are not answered were meant to be sent.
    open: BTreeMap<OpId, Time>,
    found: Option<(Span, OpId)>,
}

impl Slowest {
    /// Of this flow, sent after the warm-up, by one client or by any.
    pub fn of(flow: FlowIx, client: Option<u16>, warmup: Span) -> Self {
        Self { flow, client, warmup, open: BTreeMap::new(), found: None }
    }

    /// Which it was, as far as the run has come; `None` if none was answered as done.
    pub fn found(&self) -> Option<OpId> {
        self.found.map(|(_, op)| op)
    }
}

impl Probe for Slowest {
    #[inline]
    fn see(&mut self, now: Time, _: InstanceId, fact: Fact) {
        match fact {
            Fact::Sent { op, flow, intended, .. }
                if flow == self.flow
                    && intended.0 >= self.warmup.0
                    && self.client.is_none_or(|only| op.client() == usize::from(only)) =>
            {
                self.open.insert(op, intended);
            }
            Fact::Answered { op, verdict } => {
                let Some(intended) = self.open.remove(&op) else { return };
                let took = now.since(intended);
                let is_slower = self.found.is_none_or(|(most, _)| took > most);
                if verdict == Verdict::Done && is_slower {
                    self.found = Some((took, op));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(number: u64, flow: u16, ns: u64) -> Fact {
        Fact::Sent {
            op: OpId::new(0, number),
            flow: FlowIx(flow),
            session: 0,
            intended: Time(ns),
            told: 0,
            journey: 0,
            step: 0,
        }
    }

    #[test]
    fn it_is_the_first_of_the_longest_that_were_done_and_measured() {
        let mut probe = Slowest::of(FlowIx(1), None, Span(10));
        let here = InstanceId(0);
        let done = |number| Fact::Answered { op: OpId::new(0, number), verdict: Verdict::Done };
        assert_eq!(probe.found(), None);
        // Before the warm-up, of another flow, refused, and three of which two are as long.
        for (number, flow, from) in
            [(0, 1, 5), (1, 0, 10), (2, 1, 10), (3, 1, 20), (4, 1, 30), (5, 1, 31)]
        {
            probe.see(Time(from), here, sent(number, flow, from));
        }
        let refused = Fact::Answered { op: OpId::new(0, 2), verdict: Verdict::Refused };
        probe.see(Time(99), here, refused);
        for (number, at) in [(0, 99), (1, 99), (3, 25), (4, 40), (5, 41)] {
            probe.see(Time(at), here, done(number));
        }
        assert_eq!(probe.found(), Some(OpId::new(0, 4)));
        let mut other = Slowest::of(FlowIx(1), Some(7), Span(10));
        other.see(Time(20), here, sent(3, 1, 20));
        other.see(Time(25), here, done(3));
        assert_eq!(other.found(), None, "of another client");
    }
}
