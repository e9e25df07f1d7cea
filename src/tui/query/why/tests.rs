//! One story a rule that it must name, and one that looks like it and is not.

use std::sync::Arc;

use super::*;
use crate::base::Time;
use crate::probes::KeyId;
use crate::probes::witness::Item;
use crate::scenario::tree::{EntityIx, FlowIx};
use crate::tui::query::telling::{Doing, Source, Step};
use crate::tui::query::telling::{Span, Stretch};

/// An order of the flagship, told by hand.
struct Tale {
    model: Model,
    telling: Telling,
}

impl Tale {
    /// Sent at 0, told this at 10 ms.
    fn told(verdict: Verdict) -> Self {
        let text = include_str!("../../../../scenarios/checkout.ron");
        let scenario = crate::scenario::parse("checkout.ron", text, &[]).expect("in order");
        let flow = scenario.flows.iter().position(|flow| flow.name == "place-order");
        let telling = Telling {
            op: Some(OpId::new(0, 7)),
            name: "place-order#7".to_owned(),
            flow: flow.map(|flow| FlowIx(flow as u16)),
            told: Some((ms(10), verdict)),
            ..Telling::default()
        };
        Self { model: Model::new(&Arc::new(scenario), 0, 1), telling }
    }

    fn failed() -> Self {
        Self::told(Verdict::Failed(Reason::Crashed))
    }

    fn node(&self, name: &str) -> NodeIx {
        let mut nodes = self.model.scenario.nodes.iter();
        NodeIx(nodes.position(|node| node.name == name).expect("a node") as u16)
    }

    fn at(&self, name: &str) -> InstanceId {
        self.model.nodes[usize::from(self.node(name).0)].first
    }

    fn effect(mut self, name: &str, owner: &str, applied: &[u64], undone: &[u64]) -> Self {
        let times = |all: &[u64]| all.iter().map(|at| ms(*at)).collect();
        self.telling.effects.push(Effect {
            name: name.to_owned(),
            owner: self.node(owner),
            applied: times(applied),
            undone: times(undone),
            is_best_effort: false,
        });
        self
    }

    /// Two of its effects: the order is there, the shipment is not.
    fn half(self) -> Self {
        self.effect("order", "orders", &[3], &[]).effect("shipment", "shipping", &[], &[])
    }

    fn whole(self) -> Self {
        self.effect("order", "orders", &[3], &[]).effect("shipment", "shipping", &[8], &[])
    }

    fn step(mut self, at: u64, what: impl Fn(&Self) -> Deed) -> Self {
        let what = what(&self);
        self.telling.steps.push(Step { time: ms(at), what });
        self
    }

    /// A node goes down, and with it what it had in hand.
    fn crash(mut self, at: u64, name: &str, loses: bool) -> Self {
        let victim = self.at(name);
        self.telling.spans.push(Span {
            depth: 1,
            at: victim,
            label: String::new(),
            from: ms(1),
            to: Some(ms(if loses { at } else { at - 1 })),
            parts: Vec::new(),
            note: String::new(),
            is_lost: loses,
            is_durable: false,
        });
        self.step(at, |_| Deed::Down { all: vec![victim], by: "orders-restarts".to_owned() })
    }

    fn gave_up(self, at: u64, who: &str, whom: &str) -> Self {
        self.step(at, |tale| Deed::GaveUp {
            at: tale.at(who),
            to: tale.node(whom),
            why: Reason::Timeout,
        })
    }

    fn saw(self, at: &str, version: u64, source: Source) -> Self {
        self.saw_item(at, KeyId(1), version, source)
    }

    fn saw_item(self, at: &str, key: KeyId, version: u64, source: Source) -> Self {
        self.step(5, |tale| Deed::Saw {
            at: tale.at(at),
            item: Item { entity: tale.entity("stock"), key },
            version,
            source,
            text: String::new(),
        })
    }

    fn entity(&self, name: &str) -> EntityIx {
        let mut all = self.model.scenario.entities.iter();
        EntityIx(all.position(|entity| entity.name == name).expect("an entity") as u16)
    }

    fn took(mut self, what: Doing, from: u64, to: u64) -> Self {
        let at = self.at("orders-db");
        self.telling.critical.push(Stretch { from: ms(from), to: ms(to), what, at });
        self
    }
}

fn ms(at: u64) -> Time {
    Time(at * 1_000_000)
}

/// The first rule about this that says something.
fn named(tale: &Tale, about: About) -> Option<&'static str> {
    let names = Names { model: &tale.model, op: OpId::new(0, 7) };
    let case = Case { telling: &tale.telling, names };
    let mut rules = RULES.iter().filter(|rule| rule.about == about);
    rules.find(|rule| (rule.says)(&case).is_some()).map(|rule| rule.name)
}

fn lost_at(why: Reason) -> impl Fn(&Tale) -> Deed {
    move |tale| Deed::Lost(tale.at("orders"), why)
}

