//! Lines over the flagship scenario: understood, refused with a suggestion, and done.

use super::*;
use crate::probes::KeyId;
use crate::scenario::parse_named;
use crate::tui::place::{Thing, View};
use crate::tui::snapshot::Snapshot;

fn session() -> Session {
    let text = crate::cli::shipped::text("checkout").unwrap();
    let loaded = parse_named("checkout", "scenarios/checkout.ron", text, &[]).unwrap();
    Session::open_file(loaded, 1, Vec::new())
}

fn ok(line: &str) -> Command {
    parse(line, &session()).unwrap_or_else(|why| panic!("{line}: {why}"))
}

fn wrong(line: &str) -> String {
    parse(line, &session()).expect_err(line)
}

#[test]
fn every_command_of_the_table_is_understood() {
    let scenario = session();
    let node =
        |name| Reader { session: &scenario, scenario: scenario.scenario() }.node(name).unwrap();
    assert_eq!(ok("goto 21.4s"), Command::Goto(Time(21_400_000_000)));
    assert_eq!(ok(":goto #374850"), Command::GotoEvent(374_850));
    assert_eq!(ok("goto place-order#5638"), Command::GotoOp(OpId::new(0, 5638)));
    assert_eq!(ok("goto end"), Command::Act(Action::End));
    let until = |condition: &str, back| Command::Until { condition: condition.to_owned(), back };
    assert_eq!(
        ok("run-until half_done(place-order) > 0"),
        until("half_done(place-order) > 0", false)
    );
    assert_eq!(ok("run-back-until failed(1s) > 100"), until("failed(1s) > 100", true));
    assert_eq!(ok("step -100"), Command::Step(-100));
    assert_eq!(
        (ok("speed 0.1x"), ok("speed max")),
        (Command::Speed(Speed::Times(100)), Command::Speed(Speed::Max))
    );
    assert_eq!(ok("open node orders"), Command::Open(Opened::Node(node("orders"))));
    assert_eq!(ok("open orders#1"), Command::Open(Opened::Instance(node("orders"), 1)));
    assert_eq!(ok("open link web edge"), Command::Open(Opened::Link(node("web"), node("edge"))));
    assert_eq!(ok("open truth"), Command::Act(Action::View(View::Truth)));
    assert_eq!(ok("open ./x.ron"), Command::OpenFile("./x.ron".into()));
    assert_eq!(ok("op web:place-order#7"), Command::Op(OpId::new(0, 7)));
    assert!(matches!(ok("item stock 1"), Command::Item(item) if item.key == KeyId(1)));
    let created = KeyId::created_by(OpId::new(0, 7));
    assert!(matches!(ok("item order place-order#7"), Command::Item(item) if item.key == created));
    assert!(matches!(ok("slowest view-order"), Command::Slowest(_)));
    let begin = |what: &str, lasts: Option<&str>| Wanted::Begin {
        what: what.to_owned(),
        lasts: lasts.map(str::to_owned),
    };
    let crash = "Crash(\"orders\", instance: 0)";
    for (line, wanted, only) in [
        (format!("inject {crash} for 3s"), begin(crash, Some("3s")), None),
        (format!("inject {crash} for good only pubsub"), begin(crash, None), Some(1)),
        ("end inventory-crash".into(), Wanted::End("inventory-crash".into()), None),
        (
            "set rate=600/s demand=2".into(),
            Wanted::Set(vec![("rate".into(), "600/s".into()), ("demand".into(), "2".into())]),
            None,
        ),
    ] {
        assert_eq!(ok(&line), Command::Change { wanted, only });
    }
    assert_eq!(
        ok("without orders-restarts@7s"),
        Command::Without("orders-restarts".into(), Some(Time(7_000_000_000)))
    );
    assert_eq!(
        ok("set! static_members=false"),
        Command::StartOver(vec![("static_members".into(), "false".into())])
    );
    assert_eq!((ok("seed 2"), ok("fork")), (Command::Seed(2), Command::Act(Action::Fork)));
    assert_eq!(
        (ok("world base"), ok("design events")),
        (Command::World(WorldId(0)), Command::Design(2))
    );
    assert_eq!(
        (ok("write"), ok("write x.ron")),
        (Command::Act(Action::Write), Command::Write("x.ron".into()))
    );
    assert_eq!(ok("diff base base"), Command::Diff(WorldId(0), WorldId(0)));
    assert_eq!(
        (ok("export csv"), ok("filter half-done")),
        (Command::Export("csv".into()), Command::Filter("half-done".into()))
    );
    assert_eq!(
        (ok("columns designs"), ok("columns base")),
        (Command::Columns(None), Command::Columns(Some(WorldId(0))))
    );
    assert_eq!(
        (ok("theme mono"), ok("glyphs ascii")),
        (Command::Theme(Theme::Mono), Command::Glyphs(Glyphs::Ascii))
    );
    assert_eq!((ok("mouse off"), ok("ahead off")), (Command::Mouse(false), Command::Ahead(false)));
    assert_eq!(
        (ok("memory 512MiB"), ok("memory 1G")),
        (Command::Memory(512 << 20), Command::Memory(1 << 30))
    );
    assert_eq!(
        (ok("reload"), ok("address"), ok("quit")),
        (Command::Reload, Command::Address, Command::Act(Action::Quit))
    );
}

