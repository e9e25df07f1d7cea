//! What is asked about runs: stories and the same customer elsewhere, items, differences, expectations,
//! searches through time; each against what can be seen by stepping through a run.

use std::sync::Arc;

use windtunnel::base::{Span, Time};
use windtunnel::probes::witness::Item;
use windtunnel::probes::{Fact, KeyId, Verdict};
use windtunnel::scenario::tree::{Deed, EntityIx, Intervention};
use windtunnel::simulate::Timeline;
use windtunnel::tui::history::Told;
use windtunnel::tui::place::{Cursor, RunId, Thing, WorldId};
use windtunnel::tui::query::difference::Said;
use windtunnel::tui::snapshot::{Progress, Snapshot};
use windtunnel::tui::wish::Goal;
use windtunnel::tui::worker::Worker;
use windtunnel::tui::world::Change;

use super::{MS, session, settled, shop};

fn told(snapshot: &Snapshot, design: usize) -> Vec<Told> {
    let run = RunId { world: WorldId(0), design };
    snapshot.run(run).expect("it was run").history.told().copied().collect()
}

#[test]
fn a_story_begins_and_ends_with_its_operation_wherever_the_cursor_is() {
    let scenario = shop();
    let (mut session, mut worker) = (session(&scenario), Worker::new());
    let snapshot = settled(session.wish(), &mut worker, 8_192);
    let told = told(&snapshot, 0);
    for (at, one) in [(0, &told[200]), (3_500 * MS, &told[3]), (1_100 * MS, &told[90])] {
        session.seek_time(Time(at));
        let mut wish = session.wish();
        wish.story = Some(one.op);
        wish.counterpart = Some(one.op);
        let shown = wish.shown;
        let snapshot = settled(wish, &mut worker, 1_000);
        assert!(snapshot.story(shown, one.op).is_some(), "it was sent");
        let beside = RunId { world: WorldId(0), design: 1 };
        let other = snapshot.stories[&beside].as_ref().expect("it is there as well");
        let same = self::told(&snapshot, 1).into_iter().find(|it| Some(it.op) == other.op);
        let same = same.expect("it was answered");
        assert_eq!((same.journey, same.step, same.intended), (one.journey, one.step, one.intended));
    }
}

#[test]
fn an_item_is_seen_through_the_whole_run() {
    let scenario = shop();
    let (mut session, mut worker) = (session(&scenario), Worker::new());
    session.seek_time(Time(2_000 * MS));
    let mut wish = session.wish();
    let stock = scenario.entities.iter().position(|entity| entity.name == "stock").expect("it is");
    wish.item = Some(Item { entity: EntityIx(stock as u16), key: KeyId(1) });
    let snapshot = settled(wish, &mut worker, 1_000);
    let witness = snapshot.witness.as_ref().expect("it was asked for");
    let changes = witness.lines().iter().filter(|it| matches!(it.fact, Fact::Applied { .. }));
    assert!(changes.count() > 0);
    assert!(witness.lines().last().expect("much").time > Time(2_000 * MS));
}

#[test]
fn searches_find_the_very_event_and_back_again() {
    let scenario = shop();
    let (mut session, mut worker) = (session(&scenario), Worker::new());
    let until = |condition: &str, from: Cursor, back: bool| Goal::Until {
        condition: Arc::from(condition),
        from,
        back,
    };
    let start = Cursor::at(Time::ZERO);
    session.seek(until("offered(order) > 20", start, false));
    let snapshot = settled(session.wish(), &mut worker, 1_000);
    assert_eq!(snapshot.progress, Progress::There);
    let here = snapshot.state.as_ref().expect("it was found").here;
    let offered = |events| {
        let mut timeline = Timeline::new(&scenario, 0, 7);
        timeline.go(events, Time::NEVER);
        let sums = &timeline.simulation().world().probe().ledger.books.sums;
        let figures = sums.flows[0].figures();
        figures.ok + figures.late + figures.failed + figures.refused
    };
    // What is under way is offered as well: those answered are fewer.
    assert!(offered(here.events) <= 21);
    let straight = Timeline::new(&scenario, 0, 7);
    let count = |events: u64| {
        let mut timeline = straight.clone();
        timeline.go(events, Time::NEVER);
        let at = timeline.simulation().now();
        let label = windtunnel::simulate::label(timeline.simulation(), None);
        timeline.simulation().world().probe().outcome(label, at).flows["order"].offered
    };
    assert_eq!((count(here.events), count(here.events - 1)), (21, 20));

    // Nor has it failed: the first failure is somebody's answer.
    session.seek(until("failed > 0", start, false));
    let snapshot = settled(session.wish(), &mut worker, 1_000);
    let first = snapshot.state.as_ref().expect("a crash fails orders").here;
    let failed = |events| {
        let mut timeline = straight.clone();
        timeline.go(events, Time::NEVER);
        let sums = &timeline.simulation().world().probe().ledger.books.sums;
        sums.flows.iter().map(|flow| flow.figures().failed).sum::<u64>()
    };
    assert_eq!((failed(first.events), failed(first.events - 1)), (1, 0));

    let from = Cursor::at(Time(3_900 * MS));
    session.seek(until("offered(order) > 20", from, true));
    let back = settled(session.wish(), &mut worker, 1_000);
    assert_eq!(back.state.as_ref().expect("it was found").here.events, here.events);

    session.seek(until("offered(order) > 20", from, false));
    let snapshot = settled(session.wish(), &mut worker, 1_000);
    assert_eq!(snapshot.progress, Progress::Nowhere);
    session.seek(until("ofered > 20", from, false));
    let snapshot = settled(session.wish(), &mut worker, 1_000);
    assert!(snapshot.note.is_some() && snapshot.progress == Progress::Nowhere);
}

