//! A change never overwrites what was seen: held on a small scenario.

use std::collections::BTreeMap;

use super::*;
use crate::model::Model;
use crate::scenario::tree::Scenario;
use crate::tui::action::Action;
use crate::tui::history::History;
use crate::tui::snapshot::Known;

const SHOP: &str = r#"(
    about: "A request is worked on.",
    run: (length: "20s"),
    nodes: {
        "web": Client(arrivals: Poisson("50/s"), does: "ask"),
        "api": Service(workers: 1, work: Exp("10ms")),
    },
    flows: { "ask": (home: "api", steps: []) },
    faults: [
        (at: "4s", lasts: "1s", what: Crash("api"), name: "once"),
        (at: Every(first: "5s", every: "5s"), lasts: "1s", what: Slow("api", 2), name: "often"),
    ],
    designs: { "rest": Rest(), "events": Rest() },
)"#;

fn shop() -> (Session, Snapshot) {
    let scenario: Scenario = crate::scenario::parse("shop", SHOP, &[])
        .unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    let scenario = Arc::new(scenario);
    let model = Arc::new(Model::new(&scenario, 0, 1));
    let known = Known {
        model,
        history: History::new(),
        audit: None,
        horizon: Time(30_000_000_000),
        partial: None,
        here: None,
        so_far: None,
        at_end: None,
    };
    let runs = BTreeMap::from([(RunId::default(), known)]);
    (
        Session::new("shop.ron".into(), scenario, 1, Vec::new()),
        Snapshot { runs, ..Snapshot::default() },
    )
}

fn end(fault: &str, seconds: u64) -> Change {
    let at = Span(seconds * 1_000_000_000);
    let text = format!("(at: \"{seconds}s\", end: {fault:?})");
    Change { what: Intervention { at, deed: Deed::End(fault.to_owned()) }, text, only: None }
}

#[test]
fn base_always_forks_and_a_fork_only_where_it_was_seen_later() {
    let (mut session, _) = shop();
    let first = session.change(end("once", 9), None, "first".into());
    assert_eq!((first, session.place.run.world), (WorldId(1), WorldId(1)));
    assert_eq!(session.message.as_deref(), Some("base stays as it is: this is base.1 now"));
    // Nobody has seen base.1 at ten seconds: the change is added.
    assert_eq!(session.change(end("once", 10), None, "second".into()), WorldId(1));
    assert_eq!(session.worlds.get(first).recipe.changes.len(), 2);
    session.seek_time(Time(12_000_000_000));
    let third = session.change(end("once", 11), None, "third".into());
    assert_eq!((third, session.worlds.get(third).recipe.changes.len()), (WorldId(2), 3));
    assert_eq!(session.worlds.get(third).name, "base.1.1");
    assert_eq!(session.worlds.get(first).recipe.changes.len(), 2, "the parent stays as it is");
    assert!(session.worlds.get(WorldId(0)).recipe.changes.is_empty());
}

#[test]
fn a_fault_is_taken_away_from_before_it_begins_wherever_the_cursor_is() {
    let (mut session, snapshot) = shop();
    session.seek_time(Time(15_000_000_000));
    session.select(Thing::Fault("once".into()));
    session.act(Action::Without, &snapshot);
    let world = session.worlds.get(session.place.run.world);
    assert_eq!((world.name.as_str(), world.forked), ("no-once", Time(4_000_000_000)));
    assert_eq!(world.recipe.changes[0].what.deed, Deed::Without("once".into()));
    assert_eq!((session.place.view, session.columns), (View::Compare, Columns::Worlds(WorldId(0))));
    session.act(Action::Back, &snapshot);
    assert_eq!(session.place.run.world, WorldId(0), "u returns");
    assert_eq!(session.columns, Columns::Designs, "base is not compared with itself");
}

#[test]
fn one_occurrence_ends_as_it_begins_and_the_others_stay() {
    let (mut session, snapshot) = shop();
    session.select(Thing::Occurrence("often".into(), Time(10_000_000_000)));
    session.act(Action::Without, &snapshot);
    let world = session.worlds.get(session.place.run.world);
    let change = &world.recipe.changes[0];
    assert_eq!(change.what, end("often", 10).what);
    assert_eq!(world.name, "no-often-10s");
}

#[test]
fn what_cannot_be_taken_away_is_refused_with_what_can() {
    let (mut session, snapshot) = shop();
    session.act(Action::Without, &snapshot);
    assert!(session.message.as_ref().unwrap().starts_with("select a fault"));
    let wrong = session.without_fault("onze", &snapshot).unwrap_err();
    assert_eq!(wrong, "there is no fault onze: did you mean once?");
    let wrong = session.without_occurrence("once", Time(1), &snapshot).unwrap_err();
    assert_eq!(wrong, "once does not act then");
}

#[test]
fn a_dropped_world_leaves_its_children_to_its_parent_and_base_stays() {
    let (mut session, snapshot) = shop();
    session.act(Action::Fork, &snapshot);
    session.act(Action::Fork, &snapshot);
    let names: Vec<String> = session.worlds.iter().map(|(_, world)| world.name.clone()).collect();
    assert_eq!(names, ["base", "base.1", "base.1.1"]);
    session.place.thing = Thing::World(WorldId(1));
    session.drop_world().unwrap();
    assert_eq!(session.worlds.get(WorldId(2)).parent, Some(WorldId(0)));
    session.place.thing = Thing::World(WorldId(0));
    assert!(session.drop_world().is_err());
    session.name(WorldId(2), "other");
    session.name(WorldId(2), "base");
    assert_eq!(session.worlds.get(WorldId(2)).name, "other");
    session.act(Action::Quit, &snapshot);
    assert!(!session.quits && session.message.as_ref().unwrap().contains("other is not written"));
    session.act(Action::Quit, &snapshot);
    assert!(session.quits);
}

#[test]
fn the_same_design_elsewhere_is_the_same_time_and_thing() {
    let (mut session, snapshot) = shop();
    session.seek_time(Time(3_000_000_000));
    session.select(Thing::Node(crate::model::NodeIx(0)));
    session.act(Action::NextDesign, &snapshot);
    assert_eq!(session.place.run.design, 1);
    assert_eq!(
        (session.place.cursor.time, &session.place.thing),
        (Time(3_000_000_000), &Thing::Node(crate::model::NodeIx(0)))
    );
    session.act(Action::NextDesign, &snapshot);
    assert_eq!(session.place.run.design, 0);
}
