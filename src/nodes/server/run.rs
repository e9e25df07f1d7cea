//! Running programs: one instruction after the other until a task has to wait or ends; and what
//! becomes of refusals and failures.

use std::hint::cold_path;
use std::ops::ControlFlow;

use super::cache::Lookup;
use super::due::Due;
use super::task::{Origin, Task};
use super::{AGAIN_PAUSE, Server, end_of_branch, goes_on_by_itself, is_call, slowed};
use crate::base::{Span, Time, mix, name_hash};
use crate::model::program::{Act, EntryIx, Instr, Makes, Pc};
use crate::nodes::broker::Frame;
use crate::nodes::calls::Ended;
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Body, Item, Op, Seen};
use crate::nodes::parts::slab::Handle;
use crate::nodes::parts::{demand, keys};
use crate::probes::{Fact, OpId, Probe, Reason};

impl Server {
    /// A task that was not begun has its worker: runs it. Nearly all begin with work.
    pub(super) fn begin<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let task = self.tasks.get_mut(handle).expect("a task that begins is there");
        if !self.is_plain && is_fresh(task, env) && errs(task, env) {
            self.trouble(handle, Answer::Failed(Reason::Error), env);
            return self.run(handle, env);
        }
        let demand = slowed(task.demand, env.model.faults.slowness(env.now(), env.me()));
        if demand == Span::ZERO || !env.model.programs.begins_with_work(task.pc) {
            return self.run(handle, env);
        }
        task.pc = Pc(task.pc.0 + 1);
        let op = task.op.id;
        self.work(handle, op, demand, env);
    }

    /// The worker works for so long.
    #[expect(clippy::inline_always, reason = "called in two places, for every piece of work")]
    #[inline(always)]
    pub(super) fn work<P: Probe>(
        &mut self,
        handle: Handle,
        op: OpId,
        demand: Span,
        env: &mut Env<'_, '_, P>,
    ) {
        env.fact(Fact::Works { op, work: demand });
        if self.dispatch.is_some() {
            cold_path();
            return self.work_in_turn(handle, demand, env);
        }
        env.complete_after(demand, Due::Worked(handle));
    }

    /// Runs a task, which is there, until it has to wait or ends.
    #[inline(never)]
    pub(super) fn run<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let was_there = self.go_on(handle, env);
        debug_assert!(was_there, "a task that runs is there");
    }

    /// The same, where most tasks come by, if the task is there: says so. What nearly all tasks do is
    /// done here.
    #[expect(clippy::inline_always, reason = "called where the work of every task ends")]
    #[inline(always)]
    pub(super) fn go_on<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) -> bool {
        let model = env.model;
        loop {
            let Some(task) = self.tasks.get_mut(handle) else { return false };
            let pc = task.pc;
            task.pc = Pc(pc.0 + 1);
            match &model.programs.code[pc.0 as usize] {
                Instr::Call { entry, policy, .. } | Instr::Store { entry, policy, .. }
                    if env.now() <= task.op.deadline || task.takes_back =>
                {
                    let lets_go = !self.hold && std::mem::take(&mut task.has_worker);
                    let op = task.op.id;
                    self.calls.start(env, *entry, &task.op, *policy, handle);
                    if lets_go {
                        self.free_worker(op, env);
                    }
                    return true;
                }
                Instr::Answer => {
                    if gave_answer(task, env) {
                        self.leave(handle, env);
                    } else {
                        self.end(handle, env);
                    }
                    return true;
                }
                instr => {
                    cold_path();
                    if self.step(handle, instr, env).is_break() {
                        return true;
                    }
                }
            }
        }
    }

    /// One instruction; breaks if the task has to wait or has ended.
    #[inline(never)]
    fn step<P: Probe>(
        &mut self,
        handle: Handle,
        instr: &Instr,
        env: &mut Env<'_, '_, P>,
    ) -> ControlFlow<()> {
        let model = env.model;
        let task = self.tasks.get_mut(handle).expect("a task that runs is there");
        match instr {
            Instr::Work { .. } => {
                let demand = demand::work(instr, &task.op);
                if !task.has_worker {
                    (task.pc, task.demand) = (Pc(task.pc.0 - 1), demand);
                    if self.finds_worker(handle, env) {
                        self.begin(handle, env);
                    }
                    return ControlFlow::Break(());
                }
                let demand = slowed(demand, model.faults.slowness(env.now(), env.me()));
                if demand > Span::ZERO {
                    let op = task.op.id;
                    self.work(handle, op, demand, env);
                    return ControlFlow::Break(());
                }
                return ControlFlow::Continue(());
            }
            Instr::Refuse { probability, name } => {
                if crate::base::unit(mix(task.op.word, *name)) < *probability {
                    let (op, entry) = (task.op.id, task.entry);
                    refused(op, entry, env);
                    self.trouble(handle, Answer::Refused, env);
                }
                return ControlFlow::Continue(());
            }
            Instr::Fail { probability, name, restart } => {
                if crate::base::unit(mix(task.op.word, *name)) >= *probability {
                    return ControlFlow::Continue(());
                }
                if let Some(restart) = restart {
                    // It holds its worker until then.
                    env.die(*restart);
                    return ControlFlow::Break(());
                }
                self.trouble(handle, Answer::Failed(Reason::Error), env);
                return ControlFlow::Continue(());
            }
            Instr::Need { least } => {
                if task.op.seen.value < *least && !task.takes_back {
                    let (op, entry) = (task.op.id, task.entry);
                    refused(op, entry, env);
                    self.trouble(handle, Answer::Refused, env);
                }
                return ControlFlow::Continue(());
            }
            Instr::Maybe { probability, name, to } => {
                if crate::base::unit(mix(task.op.word, *name)) >= *probability {
                    task.pc = *to;
                }
                return ControlFlow::Continue(());
            }
            Instr::IfDone { effects, to } => {
                if task.op.done & effects == 0 {
                    task.pc = *to;
                }
                return ControlFlow::Continue(());
            }
            Instr::Jump { to } => {
                task.pc = *to;
                return ControlFlow::Continue(());
            }
            // In time, it would have been made where the program runs.
            Instr::Call { .. } | Instr::Store { .. } => {
                self.trouble(handle, Answer::Failed(Reason::Expired), env);
                return ControlFlow::Continue(());
            }
            Instr::Invalidate { publication, entity, key } => {
                let key = keys::item(model, *key, *entity, &task.op);
                let item = Item { entity: *entity, key, seen: self.made.get(handle) };
                let call = Handle::NONE;
                let (op, origin, publication) = (task.op, task.origin, *publication);
                let cause = self.cause(origin);
                let body = Frame::Publish { call, publication, item, cause };
                env.send(model.carrier(publication), &op, body);
                return ControlFlow::Continue(());
            }
            Instr::Cached { entity, key, entry, policy } => {
                let name = (*entity, keys::item(model, *key, *entity, &task.op));
                task.queued = env.now();
                let op = task.op;
                match self.look(name, op, handle, env) {
                    Lookup::Hit(seen) => {
                        self.saw(handle, name, seen, env.now(), env);
                        return ControlFlow::Continue(());
                    }
                    Lookup::Wait => {}
                    Lookup::Fetch => self.calls.start(env, *entry, &op, *policy, handle),
                }
                self.wait(handle, env);
            }
            Instr::Lookup { entry, policy, .. } | Instr::Keep { entry, policy, .. } => {
                self.ask_cache(handle, (*entry, *policy), env);
            }
            Instr::Admit { entry, policy, .. } => {
                self.calls.start(env, *entry, &task.op, *policy, handle);
                self.wait(handle, env);
            }
            Instr::Publish { publication, effects, .. } if !model.is_confirmed(*publication) => {
                task.op.done |= effects;
                let (op, origin, publication) = (task.op, task.origin, *publication);
                let cause = self.cause(origin);
                let (call, item) = (Handle::NONE, Item::NONE);
                let body = Frame::Publish { call, publication, item, cause };
                env.send(model.carrier(publication), &op, body);
                return ControlFlow::Continue(());
            }
            Instr::Publish { publication, policy, .. } => {
                let (op, origin) = (task.op, task.origin);
                let what = (*publication, self.cause(origin));
                self.calls.publish(env, what, &op, *policy, handle);
                self.wait(handle, env);
            }
            Instr::Fork { branches, enough: None } => self.fork(handle, branches, env),
            Instr::Fork { branches, enough: Some(enough) } => {
                self.fork_enough(handle, branches, *enough, env);
            }
            Instr::Join => self.join(handle, env),
            Instr::Answer => unreachable!("an answer is given where the program runs"),
            Instr::End => self.end(handle, env),
            Instr::Return => self.pause_before_return(handle, env),
        }
        ControlFlow::Break(())
    }

    /// The task waits for others; its worker does so too, or not.
    pub(super) fn wait<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        if !self.hold {
            self.release_worker(handle, env);
        }
    }

    /// A call has ended: goes on behind the instruction that waited for it. `back` is the header that
    /// came back, if one did.
    #[expect(clippy::inline_always, reason = "called in one place for every answer")]
    #[inline(always)]
    pub(super) fn ended<P: Probe>(
        &mut self,
        Ended { waiter: handle, answer }: Ended,
        back: &Op,
        env: &mut Env<'_, '_, P>,
    ) {
        let Some(task) = self.tasks.get_mut(handle) else {
            return;
        };
        let code = &env.model.programs.code[task.pc.0 as usize - 1..];
        let [waited_at, next, ..] = code else {
            unreachable!("a program ends with another instruction")
        };
        task.op.done |= match waited_at {
            Instr::Call { effects, .. } if answer == Answer::Done => back.done & effects,
            Instr::Store { makes: Makes::Nothing, effects: 0, .. } if answer == Answer::Done => {
                back.done
            }
            _ => return self.ended_otherwise(handle, answer, back, env),
        };
        task.op.seen = back.seen;
        if matches!(next, Instr::Answer) && gave_answer(task, env) {
            return self.leave(handle, env);
        }
        self.run(handle, env);
    }

    /// A call has ended that was neither a read nor one of another service, or was not done.
    #[inline(never)]
    fn ended_otherwise<P: Probe>(
        &mut self,
        handle: Handle,
        answer: Answer,
        back: &Op,
        env: &mut Env<'_, '_, P>,
    ) {
        let task = self.tasks.get_mut(handle).expect("it waits");
        let waited_at = &env.model.programs.code[task.pc.0 as usize - 1];
        match waited_at {
            Instr::Lookup { .. } | Instr::Keep { .. } => {
                return self.cache_answered(handle, answer, back, env);
            }
            Instr::Cached { entity, key, .. } => {
                let name = (*entity, keys::item(env.model, *key, *entity, &task.op));
                return self.fetched(name, answer, back, env);
            }
            _ => {}
        }
        let dedup = self.dedup;
        if dedup && task.takes_back && is_call(task) && matches!(answer, Answer::Failed(_)) {
            self.answer_early(handle, env);
            return self.try_again_later(handle, env);
        }
        let has_answered = !matches!(answer, Answer::Failed(_));
        match waited_at {
            Instr::Publish { effects, .. } => task.op.done |= effects,
            Instr::Store { makes: Makes::One, .. } => self.made.set(handle, back.seen),
            // Caches that know versions then keep nothing that is under way to them.
            Instr::Store { makes: Makes::Several, .. } => self.made.set(handle, Seen::NEWEST),
            _ if has_answered => task.op.seen = back.seen,
            _ => {}
        }
        match *waited_at {
            Instr::Call { effects, unknown_is_done, best_effort, .. } => {
                if unknown_is_done && matches!(answer, Answer::Failed(_)) {
                    task.op.done |= effects;
                }
                if !best_effort {
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
            Instr::Admit { fault_tolerant, .. } => match answer {
                Answer::Idle => {
                    let (op, why) = (task.op.id, Reason::RateLimited);
                    env.fact(Fact::TurnedAway { op, why });
                    self.trouble(handle, Answer::Failed(why), env);
                }
                Answer::Failed(_) if !fault_tolerant => self.trouble(handle, answer, env),
                _ => {}
            },
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
    pub(super) fn trouble<P: Probe>(
        &mut self,
        handle: Handle,
        answer: Answer,
        env: &Env<'_, '_, P>,
    ) {
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
            (Origin::Branch { .. } | Origin::OneOf { .. }, _) => end_of_branch(env.model, task.pc),
            (_, Answer::Refused) => refused,
            _ => failed,
        };
    }

    /// While the caller lives it tries to take back until it succeeds, where a repetition does no
    /// harm; without a worker while it pauses. The same with a commit that may have happened.
    pub(super) fn try_again_later<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        self.release_worker(handle, env);
        let task = self.tasks.get_mut(handle).expect("it tries again");
        task.pc = Pc(task.pc.0 - 1);
        task.op = task.op.again(env.model.name_of(env.node()), env.now().0.max(1));
        env.wait(AGAIN_PAUSE, Due::Requeue(handle));
    }
}

/// A step says no. Of a best-effort tell that changes nothing.
#[cold]
fn refused<P: Probe>(op: OpId, entry: EntryIx, env: &mut Env<'_, '_, P>) {
    let node = env.node();
    let best_effort = env.model.programs.entries[entry.0 as usize].best_effort;
    env.fact(if best_effort { Fact::Declined { op, node } } else { Fact::Refused { op, node } });
}

/// Was nothing of this task done yet?
fn is_fresh<P: Probe>(task: &Task, env: &Env<'_, '_, P>) -> bool {
    let act = env.model.programs.entries[task.entry.0 as usize].act;
    matches!(act, Act::Run { start, .. } if start == task.pc)
}

/// Does this instance, at present, fail what it begins with this task? Every attempt is drawn anew.
#[cold]
fn errs<P: Probe>(task: &Task, env: &Env<'_, '_, P>) -> bool {
    let share = env.model.faults.error_share(env.now(), env.me());
    if share == 0.0 {
        return false;
    }
    let step = match &env.model.programs.code[task.pc.0 as usize] {
        Instr::Work { name, .. } => *name,
        _ => 0,
    };
    let name = mix(mix(env.model.name_of(env.node()), ERRORS), step);
    crate::base::unit(task.op.drawn_anew(name)) < share
}

const ERRORS: u64 = name_hash("errors");

/// A task answers as the last thing that it does, unless it has answered already: says whether it did.
#[expect(clippy::inline_always, reason = "called in two places, for every task")]
#[inline(always)]
fn gave_answer<P: Probe>(task: &Task, env: &mut Env<'_, '_, P>) -> bool {
    let verdict = task.verdict;
    let Origin::Call { from, call } = task.origin else {
        cold_path();
        return false;
    };
    if call == Handle::NONE {
        cold_path();
        return false;
    }
    env.hand_on(from, &task.op, || Body::Answer { call, verdict });
    true
}
