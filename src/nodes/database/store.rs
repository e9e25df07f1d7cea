//! The durable half of a database: what one transaction does to rows, inbox, sagas, joins and
//! outbox, all at the instant of its commit. Knows no connections, locks or times of service.

use super::followers::{Commit, Followers};
use super::inbox::Inbox;
use super::judgement::{Judgement, changed, effects, is_named};
use super::progress::Progress;
use super::relay::{Posting, Relay};
use super::rows::Rows;
use crate::base::Time;
use crate::model::program::{Part, Read, Row, Txn};
use crate::model::{EntityIx, Model, NodeIx};
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Item, Op, Seen};
use crate::nodes::parts::keys;
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, KeyId, OpId, Probe};
use crate::scenario::tree::{Change, Database};

/// What a crash does not touch.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pub(super) own: Rows,
    copies: Rows,
    pub(super) inbox: Inbox,
    pub(super) progress: Progress,
    /// The outbox.
    pub relay: Relay,
    followers: Option<Box<Followers>>,
    /// What each `Put` of the transaction at hand overwrites from; used again and again.
    overwritten: Vec<Seen>,
}

impl Store {
    /// Bytes that it holds; of what clones share, its share.
    pub(super) fn weight(&self) -> usize {
        let rows = self.own.weight() + self.copies.weight() + self.inbox.weight();
        let followers = self.followers.as_ref().map_or(0, |followers| followers.weight());
        rows + self.progress.weight() + self.relay.weight() + followers
    }

    /// The store of the database `me`, as everything is at the start.
    pub(super) fn new(model: &Model, me: NodeIx, database: &Database) -> Self {
        let follow = |settings| Box::new(Followers::new(model, me, settings));
        let followers = database.followers.as_ref().map(follow);
        Self {
            own: Rows::default(),
            copies: Rows::default(),
            inbox: Inbox::default(),
            progress: Progress::default(),
            relay: Relay::new(model, me),
            followers,
            overwritten: Vec::new(),
        }
    }

