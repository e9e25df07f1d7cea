//! A consumer group of a log: who is a member, whose session lives, who owns which partition. Knows
//! no records.
//!
//! ```text
//! dynamic   member ──────✗ crash   ✓ joins as a stranger        old session ends
//!           group  deliveries ─────┤ waits for the old member ──┤ reassigned, deliveries
//! static    member ──────✗ crash   ✓ joins under its old name
//!           group  deliveries ─────┤ its own partitions go on
//! ```

use crate::base::{Span, Time};
use crate::engine::InstanceId;

/// The group of one consuming service, shared by all its channels.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The first instance of the consuming service.
    pub(super) first: InstanceId,
    members: Vec<Member>,
    session_timeout: Span,
    is_static: bool,
    /// Instances that partitions are shared out to, sorted.
    shares: Vec<u32>,
}

/// One instance of the consuming service, as the log knows it.
#[derive(Clone, Copy, Debug)]
struct Member {
    incarnation: u32,
    /// Do deliveries reach it?
    connected: bool,
    /// Is it in the group: has it joined, and does its session live?
    enrolled: bool,
    /// The last sign of life of its session.
    heard: Time,
    /// The session of an earlier start of it that still has to end.
    ghost: Option<Time>,
}

/// What an event means for a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consequence {
    /// Nothing.
    None,
    /// The instance's partitions go on with a new start of it.
    Resumes,
    /// The partitions are to be shared out anew, or will be when old sessions have ended.
    Rebalance,
}

impl Group {
    /// A group of `count` instances, all of them members from the start.
    pub(super) fn new(
        first: InstanceId,
        count: u32,
        session_timeout: Span,
        is_static: bool,
    ) -> Self {
        let fresh = Member {
            incarnation: 0,
            connected: true,
            enrolled: true,
            heard: Time::ZERO,
            ghost: None,
        };
        let members = vec![fresh; count as usize];
        Self { first, members, session_timeout, is_static, shares: (0..count).collect() }
    }

    /// How many are in it.
    pub(super) fn enrolled(&self) -> usize {
        self.members.iter().filter(|member| member.enrolled).count()
    }

    /// Which of its members this instance is.
    pub(super) fn place_of(&self, instance: InstanceId) -> Option<u32> {
        let at = instance.0.checked_sub(self.first.0)?;
        (at < self.members.len() as u32).then_some(at)
    }

    /// Does a rebalance wait for a session to end?
    pub(super) fn is_rebalancing(&self) -> bool {
        self.members.iter().any(|member| member.ghost.is_some())
    }

    /// Is this start of a member no earlier than the one that the log knows? (One that joined while
    /// the log was down is later.)
    pub(super) fn is_recent(&self, at: u32, incarnation: u32) -> bool {
        self.members[at as usize].incarnation <= incarnation
    }

    /// Is it a member whose connections are there?
    pub(super) fn is_alive(&self, at: u32) -> bool {
        let member = &self.members[at as usize];
        member.enrolled && member.connected
    }

    /// Do deliveries reach this member?
    pub(super) fn reaches(&self, at: u32) -> bool {
        self.members[at as usize].connected
    }

    /// A sign of life. One whose session has ended, though it lives, joins again.
    pub(super) fn heartbeat(&mut self, at: u32, now: Time) -> Consequence {
        let member = &mut self.members[at as usize];
        if !member.connected {
            return Consequence::None;
        }
        member.heard = now;
        if std::mem::replace(&mut member.enrolled, true) {
            Consequence::None
        } else {
            Consequence::Rebalance
        }
    }

    /// A new start of an instance joins.
    pub(super) fn join(&mut self, at: u32, incarnation: u32, now: Time) -> Consequence {
        let (is_static, session_timeout) = (self.is_static, self.session_timeout);
        let member = &mut self.members[at as usize];
        if incarnation <= member.incarnation {
            return Consequence::None;
        }
        let before = std::mem::replace(
            member,
            Member { incarnation, connected: true, enrolled: true, heard: now, ..*member },
        );
        if before.enrolled && is_static {
            return Consequence::Resumes;
        }
        if before.enrolled {
            member.ghost = before.ghost.max(Some(before.heard + session_timeout));
        }
        Consequence::Rebalance
    }

    /// A start of an instance lost its connections. Its session lives on.
    pub(super) fn gone(&mut self, at: u32, incarnation: u32) {
        let member = &mut self.members[at as usize];
        if incarnation >= member.incarnation {
            *member = Member { incarnation, connected: false, ..*member };
        }
    }

    /// Ends the sessions that were to end before `now`, and with `inclusive` those that end now.
    pub(super) fn expire(&mut self, now: Time, inclusive: bool) -> Consequence {
        let session_timeout = self.session_timeout;
        let is_over = |end: Time| end < now || (inclusive && end == now);
        let mut change = Consequence::None;
        for member in &mut self.members {
            if member.ghost.is_some_and(is_over) {
                member.ghost = None;
                change = Consequence::Rebalance;
            }
            if member.enrolled && is_over(member.heard + session_timeout) {
                member.enrolled = false;
                change = Consequence::Rebalance;
            }
        }
        change
    }

