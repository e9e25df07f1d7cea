//! `pubsub`: a tell is a command on its handler's queue, and the home drives the flow by the
//! handlers' replies (an orchestrated saga, whose row lives in the home's store). The client is
//! answered when the first commands are confirmed by the broker: accepted is not done.
//!
//! ```text
//! client      home              queue          inventory
//!   │──request──▶│ ● order, saga   │               │         ● durable point
//!   │            │ ...gap...       │               │         a crash here loses the effects
//!   │            │────command─────▶│ ●             │         (outbox: the commit has the command)
//!   │◀──done─────│◀───confirm──────│───command────▶│ ● stock (inbox)
//!   │            │                 │ ●◀───reply────│
//!   │            │                 │◀─────ack──────│
//!   │            │◀────reply───────│               │
//!   │            │ ● saga          │               │
//!   │            │──next command──▶│ ●             │
//! ```
//!
//! Handlers commit, publish, then acknowledge, so a crash of theirs means redelivery; only the
//! client's request has a gap between commit and publication (docs/semantics.md, rules 17 to 21).
//! The home acts as the saga's coordinator at any of its instances; without a store its state
//! travels along in the messages.

mod undo;

use super::super::flow::Node;
use super::super::program::{EntryIx, Instr, Outgoing, Pc, PubIx, Row, Txn};
use super::plan::{Segment, Stage, stages};
use super::{Last, Lower, best_effort};
use crate::base::name_hash;
use crate::scenario::tree::{NodeIx, Says};

/// One flow as a saga.
struct Saga {
    home: NodeIx,
    has_store: bool,
    stages: Vec<Stage>,
    /// The commands of each stage's segments, where they are sent.
    commands: Vec<Vec<Option<PubIx>>>,
    /// What takes each segment of a best-effort tell back, and those before it.
    undos: Vec<Vec<Option<PubIx>>>,
    /// Where taking back starts.
    undo: Pc,
}

/// The entry at the home where clients' requests come in.
pub(super) fn home(lower: &mut Lower<'_>, nodes: &[Node]) -> EntryIx {
    let home = lower.scenario.flows[lower.flow.0 as usize].home;
    let stages = stages(lower, nodes);
    let has_store = lower.store_of(home).is_some();
    let undos = best_effort::undos(lower, &stages);
    let mut saga =
        Saga { home, has_store, stages, commands: Vec::new(), undos, undo: lower.here() };
    undo::chain(lower, &saga);
    saga.commands = saga.stages.iter().map(|stage| vec![None; stage.len()]).collect();
    // Later stages first: the reply to one stage publishes the commands of the next.
    for stage in (1..saga.stages.len()).rev() {
        for branch in 0..saga.stages[stage].len() {
            if saga.stages[stage][branch].service != home || saga.is_unawaited(stage) {
                saga.commands[stage][branch] = Some(command(lower, &saga, stage, branch));
            }
        }
    }
    request(lower, &saga)
}

impl Saga {
    /// Is this stage part of a best-effort tell? Then it is sent also to the home itself.
    fn is_unawaited(&self, stage: usize) -> bool {
        self.stages[stage].iter().all(|segment| segment.group.is_some())
    }
}

fn request(lower: &mut Lower<'_>, saga: &Saga) -> EntryIx {
    let label = lower.label("home");
    let entry = lower.reserve(saga.home, label);
    lower.begin(entry);
    lower.hold_key(entry);
    lower.work(&saga.stages[0][0].demand);
    let has_outbox = lower.design.outbox && saga.has_store;
    let mut at = 0;
    loop {
        let sends = if has_outbox { outgoing(saga, at + 1) } else { Sends::none(at + 1) };
        own_steps(lower, saga, at, &sends);
        if sends.waits {
            lower.emit(Instr::Answer);
            break;
        }
        match saga.stages.get(sends.next).map(Vec::as_slice) {
            Some([own]) if has_outbox && own.maybes.is_empty() && own.group.is_none() => {
                at = sends.next;
            }
            _ => {
                advance(lower, saga, sends.next, &[Instr::Answer]);
                break;
            }
        }
    }
    lower.on_failed(entry);
    undo::request(lower, saga, false);
    // With an outbox the saga may have begun though nothing was heard of it: it goes on then.
    if saga.has_store && !has_outbox {
        let name = name_hash(&lower.label("unconfirmed"));
        let txn = Txn { name, row: Some(Row::Finish), refuses: true, ..Txn::default() };
        lower.store(saga.home, "saga", txn);
    }
    lower.emit(Instr::Answer);
    lower.on_refused(entry);
    let is_long = undo::request(lower, saga, true) > 1;
    if saga.has_store && is_long {
        lower.finish_row(saga.home);
    }
    lower.emit(Instr::Answer);
    entry
}

