//! The coordinator: sends each request to replicas, counts who has answered, and answers when they
//! are enough. Holds no data, only the order of the versions that it gave out.

use std::collections::VecDeque;

use super::legs::{Leg, Replica};
use super::{Due, Frame};
use crate::base::{Dist, Span, Stream, Time, weight};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::model::program::{Act, EntryIx, Part, Read, Write};
use crate::nodes::database::rows::Rows;
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Body, Item, Message, Op, Seen};
use crate::nodes::parts::keys;
use crate::nodes::parts::slab::{Handle, Slab};
use crate::probes::{Fact, KeyId, Probe, Reason};
use crate::scenario::tree::{Change, Contact, EntityIx, Order, Quorum as Settings};

/// Who asks the replicas.
#[derive(Clone, Debug)]
pub struct Coordinator {
    read_quorum: u32,
    write_quorum: u32,
    contact: Contact,
    timeout: Span,
    /// To each replica, by its place.
    write_legs: Vec<Leg>,
    read_legs: Vec<Leg>,
    /// The replicas; the first few are asked when not all are.
    replicas: Vec<(InstanceId, Replica)>,
    /// Which replicas are asked, when not all are.
    chance: Stream,
    /// The newest version given out of each item.
    issued: Rows,
    /// The newest version committed of each item.
    committed: Rows,
    /// What the clock of its writer showed, as the version of each item; if writes are ordered so.
    stamps: Option<Box<Rows>>,
    requests: Slab<Request>,
    /// Emptied lists of those who responded, to be used again.
    spare: Vec<Vec<(InstanceId, Time)>>,
    /// Requests in order of their deadlines; one that is over finds nothing.
    line: VecDeque<(Time, Handle)>,
    /// When the timer is due that counts; others are stale.
    alarm: Time,
}

/// A request that waits for its quorum.
#[derive(Clone, Debug)]
struct Request {
    op: Op,
    from: InstanceId,
    call: Handle,
    /// When it was taken up.
    since: Time,
    /// So many answers are missing.
    missing: u32,
    what: What,
    /// Who has responded, having looked when.
    looked: Vec<(InstanceId, Time)>,
}

/// What a request is about.
#[derive(Clone, Copy, Debug)]
enum What {
    /// A new version of an item.
    Write(Write, Item),
    /// The newest version that was seen so far.
    Read(EntityIx, KeyId, Seen),
}

impl Coordinator {
    /// With nobody to serve yet.
    pub(super) fn new(model: &Model, me: InstanceId, settings: &Settings) -> Self {
        let place = model.instances[me.0 as usize];
        let name = &model.scenario.nodes[usize::from(place.node.0)].name;
        let replicas = (1..=settings.replicas).map(|replica| InstanceId(me.0 + replica));
        let replicas: Vec<_> = replicas.map(|id| (id, Replica::new(model, id, settings))).collect();
        let legs = |legs: &[Dist]| -> Vec<Leg> {
            (0..replicas.len()).map(|place| Leg::of(legs, place, settings)).collect()
        };
        Self {
            read_quorum: settings.read_quorum,
            write_quorum: settings.write_quorum,
            contact: settings.contact,
            timeout: settings.timeout,
            write_legs: legs(&settings.legs.write),
            read_legs: legs(&settings.legs.read),
            replicas,
            chance: Stream::new(model.seed, "quorum", name, 0),
            issued: Rows::default(),
            committed: Rows::default(),
            stamps: (settings.order == Order::Clocks).then(Box::default),
            requests: Slab::default(),
            spare: Vec::new(),
            line: VecDeque::new(),
            alarm: Time::ZERO,
        }
    }

    pub(super) fn weight(&self) -> usize {
        let rows = [Some(&self.issued), Some(&self.committed), self.stamps.as_deref()];
        let rows: usize = rows.into_iter().flatten().map(Rows::weight).sum();
        size_of::<Self>() + rows + self.requests.weight() + weight::deque(&self.line)
    }

    pub(super) fn held(&self) -> usize {
        self.requests.len()
    }

