//! A queue as it stands: which messages are visible, which groups have something in flight, who waits for a
//! message. Knows no time but what it is told, and sends nothing.

use std::collections::{BTreeMap, VecDeque};

use crate::base::{Time, weight};
use crate::engine::InstanceId;
use crate::model::program::EntryIx;
use crate::nodes::broker::Deduplication;
use crate::nodes::message::{Item, Op};
use crate::nodes::parts::slab::Handle;

/// A message that was stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    pub op: Op,
    pub entry: EntryIx,
    pub item: Item,
    pub group: u64,
    /// Its queue.
    pub queue: usize,
    /// Its place in the order in which messages were sent.
    pub place: u64,
    /// When it was sent, from which its age counts.
    pub sent: Time,
    pub receives: u32,
    /// How often it came back from the dead-letter queue.
    pub deaths: u32,
    /// Is it the second copy of one that is delivered twice?
    pub copy: u32,
    pub state: State,
    /// The receipt of its last receive that can still be known, else none.
    pub receipt: Handle,
}

/// How a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// To be received.
    Visible { since: Time },
    /// Not to be received until then, for it is new.
    Delayed { until: Time },
    /// Received at `since`, and hidden until then.
    InFlight { since: Time, until: Time },
    /// In the dead-letter queue, until it comes back or is too old.
    Dead { until: Time, comes_back: bool },
}

impl State {
    /// When it changes by itself.
    pub(super) fn until(self) -> Option<Time> {
        match self {
            Self::Visible { .. } => None,
            Self::Delayed { until } | Self::InFlight { until, .. } | Self::Dead { until, .. } => {
                Some(until)
            }
        }
    }
}

impl Stored {
    pub(super) fn new(
        op: Op,
        entry: EntryIx,
        item: Item,
        group: u64,
        queue: usize,
        sent: Time,
    ) -> Self {
        let state = State::Visible { since: sent };
        let (place, receives, deaths, copy, receipt) = (0, 0, 0, 0, Handle::NONE);
        Self { op, entry, item, group, queue, place, sent, receives, deaths, copy, state, receipt }
    }
}

/// What a consumer needs to delete a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receipt {
    /// The message.
    pub message: Handle,
    /// The receipt of the receive before, where that is still good.
    pub before: Handle,
}

/// A poll that waits for a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub from: InstanceId,
    pub poll: u32,
    pub queue: usize,
    pub until: Time,
}

/// The queue of one consuming service.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    /// The consumers' first instance, and how many they are.
    first: InstanceId,
    count: u32,
    /// In the order in which they were sent, each with its place there and its group.
    visible: VecDeque<Seen>,
    /// Messages that ever came in.
    places: u64,
    pub in_flight: u32,
    /// Of a FIFO queue, by group: how many messages are in flight.
    held: BTreeMap<u64, u32>,
    /// By age: what is not deleted.
    ages: BTreeMap<(Time, u64), Handle>,
    /// When the oldest of them is too old.
    pub retires: Option<Time>,
    /// What a FIFO queue has accepted lately.
    pub accepted: Deduplication,
    /// Who waits for a message, in order.
    pub asks: VecDeque<Handle>,
}

/// A visible message, as far as it matters to who receives next.
#[derive(Clone, Copy, Debug)]
struct Seen {
    place: u64,
    group: u64,
    message: Handle,
}

impl Queue {
    pub(super) fn new(first: InstanceId, count: u32) -> Self {
        Self {
            first,
            count,
            visible: VecDeque::new(),
            places: 0,
            in_flight: 0,
            held: BTreeMap::new(),
            ages: BTreeMap::new(),
            retires: None,
            accepted: Deduplication::default(),
            asks: VecDeque::new(),
        }
    }

    /// Does this instance consume it?
    pub(super) fn is_of(&self, instance: InstanceId) -> bool {
        (self.first.0..self.first.0 + self.count).contains(&instance.0)
    }

    pub(super) fn visible(&self) -> usize {
        self.visible.len()
    }

    /// What would be received first.
    pub(super) fn first(&self) -> Option<Handle> {
        self.visible.front().map(|seen| seen.message)
    }

    pub(super) fn weight(&self) -> usize {
        weight::deque(&self.visible) + self.ages.len() * 32 + self.accepted.weight()
    }

    /// The next place in the order of sending.
    pub(super) fn next_place(&mut self) -> u64 {
        self.places += 1;
        self.places
    }

    /// A message is kept from now on.
    pub(super) fn enters(&mut self, message: &Stored, handle: Handle) {
        self.ages.insert((message.sent, message.place), handle);
    }

    /// It is kept no more.
    pub(super) fn leaves(&mut self, message: &Stored) {
        self.ages.remove(&(message.sent, message.place));
    }

    /// When the oldest was sent, and which that is.
    pub(super) fn oldest(&self) -> Option<(Time, Handle)> {
        self.ages.first_key_value().map(|(&(sent, _), message)| (sent, *message))
    }

    /// A message can be received, where it stood when it was sent.
    pub(super) fn show(&mut self, &Stored { place, group, .. }: &Stored, message: Handle) {
        let at = self.visible.partition_point(|other| other.place < place);
        self.visible.insert(at, Seen { place, group, message });
    }

    /// A visible message cannot be received any more.
    pub(super) fn hide(&mut self, place: u64) {
        let at = self.visible.partition_point(|other| other.place < place);
        self.visible.remove(at);
    }

    /// The first visible message, or the first of which no group is among the held ones; it is taken out.
    pub(super) fn take(&mut self) -> Option<Handle> {
        if self.held.is_empty() {
            return self.visible.pop_front().map(|seen| seen.message);
        }
        let at = self.visible.iter().position(|seen| !self.held.contains_key(&seen.group))?;
        self.visible.remove(at).map(|seen| seen.message)
    }

    /// A message of this group is in flight.
    pub(super) fn hold(&mut self, group: u64) {
        *self.held.entry(group).or_default() += 1;
    }

    /// It is no more.
    pub(super) fn release(&mut self, group: u64) {
        if let Some(held) = self.held.get_mut(&group) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&group);
            }
        }
    }
}
