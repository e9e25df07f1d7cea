//! A consumer group of a log: who is a member, whose session lives, who owns which partition. Knows
//! no records.
//!
//! A member that comes or goes begins a rebalance. It waits for every member to hear of it, with its
//! next heartbeat, and for what members hold to be finished and committed; those whose sessions end
//! meanwhile, or who take longer than `max.poll.interval.ms`, are left out.
//!
//! ```text
//! dynamic   member ──────✗ crash   ✓ joins as a stranger        old session ends
//!           group  deliveries ─────┤ waits for the old member ──┤ reassigned, deliveries
//! static    member ──────✗ crash   ✓ joins under its old name
//!           group  deliveries ─────┤ its own partitions go on
//! leaves    member ── finishes, commits ✓ gone
//!           group  deliveries ──────────┤ waits for heartbeats ─┤ reassigned, deliveries
//! ```

use crate::base::{Span, Time, mix};
use crate::engine::InstanceId;

/// The group of one consuming service, shared by all its channels.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The first instance of the consuming service.
    pub(super) first: InstanceId,
    members: Vec<Member>,
    session_timeout: Span,
    rebalance_timeout: Span,
    is_static: bool,
    /// Since when a rebalance waits for the members, if one does.
    rebalances: Option<Time>,
    /// Instances that partitions are shared out to, in the order of their ids.
    shares: Vec<u32>,
}

/// One instance of the consuming service, as the log knows it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent states of a member")]
struct Member {
    /// What the group sorts its members by: drawn by each start of it, or by the first one where members
    /// are static.
    id: u64,
    incarnation: u32,
    /// Do deliveries reach it?
    connected: bool,
    /// Is it in the group: has it joined, and does its session live?
    enrolled: bool,
    /// The last sign of life of its session.
    heard: Time,
    /// It takes nothing new, and leaves when it holds nothing any more.
    closes: bool,
    /// The group went on without it; it joins again when it has handled what it held.
    expelled: bool,
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
    /// The partitions are to be shared out anew, when those have joined who were not heard of since
    /// then.
    Rebalance(Time),
}

