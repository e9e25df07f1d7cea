//! The event queue: timers on the agenda, messages in lanes, and those that no lane takes in a slab
//! that the agenda points to. Knows when an event is due and where it goes; never looks inside it.

use std::hint::cold_path;

use super::agenda::Agenda;
use super::ladder::Entry;
use super::lanes::Lanes;
use super::{InstanceId, Key, LaneId};
use crate::base::{Span, weight};

/// What is due at an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<M, T> {
    /// A message arrives.
    Message(M),
    /// A timer of its own is due.
    Timer(T),
}

impl<M: Copy, T> Event<&M, T> {
    /// With a message of its own.
    pub fn copied(self) -> Event<M, T> {
        match self {
            Self::Message(message) => Event::Message(*message),
            Self::Timer(timer) => Event::Timer(timer),
        }
    }
}

/// An event that is due: its key, the instance it goes to, and itself.
pub type Due<M, T> = (Key, InstanceId, Event<M, T>);

/// What the agenda holds of an event: a timer is itself, a message lies in a slot.
#[derive(Clone, Copy, Debug)]
enum Kept<T> {
    Timer(T),
    Message { slot: u32 },
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self::Message { slot: 0 }
    }
}

/// Pending events in the order of their keys; in the steady state nothing is allocated.
///
/// For what the agenda takes see [`Agenda`]. In a lane a push costs O(1), and a pop one look at the
/// front of each lane.
#[derive(Clone, Debug)]
pub struct Queue<M, T> {
    agenda: Agenda<Kept<T>>,
    lanes: Lanes<M>,
    /// Only what is before both is taken: where a run is to stop, and the first event that must
    /// never be.
    end: Key,
    never: Key,
    /// Messages that the agenda points to.
    messages: Vec<M>,
    free: Vec<u32>,
}

