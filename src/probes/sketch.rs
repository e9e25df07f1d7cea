//! A streaming sketch of a distribution of nanoseconds: exact moments and extremes, exact samples
//! while they are few, logarithmic buckets of equal relative width from then on. Integers only,
//! so every platform computes the same, and merging is exact and does not depend on order.
//!
//! What has not ended has no time, however long the run: it is counted above every number
//! ([`Sketch::record_never`]). Statistics that fall on it, and those that every value enters, are none.
//!
//! The buckets are those of an HDR histogram with `bits` significant bits, cut into one page per
//! power of two; a page exists once something fell into it. A latency between 1 ms and 1 s
//! therefore costs ten pages (80 KiB) rather than all of the range, and a clone copies no more.

use crate::base::{Span, weight};

/// A sketch. [`Sketch::default`] errs by at most 0.05% in a quantile, [`Sketch::coarse`] by 1.6%.
///
/// Quantiles are nearest rank; a bucket answers with its midpoint, clamped to the exact minimum
/// and maximum. Recording is O(1); a quantile is linear in what is stored.
#[derive(Clone, Debug)]
pub struct Sketch {
    /// Zeros are only counted: most waits are none, and most reads are not stale.
    zeros: u64,
    /// What never ends: above every number.
    never: u64,
    /// Of the others, from here on.
    count: u64,
    min: u64,
    max: u64,
    sum: u128,
    squares: u128,
    /// How many significant bits a bucket keeps.
    bits: u32,
    /// The samples themselves while there are at most [`Sketch::limit`]; empty afterwards.
    exact: Vec<u64>,
    /// Page 0 holds the values below `2^bits`, one each; page `n` those of `bits + n` binary
    /// digits. Pages that nothing fell into are empty.
    pages: Vec<Vec<u64>>,
}

/// Significant bits of the fine sketch: buckets 1/1024 of their value wide.
const FINE: u32 = 10;
/// Significant bits of the coarse sketch: buckets 1/32 of their value wide.
const COARSE: u32 = 5;

impl Default for Sketch {
    fn default() -> Self {
        Self::with_bits(FINE)
    }
}

impl Sketch {
    /// Bytes that it holds beside itself.
    pub fn weight(&self) -> usize {
        let pages: usize = self.pages.iter().map(weight::vec).sum();
        pages + weight::vec(&self.pages) + weight::vec(&self.exact)
    }

    /// A small one, for hundreds of windows: at most about 2 KiB for three decades of values.
    pub fn coarse() -> Self {
        Self::with_bits(COARSE)
    }

    fn with_bits(bits: u32) -> Self {
        Self {
            zeros: 0,
            never: 0,
            count: 0,
            min: u64::MAX,
            max: 0,
            sum: 0,
            squares: 0,
            bits,
            exact: Vec::new(),
            pages: Vec::new(),
        }
    }

    /// So many samples are kept as they are.
    fn limit(&self) -> usize {
        4 << self.bits
    }

    /// Record one value.
    #[inline]
    pub fn record(&mut self, span: Span) {
        if span.0 == 0 {
            self.zeros += 1;
        } else {
            self.record_some(span.0);
        }
    }

    /// Record what never ends, so many times over.
    pub fn record_never(&mut self, times: u64) {
        self.never += times;
    }

    #[inline]
    fn record_some(&mut self, ns: u64) {
        self.count += 1;
        if ns < self.min {
            self.min = ns;
        }
        if ns > self.max {
            self.max = ns;
        }
        self.sum += u128::from(ns);
        let square = u128::from(ns) * u128::from(ns);
        self.squares = self.squares.checked_add(square).unwrap_or_else(too_much);
        let (page, slot) = self.place(ns);
        match self.pages.get_mut(page).and_then(|counts| counts.get_mut(slot)) {
            Some(times) => *times += 1,
            None => self.keep(ns),
        }
    }

    /// Record a value that was seen `times` over.
    pub fn record_many(&mut self, span: Span, times: u64) {
        if span.0 == 0 {
            self.zeros += times;
            return;
        }
        if self.pages.is_empty() && self.exact.len() as u64 + times <= self.limit() as u64 {
            (0..times).for_each(|_| self.record(span));
            return;
        }
        self.spill();
        let (ns, wide) = (span.0, u128::from(times));
        self.count += times;
        self.min = self.min.min(ns);
        self.max = self.max.max(ns);
        self.sum += u128::from(ns) * wide;
        self.squares =
            self.squares.saturating_add((u128::from(ns) * u128::from(ns)).saturating_mul(wide));
        self.bucket(ns, times);
    }

