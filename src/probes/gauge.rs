//! What one instance has in hand, and what it did in the measured stretch. Knows no facts: whoever
//! sees them moves its hands.

use super::layout::NodePlan;
use super::outcome::Load;
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
    /// What these instances of a node were asked for and did, together.
    pub(super) fn load(these: &[Self], plan: &NodePlan, stretch: Span) -> Load {
        let sum = |of: fn(&Self) -> i128| these.iter().map(of).sum::<i128>();
        let there = these.len() as i128 * i128::from(stretch.0) - sum(|it| it.down_ns);
        let utilization = share(sum(|it| it.worked_ns), plan.workers, there);
        let begun = share(sum(|it| i128::from(it.did_work_ns)), plan.workers, there);
        Load {
            arrivals: these.iter().map(|it| it.arrivals).sum(),
            turned_away: these.iter().map(|it| it.turned_away).sum(),
            utilization,
            working: working(begun, utilization).filter(|_| plan.works()),
            queue_mean: sum(|it| it.waiting_ns) as f64 / stretch.0.max(1) as f64,
            queue_max: these.iter().map(|it| u64::from(it.queue_max)).max().unwrap_or(0),
        }
    }
}

/// What was begun, as far as there was time for it: what is cut short counts no more than that.
fn working(begun: Option<f64>, utilization: Option<f64>) -> Option<f64> {
    Some(begun?.min(utilization?))
}

/// Which share of the time of so many workers, who were there for so long, is that?
fn share(busy_ns: i128, workers: Option<u32>, there_ns: i128) -> Option<f64> {
    let available = workers.map(|workers| i128::from(workers) * there_ns);
    available.filter(|ns| *ns > 0).map(|ns| busy_ns as f64 / ns as f64)
}
