//! How long a store keeps what only memory needs: a line of names by age. Knows no rows.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::base::{Span, Time, weight};

/// The window of deduplication, and of everything else that is kept only because a late message
/// might still refer to it (docs/semantics.md, rule 20).
pub(super) const WINDOW: Span = Span(300_000_000_000);

/// Names in a page of the line.
const PAGE: usize = 64;

/// Names in the order in which they came in, to be looked at again after [`WINDOW`]. Clones share the
/// full pages of the line, to which nobody writes.
#[derive(Clone, Debug)]
pub(super) struct Ages<K> {
    full: VecDeque<Arc<Vec<(Time, K)>>>,
    /// The last page.
    young: Vec<(Time, K)>,
    /// So many of the first page are gone.
    gone: usize,
}

impl<K> Default for Ages<K> {
    fn default() -> Self {
        Self { full: VecDeque::new(), young: Vec::new(), gone: 0 }
    }
}

impl<K: Copy> Ages<K> {
    /// Bytes that they hold; of what clones share, their share.
    pub(super) fn weight(&self) -> usize {
        let full = self.full.iter().map(|page| weight::share(page, weight::vec(page)));
        weight::deque(&self.full) + full.sum::<usize>() + weight::vec(&self.young)
    }

    /// To be looked at again when the window has passed.
    pub(super) fn push(&mut self, now: Time, name: K) {
        self.young.push((now, name));
        if self.young.len() == PAGE {
            let next = Vec::with_capacity(PAGE);
            self.full.push_back(Arc::new(std::mem::replace(&mut self.young, next)));
        }
    }

    /// The next one whose window has passed.
    pub(super) fn due(&mut self, now: Time) -> Option<K> {
        let page = self.full.front().map_or(&self.young, |page| page);
        let &(since, name) = page.get(self.gone)?;
        if now.since(since) <= WINDOW {
            return None;
        }
        self.gone += 1;
        if self.gone == PAGE {
            self.gone = 0;
            self.full.pop_front();
        }
        Some(name)
    }
}

/// Whether something touched then is still within the window now.
pub(super) fn is_fresh(touched: Time, now: Time) -> bool {
    now.since(touched) <= WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_due_after_the_window_and_not_before() {
        let mut ages = Ages::default();
        ages.push(Time(5), 'a');
        ages.push(Time(6), 'b');
        assert_eq!(ages.due(Time(5) + WINDOW), None);
        assert_eq!(ages.due(Time(6) + WINDOW), Some('a'));
        assert_eq!(ages.due(Time(6) + WINDOW), None);
    }

    #[test]
    fn a_line_of_many_pages_goes_on_alike_in_a_clone() {
        let mut ages = Ages::default();
        let mut kept = Vec::new();
        for number in 0..1_000 {
            ages.push(Time(number), number);
            if number % 100 == 0 {
                kept.push((ages.clone(), number));
            }
        }
        kept.push((ages, 999));
        for (mut ages, last) in kept {
            let late = Time(2_000) + WINDOW;
            let line: Vec<u64> = std::iter::from_fn(|| ages.due(late)).collect();
            assert_eq!(line, (0..=last).collect::<Vec<_>>());
            ages.push(Time(5), 7);
            assert_eq!((ages.due(late), ages.due(late)), (Some(7), None));
        }
    }
}
