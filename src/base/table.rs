//! A table keyed by ids: constant-time lookups whose hashing is the same on every platform and in
//! every run. Nothing may depend on the order in which a table lists its entries.

use std::hash::{BuildHasherDefault, Hasher};

use indexmap::IndexMap;

/// A table keyed by ids.
pub type Table<K, V> = IndexMap<K, V, BuildHasherDefault<Mixer>>;

/// Hashes ids: a product of twice the width, folded, so that every bit reaches every bit. Never used for
/// names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    #[inline]
    fn write_u8(&mut self, id: u8) {
        self.write_u64(u64::from(id));
    }

    #[inline]
    fn write_u16(&mut self, id: u16) {
        self.write_u64(u64::from(id));
    }

    #[inline]
    fn write_u32(&mut self, id: u32) {
        self.write_u64(u64::from(id));
    }

    #[inline]
    fn write_u64(&mut self, id: u64) {
        let product = u128::from(self.0 ^ id ^ 0xa076_1d64_78bd_642f) * 0xe703_7ed1_a0b4_28db;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    #[inline]
    fn write_usize(&mut self, id: usize) {
        self.write_u64(id as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_found_until_it_is_taken_out() {
        let mut table = Table::default();
        for id in 0..1_000u64 {
            table.insert((id, id as u8), id);
        }
        assert!((0..1_000).all(|id| table.get(&(id, id as u8)) == Some(&id)));
        assert_eq!(table.swap_remove(&(7, 7)), Some(7));
        assert_eq!(table.get(&(7, 7)), None);
        assert_eq!(table.len(), 999);
    }
}
