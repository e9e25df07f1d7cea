//! Works at hand whose end is not settled when they begin: they share the workers, are interrupted,
//! or stand still.
//!
//! Virtual time counts the work that anything has received that was there all along, so a work
//! ends at a fixed virtual instant however its speed changes. With `c` workers shared by `n` works it
//! runs at `min(1, c/n)` (egalitarian processor sharing: Kleinrock, "Time-shared systems: a
//! theoretical treatment", JACM 14(2), 1967; Parekh and Gallager call it the virtual time of
//! generalized processor sharing, IEEE/ACM Transactions on Networking 1(3), 1993), where each work
//! has a worker of its own at 1, and while they stand still at 0.
//!
//! ```text
//! one worker, two works of 10:   real     0         5                   15        20
//!                                virtual  0 ──1/1── 5 ───────1/2─────── 10 ──1/1── 15
//!                                first    ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■ ends at 10
//!                                second             ■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■■ ends at 5 + 10
//! ```
//!
//! Whole numbers of 2^-32 ns throughout: a work ends at the first nanosecond at which it has
//! received all it wants. Until then it has its share, so each end costs the others less than a
//! nanosecond of work.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::slab::Handle;
use super::wait_queue::Turn;
use crate::base::{Span, Time};

/// An amount of work, in 2^-32 ns of one worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(u128);

impl From<Span> for Amount {
    fn from(span: Span) -> Self {
        Self(u128::from(span.0) << 32)
    }
}

/// A work. What ends first is least; of equals, what has the better turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Work {
    /// In virtual time.
    ends: u128,
    turn: Turn,
    task: Handle,
}

/// The works of one instance.
#[derive(Clone, Debug, Default)]
pub struct InService {
    /// Workers that all share; `None`: each work has its own.
    shared: Option<u32>,
    frozen: bool,
    /// Virtual time at `now`.
    virtual_now: u128,
    now: Time,
    works: BinaryHeap<Reverse<Work>>,
}

impl InService {
    /// Nothing at hand. `shared`: the workers, if all works share them.
    pub fn new(shared: Option<u32>) -> Self {
        Self { shared, ..Self::default() }
    }

    /// It is later now. Before anything else is asked or changed.
    pub fn advance(&mut self, now: Time) {
        let (workers, works) = self.speed();
        let passed = u128::from(now.since(self.now).0) << 32;
        self.virtual_now += passed * workers / works;
        self.now = now;
    }

    /// Virtual time per time, as a fraction.
    fn speed(&self) -> (u128, u128) {
        let works = self.works.len() as u128;
        match self.shared {
            _ if self.frozen => (0, 1),
            Some(workers) if works > u128::from(workers) => (u128::from(workers), works),
            _ => (1, 1),
        }
    }

    /// A task's work begins, or is resumed with what is left of it.
    pub fn add(&mut self, task: Handle, turn: Turn, left: Amount) {
        self.works.push(Reverse(Work { ends: self.virtual_now + left.0, turn, task }));
    }

    /// Do works stand still?
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Works stand still, or go on.
    pub fn freeze(&mut self, frozen: bool) {
        self.frozen = frozen;
    }

    /// How long until the first work is done, if nothing changes before.
    pub fn next(&self) -> Option<Span> {
        let Reverse(first) = self.works.peek()?;
        let left = first.ends.saturating_sub(self.virtual_now);
        let (workers, works) = self.speed();
        if workers == 0 {
            return None;
        }
        // The first nanosecond at which it is done.
        let needed = (left * works).div_ceil(workers << 32);
        Some(Span(u64::try_from(needed).unwrap_or(u64::MAX)))
    }

    /// A work that is done, the first to be first.
    pub fn take_done(&mut self) -> Option<Handle> {
        let Reverse(first) = self.works.peek()?;
        if first.ends > self.virtual_now || self.frozen {
            return None;
        }
        self.works.pop().map(|Reverse(work)| work.task)
    }

    /// The turn of the work that has the worst.
    pub fn worst(&self) -> Option<Turn> {
        self.works.iter().map(|Reverse(work)| work.turn).max()
    }

    /// Interrupts the work of this turn; says whose it is and what is left of it.
    pub fn interrupt(&mut self, turn: Turn) -> Option<(Handle, Amount)> {
        let Reverse(work) = *self.works.iter().find(|Reverse(work)| work.turn == turn)?;
        self.works.retain(|Reverse(other)| other.turn != turn);
        Some((work.task, Amount(work.ends.saturating_sub(self.virtual_now))))
    }

    /// A task's work is no longer wanted.
    pub fn remove(&mut self, task: Handle) {
        self.works.retain(|Reverse(work)| work.task != task);
    }