    pub(super) fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let Message { ref op, from, body } = *message;
        match body {
            Body::Request { call, entry, .. } => {
                env.fact(Fact::Arrived { op: op.id });
                self.take_up(op, (from, call), entry, env);
            }
            Body::Quorum(Frame::Replicated { call }) => self.acknowledged(call, env),
            Body::Quorum(Frame::Polled { call, seen, at }) => {
                self.responded(call, from, seen, at, env);
            }
            body => unreachable!("a coordinator is not sent {body:?}"),
        }
    }

    fn take_up<P: Probe>(
        &mut self,
        op: &Op,
        (from, call): (InstanceId, Handle),
        entry: EntryIx,
        env: &mut Env<'_, '_, P>,
    ) {
        let Act::Transact(txn) = env.model.programs.entries[entry.0 as usize].act else {
            panic!("entry {} is no transaction", entry.0)
        };
        let txn = &env.model.programs.transactions[txn.0 as usize];
        let (what, missing) = match (txn.reads.as_slice(), txn.writes.as_slice()) {
            ([], [write]) => (self.version(*write, op, from, env), self.write_quorum),
            ([read], []) => (look(*read, op, env.model), self.read_quorum),
            _ => panic!("the model gives a quorum one item at a time"),
        };
        let since = env.now();
        let looked = self.spare.pop().unwrap_or_default();
        let request = Request { op: *op, from, call, since, missing, what, looked };
        let request = self.requests.insert(request);
        env.fact(Fact::Carried { op: op.id });
        self.expect(request, env);
        self.ask(op, request, what, missing, env);
    }

    /// The next version of the item that a write means, or [`OUTDATED`].
    fn version<P: Probe>(
        &mut self,
        write: Write,
        op: &Op,
        from: InstanceId,
        env: &Env<'_, '_, P>,
    ) -> What {
        let (entity, now) = (write.entity, env.now());
        let key = keys::item(env.model, write.key, entity, op);
        if let Some(stamps) = &mut self.stamps {
            let Time(stamp) = env.model.faults.clock(now, from);
            if stamp < stamps.read(env.model, entity, key, now).version {
                return What::Write(write, Item { entity, key, seen: OUTDATED });
            }
            let stamp = Seen { version: stamp, value: 0 };
            stamps.write(env.model, (entity, key), stamp, op, now);
        }
        let before = self.issued.read(env.model, entity, key, now);
        let value = match write.change {
            Change::Write => before.value,
            Change::Put { add, if_unchanged: false } => op.seen.value.saturating_add(add),
            change => panic!("the scenario layer admits no {change:?} at a quorum"),
        };
        let seen = Seen { version: before.version + 1, value };
        self.issued.write(env.model, (entity, key), seen, op, now);
        What::Write(write, Item { entity, key, seen })
    }

    /// Sends a request to the replicas that are to get it.
    fn ask<P: Probe>(
        &mut self,
        op: &Op,
        call: Handle,
        what: What,
        enough: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let all = self.replicas.len();
        let asked = match self.contact {
            Contact::All => all,
            Contact::Enough => enough as usize,
        };
        for place in 0..asked {
            if asked < all {
                // The n-th of those not yet drawn comes n-th.
                let drawn = place as u64 + self.chance.below((all - place) as u64);
                self.replicas.swap(place, drawn as usize);
            }
            let (to, replica) = self.replicas[place];
            let (legs, body) = match what {
                What::Write(_, item) => (&self.write_legs, Frame::Replicate { call, item }),
                What::Read(entity, key, _) => (&self.read_legs, Frame::Poll { call, entity, key }),
            };
            env.send_along(legs[replica.place].takes(replica, op), to, op, body);
        }
    }

    /// One more replica has a write. With the last one that is waited for, it is committed.
    fn acknowledged<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let Some(request) = self.requests.get_mut(handle) else { return };
        request.missing -= 1;
        if request.missing > 0 {
            return;
        }
        let (mut op, What::Write(write, item)) = (request.op, request.what) else {
            panic!("only writes are acknowledged")
        };
        let Item { entity, key, seen } = item;
        let now = env.now();
        let before = self.committed.read(env.model, entity, key, now);
        if seen == OUTDATED {
            (op.seen, op.done) = (before, op.done | 1 << write.effect);
            env.fact(Fact::Carried { op: op.id });
            env.fact(Fact::Dropped { op: op.id, why: Some(Reason::Outdated) });
            return self.end(handle, &op, Answer::Done, env);
        }
        let is_put = matches!(write.change, Change::Put { .. });
        if is_put && write.part == Part::Do && op.seen.version < before.version {
            env.fact(Fact::Overwrote { op: op.id });
        }
        // A version that commits after a newer one changes nothing that anybody sees.
        let after = if seen.version > before.version { seen } else { before };
        self.committed.write(env.model, (entity, key), after, &op, now);
        let (id, effect, version) = (op.id, write.effect, seen.version);
        let (before, value) = (before.value, after.value);
        env.fact(if write.part == Part::Do {
            Fact::Applied { op: id, effect, entity, key, version, before, value }
        } else {
            Fact::Undone { op: id, effect, entity, key, version, before, value }
        });
        if write.part == Part::Do {
            op.done |= 1 << effect;
        }
        op.seen = seen;
        self.end(handle, &op, Answer::Done, env);
    }

    /// One more replica has said what it held at the instant `at`. With the last one that is waited
    /// for, the newest version among them is the answer.
    fn responded<P: Probe>(
        &mut self,
        handle: Handle,
        replica: InstanceId,
        seen: Seen,
        at: Time,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(request) = self.requests.get_mut(handle) else { return };
        request.missing -= 1;
        let What::Read(entity, key, newest) = &mut request.what else {
            panic!("only reads are responded to")
        };
        if seen.version > newest.version || newest.version == 0 {
            *newest = seen;
        }
        request.looked.push((replica, at));
        if request.missing > 0 {
            return;
        }
        let (entity, key, Seen { version, value }) = (*entity, *key, *newest);
        let (op, issued) = (request.op.id, request.since);
        for &(replica, at) in &request.looked {
            env.fact(Fact::Responded { op, entity, key, replica, issued, at });
        }
        env.fact(Fact::Saw { op, entity, key, version, value, issued });
        let op = Op { seen: Seen { version, value }, ..request.op };
        self.end(handle, &op, Answer::Done, env);
    }

    /// A request is over, whatever else may still come in for it.
    fn end<P: Probe>(
        &mut self,
        handle: Handle,
        op: &Op,
        verdict: Answer,
        env: &mut Env<'_, '_, P>,
    ) {
        let mut request = self.requests.remove(handle).expect("what ends is there");
        env.send(request.from, op, Body::Answer { call: request.call, verdict });
        env.fact(Fact::Dropped { op: op.id, why: None });
        request.looked.clear();
        self.spare.push(request.looked);
    }

    /// Lets a request that was just taken up wait for so long and no longer: one timer for all.
    fn expect<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        // Two for each that joins: the line is as long as requests take, not as their timeout.
        for _ in 0..2 {
            if self.line.front().is_some_and(|(_, first)| self.requests.get(*first).is_none()) {
                self.line.pop_front();
            }
        }
        self.line.push_back((env.now() + self.timeout, handle));
        if self.alarm <= env.now() {
            self.set_alarm(env);
        }
    }

    fn set_alarm<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if let Some(&(due, _)) = self.line.front() {
            self.alarm = due;
            env.wait(due.since(env.now()), Due::Overdue);
        }
    }

    pub(super) fn is_stale(&self, due: Time) -> bool {
        due != self.alarm || self.requests.is_empty()
    }

    /// Fails the requests that have found no quorum in time. What they wrote may yet be seen.
    pub(super) fn overdue<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while let Some(&(due, handle)) = self.line.front() {
            match self.requests.get(handle) {
                Some(_) if due > env.now() => break,
                Some(request) => {
                    let op = request.op;
                    self.end(handle, &op, Answer::Failed(Reason::Timeout), env);
                }
                None => {}
            }
            self.line.pop_front();
        }
        self.set_alarm(env);
    }

    /// Forgets whom it serves; what is on its way to the replicas still arrives there.
    pub(super) fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        for request in self.requests.drain() {
            if !host {
                let (call, verdict) = (request.call, Answer::Failed(Reason::Crashed));
                env.send(request.from, &request.op, Body::Answer { call, verdict });
            }
            env.fact(Fact::Dropped { op: request.op.id, why: Some(Reason::Crashed) });
        }
        self.line.clear();
        self.alarm = Time::ZERO;
    }
}

/// A write whose clock showed an earlier time than that of the newest one: no replica keeps it, and
/// all acknowledge it.
const OUTDATED: Seen = Seen { version: 0, value: 0 };

/// What a read asks for; before any replica has answered it has seen nothing.
fn look(read: Read, op: &Op, model: &Model) -> What {
    let key = keys::item(model, read.key, read.entity, op);
    What::Read(read.entity, key, Seen::default())
}
