//! For tests of views: real runs of the flagship, looked at without a worker.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Screen, room};
use crate::base::{Span, Time};
use crate::model::Model;
use crate::nodes::World;
use crate::probes::journal::{Finding, Judged};
use crate::probes::{Extras, Fact, Instruments, Label, OpId, Probe};
use crate::scenario::tree::Scenario;
use crate::simulate::{self, Timeline};
use crate::tui::canvas::{Canvas, Hit};
use crate::tui::history::{Bucket, FlowTally, History, Told};
use crate::tui::paint;
use crate::tui::place::{Cursor, Place, RunId, Thing, View, WorldId};
use crate::tui::query::telling::Telling;
use crate::tui::session::Session;
use crate::tui::snapshot::{Known, Snapshot};

/// A session and what is known.
pub(in crate::tui) struct Stage {
    /// Where one is.
    pub session: Session,
    /// What is known.
    pub snapshot: Snapshot,
}

/// The first ten seconds of the flagship, in all designs.
fn known() -> &'static (Arc<Scenario>, Vec<Known>) {
    static KNOWN: OnceLock<(Arc<Scenario>, Vec<Known>)> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let text = include_str!("../../../scenarios/checkout.ron");
        let mut scenario = crate::scenario::parse("checkout.ron", text, &[]).expect("in order");
        scenario.run.length = Span(10_000_000_000);
        let scenario = Arc::new(scenario);
        let known = (0..3).map(|design| run(&scenario, design)).collect();
        (scenario, known)
    })
}

#[derive(Clone, Debug, Default)]
struct Answers {
    open: std::collections::BTreeMap<OpId, Told>,
    told: Vec<Told>,
}

impl Probe for Answers {
    fn see(&mut self, now: Time, _: crate::engine::InstanceId, fact: Fact) {
        match fact {
            Fact::Sent { op, flow, intended, journey, step, .. } => {
                let verdict = crate::probes::Verdict::Done;
                let told = Told { op, flow, journey, step, intended, answered: now, verdict };
                self.open.insert(op, told);
            }
            Fact::Answered { op, verdict } => {
                let told = self.open.remove(&op).expect("it was sent");
                self.told.push(Told { answered: now, verdict, ..told });
            }
            _ => {}
        }
    }
}

fn run(scenario: &Arc<Scenario>, design: usize) -> Known {
    let model = Arc::new(Model::new(scenario, design, 1));
    let mut instruments = Instruments::new(Arc::new(simulate::layout(&model)));
    instruments.ledger.books.sums.keep_journal();
    let probes = (instruments, Answers::default());
    let mut timeline = Timeline::of(World::new(Arc::clone(&model), probes));
    timeline.run_to_audit();
    let simulation = timeline.into_simulation();
    let audit = simulate::audit(&simulation, false);
    let (mut instruments, answers) = simulation.into_world().into_probe();
    let outcome = instruments.outcome(Label::default(), audit);
    let journal = instruments.ledger.books.sums.take_journal();
    let buckets = buckets(&journal, audit, scenario.flows.len());
    let history = History {
        buckets: Arc::new(buckets),
        journal: Arc::new(vec![Arc::new(journal)]),
        told: Arc::new(vec![Arc::new(answers.told)]),
        ..History::new()
    };
    Known {
        model,
        history,
        audit: Some(audit),
        horizon: audit,
        partial: None,
        here: None,
        so_far: None,
        at_end: Some(Arc::new(outcome)),
    }
}

fn buckets(journal: &[Judged], audit: Time, flows: usize) -> Vec<Arc<Bucket>> {
    let count = audit.0 / 100_000_000 + 1;
    let blank = Bucket { flows: vec![FlowTally::default(); flows], ..Bucket::default() };
    let mut buckets = vec![blank; count as usize];
    for judged in journal {
        let bucket = &mut buckets[(judged.time.0 / 100_000_000) as usize];
        let tally = &mut bucket.flows[usize::from(judged.flow.0)];
        match judged.what {
            Finding::Anomaly(kind, _) => tally.anomalies[kind as usize] += 1,
            Finding::Ended(end) => tally.ends[end as usize] += 1,
        }
    }
    buckets.into_iter().map(Arc::new).collect()
}

fn told(design: usize, op: OpId) -> Arc<Telling> {
    let (scenario, known) = known();
    let story = simulate::explain(scenario, design, 1, op, Extras::NONE).1;
    Arc::new(Telling::of(&story, &known[design].model))
}

impl Stage {
    /// A design's run, known to its end.
    pub(in crate::tui) fn new(design: usize) -> Self {
        let (scenario, known) = known();
        let mut session =
            Session::new(PathBuf::from("checkout.ron"), Arc::clone(scenario), 1, Vec::new());
        session.place.run = RunId { world: WorldId(0), design };
        let mut snapshot = Snapshot::default();
        for (design, known) in known.iter().enumerate() {
            snapshot.runs.insert(RunId { world: WorldId(0), design }, known.clone());
        }
        Self { session, snapshot }
    }

    /// Goes somewhere, and lets be told what is to be told there.
    pub(in crate::tui) fn open(&mut self, view: View, thing: Thing, inside: bool, ms: u64) {
        let cursor = Cursor::at(Time(ms * 1_000_000));
        let place = self.session.place.clone();
        self.session.place = Place { cursor, thing, view, inside, ..place };
        self.tell();
    }

    /// Lets be told what is selected.
    pub(in crate::tui) fn tell(&mut self) {
        if let Thing::Op(op) | Thing::Anomaly(op, _) = self.session.place.thing {
            let run = self.session.place.run;
            self.snapshot.stories.insert(run, Ok(told(run.design, op)));
        }
    }

    /// The same customer in all designs.
    pub(in crate::tui) fn counterparts(&mut self) {
        let shown = self.session.place.run;
        let (_, known) = known();
        let Thing::Op(op) = self.session.place.thing else { return };
        let own = known[shown.design].history.told().find(|told| told.op == op).copied();
        let own = own.expect("it was answered");
        for (run, known) in &self.snapshot.runs {
            let same = |told: &&Told| (told.journey, told.step) == (own.journey, own.step);
            let other = known.history.told().find(same).expect("the same customer");
            self.snapshot.stories.insert(*run, Ok(told(run.design, other.op)));
        }
    }

    /// The view as text.
    pub(in crate::tui) fn body(&self, width: u16, height: u16) -> String {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        let mut hits: Vec<Hit> = Vec::new();
        let mut canvas = Canvas::new(&mut buffer, &mut hits, self.session.look);
        let screen = Screen { snapshot: &self.snapshot, session: &self.session };
        (room(&self.session.place).draw)(screen, area, &mut canvas);
        paint::text(&buffer)
    }
}
