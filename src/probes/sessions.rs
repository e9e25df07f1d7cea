//! docs/semantics.md, rule 34: the four session guarantees, judged per item against what the
//! session was told.
//!
//! ```text
//! read your writes      w done ── read ▶ v        broken if v < w, or w is not there yet
//! monotonic reads       read ▶ v ── sent, ▶ v'    broken if v' < v
//! monotonic writes      w done ── sent, w'        broken if w' < w
//! writes follow reads   read ▶ v ── sent, w       broken if w <= v
//!             `──` : the answer of the left one preceded the right one
//! ```
//!
//! A session remembers the items that its latest creating operations created and the preloaded ones
//! that it used last: at most some 64 of them, more where there are few sessions. An effect on a
//! preloaded item that is applied only after it was told done is noticed when it is applied; one
//! that is never applied to a preloaded item counts as lost, not as a violation.

use std::sync::Arc;

use super::entry::{Entry, Flag};
use super::fact::{KeyId, OpId, Verdict};
use super::layout::Layout;
use super::outcome::Violations;
use super::recent::Recent;
use super::session::{Created, Read, Session};
use super::truth::Truth;
use crate::base::{SharedVec, Time, weight};

use crate::scenario::tree::{EntityIx, FlowIx};

/// All sessions.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    layout: Arc<Layout>,
    /// Per entity: does anything change it? A session need not remember what never changes.
    changes: Vec<bool>,
    /// Per flow: does a session remember what its operations do?
    follows: Vec<bool>,
    /// Per client and number; a session's record begins with its first use. Clones of a run share it
    /// until either writes to it: in a second most sessions do nothing.
    clients: Vec<SharedVec<Option<Box<Session>>, 1>>,
    /// What unanswered operations read and wrote: lists threaded through the entries.
    touches: Vec<Touch>,
    spare: u32,
}

#[derive(Clone, Copy, Debug)]
struct Touch {
    next: u32,
    wrote: bool,
    entity: EntityIx,
    key: KeyId,
    version: u64,
}

/// A broken guarantee: whose, by which flow, measured or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Which.
    pub what: Violations,
    /// The flow of the operation that saw it.
    pub flow: FlowIx,
    /// Is that operation measured?
    pub measured: bool,
}

/// A read, as the session judges it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// The entity.
    pub entity: EntityIx,
    /// The item.
    pub key: KeyId,
    /// The version seen.
    pub version: u64,
    /// When the read was issued.
    pub issued: Time,
}

/// An effect, as the session judges it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// The entity.
    pub entity: EntityIx,
    /// The item.
    pub key: KeyId,
    /// The version it made.
    pub version: u64,
}

const NOWHERE: u32 = Entry::NOWHERE;
/// Created items that a session remembers at most, beyond its latest.
const CREATED: usize = 64;

impl Sessions {
    /// Bytes that they hold; of what clones share, their share.
    pub(super) fn weight(&self) -> usize {
        let of = |session: &Option<Box<Session>>| session.as_ref().map_or(0, |it| it.weight());
        let clients: usize = self.clients.iter().map(|client| client.weight(of)).sum();
        clients + weight::vec(&self.touches)
    }

    /// Nobody has done anything.
    pub(super) fn new(layout: Arc<Layout>) -> Self {
        let clients = layout
            .clients
            .iter()
            .map(|client| SharedVec::of(&None, client.sessions as usize))
            .collect();
        let entities = 0..layout.entities.len();
        let changes: Vec<bool> =
            entities.map(|entity| layout.changes(EntityIx(entity as u16))).collect();
        // Where nothing ever changes, nothing need be remembered of readers.
        let anything_changes = changes.contains(&true);
        let follows = layout.flows.iter();
        let follows =
            follows.map(|flow| !flow.effects.is_empty() || flow.reads && anything_changes);
        let follows = follows.collect();
        Self { layout, changes, follows, clients, touches: Vec::new(), spare: NOWHERE }
    }

    /// Does anything change items of this entity?
    #[inline]
    pub(super) fn changes(&self, entity: EntityIx) -> bool {
        self.changes[usize::from(entity.0)]
    }

