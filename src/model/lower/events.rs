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
//! of it, in whatever order that reaches them (docs/semantics.md, rules 22 to 28).

use super::super::flow::Node;
use super::super::program::{EntryIx, Instr, Outgoing, Pc, PubIx, Row, Txn};
use super::plan::{Segment, Stage, stages};
use super::pubsub::publish;
use super::{Last, Lower};
use crate::base::name_hash;
use crate::scenario::tree::{Change, NodeIx, Says};

/// One flow as a chain of reactions.
struct Chain {
    /// What the flow waits for, stage by stage; the first is the home's.
    stages: Vec<Stage>,
    /// Best-effort tells that react to the end of a stage and that nobody waits for; the segments
    /// of each react to one another.
    followers: Vec<Vec<Vec<Segment>>>,
    /// The event of each segment of each stage, where somebody subscribes.
    done: Vec<Vec<Option<PubIx>>>,
}

/// The entry at the home where clients' requests come in.
pub(super) fn home(lower: &mut Lower<'_>, nodes: &[Node]) -> EntryIx {
    let chain = chain(lower, stages(lower, nodes));
    for stage in 0..chain.stages.len() {
        for branch in 0..chain.stages.get(stage + 1).map_or(0, Vec::len) {
            let segment = &chain.stages[stage + 1][branch];
            let event = chain.done[stage + 1][branch];
            let refused = can_refuse(segment).then(|| refusal(lower, &chain, stage + 1, branch));
            react(lower, &chain, stage, segment, event, refused);
        }
        for group in &chain.followers[stage] {
            lower.as_best_effort(true, |lower| follow(lower, &chain, stage, group));
        }
    }
    request(lower, &chain)
}

