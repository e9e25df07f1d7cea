//! Figures per window of time over the whole run. Windows are one second long at first; when more
//! than 512 would be needed, neighbours are merged and windows are twice as long from then on.

use std::sync::Arc;

use super::outcome::Window;
use super::sketch::Sketch;
use crate::base::{Span, Time, weight};

/// Windows kept at most.
pub const MOST: usize = 512;

/// The series of windows.
#[derive(Clone, Debug)]
pub struct Windows {
    width: Span,
    /// Those before the current one, to which nothing is added: clones share them.
    series: Vec<Arc<Window>>,
    current: Window,
    /// The end of the current window: the quick way out of [`Windows::reach`].
    end: Time,
    /// Operations begun and not yet settled.
    backlog: u64,
    /// When faults end, in order.
    faults_end: Arc<[Time]>,
    /// The last of these ends that the current window comes after.
    since: Time,
    /// Who was sent before this is looked at: `since`, or everybody once somebody was sent before that.
    looks_at: Time,
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            width: Span(1_000_000_000),
            series: Vec::new(),
            current: Window::default(),
            end: Time::ZERO,
            backlog: 0,
            faults_end: Arc::default(),
            since: Time::ZERO,
            looks_at: Time::ZERO,
        }
    }
}

impl Windows {
    /// Faults end then; `ends` are in order.
    pub fn foresee(&mut self, ends: Arc<[Time]>) {
        self.faults_end = ends;
    }

    /// Bytes that they hold; of those that are over, which clones share, their share.
    pub fn weight(&self) -> usize {
        let over = self.series.iter().map(|it| weight::share(it, it.latency.weight()));
        weight::vec(&self.series) + over.sum::<usize>() + self.current.latency.weight()
    }

    /// When the current window ends: from then on nothing may be counted before [`Self::reach`].
    #[inline]
    pub fn end(&self) -> Time {
        self.end
    }

    /// What is counted from now on belongs to the window of this instant.
    #[inline]
    pub fn reach(&mut self, now: Time) {
        if now >= self.end {
            self.advance(now);
        }
    }

    /// An operation was sent.
    #[inline]
    pub fn sent(&mut self) {
        self.current.offered += 1;
        self.backlog += 1;
    }

    /// A message was sent.
    #[inline]
    pub fn message(&mut self) {
        self.current.messages += 1;
    }

    /// An operation that was sent then was done.
    #[expect(clippy::inline_always, reason = "called in two places, of which one is cold")]
    #[inline(always)]
    pub fn done(&mut self, in_time: bool, sent: Time, latency: Span) {
        let window = &mut self.current;
        *(if in_time { &mut window.ok } else { &mut window.late }) += 1;
        if sent < self.looks_at {
            window.done_after_fault(sent >= self.since, latency);
            self.looks_at = Time::NEVER;
        }
        window.latency.record(latency);
    }

    /// An operation was refused.
    pub fn refused(&mut self) {
        self.current.refused += 1;
    }

    /// An operation failed.
    pub fn failed(&mut self) {
        self.current.failed += 1;
    }

    /// Something was read.
    #[inline]
    pub fn read(&mut self, stale: bool) {
        self.current.reads += 1;
        self.current.stale += u64::from(stale);
    }

    /// Nothing can act for an operation any more.
    #[inline]
    pub fn settled(&mut self) {
        self.backlog -= 1;
    }

    /// The window that is being filled: what happened since it began.
    pub fn current(&self) -> &Window {
        &self.current
    }

    /// Those before it, each as long as [`Self::width`] says.
    pub fn series(&self) -> &[Arc<Window>] {
        &self.series
    }

    /// How long a window is.
    pub fn width(&self) -> Span {
        self.width
    }

    /// Operations begun and not yet settled.
    pub fn backlog(&self) -> u64 {
        self.backlog
    }

    /// The series until the audit.
    pub fn outcome(&self, audit: Time) -> Vec<Window> {
        let mut ended = self.clone();
        if audit.0 > 0 {
            ended.reach(Time(audit.0 - 1));
        }
        ended.current.backlog = ended.backlog;
        let series = ended.series.into_iter().map(Arc::unwrap_or_clone);
        series.chain([ended.current]).collect()
    }

    #[cold]
    fn advance(&mut self, now: Time) {
        let empty =
            Window { latency: Sketch::coarse(), backlog: self.backlog, ..Window::default() };
        if self.end > Time::ZERO {
            self.current.backlog = self.backlog;
            self.series.push(Arc::new(std::mem::take(&mut self.current)));
        }
        while now.0 / self.width.0 >= MOST as u64 {
            self.double();
        }
        let index = (now.0 / self.width.0) as usize;
        // After doubling, the last window may be the current one again.
        let again = if self.series.len() > index {
            self.series.pop().map(Arc::unwrap_or_clone)
        } else {
            self.series.resize(index, Arc::new(empty.clone()));
            None
        };
        self.current = again.unwrap_or(empty);
        self.end = Time((index as u64 + 1) * self.width.0);
        let begin = Time(index as u64 * self.width.0);
        let seen = self.faults_end.partition_point(|end| *end <= begin);
        self.since = seen.checked_sub(1).map_or(Time::ZERO, |last| self.faults_end[last]);
        let is_mixed = self.current.latency_since_fault.is_some();
        self.looks_at = if is_mixed { Time::NEVER } else { self.since };
    }

