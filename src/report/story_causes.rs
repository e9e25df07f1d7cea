//! Facts of a story that need their circumstances to be told: who gave up an attempt, and for whom
//! something waits. Refuses to know what any node does: it looks only at which event a fact is of, and
//! whose message that event was.

use super::figures::words;
use super::paint::Tone;
use super::story_words::Names;
use crate::engine::InstanceId;
use crate::probes::fact::Fact;
use crate::probes::reason::Reason;
use crate::probes::story::{Line, Story};
use crate::scenario::tree::NodeIx;

/// How an attempt came to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failing {
    /// Its caller's own time was up.
    GivenUp,
    /// Somebody said so.
    Heard(InstanceId),
    /// It was never sent.
    HeldBack,
}

/// What this line of a story says, and how loudly, if it needs its circumstances.
pub(super) fn says(names: &Names, story: &Story, at: usize) -> Option<(Tone, String)> {
    let line = &story.lines()[at];
    match line.fact {
        Fact::AttemptFailed { to, why, .. } => {
            let (to, why) = (names.name(to), words(why.name()));
            let said = match failing(names, story, at)? {
                Failing::GivenUp => format!("gives up an attempt at {to}: {why}"),
                Failing::Heard(from) => format!("hears from {}: {why}", names.instance(from)),
                Failing::HeldBack => format!("does not call {to}: {why}"),
            };
            Some((Tone::Bad, said))
        }
        Fact::CacheMiss { entity, fetches, .. } => {
            let missed = format!("does not find {} in its cache", names.entity(entity));
            let said = if fetches {
                missed
            } else {
                format!("{missed}: waits for {}", awaited(names, story, at))
            };
            Some((Tone::Plain, said))
        }
        _ => None,
    }
}

/// Who gave up, and on whom, last before the customer was told: not who only heard of it.
pub(super) fn gave_up<'a>(names: &Names<'a>, story: &Story) -> Option<(InstanceId, &'a str)> {
    let lines = story.lines();
    let told = lines.iter().position(|line| matches!(line.fact, Fact::Answered { .. }))?;
    (0..told).rev().find_map(|at| match lines[at].fact {
        Fact::AttemptFailed { to, .. } if failing(names, story, at) == Some(Failing::GivenUp) => {
            Some((lines[at].at, names.name(to)))
        }
        _ => None,
    })
}

/// How the attempt failed that failed there.
fn failing(names: &Names, story: &Story, at: usize) -> Option<Failing> {
    let Fact::AttemptFailed { to, why, .. } = story.lines()[at].fact else { return None };
    let is_of_guards = matches!(
        why,
        Reason::CircuitOpen | Reason::Throttled | Reason::BulkheadFull | Reason::NoInstance
    );
    Some(match sender(names, story, at, to) {
        Some(from) => Failing::Heard(from),
        None if is_of_guards => Failing::HeldBack,
        None => Failing::GivenUp,
    })
}

/// The instance of this node whose message brought this line's event about.
fn sender(names: &Names, story: &Story, at: usize, node: NodeIx) -> Option<InstanceId> {
    let lines = story.lines();
    let event = lines[at].event;
    let same = lines[..at].iter().rev().take_while(|line| line.event == event);
    let name = same.into_iter().find_map(|line| match line.fact {
        Fact::Received { name, .. } => Some(name),
        _ => None,
    })?;
    let brought = |line: &&Line| match line.fact {
        Fact::Message { leg: Some(leg), .. } | Fact::HandedOn { leg: Some(leg), .. } => {
            leg.name == name
        }
        _ => false,
    };
    let from = lines[..at].iter().rev().find(brought)?.at;
    (names.node(from) == node).then_some(from)
}

/// For what a reader waits that found another's fetch under way: that of the operation whose message
/// lets it go on at the same instance.
fn awaited(names: &Names, story: &Story, at: usize) -> String {
    let (line, rest) = (&story.lines()[at], &story.lines()[at + 1..]);
    let next = rest
        .iter()
        .find(|next| next.at == line.at && next.event != line.event && next.fact.op().is_some());
    let other = next.and_then(|next| story.other(next.event));
    other.map_or_else(
        || "a fetch that is under way".to_owned(),
        |other| format!("the fetch of {}", names.operation(other.op, other.flow)),
    )
}
