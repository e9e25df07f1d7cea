//! A consumer group of a log: who is a member, whose session lives, who owns which partition. Knows
//! no records.
//!
//! A member that comes or goes begins a rebalance. It waits for every member to hear of it, with its
//! next heartbeat, and for what members hold to be finished and committed; those whose sessions end
//! meanwhile are left out. Who takes longer than `max.poll.interval.ms` over a record is no member any
//! more, until it comes by again: what it did then is not committed.
//!
//! ```text
//! dynamic   member ──────✗ crash   ✓ joins as a stranger        old session ends
//!           group  deliveries ─────┤ waits for the old member ──┤ reassigned, deliveries
//! static    member ──────✗ crash   ✓ joins under its old name
//!           group  deliveries ─────┤ its own partitions go on
//! leaves    member ── finishes, commits ✓ gone
//!           group  deliveries ──────────┤ waits for heartbeats ─┤ reassigned, deliveries
//! ```

mod barrier;

use self::barrier::Opens;
use crate::base::{Span, Stream, Time, mix};
use crate::engine::InstanceId;
use crate::model::{Model, NodeIx};
use crate::scenario::tree::{Kafka, Protocol};

/// The group of one consuming service, shared by all its channels.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The first instance of the consuming service.
    pub(super) first: InstanceId,
    members: Vec<Member>,
    settings: Settings,
    /// Since when a rebalance waits for the members, if one does.
    rebalances: Option<Time>,
    /// It had no members, and waits for more than the first until then.
    opens: Option<Opens>,
    /// Instances that partitions are shared out to, in the order of their ids.
    shares: Vec<u32>,
}

/// What a group is set to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) protocol: Protocol,
    /// Whoever is not heard of for so long is no member any more.
    pub(super) session_timeout: Span,
    /// So long a rebalance waits for those who hold something (`max.poll.interval.ms`).
    pub(super) rebalance_timeout: Span,
    /// So long a group that had no members waits for more than the first.
    pub(super) initial_delay: Span,
    pub(super) is_static: bool,
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
    /// It has come by since it heard of the rebalance, where members go on meanwhile.
    joined: bool,
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

impl Settings {
    /// What the groups of such a broker are set to.
    pub(super) fn of(kind: &Kafka) -> Self {
        let cluster = kind.cluster.as_ref();
        Self {
            protocol: cluster.map_or(Protocol::Eager, |it| it.protocol),
            session_timeout: kind.session_timeout,
            rebalance_timeout: kind.max_poll_interval,
            initial_delay: cluster.map_or(Span::ZERO, |it| it.initial_rebalance_delay),
            is_static: kind.static_members,
        }
    }
}

