//! Worlds of the flagship scenario, written, recovered and reloaded in a folder of their own.

use super::*;
use crate::base::Time;
use crate::scenario::load;
use crate::tui::change::Wanted;

fn session(folder: &Path) -> Session {
    let file = folder.join("checkout.ron");
    fs::write(&file, crate::cli::shipped::text("checkout").unwrap()).unwrap();
    Session::open_file(load(&file, &[]).unwrap(), 1, Vec::new())
}

fn changed(session: &mut Session, at: u64, wanted: &Wanted, name: &str) -> WorldId {
    let recipe = Arc::clone(&session.worlds.get(session.place.run.world).recipe);
    let text = wanted.text(Time(at), &recipe.scenario);
    let change = recipe.change(&text, None).unwrap();
    session.change(change, Some(name.to_owned()), "a try".to_owned())
}

fn crash() -> Wanted {
    Wanted::Begin { what: "Crash(\"orders\", instance: 0)".into(), lasts: Some("0.3s".into()) }
}

#[test]
fn a_written_world_is_the_same_world_and_keeps_what_its_author_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(folder.path());
    changed(&mut session, 1_000_000_001, &crash(), "broken");
    let recipe = Arc::clone(&session.worlds.get(session.place.run.world).recipe);
    let set =
        vec![("rate".to_owned(), "200/s".to_owned()), ("demand".to_owned(), "1.5".to_owned())];
    let id = session.start_over(
        recipe.started_over(7, set).unwrap(),
        Some("slow".into()),
        String::new(),
    );
    let told = write(&mut session, id, None, None).unwrap();
    let path = folder.path().join("checkout.slow.ron");
    assert!(told.contains("checkout.slow.ron, 1 change"), "{told}");
    assert!(session.worlds.get(id).is_saved);
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("// journeys started per second") && text.contains("\"rate\": \"200/s\"")
    );
    let written = load(&path, &[]).unwrap().scenario;
    assert_eq!((written.run.seed, written.changes.len()), (7, 1));

    // The same bytes come out of it as of the world itself.
    let world = &session.worlds.get(id).recipe;
    let short = |scenario: &Scenario| {
        let mut scenario = scenario.clone();
        scenario.run.length = crate::base::Span::from_secs(2.0);
        scenario.run.warmup = crate::base::Span::ZERO;
        scenario
    };
    let mut mine = short(&world.scenario);
    mine.changes.extend(world.changes.iter().map(|change| change.what.clone()));
    let (mine, written) = (Arc::new(mine), Arc::new(short(&written)));
    assert_eq!(run(&mine, 0, 7).digest, run(&written, 0, 7).digest);
    let undisturbed = Arc::new(short(&world.scenario));
    assert_ne!(run(&mine, 0, 7).digest, run(&undisturbed, 0, 7).digest);
}

#[test]
fn what_somebody_else_wrote_is_not_overwritten_and_what_was_written_here_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(folder.path());
    let id = changed(&mut session, 1, &crash(), "broken");
    let file = session.file.clone();
    let why = write(&mut session, id, Some(&file), None).unwrap_err();
    assert!(why.contains("was not written here: give another name"), "{why}");
    fs::write(folder.path().join("mine.ron"), "()").unwrap();
    assert!(write(&mut session, id, Some(&folder.path().join("mine")), None).is_err());
    assert!(write(&mut session, id, None, None).unwrap().starts_with("written: "));
    assert!(write(&mut session, id, None, None).unwrap().starts_with("written again: "));
    let nowhere = folder.path().join("no/such/folder/x.ron");
    assert!(
        write(&mut session, id, Some(&nowhere), None).unwrap_err().contains("cannot be written")
    );
}

#[test]
fn worlds_that_are_not_written_are_kept_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(folder.path());
    changed(&mut session, 1, &crash(), "one");
    session.place.run.world = WorldId(0);
    let two = changed(&mut session, 1, &crash(), "two");
    write(&mut session, two, None, None).unwrap();
    let files = recover(&session.worlds, &session.file);
    let kept = keep(&files).unwrap();
    assert_eq!(kept, [folder.path().join("checkout.one.recovered.ron")]);
    assert!(recovered(&session.file).contains(&kept[0]));
    assert_eq!(load(&kept[0], &[]).unwrap().scenario.changes.len(), 1);
}

#[test]
fn worlds_outlive_a_reload_unless_what_they_change_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(folder.path());
    changed(&mut session, 1, &crash(), "one");
    session.place.run.world = WorldId(0);
    let without = Wanted::Without("inventory-crash".to_owned());
    changed(&mut session, 20_000_000_000, &without, "two");
    let before = Stamp::of(&session.file);
    assert!(before.is_there());
    let text = fs::read_to_string(&session.file).unwrap();

    fs::write(&session.file, "(broken").unwrap();
    assert!(reload(&mut session).unwrap_err().has_errors());
    assert_eq!(session.worlds.iter().count(), 3, "everything is as it was");

    let other = text.replace("inventory-crash", "inventory-gone").replace("\"400/s\"", "\"300/s\"");
    fs::write(&session.file, &other).unwrap();
    assert_ne!(Stamp::of(&session.file), before);
    let told = reload(&mut session).unwrap();
    assert_eq!(
        told,
        "checkout.ron reloaded at 0.000 s; one kept; two dropped: there is no fault \"inventory-crash\""
    );
    assert_eq!(session.place.run.world, WorldId(0));
    assert_eq!(session.scenario().knobs[0].1, "\"300/s\"");
    fs::remove_file(&session.file).unwrap();
    assert!(!Stamp::of(&session.file).is_there());
}

#[test]
fn what_is_written_is_run_again_where_its_digest_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queue.ron");
    fs::write(&file, crate::cli::shipped::text("theory/hedge").unwrap()).unwrap();
    let mut session = Session::open_file(load(&file, &[]).unwrap(), 1, Vec::new());
    let wrong = write(&mut session, WorldId(0), None, Some(1)).unwrap_err();
    assert!(wrong.contains("instead of 0000000000000001"), "{wrong}");
    let digest = run(session.scenario(), 0, 1).digest;
    let told = write(&mut session, WorldId(0), None, Some(digest)).unwrap();
    assert!(told.ends_with(&format!("digest {digest:016x} verified")), "{told}");
}

#[test]
fn a_file_whose_statements_are_broken_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.ron");
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/checkout.ron");
    let text = fs::read_to_string(shipped).unwrap();
    fs::write(&file, &text).unwrap();
    let mut session = Session::open_file(load(&file, &[]).unwrap(), 1, Vec::new());
    fs::write(&file, text.replace("broken(stock-floor) == 0", "broken(stock-flor) == 0")).unwrap();
    let wrong = reload(&mut session).unwrap_err();
    assert!(wrong.list[0].message.contains("stock-flor"), "{:?}", wrong.list[0]);
    let said = &session.scenario().expect;
    assert!(said.iter().any(|it| it.value.contains("stock-floor")), "all is as it was");
}
