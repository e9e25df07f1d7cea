//! How long a store keeps what only memory needs: a line of names by age. Knows no rows.

use std::collections::VecDeque;

use crate::base::{Span, Time};

/// The window of deduplication, and of everything else that is kept only because a late message
/// might still refer to it (docs/semantics.md, rule 20).
pub const WINDOW: Span = Span(300_000_000_000);

/// Names in the order in which they came in, to be looked at again after [`WINDOW`].
#[derive(Clone, Debug)]
pub struct Ages<K> {
    line: VecDeque<(Time, K)>,
}

impl<K> Default for Ages<K> {
    fn default() -> Self {
        Self { line: VecDeque::new() }
    }
}

impl<K> Ages<K> {
    /// To be looked at again when the window has passed.
    pub fn push(&mut self, now: Time, name: K) {
        self.line.push_back((now, name));
    }

    /// The next one whose window has passed.
    pub fn due(&mut self, now: Time) -> Option<K> {
        let (since, _) = self.line.front()?;
        if now.since(*since) <= WINDOW {
            return None;
        }
        self.line.pop_front().map(|(_, name)| name)
    }
}

/// Whether something touched then is still within the window now.
pub fn is_fresh(touched: Time, now: Time) -> bool {
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
}
