//! A sketch as the six figures that every report shows, in milliseconds; `None` where nothing was
//! seen, or where it falls on what never ends. The only file here that knows what a sketch offers.

use serde::Serialize;

use crate::base::Span;
use crate::probes::sketch::Sketch;

/// The figures of one sketch of times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Times {
    /// The mean.
    pub mean: Option<f64>,
    /// The median.
    pub p50: Option<f64>,
    /// Nine in ten are at most this.
    pub p90: Option<f64>,
    /// 99 in 100.
    pub p99: Option<f64>,
    /// 999 in 1000.
    pub p999: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

impl Times {
    /// The figures of these nanoseconds.
    pub fn of(sketch: &Sketch) -> Self {
        let quantile = |q: f64| sketch.quantile(q).map(Span::as_ms);
        Self {
            mean: sketch.mean().map(|ns| ns / 1e6),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p99: quantile(0.99),
            p999: quantile(0.999),
            max: sketch.max().map(Span::as_ms),
        }
    }
}
