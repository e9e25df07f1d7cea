//! What one instance has in hand, and what it did in the measured stretch. Knows no facts: whoever
//! sees them moves its hands.

use super::layout::NodePlan;
use super::outcome::InstanceOutcome;
use crate::base::Span;

/// What one instance has in hand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gauge {
    /// Ends less beginnings of work, in nanoseconds, in this stage.
    pub(super) busy_ns: i128,
    /// What began when it arrived, in this stage.
    pub(super) at_once: u64,
    /// How long the work takes that began in this stage, in nanoseconds.
    pub(super) at_work_ns: u64,
    pub(super) waiting: u32,
    pub(super) busy: u32,
    pub(super) is_down: bool,
    /// Ends less beginnings of work in the stretch, once it is over.
    pub(super) worked_ns: i128,
    /// The same of the stretch, once it is over.
    pub(super) did_work_ns: u64,
    /// What else arrived in the stretch.
    pub(super) arrivals: u64,
    pub(super) turned_away: u64,
    pub(super) queue_max: u32,
    /// Ends less beginnings of waiting in the stretch, in nanoseconds.
    pub(super) waiting_ns: i128,
    /// Ends less beginnings of being down.
    pub(super) down_ns: i128,
}

impl Gauge {
    /// Its figures.
    pub(super) fn figures(&self, plan: &NodePlan, stretch: Span) -> InstanceOutcome {
        let workers = plan.workers;
        let there = i128::from(stretch.0) - self.down_ns;
        let utilization = share(self.worked_ns, workers, there);
        let begun = share(i128::from(self.did_work_ns), workers, there);
        InstanceOutcome {
            arrivals: self.arrivals,
            turned_away: self.turned_away,
            utilization,
            working: working(begun, utilization).filter(|_| plan.works()),
            queue_mean: self.waiting_ns as f64 / (stretch.0.max(1)) as f64,
            queue_max: u64::from(self.queue_max),
        }
    }
}

/// What was begun, as far as there was time for it: what is cut short counts no more than that.
pub(super) fn working(begun: Option<f64>, utilization: Option<f64>) -> Option<f64> {
    Some(begun?.min(utilization?))
}

/// Which share of the time of so many workers, who were there for so long, is that?
pub(super) fn share(busy_ns: i128, workers: Option<u32>, there_ns: i128) -> Option<f64> {
    let available = workers.map(|workers| i128::from(workers) * there_ns);
    available.filter(|ns| *ns > 0).map(|ns| busy_ns as f64 / ns as f64)
}
