//! `events`: the owner's commit appends an event to its outbox, in the same transaction; whoever
//! comes next in the flow reacts to it and commits an event of its own (a choreographed saga). The
//! client is answered when the home's commit is durable: accepted is not done.
//!
//! ```text
//! client      home            relay    log          inventory         payments
//!   │──request──▶│ ● order, outbox │      │               │                │   ● durable point
//!   │◀──done─────│        └───────▶│─────▶│ ●             │                │
//!   │            │                 │      │────event─────▶│ ● stock, inbox,│
//!   │            │                 │      │               │   outbox       │
//!   │            │                 │      │◀──commit──────│                │
//!   │            │                 │      │ ●◀──relay─────┘                │
//!   │            │                 │      │────────────event──────────────▶│ ● payment
//! ```
//!
//! Whoever refuses commits an event too, and every participant takes back its own part on hearing
//! of it, in whatever order that reaches them (semantics.md 22 to 28).

use super::super::flow::{Node, is_undoable};
use super::super::program::{EntryIx, Instr, Outgoing, Pc, PubIx, Row, Txn};
use super::plan::{Segment, Stage, stages};
use super::{Last, Lower};
use crate::base::name_hash;
use crate::scenario::tree::{Change, NodeIx};

/// One flow as a chain of reactions.
struct Chain {
    /// What the flow waits for, stage by stage; the first is the home's.
    stages: Vec<Stage>,
    /// Best-effort segments that react to the end of a stage and that nobody waits for.
    followers: Vec<Vec<Segment>>,
    /// The event of each segment of each stage, where somebody subscribes.
    done: Vec<Vec<Option<PubIx>>>,
}

/// The entry at the home where clients' requests come in.
pub(super) fn home(lower: &mut Lower<'_>, nodes: &[Node]) -> EntryIx {
    let chain = chain(lower, stages(lower, nodes));
    for stage in 0..chain.stages.len() {
        let next = chain
            .stages
            .get(stage + 1)
            .into_iter()
            .flatten()
            .map(|segment| (segment, Some(stage + 1)));
        let followers = chain.followers[stage].iter().map(|segment| (segment, None));
        for (place, (segment, at)) in next.chain(followers).enumerate() {
            react(lower, &chain, stage, segment, at.map(|at| (at, place)));
        }
    }
    request(lower, &chain)
}

fn chain(lower: &mut Lower<'_>, planned: Vec<Stage>) -> Chain {
    let mut stages: Vec<Stage> = Vec::new();
    let mut followers: Vec<Vec<Segment>> = Vec::new();
    for stage in planned {
        let (nobody_waits, waited): (Stage, Stage) =
            stage.into_iter().partition(|segment| segment.best_effort);
        // What runs together with a stage reacts, like the stage, to the one before.
        if let Some(before) = followers.last_mut() {
            before.extend(nobody_waits);
        }
        if !waited.is_empty() {
            stages.push(waited);
            followers.push(Vec::new());
        }
    }
    let mut done = Vec::new();
    for (place, stage) in stages.iter().enumerate() {
        let is_heard = place + 1 < stages.len() || !followers[place].is_empty();
        let events = stage.iter().map(|segment| {
            is_heard.then(|| {
                lower
                    .publication(lower.label(&format!("{} done", lower.node_name(segment.service))))
            })
        });
        done.push(events.collect());
    }
    Chain { stages, followers, done }
}

fn request(lower: &mut Lower<'_>, chain: &Chain) -> EntryIx {
    let first = &chain.stages[0][0];
    let label = lower.label("home");
    let entry = lower.reserve(first.service, label);
    lower.begin(entry);
    lower.hold_key(entry);
    lower.work(&first.demand);
    commit(lower, first, chain.done[0][0], true);
    lower.emit(Instr::Answer);
    lower.emit(Instr::End);
    lower.on_trouble(entry);
    lower.undo_steps(&first.nodes, first.service);
    lower.emit(Instr::Answer);
    lower.emit(Instr::End);
    entry
}

