//! How an instance hands out its workers where that is more than first come, first served: other
//! disciplines, patience, shedding, and work that can stand still. One per instance that needs it.
//!
//! * `Lifo`: last come, first served; what runs is not interrupted.
//! * `Priority`: classes of flows, head of the line (Cobham, "Priority assignment in waiting line
//!   problems", Operations Research 2(1), 1954) or, with `preempt`, preemptive-resume: what is
//!   interrupted goes on with what is left of its work, before what has not begun of its class. A
//!   worker that is held while its task waits for others is not taken away.
//! * `ProcessorSharing`: everybody begins at once and gets an equal share of the workers, at most one whole.
//!   For the meters whatever exceeds the workers waits, so that utilization and the mean queue are
//!   what theory calls them; the waits themselves are 0.
//! * Patience (Erlang-A: Palm 1957; Garnett, Mandelbaum and Reiman, MSOM 4(3), 2002) and shedding
//!   (the "good enough" queueing of `CoDel`-like servers and of deadline-aware ones: Maurer,
//!   "Fail at scale", ACM Queue 13(8), 2015, without its adaptive part) meet only requests that
//!   nobody has begun: what a broker delivered, and what has run before, is never given up.

mod work;

use std::collections::BTreeMap;

use super::Server;
use super::task::Origin;
use crate::base::{Dist, Span, Time, mix, name_hash};
use crate::engine::InstanceId;
use crate::model::Model;
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Body};
use crate::nodes::parts::in_service::{Amount, InService};
use crate::nodes::parts::slab::Handle;
use crate::nodes::parts::wait_queue::{Turn, Wait, WaitQueue};
use crate::nodes::server::due::Due;
use crate::probes::{Fact, OpId, Probe, Reason};
use crate::scenario::tree::{Discipline, FlowIx, NodeKind};

/// Whose turn it is among those of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    OldestFirst,
    NewestFirst,
    /// The oldest, and better classes interrupt worse ones.
    Preemptive,
}

/// Who waits and who works, and in which order.
#[derive(Clone, Debug)]
pub(super) struct Dispatch {
    waiting: WaitQueue,
    /// Where works may be interrupted, share workers or stand still.
    in_service: Option<InService>,
    /// The flows that have one, in order; all others are of the last.
    classes: Vec<(FlowIx, u8)>,
    last_class: u8,
    order: Order,
    /// The workers, if all share them.
    shared: Option<u32>,
    /// Tasks among which they are shared.
    sharing: u32,
    patience: Option<(Dist, u64)>,
    shed_after: Option<Span>,
    shed_expired: bool,
    /// Turns given so far.
    turns: u64,
    /// When the timer of the works in service is due, and how many there were.
    due: Option<Time>,
    foreseen: u32,
    /// Works that are done are being looked through: the timer is set afterwards.
    ends: bool,
}

impl Dispatch {
    /// How many wait for their turn, or for a worker that others share.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len() + self.waiting_at_work()
    }

    /// How many share workers beyond their number.
    pub(super) fn waiting_at_work(&self) -> usize {
        self.shared.map_or(0, |workers| self.sharing.saturating_sub(workers)) as usize
    }

    /// What this instance needs; `None` if that is nothing.
    pub(super) fn new(model: &Model, me: InstanceId) -> Option<Box<Self>> {
        let node = model.node_of(me);
        let scenario = &model.scenario;
        let NodeKind::Service(service) = &scenario.nodes[node.0 as usize].kind else { return None };
        let is_kept = model.nodes[node.0 as usize].is_freezable;
        let is_plain = service.discipline == Discipline::Fifo
            && service.patience.is_none()
            && service.shed_after.is_none()
            && !service.shed_expired;
        if is_plain && !is_kept {
            return None;
        }
        let shared =
            (service.discipline == Discipline::ProcessorSharing).then_some(service.workers);
        let order = match service.discipline {
            Discipline::Lifo => Order::NewestFirst,
            Discipline::Priority { preempt: true, .. } => Order::Preemptive,
            _ => Order::OldestFirst,
        };
        let classes = match &service.discipline {
            Discipline::Priority { classes, .. } => classes.as_slice(),
            _ => &[],
        };
        let name = mix(model.name_of(node), PATIENCE);
        Some(Box::new(Self {
            waiting: WaitQueue::default(),
            in_service: is_kept.then(|| InService::new(shared)),
            classes: by_flow(classes),
            last_class: classes.len() as u8,
            order,
            shared,
            sharing: 0,
            patience: service.patience.clone().map(|patience| (patience, name)),
            shed_after: service.shed_after,
            shed_expired: service.shed_expired,
            turns: 0,
            due: None,
            foreseen: 0,
            ends: false,
        }))
    }

    /// Do all share the workers?
    pub(super) fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Does nobody wait here any more, or is it no longer so foreseen?
    pub(super) fn is_stale(&self, due: Due) -> bool {
        match due {
            Due::Served(foreseen) => foreseen != self.foreseen,
            Due::Patience(place) => !self.waiting.has(place),
            _ => false,
        }
    }

    /// A crash. Timers that are on their way stay stale.
    pub(super) fn forget(&mut self) {
        self.waiting.forget();
        if let Some(in_service) = &mut self.in_service {
            in_service.forget();
        }
        self.sharing = 0;
        self.due = None;
        self.foreseen = self.foreseen.wrapping_add(1);
    }

    fn class(&self, flow: FlowIx) -> u8 {
        let place = self.classes.binary_search_by_key(&flow, |(flow, _)| *flow);
        place.map_or(self.last_class, |place| self.classes[place].1)
    }

    /// The turn of what comes now.
    fn turn(&mut self, flow: FlowIx) -> Turn {
        self.turns += 1;
        let order =
            if self.order == Order::NewestFirst { u64::MAX - self.turns } else { self.turns };
        Turn { class: self.class(flow), is_new: true, order }
    }

    /// The turn of the work that what comes now may interrupt.
    fn weaker(&self, flow: FlowIx) -> Option<Turn> {
        let worst =
            self.in_service.as_ref().filter(|_| self.order == Order::Preemptive)?.worst()?;
        (worst.class > self.class(flow)).then_some(worst)
    }

    /// Why what has waited so long is not begun, if it is not.
    fn sheds(&self, waited: Span, is_late: bool) -> Option<Reason> {
        if self.shed_expired && is_late {
            return Some(Reason::Expired);
        }
        self.shed_after.is_some_and(|most| waited > most).then_some(Reason::Shed)
    }
}

