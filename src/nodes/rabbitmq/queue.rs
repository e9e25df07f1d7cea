//! One queue: what is ready in it, in which order, for how long, and which consumer is served next. Refuses
//! to know what becomes of what leaves it.
//!
//! Those with a higher priority are served first. A classic queue is served in the order of arrival: what comes back has its old place. In a quorum queue
//! what comes back is served before all else, in the order in which it came back.

use std::collections::VecDeque;

use super::{Consumer, Standing};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::program::EntryIx;
use crate::nodes::message::{Item, Op};
use crate::probes::Reason;
use crate::scenario::tree;

/// Places of what has not come back, in quorum queues, are behind all others.
const FRESH: u64 = 1 << 63;
/// Places of those that are served later begin so many bits up.
const RANK: u32 = 55;

/// The queue of one consuming service.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    /// The first instance of the consuming service.
    pub(super) first: InstanceId,
    pub(super) consumers: Vec<Consumer>,
    /// In which order they take turns.
    pub(super) order: Vec<u32>,
    /// The place there of whose turn it is.
    pub(super) turn: usize,
    /// The place there of the single active consumer.
    pub(super) active: Option<usize>,
    /// When silent consumers are looked for.
    pub(super) watch: Option<Time>,
    /// When the head is looked at again, whose time is over then.
    pub(super) expiry: Option<Time>,
    /// When it is deleted, since nobody consumes it.
    pub(super) unused: Option<Time>,
    /// It is not there (any more), so that nothing can be routed to it.
    pub(super) is_gone: bool,
    /// Is what comes back served before all else?
    is_quorum: bool,
    /// Messages that ever came in, and those that ever came back.
    arrived: u64,
    returned: u64,
    /// What is to be delivered, by places.
    pub(super) ready: VecDeque<Stored>,
    /// Dead letters that wait for room elsewhere.
    pub(super) letters: VecDeque<Stored>,
}

/// A durable message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub(super) op: Op,
    pub(super) entry: EntryIx,
    pub(super) item: Item,
    /// Its place in its queue.
    pub(super) place: u64,
    /// Ready since then.
    pub(super) since: Time,
    /// Kept until then.
    pub(super) until: Time,
    /// Deliveries that came back.
    pub(super) returns: u32,
    /// Those of them that count against the delivery limit.
    pub(super) failures: u32,
    /// How often it was a dead letter.
    pub(super) deaths: u32,
    /// Where it died last, if it is a dead letter.
    pub(super) died: Option<Death>,
}

/// Where a dead letter comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Death {
    /// From this channel.
    pub(super) channel: usize,
    /// What was to be run there.
    pub(super) entry: EntryIx,
    /// Why it died.
    pub(super) why: Reason,
}

/// Which consumers may be served.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service<'a> {
    pub(super) settings: &'a tree::RabbitMq,
    pub(super) now: Time,
}

impl Channel {
    /// An empty one.
    pub(super) fn new(first: InstanceId, order: Vec<u32>, is_quorum: bool) -> Self {
        let fresh = Consumer {
            incarnation: 0,
            standing: Standing::Joined,
            unacknowledged: 0,
            stale: 0,
            heard: Time::ZERO,
        };
        Self {
            first,
            consumers: vec![fresh; order.len()],
            order,
            turn: 0,
            active: None,
            watch: None,
            expiry: None,
            unused: None,
            is_gone: false,
            is_quorum,
            arrived: 0,
            returned: 0,
            ready: VecDeque::new(),
            letters: VecDeque::new(),
        }
    }

    /// The place of one more of this rank that arrives.
    pub(super) fn place(&mut self, rank: u8) -> u64 {
        let fresh = if self.is_quorum { FRESH } else { 0 };
        let place = self.arrived | u64::from(rank) << RANK | fresh;
        self.arrived += 1;
        place
    }

    /// Puts back what was delivered.
    pub(super) fn put_back(&mut self, mut message: Stored) {
        if self.is_quorum {
            message.place = self.returned;
            self.returned += 1;
        }
        self.take_in(message);
    }

    /// Puts a message where its place is.
    pub(super) fn take_in(&mut self, message: Stored) {
        if self.ready.back().is_none_or(|last| last.place < message.place) {
            return self.ready.push_back(message);
        }
        let at = self.ready.partition_point(|other| other.place < message.place);
        self.ready.insert(at, message);
    }

    /// How many messages it holds, with consumers or not.
    pub(super) fn len(&self) -> usize {
        let held = self.consumers.iter().map(|consumer| consumer.unacknowledged as usize);
        self.ready.len() + self.letters.len() + held.sum::<usize>()
    }

    /// The head, if its time is over.
    pub(super) fn expired(&mut self, now: Time) -> Option<Stored> {
        self.ready.pop_front_if(|head| head.until <= now)
    }

