//! The members of quorum queues: which brokers are there, which of them leads, and what the others have.
//!
//! ```text
//! publishers ──▶ waiting (no leader, or no majority) ──▶ log of the leader ──▶ followers
//!                                                          └ majority has it: routed, confirmed
//! ```
//!
//! After rabbitmq.com/docs/quorum-queues, "Leader Election and Failure Handling": every command goes through
//! the leader and is done when a majority has it. When the leader is gone, a follower that has most
//! takes its place, if a majority is there; a minority stops. What the old leader had and the
//! new one does not is sent to that once more, by the channel that it came through: it was not confirmed.
//! Who comes back has all that it had, and fetches the rest.
//!
//! The brokers are the instances of the node. Instance 0 is one of them, and keeps also what they know
//! together: the queues, as the majority has them. It goes on with that while that broker is down. The
//! others only say that something has befallen them. On which broker each replica lies is drawn.
//!
//! Left out: that queues of one broker may have different leaders; consumers and publishers that lose their
//! connection with the broker that they are connected to.

use std::collections::VecDeque;

use super::RabbitMq;
use super::due::Due;
use crate::base::{Dist, Span, Stream, Time};
use crate::engine::InstanceId;
use crate::faults::Faults;
use crate::model::{Model, NodeIx};
use crate::nodes::Env;
use crate::nodes::broker::{Frame, Incoming};
use crate::nodes::message::{Message, Op};
use crate::nodes::parts::replicas::{Lost, Replicas, Rule};
use crate::nodes::parts::silence::{Change, Silence};
use crate::probes::Probe;
use crate::scenario::tree::QuorumQueue;

/// The members of a cluster, and their log.
#[derive(Clone, Debug)]
pub(super) struct Members {
    settings: QuorumQueue,
    chance: Stream,
    /// By replica.
    each: Vec<Member>,
    log: Replicas<Incoming>,
    /// What no leader has taken yet.
    waiting: VecDeque<Incoming>,
    /// Counts the timers; older ones are stale.
    turn: u32,
    /// When the last one is due.
    due: Option<Time>,
}

/// One replica.
#[derive(Clone, Copy, Debug)]
struct Member {
    /// Its broker.
    at: InstanceId,
    /// While it is down or stands still.
    silence: Silence,
}

impl Members {
    /// Those of this node, all of them up.
    pub(super) fn new(model: &Model, me: NodeIx, settings: &QuorumQueue) -> Self {
        let node = usize::from(me.0);
        let name = &model.scenario.nodes[node].name;
        let order = Stream::new(model.seed, "members", name, 0).order(settings.size);
        let first = model.nodes[node].first.0;
        let member =
            |place: u32| Member { at: InstanceId(first + place), silence: Silence::default() };
        Self {
            chance: Stream::new(model.seed, "replication", name, 0),
            each: order.into_iter().map(member).collect(),
            log: Replicas::new(settings.size, Rule::Majority),
            waiting: VecDeque::new(),
            turn: 0,
            due: None,
            settings: settings.clone(),
        }
    }

    /// Bytes that it holds.
    pub(super) fn weight(&self) -> usize {
        self.log.weight() + self.waiting.len() * size_of::<Incoming>()
    }

    /// The leader, if there is one and it serves.
    pub(super) fn leader(&self, now: Time, faults: &Faults) -> Option<InstanceId> {
        let leader = self.each[self.log.leader()?];
        let is_there = !leader.silence.is_silent() && !faults.is_paused(now, leader.at);
        (is_there && self.log.can_commit()).then_some(leader.at)
    }

    fn lag(chance: &mut Stream, replicate: &Dist) -> Span {
        Span::from_ns(chance.sample(replicate))
    }
}