    fn double(&mut self) {
        let mut merged = Vec::with_capacity(MOST);
        let mut windows = std::mem::take(&mut self.series).into_iter();
        while let Some(mut first) = windows.next() {
            if let Some(second) = windows.next() {
                Arc::make_mut(&mut first).absorb(&second);
            }
            merged.push(first);
        }
        self.series = merged;
        self.width = Span(self.width.0 * 2);
    }
}

impl Window {
    /// An operation was done after a fault's end: one that was sent before that is the fault's own tail.
    #[cold]
    fn done_after_fault(&mut self, was_sent_since: bool, latency: Span) {
        let fresh = self.latency_since_fault.get_or_insert_with(|| Box::new(self.latency.clone()));
        if was_sent_since {
            fresh.record(latency);
        }
    }

    /// Latency of operations answered in this window, but for those of a fault that is over.
    pub fn fresh_latency(&self) -> &Sketch {
        self.latency_since_fault.as_deref().unwrap_or(&self.latency)
    }

    /// The window that lasts until the end of the `next` one.
    fn absorb(&mut self, next: &Self) {
        self.offered += next.offered;
        self.ok += next.ok;
        self.late += next.late;
        self.refused += next.refused;
        self.failed += next.failed;
        if self.latency_since_fault.is_some() || next.latency_since_fault.is_some() {
            let mut fresh = self.fresh_latency().clone();
            fresh.merge(next.fresh_latency());
            self.latency_since_fault = Some(Box::new(fresh));
        }
        self.latency.merge(&next.latency);
        self.backlog = next.backlog;
        self.messages += next.messages;
        self.reads += next.reads;
        self.stale += next.stale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_window_holds_what_happened_in_it() {
        let mut windows = Windows::default();
        windows.reach(Time(SECOND - 1));
        windows.sent();
        windows.reach(Time(SECOND));
        windows.sent();
        windows.reach(Time(SECOND + 5));
        windows.done(true, Time(SECOND - 1), Span(6));
        windows.settled();
        windows.reach(Time(3 * SECOND));
        windows.read(true);
        let series = windows.outcome(Time(4 * SECOND));
        assert_eq!(windows.width(), Span(SECOND));
        let offered: Vec<_> =
            series.iter().map(|window| (window.offered, window.ok, window.backlog)).collect();
        assert_eq!(offered, [(1, 0, 1), (1, 1, 1), (0, 0, 1), (0, 0, 1)]);
        assert_eq!((series[3].reads, series[3].stale), (1, 1));
    }

    #[test]
    fn rule_38_who_was_sent_before_a_fault_ended_is_its_tail() {
        let mut windows = Windows::default();
        windows.foresee([Time(SECOND), Time(9 * SECOND)].into());
        let mut done = |at: u64, latency: u64| {
            windows.reach(Time(at));
            windows.sent();
            windows.done(true, Time(at - latency), Span(latency));
            windows.settled();
        };
        done(SECOND - 5, 3);
        done(SECOND + 10, 4);
        done(SECOND + 20, 700);
        done(SECOND + 30, 5);
        done(2 * SECOND + 40, 6);
        let series = windows.outcome(Time(3 * SECOND));
        let most = |sketch: &Sketch| sketch.max().map(|span| span.0);
        let all: Vec<_> = series.iter().map(|window| most(&window.latency)).collect();
        let fresh: Vec<_> = series.iter().map(|window| most(window.fresh_latency())).collect();
        assert_eq!(all, [Some(3), Some(700), Some(6)]);
        assert_eq!(fresh, [Some(3), Some(5), Some(6)]);
        let mut both = series[0].clone();
        both.absorb(&series[1]);
        assert_eq!((both.latency.count(), both.fresh_latency().count()), (4, 3));
    }

    #[test]
    fn rule_38_at_most_512_windows_are_kept_and_nothing_is_lost() {
        let mut windows = Windows::default();
        for second in 0..1500 {
            windows.reach(Time(second * SECOND));
            windows.sent();
            windows.done(true, Time(second * SECOND), Span(7));
            windows.settled();
        }
        let series = windows.outcome(Time(1500 * SECOND));
        assert_eq!((series.len(), windows.width()), (375, Span(4 * SECOND)));
        assert!(series.iter().all(|window| window.offered == 4 && window.latency.count() == 4));
        assert!(series.iter().all(|window| window.backlog == 0));
    }
}
