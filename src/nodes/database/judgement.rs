//! What is to become of a transaction, decided before anything changes: by its row, by the inbox,
//! by its guards, in this order. Changes nothing and says nothing.

use super::inbox::Recall;
use super::store::Store;
use crate::model::program::{Part, Row, Txn, Write};
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Op, Seen};
use crate::nodes::parts::keys;
use crate::probes::Probe;
use crate::scenario::tree::Change;

/// What is to become of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It does what it says.
    Granted,
    /// A guard, or a tombstone in the inbox, says no: nothing applies, its row included.
    Refused,
    /// Its row completes a stage in which a branch was refused: only the row changes.
    StageRefused,
    /// Its row waits for others, or has moved on: only the row changes.
    Idle,
    /// It was here before: nothing changes.
    Repeated(Answer),
}

impl Store {
    /// What is to become of this transaction; changes nothing.
    pub(super) fn judge<P: Probe>(
        &mut self,
        txn: &Txn,
        op: &Op,
        env: &Env<'_, '_, P>,
    ) -> Judgement {
        let now = env.now();
        let step = txn.row.map(|row| self.progress.judge(op.id, row));
        if step.is_some_and(|step| step.answer == Answer::Idle) {
            return Judgement::Idle;
        }
        if txn.dedup {
            let (does, undoes) = (effects(txn, Part::Do), effects(txn, Part::Undo));
            match self.inbox.recall(op.id, does, now) {
                Recall::Applied => return Judgement::Repeated(Answer::Done),
                Recall::Refused => return Judgement::Repeated(Answer::Refused),
                Recall::Blocked => return Judgement::Refused,
                Recall::New if does != 0 => {}
                Recall::New if undoes != 0 => {
                    if self.inbox.undone(op.id, undoes, now) == undoes {
                        return Judgement::Repeated(Answer::Done);
                    }
                }
                Recall::New if is_named(txn) => {
                    if self.inbox.knows(op.id, txn.name, now) {
                        return Judgement::Repeated(Answer::Done);
                    }
                }
                Recall::New => {
                    if let Some(step) = step.filter(|step| !step.is_new) {
                        return Judgement::Repeated(step.answer);
                    }
                }
            }
        }
        if step.is_some_and(|step| step.answer == Answer::Refused) {
            return Judgement::StageRefused;
        }
        if self.is_guarded(txn, op, env) { Judgement::Refused } else { Judgement::Granted }
    }

    /// Does a guard say no? Guards see what earlier writes of the transaction will have made.
    fn is_guarded<P: Probe>(&mut self, txn: &Txn, op: &Op, env: &Env<'_, '_, P>) -> bool {
        (0..txn.writes.len()).any(|at| {
            let write = txn.writes[at];
            if write.part != Part::Do {
                return false;
            }
            match write.change {
                Change::Take(amount) => {
                    let floor = env.model.entities[write.entity.0 as usize].floor;
                    self.before(txn, at, op, env).value.saturating_sub(amount) < floor
                }
                Change::Put { if_unchanged: true, .. } => {
                    let key = keys::item(env.model, write.key, write.entity, op);
                    let now = self.own.read(env.model, write.entity, key, env.now());
                    now.version != self.seen(txn, write, op, env).version
                }
                Change::Put { .. } | Change::Write | Change::Add(_) => false,
            }
        })
    }

    /// The item of `txn.writes[at]` as the writes before it will have left it.
    fn before<P: Probe>(&mut self, txn: &Txn, at: usize, op: &Op, env: &Env<'_, '_, P>) -> Seen {
        let last = txn.writes[at];
        let key = keys::item(env.model, last.key, last.entity, op);
        let mut item = self.own.read(env.model, last.entity, key, env.now());
        for write in &txn.writes[..at] {
            let is_same = write.entity == last.entity
                && write.part != Part::Copy
                && keys::item(env.model, write.key, write.entity, op) == key;
            if is_same {
                item = changed(item, write.change, self.seen(txn, *write, op, env));
            }
        }
        item
    }

    /// What the flow saw of the item that it overwrites: in this very transaction, or else last.
    pub(super) fn seen<P: Probe>(
        &mut self,
        txn: &Txn,
        write: Write,
        op: &Op,
        env: &Env<'_, '_, P>,
    ) -> Seen {
        let key = keys::item(env.model, write.key, write.entity, op);
        let is_read = txn.reads.iter().any(|read| {
            !read.copy
                && read.entity == write.entity
                && keys::item(env.model, read.key, read.entity, op) == key
        });
        if is_read { self.own.read(env.model, write.entity, key, env.now()) } else { op.seen }
    }
}

/// Bits of the effects that the transaction makes, or takes back.
pub(super) fn effects(txn: &Txn, part: Part) -> u64 {
    let writes = txn.writes.iter().filter(|write| write.part == part);
    writes.fold(0, |bits, write| bits | 1u64 << write.effect)
}

/// Is a repetition recognised by the transaction's name? It has no effects to go by, and no row
/// that would know.
pub(super) fn is_named(txn: &Txn) -> bool {
    let has_row = !matches!(txn.row, None | Some(Row::Begin { .. }));
    !has_row && txn.writes.is_empty()
}

/// The item after a change; `seen` is what the flow saw of it.
pub(in crate::nodes) fn changed(item: Seen, change: Change, seen: Seen) -> Seen {
    let value = match change {
        Change::Write => item.value,
        Change::Add(amount) => item.value.saturating_add(amount),
        Change::Take(amount) => item.value.saturating_sub(amount),
        Change::Put { add, .. } => seen.value.saturating_add(add),
    };
    Seen { version: item.version + 1, value }
}