    /// A crash.
    pub fn forget(&mut self) {
        self.works.clear();
        self.frozen = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::nodes::parts::slab::Slab;

    fn turn(order: u64) -> Turn {
        Turn { class: 0, is_new: true, order }
    }

    /// When works that come at `at` and want `wants` end, by their places.
    fn ends(shared: Option<u32>, coming: &[(u64, u64)]) -> Vec<u64> {
        let mut in_service = InService::new(shared);
        let mut names = Slab::default();
        let (mut next, mut ends) = (0, vec![0; coming.len()]);
        loop {
            let due = in_service.next().map(|span| in_service.now + span);
            let arrives = coming.get(next).map(|(at, _)| Time(*at));
            let Some(now) = due.into_iter().chain(arrives).min() else { return ends };
            in_service.advance(now);
            while let Some(task) = in_service.take_done() {
                ends[*names.get(task).expect("it is named")] = now.0;
            }
            while let Some((_, wants)) = coming.get(next).filter(|(at, _)| *at == now.0) {
                let task = names.insert(next);
                in_service.add(task, turn(next as u64), Span(*wants).into());
                next += 1;
            }
        }
    }

    #[test]
    fn works_that_share_a_worker_take_turns_without_end() {
        assert_eq!(ends(Some(1), &[(0, 10), (5, 10)]), [15, 20]);
        // From 2 on a half each, from 4 on a third; the third has 2 at 10, the first its 6 at 14,
        // and the second the last 3 of its 6 alone... 2 + 1/2*2 + 1/3*6 = 5, one left at a half.
        assert_eq!(ends(Some(1), &[(0, 6), (2, 6), (4, 2)]), [12, 14, 10]);
    }

    #[test]
    fn nobody_gets_more_than_one_worker() {
        assert_eq!(ends(Some(2), &[(0, 10), (0, 10)]), [10, 10]);
        // Three share two: 15 for 10.
        assert_eq!(ends(Some(2), &[(0, 10), (0, 10), (0, 10)]), [15, 15, 15]);
        assert_eq!(ends(None, &[(0, 10), (1, 10), (2, 10)]), [10, 11, 12]);
    }

    #[test]
    fn thirds_of_a_nanosecond_are_kept() {
        // Two thirds of a nanosecond are waited for by all, but lost to none.
        assert_eq!(ends(Some(1), &[(0, 1), (0, 2), (0, 3)]), [3, 5, 6]);
        assert_eq!(ends(Some(3), &[(0, 10), (0, 10), (0, 10), (0, 10)]), [14, 14, 14, 14]);
    }

    #[test]
    fn a_work_that_stands_still_or_is_interrupted_keeps_what_is_left() {
        let mut in_service = InService::new(None);
        let mut names = Slab::default();
        let (a, b) = (names.insert('a'), names.insert('b'));
        in_service.add(a, turn(0), Span(10).into());
        in_service.advance(Time(4));
        in_service.add(b, turn(1), Span(10).into());
        assert_eq!(in_service.worst(), Some(turn(1)));
        in_service.advance(Time(6));
        assert_eq!(in_service.interrupt(turn(1)), Some((b, Span(8).into())));
        in_service.add(b, turn(2), Span(1).into());
        in_service.remove(b);
        assert_eq!((in_service.interrupt(turn(2)), in_service.next()), (None, Some(Span(4))));
        in_service.freeze(true);
        assert_eq!((in_service.next(), in_service.take_done()), (None, None));
        in_service.advance(Time(100));
        in_service.freeze(false);
        assert_eq!(in_service.next(), Some(Span(4)));
        in_service.advance(Time(104));
        assert_eq!((in_service.take_done(), in_service.next()), (Some(a), None));
    }

    proptest! {
        /// However they come, one shared worker works off what there is, without a rest.
        #[test]
        fn a_shared_worker_conserves_work(
            mut coming in prop::collection::vec((0..1_000u64, 1..500u64), 1..40)
        ) {
            coming.sort_unstable();
            let busy = coming.iter().fold(0, |until: u64, (at, wants)| until.max(*at) + wants);
            let last = ends(Some(1), &coming).into_iter().max().expect("there is one");
            // Each end is waited for until the nanosecond is over.
            let ends = coming.len() as u64;
            prop_assert!((busy..busy + ends).contains(&last), "{} is not {}", last, busy);
        }

        /// What came together and wants more ends no earlier.
        #[test]
        fn more_work_ends_later(mut wants in prop::collection::vec(1..1_000_000u64, 1..40)) {
            wants.sort_unstable();
            let coming: Vec<_> = wants.iter().map(|wants| (0, *wants)).collect();
            let ends = ends(Some(1), &coming);
            prop_assert!(ends.is_sorted());
        }
    }
}
