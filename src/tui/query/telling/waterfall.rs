//! The waterfall: tasks as spans in the order of a tree. What a broker passes on stands beside the
//! message that it came by, not inside it: whoever published does not wait for it.

use super::names::{Names, reason};
use super::task::Task;
use super::trace::Trace;
use super::{Doing, Span, Stretch};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::Carrier;
use crate::probes::fact::Fact;
use crate::scenario::tree::{FlowIx, NodeIx};

/// A row to be: what stands below it is found by its place in the tree.
struct Row {
    parent: Option<usize>,
    task: Option<usize>,
    time: Time,
    span: Span,
}

/// All spans, each below that for which it was done.
pub(super) fn spans(trace: &Trace, names: Names<'_>, flow: Option<FlowIx>, told: u64) -> Vec<Span> {
    let mut rows: Vec<Row> = Vec::new();
    for (ix, task) in trace.tasks.iter().enumerate() {
        if is_shown(trace, names, ix) {
            let span = span(trace, names, task);
            let parent = above(trace, names, ix);
            rows.push(Row { parent, task: Some(ix), time: span.from, span });
        }
    }
    for sending in trace.sendings.iter().filter(|sending| sending.arrives.is_none()) {
        if !matches!(sending.carrier, Carrier::Request | Carrier::Publish | Carrier::Deliver) {
            continue;
        }
        let from = names.model.node_of(trace.tasks[sending.task].at);
        let fault = names.cut_by(from, names.model.node_of(sending.to), sending.time);
        let at = sending.to;
        let span = Span {
            depth: 0,
            at,
            label: label(names.instance(sending.to), sending.attempt, sending.is_hedge),
            from: sending.paused_since.unwrap_or(sending.time),
            to: Some(sending.time),
            parts: pause(sending.paused_since, sending.time, at),
            note: fault.map_or("lost on the way".to_owned(), |by| format!("lost on the way: {by}")),
            is_lost: true,
            is_durable: false,
        };
        rows.push(Row { parent: Some(sending.task), task: None, time: sending.time, span });
    }
    let home = flow.map(|flow| names.model.scenario.flows[usize::from(flow.0)].home);
    for node in never_called(trace, names.model, flow, told) {
        let is_home = |task: &Task| Some(names.model.node_of(task.at)) == home;
        let parent = trace.tasks.iter().position(is_home).unwrap_or(0);
        let span = Span {
            depth: 0,
            at: names.model.nodes[usize::from(node.0)].first,
            label: names.node(node).to_owned(),
            from: Time::NEVER,
            to: None,
            parts: Vec::new(),
            note: "never called".to_owned(),
            is_lost: true,
            is_durable: false,
        };
        rows.push(Row { parent: Some(parent), task: None, time: Time::NEVER, span });
    }
    rows.sort_by_key(|row| row.time);
    let mut spans = Vec::with_capacity(rows.len());
    hang(&rows, None, 0, &mut spans);
    spans
}

/// The rows below one, each with its own below it.
fn hang(rows: &[Row], parent: Option<usize>, depth: u16, spans: &mut Vec<Span>) {
    for row in rows.iter().filter(|row| row.parent == parent) {
        spans.push(Span { depth, ..row.span.clone() });
        // Deeper rows than this are possible only where messages go round in a circle.
        if let Some(task) = row.task.filter(|_| depth < 64) {
            hang(rows, Some(task), depth + 1, spans);
        }
    }
}

/// Whoever is told to forget, or signalled to, does nothing that one has to see, unless it does.
fn is_shown(trace: &Trace, names: Names<'_>, ix: usize) -> bool {
    let task = &trace.tasks[ix];
    let is_bookkeeping = matches!(
        trace.carrier(ix),
        Some(Carrier::Invalidate | Carrier::Control | Carrier::Acknowledge | Carrier::Answer)
    );
    let is_orphan = ix > 0 && task.begun_by.is_none();
    // A broker's task that only tells others to forget.
    let node = &names.model.nodes[usize::from(names.model.node_of(task.at).0)];
    let is_idle = node.terms.is_some() && task.to == task.from;
    let does = |fact: &Fact| matches!(fact, Fact::Applied { .. } | Fact::Undone { .. });
    !(is_bookkeeping || is_orphan || is_idle) || task.facts.iter().any(|(_, fact)| does(fact))
}

