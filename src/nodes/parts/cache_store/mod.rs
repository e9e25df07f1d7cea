//! What lies in a cache: items up to a capacity, each for its time to live, and who makes room.
//! Knows no network, no fetches and no tasks.
//!
//! Items are counted, not weighed: all are of one size. An item leaves at the instant at which its
//! time is over, by the time that counts from its fill or (`sliding`) from its last use. With
//! [`Expiry::Sampled`] it is served no longer either, but keeps its place, as in Redis
//! (commands/expire, "How Redis expires keys"), until it is asked for ([`CacheStore::lapse`]) or found among
//! some that are drawn at random ([`CacheStore::sweep`]); the limit of a quarter of a cycle's time is left
//! out. All items that have a time to live have the same, or (`ttl_jitter`) one of their own that is up to
//! a share longer.
//!
//! Every operation is constant in time (logarithmic for [`Evict::Lfu`]), and nothing is allocated
//! once the store has been full.

pub mod bag;
pub mod chain;
pub mod ends;
pub mod heap;
pub mod order;

use self::bag::Bag;
use self::ends::Ends;
use self::order::Order;
use crate::base::{Stream, Table, Time, weight};
use crate::nodes::message::Seen;
use crate::probes::KeyId;
use crate::scenario::tree::{EntityIx, Evict, Expiry, Keeping, Life};

/// Which item.
pub type ItemName = (EntityIx, KeyId);

/// The items, with what decides who leaves.
#[derive(Clone, Debug)]
pub struct CacheStore {
    keeping: Keeping,
    places: Table<ItemName, u32>,
    entries: Vec<Entry>,
    /// Places to be used again.
    spare: Vec<u32>,
    /// In order of the ends of their times to live.
    expiry: Ends,
    /// Those that have a time to live, where any of them may be drawn.
    mortal: Option<Bag>,
    order: Order,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    name: ItemName,
    seen: Seen,
    expires: Time,
}

/// What became of an item that was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It stays out: nobody makes room for it.
    Out,
    /// It was there already, and is now as it was put.
    Renewed,
    /// It is there, and who made room for it is not.
    Entered(Option<ItemName>),
}

impl CacheStore {
    /// Bytes that it holds, but for the orders in which items go.
    pub fn weight(&self) -> usize {
        weight::table(&self.places) + weight::vec(&self.entries) + weight::vec(&self.spare)
    }

    /// An empty one. `chance` serves the policies that draw.
    pub fn new(keeping: &Keeping, chance: Stream) -> Self {
        let draws_mortals =
            keeping.expiry != Expiry::Exact || matches!(keeping.evict, Evict::VolatileLru(_));
        Self {
            mortal: draws_mortals.then(Bag::default),
            places: Table::default(),
            entries: Vec::new(),
            spare: Vec::new(),
            expiry: Ends::new(keeping, &chance),
            order: Order::new(keeping.evict, chance),
            keeping: keeping.clone(),
        }
    }

    /// An item whose time is over by now leaves: which, and when its time was over. To be asked
    /// until it says `None`, before anything else at this instant.
    pub fn expire(&mut self, now: Time) -> Option<(ItemName, Time)> {
        if self.keeping.expiry != Expiry::Exact {
            return None;
        }
        let Entry { name, expires, .. } = self.entries[self.expiry.first()? as usize];
        if expires > now {
            return None;
        }
        self.remove(name);
        Some((name, expires))
    }

    /// Somebody is about to ask for an item, or to set it: does it leave, because its time is over?
    pub fn lapse(&mut self, now: Time, name: ItemName) -> bool {
        let Some(place) = self.places.get(&name) else { return false };
        self.entries[*place as usize].expires <= now && self.remove(name)
    }

    /// Draws `samples` of those that have a time to live, and again as long as it was over for more
    /// than a quarter: these leave.
    pub fn sweep(&mut self, now: Time, samples: u32, chance: &mut Stream) -> Vec<ItemName> {
        let mut gone = Vec::new();
        loop {
            let there = self.mortal.as_ref().map_or(0, Bag::len);
            let drawn = (samples as usize).min(there);
            let before = gone.len();
            for _ in 0..drawn {
                let Some(place) = self.mortal.as_ref().and_then(|bag| bag.draw(chance)) else {
                    break;
                };
                let name = self.entries[place as usize].name;
                if self.lapse(now, name) {
                    gone.push(name);
                }
            }
            if (gone.len() - before) * 4 <= drawn {
                return gone;
            }
        }
    }

    /// Is there anything whose time may come to an end?
    pub fn has_mortals(&self) -> bool {
        self.expiry.first().is_some()
    }

