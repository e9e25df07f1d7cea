//! Services and gateways: a queue, workers, and tasks that run the programs of the model. The
//! queue is first in, first out and work-conserving: a worker is never free while something waits,
//! unless a fault pauses the instance.

use std::collections::VecDeque;

use super::cache::{Cache, Fetched, ItemName, Lookup};
use super::calls::{Calls, Ended, Waiters, What};
use super::env::Env;
use super::limit::TokenBucket;
use super::message::{Answer, Body, Item, Message, Op, Seen, Timer};
use super::slab::{Handle, Slab};
use super::task::{Origin, Task};
use crate::base::{Span, Time, mix};
use crate::engine::InstanceId;
use crate::model::program::{Act, EntryIx, Instr, Pc};
use crate::model::{Model, NodeIx};
use crate::nodes::keys;
use crate::probes::{Fact, OpId, Probe, Reason};
use crate::scenario::tree::NodeKind;

/// One instance of a service or gateway.
#[derive(Clone, Debug)]
pub struct Server {
    tasks: Slab<Task>,
    queue: VecDeque<Handle>,
    /// Free workers; `None` is unlimited.
    free: Option<u32>,
    workers: Option<u32>,
    room: Option<u32>,
    hold: bool,
    limit: Option<TokenBucket>,
    calls: Calls<Waiter>,
    cache: Option<Cache>,
    brokers: Vec<NodeIx>,
}

/// Who waits for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiter {
    /// A task.
    Task(Handle),
    /// All tasks that want this item in the cache, and the first of them.
    Fetch(ItemName, Handle),
}

impl Waiters<Waiter> for Slab<Task> {
    fn header(&self, waiter: Waiter) -> Op {
        let (Waiter::Task(task) | Waiter::Fetch(_, task)) = waiter;
        self.get(task).map_or(Op::NONE, |task| task.op)
    }
}

impl Server {
    /// An idle instance.
    pub fn new(model: &Model, me: InstanceId) -> Self {
        let node = model.node_of(me);
        let (workers, room, hold, limit) = match &model.scenario.nodes[node.0 as usize].kind {
            NodeKind::Service(service) => (Some(service.workers), service.room, service.hold, None),
            NodeKind::Gateway(gateway) => (gateway.workers, None, false, gateway.limit.as_ref()),
            _ => unreachable!("a server is a service or a gateway"),
        };
        let channels = model.programs.channels.iter().filter(|channel| channel.consumer == node);
        let mut brokers: Vec<NodeIx> = channels.map(|channel| channel.broker).collect();
        brokers.sort_unstable();
        brokers.dedup();
        Self {
            tasks: Slab::default(),
            queue: VecDeque::new(),
            free: workers,
            workers,
            room,
            hold,
            limit: limit.map(TokenBucket::new),
            calls: Calls::new(model, me),
            cache: model.scenario.designs[model.design].cache.as_ref().map(Cache::new),
            brokers,
        }
    }

    /// Does it consume from a broker that wants to hear from it?
    pub fn consumes(&self) -> bool {
        !self.brokers.is_empty()
    }

