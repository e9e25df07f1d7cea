//! The search for an order of effects that explains a history of registers: Wing and Gong's
//! (Testing and Verifying Concurrent Objects, 1993) with Lowe's memoisation (Testing for
//! Linearizability, 2017). Knows which operation may come next by one of two rules, and nothing of
//! what is made of the answer.
//!
//! The problem is NP-complete (Gibbons and Korach, 1997). What keeps the search short beside the
//! memory of configurations that led nowhere:
//!
//! * an operation that may come next and changes nothing comes next, without a choice: it can be
//!   moved here from wherever a solution has it;
//! * of unfinished operations that would do the same, the one that was called first goes first.

use std::collections::BTreeSet;

use super::operation::{Op, Value};

/// When an operation may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// When every operation that returned before its call has come.
    RealTime,
    /// When every finished operation that its client called before it has come.
    ClientOrder,
}

/// An order of effects, as places in `ops`, that explains all finished operations, if there is
/// one. `keys` registers hold `initial` at the start.
pub(super) fn explain(ops: &[Op], keys: usize, initial: Value, rule: Rule) -> Option<Vec<usize>> {
    Search::new(ops, keys, initial, rule).run()
}

struct Search<'a> {
    ops: &'a [Op],
    rule: Rule,
    /// Places in `ops`, by their calls.
    by_call: Vec<usize>,
    /// One bit for each that has come.
    come: Vec<u64>,
    values: Vec<Value>,
    /// Those that have come, in order, each with what its register held before.
    order: Vec<(usize, Value)>,
    /// Finished operations that have not come.
    left: usize,
    /// Configurations that were entered before.
    seen: BTreeSet<(Vec<u64>, Vec<Value>)>,
}

/// A configuration with choices: how many had come, and who is still to be tried next.
struct Fork {
    come: usize,
    untried: Vec<usize>,
}

impl<'a> Search<'a> {
    fn new(ops: &'a [Op], keys: usize, initial: Value, rule: Rule) -> Self {
        // An unfinished operation that changes nothing explains nothing.
        let mut by_call: Vec<usize> =
            (0..ops.len()).filter(|&at| ops[at].is_known() || ops[at].may_change()).collect();
        by_call.sort_by_key(|&at| (ops[at].call, at));
        Self {
            ops,
            rule,
            left: ops.iter().filter(|op| op.is_known()).count(),
            by_call,
            come: vec![0; ops.len().div_ceil(64)],
            values: vec![initial; keys],
            order: Vec::new(),
            seen: BTreeSet::new(),
        }
    }

    fn run(mut self) -> Option<Vec<usize>> {
        let mut forks: Vec<Fork> = Vec::new();
        loop {
            let untried = self.advance();
            if self.left == 0 {
                return Some(self.order.into_iter().map(|(at, _)| at).collect());
            }
            let is_new = self.seen.insert((self.come.clone(), self.values.clone()));
            let untried = if is_new { untried } else { Vec::new() };
            forks.push(Fork { come: self.order.len(), untried });
            loop {
                let fork = forks.last_mut()?;
                self.go_back(fork.come);
                if let Some(next) = fork.untried.pop() {
                    self.take(next);
                    break;
                }
                forks.pop();
            }
        }
    }

    /// Takes all that changes nothing, and gives those that could come next, the first called last.
    fn advance(&mut self) -> Vec<usize> {
        loop {
            let mut next = self.next();
            let idle = next.iter().find(|&&at| !self.ops[at].may_change());
            if let Some(&at) = idle {
                self.take(at);
            } else {
                self.leave_out_twins(&mut next);
                next.reverse();
                return next;
            }
        }
    }

    /// Those that may come next and can, by their calls.
    fn next(&self) -> Vec<usize> {
        let mut next = Vec::new();
        let mut first_return = u64::MAX;
        let mut waiting: BTreeSet<u32> = BTreeSet::new();
        for &at in &self.by_call {
            if self.has_come(at) {
                continue;
            }
            let op = &self.ops[at];
            let may = match self.rule {
                // Later calls would have to wait for that return as well.
                Rule::RealTime if first_return < op.call => break,
                Rule::RealTime => true,
                Rule::ClientOrder => !waiting.contains(&op.client),
            };
            if may && op.apply(self.value(at)).is_some() {
                next.push(at);
            }
            if let Some(ret) = op.ret {
                first_return = first_return.min(ret);
                waiting.insert(op.client);
            }
        }
        next
    }

    /// Of unfinished operations that would do the same, only the first.
    fn leave_out_twins(&self, next: &mut Vec<usize>) {
        let mut kept: Vec<usize> = Vec::with_capacity(next.len());
        for &at in next.iter() {
            let op = &self.ops[at];
            let is_twin = |&other: &usize| {
                let other = &self.ops[other];
                !other.is_known() && (other.key, other.action) == (op.key, op.action)
            };
            if op.is_known() || !kept.iter().any(is_twin) {
                kept.push(at);
            }
        }
        *next = kept;
    }

    fn value(&self, at: usize) -> Value {
        self.values[self.ops[at].key as usize]
    }

    fn has_come(&self, at: usize) -> bool {
        self.come[at / 64] >> (at % 64) & 1 == 1
    }

    fn take(&mut self, at: usize) {
        let before = self.value(at);
        let after = self.ops[at].apply(before).expect("only what can come is taken");
        self.values[self.ops[at].key as usize] = after;
        self.come[at / 64] |= 1 << (at % 64);
        self.left -= usize::from(self.ops[at].is_known());
        self.order.push((at, before));
    }

    fn go_back(&mut self, come: usize) {
        while self.order.len() > come {
            let (at, before) = self.order.pop().expect("more than none");
            self.values[self.ops[at].key as usize] = before;
            self.come[at / 64] &= !(1 << (at % 64));
            self.left += usize::from(self.ops[at].is_known());
        }
    }
}
