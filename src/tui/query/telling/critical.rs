//! The critical path to the answer: from the moment at which the customer was told backwards, through
//! the causes, to the moment at which the operation was wanted. Without gaps, so its stretches add up to
//! what the customer waited.

use super::trace::{Cause, Trace};
use super::{Doing, Stretch};
use crate::base::Span;

/// In order of time.
pub fn path(trace: &Trace) -> Vec<Stretch> {
    let mut path: Vec<Stretch> = Vec::new();
    let Some(mut at) = trace.answered else { return path };
    loop {
        let moment = trace.moments[at];
        let (before, what) = match moment.cause {
            Cause::Message(sending) => (trace.sendings[sending].moment, Doing::Travels),
            Cause::Own(before) if before < at => (before, moment.before),
            Cause::Own(_) | Cause::Customer => break,
        };
        let from = match moment.cause {
            Cause::Message(sending) => trace.sendings[sending].time,
            _ => trace.moments[before].time,
        };
        let at_instance = trace.tasks[moment.task].at;
        if from < moment.time {
            match path.last_mut() {
                Some(next)
                    if (next.what, next.at, next.from) == (what, at_instance, moment.time) =>
                {
                    next.from = from;
                }
                _ => path.push(Stretch { from, to: moment.time, what, at: at_instance }),
            }
        }
        at = before;
    }
    path.reverse();
    path
}

/// How long the stretches in which this went on are together.
pub fn sum(path: &[Stretch], what: Doing) -> Span {
    Span(path.iter().filter(|it| it.what == what).map(|it| it.to.since(it.from).0).sum())
}