/// The home's own steps of stage `at`; their last transaction takes the commands that follow, the
/// first one the saga's row.
fn own_steps(lower: &mut Lower<'_>, saga: &Saga, at: usize, sends: &Sends) {
    let own = &saga.stages[at][0];
    let join = |txn: &mut Txn| {
        if at == 0 {
            txn.promises = true;
            txn.row = Some(Row::Begin { stage: 1 });
        }
        txn.outbox.extend(&sends.commands);
        txn.tells |= sends.tells;
    };
    let joins = saga.has_store && (at == 0 || !sends.commands.is_empty());
    lower.steps(&own.nodes, saga.home, joins.then_some(Last { path: &own.path, join: &join }));
}

/// Commands that are appended to an outbox together.
struct Sends {
    commands: Vec<Outgoing>,
    /// Bits of what nobody reports on.
    tells: u64,
    /// The first stage that they leave out.
    next: usize,
    /// Does the saga wait for one of them?
    waits: bool,
}

impl Sends {
    fn none(next: usize) -> Self {
        Self { commands: Vec::new(), tells: 0, next, waits: false }
    }
}

/// The commands that a commit of the home's appends to its outbox: all up to the first that are
/// waited for, or to the home's next own steps. A branch that may not be taken is passed through by
/// its handler.
fn outgoing(saga: &Saga, from: usize) -> Sends {
    let mut sends = Sends::none(from);
    while let Some(commands) = saga.commands.get(sends.next) {
        if commands.iter().any(Option::is_none) {
            break;
        }
        if best_effort::goes_on(&saga.stages, sends.next) {
            sends.next += 1;
            continue;
        }
        sends.commands.extend(commands.iter().flatten().map(|publication| Outgoing {
            publication: *publication,
            write: None,
            when_refused: false,
        }));
        for segment in &saga.stages[sends.next] {
            sends.tells |= best_effort::effects(&saga.stages, segment);
            sends.waits |= !segment.best_effort;
        }
        sends.next += 1;
        if sends.waits {
            break;
        }
    }
    sends
}

/// Goes on with stage `from`: does what is the home's own, sends the next commands, and ends with
/// `end`; or finishes the saga.
fn advance(lower: &mut Lower<'_>, saga: &Saga, from: usize, end: &[Instr]) {
    let finish = |lower: &mut Lower<'_>| {
        for instr in end {
            lower.emit(instr.clone());
        }
    };
    for stage in from..saga.stages.len() {
        let segments = &saga.stages[stage];
        if best_effort::goes_on(&saga.stages, stage) {
            continue;
        }
        if let [segment] = segments.as_slice() {
            let skips = maybes(lower, segment);
            match saga.commands[stage][0] {
                None => {
                    if segment.is_told {
                        lower.work(&segment.demand);
                        lower.refuse(segment.refuses);
                    }
                    lower.steps(&segment.nodes, saga.home, None);
                }
                Some(publication) => {
                    publish(lower, publication, best_effort::effects(&saga.stages, segment));
                    if !segment.best_effort {
                        finish(lower);
                    }
                }
            }
            let is_certain = skips.is_empty();
            for skip in skips {
                lower.land(skip);
            }
            if is_certain && !segment.best_effort && saga.commands[stage][0].is_some() {
                return;
            }
            continue;
        }
        let tells = segments.iter().map(|segment| best_effort::effects(&saga.stages, segment));
        let commands = saga.commands[stage].iter().zip(tells);
        let commands: Vec<(PubIx, u64)> =
            commands.filter_map(|(command, tells)| Some(((*command)?, tells))).collect();
        lower.fork(commands.len(), |lower, branch| {
            let (publication, tells) = commands[branch];
            publish(lower, publication, tells);
        });
        finish(lower);
        return;
    }
    if saga.has_store {
        lower.finish_row(saga.home);
    }
    finish(lower);
}

/// Publishes; `effects` are the bits of what nobody reports on.
pub(super) fn publish(lower: &mut Lower<'_>, publication: PubIx, effects: u64) {
    let policy = lower.scenario.class_policy("publish");
    lower.emit(Instr::Publish { publication, policy, effects });
}

