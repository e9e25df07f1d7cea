//! Durable rows that say how far an operation has come: a coordinator's saga, and the joins of
//! branches that run together. Knows no items and no messages.
//!
//! ```text
//! saga:  Begin(1) ── Reply(1, a): Idle ── Reply(1, b): Done ── Begin(2) or Reply(2, ..) ── Finish
//!                                         └ again: Done until the saga moves on, then Idle
//! join:  Join(a): Idle ── Join(b): Done (and again Done) ── Discard: Idle for ever
//! ```
//!
//! Stages of one saga are numbered upwards, those that take back included: a reply of a lower
//! stage is stale. Sagas go when they finish. Joins that were completed or discarded are kept for
//! the window of deduplication; a join that never completes stays, as it would in a real store.

use super::ages::{Ages, is_fresh};
use crate::base::{SharedTable, Table, Time, weight};
use crate::model::program::Row;
use crate::nodes::message::Answer;
use crate::probes::OpId;

/// All rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    sagas: Table<OpId, Saga>,
    joins: SharedTable<(OpId, u8), Join>,
    ages: Ages<(OpId, u8)>,
}

/// What an update of a row comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// How it is answered.
    pub answer: Answer,
    /// Is it the first time?
    pub is_new: bool,
}

/// A coordinator's row.
#[derive(Clone, Copy, Debug)]
struct Saga {
    stage: u8,
    /// Effects known to be done.
    done: u64,
    branches: Branches,
}

/// A join's row.
#[derive(Clone, Copy, Debug, Default)]
struct Join {
    branches: Branches,
    discarded: bool,
    touched: Time,
}

/// Which branches of a stage have ended.
#[derive(Clone, Copy, Debug, Default)]
struct Branches {
    ended: u64,
    refused: bool,
    /// The branch that completed the set.
    completed_by: Option<u8>,
}

impl Branches {
    fn judge(self, branch: u8, branches: u8, refused: bool) -> Step {
        let bit = 1 << branch;
        let outcome = |refused| if refused { Answer::Refused } else { Answer::Done };
        if self.completed_by == Some(branch) {
            return Step { answer: outcome(self.refused), is_new: false };
        }
        if self.ended & bit != 0 || self.completed_by.is_some() {
            return Step { answer: Answer::Idle, is_new: false };
        }
        if (self.ended | bit).count_ones() < u32::from(branches) {
            return Step { answer: Answer::Idle, is_new: true };
        }
        Step { answer: outcome(self.refused || refused), is_new: true }
    }

    fn record(&mut self, branch: u8, branches: u8, refused: bool) {
        let bit = 1 << branch;
        if self.ended & bit != 0 || self.completed_by.is_some() {
            return;
        }
        self.ended |= bit;
        self.refused |= refused;
        if self.ended.count_ones() >= u32::from(branches) {
            self.completed_by = Some(branch);
        }
    }
}

const STALE: Step = Step { answer: Answer::Idle, is_new: false };

impl Progress {
    /// Bytes that it holds; of what clones share, its share.
    pub(super) fn weight(&self) -> usize {
        weight::table(&self.sagas) + self.joins.weight() + self.ages.weight()
    }

    /// What this update would come to; changes nothing.
    pub(super) fn judge(&self, op: OpId, row: Row) -> Step {
        let saga = self.sagas.get(&op);
        match row {
            Row::Begin { stage } => {
                let is_new = saga.is_none_or(|saga| saga.stage < stage);
                Step { answer: Answer::Done, is_new }
            }
            Row::Reply { stage, branch, branches, refused } => match saga {
                Some(saga) if saga.stage == stage => saga.branches.judge(branch, branches, refused),
                Some(saga) if saga.stage < stage => {
                    Branches::default().judge(branch, branches, refused)
                }
                _ => STALE,
            },
            Row::Finish => Step { answer: Answer::Done, is_new: saga.is_some() },
            Row::Join { stage, branch, branches } => {
                let join = self.joins.get(&(op, stage)).copied().unwrap_or_default();
                if join.discarded { STALE } else { join.branches.judge(branch, branches, false) }
            }
            Row::Discard { stage } => {
                let is_new = self.joins.get(&(op, stage)).is_none_or(|join| !join.discarded);
                Step { answer: Answer::Done, is_new }
            }
        }
    }

    /// Makes the update. `done` are the effects that the operation knows to be done; gives back
    /// those that its saga knows.
    pub(super) fn record(&mut self, op: OpId, row: Row, done: u64, now: Time) -> u64 {
        match row {
            Row::Begin { stage } => {
                let saga = self.saga_at(op, stage);
                saga.done |= done;
                saga.done
            }
            Row::Reply { stage, branch, branches, refused } => {
                let Some(saga) = self.sagas.get(&op) else { return done };
                if saga.stage > stage {
                    return done;
                }
                let saga = self.saga_at(op, stage);
                saga.branches.record(branch, branches, refused);
                saga.done |= done;
                saga.done
            }
            Row::Finish => self.sagas.swap_remove(&op).map_or(done, |saga| saga.done | done),
            Row::Join { stage, branch, branches } => {
                self.join(op, stage, now).branches.record(branch, branches, false);
                done
            }
            Row::Discard { stage } => {
                self.join(op, stage, now).discarded = true;
                done
            }
        }
    }

