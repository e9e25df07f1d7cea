//! `test --baseline`: which figures moved by more than chance since the file was written.

use serde_json::Value;

use super::{Ended, Place, SHOP};

const LINE: &str = "test --for 4s --baseline base.json";

fn kept(place: &Place) -> String {
    std::fs::read_to_string(place.path().join("base.json")).expect("it was written")
}

/// The shop, whose database writes as slowly as this.
fn write(place: &Place, ms: u32) {
    let slow = SHOP.replace("write: \"2ms\"", &format!("write: \"{ms}ms\""));
    place.write("scenarios/shop.ron", &slow);
}

#[test]
fn a_baseline_is_written_once_and_held_from_then_on() {
    let place = Place::new();
    let first = place.run(LINE);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(first.err.contains("baseline base.json: ") && first.err.contains("of 1 scenario"));
    let written = kept(&place);
    for figure in ["p99(place-order)", "utilization(orders)", "broken", "spread"] {
        let lines = written.lines().filter(|line| line.contains(&format!("\"{figure}\": [")));
        assert_eq!(lines.count(), 3, "{figure}: a line of its own in each design");
    }
    let again = place.run(LINE);
    assert_eq!((again.code, again.err.as_str()), (0, ""), "{}", again.out);
    assert!(again.out.contains("figures moved") && again.out.contains(" 0 of "), "{}", again.out);
    assert_eq!(kept(&place), written, "it is read, not written");
    let elsewhere = Place::new();
    elsewhere.run(LINE);
    assert_eq!(kept(&elsewhere), written, "the same input, the same bytes");
}

#[test]
fn what_moved_is_named_in_every_format_and_ends_with_7() {
    let place = Place::new();
    place.run(LINE);
    let written = kept(&place);
    write(&place, 6);
    let text = place.run(LINE);
    assert_eq!(text.code, 7, "{}", text.out);
    assert!(text.out.contains("MOVE shop rest: p50(place-order)"), "{}", text.out);
    let moved = text.out.split("MOVE shop rest: p50(place-order)").nth(1).expect("it moved");
    assert!(moved.lines().nth(1).is_some_and(|line| line.contains("more)")), "{moved}");
    assert!(!text.out.contains("offered(place-order)\n     from"), "as many customers came");
    let all = |format: &str| place.run(&format!("{LINE} --format {format}"));
    let json: Value = serde_json::from_str(&all("json").out).expect("JSON");
    let rows = json["moved"].as_array().expect("rows");
    assert_eq!(rows.len() as u64, json["tally"]["moved"].as_u64().expect("a count"));
    let row = rows
        .iter()
        .find(|row| row["design"] == "rest" && row["figure"] == "p50(place-order)")
        .expect("it moved");
    let number = |key: &str| row[key].as_f64().expect("a number");
    assert!((number("now") - number("before") - number("difference")).abs() < 0.01);
    assert!(number("p_value") < 0.05 && number("half_width") < number("difference"));
    for (format, words) in [
        ("junit", "name=\"baseline: p50(place-order)\""),
        ("github", "::error file=scenarios/shop.ron,title=shop rest%3A "),
        ("markdown", "| **moved** | shop | rest | p50(place-order) | from "),
    ] {
        let shown = all(format);
        assert_eq!(shown.code, 7, "{format}");
        assert!(shown.out.contains(words), "{format}: {}", shown.out);
    }
    assert_eq!(kept(&place), written, "it is not taken over unasked");
    let update = place.run(&format!("{LINE} --update-baseline"));
    assert_eq!(update.code, 0, "{}", update.err);
    assert!(update.out.contains("MOVE shop rest: p50(place-order)"), "it still says what moved");
    assert_eq!(place.run(LINE).code, 0);
}

#[test]
fn other_seeds_are_chance_and_other_customers_are_not() {
    let place = Place::new();
    place.run(LINE);
    let seeds = place.run(&format!("{LINE} --seed 101"));
    assert_eq!(seeds.code, 0, "{}", seeds.out);
    let many = place.run(&format!("{LINE} --set rate=100/s"));
    assert_eq!(many.code, 7, "{}", many.out);
    assert!(many.out.contains("MOVE shop rest: offered(place-order)"), "{}", many.out);
    assert!(many.out.contains("NOTE shop rest: the baseline was written for other runs: --for 4s"));
}

#[test]
fn a_folder_has_one_baseline_and_what_is_not_run_stays_in_it() {
    let place = Place::new();
    place.write("scenarios/more/quiet.ron", &SHOP.replace("\"offered(place-order) > 0\"", ""));
    assert_eq!(place.run(LINE).code, 0);
    let written = kept(&place);
    assert!(written.contains("\"scenarios/more/quiet.ron\": {"), "without expectations too");
    let one = place.run("test scenarios/more --for 4s -d rest --baseline base.json");
    assert_eq!(one.code, 0, "{}", one.out);
    place.run("test scenarios/more --for 4s -d rest --baseline base.json --update-baseline");
    assert_eq!(kept(&place), written);
    place.write("scenarios/new.ron", SHOP);
    let added = place.run(LINE);
    assert_eq!(added.code, 0, "{}", added.out);
    assert!(added.out.contains("NOTE new rest: is not in the baseline"), "{}", added.out);
    assert_eq!(kept(&place), written);
    // A failed expectation outweighs what moved.
    write(&place, 6);
    place.write("scenarios/new.ron", &SHOP.replace("(place-order) > 0", "(place-order) < 0"));
    assert_eq!(place.run(LINE).code, 99);
}

#[test]
fn a_baseline_that_cannot_be_used_is_refused_before_anything_runs() {
    let place = Place::new();
    place.write("base.json", "{\"schema\": 1}");
    place.write("scenarios/a/twin.ron", SHOP);
    for (line, code, words) in [
        ("test --baseline base.json", 2, "base.json is no baseline: missing field"),
        ("test --baseline scenarios", 1, "scenarios: "),
        ("test --baseline -", 2, "a baseline is kept in a file"),
        ("test --baseline new.json --seeds 1", 2, "--seeds 2 or more"),
        ("test --update-baseline", 2, "--baseline"),
        ("test --for 3s --baseline no/such/folder.json", 1, "no/such/folder.json"),
    ] {
        let ended = place.run(line);
        assert_eq!(ended.code, code, "{line}: {}", ended.err);
        assert!(ended.err.contains(words), "{line}: {}", ended.err);
    }
    assert!(!place.path().join("new.json").exists());
}

#[test]
fn an_update_can_come_from_the_environment() {
    let place = Place::new();
    let vars = [("WINDTUNNEL_BASELINE", "base.json"), ("WINDTUNNEL_FOR", "3s")];
    let ended = Ended::of(place.command("test").envs(vars).output().expect("it runs"));
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(kept(&place).contains("\"flags\": \"--for 3s\""));
}
