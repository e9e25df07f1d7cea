//! The lanes: what happened, one step a line, in order of time.

use super::names::{Names, carried};
use super::trace::Trace;
use super::{Deed, Effect, Source, Step};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::probes::Carrier;
use crate::probes::fact::Fact;
use crate::probes::story::{Line, Story};
use crate::probes::witness::Item;
use crate::scenario::tree::EntityIx;

/// All steps; at the end the effects that never happened.
pub(super) fn steps(
    story: &Story,
    trace: &Trace,
    names: Names<'_>,
    effects: &[Effect],
) -> Vec<Step> {
    let takes_part = |at: InstanceId| {
        let node = names.model.node_of(at);
        trace.tasks.iter().any(|task| names.model.node_of(task.at) == node)
    };
    let begins = trace.tasks.first().map_or(Time::ZERO, |task| task.from);
    let mut steps: Vec<Step> = Vec::new();
    let mut sendings = trace.sendings.iter();
    let mut cached = None;
    for &Line { time, at, fact, .. } in story.lines() {
        let what = match fact {
            Fact::Message { carrier, to, .. } | Fact::HandedOn { carrier, to, .. } => {
                let Some(sending) = sendings.next() else { continue };
                let is_broker =
                    names.model.nodes[usize::from(names.model.node_of(at).0)].terms.is_some();
                Deed::Sent {
                    from: at,
                    to,
                    arrives: sending.arrives.map(|(time, _)| time).filter(|_| !sending.is_refused),
                    word: match carrier {
                        Carrier::Request if sending.is_hedge => "second copy",
                        Carrier::Request if sending.attempt > 1 => "again",
                        _ => carried(carrier, is_broker),
                    },
                    is_echo: matches!(
                        carrier,
                        Carrier::Answer
                            | Carrier::Acknowledge
                            | Carrier::Invalidate
                            | Carrier::Control
                    ),
                }
            }
            Fact::Down | Fact::Up if !takes_part(at) || time < begins => continue,
            Fact::Down => {
                let beside = beside(&mut steps, time, |what| match what {
                    Deed::Down { all, .. } => Some(all),
                    _ => None,
                });
                if let Some(all) = beside.filter(|all| is_same_node(names, all[0], at)) {
                    all.push(at);
                    continue;
                }
                let by = names.downed_by(at, time).unwrap_or_default().to_owned();
                Deed::Down { all: vec![at], by }
            }
            Fact::Up => {
                let beside = beside(&mut steps, time, |what| match what {
                    Deed::Up(all) => Some(all),
                    _ => None,
                });
                if let Some(all) = beside.filter(|all| is_same_node(names, all[0], at)) {
                    all.push(at);
                    continue;
                }
                Deed::Up(vec![at])
            }
            Fact::Applied { .. } => Deed::Committed(at, names.said(fact).unwrap_or_default()),
            Fact::Undone { .. } => Deed::Undone(at, names.said(fact).unwrap_or_default()),
            Fact::CacheHit { .. } => {
                cached = Some((time, at));
                continue;
            }
            Fact::Saw { entity, key, version, .. } => Deed::Saw {
                at,
                item: Item { entity, key },
                version,
                source: source(names, at, entity, cached == Some((time, at))),
                text: names.said(fact).unwrap_or_default(),
            },
            Fact::Promised { .. } => Deed::Promised(at),
            Fact::Refused { .. } => Deed::Refused(at),
            Fact::TurnedAway { why, .. } => Deed::TurnedAway(at, why),
            Fact::AttemptFailed { to, why, .. } => Deed::GaveUp { at, to, why },
            Fact::Retried { to, attempt, .. } => Deed::Retries { at, to, attempt: attempt + 1 },
            Fact::Redelivered { .. } => Deed::Redelivered(at),
            Fact::Answered { verdict, .. } => Deed::Told(at, verdict),
            Fact::Dropped { why: Some(why), .. } => Deed::Lost(at, why),
            _ => match noted(names, fact) {
                Some(note) => Deed::Note(at, note),
                None => continue,
            },
        };
        steps.push(Step { time, what });
    }
    let last = steps.last().map_or(begins, |step| step.time);
    for effect in effects.iter().filter(|effect| effect.applied.is_empty()) {
        let at = names.model.nodes[usize::from(effect.owner.0)].first;
        steps.push(Step { time: last, what: Deed::Never(at, effect.name.clone()) });
    }
    steps
}

/// The instances of which the same was said already at this instant.
fn beside(
    steps: &mut [Step],
    time: Time,
    of: impl Fn(&mut Deed) -> Option<&mut Vec<InstanceId>>,
) -> Option<&mut Vec<InstanceId>> {
    let mut now = steps.iter_mut().rev().take_while(|step| step.time == time);
    now.find_map(|step| of(&mut step.what))
}

fn is_same_node(names: Names<'_>, one: InstanceId, other: InstanceId) -> bool {
    names.model.node_of(one) == names.model.node_of(other)
}

/// Whose data a read at an instance saw.
fn source(names: Names<'_>, at: InstanceId, entity: EntityIx, is_cached: bool) -> Source {
    let owner = names.model.entities[usize::from(entity.0)].owner;
    let store = names.model.scenario.nodes[usize::from(owner.0)].kind.store();
    let node = names.model.node_of(at);
    match () {
        () if is_cached => Source::Cache,
        () if node == owner || Some(node) == store => Source::Owner,
        () => Source::Copy,
    }
}

/// What else is worth a line.
fn noted(names: Names<'_>, fact: Fact) -> Option<String> {
    Some(match fact {
        Fact::Holds { .. } => names.said(fact)?,
        Fact::Declined { .. } => "says no, which changes nothing".to_owned(),
        Fact::Overwrote { .. } => "overwrites what it had not seen".to_owned(),
        Fact::Joined { .. } => "the first try still runs: waits for it".to_owned(),
        Fact::Deduplicated { .. } => "a repetition: does nothing".to_owned(),
        Fact::CacheMiss { entity, .. } => format!("has no {} in its cache", names.entity(entity)),
        Fact::Waits { .. } => "it has to wait".to_owned(),
        Fact::Began { waited, queued: true, .. } => {
            format!("begins after {} in the queue", crate::tui::words::span(waited))
        }
        Fact::LeftQueue { .. } => "given up in the queue".to_owned(),
        _ => return None,
    })
}
