//! A vector in pages that its clones share: who writes to a page first makes one of its own, if it
//! is not alone with it. So a clone costs a pointer a page, and later the pages that are written to.
//! Knows nothing of what lies in it.
//!
//! ```text
//! run       ─▶ [ A ][ B ][ C' ]      after a clone the run wrote to the third page
//!                │    │
//! keyframe  ─▶ [ A ][ B ][ C  ]
//! ```

use std::ops::{Index, IndexMut};
use std::sync::Arc;

use super::weight;

/// A vector in pages of `N` values, a power of two. What lies behind the end of the last page is copies
/// of values that were pushed, which nobody sees: they should own no memory worth naming.
#[derive(Clone, Debug)]
pub struct Pages<T, const N: usize> {
    pages: Vec<Arc<[T; N]>>,
    len: usize,
}

impl<T, const N: usize> Default for Pages<T, N> {
    fn default() -> Self {
        const { assert!(N.is_power_of_two()) };
        Self { pages: Vec::new(), len: 0 }
    }
}

impl<T: Clone, const N: usize> Pages<T, N> {
    /// So many times the same value.
    pub fn of(value: &T, len: usize) -> Self {
        let page = || Arc::new(std::array::from_fn(|_| value.clone()));
        Self { pages: (0..len.div_ceil(N)).map(|_| page()).collect(), len }
    }

    /// How many values.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Are there none?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds one at the end.
    pub fn push(&mut self, value: T) {
        if self.len == self.pages.len() * N {
            self.pages.push(Arc::new(std::array::from_fn(|_| value.clone())));
            self.len += 1;
        } else {
            self.len += 1;
            let last = self.len - 1;
            self[last] = value;
        }
    }

    /// Takes the last one away.
    pub fn pop(&mut self) -> Option<T> {
        let value = self[self.len.checked_sub(1)?].clone();
        self.len -= 1;
        self.pages.truncate(self.len.div_ceil(N));
        Some(value)
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flat_map(|page| page.iter()).take(self.len)
    }

    /// Bytes that it holds: of pages that clones share its share, and what each value holds elsewhere.
    pub fn weight(&self, of: impl Fn(&T) -> usize) -> usize {
        let pages = self.pages.iter().map(|page| weight::share(page, page.iter().map(&of).sum()));
        weight::vec(&self.pages) + pages.sum::<usize>()
    }

    /// Pages of which no clone has a share.
    #[cfg(test)]
    pub fn own_pages(&self) -> usize {
        self.pages.iter().filter(|page| Arc::strong_count(page) == 1).count()
    }
}

impl<T: Clone, const N: usize> From<&Vec<T>> for Pages<T, N> {
    fn from(values: &Vec<T>) -> Self {
        let page = |some: &[T]| {
            Arc::new(std::array::from_fn(|at| some.get(at).unwrap_or(&some[0]).clone()))
        };
        Self { pages: values.chunks(N).map(page).collect(), len: values.len() }
    }
}

impl<T, const N: usize> Index<usize> for Pages<T, N> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        debug_assert!(at < self.len, "{at} of {}", self.len);
        &self.pages[at / N][at % N]
    }
}

impl<T: Clone, const N: usize> IndexMut<usize> for Pages<T, N> {
    #[inline]
    fn index_mut(&mut self, at: usize) -> &mut T {
        debug_assert!(at < self.len, "{at} of {}", self.len);
        &mut Arc::make_mut(&mut self.pages[at / N])[at % N]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_clone_shares_all_but_the_pages_that_are_written_to() {
        let mut run: Pages<u32, 4> = Pages::of(&7, 40);
        assert_eq!(run.own_pages(), 10);
        let keyframe = run.clone();
        assert_eq!((run.own_pages(), keyframe.own_pages()), (0, 0));
        (run[5], run[6]) = (1, 2);
        assert_eq!((run.own_pages(), keyframe.own_pages()), (1, 1));
        assert_eq!((run[5], keyframe[5], run[4], keyframe[4]), (1, 7, 7, 7));
        drop(keyframe);
        run[0] = 3;
        assert_eq!(run.own_pages(), 10, "alone with them again");
    }

    #[test]
    fn to_read_makes_nothing_ones_own() {
        let run: Pages<u32, 4> = Pages::of(&7, 40);
        let keyframe = run.clone();
        assert_eq!(run.iter().chain(keyframe.iter()).sum::<u32>(), 7 * 80);
        assert_eq!((run[39], run.own_pages(), keyframe.own_pages()), (7, 0, 0));
    }

    #[derive(Clone, Debug)]
    enum Move {
        Push(u32),
        Pop,
        Write(usize, u32),
        Clone,
    }

    fn moves() -> impl Strategy<Value = Vec<(Move, bool)>> {
        let one = prop_oneof![
            4 => any::<u32>().prop_map(Move::Push),
            1 => Just(Move::Pop),
            4 => (any::<usize>(), any::<u32>()).prop_map(|(at, value)| Move::Write(at, value)),
            1 => Just(Move::Clone),
        ];
        prop::collection::vec((one, any::<bool>()), 0..300)
    }

    proptest! {
        #[test]
        fn it_and_its_clone_are_vectors_that_know_nothing_of_each_other(moves in moves()) {
            let mut pages: [Pages<u32, 4>; 2] = Default::default();
            let mut plain: [Vec<u32>; 2] = Default::default();
            for (step, second) in moves {
                let (pages_of, plain_of) = (&mut pages[usize::from(second)], &mut plain[usize::from(second)]);
                match step {
                    Move::Push(value) => {
                        pages_of.push(value);
                        plain_of.push(value);
                    }
                    Move::Pop => prop_assert_eq!(pages_of.pop(), plain_of.pop()),
                    Move::Write(at, value) if !plain_of.is_empty() => {
                        let at = at % plain_of.len();
                        (pages_of[at], plain_of[at]) = (value, value);
                    }
                    Move::Write(..) => {}
                    Move::Clone => {
                        let from = usize::from(!second);
                        pages[1 - from] = pages[from].clone();
                        plain[1 - from] = plain[from].clone();
                    }
                }
                for (pages, plain) in pages.iter().zip(&plain) {
                    prop_assert!(pages.iter().eq(plain) && pages.len() == plain.len());
                }
            }
        }
    }
}
