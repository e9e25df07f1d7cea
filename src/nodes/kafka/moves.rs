//! Incremental rebalances: members go on with what they keep, and only what moves stops.
//!
//! ```text
//! cooperative  all have joined ─▶ what moves is given up ─▶ all have joined again ─▶ its heirs have it
//! consumer     the broker decides ─▶ an owner's heartbeat: given up ─▶ its heir's heartbeat: it has it
//! ```
//!
//! * Who is to have what is as even as it can be, and else as it is (`assignor`).
//! * A member gives up what moves when it comes by (`poll`) with its batch done, and commits that first:
//!   `onPartitionsRevoked`. It has the rest all the while.
//! * KIP-429 (`CooperativeStickyAssignor`): a barrier as in the eager protocol, whose members go on meanwhile.
//!   What nobody has is given away at its end; what has an owner, after a second one.
//! * KIP-848 (`group.protocol=consumer`): no barrier. What is to move the coordinator decides when a member comes
//!   or goes, and tells each member with its next heartbeat. What a member that began anew had before
//!   is not free until its old session has ended; of earlier starts the shares of others take no notice.

use super::{Kafka, assignor};
use crate::nodes::Env;
use crate::probes::{Fact, Probe};
use crate::scenario::tree::Protocol;

impl Kafka {
    /// The run begins: who is to have what has it.
    pub(super) fn share_out_at_first(&mut self) {
        for index in 0..self.groups.len() {
            if self.groups[index].group.protocol() != Protocol::Eager {
                self.name_heirs(index);
                self.each_partition(index, |log, channel, at| {
                    let place = &mut log.channels[channel].partitions[at];
                    place.owner = place.heir;
                });
            }
        }
    }

    /// Decides who is to have what, among those who are members now. What had an owner that is none any
    /// more is free.
    pub(super) fn decide<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        self.groups[index].group.share_out();
        self.each_partition(index, |log, channel, at| {
            let group = &log.groups[index].group;
            let place = &mut log.channels[channel].partitions[at];
            place.ghost = place.ghost.filter(|member| group.has_ghost(*member));
            if place.owner.is_some_and(|owner| !group.is_enrolled(owner)) {
                log.lose(channel, at, env);
            }
        });
        self.name_heirs(index);
    }

    fn name_heirs(&mut self, index: usize) {
        let mut owners = Vec::new();
        self.each_partition(index, |log, channel, at| {
            owners.push(log.channels[channel].partitions[at].owner);
        });
        let mut heirs = assignor::sticky(self.groups[index].group.shares(), &owners).into_iter();
        self.each_partition(index, |log, channel, at| {
            let place = &mut log.channels[channel].partitions[at];
            place.heir = heirs.next().flatten();
            place.is_called_in &= place.owner != place.heir;
        });
    }

    /// All have joined a cooperative rebalance: they hear what is to move, and have what is free.
    pub(super) fn all_have_joined<P: Probe>(&mut self, index: usize, env: &mut Env<'_, '_, P>) {
        self.decide(index, env);
        self.each_partition(index, |log, channel, at| {
            let place = &mut log.channels[channel].partitions[at];
            place.owner = place.owner.or(place.heir);
            place.is_called_in = place.owner != place.heir;
        });
        for member in self.idle(index) {
            self.gives_up(index, member, env);
        }
        self.go_on(index, env);
        self.feed_group(index, env);
    }

    /// The coordinator of a broker-side group answers a member: it is to give up what is to move, and has
    /// what it was to have and nobody has any more.
    pub(super) fn tells<P: Probe>(&mut self, index: usize, member: u32, env: &mut Env<'_, '_, P>) {
        let group = &self.groups[index].group;
        if group.protocol() != Protocol::Consumer || !group.hears(member) {
            return;
        }
        self.each_partition(index, |log, channel, at| {
            let place = &mut log.channels[channel].partitions[at];
            place.is_called_in |= place.owner == Some(member) && place.heir != Some(member);
        });
        if self.idle(index).contains(&member) {
            self.gives_up(index, member, env);
        }
        self.each_partition(index, |log, channel, at| {
            let place = &mut log.channels[channel].partitions[at];
            if (place.owner, place.ghost, place.heir) == (None, None, Some(member)) {
                place.owner = Some(member);
                log.feed(channel, at, env);
            }
        });
    }

    /// A member comes by with nothing in hand: it commits and gives up what it has heard is to move.
    pub(super) fn gives_up<P: Probe>(
        &mut self,
        index: usize,
        member: u32,
        env: &mut Env<'_, '_, P>,
    ) {
        let mut partitions = 0;
        self.each_partition(index, |log, channel, at| {
            let place = &log.channels[channel].partitions[at];
            if place.owner == Some(member) && place.is_called_in {
                log.keep(channel, at, env);
                let place = &mut log.channels[channel].partitions[at];
                (place.owner, place.is_called_in) = (None, false);
                partitions += 1;
            }
        });
        if partitions > 0 {
            env.fact(Fact::Revoked { partitions });
            self.groups[index].group.joins_again(member, env.now());
        }
    }

    /// Members that hold nothing.
    pub(super) fn idle(&self, index: usize) -> Vec<u32> {
        let holders: Vec<u32> = self.holders(index).collect();
        let group = &self.groups[index].group;
        let members = 0..self.groups[index].polls.len() as u32;
        members.filter(|at| group.is_enrolled(*at) && !holders.contains(at)).collect()
    }
}

#[cfg(test)]
mod tests;