impl RabbitMq {
    /// Something befalls a broker of several, or is over. Says whether it is one.
    pub(super) fn is_one_of_many<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) -> bool {
        if let Some(front) = self.front {
            let incarnation = env.incarnation();
            env.send_along(&Dist::Const(0.0), front, &Op::NONE, Frame::Join { incarnation });
            return true;
        }
        if self.members.is_some() {
            self.look(env);
            self.mind_memory(env);
        }
        self.members.is_some()
    }

    fn members(&mut self) -> &mut Members {
        self.members.as_mut().expect("its queues are replicated")
    }

    /// A publication arrived: the leader stores it in its own time.
    pub(super) fn published<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        let incoming = Incoming::arrived(message, env);
        let (now, me) = (env.now(), env.me());
        let on = self.members().leader(now, &env.model.faults).unwrap_or(me);
        self.intake.take_to(incoming, on, env);
    }

    /// It is stored, and waits for the majority.
    pub(super) fn proposed<P: Probe>(&mut self, incoming: Incoming, env: &mut Env<'_, '_, P>) {
        self.members().waiting.push_back(incoming);
        self.turn(env);
    }

    /// Everything goes on that can.
    fn turn<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let (now, faults) = (env.now(), &env.model.faults);
        self.elect(now);
        self.commit_all(env);
        while self.members().leader(now, faults).is_some()
            && let Some(incoming) = self.members().waiting.pop_front()
        {
            let Members { log, chance, settings, .. } = self.members();
            log.append(now, incoming, || Members::lag(chance, &settings.replicate));
            self.commit_all(env);
        }
        (0..self.channels.len()).for_each(|channel| self.dispatch(channel, env));
        self.foresee(env);
    }

    /// Followers have what has come by now; what a majority has is in its queues, and confirmed.
    fn commit_all<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let (now, faults) = (env.now(), &env.model.faults);
        let Members { log, each, .. } = self.members();
        log.advance(now, |replica, time| faults.is_paused(time, each[replica].at));
        while let Some((_, incoming)) = self.members().log.commit() {
            let verdict = self.route(incoming, env);
            incoming.confirm(verdict, env);
        }
    }

    /// There is a leader, if one may lead. What it does not have is sent to it once more.
    fn elect(&mut self, now: Time) {
        let Members { log, chance, settings, waiting, .. } = self.members();
        let lost = log.elect(now, || Members::lag(chance, &settings.replicate));
        if let Some(Lost { appended, .. }) = lost {
            for incoming in appended.into_iter().rev() {
                waiting.push_front(incoming);
            }
        }
    }

    /// Sets the timer of what next happens by itself, unless it is set.
    fn foresee<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let now = env.now();
        let members = self.members();
        let next = members.log.next_due(now);
        if next == members.due {
            return;
        }
        members.due = next;
        members.turn = members.turn.wrapping_add(1);
        if let Some(due) = next {
            env.complete_after(due.since(now), Due::Turn(members.turn));
        }
    }

    /// A timer of the members is due that is not stale.
    pub(super) fn members_timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Turn(_) => self.members().due = None,
            Due::Missed { replica, .. } => self.members().log.give_up(replica as usize),
            due => unreachable!("{due:?} is not the members'"),
        }
        self.turn(env);
    }

    /// Does nobody wait any more for this timer of the members?
    pub(super) fn is_obsolete(&self, due: Due) -> bool {
        let Some(members) = &self.members else { return true };
        match due {
            Due::Turn(turn) => members.turn != turn,
            Due::Missed { replica, silence } => {
                !members.each[replica as usize].silence.lasts(silence)
            }
            _ => false,
        }
    }

    /// Something has befallen a broker, or is over: looks at all of them.
    pub(super) fn look<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        let (now, faults) = (env.now(), &env.model.faults);
        let Members { each, log, chance, settings, .. } = self.members();
        for (replica, member) in each.iter_mut().enumerate() {
            let is_silent =
                faults.down(now, member.at).is_some() || faults.is_frozen(now, member.at);
            match member.silence.found(is_silent) {
                Some(Change::Begins(silence)) => {
                    log.goes(replica);
                    env.wait(settings.election, Due::Missed { replica: replica as u32, silence });
                }
                Some(Change::Ends) => {
                    log.returns(replica, now, || Members::lag(chance, &settings.replicate));
                }
                None => {}
            }
        }
        log.goes_on(now, || Members::lag(chance, &settings.replicate));
        self.intake.resume(env);
        self.turn(env);
    }
}
