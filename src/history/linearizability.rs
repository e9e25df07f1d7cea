//! Linearizability (Herlihy and Wing, 1990) of registers with reads, writes and compare-and-sets,
//! some of them unfinished. It is a local property: a history is linearizable if and only if what
//! happened to each key is, so that keys are judged one at a time.
//!
//! ```text
//!  write 1  |-----------------------|
//!  read 1      |----|                       linearizable: both reads overlap,
//!  read 0        |-----|                    the second can come first
//!
//!  write 1  |-----------------------|
//!  read 1      |----|                       not linearizable: the new value was
//!  read 0              |------|             seen, then the old one
//! ```

use super::operation::{Op, Value};
use super::search::{Rule, explain};

/// Checks registers that hold `initial` at the start. Gives the keys whose operations no order of
/// effects explains, in ascending order: none if the history is linearizable.
///
/// The time grows exponentially with the number of operations that overlap, in the worst case.
pub fn broken_keys(ops: &[Op], initial: Value) -> Vec<u32> {
    let mut keys: Vec<u32> = ops.iter().map(|op| op.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|&key| order_of(ops, key, initial).is_none());
    keys
}

/// Is there for each key an order of effects that explains what every finished operation returned,
/// and in which each takes effect between its call and its return?
pub fn linearizable(ops: &[Op], initial: Value) -> bool {
    broken_keys(ops, initial).is_empty()
}

/// An order in which the operations on `key` may have taken effect, as places in `ops`; unfinished
/// ones that are not in it never did. `None` if there is no such order.
pub fn order_of(ops: &[Op], key: u32, initial: Value) -> Option<Vec<usize>> {
    let places: Vec<usize> = (0..ops.len()).filter(|&at| ops[at].key == key).collect();
    let own: Vec<Op> = places.iter().map(|&at| Op { key: 0, ..ops[at].clone() }).collect();
    let order = explain(&own, 1, initial, Rule::RealTime)?;
    Some(order.into_iter().map(|at| places[at]).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::history::operation::Action::{Cas, Read, Write};

    /// (key, action, call, return): each by a client of its own.
    type Line = (u32, crate::history::Action, u64, Option<u64>);

    fn history(lines: &[Line]) -> Vec<Op> {
        let op = |(client, &(key, action, call, ret)): (usize, &Line)| Op {
            client: client as u32,
            key,
            action,
            call,
            ret,
        };
        lines.iter().enumerate().map(op).collect()
    }

    #[test]
    fn an_overlapping_read_may_see_the_old_value_but_not_after_the_new_one_was_seen() {
        let judged = |from| {
            linearizable(
                &history(&[
                    (0, Write(Some(1)), 0, Some(100)),
                    (0, Read(Some(1)), 25, Some(35)),
                    (0, Read(Some(0)), from, Some(60)),
                ]),
                Some(0),
            )
        };
        assert!(judged(30));
        assert!(judged(35), "touching intervals overlap");
        assert!(!judged(36));
    }

    #[test]
    fn an_unfinished_write_takes_effect_late_or_never_but_not_twice() {
        let judged = |seen: &[i64]| {
            let mut lines: Vec<Line> = vec![(0, Write(Some(1)), 0, None)];
            let read = |(at, &value): (usize, &i64)| {
                let call = 10 + 10 * at as u64;
                (0, Read(Some(value)), call, Some(call + 5))
            };
            lines.extend(seen.iter().enumerate().map(read));
            linearizable(&history(&lines), Some(0))
        };
        assert!(judged(&[0, 0, 0]) && judged(&[0, 1, 1]));
        assert!(!judged(&[1, 0]) && !judged(&[0, 1, 0, 1]));
    }

    #[test]
    fn a_compare_and_set_cannot_succeed_twice() {
        let cas = |done| Cas { from: Some(0), to: Some(1), done };
        let judged = |first, second| {
            linearizable(
                &history(&[(0, cas(first), 0, Some(9)), (0, cas(second), 0, Some(9))]),
                Some(0),
            )
        };
        assert!(judged(true, false) && judged(false, true));
        assert!(!judged(true, true) && !judged(false, false));
    }

    #[test]
    fn the_broken_key_is_named() {
        let lines: Vec<Line> = vec![
            (7, Write(Some(1)), 0, Some(1)),
            (3, Write(Some(1)), 0, Some(1)),
            (7, Read(Some(0)), 2, Some(3)),
            (3, Read(Some(1)), 2, Some(3)),
        ];
        assert_eq!(broken_keys(&history(&lines), Some(0)), [7]);
        assert_eq!(order_of(&history(&lines), 3, Some(0)), Some(vec![1, 3]));
    }

    #[test]
    fn many_unfinished_writes_do_not_blow_the_search_up() {
        // Forty clients whose writes timed out, and a reader who sees a value nobody wrote.
        let mut lines: Vec<Line> = (0..40).map(|at| (0, Write(Some(at % 4)), 0, None)).collect();
        lines.extend(
            (0..20).map(|at| (0, Read(Some(at as i64 % 4)), 10 + 2 * at, Some(11 + 2 * at))),
        );
        assert!(linearizable(&history(&lines), Some(0)));
        lines.push((0, Read(Some(9)), 90, Some(91)));
        assert!(!linearizable(&history(&lines), Some(0)));
    }

    /// Every order there is, tried one by one.
    fn by_brute_force(ops: &[Op], come: &mut Vec<usize>, value: Value) -> bool {
        if ops.iter().enumerate().all(|(at, op)| !op.is_known() || come.contains(&at)) {
            return true;
        }
        for at in 0..ops.len() {
            let waits = |(other, it): (usize, &Op)| {
                !come.contains(&other) && it.ret.is_some_and(|ret| ret < ops[at].call)
            };
            if come.contains(&at) || ops.iter().enumerate().any(waits) {
                continue;
            }
            if let Some(after) = ops[at].apply(value) {
                come.push(at);
                if by_brute_force(ops, come, after) {
                    return true;
                }
                come.pop();
            }
        }
        false
    }

    fn any_line() -> impl Strategy<Value = Line> {
        let value = || (0..3i64).prop_map(Some);
        let action = prop_oneof![
            3 => value().prop_map(Read),
            2 => value().prop_map(Write),
            1 => (value(), value(), any::<bool>()).prop_map(|(from, to, done)| Cas { from, to, done }),
        ];
        (action, 0..12u64, prop::option::weighted(0.8, 0..6u64))
            .prop_map(|(action, call, lasts)| (0, action, call, lasts.map(|lasts| call + lasts)))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn the_search_agrees_with_brute_force(lines in prop::collection::vec(any_line(), 0..7)) {
            let ops = history(&lines);
            let expected = by_brute_force(&ops, &mut Vec::new(), Some(0));
            prop_assert_eq!(linearizable(&ops, Some(0)), expected);
        }

        #[test]
        fn the_order_given_is_a_proof(lines in prop::collection::vec(any_line(), 0..12)) {
            let ops = history(&lines);
            if let Some(order) = order_of(&ops, 0, Some(0)) {
                let mut value = Some(0);
                for (place, &at) in order.iter().enumerate() {
                    value = ops[at].apply(value).expect("it can come");
                    for &later in &order[place..] {
                        prop_assert!(ops[later].ret.is_none_or(|ret| ret >= ops[at].call));
                    }
                }
                prop_assert!((0..ops.len()).all(|at| !ops[at].is_known() || order.contains(&at)));
            }
        }
    }
}