    /// Is to be told of operations of this flow?
    #[inline]
    pub(super) fn follows(&self, flow: FlowIx) -> bool {
        self.follows[usize::from(flow.0)]
    }

    /// An operation was sent.
    #[inline(never)]
    pub(super) fn sent(&mut self, op: OpId, entry: &Entry, told: u64, truth: &mut Truth) {
        let plan = &self.layout.flows[usize::from(entry.flow.0)];
        let client = &mut self.clients[op.client()];
        let share = (1 << 16) / client.len().max(1);
        while entry.session as usize >= client.len() {
            client.push(None);
        }
        let session = client[entry.session as usize].get_or_insert_with(|| {
            Box::new(Session { open: 0, created: Vec::new(), known: Recent::new(share.max(64)) })
        });
        session.open += 1;
        let mut missing = 0;
        for (n, effect) in plan.effects.iter().enumerate().take(64) {
            if effect.creates && told & 1 << n != 0 {
                missing |= 1 << n;
                truth.expect(effect.entity, KeyId::created_by(op));
            }
        }
        if missing != 0 {
            for older in session.created.iter_mut().filter(|older| older.flow == entry.flow) {
                older.superseded.get_or_insert(op.number());
            }
            let created = Created {
                op,
                flow: entry.flow,
                missing,
                told_done: Time::NEVER,
                superseded: None,
                closed: false,
            };
            session.created.push(created);
        }
    }

    /// A step said no: what is missing will not be missed.
    pub(super) fn refused(&mut self, op: OpId, entry: &Entry) {
        if let Some(created) = of(&mut self.clients, op, entry).and_then(|session| session.made(op))
        {
            created.missing = 0;
        }
    }

    /// A best-effort step said no: nothing of that kind will be missed.
    pub(super) fn declined(&mut self, op: OpId, entry: &Entry) {
        let effects = self.layout.flows[usize::from(entry.flow.0)].effects.iter().enumerate();
        let best = effects.filter(|(_, effect)| effect.best_effort);
        let best = best.take(64).fold(0, |bits, (n, _)| bits | 1u64 << n);
        if let Some(created) = of(&mut self.clients, op, entry).and_then(|session| session.made(op))
        {
            created.missing &= !best;
        }
    }

    /// The client was answered: what the operation read and wrote counts from now on.
    #[inline(never)]
    pub(super) fn answered(&mut self, now: Time, op: OpId, entry: &mut Entry, verdict: Verdict) {
        let mut at = std::mem::replace(&mut entry.touches, NOWHERE);
        let Some(session) = of(&mut self.clients, op, entry) else {
            return;
        };
        if verdict == Verdict::Done
            && let Some(created) = session.made(op)
        {
            created.told_done = now;
        }
        let alone = session.open <= 1;
        while at != NOWHERE {
            let touch = self.touches[at as usize];
            let counts = if touch.wrote {
                verdict == Verdict::Done
            } else {
                !matches!(verdict, Verdict::Failed(_))
            };
            if counts {
                let known = session.known.entry((touch.entity, touch.key));
                let steps = if touch.wrote { &mut known.told } else { &mut known.seen };
                steps.push(now, touch.version, alone);
            }
            self.touches[at as usize].next = self.spare;
            self.spare = at;
            at = touch.next;
        }
    }

    /// An effect was applied for the first time. The guarantees it breaks, if any; and into
    /// `missed` every read that it was told done before, and that therefore missed it.
    pub(super) fn wrote(
        &mut self,
        op: OpId,
        entry: &mut Entry,
        effect: u8,
        written: Written,
        missed: &mut Vec<Read>,
    ) -> Option<Broken> {
        let Written { entity, key, version } = written;
        let session = of(&mut self.clients, op, entry)?;
        if let Some(created) = session.made(op) {
            created.missing &= !(1 << effect);
        }
        let (alone, created) = (session.open <= 1, key.creator() == Some(op));
        let known = session.known.entry((entity, key));
        let mut what = Violations::default();
        what.writes_follow_reads +=
            u64::from(known.seen.before(entry.sent).is_some_and(|seen| version <= seen));
        if entry.is(Flag::Done) {
            let later = known.wrote.is_some_and(|(sent, by)| by != op && sent >= entry.answered);
            what.monotonic_writes += u64::from(later);
            // Told done, applied only now: reads in between missed it. (Created items: see `read`.)
            if !created {
                known.reads.retain(|read| {
                    let is_missed = read.issued >= entry.answered;
                    missed.extend(is_missed.then_some(*read));
                    !is_missed
                });
            }
            known.told.push(entry.answered, version, alone);
        }
        if known.wrote.is_none_or(|(sent, _)| sent <= entry.sent) {
            known.wrote = Some((entry.sent, op));
        }
        if !entry.is_answered() {
            self.touch(entry, Touch { next: NOWHERE, wrote: true, entity, key, version });
        }
        let own = Broken { what, flow: entry.flow, measured: entry.is(Flag::Measured) };
        (what != Violations::default()).then_some(own)
    }

