//! The view on real runs.

use crate::probes::OpId;
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
    insta::assert_snapshot!(order(0, 5704).body(80, 20));
}

#[test]
fn the_same_order_in_events() {
    insta::assert_snapshot!(order(2, 5716).body(80, 20));
}

#[test]
fn in_signs_that_every_terminal_has() {
    let mut stage = order(0, 5704);
    stage.session.look = Look { glyphs: Glyphs::Ascii, ..Look::default() };
    let body = stage.body(80, 20);
    assert!(body.is_ascii(), "{body}");
    insta::assert_snapshot!(body);
}

#[test]
fn the_same_customer_in_three_designs() {
    let mut stage = order(0, 5704);
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
    let mut stage = order(0, 5704);
    stage.counterparts();
    for (width, height) in [(1, 1), (7, 3), (20, 5), (40, 6), (79, 11), (160, 40), (300, 100)] {
        let _ = stage.body(width, height);
    }
}
