//! docs/semantics.md, rule 38: after a fault, when were things back to normal? Normal is the
//! pre-fault mean plus three standard deviations, of the backlog and of the 99th percentile of
//! latency, window by window; back is inside both for five windows running, before arrivals end. Who was
//! sent before the fault ended is its own tail: how late that is answered says nothing of the time after.

use super::layout::{FaultPlan, Layout};
use super::outcome::{Recovery, Window};
use crate::base::math::{mean, sd};
use crate::base::{Span, Time};

/// So many windows must be inside.
const RUNNING: usize = 5;

/// How long after this fault until things were back to normal; none for one that never came.
pub fn recovery(
    fault: &FaultPlan,
    windows: &[Window],
    width: Span,
    layout: &Layout,
) -> Option<Recovery> {
    let (start, end) = (fault.windows.first()?.0, fault.windows.last()?.1);
    let index = |time: Time| (time.0 / width.0) as usize;
    let whole = windows.len().min(index(Time(layout.length.0)));
    let begin = layout.warmup.0.div_ceil(width.0) as usize;
    let before = &windows[begin.min(index(start)).min(whole)..index(start).min(whole)];
    let after = normal(before).and_then(|normal| {
        let first = index(end);
        let candidates = windows.get(first..whole)?.windows(RUNNING);
        let back =
            candidates.clone().position(|five| five.iter().all(|window| normal.holds(window)))?;
        Some(Time((first + back) as u64 * width.0).since(end))
    });
    let from = index(start).min(whole);
    let until = (end.0.div_ceil(width.0) as usize).clamp(from, whole.max(from));
    let during = &windows[from..until];
    let amplification = match (cost(before), cost(during)) {
        (Some(before), Some(during)) if before > 0.0 => Some(during / before),
        _ => None,
    };
    let times = fault.windows.len() as u64;
    Some(Recovery { start, end, after, amplification, times })
}

/// The bounds of what is normal.
struct Normal {
    backlog: f64,
    p99: Option<f64>,
}

impl Normal {
    fn holds(&self, window: &Window) -> bool {
        let slow = match (p99(window), self.p99) {
            (Some(now), Some(bound)) => now > bound,
            // Nobody was answered: only the backlog can tell.
            _ => false,
        };
        window.backlog as f64 <= self.backlog && !slow
    }
}

fn normal(before: &[Window]) -> Option<Normal> {
    let backlog: Vec<f64> = before.iter().map(|window| window.backlog as f64).collect();
    let latency: Vec<f64> = before.iter().filter_map(p99).collect();
    Some(Normal { backlog: bound(&backlog)?, p99: bound(&latency) })
}

fn p99(window: &Window) -> Option<f64> {
    window.fresh_latency().quantile(0.99).map(|span| span.0 as f64)
}

/// Mean plus three standard deviations; none of fewer than two.
fn bound(values: &[f64]) -> Option<f64> {
    Some(mean(values)? + 3.0 * sd(values)?)
}

/// Messages per operation.
fn cost(windows: &[Window]) -> Option<f64> {
    let offered: u64 = windows.iter().map(|window| window.offered).sum();
    let messages: u64 = windows.iter().map(|window| window.messages).sum();
    (offered > 0).then(|| messages as f64 / offered as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::sketch::Sketch;

    const SECOND: Span = Span(1_000_000_000);

    fn secs(secs: u64) -> Time {
        Time(secs * SECOND.0)
    }

    /// Thirty windows; the fault is in force in [10, 13).
    fn recover(picture: impl Fn(u64) -> (u64, u64)) -> Recovery {
        let windows: Vec<Window> = (0..30)
            .map(|second| {
                let (backlog, ms) = picture(second);
                let mut latency = Sketch::coarse();
                latency.record(Span(ms * 1_000_000));
                let messages = if (10..13).contains(&second) { 60 } else { 20 };
                Window { offered: 10, backlog, latency, messages, ..Window::default() }
            })
            .collect();
        let fault = FaultPlan { name: "crash".into(), windows: vec![(secs(10), secs(13))] };
        let layout =
            Layout { warmup: Span(2 * SECOND.0), length: Span(30 * SECOND.0), ..Layout::default() };
        recovery(&fault, &windows, SECOND, &layout).unwrap()
    }

    /// Normal: a backlog of 4 or 6 and 10 or 12 ms.
    fn calm(second: u64) -> (u64, u64) {
        (4 + second % 2 * 2, 10 + second % 2 * 2)
    }

    #[test]
    fn rule_38_back_after_five_windows_running_inside() {
        // Out until 17, in once at 17, out at 18, in from 19 on.
        let out = |second| (10..17).contains(&second) || second == 18;
        let recovery = recover(|second| if out(second) { (50, 11) } else { calm(second) });
        assert_eq!(recovery.after, Some(Span(6 * SECOND.0)));
    }

    #[test]
    fn rule_38_latency_must_be_back_as_well() {
        let recovery =
            recover(|second| if (10..20).contains(&second) { (5, 80) } else { calm(second) });
        assert_eq!(recovery.after, Some(Span(7 * SECOND.0)));
    }

    #[test]
    fn rule_38_what_never_comes_back_has_no_time() {
        let recovery =
            recover(|second| if second >= 10 { (second * 10, 10) } else { calm(second) });
        assert_eq!(recovery.after, None);
        let late =
            recover(|second| if (10..26).contains(&second) { (50, 10) } else { calm(second) });
        assert_eq!(late.after, None, "four windows are not five");
    }

    #[test]
    fn rule_38_a_fault_without_effect_is_recovered_from_at_once() {
        assert_eq!(recover(calm).after, Some(Span::ZERO));
    }

    #[test]
    fn amplification_is_messages_per_operation_over_before() {
        assert_eq!(recover(calm).amplification, Some(3.0));
    }
}