    /// When the next session ends, if nothing more is heard.
    pub(super) fn next_end(&self) -> Option<Time> {
        let ends = |member: &Member| {
            let session = member.enrolled.then_some(member.heard + self.session_timeout);
            [session, member.ghost]
        };
        self.members.iter().flat_map(ends).flatten().min()
    }

    /// Shares the partitions out to those who are members now.
    pub(super) fn share_out(&mut self) {
        let members = (0..).zip(&self.members);
        self.shares.clear();
        self.shares.extend(members.filter(|(_, member)| member.enrolled).map(|(at, _)| at));
    }

    /// Who owns this one of so many partitions: consecutive ranges, the first ones longer
    /// (`RangeAssignor`).
    pub(super) fn owner(&self, partition: u32, partitions: u32) -> Option<u32> {
        let members = self.shares.len() as u32;
        let (length, longer) = (partitions.checked_div(members)?, partitions % members);
        let in_longer = longer * (length + 1);
        let share = if partition < in_longer {
            partition / (length + 1)
        } else {
            longer + (partition - in_longer) / length
        };
        Some(self.shares[share as usize])
    }

    /// The log is back: it has read the members from disk, and every session starts anew.
    pub(super) fn restart(&mut self, now: Time) {
        for member in &mut self.members {
            member.connected = true;
            member.heard = now;
            member.ghost = member.ghost.map(|_| now + self.session_timeout);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Span = Span(100);

    fn group(is_static: bool) -> Group {
        Group::new(InstanceId(5), 3, TIMEOUT, is_static)
    }

    fn owners(group: &Group, partitions: u32) -> Vec<u32> {
        (0..partitions).filter_map(|partition| group.owner(partition, partitions)).collect()
    }

    #[test]
    fn ranges_are_consecutive_and_the_first_ones_longer() {
        // Kafka's documentation of RangeAssignor: "if the number of partitions is not divisible,
        // the first consumers have one more".
        let mut group = group(false);
        assert_eq!(owners(&group, 7), [0, 0, 0, 1, 1, 2, 2]);
        assert_eq!(owners(&group, 2), [0, 1], "more members than partitions: one idles");
        group.heartbeat(0, Time(50));
        group.heartbeat(2, Time(50));
        assert_eq!(group.expire(Time(100), true), Consequence::Rebalance);
        group.share_out();
        assert_eq!(owners(&group, 5), [0, 0, 0, 2, 2]);
        group.expire(Time(150), true);
        group.share_out();
        assert_eq!(group.owner(0, 5), None, "nobody is left");
    }

    #[test]
    fn a_session_lives_until_its_timeout_and_no_longer() {
        let mut group = group(false);
        for at in 0..3 {
            group.heartbeat(at, Time(10));
        }
        assert_eq!(group.next_end(), Some(Time(110)));
        assert_eq!(group.expire(Time(110), false), Consequence::None);
        assert_eq!(group.heartbeat(1, Time(110)), Consequence::None, "in time");
        assert_eq!(group.expire(Time(110), true), Consequence::Rebalance);
        assert_eq!(group.heartbeat(1, Time(111)), Consequence::None);
        assert_eq!(group.heartbeat(0, Time(111)), Consequence::Rebalance, "late: it joins again");
    }

    #[test]
    fn a_stranger_waits_for_the_old_session_and_a_static_member_does_not() {
        let (mut dynamic, mut fixed) = (group(false), group(true));
        assert_eq!(dynamic.join(1, 1, Time(30)), Consequence::Rebalance);
        assert!(dynamic.is_rebalancing());
        assert_eq!(dynamic.next_end(), Some(Time(100)));
        for at in 0..3 {
            dynamic.heartbeat(at, Time(90));
        }
        assert_eq!(dynamic.expire(Time(100), true), Consequence::Rebalance);
        assert!(!dynamic.is_rebalancing());

        assert_eq!(fixed.join(1, 1, Time(30)), Consequence::Resumes);
        assert!(!fixed.is_rebalancing());
    }

    #[test]
    fn after_its_session_has_ended_either_joins_at_once() {
        for is_static in [false, true] {
            let mut group = group(is_static);
            group.expire(Time(100), true);
            assert_eq!(group.join(1, 1, Time(130)), Consequence::Rebalance);
            assert!(!group.is_rebalancing());
        }
    }

    #[test]
    fn old_news_of_an_earlier_start_changes_nothing() {
        let mut group = group(true);
        group.join(1, 2, Time(10));
        group.gone(1, 1);
        assert!(group.reaches(1), "the reset of start 1 was overtaken by the join of start 2");
        group.gone(1, 2);
        assert!(!group.reaches(1));
        assert_eq!(
            group.join(1, 2, Time(20)),
            Consequence::None,
            "the join was overtaken by its reset"
        );
        assert_eq!(group.heartbeat(1, Time(20)), Consequence::None);
        assert!(!group.reaches(1));
    }
}
