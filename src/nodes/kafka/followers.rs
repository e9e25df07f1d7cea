//! The followers of a log, taken together: what its leader has appended and they do not have yet.
//!
//! ```text
//! publish ──append──▶ on the leader ──lag──▶ on the followers: consumers may see it
//!                       └ acks: Leader        └ acks: All
//! ```
//!
//! After kafka.apache.org/documentation, Design, "Replication", and KIP-101: consumers see a record
//! once all in-sync replicas have it (the high watermark). When the leader crashes, an in-sync
//! follower is elected, and what it does not have is gone, whether or not the old leader's disk comes
//! back: that one truncates its log to the new leader's. A record acknowledged by the leader alone
//! (`acks=1`) may be among it; one acknowledged by all (`acks=all`) may not. A crash of the log is that
//! of its leader, and lasts until the follower leads.
//!
//! Followers have records in order. They neither fail nor fall out of sync: where brokers are told
//! apart, see `cluster`.

use super::super::Env;
use super::super::broker::{Incoming, used_up};
use super::super::message::Answer;
use super::super::parts::slab::{Handle, Slab};
use super::due::Due;
use crate::base::{Dist, Span, Stream, Time};
use crate::probes::{Probe, Reason};
use crate::scenario::tree::Acks;

/// The followers of a log, taken together.
#[derive(Clone, Debug)]
pub(super) struct Followers {
    lag: Dist,
    acks: Acks,
    chance: Stream,
    /// Records that the leader alone has.
    behind: Slab<Incoming>,
    /// When they have the last of them.
    until: Time,
}

impl Followers {
    pub(super) fn new(lag: Dist, acks: Acks, chance: Stream) -> Self {
        Self { lag, acks, chance, behind: Slab::default(), until: Time::ZERO }
    }

    /// The leader has appended a record.
    pub(super) fn append<P: Probe>(&mut self, incoming: Incoming, env: &mut Env<'_, '_, P>) {
        if self.acks == Acks::Leader {
            incoming.confirm(Answer::Done, env);
        }
        self.until = self.until.max(env.now() + Span::from_ns(self.chance.sample(&self.lag)));
        let handle = self.behind.insert(incoming);
        env.complete_after(self.until.since(env.now()), Due::Replicated(handle));
    }

    /// The followers have the record, unless a crash came before.
    pub(super) fn replicated<P: Probe>(
        &mut self,
        handle: Handle,
        env: &mut Env<'_, '_, P>,
    ) -> Option<Incoming> {
        let incoming = self.behind.remove(handle)?;
        if self.acks == Acks::All {
            incoming.confirm(Answer::Done, env);
        }
        Some(incoming)
    }

    /// Has a crash taken the record that this timer is about?
    pub(super) fn is_stale(&self, handle: Handle) -> bool {
        self.behind.get(handle).is_none()
    }

    /// The leader goes, and with it what it alone had.
    pub(super) fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        for incoming in self.behind.drain() {
            if self.acks == Acks::All && !host {
                incoming.confirm(Answer::Failed(Reason::Crashed), env);
            }
            used_up(incoming.op, Some(Reason::Unreplicated), env);
        }
        self.until = Time::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::broker::fixture::*;
    use super::*;
    use crate::nodes::message::Answer::{Done, Failed};

    /// Appending takes 2 ms, followers take 20 ms more.
    fn replicated(acks: Acks) -> Bench {
        log_that(3, false, |log| (log.lag, log.acks) = (Some(Dist::Const(2e7)), acks))
    }

    #[test]
    fn consumers_see_what_the_followers_have_whatever_is_acknowledged() {
        for (acks, confirmed_at) in [(Acks::Leader, 3), (Acks::All, 23)] {
            let mut bench = replicated(acks);
            bench.publish(7, TO_ONE);
            bench.run_for(30);
            assert_eq!(bench.answers(), [(confirmed_at, 7, Done)]);
            let seen: Vec<_> = bench.deliveries().iter().map(|got| (got.at_ms, got.op)).collect();
            assert_eq!(seen, [(23, 7)]);
        }
    }

    #[test]
    fn a_crash_of_the_leader_loses_what_it_alone_has() {
        for (acks, answers) in [
            (Acks::Leader, vec![(3, 1, Done), (13, 2, Done)]),
            (Acks::All, vec![(23, 1, Done), (26, 2, Failed(Reason::Crashed))]),
        ] {
            let mut bench = replicated(acks);
            bench.publish(1, TO_ONE);
            bench.run_for(10);
            bench.publish(2, TO_ONE);
            bench.run_for(15);
            bench.down(AT_BROKER, false);
            bench.run_for(10);
            bench.up(AT_BROKER);
            bench.run_for(50);
            assert_eq!(bench.books().lost, [(2, Reason::Unreplicated)]);
            assert_eq!(bench.answers(), answers, "{acks:?}");
            assert_eq!((bench.alive(1), bench.alive(2)), (1, 0));
        }
    }

    #[test]
    fn followers_have_records_in_order() {
        let lag = Dist::Uniform(0.0, 4e7);
        let mut bench = log_that(1, false, |log| log.lag = Some(lag));
        for op in 0..20 {
            bench.publish(op, TO_ONE);
            bench.run_for(1);
        }
        let mut order = Vec::new();
        for _ in 0..100 {
            bench.run_for(3);
            let deliveries = bench.deliveries();
            order.extend(deliveries.iter().map(|got| got.op));
            bench.ack(&deliveries);
        }
        assert_eq!(order, (0..20).collect::<Vec<_>>());
    }
}