impl Group {
    /// A group of instances from `first` on with these ids, all of them members from the start.
    pub(super) fn new(first: InstanceId, ids: &[u64], settings: Settings) -> Self {
        let fresh = |id: &u64| Member {
            id: *id,
            incarnation: 0,
            connected: true,
            enrolled: true,
            heard: Time::ZERO,
            closes: false,
            expelled: false,
            joined: false,
            ghost: None,
        };
        let members = ids.iter().map(fresh).collect();
        let (rebalances, opens, shares) = (None, None, Vec::new());
        let mut group = Self { first, members, settings, rebalances, opens, shares };
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

    /// By which protocol partitions are shared out anew.
    pub(super) fn protocol(&self) -> Protocol {
        self.settings.protocol
    }

    /// Is nobody given anything now, because a rebalance waits for members?
    pub(super) fn stands_still(&self) -> bool {
        self.is_rebalancing() && self.settings.protocol == Protocol::Eager
    }

    /// How long a member may take until it comes by again.
    pub(super) fn patience(&self) -> Span {
        self.settings.rebalance_timeout
    }

    /// These have taken too long: they leave by themselves (`max.poll.interval.ms`), and may join again
    /// when they come by. Static ones only fall silent: their sessions have to end. Has anybody left?
    pub(super) fn dismiss(&mut self, late: &[u32]) -> bool {
        for at in late {
            let member = &mut self.members[*at as usize];
            member.expelled = true;
            member.enrolled &= self.settings.is_static;
        }
        !self.settings.is_static && !late.is_empty()
    }

    /// Has it taken too long, and not come by again?
    pub(super) fn is_dismissed(&self, at: u32) -> bool {
        self.members[at as usize].expelled
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
        if self.settings.is_static {
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

    /// Do deliveries reach this member, and does it want any? One that the group has left behind has
    /// nothing any more, though it lives.
    pub(super) fn reaches(&self, at: u32) -> bool {
        self.is_alive(at) && !self.members[at as usize].closes
    }

    /// A sign of life. One whose session has ended, though it lives, joins again.
    pub(super) fn heartbeat(&mut self, at: u32, now: Time) -> Consequence {
        let member = &mut self.members[at as usize];
        let is_silent = self.settings.is_static && member.expelled;
        if !member.connected || member.closes || is_silent {
            return Consequence::None;
        }
        member.heard = now;
        if member.expelled || member.enrolled {
            return Consequence::None;
        }
        self.is_joined(now);
        self.members[at as usize].enrolled = true;
        Consequence::Rebalance(now)
    }

    /// A new start of an instance joins.
    pub(super) fn join(&mut self, at: u32, incarnation: u32, now: Time) -> Consequence {
        let Settings { is_static, session_timeout, .. } = self.settings;
        let before = self.members[at as usize];
        if incarnation <= before.incarnation {
            return Consequence::None;
        }
        if !before.enrolled {
            self.is_joined(now);
        }
        let member = &mut self.members[at as usize];
        *member = Member {
            incarnation,
            connected: true,
            enrolled: true,
            heard: now,
            closes: false,
            expelled: false,
            joined: false,
            ..before
        };
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
        let session_timeout = self.settings.session_timeout;
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
            let session = member.enrolled.then_some(member.heard + self.settings.session_timeout);
            [session, member.ghost]
        };
        let patience = self.rebalances.map(|since| since + self.settings.rebalance_timeout);
        let opens = self.opens.map(|opens| opens.at);
        self.members.iter().flat_map(ends).flatten().chain(patience).chain(opens).min()
    }

    /// Shares the partitions out to those who are members now, which ends a rebalance.
    pub(super) fn share_out(&mut self) {
        self.rebalances = None;
        let members = (0..).zip(&self.members);
        self.shares.clear();
        self.shares.extend(members.filter(|(_, member)| member.enrolled).map(|(at, _)| at));
        self.shares.sort_by_key(|at| self.members[*at as usize].id);
    }

    /// Those that partitions are shared out to, in the order of their ids.
    pub(super) fn shares(&self) -> &[u32] {
        &self.shares
    }

    /// Does the session of an earlier start of this member live?
    pub(super) fn has_ghost(&self, at: u32) -> bool {
        self.members[at as usize].ghost.is_some()
    }

    /// Does it hear what the broker tells it?
    pub(super) fn hears(&self, at: u32) -> bool {
        self.reaches(at) && !self.members[at as usize].expelled
    }

    /// The log is back: it has read the members from disk, and every session starts anew.
    pub(super) fn restart(&mut self, now: Time) {
        // Everybody has to be heard of once more.
        self.rebalances = self.rebalances.map(|_| Time(now.0 + 1));
        for member in &mut self.members {
            member.connected = true;
            // Who finished meanwhile was not heard.
            member.expelled = false;
            member.heard = now;
            member.ghost = member.ghost.map(|_| now + self.settings.session_timeout);
        }
    }
}

/// The ids under which the instances of a consumer join at first.
pub(super) fn ids(model: &Model, me: NodeIx, consumer: NodeIx) -> Vec<u64> {
    let name = |node: NodeIx| &model.scenario.nodes[usize::from(node.0)].name;
    let mut chance =
        Stream::new(model.seed, &format!("members of {}", name(consumer)), name(me), 0);
    model.nodes[usize::from(consumer.0)].instances().map(|_| chance.next_u64()).collect()
}

#[cfg(test)]
mod tests;
