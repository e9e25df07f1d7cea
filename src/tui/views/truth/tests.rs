//! The view on real runs.

use super::*;
use crate::tui::canvas::Look;
use crate::tui::glyphs::Glyphs;
use crate::tui::views::stage::Stage;

fn truth(thing: Thing) -> Stage {
    let mut stage = Stage::new(0);
    stage.open(View::Truth, thing, false, 7_004);
    stage
}

#[test]
fn the_kinds_and_the_operations_of_the_gravest() {
    insta::assert_snapshot!(truth(Thing::Nothing).body(80, 20));
}

#[test]
fn on_a_wide_screen() {
    insta::assert_snapshot!(truth(Thing::Kind(Kind::Unannounced)).body(200, 56));
}

#[test]
fn in_signs_that_every_terminal_has() {
    let mut stage = truth(Thing::Nothing);
    stage.session.look = Look { glyphs: Glyphs::Ascii, ..Look::default() };
    let body = stage.body(80, 20);
    assert!(body.is_ascii(), "{body}");
}

#[test]
fn two_keys_lead_from_a_count_to_its_cause() {
    let Stage { mut session, snapshot } = truth(Thing::Nothing);
    session.act(Action::Enter, &snapshot);
    assert!(session.place.inside);
    assert_eq!(session.place.thing, Thing::Anomaly(OpId::new(0, 5638), Kind::HalfDone));
}

#[test]
fn keys_go_through_kinds_and_through_the_list() {
    let Stage { mut session, snapshot } = truth(Thing::Nothing);
    session.act(Action::Down, &snapshot);
    let Thing::Kind(second) = session.place.thing else { panic!("a kind is selected") };
    assert_ne!(second, Kind::HalfDone);
    session.act(Action::First, &snapshot);
    session.act(Action::NextPane, &snapshot);
    let first = session.place.thing.clone();
    session.act(Action::Down, &snapshot);
    let next = session.place.thing.clone();
    assert!(matches!(next, Thing::Anomaly(_, Kind::HalfDone)) && next != first);
    session.act(Action::PreviousLike, &snapshot);
    assert_eq!(session.place.thing, first);
    session.act(Action::PreviousLike, &snapshot);
    assert!(session.message.as_ref().is_some_and(|said| said.contains("first")));
}

#[test]
fn a_filter_leaves_its_kinds() {
    let mut stage = truth(Thing::Nothing);
    stage.session.marks = vec![Kind::Dangling];
    let body = stage.body(80, 20);
    assert!(body.contains("not there") && !body.contains("half done"), "{body}");
}

#[test]
fn no_size_is_too_small_or_too_large() {
    let stage = truth(Thing::Nothing);
    for (width, height) in [(1, 1), (7, 3), (20, 5), (40, 6), (79, 11), (160, 40), (300, 100)] {
        let _ = stage.body(width, height);
    }
}
