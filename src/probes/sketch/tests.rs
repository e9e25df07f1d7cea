//! The sketch against the samples themselves.

use proptest::prelude::*;

use super::*;

fn of(values: &[u64]) -> Sketch {
    let mut sketch = Sketch::default();
    for &ns in values {
        sketch.record(Span(ns));
    }
    sketch
}

fn nearest_rank(values: &[u64], p: f64) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let rank = ((p * values.len() as f64 - 1e-6).ceil() as usize).clamp(1, values.len());
    sorted[rank - 1]
}

/// What a merge must agree on, whatever the order of the samples kept.
fn picture(sketch: &Sketch) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut stored = Vec::new();
    sketch.for_each(|ns, times| stored.push((ns, times)));
    stored.sort_unstable();
    (sketch.count(), sketch.min(), sketch.max(), sketch.sum, sketch.squares, stored)
}

#[test]
fn rule_37_an_empty_sketch_says_nothing_rather_than_zero() {
    let empty = Sketch::default();
    assert_eq!(
        (empty.quantile(0.5), empty.mean(), empty.sd(), empty.max()),
        (None, None, None, None)
    );
    assert_eq!(empty.fraction_above(Span(1)), None);
}

#[test]
fn few_samples_are_exact() {
    let sketch = of(&[5, 1, 4, 2, 3]);
    assert_eq!(sketch.quantile(0.5), Some(Span(3)));
    assert_eq!(sketch.quantile(0.6), Some(Span(3)));
    assert_eq!(sketch.quantile(0.61), Some(Span(4)));
    assert_eq!(sketch.mean(), Some(3.0));
    assert!((sketch.sd().unwrap() - 2.5_f64.sqrt()).abs() < 1e-12);
    assert_eq!(sketch.fraction_above(Span(3)), Some(0.4));
    assert_eq!(sketch.fraction_below(Span(3)), Some(0.4));
}

#[test]
fn the_largest_values_have_a_bucket() {
    let mut sketch = of(&vec![u64::MAX; 5000]);
    sketch.record(Span(0));
    let median = sketch.quantile(0.5).unwrap().0 as f64;
    assert!((median / u64::MAX as f64 - 1.0).abs() < 0.001);
    assert_eq!((sketch.quantile(0.0), sketch.quantile(1.0)), (Some(Span(0)), Some(Span(u64::MAX))));
}

#[test]
fn a_coarse_sketch_is_small_and_within_two_percent() {
    let mut sketch = Sketch::coarse();
    (1..=100_000_u64).for_each(|n| sketch.record(Span(n * 10_000)));
    let stored: usize = sketch.pages.iter().map(Vec::len).sum();
    assert!(stored <= 32 * 20, "{stored} counters");
    let p99 = sketch.quantile(0.99).unwrap().0 as f64;
    assert!((p99 / 990e6 - 1.0).abs() < 0.016, "{p99}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn merging_is_recording_together(
        left in prop::collection::vec(0_u64..50_000_000_000, 0..6000),
        right in prop::collection::vec(0_u64..50_000_000, 0..6000),
    ) {
        let both: Vec<u64> = left.iter().chain(&right).copied().collect();
        let (mut there, mut back) = (of(&left), of(&right));
        back.merge(&there);
        there.merge(&of(&right));
        prop_assert_eq!(picture(&there), picture(&of(&both)));
        prop_assert_eq!(picture(&back), picture(&of(&both)));
    }

    #[test]
    fn quantiles_err_by_less_than_a_thousandth(
        values in prop::collection::vec(0_u64..60_000_000_000, 1..9000),
        p in 0.0_f64..1.0,
    ) {
        let (truth, told) = (nearest_rank(&values, p) as f64, of(&values).quantile(p).unwrap().0 as f64);
        prop_assert!((told - truth).abs() <= truth * 0.001, "{told} for {truth}");
    }

    #[test]
    fn times_over_is_as_if_recorded_one_by_one(value in 0_u64..u64::MAX, times in 0_u64..5000) {
        let mut at_once = of(&[7]);
        at_once.record_many(Span(value), times);
        let mut one_by_one = of(&[7]);
        (0..times).for_each(|_| one_by_one.record(Span(value)));
        prop_assert_eq!(at_once.count(), one_by_one.count());
        prop_assert_eq!(at_once.sum, one_by_one.sum);
        prop_assert_eq!(at_once.quantile(0.9), one_by_one.quantile(0.9));
    }
}

#[test]
fn rule_36_what_never_ends_is_above_every_number() {
    let mut sketch = of(&[10, 20, 30]);
    sketch.record_never(1);
    assert_eq!((sketch.count(), sketch.never()), (4, 1));
    let quantiles = [0.5, 0.75, 0.76, 1.0].map(|p| sketch.quantile(p).map(|span| span.0));
    assert_eq!(quantiles, [Some(20), Some(30), None, None]);
    assert_eq!(
        (sketch.min(), sketch.max(), sketch.mean(), sketch.sd()),
        (Some(Span(10)), None, None, None)
    );
    assert_eq!(
        (sketch.fraction_above(Span(20)), sketch.fraction_below(Span(20))),
        (Some(0.5), Some(0.25))
    );
    let mut all = of(&[]);
    all.record_never(2);
    assert_eq!((all.min(), all.quantile(0.0), all.is_empty()), (None, None, false));
    all.merge(&sketch);
    assert_eq!((all.count(), all.never(), all.quantile(0.5)), (6, 3, Some(Span(30))));
}