#[test]
fn what_is_wrong_is_said_with_what_was_meant() {
    for (line, why) in [
        ("gto 3s", "there is no command gto: did you mean goto?"),
        ("goto", "goto what? goto 21.4s | #374850 | place-order#5638 | end"),
        ("goto soon", "soon is no time: say 21.4s or 350ms"),
        ("goto plce-order#1", "there is no flow plce-order: did you mean place-order?"),
        ("open ordrs", "there is no node ordrs: did you mean orders?"),
        ("open orders#9", "orders has no instance 9: it has 2"),
        ("item stock 1000", "there are 1000 of stock at the start, counted from 0"),
        ("set rte=1/s", "there is no knob rte: did you mean rate?"),
        ("set", "set what? set rate=600/s"),
        ("fork now", "fork takes nothing behind it"),
        ("theme dark", "dark is not a theme: say default, light, colour-blind, mono"),
        ("world no-crash", "there is no world no-crash: there is base"),
        ("speed fast", "fast is no number"),
        ("memory 1TiB", "1TiB is no size of memory: say 512MiB or 1GiB, from 1MiB to 256GiB"),
    ] {
        assert_eq!(wrong(line), why);
    }
    assert!(wrong("run-until half_don(place-order) > 0").contains("half_done"));
    assert!(wrong("run-until p99(view-order)").contains("compares"));
}

#[test]
fn changes_make_worlds_and_refusals_leave_everything_as_it_was() {
    let (mut session, snapshot) = (session(), Snapshot::default());
    session.seek_time(Time(21_400_000_000));
    session.command("inject Crash(\"orders\") for 3s", &snapshot).unwrap();
    let world = session.worlds.get(session.place.run.world);
    assert_eq!(
        (world.name.as_str(), world.recipe.changes[0].text.as_str()),
        ("base.1", "(at: \"21.400000001s\", lasts: \"3s\", what: Crash(\"orders\"))")
    );
    let why = session.command("inject Crash(\"web\")", &snapshot).unwrap_err();
    assert_eq!(why, "\"web\" is a client: customers do not break: a Surge sends more of them");
    session.command("set! demand=2 rate=300/s", &snapshot).unwrap();
    let world = session.worlds.get(session.place.run.world);
    assert_eq!(world.name, "demand-2-rate-300s");
    assert_eq!(world.about, "demand=2 rate=300/s from the start");
    assert_eq!((world.recipe.set.len(), world.recipe.changes.len()), (2, 1), "changes are kept");
    session.command("seed 7", &snapshot).unwrap();
    session.command("diff base seed-7", &snapshot).unwrap();
    assert_eq!(session.columns().len(), 2);
    assert!(session.command("set static_members=false", &snapshot).is_err());
    assert_eq!(session.worlds.iter().count(), 4);
}

#[test]
fn a_crash_of_who_is_down_anyway_says_what_it_adds() {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use crate::model::Model;
    use crate::tui::history::History;
    use crate::tui::place::RunId;
    use crate::tui::snapshot::Known;

    let mut session = session();
    let known = Known {
        model: Arc::new(Model::new(session.scenario(), 0, 1)),
        history: History::new(),
        audit: None,
        horizon: Time(60_000_000_000),
        partial: None,
        here: None,
        so_far: None,
        at_end: None,
    };
    let runs = BTreeMap::from([(RunId::default(), known)]);
    let snapshot = Snapshot { runs, ..Snapshot::default() };
    session.seek_time(Time(6_999_999_999));
    session.command("inject Crash(\"orders\") for 3s", &snapshot).unwrap();
    let told = session.message.clone().unwrap();
    assert!(told.ends_with("orders is down until 7.200 s anyway: this adds 2.80 s"), "{told}");
    session.command("world base", &snapshot).unwrap();
    session.command("inject Crash(\"payments\") for 3s", &snapshot).unwrap();
    assert!(!session.message.as_ref().unwrap().contains("anyway"));
    // Nobody ends what does not act: that would make a world in which nothing differs.
    session.command("world base", &snapshot).unwrap();
    let worlds = session.worlds.iter().count();
    let wrong = session.command("end inventory-crash", &snapshot).unwrap_err();
    let why = "inventory-crash does not act now, it begins at 20.000 s: without inventory-crash takes it away";
    assert_eq!((wrong.as_str(), session.worlds.iter().count()), (why, worlds));
    session.seek_time(Time(21_000_000_000));
    session.command("end inventory-crash", &snapshot).unwrap();
    session.command("world base", &snapshot).unwrap();
    session.seek_time(Time(23_000_000_000));
    let wrong = session.command("end inventory-crash", &snapshot).unwrap_err();
    assert!(wrong.contains("it ended at 23.000 s"), "{wrong}");
}

#[test]
fn an_operation_of_one_design_is_not_that_of_the_same_number_in_another() {
    let (mut session, snapshot) = (session(), Snapshot::default());
    let op = Thing::Op(crate::probes::OpId::new(0, 7));
    session.select(op.clone());
    session.command("design rest", &snapshot).unwrap();
    assert_eq!(session.place.thing, op, "it is there already");
    session.command("design events", &snapshot).unwrap();
    assert_eq!(session.place.thing, Thing::Nothing);
    session.select(op);
    session.act(Action::View(View::Compare), &snapshot);
    session.act(Action::Left, &snapshot);
    assert_eq!((session.place.run.design, &session.place.thing), (1, &Thing::Nothing));
}
