//! How much memory what the standard library gives holds on the heap: for those who keep many runs
//! within a budget. What the values themselves hold elsewhere is for their owner to add.

use std::collections::VecDeque;
use std::sync::Arc;

use super::table::Table;

/// Bytes of a vector's values and its room for more.
pub fn vec<T>(values: &Vec<T>) -> usize {
    values.capacity() * size_of::<T>()
}

/// Bytes of a queue's values and its room for more.
pub fn deque<T>(values: &VecDeque<T>) -> usize {
    values.capacity() * size_of::<T>()
}

/// Bytes of a table's entries, each with its hash, and of its index: a place and a byte for each entry,
/// seven of eight of which are used at most.
pub fn table<K, V>(entries: &Table<K, V>) -> usize {
    entries.capacity() * (size_of::<(u64, K, V)>() + (size_of::<usize>() + 1) * 8 / 7)
}

/// Bytes for which one of those answers that share something that holds so many beside itself.
pub fn share<T>(shared: &Arc<T>, held: usize) -> usize {
    (size_of::<T>() + 2 * size_of::<usize>() + held) / Arc::strong_count(shared)
}
