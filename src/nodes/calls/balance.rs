//! Which of a node's instances a caller calls, by its own knowledge alone: in turn, at random, or
//! where it has least outstanding. Of a node that registers it is one of those that the caller has
//! been told of.

use super::list::List;
use crate::base::{Stream, Time};
use crate::engine::InstanceId;
use crate::model::{Model, NodeIx};
use crate::scenario::tree::Balance;

/// A node, as one caller knows it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Which.
    pub(super) node: NodeIx,
    first: u32,
    count: u32,
    balance: Balance,
    next: u32,
    /// Calls to each instance; empty unless the balance asks.
    outstanding: Vec<u32>,
    /// Those that a registry lists, where one does.
    list: Option<Box<List>>,
}

impl Target {
    /// How many instances it has, if a registry lists them.
    pub(super) fn listed(&self) -> Option<usize> {
        Some(self.list.as_ref()?.there().len())
    }

    /// Nothing is outstanding, and the caller with this index begins where others do not.
    /// With `is_listed` it will be told who is there; for now all are.
    pub(super) fn new(model: &Model, node: NodeIx, caller: u32, is_listed: bool) -> Self {
        let kind = &model.scenario.nodes[usize::from(node.0)].kind;
        let place = &model.nodes[usize::from(node.0)];
        let balance = kind.balance();
        let count = kind.callable().min(place.count);
        let asks = matches!(balance, Balance::LeastOutstanding | Balance::Choices(_));
        Self {
            node,
            first: place.first.0,
            count,
            balance,
            next: match balance {
                Balance::Shards(shards) => caller % shards.min(count),
                _ => caller % count,
            },
            list: is_listed.then(|| Box::new(List::of_all(count))),
            outstanding: if asks && count > 1 { vec![0; count as usize] } else { Vec::new() },
        }
    }

    /// Does it matter what is outstanding, or who is there?
    pub(super) fn asks(&self) -> bool {
        !self.outstanding.is_empty() || self.list.is_some()
    }

    /// Nothing is outstanding any more, and nobody is known.
    pub(super) fn forget(&mut self) {
        self.outstanding.fill(0);
        if let Some(list) = &mut self.list {
            list.forget();
        }
    }

    /// Does its caller know of nobody there?
    pub(super) fn has_nobody(&self) -> bool {
        self.list.as_ref().is_some_and(|list| list.there().is_empty())
    }

    /// Does its caller know that this instance is there?
    pub(super) fn has(&self, instance: InstanceId) -> bool {
        let place = instance.0 - self.first;
        self.list.as_ref().is_none_or(|list| list.there().binary_search(&place).is_ok())
    }

    /// A registry has said who was there at that instant, of 64 instances from `first` on. Says of
    /// each that has come or gone which, and whether it is there.
    pub(super) fn learn(
        &mut self,
        first: InstanceId,
        bits: u64,
        at: Time,
        mut say: impl FnMut(InstanceId, bool),
    ) {
        let own = self.first;
        if let Some(list) = &mut self.list {
            list.learn(first.0 - own, bits, at, |place, is_there| {
                say(InstanceId(own + place), is_there);
            });
        }
    }

    /// So many more calls to an instance are outstanding, if anybody asks.
    pub(super) fn count(&mut self, to: InstanceId, more: i32) {
        if let Some(outstanding) = self.outstanding.get_mut((to.0 - self.first) as usize) {
            *outstanding = outstanding.saturating_add_signed(more);
        }
    }

    /// Which instance is called.
    #[inline]
    pub(super) fn pick(&mut self, chance: &mut Stream) -> InstanceId {
        let picked = self.balance(chance);
        self.choice(picked)
    }

    /// How many there are to choose from.
    fn choices(&self) -> u32 {
        self.list.as_ref().map_or(self.count, |list| list.there().len() as u32)
    }

    /// Which of them this is.
    #[inline]
    fn choice(&self, picked: u32) -> InstanceId {
        let place = match &self.list {
            Some(list) => list.there().get(picked as usize).copied().unwrap_or_default(),
            None => picked,
        };
        InstanceId(self.first + place)
    }

    /// Another instance than this one, for a second copy.
    pub(super) fn other(&mut self, than: InstanceId, chance: &mut Stream) -> Option<InstanceId> {
        let step = match self.balance {
            Balance::Shards(shards) => shards,
            _ => 1,
        };
        let count = self.choices();
        let picked = match self.balance {
            _ if count <= step => return None,
            Balance::Shards(_) => than.0 - self.first,
            _ => self.balance(chance),
        };
        let is_other = self.choice(picked) != than;
        let picked = if is_other { picked } else { (picked + step) % count };
        Some(self.choice(picked))
    }

    /// Which of several choices is next; the first where there is none.
    fn balance(&mut self, chance: &mut Stream) -> u32 {
        let count = self.choices();
        if count <= 1 {
            return 0;
        }
        match self.balance {
            Balance::RoundRobin => {
                let picked = if self.next < count { self.next } else { 0 };
                self.next = (picked + 1) % count;
                picked
            }
            Balance::Shards(shards) => {
                let picked = self.next;
                self.next = (picked + 1) % shards.min(count);
                picked
            }
            Balance::Random => chance.below(u64::from(count)) as u32,
            Balance::LeastOutstanding => self.least(0..count),
            Balance::Choices(choices) => {
                let mut drawn = [0; MAX_CHOICES];
                let choices = (choices as usize).min(count as usize).min(MAX_CHOICES);
                for place in 0..choices {
                    // Without replacement: the n-th of those not yet drawn.
                    let mut pick = chance.below(u64::from(count) - place as u64) as u32;
                    let earlier = &mut drawn[..place];
                    earlier.sort_unstable();
                    for &mut taken in earlier {
                        pick += u32::from(pick >= taken);
                    }
                    drawn[place] = pick;
                }
                self.least(drawn[..choices].iter().copied())
            }
        }
    }

    /// Of these choices the one with the least outstanding, the first of equals.
    fn least(&self, among: impl Iterator<Item = u32>) -> u32 {
        let outstanding =
            |choice: &u32| self.outstanding[(self.choice(*choice).0 - self.first) as usize];
        among.min_by_key(outstanding).expect("there is a choice")
    }
}

/// More choices than this are not drawn.
const MAX_CHOICES: usize = 16;
