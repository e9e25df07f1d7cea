//! Laws of time travel: however a cursor comes to a point, in whatever parts and with however little
//! memory, the point is that of a run straight to it; and worlds that part share their past.

use proptest::prelude::*;
use windtunnel::base::{Span, Time};
use windtunnel::probes::Outcome;
use windtunnel::probes::anomalies::Kind;
use windtunnel::probes::standing::Standing;
use windtunnel::scenario::tree::{Deed, Intervention};
use windtunnel::simulate::{self, Timeline};
use windtunnel::tui::place::{Cursor, RunId, Thing, WorldId};
use windtunnel::tui::session::Session;
use windtunnel::tui::snapshot::{Here, Progress, Snapshot};
use windtunnel::tui::wish::Goal;
use windtunnel::tui::worker::Worker;
use windtunnel::tui::world::Change;

use super::{MS, session, settled, shop};

/// A run straight to a point.
fn straight(session: &Session, run: RunId, cursor: Cursor) -> Here {
    let recipe = &session.worlds.get(run.world).recipe;
    let mut timeline = Timeline::new(&recipe.scenario, run.design, recipe.seed);
    for change in &recipe.changes {
        timeline.change(change.what.clone()).expect("it can be made");
    }
    timeline.go(cursor.within.unwrap_or(u64::MAX), cursor.time);
    let simulation = timeline.simulation();
    Here { time: cursor.time, events: simulation.events(), digest: simulation.digest() }
}

fn is_straight(session: &Session, snapshot: &Snapshot) {
    let state = snapshot.state.as_ref().expect("it stands somewhere");
    let Here { time, events, digest } = state.here;
    let cursor = Cursor { time, within: Some(events) };
    assert_eq!(straight(session, state.run, cursor).digest, digest, "{cursor:?}");
    let known = snapshot.run(state.run).expect("it is known");
    assert_eq!(known.here, Some(state.here));
    // Where the shown run has ended before the cursor, another one may not have.
    let is_over = known.audit == Some(time);
    let time = if is_over { session.place.cursor.time.max(time) } else { time };
    for run in session.columns().into_iter().filter(|run| *run != state.run) {
        let beside = snapshot.run(run).and_then(|known| known.here).expect("it stands there too");
        let audit = snapshot.run(run).and_then(|known| known.audit);
        let expected = straight(session, run, Cursor::at(time));
        assert_eq!((beside.events, beside.digest), (expected.events, expected.digest));
        assert!(beside.time == time || Some(beside.time) == audit);
    }
}

fn change(at: u64, deed: Deed) -> Change {
    Change { what: Intervention { at: Span(at), deed }, text: String::new(), only: None }
}

#[derive(Clone, Debug)]
enum Deeds {
    Goto(u64),
    Event(u64),
    Step(i64),
    StepOf(i64),
    End,
    Design,
    Without(u64),
    Memory(usize),
    Back,
}

