//! Calls of one policy in the order in which they time out, which is the order in which they were
//! made: one timer for all of them is enough. Knows no policies, and when each timer is due, but sets
//! none.

use prefetch_index::prefetch_index;

use crate::base::Time;
use crate::nodes::slab::Handle;

/// The lines of all policies of one caller: rings of the places of their calls, each closed by a
/// place of its own, so that joining and leaving never ask for an end. The slots of all calls are
/// those of one slab.
///
/// ```text
/// place:   0       1       | 2          3          4 ...
///          line 0  line 1  | slot 0     slot 1     slot 2 ...
/// line 1:  1 ◀─▶ 4 ◀─▶ 2 ◀─▶ 1    (the call in slot 2 is due first, then that in slot 0)
/// ```
#[derive(Clone, Debug)]
pub(super) struct Lines {
    places: Vec<Place>,
    count: usize,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    previous: u32,
    next: u32,
    /// When the call times out; in the place that closes a line, when its timer is due, or was.
    due: Time,
    call: Handle,
}

impl Lines {
    /// So many empty ones.
    pub(super) fn new(count: usize) -> Self {
        let mut lines = Self { places: Vec::new(), count };
        lines.clear();
        lines
    }

    /// Nobody stands in line any more.
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.places.extend((0..self.count as u32).map(empty));
    }

    /// A call is made now that is due then: not before those that stand in this line. Is the line's
    /// timer to be set for it?
    #[inline]
    pub(super) fn join(&mut self, line: usize, call: Handle, now: Time, due: Time) -> bool {
        let at = self.count + call.slot();
        if at >= self.places.len() {
            self.grow(at);
        }
        let closing = &mut self.places[line];
        let (at, line) = (at as u32, line as u32);
        let previous = std::mem::replace(&mut closing.previous, at);
        let needs_timer = previous == line && closing.due <= now;
        if needs_timer {
            closing.due = due;
        }
        self.places[previous as usize].next = at;
        self.places[at as usize] = Place { previous, next: line, due, call };
        needs_timer
    }

    /// When the timer of this line is due, or was.
    pub(super) fn timer(&self, line: usize) -> Time {
        self.places[line].due
    }

    /// The timer of this line is set.
    pub(super) fn set_timer(&mut self, line: usize, due: Time) {
        self.places[line].due = due;
    }

    #[cold]
    fn grow(&mut self, at: usize) {
        let more = self.places.len() as u32..=at as u32;
        self.places.extend(more.map(empty));
    }

    /// Lets be fetched where this call stands.
    pub(super) fn prefetch(&self, call: Handle) {
        prefetch_index(&self.places, self.count + call.slot());
    }

    /// Lets be fetched where those stand that are before and behind it.
    pub(super) fn prefetch_neighbours(&self, call: Handle) {
        if let Some(place) = self.places.get(self.count + call.slot()) {
            prefetch_index(&self.places, place.previous as usize);
            prefetch_index(&self.places, place.next as usize);
        }
    }

    /// A call that stands in a line leaves it.
    #[inline]
    pub(super) fn leave(&mut self, call: Handle) {
        let Place { previous, next, .. } = self.places[self.count + call.slot()];
        self.places[previous as usize].next = next;
        self.places[next as usize].previous = previous;
    }

    /// Who is due first, and when; `None` if nobody stands in this line.
    #[inline]
    pub(super) fn first(&self, line: usize) -> Option<(Time, Handle)> {
        let first = self.places[line].next as usize;
        (first != line).then(|| (self.places[first].due, self.places[first].call))
    }
}

/// A place with nobody before or behind it.
fn empty(place: u32) -> Place {
    Place { previous: place, next: place, due: Time::ZERO, call: Handle::NONE }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::nodes::slab::Slab;

    proptest! {
        /// `Some` joins a line, `None` lets the call leave that was made so many calls before.
        #[test]
        fn lines_are_queues_that_anybody_may_leave(
            steps in prop::collection::vec((prop::option::weighted(0.6, 0..3usize), 0..8usize), 0..300)
        ) {
            let (mut lines, mut slab) = (Lines::new(3), Slab::default());
            let mut plain: Vec<(usize, Time, Handle)> = Vec::new();
            for (now, (step, back)) in (0..).zip(steps) {
                if let Some(line) = step {
                    let call = slab.insert(());
                    lines.join(line, call, Time(now), Time(now));
                    plain.push((line, Time(now), call));
                } else if let Some(leaver) = plain.len().checked_sub(1 + back) {
                    let (_, _, call) = plain.remove(leaver);
                    slab.discard(call);
                    lines.leave(call);
                }
                for line in 0..3 {
                    let first = plain.iter().find(|waits| waits.0 == line);
                    prop_assert_eq!(lines.first(line), first.map(|waits| (waits.1, waits.2)));
                }
            }
            lines.clear();
            prop_assert!((0..3).all(|line| lines.first(line).is_none()));
        }
    }
}
