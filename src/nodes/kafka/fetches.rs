//! What a member's fetch waits for before it is answered.
//!
//! ```text
//! fetch ──▶ leader: enough is there (fetch.min.bytes) ──▶ answered
//!             └ or it has waited for so long (fetch.max.wait.ms): answered with what there is, and the next one begins
//! ```
//!
//! After kafka.apache.org/41, Consumer configuration: a member fetches ahead. Its next fetch begins with its poll,
//! and goes on while it handles what it has; so that a batch that takes long waits for nothing.
//!
//! Left out: that each leader waits by itself for what it has of a member's partitions, here they wait together; that
//! a fetch takes at most `max.partition.fetch.bytes` of each; share groups; and that what a transaction held back is new
//! when it becomes readable.

use super::Kafka;
use super::due::Due;
use crate::base::Time;
use crate::nodes::Env;
use crate::probes::Probe;
use crate::scenario::tree::Fetch;

impl Kafka {
    /// Has a member's fetch been answered, so that a poll would find what is there? If not, foresees when it is.
    pub(super) fn has_fetched<P: Probe>(
        &mut self,
        group: usize,
        member: u32,
        env: &mut Env<'_, '_, P>,
    ) -> bool {
        let Some(Fetch { least, max_wait }) = self.polling.and_then(|polling| polling.fetch) else {
            return true;
        };
        let poll = self.groups[group].polls[member as usize];
        if poll.since.is_some() || poll.has_left {
            return true;
        }
        let now = env.now();
        let began = Time(now.0 - now.since(poll.fetches_since).0 % max_wait.0);
        let (mut count, mut oldest) = (0, Time::NEVER);
        for (channel, at) in self.owned(group, member) {
            if self.is_served(at, env) {
                let place = &self.channels[channel].partitions[at];
                count += place.records.len() - place.handled;
                oldest = place.waiting().next().map_or(oldest, |first| oldest.min(first.since));
            }
        }
        let is_answered = began > poll.fetches_since && oldest <= began;
        let has_enough = count >= least as usize || is_answered;
        let poll = &mut self.groups[group].polls[member as usize];
        if !has_enough && poll.answered_at <= now {
            poll.answered_at = began + max_wait;
            let wait = poll.answered_at.since(now);
            env.wait(wait, Due::Fetched { group: group as u32, member });
        }
        has_enough
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::broker::fixture::*;
    use super::*;
    use crate::base::Span;
    use crate::scenario::tree::{Cluster, Committing};

    fn ms(count: u64) -> Span {
        Span(count * 1_000_000)
    }

    /// One partition, and fetches that wait for three records, or 50 ms.
    fn bench() -> Bench {
        log_that(1, true, |log| {
            log.session_timeout = ms(100_000);
            log.cluster = Some(Cluster {
                fetch: Some(Fetch { least: 3, max_wait: ms(50) }),
                commit: Committing::Batch,
                ..Cluster::alone()
            });
        })
    }

    fn seen(bench: &mut Bench) -> Vec<(u64, u64)> {
        bench.deliveries().iter().map(|got| (got.at_ms, got.op)).collect()
    }

    #[test]
    fn a_fetch_waits_until_enough_is_there() {
        let mut bench = bench();
        for op in 0..3 {
            bench.publish(op, TO_ONE);
            bench.run_for(10);
        }
        assert_eq!(seen(&mut bench), [(23, 0)], "the third came at 22 ms");
    }

    #[test]
    fn or_until_it_has_waited_long_enough_and_then_the_next_one_begins() {
        let mut bench = bench();
        bench.run_to(70);
        bench.publish(0, TO_ONE);
        bench.run_to(150);
        assert_eq!(seen(&mut bench), [(101, 0)], "fetches end at 50, 100 ...");
    }

    #[test]
    fn and_goes_on_while_its_member_handles_what_it_has() {
        let mut bench = bench();
        (0..3).for_each(|op| bench.publish(op, TO_ONE));
        bench.run_to(10);
        let mut got = bench.deliveries();
        bench.publish(3, TO_ONE);
        bench.run_to(90);
        for _ in 0..3 {
            bench.ack(&got);
            bench.run_for(2);
            got = bench.deliveries();
        }
        assert_eq!((got[0].at_ms, got[0].op), (95, 3), "it was fetched at 52 ms");
    }
}
