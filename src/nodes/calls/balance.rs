//! Which of a node's instances a caller calls, by its own knowledge alone: in turn, at random, or
//! where it has least outstanding.

use crate::base::Stream;
use crate::engine::InstanceId;
use crate::model::NodeModel;
use crate::scenario::tree::{Balance, NodeKind};

/// A node, as one caller knows it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    first: u32,
    count: u32,
    balance: Balance,
    next: u32,
    /// Calls to each instance; empty unless the balance asks.
    outstanding: Vec<u32>,
}

impl Target {
    /// Nothing is outstanding, and the caller with this index begins where others do not.
    pub(super) fn new(kind: &NodeKind, place: &NodeModel, caller: u32) -> Self {
        let balance = match kind {
            NodeKind::Gateway(gateway) => gateway.balance,
            NodeKind::Service(service) => service.balance,
            _ => Balance::RoundRobin,
        };
        // Of a quorum's instances only the first takes calls, its coordinator.
        let count = if matches!(kind, NodeKind::Quorum(_)) { 1 } else { place.count };
        let asks = matches!(balance, Balance::LeastOutstanding | Balance::Choices(_));
        Self {
            first: place.first.0,
            count,
            balance,
            next: match balance {
                Balance::Shards(shards) => caller % shards.min(count),
                _ => caller % count,
            },
            outstanding: if asks && count > 1 { vec![0; count as usize] } else { Vec::new() },
        }
    }

    /// Does it matter what is outstanding?
    pub(super) fn asks(&self) -> bool {
        !self.outstanding.is_empty()
    }

    /// Nothing is outstanding any more.
    pub(super) fn forget(&mut self) {
        self.outstanding.fill(0);
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
        let picked = if self.count == 1 { 0 } else { self.balance(chance) };
        InstanceId(self.first + picked)
    }

    /// Another instance than this one, for a second copy.
    pub(super) fn other(&mut self, than: InstanceId, chance: &mut Stream) -> Option<InstanceId> {
        let step = match self.balance {
            Balance::Shards(shards) => shards,
            _ => 1,
        };
        let picked = match self.balance {
            _ if self.count <= step => return None,
            Balance::Shards(_) => than.0 - self.first,
            _ => self.balance(chance),
        };
        let is_other = self.first + picked != than.0;
        let picked = if is_other { picked } else { (picked + step) % self.count };
        Some(InstanceId(self.first + picked))
    }

    /// Which of several instances is next.
    fn balance(&mut self, chance: &mut Stream) -> u32 {
        let count = self.count;
        match self.balance {
            Balance::RoundRobin => {
                let picked = self.next;
                self.next = (picked + 1) % count;
                picked
            }
            Balance::Shards(shards) => {
                let picked = self.next;
                self.next = (picked + 1) % shards.min(count);
                picked
            }
            Balance::Random => chance.below(u64::from(count)) as u32,
            Balance::LeastOutstanding => least(&self.outstanding, 0..count),
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
                least(&self.outstanding, drawn[..choices].iter().copied())
            }
        }
    }
}

/// More choices than this are not drawn.
const MAX_CHOICES: usize = 16;

fn least(outstanding: &[u32], among: impl Iterator<Item = u32>) -> u32 {
    among.min_by_key(|instance| outstanding[*instance as usize]).expect("a node has an instance")
}
