//! Windowed figures of one run as JSON: parallel lists, one entry per window, so that a script can
//! draw them as they are; of all flows together, and of each.

use indexmap::IndexMap;
use serde::Serialize;

use crate::base::Span;
use crate::probes::outcome::{Outcome, Window};
use crate::probes::sketch::Sketch;

/// The windows of one run, from its beginning (the warm-up included) to its audit.
#[derive(Serialize)]
pub struct SeriesJson<'a> {
    window_s: f64,
    start_s: Vec<f64>,
    #[serde(flatten)]
    together: Figures,
    flows: IndexMap<&'a str, Figures>,
}

#[derive(Serialize)]
struct Figures {
    offered: Vec<u64>,
    ok: Vec<u64>,
    late: Vec<u64>,
    refused: Vec<u64>,
    failed: Vec<u64>,
    backlog: Vec<u64>,
    messages: Vec<u64>,
    reads: Vec<u64>,
    stale_reads: Vec<u64>,
    p50_ms: Vec<Option<f64>>,
    p99_ms: Vec<Option<f64>>,
}

impl<'a> SeriesJson<'a> {
    /// Windows of about the length asked for: a whole number of the run's own windows, at least one.
    pub fn of(outcome: &'a Outcome, length: Span) -> Self {
        let own = outcome.window.0.max(1);
        let joined = ((length.0 + own / 2) / own).max(1);
        let window = Span(own * joined);
        let figures = |windows: &[Window]| Figures::of(windows.chunks(joined as usize).map(join));
        let count = outcome.windows.len().div_ceil(joined as usize);
        let flows = outcome.flows.iter().filter(|(_, flow)| !flow.windows.is_empty());
        Self {
            window_s: window.as_secs(),
            start_s: (0..count).map(|at| Span(window.0 * at as u64).as_secs()).collect(),
            together: figures(&outcome.windows),
            flows: flows.map(|(name, flow)| (name.as_str(), figures(&flow.windows))).collect(),
        }
    }
}

impl Figures {
    fn of(windows: impl Iterator<Item = Window>) -> Self {
        let windows: Vec<Window> = windows.collect();
        let all = |figure: fn(&Window) -> u64| windows.iter().map(figure).collect();
        let quantile = |q: f64| windows.iter().map(|it| ms(&it.latency, q)).collect();
        Self {
            offered: all(|it| it.offered),
            ok: all(|it| it.ok),
            late: all(|it| it.late),
            refused: all(|it| it.refused),
            failed: all(|it| it.failed),
            backlog: all(|it| it.backlog),
            messages: all(|it| it.messages),
            reads: all(|it| it.reads),
            stale_reads: all(|it| it.stale),
            p50_ms: quantile(0.5),
            p99_ms: quantile(0.99),
        }
    }
}

fn ms(sketch: &Sketch, q: f64) -> Option<f64> {
    sketch.quantile(q).map(Span::as_ms)
}

/// Several windows as one: counts added, the backlog that of the last.
fn join(windows: &[Window]) -> Window {
    let mut all = Window::default();
    for window in windows {
        all.offered += window.offered;
        all.ok += window.ok;
        all.late += window.late;
        all.refused += window.refused;
        all.failed += window.failed;
        all.backlog = window.backlog;
        all.messages += window.messages;
        all.reads += window.reads;
        all.stale += window.stale;
        all.latency.merge(&window.latency);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic;

    #[test]
    fn joining_windows_loses_nothing() {
        let outcome = synthetic::outcome("rest", 1);
        let fine = SeriesJson::of(&outcome, outcome.window);
        let coarse = SeriesJson::of(&outcome, Span(outcome.window.0 * 4));
        assert_eq!(
            fine.together.offered.iter().sum::<u64>(),
            coarse.together.offered.iter().sum::<u64>()
        );
        assert_eq!(coarse.together.offered.len(), fine.together.offered.len().div_ceil(4));
        assert_eq!(fine.together.backlog.last(), coarse.together.backlog.last());
    }
}
