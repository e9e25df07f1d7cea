//! The view on real runs.

use std::sync::Arc;

use crate::base::Time;
use crate::engine::InstanceId;
use crate::probes::witness::{Item, Witness};
use crate::probes::{Fact, OpId, Probe};
use crate::tui::action::Action;
use crate::tui::canvas::Look;
use crate::tui::glyphs::Glyphs;
use crate::tui::place::{Thing, View};
use crate::tui::views::stage::Stage;

fn order(design: usize, number: u64) -> Stage {
    let mut stage = Stage::new(design);
    stage.open(View::Request, Thing::Op(OpId::new(0, number)), false, 7_004);
    stage
}

#[test]
fn an_order_that_was_left_half_done() {
    insta::assert_snapshot!(order(0, 5638).body(80, 20));
}

#[test]
fn the_same_order_in_events() {
    insta::assert_snapshot!(order(2, 5716).body(80, 20));
}

#[test]
fn in_signs_that_every_terminal_has() {
    let mut stage = order(0, 5638);
    stage.session.look = Look { glyphs: Glyphs::Ascii, ..Look::default() };
    let body = stage.body(80, 20);
    assert!(body.is_ascii(), "{body}");
    insta::assert_snapshot!(body);
}

#[test]
fn the_same_customer_in_three_designs() {
    let mut stage = order(0, 5638);
    stage.counterparts();
    insta::assert_snapshot!(stage.body(200, 56));
}

#[test]
fn no_operation_is_chosen_yet() {
    let mut stage = Stage::new(0);
    stage.open(View::Request, Thing::Nothing, false, 7_004);
    insta::assert_snapshot!(stage.body(80, 20));
}

#[test]
fn no_size_is_too_small_or_too_large() {
    let mut stage = order(0, 5638);
    stage.counterparts();
    for (width, height) in [(1, 1), (7, 3), (20, 5), (40, 6), (79, 11), (160, 40), (300, 100)] {
        let _ = stage.body(width, height);
    }
}

#[test]
fn keys_go_through_spans_and_zoom_around_them() {
    let Stage { mut session, snapshot } = order(0, 5638);
    session.act(Action::Last, &snapshot);
    session.act(Action::Up, &snapshot);
    assert_eq!(session.views.request.selected, 10);
    session.act(Action::ZoomIn, &snapshot);
    assert_eq!((session.views.request.selected, session.views.request.zoom), (10, 1));
    assert_eq!(session.place.zoom, 0, "the axis of the whole run is another");
    let stage = Stage { session, snapshot };
    assert_ne!(stage.body(80, 20), order(0, 5638).body(80, 20));
}

#[test]
fn the_next_like_it_is_of_the_same_flow_and_was_told_the_same() {
    let Stage { mut session, snapshot } = order(0, 5638);
    session.act(Action::NextLike, &snapshot);
    let Thing::Op(next) = session.place.thing else { panic!("an operation is selected") };
    let known = snapshot.run(session.place.run).expect("it is known");
    let told = |op: OpId| known.history.told().find(|told| told.op == op).expect("it was told");
    let (own, next) = (told(OpId::new(0, 5638)), told(next));
    assert_eq!((own.flow, own.verdict), (next.flow, next.verdict));
    assert!(own.answered <= next.answered && own.op != next.op);
}

#[test]
fn enter_opens_the_node_of_a_span_and_without_one_a_sensible_operation() {
    let Stage { mut session, snapshot } = order(0, 5638);
    session.act(Action::Down, &snapshot);
    session.act(Action::Enter, &snapshot);
    assert_eq!((session.place.view, session.place.inside), (View::Map, true));
    let mut stage = Stage::new(0);
    stage.open(View::Request, Thing::Nothing, false, 7_004);
    stage.session.act(Action::Enter, &stage.snapshot);
    assert!(matches!(stage.session.place.thing, Thing::Op(_)));
}

#[test]
fn a_value_is_followed_to_the_operation_that_wrote_it() {
    let Stage { mut session, mut snapshot } = order(0, 5638);
    // inventory-db, which saw stock 1 at version 112.
    (0..4).for_each(|_| session.act(Action::Down, &snapshot));
    session.act(Action::Origin, &snapshot);
    let sought = session.views.request.sought.expect("its write is looked for");
    assert_eq!(session.wish().item, Some(sought));
    let mut witness = Witness::of([sought]);
    let (op, writer) = (OpId::new(0, 5638), OpId::new(0, 5000));
    for (op, version) in [(writer, 112), (op, 113)] {
        let Item { entity, key } = sought;
        let fact = Fact::Applied { op, effect: 1, entity, key, version, before: 2, value: 1 };
        witness.see(Time(version), InstanceId(0), fact);
    }
    snapshot.witness = Some(Arc::new(witness));
    session.act(Action::Origin, &snapshot);
    assert_eq!(session.place.thing, Thing::Op(writer));
    assert_eq!(session.views.request.sought, None);
}