    /// The run begins, or the instance is up again.
    pub fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        for broker in self.brokers.clone() {
            if env.incarnation > 0 {
                let to = env.model.nodes[broker.0 as usize].first;
                env.send(to, &Op::NONE, Body::Join { incarnation: env.incarnation });
            }
            if let Some(every) = heartbeat(env.model, broker) {
                env.wait(every, Timer::Beat(env.incarnation));
            }
        }
    }

    /// Tasks at work or waiting.
    pub fn held(&self) -> usize {
        self.tasks.len()
    }

    /// A message arrived.
    pub fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        match message.body {
            Body::Answer { call, verdict: answer } => {
                env.fact(Fact::Dropped { op: message.op.id, why: None });
                if let Some(ended) = self.calls.answered(env, call, answer, &self.tasks) {
                    self.ended(ended, &message.op, env);
                }
            }
            Body::Request { call, entry, attempt } => {
                let origin = Origin::Call { from: message.from, call };
                self.arrive(&message.op, origin, entry, attempt, None, env);
            }
            Body::Deliver { receipt, entry, item, .. } => {
                let origin = Origin::Delivery { from: message.from, receipt };
                self.arrive(&message.op, origin, entry, 0, Some(item), env);
            }
            Body::Invalidate { item } => {
                env.fact(Fact::Dropped { op: message.op.id, why: None });
                let name = (item.entity, item.key);
                if self
                    .cache
                    .as_mut()
                    .is_some_and(|cache| cache.invalidate(name, item.seen.version))
                {
                    env.fact(Fact::Forgot { entity: item.entity, key: item.key });
                }
            }
            Body::Gone { .. } => {}
            body => unreachable!("a server is not told {body:?}"),
        }
    }

    /// A timer of its own.
    pub fn timer<P: Probe>(&mut self, timer: Timer, env: &mut Env<'_, '_, P>) {
        match timer {
            Timer::Worked(task) => self.run(task, env),
            Timer::Timeout { policy, .. } => {
                while let Some(call) = self.calls.overdue(env, policy) {
                    if let Some(ended) = self.calls.timed_out(env, call, &self.tasks) {
                        self.ended(ended, &Op::NONE, env);
                    }
                }
            }
            Timer::Retry(call) => self.calls.retry(env, call, &self.tasks),
            Timer::Requeue(task) => self.give_back(task, env),
            Timer::Beat(_) => self.beat(env),
            timer => unreachable!("a server sets no {timer:?}"),
        }
    }

    /// Does nobody wait for this timer any more?
    pub fn is_stale(&self, timer: &Timer, incarnation: u32) -> bool {
        match timer {
            Timer::Worked(task) | Timer::Requeue(task) => self.tasks.get(*task).is_none(),
            Timer::Timeout { policy, due } => self.calls.is_stale(*policy, *due),
            Timer::Retry(call) => self.calls.is_gone(*call),
            Timer::Beat(start) => *start != incarnation,
            _ => false,
        }
    }

    /// The process (or with `host` the machine) goes, and all its memory with it.
    pub fn crash<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        for task in self.tasks.drain() {
            match task.origin {
                Origin::Call { from, call } => {
                    if !host {
                        let answer = Answer::Failed(Reason::Crashed);
                        env.send(from, &task.op, Body::Answer { call, verdict: answer });
                    }
                    env.fact(Fact::Dropped { op: task.op.id, why: Some(Reason::Crashed) });
                }
                Origin::Delivery { .. } => {
                    env.fact(Fact::Dropped { op: task.op.id, why: Some(Reason::Crashed) });
                }
                Origin::Branch { .. } => {}
            }
        }
        self.queue.clear();
        self.free = self.workers;
        self.calls.forget();
        if let Some(cache) = &mut self.cache {
            for (entity, key) in cache.names() {
                env.fact(Fact::Forgot { entity, key });
            }
            let settings = env.model.scenario.designs[env.model.design].cache.as_ref();
            *cache = Cache::new(settings.expect("it has a cache"));
        }
        for broker in self.brokers.clone() {
            let to = env.model.nodes[broker.0 as usize].first;
            env.send_gone(to, host);
        }
    }

    /// A pause ended: free workers take up what waits.
    pub fn resume<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        self.take_up(env);
    }

    // -- the queue and the workers ---------------------------------------------------------------

    #[inline]
    fn arrive<P: Probe>(
        &mut self,
        op: &Op,
        origin: Origin,
        entry: EntryIx,
        attempt: u8,
        item: Option<Item>,
        env: &mut Env<'_, '_, P>,
    ) {
        let program = &env.model.programs.entries[entry.0 as usize];
        let Act::Run { start, .. } = program.act else { unreachable!("a server runs programs") };
        if let Some(why) = self.turns_away(op, origin, env) {
            env.fact(Fact::Arrived { op: op.id });
            env.fact(Fact::TurnedAway { op: op.id, why });
            if let Origin::Call { from, call } = origin {
                env.send(from, op, Body::Answer { call, verdict: Answer::Failed(why) });
            }
            env.fact(Fact::Dropped { op: op.id, why: Some(why) });
            return;
        }
        let mut task = Task {
            op: *op,
            origin,
            entry,
            pc: start,
            verdict: Answer::Done,
            takes_back: false,
            has_worker: false,
            attempt,
            branches: 0,
            queued: env.now(),
            item: item.unwrap_or(Item::NONE),
            made: Seen::default(),
        };
        if matches!(origin, Origin::Delivery { .. }) {
            // A deadline is about the answer; what was accepted is done however late it is.
            task.op.deadline = Time::NEVER;
        }
        if program.sees_item {
            task.op.named = task.item.key;
            task.op.seen = task.item.seen;
        }
        task.has_worker = self.takes_worker(op.id, env);
        let has_worker = task.has_worker;
        let task = self.tasks.insert(task);
        if has_worker {
            self.run(task, env);
        } else {
            self.queue.push_back(task);
        }
    }

    /// Why a message is not taken in, if it is not.
    fn turns_away<P: Probe>(
        &mut self,
        op: &Op,
        origin: Origin,
        env: &Env<'_, '_, P>,
    ) -> Option<Reason> {
        if !matches!(origin, Origin::Call { .. }) {
            return None;
        }
        if env.now() > op.deadline {
            return Some(Reason::Expired);
        }
        if self.limit.as_mut().is_some_and(|limit| !limit.take(env.now())) {
            return Some(Reason::RateLimited);
        }
        let is_full =
            self.free == Some(0) && self.room.is_some_and(|room| self.queue.len() >= room as usize);
        is_full.then_some(Reason::Rejected)
    }

    #[inline]
    fn start_or_queue<P: Probe>(&mut self, task: Handle, env: &mut Env<'_, '_, P>) {
        if self.finds_worker(task, env) {
            self.run(task, env);
        }
    }

    /// Gives the task a worker, or a place in the queue.
    #[inline]
    fn finds_worker<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) -> bool {
        let op = self.tasks.get(handle).expect("it wants a worker").op.id;
        let has_worker = self.takes_worker(op, env);
        let task = self.tasks.get_mut(handle).expect("it wants a worker");
        task.has_worker = has_worker;
        if !has_worker {
            task.queued = env.now();
            self.queue.push_back(handle);
        }
        has_worker
    }

    /// Takes a worker if one is free; otherwise what wants it has to wait.
    #[inline]
    fn takes_worker<P: Probe>(&mut self, op: OpId, env: &mut Env<'_, '_, P>) -> bool {
        env.fact(Fact::Arrived { op });
        let is_free = self.free != Some(0) && !env.model.faults.is_paused(env.now(), env.me());
        if is_free {
            self.free = self.free.map(|free| free - 1);
            env.fact(Fact::Began { op, waited: Span::ZERO, queued: false });
        } else {
            env.fact(Fact::Waits { op });
        }
        is_free
    }

    #[inline]
    fn release_worker<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let Some(task) = self.tasks.get_mut(handle) else {
            return;
        };
        if !std::mem::take(&mut task.has_worker) {
            return;
        }
        if let Some(free) = &mut self.free {
            *free += 1;
        }
        env.fact(Fact::Freed);
        if !self.queue.is_empty() {
            self.take_up(env);
        }
    }

    fn take_up<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while self.free != Some(0) && !self.queue.is_empty() {
            if env.model.faults.is_paused(env.now(), env.me()) {
                return;
            }
            let handle = self.queue.pop_front().expect("something waits");
            let Some(task) = self.tasks.get_mut(handle) else {
                continue;
            };
            let waited = env.now().since(task.queued);
            self.free = self.free.map(|free| free - 1);
            task.has_worker = true;
            env.fact(Fact::Began { op: task.op.id, waited, queued: true });
            self.run(handle, env);
        }
    }

    // -- running programs --------------------------------------------------------------------------

    /// Runs a task until it has to wait or ends.
    fn run<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let model = env.model;
        loop {
            let task = self.tasks.get_mut(handle).expect("a task that runs is there");
            let pc = task.pc;
            task.pc = Pc(pc.0 + 1);
            match &model.programs.code[pc.0 as usize] {
                Instr::Work { dist, name } => {
                    if !task.has_worker {
                        task.pc = pc;
                        if !self.finds_worker(handle, env) {
                            return;
                        }
                        continue;
                    }
                    let word = mix(task.op.word, name.wrapping_add(u64::from(task.attempt)));
                    let demand =
                        slowed(dist.span(word), model.faults.slowness(env.now(), env.me()));
                    if demand > Span::ZERO {
                        return env.complete_after(demand, Timer::Worked(handle));
                    }
                }
                Instr::Refuse { probability, name } => {
                    if crate::base::unit(mix(task.op.word, *name)) < *probability {
                        let op = task.op.id;
                        env.fact(Fact::Refused { op, node: env.node() });
                        self.trouble(handle, Answer::Refused, env);
                    }
                }
                Instr::Need { least } => {
                    if task.op.seen.value < *least && !task.takes_back {
                        let op = task.op.id;
                        env.fact(Fact::Refused { op, node: env.node() });
                        self.trouble(handle, Answer::Refused, env);
                    }
                }
                Instr::Maybe { probability, name, to } => {
                    if crate::base::unit(mix(task.op.word, *name)) >= *probability {
                        task.pc = *to;
                    }
                }
                Instr::IfDone { effects, to } => {
                    if task.op.done & effects == 0 {
                        task.pc = *to;
                    }
                }
                Instr::Jump { to } => task.pc = *to,
                Instr::Call { entry, policy, .. } | Instr::Store { entry, policy, .. } => {
                    if env.now() > task.op.deadline && !task.takes_back {
                        self.trouble(handle, Answer::Failed(Reason::Expired), env);
                        continue;
                    }
                    let (what, waiter) = (What::Entry(*entry), Waiter::Task(handle));
                    self.calls.start(env, what, &task.op, *policy, waiter);
                    return self.wait(handle, env);
                }
                Instr::Publish { publication, policy } => {
                    let what = What::Publication(*publication, task.item);
                    self.calls.start(env, what, &task.op, *policy, Waiter::Task(handle));
                    return self.wait(handle, env);
                }
                Instr::Cached { entity, key, entry, policy } => {
                    let name = (*entity, keys::item(model, *key, *entity, &task.op));
                    task.queued = env.now();
                    let op = task.op;
                    match self.look(name, op, handle, env) {
                        Lookup::Hit(seen) => self.saw(handle, name, seen, env.now(), env),
                        Lookup::Wait => return self.wait(handle, env),
                        Lookup::Fetch => {
                            self.calls.start(
                                env,
                                What::Entry(*entry),
                                &op,
                                *policy,
                                Waiter::Fetch(name, handle),
                            );
                            return self.wait(handle, env);
                        }
                    }
                }
                Instr::Invalidate { publication, entity, key } => {
                    let key = keys::item(model, *key, *entity, &task.op);
                    let item = Item { entity: *entity, key, seen: task.made };
                    let broker = model.programs.publications[publication.0 as usize].broker;
                    let to = model.nodes[broker.0 as usize].first;
                    let call = Handle::NONE;
                    let body = Body::Publish { call, publication: *publication, item };
                    env.send(to, &task.op, body);
                }
                Instr::Fork { branches } => return self.fork(handle, branches, env),
                Instr::Join => return self.join(handle, env),
                Instr::Answer => {
                    if let Origin::Call { from, call } = task.origin {
                        env.send(from, &task.op, Body::Answer { call, verdict: task.verdict });
                    }
                }
                Instr::End => return self.end(handle, env),
                Instr::Return => return self.pause_before_return(handle, env),
            }
        }
    }

    /// The task waits for others; its worker does so too, or not.
    fn wait<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        if !self.hold {
            self.release_worker(handle, env);
        }
    }

    /// A call has ended: goes on with whoever waits for it. `back` is the header that came back, if
    /// one did.
    #[inline]
    fn ended<P: Probe>(&mut self, ended: Ended<Waiter>, back: &Op, env: &mut Env<'_, '_, P>) {
        match ended.waiter {
            Waiter::Task(handle) => self.go_on(handle, ended.answer, back, env),
            Waiter::Fetch(name, _) => self.fetched(name, ended.answer, back, env),
        }
    }

    /// Goes on behind the instruction that waited.
    #[inline]
    fn go_on<P: Probe>(
        &mut self,
        handle: Handle,
        answer: Answer,
        back: &Op,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(task) = self.tasks.get_mut(handle) else {
            return;
        };
        let dedup = env.model.scenario.designs[env.model.design].dedup;
        if dedup && task.takes_back && is_call(task) && matches!(answer, Answer::Failed(_)) {
            return self.try_again_later(handle, env);
        }
        let waited_at = &env.model.programs.code[task.pc.0 as usize - 1];
        let has_answered = !matches!(answer, Answer::Failed(_));
        match waited_at {
            Instr::Publish { .. } => {}
            Instr::Store { writes: true, .. } => task.made = back.seen,
            _ if has_answered => task.op.seen = back.seen,
            _ => {}
        }
        match *waited_at {
            Instr::Call { effects, unknown_is_done, best_effort, .. } => {
                match answer {
                    Answer::Done => task.op.done |= back.done & effects,
                    Answer::Failed(_) if unknown_is_done => task.op.done |= effects,
                    _ => {}
                }
                if !best_effort && answer != Answer::Done {
                    self.trouble(handle, answer, env);
                }
            }
            Instr::Store { ref entry, idle, effects, .. } => {
                task.op.done |= back.done;
                let is_unknown = dedup && answer == Answer::Failed(Reason::Timeout);
                if is_unknown && goes_on_by_itself(env.model, *entry) {
                    // What was done before must not be taken back if the flow goes on: ask again.
                    if task.op.done != 0 && is_call(task) {
                        return self.try_again_later(handle, env);
                    }
                } else if is_unknown {
                    // It may have happened, or happen yet; undoing nothing does no harm.
                    task.op.done |= effects;
                }
                match answer {
                    Answer::Done if dedup && is_call(task) && effects & !back.done != 0 => {
                        // An earlier attempt did it and took it back.
                        self.trouble(handle, Answer::Failed(Reason::TakenBack), env);
                    }
                    Answer::Done => {}
                    Answer::Idle => task.pc = idle,
                    answer => self.trouble(handle, answer, env),
                }
            }
            Instr::Publish { .. } if answer == Answer::Failed(Reason::Timeout) => {
                self.trouble(handle, Answer::Failed(Reason::Unconfirmed), env);
            }
            _ if answer != Answer::Done => self.trouble(handle, answer, env),
            _ => {}
        }
        self.run(handle, env);
    }

    /// A refusal or a failure: takes back, or (taking back already) goes on regardless. What came
    /// from a broker is not given up: it is delivered again.
    #[cold]
    fn trouble<P: Probe>(&mut self, handle: Handle, answer: Answer, env: &Env<'_, '_, P>) {
        let task = self.tasks.get_mut(handle).expect("a task in trouble is there");
        let Act::Run { refused, failed, .. } =
            env.model.programs.entries[task.entry.0 as usize].act
        else {
            unreachable!("a task runs a program")
        };
        let is_delivery = matches!(task.origin, Origin::Delivery { .. });
        if task.takes_back {
            if is_delivery && matches!(answer, Answer::Failed(_)) {
                task.pc = failed;
            }
            return;
        }
        task.takes_back = true;
        task.verdict = answer;
        task.op.deadline = Time::NEVER;
        task.pc = match (task.origin, answer) {
            (Origin::Branch { .. }, _) => end_of_branch(env.model, task.pc),
            (_, Answer::Refused) => refused,
            _ => failed,
        };
    }

    /// While the caller lives it tries to take back until it succeeds, where a repetition does no
    /// harm; without a worker while it pauses. The same with a commit that may have happened.
    fn try_again_later<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        self.release_worker(handle, env);
        let task = self.tasks.get_mut(handle).expect("it tries again");
        task.pc = Pc(task.pc.0 - 1);
        env.wait(AGAIN_PAUSE, Timer::Requeue(handle));
    }

    // -- branches ----------------------------------------------------------------------------------

    fn fork<P: Probe>(&mut self, parent: Handle, branches: &[Pc], env: &mut Env<'_, '_, P>) {
        let task = self.tasks.get_mut(parent).expect("it forks");
        task.branches = branches.len() as u16;
        let branch = Task { origin: Origin::Branch { of: parent }, has_worker: false, ..*task };
        self.wait(parent, env);
        for start in branches {
            let handle = self.tasks.insert(Task { pc: *start, ..branch });
            self.run(handle, env);
        }
    }

    fn join<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        self.release_worker(handle, env);
        let branch = self.tasks.remove(handle).expect("it joins");
        let Origin::Branch { of } = branch.origin else { unreachable!("only branches join") };
        let Some(parent) = self.tasks.get_mut(of) else {
            return;
        };
        parent.branches -= 1;
        parent.op.done |= branch.op.done;
        parent.op.seen = branch.op.seen;
        match (branch.verdict, parent.verdict) {
            (Answer::Done, _) | (Answer::Failed(_), Answer::Refused) => {}
            (worse, _) => parent.verdict = worse,
        }
        if parent.branches > 0 {
            return;
        }
        let verdict = parent.verdict;
        if verdict != Answer::Done && !parent.takes_back {
            self.trouble(of, verdict, env);
        }
        self.run(of, env);
    }

    // -- the cache ---------------------------------------------------------------------------------

    fn look<P: Probe>(
        &mut self,
        name: ItemName,
        op: Op,
        task: Handle,
        env: &mut Env<'_, '_, P>,
    ) -> Lookup {
        let cache = self.cache.as_mut().expect("a design that reads through caches has them");
        let (lookup, expired) = cache.look(env.now(), name, task);
        if let Some((entity, key)) = expired {
            env.fact(Fact::Forgot { entity, key });
        }
        env.fact(match lookup {
            Lookup::Hit(_) => Fact::CacheHit { op: op.id, entity: name.0 },
            Lookup::Fetch | Lookup::Wait => Fact::CacheMiss { op: op.id, entity: name.0 },
        });
        lookup
    }

    fn saw<P: Probe>(
        &mut self,
        handle: Handle,
        name: ItemName,
        seen: Seen,
        issued: Time,
        env: &mut Env<'_, '_, P>,
    ) {
        let task = self.tasks.get_mut(handle).expect("who sees is there");
        task.op.seen = seen;
        let (op, Seen { version, value }) = (task.op.id, seen);
        env.fact(Fact::Saw { op, entity: name.0, key: name.1, version, value, issued });
    }

    fn fetched<P: Probe>(
        &mut self,
        name: ItemName,
        answer: Answer,
        back: &Op,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(cache) = &mut self.cache else { return };
        let seen = (answer == Answer::Done).then_some(back.seen);
        let Fetched { waiters, kept, evicted } = cache.fetched(env.now(), name, seen);
        if kept {
            let op = back.id;
            env.fact(Fact::Holds { op, entity: name.0, key: name.1, version: back.seen.version });
        }
        for (place, handle) in waiters.into_iter().enumerate() {
            let Some(task) = self.tasks.get(handle) else {
                continue;
            };
            match seen {
                // The store has said what the one who fetched saw.
                Some(seen) if place > 0 => {
                    let issued = task.queued;
                    self.saw(handle, name, seen, issued, env);
                }
                Some(seen) => self.tasks.get_mut(handle).expect("it waits").op.seen = seen,
                None => self.trouble(handle, answer, env),
            }
            self.run(handle, env);
        }
        if let Some((entity, key)) = evicted {
            env.fact(Fact::Forgot { entity, key });
        }
    }

    // -- the end -----------------------------------------------------------------------------------

    #[inline]
    fn end<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        self.release_worker(handle, env);
        let task = self.tasks.get(handle).expect("it ends");
        let op = task.op.id;
        if let Origin::Delivery { from, receipt } = task.origin {
            env.send(from, &task.op, Body::Ack { receipt });
        }
        self.tasks.remove(handle);
        env.fact(Fact::Dropped { op, why: None });
    }

    fn pause_before_return<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        self.release_worker(handle, env);
        let task = self.tasks.get(handle).expect("it returns");
        let Origin::Delivery { from, .. } = task.origin else {
            return self.end(handle, env);
        };
        let pause = match &env.model.scenario.nodes[env.model.node_of(from).0 as usize].kind {
            NodeKind::Queue(queue) => queue.requeue_delay,
            NodeKind::Log(log) => log.retry_delay,
            _ => Span::ZERO,
        };
        env.wait(pause, Timer::Requeue(handle));
    }

    /// The pause after a failed delivery is over: a queue gets it back, a log's record is tried
    /// again in place. So is what a call could not take back.
    fn give_back<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let task = self.tasks.get_mut(handle).expect("it returns");
        let Origin::Delivery { from, receipt } = task.origin else {
            return self.run(handle, env);
        };
        let broker = env.model.node_of(from);
        if matches!(env.model.scenario.nodes[broker.0 as usize].kind, NodeKind::Queue(_)) {
            let task = self.tasks.remove(handle).expect("it was there");
            env.send(from, &task.op, Body::Nack { receipt });
            env.fact(Fact::Dropped { op: task.op.id, why: None });
            return;
        }
        let Act::Run { start, .. } = env.model.programs.entries[task.entry.0 as usize].act else {
            return;
        };
        task.pc = start;
        task.verdict = Answer::Done;
        task.takes_back = false;
        self.start_or_queue(handle, env);
    }

    fn beat<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        for broker in self.brokers.clone() {
            if let Some(every) = heartbeat(env.model, broker) {
                let to = env.model.nodes[broker.0 as usize].first;
                env.send(to, &Op::NONE, Body::Heartbeat);
                env.wait(every, Timer::Beat(env.incarnation));
            }
        }
    }
}