impl Group {
    /// A group of instances from `first` on with these ids, all of them members from the start.
    pub(super) fn new(
        first: InstanceId,
        ids: &[u64],
        (session_timeout, rebalance_timeout): (Span, Span),
        is_static: bool,
    ) -> Self {
        let fresh = |id: &u64| Member {
            id: *id,
            incarnation: 0,
            connected: true,
            enrolled: true,
            heard: Time::ZERO,
            closes: false,
            expelled: false,
            ghost: None,
        };
        let members = ids.iter().map(fresh).collect();
        let mut group = Self {
            first,
            members,
            session_timeout,
            rebalance_timeout,
            is_static,
            rebalances: None,
            shares: Vec::new(),
        };
        group.share_out();
        group
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

    /// Does a rebalance wait for members?
    pub(super) fn is_rebalancing(&self) -> bool {
        self.rebalances.is_some()
    }

    /// Those join the rebalance at once who were heard of since then.
    pub(super) fn begin(&mut self, since: Time) {
        self.rebalances.get_or_insert(since);
    }

    /// Has everybody joined the rebalance, if there is one? No session of an earlier start of a member
    /// lives then.
    pub(super) fn have_joined(&self) -> bool {
        let joined = |since: Time| {
            let mut members = self.members.iter();
            members.all(|it| it.ghost.is_none() && (!it.enrolled || it.heard >= since))
        };
        self.rebalances.is_some_and(joined)
    }

    /// Has the rebalance waited long enough for those who hold something?
    pub(super) fn is_overdue(&self, now: Time) -> bool {
        self.rebalances.is_some_and(|since| since + self.rebalance_timeout <= now)
    }

    /// The group goes on without those who have not joined the rebalance, or still hold something.
    /// They may join again.
    pub(super) fn expel(&mut self, holders: &[u32]) {
        let since = self.rebalances.unwrap_or(Time::ZERO);
        for (at, member) in (0..).zip(&mut self.members) {
            member.ghost = None;
            member.expelled |= member.enrolled && holders.contains(&at);
            member.enrolled &= member.heard >= since && !member.expelled;
        }
    }

    /// A member has handled something: it comes by again (`poll`).
    pub(super) fn comes_by(&mut self, at: u32) {
        self.members[at as usize].expelled = false;
    }

    /// A member is being shut down in good order, and says so as long as it lives: it takes nothing
    /// new.
    pub(super) fn close(&mut self, at: u32, incarnation: u32, now: Time) {
        let member = &mut self.members[at as usize];
        if incarnation >= member.incarnation {
            let heard = if member.connected { now } else { member.heard };
            *member = Member { incarnation, closes: true, heard, ..*member };
        }
    }

    /// Those that are about to leave.
    pub(super) fn closing(&self) -> impl Iterator<Item = u32> {
        let closes = |member: &Member| member.closes && member.enrolled && member.connected;
        (0..).zip(&self.members).filter(move |(_, member)| closes(member)).map(|(at, _)| at)
    }

    /// A member has finished all that it held, and goes. Static ones do not say so (KIP-345): their
    /// sessions have to end.
    pub(super) fn leave(&mut self, at: u32, now: Time) -> Consequence {
        let member = &mut self.members[at as usize];
        member.connected = false;
        if self.is_static {
            return Consequence::None;
        }
        member.enrolled = false;
        Consequence::Rebalance(now)
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

    /// Is it in the group: does its session live?
    pub(super) fn is_enrolled(&self, at: u32) -> bool {
        self.members[at as usize].enrolled
    }

    /// Do deliveries reach this member, and does it want any?
    pub(super) fn reaches(&self, at: u32) -> bool {
        let member = &self.members[at as usize];
        member.connected && !member.closes
    }

    /// A sign of life. One whose session has ended, though it lives, joins again.
    pub(super) fn heartbeat(&mut self, at: u32, now: Time) -> Consequence {
        let member = &mut self.members[at as usize];
        if !member.connected || member.closes {
            return Consequence::None;
        }
        member.heard = now;
        if member.expelled || std::mem::replace(&mut member.enrolled, true) {
            Consequence::None
        } else {
            Consequence::Rebalance(now)
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
            Member {
                incarnation,
                connected: true,
                enrolled: true,
                heard: now,
                closes: false,
                expelled: false,
                ..*member
            },
        );
        if before.enrolled && is_static {
            return Consequence::Resumes;
        }
        if before.enrolled {
            member.ghost = before.ghost.max(Some(before.heard + session_timeout));
        }
        if !is_static {
            member.id = mix(before.id, u64::from(incarnation));
        }
        Consequence::Rebalance(now)
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
        let mut last = None;
        for member in &mut self.members {
            if let Some(end) = member.ghost.filter(|end| is_over(*end)) {
                member.ghost = None;
                last = last.max(Some(end));
            }
            let end = member.heard + session_timeout;
            if member.enrolled && is_over(end) {
                member.enrolled = false;
                last = last.max(Some(end));
            }
        }
        last.map_or(Consequence::None, Consequence::Rebalance)
    }

    /// When the next session ends, or the patience of a rebalance, if nothing more is heard.
    pub(super) fn next_end(&self) -> Option<Time> {
        let ends = |member: &Member| {
            let session = member.enrolled.then_some(member.heard + self.session_timeout);
            [session, member.ghost]
        };
        let patience = self.rebalances.map(|since| since + self.rebalance_timeout);
        self.members.iter().flat_map(ends).flatten().chain(patience).min()
    }

    /// Shares the partitions out to those who are members now, which ends a rebalance.
    pub(super) fn share_out(&mut self) {
        self.rebalances = None;
        let members = (0..).zip(&self.members);
        self.shares.clear();
        self.shares.extend(members.filter(|(_, member)| member.enrolled).map(|(at, _)| at));
        self.shares.sort_by_key(|at| self.members[*at as usize].id);
    }

    /// Who owns this one of so many partitions: consecutive ranges in the order of members' ids, the
    /// first ones longer (`RangeAssignor`).
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
        // Everybody has to be heard of once more.
        self.rebalances = self.rebalances.map(|_| Time(now.0 + 1));
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
        Group::new(InstanceId(5), &[1, 2, 3], (TIMEOUT, Span(1_000)), is_static)
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
        assert_eq!(group.expire(Time(100), true), Consequence::Rebalance(Time(100)));
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
        assert_eq!(group.expire(Time(110), true), Consequence::Rebalance(Time(110)));
        assert_eq!(group.heartbeat(1, Time(111)), Consequence::None);
        assert_eq!(
            group.heartbeat(0, Time(111)),
            Consequence::Rebalance(Time(111)),
            "late: it joins again"
        );
    }

    #[test]
    fn a_stranger_waits_for_the_old_session_and_a_static_member_does_not() {
        let (mut dynamic, mut fixed) = (group(false), group(true));
        assert_eq!(dynamic.join(1, 1, Time(30)), Consequence::Rebalance(Time(30)));
        dynamic.begin(Time(30));
        assert_eq!(dynamic.next_end(), Some(Time(100)));
        for at in 0..3 {
            dynamic.heartbeat(at, Time(90));
        }
        assert!(!dynamic.have_joined());
        assert_eq!(dynamic.expire(Time(100), true), Consequence::Rebalance(Time(100)));
        assert!(dynamic.have_joined());

        assert_eq!(fixed.join(1, 1, Time(30)), Consequence::Resumes);
    }

    #[test]
    fn a_rebalance_waits_for_the_heartbeats_of_all_members_and_no_longer_than_it_may() {
        let mut group = group(false);
        group.begin(Time(50));
        assert!(!group.have_joined());
        for (at, now) in [(0, 50), (2, 60)] {
            group.heartbeat(at, Time(now));
        }
        assert!(!group.have_joined(), "one has not been heard of");
        group.expire(Time(100), true);
        assert!(group.have_joined(), "its session is over");
        group.heartbeat(1, Time(900));
        group.begin(Time(900));
        assert!(group.have_joined(), "it is one rebalance, since 50");
        assert!(!group.is_overdue(Time(1_049)) && group.is_overdue(Time(1_050)));
        group.expel(&[2]);
        assert_eq!([0, 1, 2].map(|at| group.is_enrolled(at)), [true, true, false]);
    }

    #[test]
    fn a_member_that_leaves_is_no_member_at_once_unless_it_is_static() {
        for (is_static, consequence) in
            [(false, Consequence::Rebalance(Time(30))), (true, Consequence::None)]
        {
            let mut group = group(is_static);
            group.close(1, 0, Time(20));
            assert!(!group.reaches(1) && group.is_enrolled(1), "it finishes what it holds");
            assert_eq!(group.closing().collect::<Vec<_>>(), [1]);
            assert_eq!(group.leave(1, Time(30)), consequence);
            assert_eq!((group.is_enrolled(1), group.closing().count()), (is_static, 0));
            assert_eq!(group.heartbeat(1, Time(40)), Consequence::None, "one that was under way");
            assert_eq!(group.is_enrolled(1), is_static);
        }
    }

    #[test]
    fn after_its_session_has_ended_either_joins_at_once() {
        for is_static in [false, true] {
            let mut group = group(is_static);
            group.expire(Time(100), true);
            assert_eq!(group.join(1, 1, Time(130)), Consequence::Rebalance(Time(130)));
            group.begin(Time(130));
            assert!(group.have_joined());
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