/// The class of each flow; those of no class come last.
fn by_flow(classes: &[Vec<FlowIx>]) -> Vec<(FlowIx, u8)> {
    let classes = (0..).zip(classes);
    let listed = classes.flat_map(|(class, flows)| flows.iter().map(move |flow| (*flow, class)));
    listed.collect::<BTreeMap<_, _>>().into_iter().collect()
}

const PATIENCE: u64 = name_hash("patience");

impl Server {
    fn dispatch(&mut self) -> &mut Dispatch {
        self.dispatch.as_mut().expect("an instance that hands out its workers in turn")
    }

    /// Is there neither a worker nor a place to wait?
    #[cold]
    pub(super) fn is_full_in_turn<P: Probe>(&self, flow: FlowIx, env: &Env<'_, '_, P>) -> bool {
        let (Some(room), Some(dispatch)) = (self.room, &self.dispatch) else { return false };
        let waiting = dispatch.waiting.len();
        // Nobody is taken up during a pause, however many workers are free.
        let is_paused = env.model.faults.is_paused(env.now(), env.me());
        match dispatch.shared {
            Some(workers) => {
                let waiting = waiting + dispatch.sharing.saturating_sub(workers) as usize;
                (is_paused || dispatch.sharing >= workers) && waiting >= room as usize
            }
            None if is_paused => waiting >= room as usize,
            None => self.free == 0 && waiting >= room as usize && dispatch.weaker(flow).is_none(),
        }
    }

    /// Takes a worker if one is free or can be made free.
    #[inline(never)]
    pub(super) fn takes_worker_in_turn<P: Probe>(
        &mut self,
        (op, flow): (OpId, FlowIx),
        env: &mut Env<'_, '_, P>,
    ) -> bool {
        let is_paused = env.model.faults.is_paused(env.now(), env.me());
        if self.free == 0 && !is_paused {
            self.make_way(flow, env);
        }
        if self.free == 0 || is_paused {
            env.fact(Fact::Arrived { op });
            env.fact(Fact::Waits { op });
            return false;
        }
        self.free -= 1;
        if self.exceeds_workers() {
            env.fact(Fact::Arrived { op });
            env.fact(Fact::Waits { op: OpId::NONE });
        } else {
            env.fact(Fact::Began { op, waited: Span::ZERO, queued: false, arrives: true });
        }
        true
    }

    /// One more shares the workers: are there more now than workers?
    fn exceeds_workers(&mut self) -> bool {
        let dispatch = self.dispatch();
        let Some(workers) = dispatch.shared else { return false };
        dispatch.sharing += 1;
        dispatch.sharing > workers
    }

    /// Work of a worse class makes way.
    fn make_way<P: Probe>(&mut self, flow: FlowIx, env: &mut Env<'_, '_, P>) {
        let dispatch = self.dispatch();
        let Some(turn) = dispatch.weaker(flow) else { return };
        let in_service = dispatch.in_service.as_mut().expect("who interrupts serves by amounts");
        in_service.advance(env.now());
        let (task, left) = in_service.interrupt(turn).expect("the weaker work is there");
        self.put_aside(task, turn, left, env);
        self.set_alarm(env);
    }

