//! How people type: options where they come to mind, slips in a command's name, a cry for help.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use super::{Ended, Place, SHOP};

#[test]
fn options_stand_before_the_command_too() {
    // As with git, cargo and docker: an option that comes to mind first is not in the wrong place.
    let place = Place::new();
    for (before, behind) in [
        ("--color never check scenarios/shop.ron", "check scenarios/shop.ron --color never"),
        ("--seed 7 -d events run scenarios/shop.ron", "run scenarios/shop.ron --seed 7 -d events"),
        ("--color=always --seeds 2 test", "test --seeds 2 --color=always"),
    ] {
        let (before, behind) = (place.run(before), place.run(behind));
        assert_eq!((before.code, before.err), (0, behind.err));
        assert_eq!(before.out, behind.out);
    }
    let foreign = place.run("--view map run scenarios/shop.ron");
    assert_eq!(foreign.code, 2);
    assert!(foreign.err.contains("--view"), "{}", foreign.err);
}

#[test]
fn a_mistyped_command_is_recognised_with_its_arguments() {
    // What stands before a file is a command that was meant, not a file that is missing.
    let place = Place::new();
    for line in ["comapre scenarios/shop.ron", "comapre", "--color never comapre x.ron --seeds 2"] {
        let ended = place.run(line);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{line}");
        assert!(ended.err.contains("did you mean `compare`?"), "{line}: {}", ended.err);
    }
}

#[test]
fn help_is_a_command() {
    let place = Place::new();
    assert_eq!(place.run("help").out, place.run("--help").out);
    for command in ["run", "compare", "test", "check", "replay", "explain", "validate"] {
        let (asked, flag) =
            (place.run(&format!("help {command}")), place.run(&format!("{command} --help")));
        assert_eq!((asked.code, asked.out), (0, flag.out), "{command}");
    }
    assert!(place.run("help rnu").err.contains("did you mean `run`?"));
}

#[test]
fn a_dash_is_standard_input_and_output() {
    let place = Place::new();
    let fed = |line: &str, text: &str| {
        let mut command = place.command(line);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let written = child.stdin.take().expect("a pipe").write_all(text.as_bytes());
        written.expect("it reads");
        Ended::of(child.wait_with_output().expect("it ends"))
    };
    let file = place.run("run scenarios/shop.ron --format json");
    let digest = |text: &str| serde_json::from_str::<Value>(text).expect("JSON")["digest"].clone();
    let stream = fed("run - --format json -o -", SHOP);
    assert_eq!(stream.code, 0, "{}", stream.err);
    assert_eq!(digest(&stream.out), digest(&file.out));
    assert!(!place.path().join("-").exists());
    assert_eq!(fed("check -", SHOP).out, "1 scenario checked, no mistakes\n");
    assert_eq!(fed("test -", SHOP).code, 0);
    let wrong = fed("check -", "(");
    assert_eq!(wrong.code, 3);
    assert!(wrong.err.contains("--> -:1:"), "{}", wrong.err);
    let token = serde_json::from_str::<Value>(&stream.out).expect("JSON")["replay"].clone();
    let again = fed(&format!("replay {} -", token.as_str().expect("a token")), SHOP);
    assert_eq!(again.code, 0, "{}", again.err);
}

#[test]
fn expectations_are_judged_as_the_command_line_says() {
    let place = Place::new();
    let expects = "\"offered(place-order) > 0\", \"p99(view-order) < 1h\", \"rest.ok > events.ok\"";
    place.write("scenarios/shop.ron", &SHOP.replace("\"offered(place-order) > 0\"", expects));
    let rows = |line: &str| {
        let ended = place.run(&format!("test {line} --format json"));
        assert!([0, 99].contains(&ended.code), "{line}: {}", ended.err);
        serde_json::from_str::<Value>(&ended.out).expect("JSON")["rows"]
            .as_array()
            .expect("rows")
            .clone()
    };
    let of = |rows: &[Value], key: &str| -> Vec<String> {
        rows.iter().map(|row| row[key].as_str().unwrap_or("-").to_owned()).collect()
    };
    let all = rows("");
    assert_eq!(all.len(), 3 + 3 + 1);
    let chosen = rows("--filter p99");
    assert_eq!(of(&chosen, "design"), ["rest", "pubsub", "events"]);
    assert_eq!(rows("--filter shop").len(), all.len(), "the scenario's name");
    let events = rows("--design events");
    assert_eq!(of(&events, "verdict"), ["pass", "pass", "not run"]);
    let measured = |rows: &[Value]| rows[0]["measured"].as_f64().expect("a figure");
    let turned = rows("--set rate=10/s --for 10s --seed 5 -d rest");
    assert!(measured(&turned) < measured(&all), "a fifth as many customers in thrice the time");
    assert_eq!(turned[0]["seed"], 5);
    for (line, code, words) in [
        ("--filter nowhere", 4, "`nowhere` is in the text of no expectation"),
        ("--design nobody", 2, "rest, pubsub, events"),
        ("--set nothing=1", 3, "E0401"),
        ("--for 1s", 2, "warm-up"),
    ] {
        let ended = place.run(&format!("test {line}"));
        assert_eq!(ended.code, code, "{line}: {}", ended.err);
        assert!(ended.err.contains(words), "{line}: {}", ended.err);
    }
    // What failed is repeated with what was turned.
    place.write("scenarios/shop.ron", &SHOP.replace("(place-order) > 0", "(place-order) < 0"));
    let failed = rows("--set rate=10/s --for 3s --seed 5 -d events");
    let line = failed[0]["replay"][0].as_str().expect("a line");
    let replayed = place.run(line.strip_prefix("windtunnel ").expect("the program"));
    assert_eq!(replayed.code, 0, "{}", replayed.err);
}

#[test]
fn a_replay_of_another_scenario_says_so() {
    // "The model was changed since" sent people looking for a change that nobody had made.
    let place = Place::new();
    place.write("other.ron", &SHOP.replace("write: \"2ms\"", "write: \"3ms\""));
    place.write("knobless.ron", &SHOP.replace("\"rate\": \"50/s\"", "").replace("$rate", "50/s"));
    place.write("same.ron", SHOP);
    let run = place.run("run scenarios/shop.ron --set rate=20/s --for 2s --format json").out;
    let token = serde_json::from_str::<Value>(&run).expect("JSON")["replay"].clone();
    let replay =
        |file: &str| place.run(&format!("replay {} {file}", token.as_str().expect("a token")));
    for file in ["other.ron", "knobless.ron"] {
        let ended = replay(file);
        assert_eq!(ended.code, 6, "{file}: {}", ended.err);
        let words = format!("the token is of the scenario `shop`, and {file} is another scenario");
        assert!(ended.err.contains(&words) && ended.out.is_empty(), "{}{}", ended.out, ended.err);
    }
    assert_eq!(replay("same.ron").code, 0, "the same under another name");
}
