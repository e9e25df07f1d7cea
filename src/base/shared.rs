//! What piles up in a run and is dear to copy: a plain vector or table as long as nobody ever cloned it,
//! and from its first clone on one in pages that clones share. So a run without keyframes pays a test
//! for them that always comes out alike; the first keyframe copies everything, those after it next to
//! nothing. Knows nothing of what lies in it.

use std::hash::Hash;
use std::hint::cold_path;
use std::ops::{Index, IndexMut};
use std::sync::OnceLock;

use super::paged_table::PagedTable;
use super::pages::Pages;
use super::table::Table;
use super::weight;

/// A vector whose clones share all pages of `N` values that neither has written to since.
pub type SharedVec<T, const N: usize> = Shared<Vec<T>, Pages<T, N>>;

/// A map whose clones share all pages of `N` entries that neither has written to since: fewer to a page
/// where old entries are written to as often as young ones. Nothing may depend on the order of its
/// entries, so it lists none.
pub type SharedTable<K, V, const N: usize = 32> = Shared<Table<K, V>, PagedTable<K, V, N>>;

/// Something plain until it is cloned, and its likeness in pages from then on.
#[derive(Debug, Default)]
pub struct Shared<Plain, Paged> {
    /// Empty, or out of date, once there is the other.
    plain: Plain,
    paged: OnceLock<Paged>,
}

/// The one of the two that counts.
enum Form<Plain, Paged> {
    Plain(Plain),
    Paged(Paged),
}

impl<Plain: Default, Paged: Clone + for<'a> From<&'a Plain>> Clone for Shared<Plain, Paged> {
    fn clone(&self) -> Self {
        let paged = self.paged.get_or_init(|| Paged::from(&self.plain));
        Self { plain: Plain::default(), paged: paged.clone().into() }
    }
}

impl<Plain: Default, Paged> Shared<Plain, Paged> {
    #[inline]
    fn form(&self) -> Form<&Plain, &Paged> {
        match self.paged.get() {
            None => Form::Plain(&self.plain),
            Some(paged) => {
                cold_path();
                Form::Paged(paged)
            }
        }
    }

    #[inline]
    fn form_mut(&mut self) -> Form<&mut Plain, &mut Paged> {
        match self.paged.get() {
            None => Form::Plain(&mut self.plain),
            Some(_) => Form::Paged(self.paged_mut()),
        }
    }

    #[cold]
    #[inline(never)]
    fn paged_mut(&mut self) -> &mut Paged {
        self.plain = Plain::default();
        self.paged.get_mut().expect("it was cloned")
    }
}

impl<T: Clone, const N: usize> SharedVec<T, N> {
    /// So many times the same value.
    pub fn of(value: &T, len: usize) -> Self {
        Self { plain: vec![value.clone(); len], paged: OnceLock::new() }
    }

    /// How many values.
    #[inline]
    pub fn len(&self) -> usize {
        match self.form() {
            Form::Plain(plain) => plain.len(),
            Form::Paged(paged) => paged.len(),
        }
    }

    /// Bytes that it holds: of what clones share its share, and what each value holds elsewhere.
    pub fn weight(&self, of: impl Fn(&T) -> usize) -> usize {
        match self.form() {
            Form::Plain(plain) => weight::vec(plain) + plain.iter().map(of).sum::<usize>(),
            Form::Paged(paged) => paged.weight(of),
        }
    }

    /// Are there none?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds one at the end.
    #[inline]
    pub fn push(&mut self, value: T) {
        match self.form_mut() {
            Form::Plain(plain) => plain.push(value),
            Form::Paged(paged) => paged.push(value),
        }
    }

    /// One of them, to be changed, if there are so many.
    #[inline]
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        match self.form_mut() {
            Form::Plain(plain) => plain.get_mut(at),
            Form::Paged(paged) => (at < paged.len()).then(|| &mut paged[at]),
        }
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let (plain, paged) = match self.form() {
            Form::Plain(plain) => (Some(plain.iter()), None),
            Form::Paged(paged) => (None, Some(paged.iter())),
        };
        plain.into_iter().flatten().chain(paged.into_iter().flatten())
    }

    /// Changes those that fulfil this, and leaves the others shared.
    pub fn change_where(&mut self, fulfils: impl Fn(&T) -> bool, mut change: impl FnMut(&mut T)) {
        match self.form_mut() {
            Form::Plain(plain) => plain.iter_mut().filter(|it| fulfils(it)).for_each(change),
            Form::Paged(paged) => {
                for at in 0..paged.len() {
                    if fulfils(&paged[at]) {
                        change(&mut paged[at]);
                    }
                }
            }
        }
    }
}

impl<T: Clone, const N: usize> Index<usize> for SharedVec<T, N> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        match self.form() {
            Form::Plain(plain) => &plain[at],
            Form::Paged(paged) => &paged[at],
        }
    }
}