/// Does a segment's steps; its last transaction (or, without a store, the log) takes the event.
fn commit(lower: &mut Lower<'_>, segment: &Segment, event: Option<PubIx>, promises: bool) {
    let Some(publication) = event else {
        return lower.steps(&segment.nodes, segment.service, None);
    };
    if lower.store_of(segment.service).is_none() {
        lower.steps(&segment.nodes, segment.service, None);
        publish(lower, publication);
        return;
    }
    let append = |txn: &mut Txn| {
        txn.promises = promises;
        let write = txn
            .writes
            .iter()
            .position(|write| write.part == super::Part::Do)
            .map(|write| write as u8);
        txn.outbox.push(Outgoing { publication, write, when_refused: false });
    };
    lower.steps(&segment.nodes, segment.service, Some(Last { path: &segment.path, join: &append }));
}

fn publish(lower: &mut Lower<'_>, publication: PubIx) {
    let policy = super::class_policy(lower.scenario, "publish");
    lower.emit(Instr::Publish { publication, policy });
}

/// A segment that reacts to the end of stage `after`; `at` is its own place among the stages, if
/// anybody waits for it.
fn react(
    lower: &mut Lower<'_>,
    chain: &Chain,
    after: usize,
    segment: &Segment,
    at: Option<(usize, usize)>,
) {
    let service = segment.service;
    let event = at.and_then(|(stage, branch)| chain.done[stage][branch]);
    let refused = (at.is_some() && can_refuse(segment)).then(|| refusal(lower, chain, segment, at));
    let branches = chain.stages[after].len();
    for branch in 0..branches {
        let heard = chain.done[after][branch].expect("what somebody reacts to is published");
        let what = lower.label(&format!("{} after {after}.{branch}", lower.node_name(service)));
        let entry = lower.reserve(service, what.clone());
        lower.subscribe(heard, Some(chain.stages[after][branch].service), service, entry);
        lower.begin(entry);
        let waits = (branches > 1).then(|| {
            lower.overhead_work(service, &what);
            let row =
                Row::Join { stage: after as u8, branch: branch as u8, branches: branches as u8 };
            let txn = Txn { name: name_hash(&segment.path), row: Some(row), ..Txn::default() };
            lower.store(service, "join", txn)
        });
        reaction(lower, segment, event);
        if let Some(waits) = waits {
            lower.land(waits);
            lower.emit(Instr::End);
        }
        lower.on_refused(entry);
        lower.undo_steps(&segment.nodes, service);
        if let Some(refused) = refused {
            say_refused(lower, segment, refused);
        }
        lower.emit(Instr::End);
        lower.on_failed(entry);
        lower.emit(Instr::Return);
    }
}

fn reaction(lower: &mut Lower<'_>, segment: &Segment, event: Option<PubIx>) {
    let mut skips = Vec::new();
    for chance in &segment.maybes {
        let (probability, name) = (chance.probability, chance.name);
        skips.push(lower.emit(Instr::Maybe { probability, name, to: Pc::default() }));
    }
    lower.work(&segment.demand);
    lower.refuse(segment.refuses);
    commit(lower, segment, event, false);
    lower.emit(Instr::End);
    if skips.is_empty() {
        return;
    }
    // Not taken: the flow goes on behind it all the same.
    for skip in skips {
        lower.land(skip);
    }
    let passes = Segment { nodes: Vec::new(), ..segment.clone() };
    commit(lower, &passes, event, false);
    lower.emit(Instr::End);
}

fn can_refuse(segment: &Segment) -> bool {
    segment.refuses.probability > 0.0 || nodes_can_refuse(&segment.nodes)
}

