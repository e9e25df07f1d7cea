//! The barrier of the classic protocols: whom a rebalance waits for before partitions are shared out anew, and
//! for how long.
//!
//! Eager: a member has joined when it was heard of; what it holds the log looks after. Cooperative: when it was
//! heard of and has come by with nothing in hand, as it goes on handling meanwhile. A group that had no
//! members waits for `group.initial.rebalance.delay.ms` after the first has joined, and once more if others
//! have come in the meantime (KIP-134), but never longer than for its members.

use super::{Group, Member};
use crate::base::{Span, Time};
use crate::scenario::tree::Protocol;

/// How long a group that had no members still waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opens {
    pub(super) at: Time,
    /// Has another one joined meanwhile? Then it waits once more.
    is_put_off: bool,
}

impl Group {
    /// Those join the rebalance at once who were heard of since then. Where the broker tells each member
    /// by itself what it is to have, there is nothing to wait for.
    pub(in crate::nodes::kafka) fn begin(&mut self, since: Time) {
        if self.settings.protocol != Protocol::Consumer && self.rebalances.is_none() {
            self.rebalances = Some(since);
            self.members.iter_mut().for_each(|member| member.joined = false);
        }
    }

    /// A member that holds nothing comes by: it joins the rebalance, if it has heard of one.
    pub(in crate::nodes::kafka) fn joins(&mut self, at: u32) {
        let member = &mut self.members[at as usize];
        member.joined |= self.rebalances.is_some_and(|since| member.heard >= since);
    }

    /// A member has given up what is to move, and joins for those who are to have it.
    pub(in crate::nodes::kafka) fn joins_again(&mut self, at: u32, now: Time) {
        self.members[at as usize].heard = now;
        self.begin(now);
        self.joins(at);
    }

    /// Has everybody joined the rebalance, if there is one? No session of an earlier start of a member
    /// lives then. A group that had no members has waited for others too.
    pub(in crate::nodes::kafka) fn have_joined(&mut self, now: Time) -> bool {
        let goes_on = self.settings.protocol != Protocol::Eager;
        let joined = |since: Time| {
            let mut members = self.members.iter();
            let has_come = |it: &Member| it.heard >= since && (it.joined || !goes_on);
            members.all(|it| it.ghost.is_none() && (!it.enrolled || has_come(it)))
        };
        let has_all = self.rebalances.is_some_and(joined);
        self.is_open(now) && has_all
    }

    fn is_open(&mut self, now: Time) -> bool {
        match &mut self.opens {
            None => return true,
            Some(opens) if opens.at > now => return false,
            Some(Opens { at, is_put_off }) if *is_put_off => {
                (*at, *is_put_off) = (now + self.settings.initial_delay, false);
                return false;
            }
            Some(_) => {}
        }
        self.opens = None;
        true
    }

    /// One joins that was no member. A group without any waits for others.
    pub(super) fn is_joined(&mut self, now: Time) {
        let is_empty = !self.members.iter().any(|it| it.enrolled || it.ghost.is_some());
        match &mut self.opens {
            Some(opens) => opens.is_put_off = true,
            None if is_empty && self.settings.initial_delay > Span::ZERO => {
                let at = now + self.settings.initial_delay;
                self.opens = Some(Opens { at, is_put_off: false });
            }
            None => {}
        }
    }

    /// Members that have heard of a rebalance and have not come by since, where others go on meanwhile.
    pub(in crate::nodes::kafka) fn missing(&self) -> Vec<u32> {
        let since = self.rebalances.unwrap_or(Time::ZERO);
        let is_missing = |it: &Member| it.enrolled && it.heard >= since && !it.joined;
        (0..).zip(&self.members).filter(|(_, it)| is_missing(it)).map(|(at, _)| at).collect()
    }

    /// Has the rebalance waited long enough for those who hold something?
    pub(in crate::nodes::kafka) fn is_overdue(&self, now: Time) -> bool {
        self.rebalances.is_some_and(|since| since + self.settings.rebalance_timeout <= now)
    }

    /// The group goes on without those who have not joined the rebalance, or still hold something.
    /// They may join again.
    pub(in crate::nodes::kafka) fn expel(&mut self, holders: &[u32]) {
        let since = self.rebalances.unwrap_or(Time::ZERO);
        self.opens = None;
        for (at, member) in (0..).zip(&mut self.members) {
            member.ghost = None;
            member.expelled |= member.enrolled && holders.contains(&at);
            member.enrolled &= member.heard >= since && !member.expelled;
        }
    }
}
