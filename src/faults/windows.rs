//! Stretches of time in which something is broken: sorted, disjoint, half open. Knows no faults.

use crate::base::{Span, Stream, Time};
use crate::scenario::tree::{Fault, When};

/// When something is broken. A stretch that never ends ends at [`Time::NEVER`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows(Vec<(Time, Time)>);

impl Windows {
    /// The union of these stretches: what touches or overlaps becomes one.
    pub fn new(mut stretches: Vec<(Time, Time)>) -> Self {
        stretches.sort_unstable();
        let mut union: Vec<(Time, Time)> = Vec::with_capacity(stretches.len());
        for (start, end) in stretches {
            match union.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => union.push((start, end)),
            }
        }
        Self(union)
    }

    /// The union of several.
    pub fn union<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        Self::new(all.into_iter().flat_map(|windows| windows.0.iter().copied()).collect())
    }

    /// The same stretches, each beginning so much later; what is shorter than that is left out.
    #[must_use]
    pub fn delayed(&self, by: Span) -> Self {
        let later = self.0.iter().map(|(start, end)| (*start + by, *end));
        Self(later.filter(|(start, end)| start < end).collect())
    }

    /// The same stretches up to this instant, and nothing from then on.
    #[must_use]
    pub fn until(&self, end: Time) -> Self {
        let earlier = self.0.iter().take_while(|(start, _)| *start < end);
        Self(earlier.map(|(start, last)| (*start, end.min(*last))).collect())
    }

    /// The same stretches, but the one that covers this instant, if any does, ends then.
    #[must_use]
    pub fn ended(&self, end: Time) -> Self {
        let later = self.0.iter().skip_while(|(start, _)| *start <= end);
        Self(self.until(end).0.into_iter().chain(later.copied()).collect())
    }

    /// Draws a fault's windows: its starts, and how long each lasts. A fault that begins lasts a
    /// nanosecond at least, and ends with the arrivals unless it is for good
    /// (docs/semantics.md, rule 43).
    pub fn draw(fault: &Fault, length: Span, chance: &mut Stream) -> Self {
        let end_of_arrivals = Time(length.0);
        let mut stretches = Vec::new();
        let mut start = first(&fault.when, chance);
        while start < end_of_arrivals || (fault.lasts.is_none() && stretches.is_empty()) {
            let Some(lasts) = &fault.lasts else {
                stretches.push((start, Time::NEVER));
                break;
            };
            let lasts = Span(lasts.span(chance.next_u64()).0.max(1));
            let end = start + lasts;
            stretches.push((start, end.min(end_of_arrivals)));
            start = match &fault.when {
                When::At(_) => break,
                When::Every { every, .. } => start + Span(every.0.max(1)),
                When::Random(gap) => end + gap.span(chance.next_u64()),
            };
        }
        Self::new(stretches)
    }

    /// Is it broken now?
    #[inline]
    pub fn active(&self, now: Time) -> bool {
        !self.0.is_empty() && self.covers(now)
    }

    #[cold]
    fn covers(&self, now: Time) -> bool {
        self.end_of_cover(now).is_some()
    }

    /// When the stretch that covers this instant ends, if one does.
    pub fn end_of_cover(&self, now: Time) -> Option<Time> {
        let (first, last) = (self.0.first()?, self.0.last()?);
        if now < first.0 || now >= last.1 {
            return None;
        }
        let after = self.0.partition_point(|(start, _)| *start <= now);
        self.0[..after].last().map(|(_, end)| *end).filter(|end| now < *end)
    }

    /// The first start or end after this instant.
    pub fn next_change(&self, now: Time) -> Option<Time> {
        let after = self.0.partition_point(|(_, end)| *end <= now);
        let (start, end) = *self.0.get(after)?;
        let next = if now < start { start } else { end };
        (next < Time::NEVER).then_some(next)
    }

    /// The stretches, in order.
    pub fn list(&self) -> &[(Time, Time)] {
        &self.0
    }

    /// Is nothing ever broken?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn first(when: &When, chance: &mut Stream) -> Time {
    match when {
        When::At(at) => Time(at.0),
        When::Every { first, .. } => Time(first.0),
        When::Random(gap) => Time::ZERO + gap.span(chance.next_u64()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Dist;
    use crate::faults::tests::{pause, windows};

    fn stretches() -> impl Strategy<Value = Vec<(Time, Time)>> {
        prop::collection::vec((0..100u64, 1..20u64), 0..8).prop_map(|all| {
            all.into_iter().map(|(start, lasts)| (Time(start), Time(start + lasts))).collect()
        })
    }

    proptest! {
        #[test]
        fn a_union_is_broken_when_any_part_is(all in stretches()) {
            let union = Windows::new(all.clone());
            for now in (0..130).map(Time) {
                let covers = |from: Time| {
                    all.iter().filter(move |(start, end)| *start <= from && from < *end)
                };
                prop_assert_eq!(union.active(now), covers(now).next().is_some());
                let mut end = now;
                while let Some(later) = covers(end).map(|(_, end)| *end).max() {
                    end = later;
                }
                let expected = (end > now).then_some(end);
                prop_assert_eq!(union.end_of_cover(now), expected);
                let change = (now.0 + 1..200).map(Time).find(|then| {
                    union.active(*then) != union.active(Time(then.0 - 1))
                });
                prop_assert_eq!(union.next_change(now), change);
            }
        }

        #[test]
        fn the_order_of_the_stretches_does_not_matter(mut all in stretches()) {
            let union = Windows::new(all.clone());
            all.reverse();
            prop_assert_eq!(Windows::new(all), union);
        }
    }

    #[test]
    fn a_stretch_can_be_ended_alone_or_with_all_that_are_to_come() {
        let all = windows(&[(10, 20), (30, 40), (50, u64::MAX)]);
        assert_eq!(all.ended(Time(35)), windows(&[(10, 20), (30, 35), (50, u64::MAX)]));
        assert_eq!(all.ended(Time(30)), windows(&[(10, 20), (50, u64::MAX)]));
        assert_eq!(all.ended(Time(40)), all);
        assert_eq!(all.until(Time(35)), windows(&[(10, 20), (30, 35)]));
        assert_eq!(all.until(Time(10)), windows(&[]));
        assert_eq!(all.ended(Time(60)), windows(&[(10, 20), (30, 40), (50, 60)]));
    }

    const LENGTH: Span = Span(1_000);

    fn drawn(when: When, lasts: Option<Dist>) -> Windows {
        let fault = Fault { when, lasts, ..pause("db") };
        Windows::draw(&fault, LENGTH, &mut Stream::new(1, "fault", "db", 0))
    }

    #[test]
    fn a_single_fault_ends_in_time_or_with_the_arrivals_or_never() {
        let at = |lasts| drawn(When::At(Span(900)), lasts);
        assert_eq!(at(Some(Dist::Const(50.0))), windows(&[(900, 950)]));
        assert_eq!(at(Some(Dist::Const(500.0))), windows(&[(900, 1_000)]));
        assert_eq!(at(Some(Dist::Const(0.0))), windows(&[(900, 901)]));
        assert_eq!(at(None), windows(&[(900, u64::MAX)]));
        let late = |lasts| drawn(When::At(Span(1_500)), lasts);
        assert_eq!(late(Some(Dist::Const(50.0))), windows(&[]));
        assert_eq!(late(None), windows(&[(1_500, u64::MAX)]));
    }

    #[test]
    fn a_repeated_fault_comes_again_and_again() {
        let every = |lasts| {
            drawn(When::Every { first: Span(100), every: Span(400) }, Some(Dist::Const(lasts)))
        };
        assert_eq!(every(10.0), windows(&[(100, 110), (500, 510), (900, 910)]));
        assert_eq!(every(600.0), windows(&[(100, 1_000)]), "it overlaps itself");
    }

    #[test]
    fn random_gaps_run_from_end_to_start() {
        let when = When::Random(Dist::Const(300.0));
        assert_eq!(drawn(when, Some(Dist::Const(100.0))), windows(&[(300, 400), (700, 800)]));
        let when = When::Random(Dist::Exp(50.0));
        let (once, again) =
            (drawn(when.clone(), Some(Dist::Exp(50.0))), drawn(when, Some(Dist::Exp(50.0))));
        assert_eq!(once, again, "the seed decides");
        assert!(once.list().len() > 2);
    }
}
