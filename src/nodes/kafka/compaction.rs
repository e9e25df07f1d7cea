//! Compaction: of each key only the last record is kept in segments that are not written to any more.
//!
//! ```text
//! before:  a1 b1 a2 c1 │ b2 a3 │ active: a4 ...
//! after:         ·  c1 │ b2 a3 │ active: a4 ...      (a3 stays: what is active supersedes nothing)
//! ```
//!
//! After kafka.apache.org/41, Design, "Log Compaction", and Topic configuration (`cleanup.policy`):
//!
//! * A consumer at the end of its log sees every record; one that lags finds of a key what is left of it. What
//!   members have in hand stays there. Offsets stay as they are, so that nobody's place is lost.
//! * A local copy misses nothing by that: the last record of a key has all of it, and updating a copy is no
//!   effect of a flow. A step of a flow that hung on a superseded record is never done, for whatever is
//!   said later of the key is another flow's: it is lost (reason `compacted`). A compacted topic carries state,
//!   not work.
//! * A record without a key is refused (`InvalidRecordException`), which nothing tries again.
//!
//! Left out: `min.cleanable.dirty.ratio` (the cleaner compacts what it may, each `log.cleaner.backoff.ms`),
//! tombstones, which nobody sends, and records that a group does not read, which supersede nothing for it.

use std::collections::BTreeMap;

use super::Kafka;
use crate::nodes::Env;
use crate::nodes::broker::used_up;
use crate::nodes::message::Item;
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{self, CleanupPolicy};

/// Has a log no place for a record of this item?
pub(super) fn refuses(retention: &tree::Retention, item: Item) -> bool {
    retention.cleanup == CleanupPolicy::Compact && !item.is_some()
}

impl Kafka {
    /// The segments of a partition are compacted, but for the active one.
    pub(super) fn compact<P: Probe>(&mut self, at: usize, env: &mut Env<'_, '_, P>) {
        let Self { retention: Some(retention), channels, groups, .. } = self else { return };
        let log = &mut retention.logs[at];
        if !std::mem::take(&mut log.is_dirty) {
            return;
        }
        for channel in channels {
            let place = &mut channel.partitions[at];
            let in_hand = place.in_hand();
            let mut last = BTreeMap::new();
            for record in place.records.iter().take_while(|record| record.offset < log.active) {
                last.insert((record.item.entity, record.item.key), record.offset);
            }
            let mut number = 0;
            place.records.retain(|record| {
                let is_in_hand = number < in_hand;
                number += 1;
                let is_last = last
                    .get(&(record.item.entity, record.item.key))
                    .is_none_or(|offset| record.offset >= *offset);
                if !is_in_hand && !is_last {
                    env.fact(Fact::LeftQueue { op: record.op.id });
                    used_up(record.op, Some(Reason::Compacted), env);
                    groups[channel.group].records -= 1;
                }
                is_in_hand || is_last
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::broker::fixture::*;
    use super::*;
    use crate::base::{Dist, Span};
    use crate::nodes::message::Answer;
    use crate::probes::KeyId;
    use crate::scenario::tree::{Cluster, Committing, EntityIx};

    const OWNER: u32 = AT_CONSUMERS[0];

    /// One broker with one partition, a segment for each 25 ms, compacted each 10 ms.
    fn compacts() -> Bench {
        let ms = |count: u64| Span(count * 1_000_000);
        log_that(1, true, |log| {
            log.lag = Some(Dist::Const(0.0));
            log.session_timeout = ms(100_000);
            log.cluster = Some(Cluster {
                retention: tree::Retention {
                    cleanup: CleanupPolicy::Compact,
                    segment: ms(25),
                    backoff: ms(10),
                    ..Cluster::alone().retention
                },
                commit: Committing::Each,
                ..Cluster::alone()
            });
        })
    }

    fn publish(bench: &mut Bench, op: u64, key: u64) {
        let item = Item { entity: EntityIx(0), key: KeyId(key), ..Item::NONE };
        bench.publish_item(op, TO_ONE, item);
    }

    #[test]
    fn who_lags_finds_the_last_record_of_each_key_and_all_of_the_active_segment() {
        let mut bench = compacts();
        bench.down(OWNER, false);
        for (op, key) in (1..).zip([1, 2, 1, 3, 2, 1, 1, 1]) {
            bench.run_to(op * 10);
            publish(&mut bench, op, key);
        }
        bench.run_to(130);
        bench.up(OWNER);
        // Segments are 1 to 3, 4 to 6, and the active one.
        assert_eq!(bench.handled(40), [4, 5, 6, 7, 8]);
        let superseded = [1, 2, 3].map(|op| (op, Reason::Compacted));
        assert_eq!(bench.books().lost, superseded);
        assert!((1..=8).all(|op| bench.alive(op) == 0));
        assert_eq!((bench.books().waiting, bench.books().busy), (0, 0));
    }

    #[test]
    fn who_does_not_lag_sees_every_record() {
        let mut bench = compacts();
        for op in 1..=10 {
            publish(&mut bench, op, 1);
            assert_eq!(bench.handled(10), [op]);
        }
        assert!(bench.books().lost.is_empty());
    }

    #[test]
    fn what_is_in_a_members_hands_stays_there() {
        let mut bench = compacts();
        (1..=2).for_each(|op| publish(&mut bench, op, 1));
        bench.run_for(30);
        let held = bench.deliveries();
        (3..=4).for_each(|op| publish(&mut bench, op, 2));
        bench.run_for(30);
        bench.ack(&held);
        assert_eq!(bench.handled(30), [2, 3, 4], "2 and 3 are the last of their segment's key");
        assert_eq!((held.len(), bench.books().lost.len()), (1, 0));
    }

    #[test]
    fn a_record_without_a_key_is_refused() {
        let mut bench = compacts();
        bench.publish_item(1, TO_ONE, Item::NONE);
        bench.run_for(10);
        assert_eq!(bench.answers(), [(3, 1, Answer::Failed(Reason::Error))]);
        assert_eq!((bench.alive(1), bench.pending()), (0, 0));
    }
}
