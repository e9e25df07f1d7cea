//! The end of a task: its delivery is acknowledged, returned or tried again.

use super::Server;
use super::due::Due;
use super::task::Origin;
use crate::base::Dist;
use crate::model::program::Act;
use crate::nodes::broker::Frame;
use crate::nodes::env::Env;
use crate::nodes::message::{Answer, Body};
use crate::nodes::parts::demand;
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{Failed, Style};

impl Server {
    /// The task is over: its delivery is acknowledged.
    pub(super) fn end<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        self.release_worker(handle, env);
        let task = self.tasks.get(handle).expect("it ends");
        let op = task.op.id;
        if let Origin::Delivery { from, receipt } = task.origin
            && receipt != Handle::NONE
        {
            if env.model.terms(env.model.node_of(from)).consume.style == Style::Ahead {
                env.send_along(&Dist::Const(0.0), from, &task.op, Frame::Ack { receipt });
            } else {
                env.send(from, &task.op, Frame::Ack { receipt });
                self.foresee_commit(env);
            }
            self.leave(handle, env);
            self.has_free_hand(env);
        } else {
            self.leave(handle, env);
        }
        env.fact(Fact::Dropped { op, why: None });
    }

    /// The task goes, and lets its worker go; somebody else has said, or will, what becomes of what
    /// it stood for.
    #[expect(clippy::inline_always, reason = "called where every task ends")]
    #[inline(always)]
    pub(super) fn leave<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let task = self.tasks.discard(handle).expect("it leaves");
        let (op, has_worker) = (task.op.id, task.has_worker);
        self.attempts.end(op, task.entry);
        if task.is_cancellable {
            self.cancels.end(handle);
        }
        if has_worker {
            self.free_worker(op, env);
        }
    }

    /// Says what is to become of a request before all of it is taken back: that can take as long as
    /// somebody who has to take back is gone. It is final, so that nobody tries again meanwhile.
    pub(super) fn answer_early<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let task = self.tasks.get_mut(handle).expect("it takes back");
        let Origin::Call { from, call } = &mut task.origin else { return };
        let (from, call) = (*from, std::mem::replace(call, Handle::NONE));
        if call == Handle::NONE {
            return;
        }
        let verdict = match task.verdict {
            Answer::Failed(_) => Answer::Failed(Reason::TakenBack),
            verdict => verdict,
        };
        env.send(from, &task.op, Body::Answer { call, verdict });
    }

    pub(super) fn pause_before_return<P: Probe>(
        &mut self,
        handle: Handle,
        env: &mut Env<'_, '_, P>,
    ) {
        self.release_worker(handle, env);
        let task = self.tasks.get(handle).expect("it returns");
        let Origin::Delivery { from, .. } = task.origin else {
            return self.end(handle, env);
        };
        let terms = env.model.terms(env.model.node_of(from));
        env.wait(terms.consume.failed.pause(), Due::Requeue(handle));
    }

    /// The pause after a failed delivery is over: the broker gets it back, or it is tried again in
    /// place, as the broker's terms say. What a call could not take back is tried again too.
    pub(super) fn give_back<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let task = self.tasks.get_mut(handle).expect("it returns");
        let Origin::Delivery { from, receipt } = task.origin else {
            return self.run(handle, env);
        };
        let terms = env.model.terms(env.model.node_of(from));
        if let Failed::Return(_) | Failed::Leave = terms.consume.failed {
            let task = self.tasks.remove(handle).expect("it was there");
            let why = match task.verdict {
                // Nobody has it but this task: it was acknowledged when it was sent.
                Answer::Failed(why) if receipt == Handle::NONE => Some(why),
                _ => None,
            };
            if receipt != Handle::NONE && terms.consume.failed != Failed::Leave {
                env.send(from, &task.op, Frame::Nack { receipt });
            }
            self.has_free_hand(env);
            env.fact(Fact::Dropped { op: task.op.id, why });
            return;
        }
        let Act::Run { start, .. } = env.model.programs.entries[task.entry.0 as usize].act else {
            return;
        };
        let first = &env.model.programs.code[start.0 as usize];
        task.op = task.op.again(env.model.name_of(env.node()), env.now().0.max(1));
        (task.pc, task.demand) = (start, demand::work(first, &task.op));
        task.verdict = Answer::Done;
        task.takes_back = false;
        self.start_or_queue(handle, env);
    }
}