    /// The same as if `other`'s values had been recorded here. Of different precision, the result
    /// has the coarser one.
    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        self.never += other.never;
        if other.count == 0 {
            return;
        }
        if other.bits < self.bits {
            let mut coarser = Self::with_bits(other.bits);
            self.for_each_other(|ns, times| coarser.record_many(Span(ns), times));
            (self.bits, self.exact, self.pages) = (coarser.bits, coarser.exact, coarser.pages);
        }
        let few = self.pages.is_empty() && other.pages.is_empty();
        if few && self.exact.len() + other.exact.len() <= self.limit() {
            self.exact.extend_from_slice(&other.exact);
        } else {
            self.spill();
            other.for_each_other(|ns, times| self.bucket(ns, times));
        }
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.squares = self.squares.saturating_add(other.squares);
    }

    /// How many values, what never ends included.
    pub fn count(&self) -> u64 {
        self.numbers() + self.never
    }

    /// How many never end.
    pub fn never(&self) -> u64 {
        self.never
    }

    fn numbers(&self) -> u64 {
        self.zeros + self.count
    }

    /// Are there values, and are all of them numbers?
    fn is_finite(&self) -> bool {
        self.never == 0 && !self.is_empty()
    }

    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// The smallest value, exactly.
    pub fn min(&self) -> Option<Span> {
        (self.numbers() > 0).then_some(Span(if self.zeros > 0 { 0 } else { self.min }))
    }

    /// The largest value, exactly.
    pub fn max(&self) -> Option<Span> {
        self.is_finite().then_some(Span(self.max))
    }

    /// The mean in nanoseconds, exact up to the last division.
    pub fn mean(&self) -> Option<f64> {
        self.is_finite().then(|| self.sum as f64 / self.count() as f64)
    }

    /// The sample standard deviation in nanoseconds; none of fewer than two values.
    pub fn sd(&self) -> Option<f64> {
        if self.count() < 2 || self.never > 0 {
            return None;
        }
        let count = u128::from(self.count());
        // n * sum(x^2) - (sum x)^2 in integers: a float would lose all digits to cancellation.
        let spread = match (count.checked_mul(self.squares), self.sum.checked_mul(self.sum)) {
            (Some(squares), Some(square)) => squares.saturating_sub(square) as f64,
            _ => (count as f64 * self.squares as f64 - self.sum as f64 * self.sum as f64).max(0.0),
        };
        Some((spread / count as f64 / (count - 1) as f64).sqrt())
    }

    /// The value of nearest rank: the smallest of which at least the share `p` is not above it; none
    /// if that never ends.
    pub fn quantile(&self, p: f64) -> Option<Span> {
        if self.is_empty() {
            return None;
        }
        // 0.999 * 1000 is a hair above 999 in floats; that hair must not cost a rank.
        let rank = ((p * self.count() as f64 - 1e-6).ceil() as u64).clamp(1, self.count());
        let Some(rank) = rank.checked_sub(self.zeros).filter(|rank| *rank > 0) else {
            return Some(Span(0));
        };
        if rank > self.count {
            return None;
        }
        if self.pages.is_empty() {
            let mut samples = self.exact.clone();
            let (_, value, _) = samples.select_nth_unstable(rank as usize - 1);
            return Some(Span(*value));
        }
        if rank == self.count {
            return Some(Span(self.max));
        }
        let (mut seen, mut found) = (0, None);
        self.for_each_other(|ns, times| {
            seen += times;
            if seen >= rank && found.is_none() {
                found = Some(Span(ns));
            }
        });
        found
    }

    /// The share of values above `span`.
    pub fn fraction_above(&self, span: Span) -> Option<f64> {
        self.fraction(self.never, |ns| ns > span.0)
    }

    /// The share of values below `span`.
    pub fn fraction_below(&self, span: Span) -> Option<f64> {
        self.fraction(0, |ns| ns < span.0)
    }

    fn fraction(&self, never: u64, wanted: impl Fn(u64) -> bool) -> Option<f64> {
        let mut hits = never;
        self.for_each(|ns, times| hits += if wanted(ns) { times } else { 0 });
        (!self.is_empty()).then(|| hits as f64 / self.count() as f64)
    }

    /// Every stored number and how often it was seen: zero, then exact samples in order of
    /// recording, or bucket midpoints in ascending order.
    pub fn for_each(&self, mut visit: impl FnMut(u64, u64)) {
        if self.zeros > 0 {
            visit(0, self.zeros);
        }
        self.for_each_other(visit);
    }

    fn for_each_other(&self, mut visit: impl FnMut(u64, u64)) {
        self.exact.iter().for_each(|&ns| visit(ns, 1));
        for (page, counts) in self.pages.iter().enumerate() {
            for (slot, &times) in counts.iter().enumerate().filter(|(_, times)| **times > 0) {
                visit(self.midpoint(page, slot).clamp(self.min, self.max), times);
            }
        }
    }

    /// The middle of a bucket: the representative that errs least.
    fn midpoint(&self, page: usize, slot: usize) -> u64 {
        if page == 0 {
            return slot as u64;
        }
        let shift = page as u32 - 1;
        (((1 << self.bits) + slot as u64) << shift) + ((1_u64 << shift) >> 1)
    }

    /// It is one of few, or the first of its page.
    #[inline(never)]
    fn keep(&mut self, ns: u64) {
        if self.pages.is_empty() && self.exact.len() < self.limit() {
            self.exact.push(ns);
        } else {
            self.spill();
            self.bucket(ns, 1);
        }
    }

    /// From samples to buckets.
    #[cold]
    fn spill(&mut self) {
        if !self.pages.is_empty() {
            return;
        }
        self.pages = vec![Vec::new(); 65 - self.bits as usize];
        for ns in std::mem::take(&mut self.exact) {
            self.bucket(ns, 1);
        }
    }

    #[inline]
    fn bucket(&mut self, ns: u64, times: u64) {
        let (page, slot) = self.place(ns);
        if self.pages[page].is_empty() {
            self.begin(page);
        }
        self.pages[page][slot] += times;
    }

    #[cold]
    #[inline(never)]
    fn begin(&mut self, page: usize) {
        self.pages[page] = vec![0; 1 << self.bits];
    }

    /// The page and the slot of a value: below `2^bits` its digits, from there on the leading ones
    /// without the first, which is always 1.
    #[inline]
    fn place(&self, ns: u64) -> (usize, usize) {
        let shift = (ns >> self.bits | 1).ilog2();
        let bucket = ((shift as usize) << self.bits) + (ns >> shift) as usize;
        (bucket >> self.bits, bucket & ((1 << self.bits) - 1))
    }
}

/// A sum that has no room, said as a call so that to add is all that is done mostly.
#[cold]
fn too_much() -> u128 {
    u128::MAX
}

#[cfg(test)]
mod tests;
