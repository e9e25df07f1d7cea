//! What `run`, `compare` and `explain` say of cases that people meet: the cause, and the right one.

use super::{Ended, Place};

/// What this command says of this scenario.
fn says(name: &str, text: &str, line: &str) -> Ended {
    let place = Place::empty();
    place.write(name, text);
    place.run(line)
}

/// The words of an output, whatever its lines and rails are.
fn flat(text: &str) -> String {
    text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

/// The customer has no timeout at all: it hears what the gateway's came to.
#[test]
fn a_story_tells_who_gave_up_and_who_only_heard_of_it() {
    let scenario = include_str!("says/whose-timeout.ron");
    let told = says("whose-timeout.ron", scenario, "explain whose-timeout.ron get#2").out;
    assert!(!told.contains("users  gives up"), "{told}");
    assert!(told.contains("edge  gives up an attempt at api: timeout"), "{told}");
    assert!(told.contains("users  hears from edge: timeout"), "{told}");
    assert!(told.contains("failed (timeout) after 502 ms: edge gave up on api."), "{told}");
}

/// With single flight nine of ten that miss at once wait for the first one's fetch: theirs is its time.
#[test]
fn a_story_tells_whose_fetch_a_reader_waits_for() {
    let scenario = include_str!("says/waits-for-a-fetch.ron");
    let explain = |of: &str| says("fetch.ron", scenario, &format!("explain fetch.ron {of}")).out;
    let told = flat(&explain("get#1"));
    assert!(
        told.contains("does not find item in its cache: waits for the fetch of get#0"),
        "{told}"
    );
    assert!(!explain("get#0").contains("waits for"), "it fetches itself");
}

/// Its trials are never answered and nothing ends them: all else is refused for good.
#[test]
fn a_breaker_that_stays_half_open_is_told_and_for_what_it_waits() {
    let scenario = include_str!("says/breaker-waits.ron");
    let run = |more: &str| flat(&says("b.ron", scenario, &format!("run b.ron{more}")).out);
    let told = run("");
    let expected = "breaker web half-open towards api at the end: waits for the answers of 3 calls";
    assert!(told.contains(expected), "{told}");
    assert!(!run(" --set timeout=1s").contains("half-open"), "a timeout ends the trials");
}

/// One of two does not renew: half of the renewals are too few for anybody to be struck off.
#[test]
fn what_a_registry_keeps_is_told_with_the_reason() {
    let scenario = include_str!("says/eureka-keeps.ron");
    let run = |more: &str| flat(&says("e.ron", scenario, &format!("run e.ron{more}")).out);
    let told = run(" --for 300s");
    let expected = "registry eureka keeps 1 of api listed whose lease is over: self-preservation";
    assert!(told.contains(expected), "{told}");
    assert!(!run(" --for 300s --set sp=false").contains("self-preservation"));
}

/// A card is pre-authorised in 0.25 s and one record of a partition goes after the other: twelve
/// partitions take some 50 of 140 each second, whatever the workers do. What is left is not available
/// less, it is not known.
#[test]
fn the_bottleneck_is_named_and_a_drain_that_ran_out() {
    let scenario = include_str!("says/ride.ron");
    let run =
        |more: &str| flat(&says("r.ron", scenario, &format!("run r.ron -d events{more}")).out);
    let told = run(" --set rate=600/s --for 20s");
    assert!(told.contains("bottleneck payments as consumer of log takes 4"), "{told}");
    assert!(told.contains("drain ran out with work left (287 of request-trip)"), "{told}");
    let compared = says(
        "r.ron",
        scenario,
        "compare r.ron --designs rest,events --seeds 1 --set rate=600/s --for 20s",
    );
    let told = flat(&compared.out);
    assert!(told.contains("events, seed 1: bottleneck: payments as consumer of log"), "{told}");
    let light = run(" --set rate=20/s --for 20s");
    assert!(!light.contains("bottleneck") && !light.contains("ran out"), "{light}");
}

/// `ping` has the most effects and is alike in all; `request-trip` takes 2 s in one and 20 ms in another.
#[test]
fn a_reading_speaks_of_the_flow_that_differs_most_and_against_the_first_design() {
    let told = flat(&says("r.ron", include_str!("says/ride.ron"), "compare r.ron --seeds 2").out);
    let reading = told.split("what the numbers say").nth(1).expect("a reading");
    assert!(reading.trim_start().starts_with("- events answers request-trip"), "{reading}");
    let first = reading.split(" - ").nth(1).expect("a sentence");
    assert!(first.contains("in rest"), "{first}");
}
