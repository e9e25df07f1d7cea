//! Sequential consistency (Lamport, 1979): one order of all effects that explains what every
//! finished operation returned and keeps each client's own order; real time does not matter. Not a
//! local property: all keys are judged together.
//!
//! ```text
//!  a:  write 1  |---|
//!  b:                   read 0  |---|       sequentially consistent (b's read came first),
//!                                           not linearizable
//!  a:  write x=1 |--|  read y=0 |--|
//!  b:  write y=1 |--|  read x=0 |--|        not sequentially consistent: Dekker's test
//! ```

use super::operation::{Op, Value};
use super::search::{Rule, explain};

/// Is there such an order? Registers hold `initial` at the start; a client's operations are in the
/// order of their calls. An unfinished operation comes after what its client finished before it,
/// if at all, and holds up nothing.
pub fn sequential(ops: &[Op], initial: Value) -> bool {
    let mut keys: Vec<u32> = ops.iter().map(|op| op.key).collect();
    keys.sort_unstable();
    keys.dedup();
    let dense = |op: &Op| keys.binary_search(&op.key).expect("collected above") as u32;
    let ops: Vec<Op> = ops.iter().map(|op| Op { key: dense(op), ..op.clone() }).collect();
    explain(&ops, keys.len(), initial, Rule::ClientOrder).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::history::linearizable;
    use crate::history::operation::Action::{self, Read, Write};

    fn op(client: u32, key: u32, action: Action, call: u64) -> Op {
        Op { client, key, action, call, ret: Some(call + 1) }
    }

    #[test]
    fn a_stale_read_is_sequentially_consistent_for_another_client_only() {
        let judged = |client| {
            let ops = [op(0, 0, Write(Some(1)), 0), op(client, 0, Read(Some(0)), 10)];
            (linearizable(&ops, Some(0)), sequential(&ops, Some(0)))
        };
        assert_eq!(judged(1), (false, true));
        assert_eq!(judged(0), (false, false));
    }

    #[test]
    fn two_keys_can_be_fine_each_and_wrong_together() {
        let both = [
            op(0, 10, Write(Some(1)), 0),
            op(1, 20, Write(Some(1)), 0),
            op(0, 20, Read(Some(0)), 10),
            op(1, 10, Read(Some(0)), 10),
        ];
        let of = |key| both.iter().filter(|op| op.key == key).cloned().collect::<Vec<_>>();
        assert!(sequential(&of(10), Some(0)) && sequential(&of(20), Some(0)));
        assert!(!sequential(&both, Some(0)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_linearizable_is_sequentially_consistent(
            lines in prop::collection::vec((0..3u32, 0..2u32, 0..3i64, any::<bool>(), 0..9u64), 0..9)
        ) {
            // A client's operations one after the other, those of different clients overlapping.
            let mut clocks = [0; 3];
            let ops: Vec<Op> = lines.into_iter().map(|(client, key, value, reads, lasts)| {
                let call = clocks[client as usize];
                let ret = call + lasts;
                clocks[client as usize] = ret + 1;
                let action = if reads { Read(Some(value)) } else { Write(Some(value)) };
                Op { client, key, action, call, ret: Some(ret) }
            }).collect();
            if linearizable(&ops, Some(0)) {
                prop_assert!(sequential(&ops, Some(0)));
            }
        }
    }
}