impl<M: Copy + Default, T: Copy> Queue<M, T> {
    /// An empty queue with a lane for each constant delay.
    pub fn new(delays: &[Span]) -> Self {
        Self {
            agenda: Agenda::default(),
            lanes: Lanes::new(delays),
            end: Key::LAST,
            never: Key::LAST,
            messages: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Whether lanes are used from now on; without them everything goes to the agenda, in the same
    /// order. Nobody may wait in them.
    pub fn use_lanes(&mut self, on: bool) {
        self.lanes.open(on);
    }

    /// How many events are pending, stale timers that were not dropped yet included.
    pub fn len(&self) -> usize {
        self.agenda.len() + self.lanes.len()
    }

    /// Whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.agenda.is_empty() && self.lanes.is_empty()
    }

    /// The constant delay of a lane.
    #[inline]
    pub fn delay(&self, lane: LaneId) -> Span {
        self.lanes.delay(lane)
    }

    /// Adds a timer.
    #[inline]
    pub fn push_timer(&mut self, key: Key, dest: InstanceId, timer: T) {
        self.agenda.push(key.0, dest.0, Kept::Timer(timer));
    }

    /// Adds a message to the agenda.
    pub fn push(&mut self, key: Key, dest: InstanceId, message: M) {
        *self.place_off_lane(key, dest) = message;
    }

    /// Where a message will lie that the agenda points to.
    #[inline(never)]
    fn place_off_lane(&mut self, key: Key, dest: InstanceId) -> &mut M {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.messages.push(M::default());
            self.messages.len() as u32 - 1
        });
        self.agenda.push(key.0, dest.0, Kept::Message { slot });
        &mut self.messages[slot as usize]
    }

    /// Adds a message to a lane: the key should be the lane's delay away from now.
    #[expect(clippy::inline_always, reason = "the message is written once, where it will lie")]
    #[inline(always)]
    pub fn push_lane(
        &mut self,
        lane: LaneId,
        key: Key,
        dest: InstanceId,
        write: impl FnOnce(&mut M),
    ) {
        let place = if self.lanes.takes(lane, key.0) {
            self.lanes.push(lane, key.0, dest.0)
        } else {
            self.place_off_lane(key, dest)
        };
        write(place);
    }

    /// The key of the first event, which may be a stale timer's.
    #[inline]
    pub fn first(&self) -> Option<Key> {
        let first = self.agenda.first().min(self.lanes.first());
        (first != u128::MAX).then_some(Key(first))
    }

    /// Nothing from this key on is taken until another end is given.
    pub fn stop_at(&mut self, end: Key) {
        self.end = end.min(self.never);
    }

    /// The event with this key, and what comes after it, must never be taken.
    pub fn never(&mut self, key: Key) {
        self.never = self.never.min(key);
        self.end = self.end.min(key);
    }

    /// Takes the first event before the end, which may be a stale timer; what a message says is
    /// written to `message`.
    #[expect(clippy::inline_always, reason = "called in the run loop, which then knows the kind")]
    #[inline(always)]
    pub fn pop<'a>(&mut self, message: &'a mut M) -> Option<Due<&'a M, T>> {
        let (in_agenda, in_lane) = (self.agenda.first(), self.lanes.first());
        if in_lane < in_agenda {
            if in_lane >= self.end.0 {
                cold_path();
                return None;
            }
            let (key, dest) = self.lanes.pop(message);
            return Some((Key(key), InstanceId(dest), Event::Message(message)));
        }
        if in_agenda >= self.end.0 {
            cold_path();
            return None;
        }
        let Entry { key, dest, payload } = self.agenda.pop();
        let event = match payload {
            Kept::Timer(timer) => Event::Timer(timer),
            Kept::Message { slot } => {
                self.free.push(slot);
                *message = self.messages[slot as usize];
                Event::Message(&*message)
            }
        };
        Some((Key(key), InstanceId(dest), event))
    }

    /// Announces events that will come soon and, as a rule, were not announced before; of each lane at
    /// most so many at the front. When all were, they are announced again (`true`).
    pub fn announce(&mut self, most: usize, mut to: impl FnMut(InstanceId, Event<&M, T>, bool)) {
        let timers = self.agenda.top_up();
        for again in [false, true] {
            for entry in timers {
                if let Kept::Timer(timer) = entry.payload {
                    to(InstanceId(entry.dest), Event::Timer(timer), again);
                }
            }
            self.lanes.announce(most, again, |sent| {
                to(InstanceId(sent.dest), Event::Message(&sent.message), again);
            });
        }
    }

    /// Bytes that it holds beside itself.
    pub fn weight(&self) -> usize {
        let kept = weight::vec(&self.messages) + weight::vec(&self.free);
        self.agenda.weight() + self.lanes.weight() + kept
    }

    /// All pending events in no particular order, stale timers included.
    pub fn iter(&self) -> impl Iterator<Item = Due<&M, &T>> {
        let in_agenda = self.agenda.iter().map(|entry| {
            let event = match &entry.payload {
                Kept::Timer(timer) => Event::Timer(timer),
                Kept::Message { slot } => Event::Message(&self.messages[*slot as usize]),
            };
            (Key(entry.key), InstanceId(entry.dest), event)
        });
        let in_lanes = self.lanes.iter();
        in_agenda.chain(
            in_lanes
                .map(|sent| (Key(sent.key), InstanceId(sent.dest), Event::Message(&sent.message))),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Time;
    use crate::engine::{Class, Turn};

    const DELAYS: [Span; 2] = [Span(3), Span(8)];

    fn key(time: u64, class: Class, counter: u64) -> Key {
        Key::new(Time(time), 0, class, Turn::new(InstanceId(counter as u32 * 7 % 5), counter))
    }

    /// What a step does: take, set a timer or push to the agenda after a delay, or push to a lane.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Pop,
        Timer(u64),
        Agenda(u64),
        Lane(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            Just(Step::Pop),
            (0..9u64).prop_map(Step::Timer),
            (0..9u64).prop_map(Step::Agenda),
            (0..2u32).prop_map(Step::Lane),
        ]
    }

    /// Runs the steps, numbering them.
    fn taken(steps: &[Step], lanes: bool) -> Vec<(Key, Event<u64, u64>)> {
        let mut queue = Queue::new(&DELAYS);
        queue.use_lanes(lanes);
        let (mut now, mut taken) = (0, Vec::new());
        for (number, step) in (0..).zip(steps) {
            match step {
                Step::Timer(delay) => {
                    let key = key(now + delay, Class::Timeout, number);
                    queue.push_timer(key, InstanceId(0), number);
                }
                Step::Agenda(delay) => {
                    let key = key(now + delay, Class::Message, number);
                    queue.push(key, InstanceId(0), number);
                }
                Step::Lane(lane) => {
                    let key = key(now + DELAYS[*lane as usize].0, Class::Message, number);
                    queue.push_lane(LaneId(*lane), key, InstanceId(0), |it| *it = number);
                }
                Step::Pop => {
                    if let Some((key, _, event)) = queue.pop(&mut 0) {
                        now = key.time().0;
                        taken.push((key, event.copied()));
                    }
                }
            }
            assert_eq!(queue.iter().count(), queue.len());
        }
        taken
    }

    proptest! {
        #[test]
        fn lanes_never_change_the_order(steps in prop::collection::vec(step(), 0..300)) {
            let with = taken(&steps, true);
            prop_assert_eq!(&with, &taken(&steps, false));
            for (key, event) in with {
                let number = match event { Event::Message(number) | Event::Timer(number) => number };
                prop_assert_eq!(key.counter(), number, "each event keeps its key");
            }
        }
    }

    #[test]
    fn without_lanes_nothing_stands_in_one() {
        for lanes in [true, false] {
            let mut queue: Queue<u64, u64> = Queue::new(&DELAYS);
            queue.use_lanes(lanes);
            let key = key(3, Class::Message, 0);
            queue.push_lane(LaneId(0), key, InstanceId(0), |it| *it = 7);
            assert_eq!((queue.lanes.len(), queue.len()), (usize::from(lanes), 1));
        }
    }

    #[test]
    fn the_steady_state_allocates_nothing_new() {
        let mut queue: Queue<u64, u64> = Queue::new(&[]);
        for n in 0..10 {
            queue.push(key(n, Class::Message, n), InstanceId(0), n);
        }
        for n in 10..1_000 {
            assert_eq!(queue.pop(&mut 0).map(|due| due.2.copied()), Some(Event::Message(n - 10)));
            queue.push(key(n, Class::Message, n), InstanceId(0), n);
        }
        assert_eq!((queue.len(), queue.messages.len()), (10, 10));
    }
}