/// Jumps over what follows unless all of the segment's chances are taken.
fn maybes(lower: &mut Lower<'_>, segment: &Segment) -> Vec<Pc> {
    let jump = |chance: &super::Chance| Instr::Maybe {
        probability: chance.probability,
        name: chance.name,
        to: Pc::default(),
    };
    segment.maybes.iter().map(|chance| lower.emit(jump(chance))).collect()
}

/// How many of a stage's replies the saga waits for.
fn awaited(stage: &Stage) -> u8 {
    stage.iter().filter(|segment| !segment.best_effort).count() as u8
}

/// The command of one segment: its handler does the segment, and replies; or, where nobody waits
/// for that, sends the command that follows.
fn command(lower: &mut Lower<'_>, saga: &Saga, stage: usize, branch: usize) -> PubIx {
    let best_effort = saga.stages[stage][branch].best_effort;
    lower.as_best_effort(best_effort, |lower| handler(lower, saga, stage, branch))
}

fn handler(lower: &mut Lower<'_>, saga: &Saga, stage: usize, branch: usize) -> PubIx {
    let segment = saga.stages[stage][branch].clone();
    let service = segment.service;
    let what = lower.label(lower.node_name(service));
    let publication = lower.publication(what.clone(), lower.says(service, Says::Do));
    let replies = (!segment.best_effort)
        .then(|| [false, true].map(|refused| reply(lower, saga, stage, branch, refused)));
    let next = best_effort::next(&saga.stages, stage).and_then(|next| saga.commands[next][0]);
    let says_no = match replies {
        Some([_, refused]) => Some(refused),
        None if segment.shrugs => next,
        None if best_effort::goes_on(&saga.stages, stage) => saga.undos[stage - 1][0],
        None => None,
    };
    let entry = lower.reserve(service, what);
    lower.subscribe(publication, None, service, entry);
    lower.begin(entry);
    let skips = maybes(lower, &segment);
    lower.work(&segment.demand);
    lower.refuse(segment.refuses);
    lower.steps(&segment.nodes, service, None);
    for skip in skips {
        lower.land(skip);
    }
    if let Some(done) = replies.map_or(next, |[done, _]| Some(done)) {
        publish(lower, done, 0);
    }
    lower.emit(Instr::End);
    lower.on_refused(entry);
    lower.undo_steps(&segment.nodes, service);
    if let Some(says_no) = says_no {
        publish(lower, says_no, 0);
    }
    lower.emit(Instr::End);
    lower.on_failed(entry);
    lower.emit(Instr::Return);
    publication
}

/// A handler's reply: the home records it in the saga's row and goes on.
fn reply(lower: &mut Lower<'_>, saga: &Saga, stage: usize, branch: usize, refused: bool) -> PubIx {
    let what =
        lower.label(&format!("reply {stage}.{branch}{}", if refused { " refused" } else { "" }));
    let says = if refused { Says::Refused } else { Says::Done };
    let service = saga.stages[stage][branch].service;
    let publication = lower.publication(what.clone(), lower.says(service, says));
    let entry = lower.reserve(saga.home, what.clone());
    lower.subscribe(publication, None, saga.home, entry);
    lower.begin(entry);
    lower.overhead_work(saga.home, &what);
    let waited: Vec<&Segment> =
        saga.stages[stage].iter().filter(|segment| !segment.best_effort).collect();
    let place = waited.iter().position(|segment| segment.path == saga.stages[stage][branch].path);
    let row = Row::Reply {
        stage: stage as u8,
        branch: place.expect("a reply is awaited") as u8,
        branches: awaited(&saga.stages[stage]),
        refused,
    };
    let idle = record(lower, saga, &what, row);
    if refused {
        lower.emit(Instr::Jump { to: saga.undo });
    } else {
        advance(lower, saga, stage + 1, &[Instr::End]);
    }
    end_here(lower, idle);
    lower.on_refused(entry);
    lower.emit(Instr::Jump { to: saga.undo });
    lower.on_failed(entry);
    lower.emit(Instr::Return);
    publication
}

/// Updates the saga's row; a stale or incomplete reply ends there.
fn record(lower: &mut Lower<'_>, saga: &Saga, what: &str, row: Row) -> Option<Pc> {
    saga.has_store.then(|| {
        let txn = Txn { name: name_hash(what), row: Some(row), ..Txn::default() };
        lower.store(saga.home, "saga", txn)
    })
}

fn end_here(lower: &mut Lower<'_>, idle: Option<Pc>) {
    if let Some(idle) = idle {
        lower.land(idle);
        lower.emit(Instr::End);
    }
}