#[test]
fn what_happened_lately_is_found_in_history() {
    let scenario = shop();
    let (mut session, mut worker) = (session(&scenario), Worker::new());
    let goal = |from, back| Goal::Until { condition: Arc::from("failed(200ms) >= 1"), from, back };
    session.seek(goal(Cursor::at(Time::ZERO), false));
    let snapshot = settled(session.wish(), &mut worker, 1_000);
    let first = snapshot.state.as_ref().expect("a crash fails orders").here.time;
    assert!((Time(1_000 * MS)..Time(1_400 * MS)).contains(&first), "{first}");
    session.seek(goal(Cursor::at(Time(1_900 * MS)), true));
    let snapshot = settled(session.wish(), &mut worker, 1_000);
    assert_eq!(snapshot.state.as_ref().expect("the same").here.time, first);
}

#[test]
fn the_events_of_an_operation_are_gone_through_both_ways() {
    let scenario = shop();
    let (mut session, mut worker) = (session(&scenario), Worker::new());
    let snapshot = settled(session.wish(), &mut worker, 8_192);
    let op = told(&snapshot, 0)[50].op;
    let mut from = Cursor::at(Time::ZERO);
    let mut on = Vec::new();
    loop {
        session.seek(Goal::Next { thing: Thing::Op(op), from, count: 1 });
        let snapshot = settled(session.wish(), &mut worker, 1_000);
        if snapshot.progress == Progress::Nowhere {
            break;
        }
        let here = snapshot.state.as_ref().expect("it was found").here;
        from = Cursor { time: here.time, within: Some(here.events) };
        on.push(here.events);
    }
    assert!(on.len() > 5 && on.is_sorted(), "{on:?}");
    let mut back = vec![*on.last().expect("many")];
    loop {
        session.seek(Goal::Next { thing: Thing::Op(op), from, count: -1 });
        let snapshot = settled(session.wish(), &mut worker, 1_000);
        if snapshot.progress == Progress::Nowhere {
            break;
        }
        let here = snapshot.state.as_ref().expect("it was found").here;
        from = Cursor { time: here.time, within: Some(here.events) };
        back.push(here.events);
    }
    back.reverse();
    assert_eq!(on, back);
}

#[test]
fn worlds_are_compared_customer_by_customer_and_expectations_judged() {
    let scenario = shop();
    let (mut session, mut worker) = (session(&scenario), Worker::new());
    let what = Intervention { at: Span(500 * MS), deed: Deed::Without("crash".to_owned()) };
    session.change(Change { what, text: String::new(), only: None }, None, String::new());
    let mut wish = session.wish();
    wish.difference = Some((WorldId(0), WorldId(1)));
    wish.expectations = true;
    let snapshot = settled(wish, &mut worker, 8_192);
    let difference = snapshot.difference.as_ref().expect("both are known");
    let base = told(&snapshot, 0);
    let failed = base.iter().filter(|it| matches!(it.verdict, Verdict::Failed(_))).count() as u64;
    let mended = difference.same[&(Said::Failed, Said::Done)];
    assert!(failed > 0 && mended > 0 && mended <= failed, "{}", difference.sentence);
    let all: u64 = difference.same.values().sum();
    assert_eq!(all + difference.only.0, base.len() as u64);
    let expectations = snapshot.expectations.as_ref().expect("they were asked for");
    assert_eq!(expectations.list.len(), scenario.expect.len());
    // At time zero nothing was measured yet.
    assert!(expectations.list.iter().all(|it| it.so_far.is_none() && it.at_end.is_some()));
    session.seek_time(Time(2_000 * MS));
    let mut wish = session.wish();
    wish.expectations = true;
    let snapshot = settled(wish, &mut worker, 8_192);
    let expectations = snapshot.expectations.as_ref().expect("they were asked for");
    assert!(expectations.list.iter().all(|it| it.so_far.is_some() && it.at_end.is_some()));
    let lost = &expectations.list[0];
    assert!(lost.at_end.as_ref().expect("it is judged").holds, "{lost:?}");
}
