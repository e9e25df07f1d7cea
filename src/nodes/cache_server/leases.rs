//! Who fetches what: with single flight a miss holds a lease on its item, and others who miss it
//! wait for its set; with versions, a lease remembers what was deleted meanwhile.
//!
//! After Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1, where a delete
//! takes the lease away, so that a fill that was read before it is not kept, and a lease is given
//! out again after 10 s. There, whoever misses meanwhile is told to ask again a little later; here
//! it waits at the cache (as in Go's `singleflight` and NGINX's `proxy_cache_lock`).

use super::Task;
use crate::base::{Span, Table, Time};
use crate::nodes::parts::cache_store::ItemName;
use crate::nodes::parts::slab::{Handle, Slab};
use crate::scenario::tree::CacheServer;

/// All leases.
#[derive(Clone, Debug)]
pub(super) struct Leases {
    single_flight: bool,
    versioned: bool,
    /// A lease that was not used for so long is given to the next who misses.
    term: Span,
    by_item: Table<ItemName, Lease>,
    waiters: Slab<Waiter>,
    /// Those whose item has just been set.
    served: Handle,
    /// Where the search for leases that nobody will use has come to.
    sweep: usize,
}

#[derive(Clone, Copy, Debug)]
struct Lease {
    since: Time,
    /// The newest version that was deleted meanwhile.
    deleted: Option<u64>,
    /// Misses that fetch.
    fetches: u32,
    first: Handle,
    last: Handle,
}

#[derive(Clone, Copy, Debug)]
struct Waiter {
    task: Task,
    next: Handle,
}

/// What becomes of a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// It fetches.
    Fetches,
    /// It waits for another's fetch.
    Waits,
}

impl Leases {
    /// None yet.
    pub(super) fn new(settings: &CacheServer) -> Self {
        Self {
            single_flight: settings.single_flight,
            versioned: settings.versioned,
            term: settings.lease,
            by_item: Table::default(),
            waiters: Slab::default(),
            served: Handle::NONE,
            sweep: 0,
        }
    }

    /// Who waits.
    pub(super) fn waiting(&self) -> usize {
        self.waiters.len()
    }

    /// Somebody missed an item: it fetches, or waits.
    pub(super) fn miss(&mut self, now: Time, name: ItemName, task: &Task) -> Missed {
        if !self.single_flight && !self.versioned {
            return Missed::Fetches;
        }
        self.sweep(now);
        let new = Lease {
            since: now,
            deleted: None,
            fetches: 0,
            first: Handle::NONE,
            last: Handle::NONE,
        };
        let lease = self.by_item.entry(name).or_insert(new);
        let is_held = lease.fetches > 0 && now.since(lease.since) < self.term;
        if !self.single_flight || !is_held {
            lease.since = now;
            lease.fetches += 1;
            return Missed::Fetches;
        }
        let waiter = self.waiters.insert(Waiter { task: *task, next: Handle::NONE });
        match self.waiters.get_mut(lease.last) {
            Some(last) => last.next = waiter,
            None => lease.first = waiter,
        }
        lease.last = waiter;
        Missed::Waits
    }

    /// An item is set in this version: is it older than what was deleted? Those who waited for it
    /// are to be asked for by [`Leases::next_waiter`].
    pub(super) fn end(&mut self, name: ItemName, version: u64) -> bool {
        let Some(lease) = self.by_item.get_mut(&name) else { return false };
        let is_outdated = self.versioned && lease.deleted.is_some_and(|newest| version < newest);
        self.served = lease.first;
        (lease.first, lease.last) = (Handle::NONE, Handle::NONE);
        lease.fetches = lease.fetches.saturating_sub(1);
        if lease.fetches == 0 || self.single_flight {
            self.by_item.swap_remove(&name);
        }
        is_outdated
    }

    /// The next of those who waited for the item that was set.
    pub(super) fn next_waiter(&mut self) -> Option<Task> {
        let Waiter { task, next } = self.waiters.remove(self.served)?;
        self.served = next;
        Some(task)
    }

    /// An item was deleted because there is this version of it.
    pub(super) fn invalidate(&mut self, name: ItemName, version: u64) {
        if let Some(lease) = self.by_item.get_mut(&name) {
            lease.deleted = lease.deleted.max(Some(version));
        }
    }

    /// A crash: all leases are gone; gives back who waited.
    pub(super) fn drain(&mut self) -> Vec<Task> {
        self.by_item.clear();
        self.waiters.drain().into_iter().map(|waiter| waiter.task).collect()
    }

    /// Lets go of a lease whose fetch never came back, if the next in line is one.
    fn sweep(&mut self, now: Time) {
        self.sweep = if self.sweep < self.by_item.len() { self.sweep + 1 } else { 0 };
        let Some((name, lease)) = self.by_item.get_index(self.sweep) else { return };
        if now.since(lease.since) >= self.term && self.waiters.get(lease.first).is_none() {
            let name = *name;
            self.by_item.swap_remove(&name);
        }
    }
}
