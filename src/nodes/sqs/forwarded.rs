//! What another broker hands on to a queue: stored, and then confirmed. Who hands it on keeps it until then.

use super::Sqs;
use super::due::Due;
use crate::base::{Span, name_hash};
use crate::engine::InstanceId;
use crate::model::program::{PubIx, Subscriber};
use crate::nodes::Env;
use crate::nodes::broker::{Frame, is_paused, used_up};
use crate::nodes::message::{Answer, Body, Item, Message, Op};
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe, Reason};

/// What is not stored yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forwarded {
    from: InstanceId,
    call: Handle,
    op: Op,
    publication: PubIx,
    item: Item,
    to: Subscriber,
}

impl Sqs {
    /// Another broker hands on a message. While work pauses it is not taken in, and handed on again.
    pub(super) fn is_handed<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let Body::Broker(Frame::Forward { call, publication, nth, item }) = message.body else {
            unreachable!("not handed on: {message:?}");
        };
        let (op, from) = (message.op, message.from);
        if is_paused(env) {
            return used_up(op, None, env);
        }
        env.fact(Fact::Arrived { op: op.id });
        let to = env.model.programs.subscriber(publication, nth);
        let word = op.drawn_anew(name_hash("sqs forwarded"));
        let slowness = env.model.faults.slowness(env.now(), env.me());
        let takes = Span::from_ns(self.settings.persist.span(word).0 as f64 * slowness);
        let forwarded = self.forwarded.insert(Forwarded { from, call, op, publication, item, to });
        env.complete_after(takes, Due::Forwarded(forwarded));
    }

    /// It is stored.
    pub(super) fn has_stored<P: Probe>(&mut self, handle: Handle, env: &mut Env<'_, '_, P>) {
        let Some(Forwarded { from, call, op, publication, item, to }) =
            self.forwarded.remove(handle)
        else {
            return;
        };
        self.accept(op, (publication, item), to, env);
        env.send(from, &op, Body::Answer { call, verdict: Answer::Done });
    }

    /// It cannot be reached any more: what was not stored is still where it came from.
    pub(super) fn hands_back<P: Probe>(&mut self, host: bool, env: &mut Env<'_, '_, P>) {
        for Forwarded { from, call, op, .. } in self.forwarded.drain() {
            if !host {
                let verdict = Answer::Failed(Reason::Crashed);
                env.send(from, &op, Body::Answer { call, verdict });
            }
            used_up(op, None, env);
        }
    }
}