/// Below which task it stands: that whose message began it; but what was handed on by a message that
/// nobody waits for stands beside its sender.
fn above(trace: &Trace, names: Names<'_>, ix: usize) -> Option<usize> {
    let parent = trace.parent(ix)?;
    let is_passed_on = |task: usize| trace.carrier(task) == Some(Carrier::Deliver);
    match trace.carrier(ix)? {
        Carrier::Deliver => above(trace, names, parent),
        Carrier::Publish => {
            let is_store = is_store(names.model, names.model.node_of(trace.tasks[parent].at));
            let asker = trace.parent(parent).filter(|_| is_store);
            match asker {
                Some(asker) if is_passed_on(asker) => above(trace, names, asker),
                Some(asker) => Some(asker),
                None if is_passed_on(parent) => above(trace, names, parent),
                None => Some(parent),
            }
        }
        _ => Some(parent),
    }
}

fn is_store(model: &Model, node: NodeIx) -> bool {
    model.scenario.nodes.iter().any(|other| other.kind.store() == Some(node))
}

fn span(trace: &Trace, names: Names<'_>, task: &Task) -> Span {
    let begun_by = task.begun_by.map(|sending| &trace.sendings[sending]);
    let paused = begun_by.and_then(|sending| sending.paused_since);
    let sent = begun_by.map_or(task.from, |sending| sending.time);
    let mut parts = pause(paused, sent, task.at);
    if paused.is_some() && sent < task.from {
        parts.push(Stretch { from: sent, to: task.from, what: Doing::Travels, at: task.at });
    }
    parts.extend(task.parts());
    let (attempt, is_hedge) = begun_by.map_or((1, false), |it| (it.attempt, it.is_hedge));
    let is_refused = begun_by.is_some_and(|sending| sending.is_refused);
    let is_lost = task.is_lost || is_refused;
    let does = |fact: &Fact| matches!(fact, Fact::Applied { .. } | Fact::Undone { .. });
    Span {
        depth: 0,
        at: task.at,
        label: label(names.instance(task.at), attempt, is_hedge),
        from: paused.unwrap_or(task.from),
        to: Some(task.to),
        parts,
        note: note(names, task, is_refused),
        is_lost,
        is_durable: !is_lost && task.facts.iter().any(|(_, fact)| does(fact)),
    }
}

fn pause(since: Option<Time>, until: Time, at: InstanceId) -> Vec<Stretch> {
    let since = since.filter(|since| *since < until);
    since.map(|from| Stretch { from, to: until, what: Doing::Pauses, at }).into_iter().collect()
}

fn label(who: String, attempt: u32, is_hedge: bool) -> String {
    match attempt {
        _ if is_hedge => format!("{who} copy"),
        1 => who,
        _ => format!("{who} try {attempt}"),
    }
}

/// What is said at a span's end.
fn note(names: Names<'_>, task: &Task, is_refused: bool) -> String {
    if is_refused {
        let by = names.downed_by(task.at, task.from);
        return by.map_or("down".to_owned(), |by| format!("down: {by}"));
    }
    let mut words: Vec<String> = Vec::new();
    for (time, fact) in &task.facts {
        let word = match *fact {
            Fact::Down => {
                let by = names.downed_by(task.at, *time);
                by.map_or("goes down".to_owned(), |by| format!("goes down: {by}"))
            }
            Fact::Answered { .. } => continue,
            Fact::CacheHit { .. } => "cache hit".to_owned(),
            Fact::Refused { .. } => "says no".to_owned(),
            Fact::Declined { .. } => "says no, which changes nothing".to_owned(),
            Fact::Deduplicated { .. } => "a repetition: does nothing".to_owned(),
            Fact::Joined { .. } => "waits for the first try".to_owned(),
            Fact::Redelivered { .. } => "delivered again".to_owned(),
            Fact::LeftQueue { .. } => "given up in the queue".to_owned(),
            Fact::TurnedAway { why, .. } => reason(why),
            Fact::Dropped { why: Some(why), .. } => format!("lost: {}", reason(why)),
            Fact::Overwrote { .. } => "overwrites what it had not seen".to_owned(),
            fact => match names.said(fact) {
                Some(said) => said,
                None => continue,
            },
        };
        let is_echo = task.facts.iter().any(|(_, fact)| matches!(fact, Fact::Down))
            && word.starts_with("lost");
        if !is_echo && !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

/// The services whose effects the flow tells and which no message ever reached.
fn never_called(trace: &Trace, model: &Model, flow: Option<FlowIx>, told: u64) -> Vec<NodeIx> {
    let Some(flow) = flow else { return Vec::new() };
    let reached = |node: NodeIx| trace.sendings.iter().any(|it| model.node_of(it.to) == node);
    let mut nodes = Vec::new();
    for (ix, effect) in model.effects[usize::from(flow.0)].iter().enumerate() {
        let owner = model.entities[usize::from(effect.entity.0)].owner;
        if told >> ix & 1 == 1 && !reached(owner) && !nodes.contains(&owner) {
            nodes.push(owner);
        }
    }
    nodes
}