fn chain(lower: &mut Lower<'_>, planned: Vec<Stage>) -> Chain {
    let mut stages: Vec<Stage> = Vec::new();
    let mut followers: Vec<Vec<Vec<Segment>>> = Vec::new();
    for stage in planned {
        let (nobody_waits, waited): (Stage, Stage) =
            stage.into_iter().partition(|segment| segment.best_effort);
        // What runs together with a stage reacts, like the stage, to the one before.
        if let Some(before) = followers.last_mut() {
            for segment in nobody_waits {
                match before.last_mut() {
                    Some(group) if segment.group.is_some() && group[0].group == segment.group => {
                        group.push(segment);
                    }
                    _ => before.push(vec![segment]),
                }
            }
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
                let label = lower.label(&format!("{} done", lower.node_name(segment.service)));
                lower.publication(label, lower.says(segment.service, Says::Done))
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
    lower.on_trouble(entry);
    lower.undo_steps(&first.nodes, first.service);
    lower.emit(Instr::Answer);
    entry
}

/// Does a segment's steps; its last transaction (or, without a store, the log) takes the event.
fn commit(lower: &mut Lower<'_>, segment: &Segment, event: Option<PubIx>, promises: bool) {
    let Some(publication) = event else {
        return lower.steps(&segment.nodes, segment.service, None);
    };
    if lower.store_of(segment.service).is_none() {
        lower.steps(&segment.nodes, segment.service, None);
        publish(lower, publication, 0);
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

/// A segment that reacts to the end of stage `after`: when it is done it says `event`, when it is
/// refused `refused`.
fn react(
    lower: &mut Lower<'_>,
    chain: &Chain,
    after: usize,
    segment: &Segment,
    event: Option<PubIx>,
    refused: Option<PubIx>,
) {
    let service = segment.service;
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
        or_not(lower, entry, segment, refused);
    }
}

/// What becomes of a reaction that is refused, or fails.
fn or_not(lower: &mut Lower<'_>, entry: EntryIx, segment: &Segment, refused: Option<PubIx>) {
    lower.on_refused(entry);
    lower.undo_steps(&segment.nodes, segment.service);
    if let Some(refused) = refused {
        say_refused(lower, segment, refused);
    }
    lower.emit(Instr::End);
    lower.on_failed(entry);
    lower.emit(Instr::Return);
}

/// The segments of a best-effort tell react to one another, the first of them to the end of stage
/// `after`. A refusal ends the tell, and those before take their part back.
fn follow(lower: &mut Lower<'_>, chain: &Chain, after: usize, group: &[Segment]) {
    let mut heard = None;
    for (place, segment) in group.iter().enumerate() {
        let (service, is_last) = (segment.service, place + 1 == group.len());
        let said = |lower: &mut Lower<'_>, says: Says| {
            let what = format!("{} {}, best effort", lower.node_name(service), says.word());
            lower.publication(lower.label(&what), lower.says(service, says))
        };
        let event = (!is_last).then(|| said(lower, Says::Done));
        let is_owed = group[..place].iter().any(Segment::is_undoable);
        let refused = match event {
            _ if !can_refuse(segment) => None,
            Some(event) if segment.shrugs => Some(event),
            _ if segment.shrugs || !is_owed => None,
            _ => {
                let refused = said(lower, Says::Refused);
                taken_back_by(lower, refused, service, &group[..place]);
                Some(refused)
            }
        };
        let Some((heard, producer)) = heard.replace((event, service)) else {
            react(lower, chain, after, segment, event, refused);
            continue;
        };
        let what = lower.label(&format!("{} goes on, best effort", lower.node_name(service)));
        let entry = lower.reserve(service, what);
        let heard: Option<PubIx> = heard;
        lower.subscribe(heard.expect("one more follows"), Some(producer), service, entry);
        lower.begin(entry);
        reaction(lower, segment, event);
        or_not(lower, entry, segment, refused);
    }
}

/// All of these that can take their part back on hearing this.
fn taken_back_by(lower: &mut Lower<'_>, heard: PubIx, producer: NodeIx, participants: &[Segment]) {
    for participant in participants.iter().filter(|participant| participant.is_undoable()) {
        let entry = undo_entry(lower, participant);
        lower.subscribe(heard, Some(producer), participant.service, entry);
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
        Node::Work { .. } | Node::Enough(..) => false,
        Node::Tell(tell) => tell.refuses.probability > 0.0 || nodes_can_refuse(&tell.body),
        Node::Call { body, .. } | Node::Maybe { body, .. } => nodes_can_refuse(body),
        Node::All(branches) => branches.iter().any(|branch| nodes_can_refuse(branch)),
    })
}

/// Commits the event that says "no" (one transaction, remembered like any other).
fn say_refused(lower: &mut Lower<'_>, segment: &Segment, refused: PubIx) {
    if lower.store_of(segment.service).is_none() {
        return publish(lower, refused, 0);
    }
    let txn = Txn {
        name: name_hash(&format!("{}/refused", segment.path)),
        refuses: true,
        outbox: vec![Outgoing { publication: refused, write: None, when_refused: true }],
        ..Txn::default()
    };
    lower.store(segment.service, "refusal", txn);
}

/// The event of the refusal of one segment: every earlier participant and every sibling takes its
/// part back, what nobody waited for included, and who would have joined does not wait any longer.
fn refusal(lower: &mut Lower<'_>, chain: &Chain, stage: usize, branch: usize) -> PubIx {
    let refuser = chain.stages[stage][branch].service;
    let label = lower.label(&format!("{} refused", lower.node_name(refuser)));
    let publication = lower.publication(label, lower.says(refuser, Says::Refused));
    let earlier = chain.stages[..stage].iter().flatten();
    let siblings = chain.stages[stage].iter().enumerate().filter(|(place, _)| *place != branch);
    let followers = chain.followers[..stage].iter().flatten().flatten();
    let participants = earlier.chain(siblings.map(|(_, sibling)| sibling)).chain(followers);
    let participants: Vec<Segment> = participants.cloned().collect();
    taken_back_by(lower, publication, refuser, &participants);
    if chain.stages[stage].len() > 1 {
        let next = chain.stages.get(stage + 1).into_iter().flatten();
        let joiners = next.chain(chain.followers[stage].iter().map(|group| &group[0]));
        let joiners: Vec<Segment> = joiners.cloned().collect();
        for joiner in joiners {
            let entry = discard_entry(lower, &joiner, stage as u8);
            lower.subscribe(publication, Some(refuser), joiner.service, entry);
        }
    }
    publication
}

/// A participant takes its part back, whether it is done yet or not: with deduplication undoing
/// nothing blocks the late original, without it undo is blind (docs/semantics.md, rule 28).
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