fn deeds() -> impl Strategy<Value = Deeds> {
    prop_oneof![
        (0..4_500 * MS).prop_map(Deeds::Goto),
        (0..9_000u64).prop_map(Deeds::Event),
        (-30..30i64).prop_map(Deeds::Step),
        (-3..4i64).prop_map(Deeds::StepOf),
        Just(Deeds::End),
        Just(Deeds::Design),
        (1..3_900 * MS).prop_map(Deeds::Without),
        prop_oneof![Just(0), Just(300_000), Just(50 << 20)].prop_map(Deeds::Memory),
        Just(Deeds::Back),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_way_to_a_point_ends_there(
        way in prop::collection::vec(deeds(), 1..12),
        slice in prop_oneof![Just(64u64), Just(1_000), Just(8_192), Just(u64::MAX / 2)],
    ) {
        let scenario = shop();
        let (mut session, mut worker) = (session(&scenario), Worker::new());
        for deed in way {
            let from = session.place.cursor;
            match deed {
                Deeds::Goto(at) => session.seek_time(Time(at)),
                Deeds::Event(events) => session.seek(Goal::Event(events)),
                Deeds::Step(count) => session.seek(Goal::Next { thing: Thing::Nothing, from, count }),
                Deeds::StepOf(count) => {
                    let inventory = scenario.nodes.iter().position(|node| node.name == "inventory");
                    let node = windtunnel::model::NodeIx(inventory.expect("it is there") as u16);
                    session.seek(Goal::Next { thing: Thing::Node(node), from, count });
                }
                Deeds::End => session.seek(Goal::End),
                Deeds::Design => {
                    session.place.run.design = 1 - session.place.run.design;
                    session.seek(Goal::At(from));
                }
                Deeds::Without(at) => {
                    let without = change(at, Deed::Without("crash".to_owned()));
                    let is_there = |other: &Change| other.what.at == without.what.at;
                    if !session.worlds.get(session.place.run.world).recipe.changes.iter().any(is_there) {
                        session.change(without, None, String::new());
                    }
                }
                Deeds::Memory(memory) => {
                    session.memory = memory;
                    session.seek(Goal::At(from));
                }
                Deeds::Back => {
                    session.place.run.world = WorldId(0);
                    session.seek(Goal::At(from));
                }
            }
            let snapshot = settled(session.wish(), &mut worker, slice);
            session.adopt(&snapshot);
            if snapshot.progress == Progress::Nowhere {
                session.seek(Goal::At(session.place.cursor));
            }
            let snapshot = settled(session.wish(), &mut worker, slice);
            prop_assert_eq!(snapshot.progress, Progress::There);
            is_straight(&session, &snapshot);
        }
    }
}

#[test]
fn history_adds_up_to_the_outcome() {
    let scenario = shop();
    let (session, mut worker) = (session(&scenario), Worker::new());
    let snapshot = settled(session.wish(), &mut worker, 8_192);
    for design in 0..scenario.designs.len() {
        let outcome = simulate::run(&scenario, design, 7);
        let known = snapshot.run(RunId { world: WorldId(0), design }).expect("it was run");
        let history = &known.history;
        assert_eq!(known.audit, Some(Time(outcome.simulated.0)));
        assert!(history.edge() > known.audit.expect("it ended"));
        let sums = history.stretch(Time::ZERO, history.edge()).sums;
        let all = sums.all();
        let windows = |figure: fn(&windtunnel::probes::outcome::Window) -> u64| -> u64 {
            outcome.windows.iter().map(figure).sum()
        };
        assert_eq!(u64::from(all.sent), windows(|it| it.offered));
        assert_eq!(u64::from(all.done), windows(|it| it.ok + it.late));
        assert_eq!(u64::from(all.refused), windows(|it| it.refused));
        assert_eq!(u64::from(all.failed), windows(|it| it.failed));
        assert_eq!(u64::from(sums.messages), outcome.messages);
        let told = history.told().count() as u64;
        assert_eq!(told, u64::from(all.done + all.refused + all.failed));
        assert_eq!(u64::from(sums.classes.iter().sum::<u32>()), u64::from(all.done));
        let links: u32 = sums.links.iter().map(|link| link.messages).sum();
        assert_eq!(links, sums.messages);
        for (flow, tally) in outcome.flows.values().zip(&sums.flows) {
            let ends = flow.ends;
            let expected = [
                ends.kept,
                ends.retracted,
                ends.half_done,
                ends.unannounced,
                ends.clean,
                ends.pending,
            ];
            assert_eq!(tally.ends.map(u64::from), expected);
            assert_eq!(u64::from(tally.lost), flow.effects.lost);
            assert_eq!(u64::from(tally.reads), flow.reads.reads);
        }
        for kind in Kind::ALL {
            let journal = history.judged().filter(|it| is(it, kind)).count() as u64;
            assert_eq!(journal, u64::from(all.anomaly(kind)), "{kind:?}");
            let of_kind = outcome.anomalies.iter().find(|it| it.kind == kind.name());
            assert_eq!(journal, of_kind.map_or(0, |it| it.count), "{kind:?}");
        }
        assert!(history.told().map(|told| told.answered).is_sorted());
        assert!(history.judged().map(|judged| judged.time).is_sorted());
        let seconds: u64 = history.sketches.iter().map(|it| it.latency[0].count()).sum();
        assert_eq!(seconds, u64::from(all.done));
    }
}

fn is(judged: &windtunnel::probes::journal::Judged, wanted: Kind) -> bool {
    use windtunnel::probes::journal::Finding;

    matches!(judged.what, Finding::Anomaly(kind, _) if kind == wanted)
}

#[test]
fn figures_at_the_end_are_those_of_a_run_in_all_designs() {
    let scenario = shop();
    let (mut session, mut worker) = (session(&scenario), Worker::new());
    session.seek(Goal::End);
    let snapshot = settled(session.wish(), &mut worker, 8_192);
    for design in 0..scenario.designs.len() {
        let known = snapshot.run(RunId { world: WorldId(0), design }).expect("it was run");
        let so_far = known.so_far.as_ref().expect("it is paused there");
        let at_end = known.at_end.as_ref().expect("it has come there");
        // What held it up at the end of arrivals is no figure, and `run` alone tells it.
        let run = Outcome { standing: Standing::default(), ..simulate::run(&scenario, design, 7) };
        let run = format!("{run:?}");
        assert!(format!("{so_far:?}") == run, "so far, design {design}");
        assert!(format!("{at_end:?}") == run, "at the end, design {design}");
    }
}

#[test]
fn a_child_is_its_parent_up_to_the_fork() {
    let scenario = shop();
    let (mut session, mut worker) = (session(&scenario), Worker::new());
    settled(session.wish(), &mut worker, 8_192);
    let fork = 2_000 * MS;
    session.change(change(fork, Deed::Without("crash".to_owned())), None, String::new());
    let snapshot = settled(session.wish(), &mut worker, 8_192);
    for design in 0..scenario.designs.len() {
        let of =
            |world| &snapshot.run(RunId { world: WorldId(world), design }).expect("both").history;
        let (parent, child) = (of(0), of(1));
        let common = (fork / parent.width.0) as usize;
        assert_eq!(parent.buckets[..common], child.buckets[..common]);
        assert_ne!(parent.buckets, child.buckets);
        let before = |history: &windtunnel::tui::history::History| -> Vec<_> {
            history.told().filter(|told| told.answered < Time(fork)).copied().collect()
        };
        assert_eq!(before(parent), before(child));
        let known = snapshot.run(RunId { world: WorldId(1), design }).expect("it was run");
        let end = known.at_end.as_ref().expect("it has come to its end");
        let run = RunId { world: WorldId(1), design };
        assert_eq!(straight(&session, run, Cursor::at(Time::NEVER)).digest, end.digest);
    }
}