    /// The operation read something. The guarantees that breaks.
    pub(super) fn read(&mut self, op: OpId, entry: &mut Entry, seen: Seen) -> Violations {
        let Some(session) = of(&mut self.clients, op, entry) else {
            return Violations::default();
        };
        let mut what = Violations::default();
        let creator = seen.key.creator().filter(|creator| *creator != op);
        let missing = creator.and_then(|creator| session.made(creator)).is_some_and(|created| {
            let plan = &self.layout.flows[usize::from(created.flow.0)];
            created.told_done <= seen.issued && created.misses(plan, seen.entity)
        });
        let alone = session.open <= 1;
        let known = session.known.entry((seen.entity, seen.key));
        let told = known.told.before(seen.issued).is_some_and(|told| told > seen.version);
        what.read_your_writes += u64::from(missing || told);
        what.monotonic_reads +=
            u64::from(known.seen.before(entry.sent).is_some_and(|before| before > seen.version));
        if !missing && !told {
            let (issued, flow) = (seen.issued, entry.flow);
            known.note(Read { issued, op, flow, measured: entry.is(Flag::Measured) }, alone);
        }
        if !entry.is_answered() {
            let Seen { entity, key, version, .. } = seen;
            self.touch(entry, Touch { next: NOWHERE, wrote: false, entity, key, version });
        }
        what
    }

    /// Nothing can act for the operation any more. `is_past`: is none of this client's operations
    /// below this number open?
    #[inline(never)]
    pub(super) fn closed(
        &mut self,
        op: OpId,
        entry: &Entry,
        mut is_past: impl FnMut(u64) -> bool,
        truth: &mut Truth,
    ) {
        let Some(session) = of(&mut self.clients, op, entry) else {
            return;
        };
        session.open = session.open.saturating_sub(1);
        if let Some(created) = session.made(op) {
            created.closed = true;
        }
        let crowded = session.created.len() > CREATED;
        let idle = session.open == 0;
        let Session { created, known, .. } = session;
        created.retain(|created| {
            let superseded = created.superseded.is_some_and(|by| idle || crowded || is_past(by));
            let gone = superseded && created.closed;
            let effects = self.layout.flows[usize::from(created.flow.0)].effects.iter();
            for effect in effects.filter(|effect| gone && effect.creates) {
                let key = KeyId::created_by(created.op);
                truth.retire(effect.entity, key);
                known.forget((effect.entity, key));
            }
            !gone
        });
    }

    fn touch(&mut self, entry: &mut Entry, touch: Touch) {
        let touch = Touch { next: entry.touches, ..touch };
        entry.touches = if self.spare == NOWHERE {
            self.touches.push(touch);
            self.touches.len() as u32 - 1
        } else {
            let at = self.spare;
            self.spare = std::mem::replace(&mut self.touches[at as usize], touch).next;
            at
        };
    }
}

/// The session of an operation, to be written to.
#[expect(clippy::inline_always, reason = "a few instructions, for nearly every fact")]
#[inline(always)]
fn of<'a>(
    clients: &'a mut [SharedVec<Option<Box<Session>>, 1>],
    op: OpId,
    entry: &Entry,
) -> Option<&'a mut Session> {
    clients[op.client()].get_mut(entry.session as usize)?.as_deref_mut()
}
