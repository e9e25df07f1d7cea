//! A small open-addressing table from the items that operations created to their records. Its
//! behaviour depends on its history alone; it is never iterated, so its order never shows. It
//! exists because items come and go with every operation: an ordered map would allocate.

use super::fact::KeyId;
use crate::base::SharedVec;
use crate::scenario::tree::EntityIx;

/// A map from (entity, key) to `u32`, with linear probing at most half full.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    slots: SharedVec<Slot, 4>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    key: u64,
    value: u32,
    entity: u16,
    used: bool,
}

const EMPTY: Slot = Slot { key: 0, value: 0, entity: 0, used: false };

impl Table {
    /// Bytes that it holds; of what clones share, its share.
    pub(super) fn weight(&self) -> usize {
        self.slots.weight(|_| 0)
    }

    /// What stands under this name.
    #[inline]
    pub(super) fn get(&self, entity: EntityIx, key: KeyId) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let slot = self.slots[self.find(entity.0, key.0)];
        slot.used.then_some(slot.value)
    }

    /// Put `value` under this name.
    pub(super) fn insert(&mut self, entity: EntityIx, key: KeyId, value: u32) {
        if (self.len + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let at = self.find(entity.0, key.0);
        self.len += usize::from(!self.slots[at].used);
        self.slots[at] = Slot { key: key.0, value, entity: entity.0, used: true };
    }

    /// Take away what stands under this name.
    pub(super) fn remove(&mut self, entity: EntityIx, key: KeyId) -> Option<u32> {
        let value = self.get(entity, key)?;
        let mut hole = self.find(entity.0, key.0);
        self.len -= 1;
        let mask = self.slots.len() - 1;
        let mut next = hole;
        // Whatever probed past the hole moves back into it, so that no tombstones are needed.
        loop {
            next = (next + 1) & mask;
            let slot = self.slots[next];
            if !slot.used {
                break;
            }
            let home = self.home(slot.entity, slot.key);
            if (next.wrapping_sub(home) & mask) >= (next.wrapping_sub(hole) & mask) {
                self.slots[hole] = slot;
                hole = next;
            }
        }
        self.slots[hole] = EMPTY;
        Some(value)
    }

    /// How many.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    fn home(&self, entity: u16, key: u64) -> usize {
        let mixed = (key ^ u64::from(entity) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> (64 - self.slots.len().trailing_zeros())) as usize
    }

    /// Where it is, or where it would go.
    #[inline]
    fn find(&self, entity: u16, key: u64) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = self.home(entity, key);
        loop {
            let slot = &self.slots[at];
            if !slot.used || (slot.key == key && slot.entity == entity) {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        let smaller = std::mem::replace(&mut self.slots, SharedVec::of(&EMPTY, size));
        for slot in smaller.iter().filter(|slot| slot.used) {
            let at = self.find(slot.entity, slot.key);
            self.slots[at] = *slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_agrees_with_an_ordered_map(
            moves in prop::collection::vec((0_u16..3, 0_u64..200, any::<bool>()), 0..2000)
        ) {
            let (mut table, mut model) = (Table::default(), BTreeMap::new());
            for (n, (entity, key, put)) in moves.into_iter().enumerate() {
                let (entity, key) = (EntityIx(entity), KeyId(key | KeyId::CREATED));
                if put {
                    table.insert(entity, key, n as u32);
                    model.insert((entity, key), n as u32);
                } else {
                    prop_assert_eq!(table.remove(entity, key), model.remove(&(entity, key)));
                }
                prop_assert_eq!(table.get(entity, key), model.get(&(entity, key)).copied());
            }
            prop_assert_eq!(table.len(), model.len());
            for ((entity, key), value) in model {
                prop_assert_eq!(table.get(entity, key), Some(value));
            }
        }
    }
}
