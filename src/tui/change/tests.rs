//! Changes over the flagship scenario: made, named, refused, put in order.

use super::*;
use crate::base::Span;
use crate::simulate::Timeline;
use crate::tui::world::Worlds;

fn base() -> Recipe {
    let text = crate::cli::shipped::text("checkout").unwrap();
    let loaded = parse_named("checkout", "scenarios/checkout.ron", text, &[]).unwrap();
    Recipe::clone(&Worlds::open(loaded, 1, Vec::new()).get(super::super::place::WorldId(0)).recipe)
}

fn begin(what: &str) -> Wanted {
    Wanted::Begin { what: what.to_owned(), lasts: Some("3s".to_owned()) }
}

fn with(mut recipe: Recipe, at: u64, wanted: &Wanted) -> Recipe {
    let text = wanted.text(Time(at), &recipe.scenario);
    let change = recipe.change(&text, None).unwrap_or_else(|why| panic!("{text}: {why}"));
    recipe.insert(change);
    recipe
}

fn refused(wanted: &Wanted) -> String {
    let recipe = base();
    recipe.change(&wanted.text(Time(1), &recipe.scenario), None).unwrap_err().to_string()
}

#[test]
fn an_instant_is_written_to_the_nanosecond_and_read_so() {
    for ns in [0, 1, 20_000_000_000, 21_400_000_001, 59_999_999_999, 100_500_000_000] {
        let text = begin("Crash(\"orders\")").text(Time(ns), &base().scenario);
        if ns < 60_000_000_000 {
            assert_eq!(base().change(&text, None).unwrap().what.at, Span(ns), "{text}");
        }
    }
    assert_eq!(seconds(Time(21_400_000_001)), "21.400000001s");
    assert_eq!((seconds(Time(0)), seconds(Time(100_500_000_000))), ("0s".into(), "100.5s".into()));
}

#[test]
fn every_fault_of_the_language_can_begin_and_has_a_name() {
    let faults = [
        ("Crash(\"orders\", instance: 0)", "crash-orders"),
        ("Slow(\"orders-db\", 5)", "slow-orders-db"),
        ("Latency(\"web\", \"edge\", add: Exp(\"5ms\"))", "latency-web-edge"),
        ("Surge(\"web\", 3)", "surge-web"),
    ];
    for (what, name) in faults {
        let recipe = with(base(), 21_400_000_001, &begin(what));
        let Deed::Begin(fault) = &recipe.changes[0].what.deed else { panic!("{what}") };
        assert_eq!((fault.name.as_str(), fault.lasts.is_some()), (name, true));
    }
}

#[test]
fn a_second_fault_of_a_kind_takes_no_name_from_the_first_although_it_begins_earlier() {
    let crash = begin("Crash(\"orders\")");
    let mut recipe = with(base(), 30, &crash);
    recipe = with(recipe, 40, &Wanted::End("crash-orders".to_owned()));
    recipe = with(recipe, 10, &crash);
    let names: Vec<_> = recipe.changes.iter().filter_map(|it| name(&it.what)).collect();
    assert_eq!(names, ["crash-orders-2", "crash-orders"]);
    assert!(recipe.changes[0].text.starts_with("(name: \"crash-orders-2\", at: "));
}

#[test]
fn what_is_refused_is_refused_in_the_words_of_the_language() {
    assert_eq!(
        refused(&begin("Crash(\"orders\", instance: 7)")),
        "\"orders\" has no instance 7: it has 2, counted from 0"
    );
    assert_eq!(
        refused(&begin("Crash(\"order\")")),
        "there is no node \"order\": did you mean \"orders\"?"
    );
    assert_eq!(
        refused(&Wanted::End("inventory-crush".to_owned())),
        "there is no fault \"inventory-crush\": did you mean \"inventory-crash\"?"
    );
    let knob = |name: &str, value: &str| Wanted::Set(vec![(name.to_owned(), value.to_owned())]);
    assert_eq!(
        refused(&knob("static_members", "false")),
        "\"log\" is fixed when the run begins, and these knobs turn it: from the start it can: s in Scenario, or :set!"
    );
    assert_eq!(refused(&knob("rte", "1/s")), "there is no knob `rte`: did you mean `rate`?");
    let wrong = refused(&knob("demand", "5ms"));
    assert!(wrong.contains("knob `demand` takes a number, not a duration"), "{wrong}");
    assert!(base().change("(at: \"1s\", end: ", None).is_err(), "not even well-formed");
}

#[test]
fn knobs_that_were_turned_later_are_turned_on_top_of_earlier_ones() {
    let set = |name: &str, value: &str| Wanted::Set(vec![(name.to_owned(), value.to_owned())]);
    let recipe = with(base(), 20, &set("rate", "600/s"));
    let recipe = with(recipe, 10, &set("look", "70ms"));
    let Deed::Set(last) = &recipe.changes[1].what.deed else { panic!("rate is turned last") };
    let value = |name| last.scenario.knobs.iter().find(|(knob, _)| knob == name).unwrap().1.clone();
    assert_eq!((value("rate"), value("look")), ("\"600/s\"".to_owned(), "\"70ms\"".to_owned()));
}

/// An occurrence is taken away by ending it as it begins: every other one stays.
#[test]
fn without_one_occurrence_all_others_are_there() {
    let recipe = with(base(), 11_000_000_000, &Wanted::End("orders-restarts".to_owned()));
    let mut timeline = Timeline::new(&recipe.scenario, 0, 1);
    let windows = |timeline: &Timeline| {
        let faults = &timeline.simulation().world().model().faults;
        let (_, windows) = faults.iter().find(|(name, _)| *name == "orders-restarts").unwrap();
        windows.to_vec()
    };
    let mut before = windows(&timeline);
    timeline.change(recipe.changes[0].what.clone()).unwrap();
    timeline.run_to(Time(11_000_000_000));
    assert_eq!(before.remove(1).0, Time(11_000_000_000));
    assert_eq!(windows(&timeline), before);
}

#[test]
fn a_change_on_which_another_one_rests_cannot_be_taken_away() {
    let recipe = with(base(), 10, &begin("Crash(\"orders\")"));
    let recipe = with(recipe, 20, &Wanted::End("crash-orders".to_owned()));
    assert!(recipe.without(0).unwrap_err().message.contains("no fault"));
    assert_eq!(recipe.without(1).unwrap().changes.len(), 1);
}