    /// It runs again, with what was durable.
    pub(super) fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.relay.restart(env);
        if let Some(followers) = &mut self.followers {
            for lost in followers.promote(env) {
                if let Some(Commit { effect, undo }) = lost.commit {
                    self.inbox.lose(lost.op.id, 1 << effect, undo, env.now());
                }
                followers.revert(&lost, &mut self.own, env);
            }
            followers.restart(env);
        }
    }

    /// Does a follower serve this transaction of an operation?
    pub(super) fn is_at_follower(&self, txn: &Txn, op: &Op) -> bool {
        let reads_own = txn.only_reads && txn.reads.iter().all(|read| !read.copy);
        let followers = self.followers.as_ref().filter(|_| reads_own);
        followers.is_some_and(|followers| followers.reader(txn, op).is_some())
    }

    /// A version has come to a follower.
    pub(super) fn shipped<P: Probe>(&mut self, update: Handle, env: &mut Env<'_, '_, P>) {
        if let Some(followers) = &mut self.followers {
            followers.apply(update, env);
        }
    }

    /// Does the timer of a version on its way mean nothing any more?
    pub(super) fn is_stale(&self, update: Handle) -> bool {
        self.followers.as_ref().is_none_or(|followers| followers.is_stale(update))
    }

    /// Everything that the transaction of this caller does beside its reads, at once. What it
    /// gathered goes into `op`.
    #[inline(never)]
    pub(super) fn change<P: Probe>(
        &mut self,
        txn: &Txn,
        op: &mut Op,
        caller: NodeIx,
        env: &mut Env<'_, '_, P>,
    ) -> Answer {
        if txn.writes.is_empty() && txn.row.is_none() && txn.is_light() {
            return Answer::Done;
        }
        let judgement = self.judge(txn, op, env);
        let seen = op.seen;
        match judgement {
            Judgement::Granted => {
                op.done |= effects(txn, Part::Do);
                let known = op.done;
                op.done |= txn.tells;
                self.write(txn, op, env);
                self.record(txn, op, env.now());
                if txn.dedup && is_named(txn) {
                    self.inbox.note(op.id, txn.name, env.now());
                }
                if txn.promises {
                    env.fact(Fact::Promised { op: op.id });
                }
                if txn.refuses {
                    env.fact(txn.refused(op.id, caller));
                }
                // Who is told does not know it to be done.
                self.post(
                    txn,
                    &Op { seen, done: op.done & (known | !txn.tells), ..*op },
                    txn.refuses,
                    env,
                );
                Answer::Done
            }
            Judgement::Refused => {
                if txn.dedup {
                    self.inbox.refuse(op.id, effects(txn, Part::Do), env.now());
                }
                env.fact(txn.refused(op.id, caller));
                self.post(txn, op, true, env);
                Answer::Refused
            }
            Judgement::StageRefused => {
                self.record(txn, op, env.now());
                self.post(txn, op, true, env);
                Answer::Refused
            }
            Judgement::Idle => {
                self.record(txn, op, env.now());
                Answer::Idle
            }
            Judgement::Repeated(answer) => {
                if answer == Answer::Done {
                    // What was taken back since is not done.
                    let does = effects(txn, Part::Do);
                    op.done |= does & !self.inbox.undone(op.id, does, env.now());
                    op.done |= txn.tells;
                }
                if !matches!(txn.row, Some(Row::Begin { .. })) {
                    self.record(txn, op, env.now());
                }
                for write in txn.writes.iter().filter(|write| write.part != Part::Copy) {
                    env.fact(Fact::Deduplicated { op: op.id, effect: write.effect });
                }
                self.look(txn, op, env);
                answer
            }
        }
    }

    /// Its reads. A copy or a follower is judged as of when the question arrived here, the owner's
    /// own rows as of now (docs/semantics.md, rule 33).
    #[inline]
    pub(super) fn read<P: Probe>(
        &mut self,
        txn: &Txn,
        op: &mut Op,
        arrived: Time,
        env: &mut Env<'_, '_, P>,
    ) {
        for read in &txn.reads {
            self.look_up(read, txn, op, arrived, env);
        }
    }

    #[inline(never)]
    fn look_up<P: Probe>(
        &mut self,
        read: &Read,
        txn: &Txn,
        op: &mut Op,
        arrived: Time,
        env: &mut Env<'_, '_, P>,
    ) {
        let (entity, now) = (read.entity, env.now());
        let key = keys::item(env.model, read.key, entity, op);
        let (rows, issued) = if read.copy {
            (&mut self.copies, arrived)
        } else if let Some(followers) = &mut self.followers
            && let Some(rows) = followers.readable(txn, op)
        {
            (rows, arrived)
        } else {
            (&mut self.own, now)
        };
        op.seen = rows.read(env.model, entity, key, now);
        let Seen { version, value } = op.seen;
        env.fact(Fact::Saw { op: op.id, entity, key, version, value, issued });
    }

    fn write<P: Probe>(&mut self, txn: &Txn, op: &mut Op, env: &mut Env<'_, '_, P>) {
        let (now, as_asked) = (env.now(), *op);
        let undoes = effects(txn, Part::Undo);
        let (undone, applied) = if txn.dedup {
            let (inbox, id) = (&self.inbox, op.id);
            (inbox.undone(id, undoes, now), inbox.applied(id, undoes, now))
        } else {
            (0, u64::MAX)
        };
        // A `Put` overwrites from what was seen before the transaction wrote anything.
        let mut overwritten = std::mem::take(&mut self.overwritten);
        overwritten.clear();
        for write in &txn.writes {
            let is_put = matches!(write.change, Change::Put { .. });
            overwritten.push(if is_put { self.seen(txn, *write, op, env) } else { op.seen });
        }
        for (at, write) in txn.writes.iter().enumerate() {
            let (bit, entity) = (1u64 << write.effect, write.entity);
            let key = keys::item(env.model, write.key, entity, &as_asked);
            match write.part {
                Part::Copy => self.catch_up((entity, key), &as_asked, env),
                Part::Undo if undone & bit != 0 => {
                    env.fact(Fact::Deduplicated { op: op.id, effect: write.effect });
                }
                Part::Undo if applied & bit == 0 => {}
                Part::Do | Part::Undo => {
                    let before = self.own.read(env.model, entity, key, now);
                    let after = changed(before, write.change, overwritten[at]);
                    let is_put = matches!(write.change, Change::Put { .. });
                    if is_put && overwritten[at].version != before.version {
                        env.fact(Fact::Overwrote { op: op.id });
                    }
                    self.own.write(env.model, (entity, key), after, op, now);
                    if let Some(followers) = &mut self.followers {
                        let undo = write.part == Part::Undo;
                        let commit = Some(Commit { effect: write.effect, undo });
                        followers.ship((entity, key), after, commit, op, env);
                    }
                    op.seen = after;
                    let (op, effect, version) = (op.id, write.effect, after.version);
                    let (before, value) = (before.value, after.value);
                    env.fact(if write.part == Part::Do {
                        Fact::Applied { op, effect, entity, key, version, before, value }
                    } else {
                        Fact::Undone { op, effect, entity, key, version, before, value }
                    });
                }
            }
        }
        self.overwritten = overwritten;
        if txn.dedup {
            match effects(txn, Part::Do) {
                0 => {}
                does => self.inbox.apply(op.id, does, now),
            }
            if undoes != 0 {
                self.inbox.undo(op.id, undoes, now);
            }
        }
    }

    /// A local copy becomes what the record says, unless it is newer (docs/semantics.md, rule 40).
    fn catch_up<P: Probe>(
        &mut self,
        (entity, key): (EntityIx, KeyId),
        op: &Op,
        env: &mut Env<'_, '_, P>,
    ) {
        let now = env.now();
        if op.seen.version > self.copies.read(env.model, entity, key, now).version {
            self.copies.write(env.model, (entity, key), op.seen, op, now);
            env.fact(Fact::Holds { op: op.id, entity, key, version: op.seen.version });
        }
    }

    /// Its row, which also tells the operation what its saga knows.
    fn record(&mut self, txn: &Txn, op: &mut Op, now: Time) {
        if let Some(row) = txn.row {
            op.done |= self.progress.record(op.id, row, op.done, now);
        }
    }

    /// What the last item it writes is now: a repetition answers with that.
    fn look<P: Probe>(&mut self, txn: &Txn, op: &mut Op, env: &Env<'_, '_, P>) {
        if let Some(write) = txn.writes.iter().rfind(|write| write.part != Part::Copy) {
            let key = keys::item(env.model, write.key, write.entity, op);
            op.seen = self.own.read(env.model, write.entity, key, env.now());
        }
    }

    /// Appends its outbox rows for this end.
    fn post<P: Probe>(&mut self, txn: &Txn, op: &Op, refused: bool, env: &mut Env<'_, '_, P>) {
        for outgoing in txn.outbox.iter().filter(|outgoing| outgoing.when_refused == refused) {
            let item = outgoing.write.map_or(Item::NONE, |at| {
                let write = txn.writes[usize::from(at)];
                let key = keys::item(env.model, write.key, write.entity, op);
                let seen = self.own.read(env.model, write.entity, key, env.now());
                Item { entity: write.entity, key, seen }
            });
            self.relay.append(Posting { op: *op, publication: outgoing.publication, item }, env);
        }
    }
}

impl Txn {
    /// What is said of its refusal. Of a best-effort tell that changes nothing.
    fn refused(&self, op: OpId, node: NodeIx) -> Fact {
        if self.best_effort { Fact::Declined { op, node } } else { Fact::Refused { op, node } }
    }

    /// Does nothing but read?
    #[inline]
    fn is_light(&self) -> bool {
        self.outbox.is_empty() && !self.promises && !self.refuses
    }
}