impl<T: Clone, const N: usize> IndexMut<usize> for SharedVec<T, N> {
    #[inline]
    fn index_mut(&mut self, at: usize) -> &mut T {
        match self.form_mut() {
            Form::Plain(plain) => &mut plain[at],
            Form::Paged(paged) => &mut paged[at],
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone, const N: usize> SharedTable<K, V, N> {
    /// How many entries.
    pub fn len(&self) -> usize {
        match self.form() {
            Form::Plain(plain) => plain.len(),
            Form::Paged(paged) => paged.len(),
        }
    }

    /// Bytes that it holds: of what clones share its share. Values hold nothing elsewhere.
    pub fn weight(&self) -> usize {
        match self.form() {
            Form::Plain(plain) => weight::table(plain),
            Form::Paged(paged) => paged.weight(),
        }
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, key: &K) -> Option<&V> {
        match self.form() {
            Form::Plain(plain) => plain.get(key),
            Form::Paged(paged) => paged.get(key),
        }
    }

    /// The same, to be changed.
    #[inline]
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match self.form_mut() {
            Form::Plain(plain) => plain.get_mut(key),
            Form::Paged(paged) => paged.get_mut(key),
        }
    }

    /// The value of a key, made now if there is none.
    #[inline]
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        match self.form_mut() {
            Form::Plain(plain) => plain.entry(key).or_insert_with(make),
            Form::Paged(paged) => paged.get_or_insert_with(key, make),
        }
    }

    /// Takes a key and its value away.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        match self.form_mut() {
            Form::Plain(plain) => plain.swap_remove(key),
            Form::Paged(paged) => paged.remove(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn is_plain<A: Default, B>(shared: &Shared<A, B>) -> bool {
        matches!(shared.form(), Form::Plain(_))
    }

    #[test]
    fn it_is_plain_until_it_is_cloned_and_keeps_no_second_copy_then() {
        let mut run: SharedVec<u32, 4> = SharedVec::of(&7, 40);
        run.push(8);
        assert!(is_plain(&run));
        let keyframe = run.clone();
        assert!(!is_plain(&run) && !is_plain(&keyframe));
        run[3] = 1;
        assert_eq!((run[3], keyframe[3], run.len(), run.plain.len()), (1, 7, 41, 0));
    }

    #[test]
    fn what_need_not_be_changed_stays_shared() {
        let mut run: SharedVec<u32, 4> = SharedVec::of(&7, 40);
        run[5] = 1;
        let keyframe = run.clone();
        run.change_where(|value| *value == 1, |value| *value = 2);
        assert_eq!((run[5], keyframe[5]), (2, 1));
        assert_eq!(run.paged.get().map(Pages::own_pages), Some(1));
    }

    proptest! {
        #[test]
        fn a_vector_and_its_clones_know_nothing_of_each_other(
            moves in prop::collection::vec((0_u8..10, any::<usize>(), any::<bool>()), 0..300)
        ) {
            let mut shared: [SharedVec<usize, 4>; 2] = Default::default();
            let mut plain: [Vec<usize>; 2] = Default::default();
            for (what, value, second) in moves {
                let mine = usize::from(second);
                let at = value % plain[mine].len().max(1);
                match what {
                    0..4 => {
                        shared[mine].push(value);
                        plain[mine].push(value);
                    }
                    4..8 => prop_assert_eq!(
                        shared[mine].get_mut(at).map(|it| std::mem::replace(it, value)),
                        plain[mine].get_mut(at).map(|it| std::mem::replace(it, value))
                    ),
                    8 => {
                        shared[mine].change_where(|it| it % 2 == 0, |it| *it += 1);
                        plain[mine].iter_mut().filter(|it| **it % 2 == 0).for_each(|it| *it += 1);
                    }
                    _ => {
                        shared[1 - mine] = shared[mine].clone();
                        plain[1 - mine] = plain[mine].clone();
                    }
                }
                for (shared, plain) in shared.iter().zip(&plain) {
                    prop_assert!(shared.iter().eq(plain) && shared.len() == plain.len());
                    prop_assert!((0..plain.len()).all(|at| shared[at] == plain[at]));
                }
            }
        }

        #[test]
        fn a_table_and_its_clones_agree_with_ordered_maps(
            moves in prop::collection::vec((0_u64..100, 0_u8..5, any::<bool>()), 0..500)
        ) {
            let mut tables: [SharedTable<u64, usize, 4>; 2] = Default::default();
            let mut models: [BTreeMap<u64, usize>; 2] = Default::default();
            for (n, (key, what, second)) in moves.into_iter().enumerate() {
                let mine = usize::from(second);
                let (table, model) = (&mut tables[mine], &mut models[mine]);
                match what {
                    0 => prop_assert_eq!(table.remove(&key), model.remove(&key)),
                    1 => prop_assert_eq!(table.get_or_insert_with(key, || n), model.entry(key).or_insert(n)),
                    2 => prop_assert_eq!(table.get_mut(&key), model.get_mut(&key)),
                    3 if key < 5 => {
                        tables[1 - mine] = tables[mine].clone();
                        models[1 - mine] = models[mine].clone();
                    }
                    _ => *table.get_or_insert_with(key, || 0) = *model.entry(key).insert_entry(n).get(),
                }
            }
            for (table, model) in tables.iter().zip(&models) {
                prop_assert_eq!(table.len(), model.len());
                prop_assert!((0..100).all(|key| table.get(&key) == model.get(&key)));
            }
        }
    }
}
