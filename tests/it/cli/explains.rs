//! `explain` finds the operation that somebody looks for: the slowest of a flow, the first with an anomaly.

use serde_json::Value;

use super::{Place, SHOP};

fn run(place: &Place, line: &str) -> Value {
    let ended = place.run(&format!("run scenarios/shop.ron --format json {line}"));
    serde_json::from_str(&ended.out).expect("JSON")
}

#[test]
fn the_slowest_is_the_one_that_the_maximum_is_of() {
    let place = Place::new();
    for design in ["rest", "events"] {
        let max = run(&place, &format!("-d {design}"))["flows"]["view-order"]["latency_ms"]["max"]
            .as_f64()
            .expect("a time");
        let line = format!("explain scenarios/shop.ron --slowest view-order -d {design}");
        let ended = place.run(&line);
        assert_eq!(ended.code, 0, "{}", ended.err);
        assert!(ended.out.starts_with("view-order#"), "{}", ended.out);
        let after = ended.out.rsplit("was told done after ").next().expect("an end");
        let took: f64 = after.split(' ').next().expect("a time").parse().expect("a number");
        assert!((took / max - 1.0).abs() < 0.01, "{took} against {max}");
        // The same story as by its number.
        let name = ended.out.split(' ').next().expect("its name");
        let named = place.run(&format!("explain scenarios/shop.ron {name} -d {design}"));
        assert_eq!(named.out, ended.out);
    }
}

#[test]
fn an_anomaly_leads_to_the_first_operation_that_has_it() {
    let place = Place::new();
    let line = "-d pubsub --set rate=200/s";
    let anomalies = run(&place, line)["anomalies"].as_array().expect("a list").clone();
    let first = anomalies.first().expect("the crash leaves something behind");
    let kind = first["kind"].as_str().expect("a kind");
    for word in [kind.to_owned(), kind.replace('_', "-")] {
        let ended = place.run(&format!("explain scenarios/shop.ron --anomaly {word} {line}"));
        assert_eq!(ended.code, 0, "{}", ended.err);
        let (flow, number) = (first["flow"].as_str().expect("a flow"), &first["number"]);
        assert!(ended.out.starts_with(&format!("{flow}#{number} as pubsub")), "{}", ended.out);
    }
}

#[test]
fn where_several_clients_send_a_flow_the_slowest_is_of_any_or_of_one() {
    let place = Place::new();
    let web = "\"web\": Client(arrivals: Poisson(\"$rate\"), sessions: 100, journeys: {";
    assert!(SHOP.contains(web));
    let app = "\"app\": Client(arrivals: Poisson(\"9/s\"), journeys: { \"a\": (steps: [Do(\"place-order\")]) }),\n";
    place.write("scenarios/shop.ron", &SHOP.replace(web, &format!("{app}{web}")));
    let slowest = |of: &str| {
        let ended = place.run(&format!("explain scenarios/shop.ron --slowest {of}"));
        assert_eq!(ended.code, 0, "{of}: {}", ended.err);
        ended.out
    };
    let (any, app, web) =
        (slowest("place-order"), slowest("app:place-order"), slowest("web:place-order"));
    assert!(app.starts_with("app:place-order#") && web.starts_with("web:place-order#"));
    assert!(any == app || any == web, "{any}");
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let place = Place::new();
    for (line, code, words) in [
        ("", 2, "<FLOW#N|--slowest <FLOW>|--anomaly <KIND>>"),
        ("place-order#1 --slowest view-order", 2, "cannot be used with"),
        ("--slowest vew-order", 2, "did you mean `view-order`?"),
        ("--slowest nobody:view-order", 2, "client that sends view-order"),
        ("--anomaly half-dnoe", 2, "did you mean `half-done`?"),
        ("--anomaly floor", 4, "nothing in this run is floor; what there is: "),
        ("--slowest view-order --design all", 2, "one design at a time"),
    ] {
        let ended = place.run(&format!("explain scenarios/shop.ron {line}"));
        assert_eq!(ended.code, code, "{line}: {}", ended.err);
        assert!(ended.err.contains(words), "{line}: {}", ended.err);
    }
}
