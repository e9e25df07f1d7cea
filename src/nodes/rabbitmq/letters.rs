//! Messages that a queue gives up: to whoever consumes dead letters, to a time when they come back, or to
//! nobody.
//!
//! ```text
//! rejected, over its time, no room, delivered too often
//!    ├─▶ the queue of dead letters ──worked at──▶ sent back as new, or done with
//!    ├─▶ aside ──redrive──▶ its queue, as new
//!    └─▶ lost
//! ```

use super::due::Due;
use super::queue::{Death, Stored};
use super::{Aside, RabbitMq};
use crate::nodes::Env;
use crate::nodes::broker::used_up;
use crate::nodes::parts::slab::Handle;
use crate::probes::{Fact, Probe, Reason};
use crate::scenario::tree::{Overflow, Redrive};

impl RabbitMq {
    /// A message is given up by this channel.
    pub(super) fn dies<P: Probe>(
        &mut self,
        mut message: Stored,
        channel: usize,
        why: Reason,
        env: &mut Env<'_, '_, P>,
    ) {
        env.fact(Fact::DeadLetter { op: message.op.id });
        if let Some(Redrive { times, after }) = self.settings.redrive
            && message.deaths < times
        {
            (message.deaths, message.returns, message.failures) = (message.deaths + 1, 0, 0);
            let aside = self.aside.insert(Aside { message, channel, is_new: true });
            return env.wait(after, Due::Back(aside));
        }
        let Some((letters, entry)) = self.dead_letters.filter(|(letters, _)| *letters != channel)
        else {
            return used_up(message.op, Some(why), env);
        };
        message.died = Some(Death { channel, entry: message.entry, why });
        message.entry = entry;
        (message.deaths, message.returns, message.failures) = (message.deaths + 1, 0, 0);
        if self.settings.keeps_dead_letters && self.has_no_room(letters) {
            self.channels[channel].letters.push_back(message);
        } else if !self.arrives(message, letters, env) {
            used_up(message.op, Some(why), env);
        }
    }

    /// Would one more be refused here?
    fn has_no_room(&self, channel: usize) -> bool {
        self.settings.length.is_some_and(|length| {
            let is_full = self.channels[channel].ready.len() >= length.max as usize;
            is_full && length.overflow != Overflow::DropHead
        })
    }

    /// Dead letters that waited for room may go on.
    pub(super) fn pass_on<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let Some((letters, _)) = self.dead_letters.filter(|_| self.settings.keeps_dead_letters)
        else {
            return;
        };
        for channel in 0..self.channels.len() {
            while !self.has_no_room(letters)
                && let Some(message) = self.channels[channel].letters.pop_front()
            {
                if !self.arrives(message, letters, env) {
                    used_up(message.op, message.died.map(|death| death.why), env);
                }
            }
        }
    }

    /// A consumer is done with this: what was a dead letter goes where its consumer sends it.
    pub(super) fn is_done_with<P: Probe>(&mut self, message: Stored, env: &mut Env<'_, '_, P>) {
        let Some(Death { channel, entry, why }) = message.died else {
            return used_up(message.op, None, env);
        };
        let sends_back = self.settings.dead_letters.is_some_and(|it| it.sends_back);
        let back = Stored { entry, died: None, ..message };
        if !sends_back || !self.arrives(back, channel, env) {
            used_up(message.op, Some(why), env);
        }
    }

    /// What was put aside comes back to its queue.
    pub(super) fn comes_back<P: Probe>(&mut self, aside: Handle, env: &mut Env<'_, '_, P>) {
        let Some(Aside { mut message, channel: index, is_new }) = self.aside.remove(aside) else {
            return;
        };
        message.since = env.now();
        let rank = self.rank(message.op.flow);
        let channel = &mut self.channels[index];
        if channel.is_gone {
            return used_up(message.op, Some(Reason::Unroutable), env);
        }
        if is_new {
            message.place = channel.place(rank);
            channel.take_in(message);
        } else {
            channel.put_back(message);
        }
        env.fact(Fact::Waits { op: message.op.id });
        self.trim(index, env);
        self.dispatch(index, env);
    }
}
