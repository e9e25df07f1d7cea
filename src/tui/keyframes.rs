//! Which points of a run are kept, so that any other is near one of them: the nearer to the cursor, the
//! denser, within a budget of bytes. Knows no run: what is kept is a value of any type.

use crate::base::Time;

/// A point of a run, in the order in which runs pass them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The time.
    pub time: Time,
    /// Events handled.
    pub events: u64,
}

/// A point that is kept.
#[derive(Clone, Debug)]
pub struct Keyframe<K> {
    /// Where.
    pub point: Point,
    /// Bytes that it holds.
    pub weight: usize,
    /// Kept as long as the budget allows anything at all: a world forks here.
    pub is_pinned: bool,
    /// What is kept.
    pub value: K,
}

/// Those of a run, in order.
#[derive(Clone, Debug)]
pub struct Keyframes<K> {
    all: Vec<Keyframe<K>>,
}

impl<K> Default for Keyframes<K> {
    fn default() -> Self {
        Self { all: Vec::new() }
    }
}

impl<K> Keyframes<K> {
    /// In order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Keyframe<K>> {
        self.all.iter()
    }

    /// Bytes that they hold.
    pub fn weight(&self) -> usize {
        self.all.iter().map(|frame| frame.weight).sum()
    }

    /// Keeps one more; of two at one point the later.
    pub fn keep(&mut self, frame: Keyframe<K>) {
        match self.all.binary_search_by_key(&frame.point, |it| it.point) {
            Ok(place) => {
                let is_pinned = frame.is_pinned || self.all[place].is_pinned;
                self.all[place] = Keyframe { is_pinned, ..frame };
            }
            Err(place) => self.all.insert(place, frame),
        }
    }

    /// The last one of which this holds: it must hold of all up to some point, and of none beyond.
    pub fn last(&self, is_before: impl Fn(&Keyframe<K>) -> bool) -> Option<&Keyframe<K>> {
        self.all[..self.all.partition_point(is_before)].last()
    }

    /// Weighs all anew: what is shared weighs less the more there are.
    pub fn weigh(&mut self, weight: impl Fn(&K) -> usize) {
        for frame in &mut self.all {
            frame.weight = weight(&frame.value);
        }
    }

    /// Gives up those that are missed least until the rest is within the budget: the gap that one leaves,
    /// measured against how far it is from the cursor. So gaps grow with the distance from it. Pinned ones
    /// go last.
    pub fn thin(&mut self, cursor: Time, budget: usize) {
        let mut weight = self.weight();
        while weight > budget {
            let missed = |place: usize| {
                let frame = &self.all[place];
                let from = place.checked_sub(1).map_or(Time::ZERO, |it| self.all[it].point.time);
                let next = self.all.get(place + 1).map_or(frame.point.time, |it| it.point.time);
                let gap = next.0 - from.0;
                // So that those of one instant differ in nothing but their places.
                let far = frame.point.time.0.abs_diff(cursor.0) + NEAR;
                (frame.is_pinned, u128::from(gap) * 1_000_000_000 / u128::from(far))
            };
            let Some(least) = (0..self.all.len()).min_by_key(|place| missed(*place)) else {
                return;
            };
            weight -= self.all.remove(least).weight;
        }
    }
}

/// Nearer than this to the cursor nothing is near: 100 ms.
const NEAR: u64 = 100_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn frame(second: u64, weight: usize) -> Keyframe<u64> {
        let point = Point { time: Time(second * SECOND), events: second * 1_000 };
        Keyframe { point, weight, is_pinned: false, value: second }
    }

    fn seconds(frames: &Keyframes<u64>) -> Vec<u64> {
        frames.iter().map(|frame| frame.value).collect()
    }

    proptest! {
        #[test]
        fn they_hold_no_more_than_the_budget_and_are_in_order(
            kept in prop::collection::vec((0..100u64, 1..50usize), 0..40),
            cursor in 0..100u64,
            budget in 0..600usize,
        ) {
            let mut frames = Keyframes::default();
            for (second, weight) in kept {
                frames.keep(frame(second, weight));
                frames.thin(Time(cursor * SECOND), budget);
                prop_assert!(frames.weight() <= budget);
                prop_assert!(seconds(&frames).is_sorted());
            }
        }
    }

    #[test]
    fn gaps_grow_with_the_distance_from_the_cursor() {
        let mut frames = Keyframes::default();
        (0..=64).for_each(|second| frames.keep(frame(second, 1)));
        frames.thin(Time(64 * SECOND), 10);
        let kept = seconds(&frames);
        assert_eq!(kept.len(), 10);
        let gaps: Vec<u64> = kept.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(gaps.is_sorted_by(|one, next| one >= next), "{kept:?}");
        assert!(gaps.last() == Some(&1) && kept.last() == Some(&64), "{kept:?}");
        let reach =
            |second: u64| kept.iter().rev().find(|kept| **kept <= second).map_or(0, |it| *it);
        for age in 1..64 {
            assert!((64 - age) - reach(64 - age) <= age, "{age} s back: {kept:?}");
        }
    }

    #[test]
    fn a_pinned_one_stays_as_long_as_there_is_any() {
        let mut frames = Keyframes::default();
        frames.keep(Keyframe { is_pinned: true, ..frame(7, 1) });
        (10..20).for_each(|second| frames.keep(frame(second, 1)));
        frames.thin(Time(15 * SECOND), 1);
        assert_eq!(seconds(&frames), [7]);
        frames.thin(Time(15 * SECOND), 0);
        assert_eq!(frames.weight(), 0);
    }

    #[test]
    fn the_last_before_a_point_is_found() {
        let mut frames = Keyframes::default();
        for second in [3, 1, 2] {
            frames.keep(frame(second, 1));
        }
        let last =
            |second| frames.last(|it| it.point.time <= Time(second * SECOND)).map(|it| it.value);
        assert_eq!([last(0), last(1), last(2), last(9)], [None, Some(1), Some(2), Some(3)]);
        frames.keep(Keyframe { value: 70, ..frame(2, 5) });
        assert_eq!(seconds(&frames), [1, 70, 3]);
    }
}