    /// When its head has to be looked at, if nobody does already.
    pub(super) fn foresee_expiry(&mut self, now: Time) -> Option<Time> {
        let until = self.ready.front()?.until.max(now);
        let is_foreseen = self.expiry.is_some_and(|due| due <= until);
        if until == Time::NEVER || is_foreseen {
            return None;
        }
        self.expiry = Some(until);
        self.expiry
    }

    /// The place in turn of the next consumer that may have one more, and was heard of lately.
    pub(super) fn next(&mut self, service: Service<'_>) -> Option<usize> {
        let count = self.consumers.len();
        if service.settings.single_active_consumer {
            let active = self.active(service)?;
            return self.has_room(active, service).then_some(active);
        }
        let in_turn = (0..count).map(|step| (self.turn + step) % count);
        let mut free = in_turn.filter(|at| self.has_room(*at, service));
        if service.settings.priorities.is_empty() {
            return free.next();
        }
        let priority = |at: &usize| {
            let instance = self.order[*at] as usize;
            service.settings.priorities.get(instance).copied().unwrap_or(0)
        };
        // The first of equals.
        free.min_by_key(|at| -i64::from(priority(at)))
    }

    /// The single active consumer: the one that was it, while it is there; else the next.
    fn active(&mut self, service: Service<'_>) -> Option<usize> {
        let is_there = |at: &usize| self.consumers[self.order[*at] as usize].is_there(service);
        self.active = self.active.filter(is_there).or_else(|| (0..self.order.len()).find(is_there));
        self.active
    }

    fn has_room(&self, at: usize, service: Service<'_>) -> bool {
        let (consumer, prefetch) =
            (&self.consumers[self.order[at] as usize], service.settings.prefetch);
        consumer.is_there(service) && (prefetch == 0 || consumer.unacknowledged < prefetch)
    }

    /// Is there nobody who consumes it?
    pub(super) fn is_deserted(&self, Service { settings, now }: Service<'_>) -> bool {
        let consumes = |consumer: &Consumer| {
            matches!(consumer.standing, Standing::Joined | Standing::Leaves)
                && consumer.heard + settings.heartbeat > now
        };
        !self.consumers.iter().any(consumes)
    }

    /// Which of its consumers this instance is.
    pub(super) fn place_of(&self, instance: InstanceId) -> Option<usize> {
        let at = instance.0.checked_sub(self.first.0)? as usize;
        (at < self.consumers.len()).then_some(at)
    }
}

impl Consumer {
    /// Does it take deliveries, as far as the broker knows?
    fn is_there(&self, Service { settings, now }: Service<'_>) -> bool {
        self.standing == Standing::Joined
            && self.stale == 0
            && self.heard + settings.heartbeat > now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::message::Op;

    fn message(place: u64, until: u64) -> Stored {
        Stored {
            op: Op::NONE,
            entry: EntryIx(0),
            item: Item::NONE,
            place,
            since: Time::ZERO,
            until: Time(until),
            returns: 0,
            failures: 0,
            deaths: 0,
            died: None,
        }
    }

    fn channel(is_quorum: bool) -> Channel {
        Channel::new(InstanceId(0), vec![0], is_quorum)
    }

    #[test]
    fn what_is_over_its_time_leaves_from_the_head_whoever_is_before_it() {
        let mut channel = channel(true);
        channel.ready.extend([message(0, 60), message(1, 10)]);
        assert_eq!(channel.foresee_expiry(Time::ZERO), Some(Time(60)));
        assert!(channel.expired(Time(10)).is_none(), "it is not at the head");
        assert_eq!(channel.expired(Time(60)).map(|it| it.place), Some(0));
        assert_eq!(channel.expired(Time(60)).map(|it| it.place), Some(1));
        assert!(channel.expired(Time::NEVER).is_none());
    }

    #[test]
    fn what_has_a_higher_priority_goes_first_and_else_who_came_first() {
        for is_quorum in [false, true] {
            let mut channel = channel(is_quorum);
            for (number, rank) in [(0, 255), (1, 0), (2, 3), (3, 0)] {
                let place = channel.place(if is_quorum { rank.min(31) } else { rank });
                channel.take_in(Stored { returns: number, ..message(place, 9) });
            }
            let order: Vec<u32> = channel.ready.iter().map(|it| it.returns).collect();
            assert_eq!(order, [1, 3, 2, 0]);
        }
    }

    #[test]
    fn what_comes_back_has_its_old_place_or_goes_before_all_else() {
        for (is_quorum, order) in [(false, [0, 1, 2, 3]), (true, [1, 0, 2, 3])] {
            let mut channel = channel(is_quorum);
            let all: Vec<u64> = (0..4).map(|_| channel.place(0)).collect();
            channel.ready.extend(all[2..].iter().map(|place| message(*place, 9)));
            for at in [1, 0] {
                let mut back = message(all[at], 9);
                back.returns = at as u32;
                channel.put_back(back);
            }
            let first: Vec<u32> = channel.ready.iter().take(2).map(|it| it.returns).collect();
            assert_eq!(first, order[..2]);
        }
    }
}
