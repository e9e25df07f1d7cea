//! Real stories of the flagship: causes, waterfall, lanes.

use std::fmt::Write;
use std::sync::Arc;

use super::*;
use crate::base::Span as Length;
use crate::probes::{Extras, OpId};
use crate::scenario::parse;
use crate::simulate;

/// An operation of the flagship's first ten seconds.
fn told(design: usize, number: u64) -> Telling {
    let text = include_str!("../../../../scenarios/checkout.ron");
    let mut scenario = parse("checkout.ron", text, &[]).expect("the flagship is in order");
    scenario.run.length = Length(10_000_000_000);
    let op = OpId::new(0, number);
    let (_, story) = simulate::explain(&Arc::new(scenario.clone()), design, 1, op, Extras::NONE);
    Telling::of(&story, &Model::new(&Arc::new(scenario), design, 1))
}

fn shown(telling: &Telling) -> String {
    let ms = |time: Time| format!("{:.3}", time.0.saturating_sub(telling.sent.0) as f64 / 1e6);
    let stretch = |it: &Stretch| format!("{:?} {} to {}", it.what, ms(it.from), ms(it.to));
    let mut text = format!("{} {:?}\n\n", telling.name, telling.told.map(|told| told.1));
    for span in &telling.spans {
        let parts: Vec<String> = span.parts.iter().map(stretch).collect();
        let indent = "  ".repeat(usize::from(span.depth));
        let _ = writeln!(text, "{indent}{}: {} [{}]", span.label, parts.join(", "), span.note);
    }
    text += "\n";
    for part in &telling.critical {
        let _ = writeln!(text, "{}", stretch(part));
    }
    text += "\n";
    for step in &telling.steps {
        let _ = writeln!(text, "{:>8} {:?}", ms(step.time), step.what);
    }
    text
}

#[test]
fn an_order_that_a_crash_left_half_done() {
    insta::assert_snapshot!(shown(&told(0, 5638)));
}

#[test]
fn the_same_order_by_way_of_a_queue() {
    insta::assert_snapshot!(shown(&told(1, 5714)));
}

#[test]
fn the_same_order_by_way_of_a_log() {
    insta::assert_snapshot!(shown(&told(2, 5716)));
}
