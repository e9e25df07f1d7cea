//! What lies in a cache: items up to a capacity, each for its time to live, and who makes room.
//! Knows no network, no fetches and no tasks.
//!
//! Items are counted, not weighed: all are of one size. An item leaves at the instant at which its
//! time is over, by the time that counts from its fill or (`sliding`) from its last use; Redis
//! serves it no longer either, but frees its memory later (commands/expire: when it is asked for, or
//! ten times a second among twenty drawn at random), which is left out. So are times to live that
//! differ between items of one cache.
//!
//! Every operation is constant in time (logarithmic for [`Evict::Lfu`]), and nothing is allocated
//! once the shelf has been full.

pub mod chain;
pub mod heap;
pub mod order;

use self::chain::Chain;
use self::order::Order;
use super::message::Seen;
use crate::base::{Stream, Table, Time};
use crate::probes::KeyId;
use crate::scenario::tree::{EntityIx, Keeping};

/// Which item.
pub type ItemName = (EntityIx, KeyId);

/// The items, with what decides who leaves.
#[derive(Clone, Debug)]
pub struct Shelf {
    keeping: Keeping,
    places: Table<ItemName, u32>,
    entries: Vec<Entry>,
    /// Places to be used again.
    spare: Vec<u32>,
    /// In order of the ends of their times to live.
    expiry: Chain,
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

impl Shelf {
    /// An empty one. `chance` serves the policies that draw.
    pub fn new(keeping: &Keeping, chance: Stream) -> Self {
        Self {
            places: Table::default(),
            entries: Vec::new(),
            spare: Vec::new(),
            expiry: Chain::default(),
            order: Order::new(keeping.evict, chance),
            keeping: keeping.clone(),
        }
    }

    /// An item whose time is over by now leaves: which, and when its time was over. To be asked
    /// until it says `None`, before anything else at this instant.
    pub fn expire(&mut self, now: Time) -> Option<(ItemName, Time)> {
        let Entry { name, expires, .. } = self.entries[self.expiry.first()? as usize];
        if expires > now {
            return None;
        }
        self.remove(name);
        Some((name, expires))
    }

    /// Somebody asks for an item.
    pub fn get(&mut self, now: Time, name: ItemName) -> Option<Seen> {
        self.order.asked(name);
        let place = *self.places.get(&name)?;
        self.order.used(place, name);
        if self.keeping.sliding {
            self.serve_from(now, place);
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
    pub fn put(&mut self, now: Time, name: ItemName, seen: Seen) -> Put {
        if let Some(&place) = self.places.get(&name) {
            self.entries[place as usize].seen = seen;
            self.order.used(place, name);
            self.serve_from(now, place);
            return Put::Renewed;
        }
        let mut evicted = None;
        if self.keeping.capacity.is_some_and(|capacity| self.places.len() >= capacity as usize) {
            let Some(victim) = self.order.victim(&self.places, name) else { return Put::Out };
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
        if let Some(ttl) = self.keeping.ttl {
            self.entries[place as usize].expires = now + ttl;
            self.expiry.join(place);
        }
        Put::Entered(evicted)
    }

    /// Takes an item out. Was it there?
    pub fn remove(&mut self, name: ItemName) -> bool {
        let Some(place) = self.places.swap_remove(&name) else { return false };
        self.order.left(place);
        if self.keeping.ttl.is_some() {
            self.expiry.leave(place);
        }
        self.spare.push(place);
        true
    }

    /// What is there, in no meaningful order.
    pub fn names(&self) -> impl Iterator<Item = ItemName> {
        self.places.keys().copied()
    }

    /// Its time to live begins anew; all live equally long, so it is the last to go.
    fn serve_from(&mut self, now: Time, place: u32) {
        if let Some(ttl) = self.keeping.ttl {
            self.entries[place as usize].expires = now + ttl;
            self.expiry.rejoin(place);
        }
    }
}

#[cfg(test)]
mod tests;