    /// The saga, moved on to this stage if it was not there yet.
    fn saga_at(&mut self, op: OpId, stage: u8) -> &mut Saga {
        let empty = Saga { stage, done: 0, branches: Branches::default() };
        let saga = self.sagas.entry(op).or_insert(empty);
        if saga.stage < stage {
            *saga = Saga { done: saga.done, ..empty };
        }
        saga
    }

    fn join(&mut self, op: OpId, stage: u8, now: Time) -> &mut Join {
        self.forget(now);
        let ages = &mut self.ages;
        let join = self.joins.get_or_insert_with((op, stage), || {
            ages.push(now, (op, stage));
            Join::default()
        });
        join.touched = now;
        join
    }

    fn forget(&mut self, now: Time) {
        while let Some(name) = self.ages.due(now) {
            let Some(join) = self.joins.get(&name) else { continue };
            let is_over = join.discarded || join.branches.completed_by.is_some();
            if is_over && !is_fresh(join.touched, now) {
                self.joins.remove(&name);
            } else {
                self.ages.push(now, name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ages::WINDOW;
    use super::*;

    const OP: OpId = OpId(1);

    fn reply(stage: u8, branch: u8, refused: bool) -> Row {
        Row::Reply { stage, branch, branches: 2, refused }
    }

    fn join(branch: u8) -> Row {
        Row::Join { stage: 1, branch, branches: 3 }
    }

    /// Applies the rows in order and lists their answers.
    fn answers(rows: &[Row]) -> Vec<Answer> {
        let mut progress = Progress::default();
        let mut answer = |row: &Row| {
            let step = progress.judge(OP, *row);
            progress.record(OP, *row, 0, Time(1));
            step.answer
        };
        rows.iter().map(&mut answer).collect()
    }

    use Answer::{Done, Idle, Refused};

    #[test]
    fn the_reply_that_completes_a_stage_is_answered_done_until_the_saga_moves_on() {
        let begin = Row::Begin { stage: 1 };
        let (a, b) = (reply(1, 0, false), reply(1, 1, false));
        assert_eq!(answers(&[begin, a, a, b, b, a]), [Done, Idle, Idle, Done, Done, Idle]);
        let next = Row::Begin { stage: 2 };
        assert_eq!(answers(&[begin, a, b, next, b, a]), [Done, Idle, Done, Done, Idle, Idle]);
        let later = reply(2, 0, false);
        assert_eq!(answers(&[begin, a, b, later, b]), [Done, Idle, Done, Idle, Idle]);
    }

    #[test]
    fn a_stage_with_a_refused_branch_is_refused_when_all_have_ended() {
        let (no, yes) = (reply(1, 0, true), reply(1, 1, false));
        let begin = Row::Begin { stage: 1 };
        assert_eq!(answers(&[begin, no, yes, yes]), [Done, Idle, Refused, Refused]);
        assert_eq!(answers(&[begin, yes, no, no]), [Done, Idle, Refused, Refused]);
    }

    #[test]
    fn replies_to_no_saga_or_to_a_finished_one_are_stale() {
        let (begin, only) = (Row::Begin { stage: 1 }, reply(1, 0, false));
        assert_eq!(answers(&[only]), [Idle]);
        let rows = [begin, only, reply(1, 1, false), Row::Finish, only, Row::Finish];
        assert_eq!(answers(&rows), [Done, Idle, Done, Done, Idle, Done]);
    }

    #[test]
    fn a_saga_gathers_the_effects_that_its_replies_report() {
        let mut progress = Progress::default();
        progress.record(OP, Row::Begin { stage: 1 }, 0b001, Time(1));
        progress.record(OP, reply(1, 0, false), 0b010, Time(2));
        assert_eq!(progress.record(OP, reply(1, 1, false), 0b100, Time(3)), 0b111);
        assert_eq!(progress.record(OP, reply(0, 1, false), 0b1000, Time(4)), 0b1000, "stale");
    }

    #[test]
    fn a_join_acts_once_for_the_set_and_again_for_the_branch_that_completed_it() {
        let rows = [join(2), join(0), join(0), join(1), join(1), join(2)];
        assert_eq!(answers(&rows), [Idle, Idle, Idle, Done, Done, Idle]);
    }

    #[test]
    fn a_discarded_join_never_acts_even_if_it_had_not_begun() {
        let discard = Row::Discard { stage: 1 };
        let rows = [discard, join(0), join(1), join(2), discard];
        assert_eq!(answers(&rows), [Done, Idle, Idle, Idle, Done]);
        let rows = [join(0), join(1), join(2), discard, join(2)];
        assert_eq!(answers(&rows), [Idle, Idle, Done, Done, Idle]);
    }

    #[test]
    fn completed_joins_do_not_pile_up() {
        let mut progress = Progress::default();
        for n in 0..100 {
            let now = Time(n * (WINDOW.0 / 10));
            (0..3).for_each(|branch| {
                progress.record(OpId(n), join(branch), 0, now);
            });
        }
        assert!(progress.joins.len() < 25, "{} joins", progress.joins.len());
    }
}