fn nodes_can_refuse(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Look { need, .. } => need.is_some(),
        Node::Change { changes, .. } => changes.iter().any(|(write, _)| {
            matches!(write.change, Change::Take(_) | Change::Put { if_unchanged: true, .. })
        }),
        Node::Work { .. } => false,
        Node::Tell(tell) => tell.refuses.probability > 0.0 || nodes_can_refuse(&tell.body),
        Node::Call { body, .. } | Node::Maybe { body, .. } => nodes_can_refuse(body),
        Node::All(branches) => branches.iter().any(|branch| nodes_can_refuse(branch)),
    })
}

/// Commits the event that says "no" (one transaction, remembered like any other).
fn say_refused(lower: &mut Lower<'_>, segment: &Segment, refused: PubIx) {
    if lower.store_of(segment.service).is_none() {
        return publish(lower, refused);
    }
    let txn = Txn {
        name: name_hash(&format!("{}/refused", segment.path)),
        refuses: true,
        outbox: vec![Outgoing { publication: refused, write: None, when_refused: true }],
        ..Txn::default()
    };
    lower.store(segment.service, "refusal", txn);
}

/// The event of a refusal: every earlier participant and every sibling takes its part back, and
/// who would have joined does not wait any longer.
fn refusal(
    lower: &mut Lower<'_>,
    chain: &Chain,
    refuser: &Segment,
    at: Option<(usize, usize)>,
) -> PubIx {
    let what = lower.label(&format!("{} refused", lower.node_name(refuser.service)));
    let publication = lower.publication(what);
    let Some((stage, branch)) = at else {
        return publication;
    };
    let earlier = chain.stages[..stage].iter().flatten();
    let siblings = chain.stages[stage].iter().enumerate().filter(|(place, _)| *place != branch);
    let participants: Vec<Segment> =
        earlier.chain(siblings.map(|(_, sibling)| sibling)).cloned().collect();
    for participant in participants.iter().filter(|participant| is_undoable(&participant.nodes)) {
        let entry = undo_entry(lower, participant);
        lower.subscribe(publication, Some(refuser.service), participant.service, entry);
    }
    if chain.stages[stage].len() > 1 {
        let next = chain.stages.get(stage + 1).into_iter().flatten();
        let joiners: Vec<Segment> = next.chain(&chain.followers[stage]).cloned().collect();
        for joiner in joiners {
            let entry = discard_entry(lower, &joiner, stage as u8);
            lower.subscribe(publication, Some(refuser.service), joiner.service, entry);
        }
    }
    publication
}

/// A participant takes its part back, whether it is done yet or not: with deduplication undoing
/// nothing blocks the late original, without it undo is blind (semantics.md 28).
fn undo_entry(lower: &mut Lower<'_>, participant: &Segment) -> EntryIx {
    let (service, nodes) = (participant.service, participant.nodes.clone());
    let what = lower.label(&format!("{} undo", lower.node_name(service)));
    reacts(lower, service, what, move |lower| {
        lower.is_blind = true;
        lower.undo_steps(&nodes, service);
        lower.is_blind = false;
    })
}

fn discard_entry(lower: &mut Lower<'_>, joiner: &Segment, stage: u8) -> EntryIx {
    let service = joiner.service;
    let what = lower.label(&format!("{} discards its join", lower.node_name(service)));
    let name = name_hash(&format!("{}/discard", joiner.path));
    reacts(lower, service, what, move |lower| {
        let txn = Txn { name, row: Some(Row::Discard { stage }), ..Txn::default() };
        lower.store(service, "join", txn);
    })
}

/// An entry that costs a worker's overhead, does `body`, and tries again when it fails.
fn reacts(
    lower: &mut Lower<'_>,
    service: NodeIx,
    what: String,
    body: impl FnOnce(&mut Lower<'_>) + 'static,
) -> EntryIx {
    lower.later(service, what.clone(), move |lower, entry| {
        lower.begin(entry);
        lower.overhead_work(service, &what);
        body(lower);
        lower.emit(Instr::End);
        lower.on_trouble(entry);
        lower.emit(Instr::Return);
    })
}