    /// Is there room for an item, or will somebody make room?
    pub fn has_room_for(&self, name: ItemName) -> bool {
        let is_full = self.keeping.capacity.is_some_and(|it| self.places.len() >= it as usize);
        let nobody = match self.keeping.evict {
            Evict::Never => true,
            Evict::VolatileLru(_) => self.mortal.as_ref().is_some_and(Bag::is_empty),
            _ => false,
        };
        !(is_full && nobody) || self.places.contains_key(&name)
    }

    /// Somebody asks for an item.
    pub fn get(&mut self, now: Time, name: ItemName) -> Option<Seen> {
        self.order.asked(name);
        let place = *self.places.get(&name)?;
        self.order.used(place, name);
        if self.keeping.sliding && self.entries[place as usize].expires < Time::NEVER {
            self.live_on(now, place, Life::Renew);
        }
        Some(self.entries[place as usize].seen)
    }

    /// An item, which is not there, was asked for so often before the run.
    pub fn remember(&mut self, name: ItemName, times: u32) {
        self.order.remember(name, times);
    }

    /// What is there of an item, without asking for it.
    pub fn peek(&self, name: ItemName) -> Option<Seen> {
        self.places.get(&name).map(|place| self.entries[*place as usize].seen)
    }

    /// Puts an item, and lets another make room for it where there is none.
    pub fn put(&mut self, now: Time, name: ItemName, seen: Seen, life: Life) -> Put {
        if let Some(&place) = self.places.get(&name) {
            self.entries[place as usize].seen = seen;
            self.order.used(place, name);
            self.live_on(now, place, life);
            return Put::Renewed;
        }
        let mut evicted = None;
        if self.keeping.capacity.is_some_and(|capacity| self.places.len() >= capacity as usize) {
            let victim = self.order.victim(&self.places, self.mortal.as_ref(), name);
            let Some(victim) = victim else { return Put::Out };
            let victim = self.entries[victim as usize].name;
            self.remove(victim);
            evicted = Some(victim);
        }
        let entry = Entry { name, seen, expires: Time::NEVER };
        let place = self.spare.pop().unwrap_or(self.entries.len() as u32);
        match self.entries.get_mut(place as usize) {
            Some(unused) => *unused = entry,
            None => self.entries.push(entry),
        }
        self.places.insert(name, place);
        self.order.entered(place, name);
        self.live_on(now, place, life);
        Put::Entered(evicted)
    }

    /// Puts back an item that is not there, whose time to live is over then: those with the earliest
    /// end first.
    pub fn restore(&mut self, name: ItemName, seen: Seen, expires: Time) {
        let Put::Entered(_) = self.put(Time::ZERO, name, seen, Life::Remove) else { return };
        let is_mortal = self.keeping.ttl.is_some() && expires < Time::NEVER;
        if is_mortal && let Some(&place) = self.places.get(&name) {
            self.live_until(place, expires);
        }
    }

    /// When an item's time to live is over, if it is there.
    pub fn expires(&self, name: ItemName) -> Option<Time> {
        self.places.get(&name).map(|place| self.entries[*place as usize].expires)
    }

    /// Takes an item out. Was it there?
    pub fn remove(&mut self, name: ItemName) -> bool {
        let Some(place) = self.places.swap_remove(&name) else { return false };
        self.order.left(place);
        self.live_on(Time::ZERO, place, Life::Remove);
        self.spare.push(place);
        true
    }

    /// What is there, in no meaningful order.
    pub fn names(&self) -> impl Iterator<Item = ItemName> {
        self.places.keys().copied()
    }

    /// This becomes of its time to live.
    fn live_on(&mut self, now: Time, place: u32, life: Life) {
        let entry = &mut self.entries[place as usize];
        let was_mortal = entry.expires < Time::NEVER;
        if life == Life::Keep && was_mortal {
            return;
        }
        let ttl = self.keeping.ttl.filter(|_| life == Life::Renew);
        let ends = ttl.map_or(Time::NEVER, |ttl| now + self.expiry.lifetime(ttl));
        self.live_until(place, ends);
    }

    /// It lives until then.
    fn live_until(&mut self, place: u32, ends: Time) {
        let entry = &mut self.entries[place as usize];
        let was_mortal = entry.expires < Time::NEVER;
        entry.expires = ends;
        match (was_mortal, ends < Time::NEVER) {
            (true, true) => self.expiry.rejoin(place, ends),
            (false, true) => {
                self.expiry.join(place, ends);
                if let Some(bag) = &mut self.mortal {
                    bag.insert(place);
                }
            }
            (true, false) => {
                self.expiry.leave(place);
                if let Some(bag) = &mut self.mortal {
                    bag.remove(place);
                }
            }
            (false, false) => {}
        }
    }
}

#[cfg(test)]
mod tests;
