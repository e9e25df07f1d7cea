//! The view on real runs.

use super::*;
use crate::tui::canvas::Look;
use crate::tui::glyphs::Glyphs;
use crate::tui::views::stage::Stage;

fn lanes(design: usize, number: u64, kind: Option<Kind>) -> Stage {
    let mut stage = Stage::new(design);
    let op = OpId::new(0, number);
    let thing = kind.map_or(Thing::Op(op), |kind| Thing::Anomaly(op, kind));
    stage.open(View::Truth, thing, true, 7_003);
    stage
}

#[test]
fn an_order_that_was_left_half_done() {
    insta::assert_snapshot!(lanes(0, 5638, Some(Kind::HalfDone)).body(80, 20));
}

#[test]
fn on_a_wide_screen() {
    insta::assert_snapshot!(lanes(2, 5716, None).body(200, 56));
}

#[test]
fn in_signs_that_every_terminal_has() {
    let mut stage = lanes(0, 5638, Some(Kind::HalfDone));
    stage.session.look = Look { glyphs: Glyphs::Ascii, ..Look::default() };
    let body = stage.body(80, 20);
    assert!(body.is_ascii(), "{body}");
}

#[test]
fn keys_go_through_events_to_the_request_and_to_the_next_of_its_kind() {
    let Stage { mut session, snapshot } = lanes(0, 5638, Some(Kind::HalfDone));
    session.act(Action::First, &snapshot);
    session.act(Action::Down, &snapshot);
    assert_eq!(session.views.lanes.selected, 1);
    session.act(Action::NextLike, &snapshot);
    assert_ne!(session.place.thing, Thing::Anomaly(OpId::new(0, 5638), Kind::HalfDone));
    session.act(Action::PreviousLike, &snapshot);
    session.act(Action::Enter, &snapshot);
    assert_eq!((session.place.view, session.place.inside), (View::Request, false));
    assert_eq!(session.place.thing, Thing::Op(OpId::new(0, 5638)));
}

#[test]
fn answers_of_which_nothing_is_said_are_left_out_until_they_are_asked_for() {
    let Stage { mut session, snapshot } = lanes(0, 5638, Some(Kind::HalfDone));
    let telling = snapshot.stories.values().next().cloned().expect("it is told").unwrap();
    let known = snapshot.run(session.place.run).expect("it is known").clone();
    let columns = Columns::of(&telling, &known.model, 70);
    let some = shown(&session, &telling, &known, &columns).len();
    session.act(Action::Fold, &snapshot);
    let all = shown(&session, &telling, &known, &columns).len();
    assert!(some < all, "{some} of {all}");
}

#[test]
fn no_size_is_too_small_or_too_large() {
    let stage = lanes(1, 5714, None);
    for (width, height) in [(1, 1), (7, 3), (20, 5), (40, 6), (79, 11), (160, 40), (300, 100)] {
        let _ = stage.body(width, height);
    }
}