/// From an undo that failed, or a commit of unknown outcome, to the next attempt.
const AGAIN_PAUSE: Span = Span(500_000_000);

fn is_call(task: &Task) -> bool {
    matches!(task.origin, Origin::Call { .. })
}

/// Does this transaction, once committed, carry the whole flow on by its outbox? Then it is not
/// taken back because nothing was heard of it (semantics.md 29).
fn goes_on_by_itself(model: &Model, entry: EntryIx) -> bool {
    let Act::Transact(txn) = model.programs.entries[entry.0 as usize].act else { return false };
    let txn = &model.programs.transactions[txn.0 as usize];
    txn.promises && !txn.outbox.is_empty()
}

fn heartbeat(model: &Model, broker: NodeIx) -> Option<Span> {
    match &model.scenario.nodes[broker.0 as usize].kind {
        NodeKind::Log(log) => Some(log.heartbeat),
        _ => None,
    }
}

/// A branch that is refused or fails ends at its `Join`.
fn end_of_branch(model: &Model, from: Pc) -> Pc {
    let code = &model.programs.code[from.0 as usize..];
    let join = code.iter().position(|instr| matches!(instr, Instr::Join));
    Pc(from.0 + join.expect("a branch ends with Join") as u32)
}

/// A demand under a slow-down.
pub(super) fn slowed(demand: Span, factor: f64) -> Span {
    if factor == 1.0 { demand } else { Span::from_ns(demand.0 as f64 * factor) }
}