    /// A task's work is interrupted: it gives its worker away and waits.
    fn put_aside<P: Probe>(
        &mut self,
        handle: Handle,
        turn: Turn,
        left: Amount,
        env: &mut Env<'_, '_, P>,
    ) {
        self.free += 1;
        let task = self.tasks.get_mut(handle);
        let op = task.as_ref().map_or(OpId::NONE, |task| task.op.id);
        env.fact(Fact::Freed { op });
        let Some(task) = task else { return };
        task.has_worker = false;
        task.queued = env.now();
        env.fact(Fact::Waits { op });
        let wait = Wait { task: handle, left: Some(left), is_fresh: false };
        self.dispatch().waiting.join(Turn { is_new: false, ..turn }, wait);
    }

    /// The task takes its place in the queue; `is_new`: nobody has begun with it.
    #[cold]
    pub(super) fn queue_in_turn<P: Probe>(
        &mut self,
        handle: Handle,
        is_new: bool,
        env: &mut Env<'_, '_, P>,
    ) {
        let task = self.tasks.get(handle).expect("it wants a worker");
        let op = task.op;
        let is_fresh = is_new && matches!(task.origin, Origin::Call { .. });
        let dispatch = self.dispatch();
        let turn = dispatch.turn(op.flow);
        let place = dispatch.waiting.join(turn, Wait { task: handle, left: None, is_fresh });
        if let Some((patience, name)) = dispatch.patience.as_ref().filter(|_| is_fresh) {
            let span = patience.span(op.drawn_anew(*name));
            env.wait(span, Due::Patience(place));
        }
    }

    /// The worker of this operation is free again, or one fewer shares them.
    #[inline(never)]
    pub(super) fn free_worker_in_turn<P: Probe>(&mut self, op: OpId, env: &mut Env<'_, '_, P>) {
        self.free += 1;
        env.fact(Fact::Freed { op });
        let dispatch = self.dispatch();
        if let Some(workers) = dispatch.shared {
            if dispatch.sharing > workers {
                let (op, waited) = (OpId::NONE, Span::ZERO);
                env.fact(Fact::Began { op, waited, queued: true, arrives: false });
            }
            self.dispatch().sharing -= 1;
        }
        self.take_up_in_turn(env);
    }

    /// Free workers take up what waits.
    #[inline(never)]
    pub(super) fn take_up_in_turn<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while self.free != 0 && !env.model.faults.is_paused(env.now(), env.me()) {
            let Some((turn, wait)) = self.dispatch().waiting.take() else { return };
            let Some(task) = self.tasks.get_mut(wait.task) else { continue };
            let op = task.op.id;
            let waited = env.now().since(task.queued);
            let is_late = env.now() > task.op.deadline;
            if wait.is_fresh
                && let Some(why) = self.dispatch().sheds(waited, is_late)
            {
                self.give_up(wait.task, why, env);
                continue;
            }
            self.free -= 1;
            self.tasks.get_mut(wait.task).expect("it waited").has_worker = true;
            env.fact(Fact::Began { op, waited, queued: true, arrives: false });
            if self.exceeds_workers() {
                env.fact(Fact::Freed { op });
                env.fact(Fact::Waits { op: OpId::NONE });
            }
            if let Some(left) = wait.left {
                self.serve(wait.task, turn, left, env);
                continue;
            }
            if self.tasks.get(wait.task).is_some_and(|task| task.is_cancellable) {
                self.cancel_other(wait.task, env);
            }
            self.begin(wait.task, env);
        }
    }

    /// What waited here has lost its patience.
    #[cold]
    pub(super) fn abandon<P: Probe>(&mut self, place: Handle, env: &mut Env<'_, '_, P>) {
        if let Some(wait) = self.dispatch().waiting.leave(place)
            && !self.is_over(wait.task)
        {
            self.give_up(wait.task, Reason::Abandoned, env);
        }
    }

    /// A request leaves the queue unserved, and its caller hears of it.
    fn give_up<P: Probe>(&mut self, handle: Handle, why: Reason, env: &mut Env<'_, '_, P>) {
        let task = self.tasks.remove(handle).expect("it waited");
        env.fact(Fact::LeftQueue { op: task.op.id });
        self.attempts.end(task.op.id, task.entry);
        if task.is_cancellable {
            self.cancels.end(handle);
        }
        if let Origin::Call { from, call } = task.origin
            && call != Handle::NONE
        {
            env.send(from, &task.op, Body::Answer { call, verdict: Answer::Failed(why) });
        }
        env.fact(Fact::Dropped { op: task.op.id, why: Some(why) });
    }

    /// A task that waits for a worker is called off. Says whether it was there.
    pub(super) fn leave_in_turn(&mut self, task: Handle) -> bool {
        self.dispatch().waiting.leave_by_task(task)
    }
}