/// About what, by which rule, of which story; and of one that looks like it.
fn tales() -> Vec<(About, &'static str, Tale, Tale)> {
    let done = || Tale::told(Verdict::Done);
    let promised = |tale: &Tale| Deed::Promised(tale.at("orders-db"));
    let half = About::End(Kind::HalfDone);
    let twice = |tale: Tale| tale.effect("stock", "inventory", &[3, 8], &[]);
    let again = |tale: &Tale| Deed::Retries {
        at: tale.at("orders"),
        to: tale.node("inventory"),
        attempt: 2,
    };
    let redelivered = |tale: &Tale| Deed::Redelivered(tale.at("queue"));
    let undone = || done().effect("order", "orders", &[3], &[9]);
    let no = |tale: &Tale| Deed::Refused(tale.at("payments"));
    let turned_away = |tale: &Tale| Deed::TurnedAway(tale.at("edge"), Reason::RateLimited);
    vec![
        (
            half,
            "memory",
            Tale::failed().half().crash(5, "orders", true),
            Tale::failed().half().crash(5, "orders", false),
        ),
        (
            half,
            "memory",
            Tale::failed().half().crash(5, "orders", true),
            // What is promised stands in a row: the memory alone did not know it.
            Tale::failed().half().step(3, promised).crash(5, "orders", true),
        ),
        (
            half,
            "gap",
            done().half().step(5, lost_at(Reason::Unpublished)),
            done().whole().step(5, lost_at(Reason::Unpublished)),
        ),
        (
            half,
            "dead letter",
            done().half().step(5, lost_at(Reason::DeadLetter)),
            done().half().step(5, lost_at(Reason::Timeout)),
        ),
        (
            half,
            "taken back in part",
            Tale::failed()
                .effect("order", "orders", &[3], &[9])
                .effect("payment", "payments", &[5], &[])
                .gave_up(7, "orders", "payments"),
            Tale::failed().effect("order", "orders", &[3], &[9]).gave_up(7, "orders", "payments"),
        ),
        (
            half,
            "given up",
            Tale::failed().half().gave_up(7, "orders", "shipping"),
            Tale::failed().half(),
        ),
        (
            About::End(Kind::Duplicated),
            "delivered again",
            twice(done()).step(5, redelivered),
            done().effect("stock", "inventory", &[3], &[]).step(5, redelivered),
        ),
        (
            About::End(Kind::Duplicated),
            "tried again",
            twice(done()).step(5, again),
            twice(done()).step(9, again),
        ),
        (
            About::End(Kind::Lost),
            "promise",
            done().half().step(3, promised).step(5, lost_at(Reason::Unpublished)),
            done().whole().step(3, promised).step(5, lost_at(Reason::Unpublished)),
        ),
        (
            About::End(Kind::Retracted),
            "no",
            undone().step(5, no),
            Tale::told(Verdict::Refused).effect("order", "orders", &[3], &[9]).step(5, no),
        ),
        (
            About::End(Kind::Retracted),
            "given up",
            undone().gave_up(5, "orders", "payments"),
            done().whole().gave_up(5, "orders", "payments"),
        ),
        (About::End(Kind::Unannounced), "answer", Tale::failed().whole(), Tale::failed().half()),
        (
            About::Read(Kind::StaleRead),
            "behind",
            done().saw("orders-db", 3, Source::Copy),
            done().saw("inventory-db", 3, Source::Owner),
        ),
        (
            About::Read(Kind::ReadYourWrites),
            "behind",
            done().saw("orders", 3, Source::Cache),
            done().saw("inventory-db", 3, Source::Owner),
        ),
        (
            About::Read(Kind::ReadYourWrites),
            "not done yet",
            done().saw_item("payments-db", KeyId::created_by(OpId::new(0, 3)), 0, Source::Owner),
            done().saw_item("orders-db", KeyId::created_by(OpId::new(0, 3)), 0, Source::Copy),
        ),
        (
            About::Read(Kind::MonotonicReads),
            "behind",
            done().saw("orders-db", 3, Source::Copy),
            done(),
        ),
        (
            About::Read(Kind::Dangling),
            "not there",
            done().saw("orders-db", 0, Source::Copy),
            done().saw("orders-db", 1, Source::Copy),
        ),
        (
            About::Failed,
            "attempt",
            Tale::failed().gave_up(7, "edge", "orders"),
            done().gave_up(7, "edge", "orders"),
        ),
        (
            About::Refused,
            "no",
            Tale::told(Verdict::Refused).step(5, no),
            Tale::failed().step(5, no),
        ),
        (
            About::Refused,
            "turned away",
            Tale::told(Verdict::Refused).step(1, turned_away),
            Tale::failed().step(1, turned_away),
        ),
        (
            About::Took,
            "largest term",
            done().took(Doing::Travels, 0, 1).took(Doing::Works, 1, 10),
            done(),
        ),
    ]
}

#[test]
fn each_rule_names_its_story_and_not_one_that_looks_like_it() {
    for (about, name, story, other) in tales() {
        assert_eq!(named(&story, about), Some(name), "{about:?}");
        assert_ne!(named(&other, about), Some(name), "{about:?}: what only looks like it");
    }
}

#[test]
fn every_rule_has_a_story() {
    for rule in RULES {
        let is_told = |(about, name, ..): &(About, &str, Tale, Tale)| {
            (*about, *name) == (rule.about, rule.name)
        };
        assert!(tales().iter().any(is_told), "{:?}: {}", rule.about, rule.name);
    }
}

#[test]
fn where_no_rule_fits_nothing_is_guessed() {
    let tale = Tale::failed().half();
    assert_eq!(judged(&tale.telling, &tale.model, Kind::HalfDone), UNKNOWN);
}

#[test]
fn the_sentences_as_they_are_read() {
    let said: Vec<String> = tales()
        .iter()
        .map(|(about, _, story, _)| {
            let names = Names { model: &story.model, op: OpId::new(0, 7) };
            let case = Case { telling: &story.telling, names };
            let mut rules = RULES.iter().filter(|rule| rule.about == *about);
            rules.find_map(|rule| (rule.says)(&case)).unwrap_or_default()
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}
