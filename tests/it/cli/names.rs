//! Names in what is printed: commands that can be pasted whatever a file is called, and operations
//! that say whose they are where several clients send the same flow.

use std::process::Command;

use super::{Ended, Place, SHOP};

/// A second client that does the same.
fn two_clients() -> String {
    let one = "\"web\": Client(";
    let app = r#""app": Client(arrivals: Poisson("$rate"), sessions: 100, journeys: {
            "buy": (steps: [Do("place-order"), Think("5ms"), Do("view-order")]),
        }),
        "web": Client("#;
    assert!(SHOP.contains(one));
    SHOP.replacen(one, app, 1)
}

/// The commands that explain, as they are printed.
fn explains(text: &str) -> Vec<String> {
    let one_line = text.replace("\\\n", " ");
    let lines =
        one_line.lines().map(str::trim).filter(|line| line.starts_with("windtunnel explain"));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn with_several_clients_an_operation_is_named_with_its_own() {
    let place = Place::new();
    place.write("scenarios/two.ron", &two_clients());
    let ended = place.run("run scenarios/two.ron -d events");
    let lines = explains(&ended.out);
    assert!(!lines.is_empty(), "{}", ended.out);
    for line in lines {
        let named = line.split(' ').find(|word| word.contains('#')).expect("an operation");
        assert!(named.starts_with("web:") || named.starts_with("app:"), "{line}");
        let told = place.run(line.strip_prefix("windtunnel ").expect("the program"));
        assert_eq!(told.code, 0, "{}", told.err);
        assert!(told.out.starts_with(&format!("{named} as events")), "{}", told.out);
        assert!(ended.out.contains(&format!("{named} at ")), "{}", ended.out);
    }
    let json = place.run("run scenarios/two.ron -d events --format json").out;
    assert!(json.contains("\"client\": \"web\"") || json.contains("\"client\": \"app\""));
    let compared = place.run("compare scenarios/two.ron --seeds 2").out;
    assert!(
        explains(&compared).iter().all(|line| line.contains(" web:") || line.contains(" app:"))
    );
}

#[test]
fn explain_asks_whose_operation_is_meant() {
    let place = Place::new();
    place.write("scenarios/two.ron", &two_clients());
    let one = place.run("explain scenarios/shop.ron place-order#3");
    assert!(one.out.starts_with("place-order#") || one.code == 4, "{}{}", one.out, one.err);
    for (line, code, words) in [
        ("place-order#3", 2, "say app:place-order#N or web:place-order#N"),
        ("wbe:place-order#3", 2, "did you mean `web`?"),
        ("web:place-ordr#3", 2, "did you mean `place-order`?"),
        ("web:place-order#1000000", 4, "web:place-order#1000000 was never sent"),
    ] {
        let ended = place.run(&format!("explain scenarios/two.ron {line}"));
        assert_eq!(ended.code, code, "{line}: {}", ended.err);
        assert!(ended.err.contains(words), "{line}: {}", ended.err);
    }
}

#[cfg(unix)]
#[test]
fn printed_commands_can_be_pasted_whatever_the_file_is_called() {
    let place = Place::empty();
    let broken = SHOP.replace("offered(place-order) > 0", "rest.offered(place-order) < 0");
    place.write("it's a shop.ron", &broken);
    let paste = |line: &str| {
        let bin = std::path::Path::new(env!("CARGO_BIN_EXE_windtunnel"));
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", bin.parent().expect("a folder").display());
        let mut shell = Command::new("sh");
        let output = shell.current_dir(place.path()).env("PATH", path).args(["-c", line]).output();
        Ended::of(output.expect("a shell"))
    };
    let ran = paste("windtunnel run \"it's a shop.ron\" -d events");
    assert!(!explains(&ran.out).is_empty(), "{}", ran.out);
    for line in explains(&ran.out) {
        let told = paste(&line);
        assert_eq!(told.code, 0, "{line}: {}", told.err);
    }
    let tested = paste("windtunnel test \"it's a shop.ron\" --seeds 1");
    let text = tested.out.replace("\\\n", " ");
    let line = text.lines().map(str::trim).find(|line| line.starts_with("windtunnel replay"));
    let line = line.unwrap_or_else(|| panic!("{text}"));
    let replayed = paste(line);
    assert_eq!(replayed.code, 0, "{line}: {}", replayed.err);
}

#[test]
fn statements_are_checked_along_with_the_rest_as_far_as_names_are_known() {
    let place = Place::empty();
    let wrong = SHOP
        .replace("workers: 4, work: Exp(\"1ms\"), store: \"orders-db\"", "workers: 0")
        .replace("faults: [(name: \"crash\"", "faults: [(name: 7")
        .replace(
            "\"offered(place-order) > 0\"",
            "\"offered(place-ordr) > 0\", \"p99(place-order <\", \"evnts.p99(view-order) < 1s\", \"recovery(crash) < 1s\"",
        );
    place.write("wrong.ron", &wrong);
    for command in ["check", "run", "test"] {
        let ended = place.run(&format!("{command} wrong.ron"));
        assert_eq!(ended.code, 3, "{}", ended.err);
        for words in ["E0304", "no flow `place-ordr`", "E0901", "no design `evnts`"] {
            assert!(ended.err.contains(words), "{command}: {words}: {}", ended.err);
        }
        assert!(!ended.err.contains("no fault"), "its name could not be read: {}", ended.err);
    }
}
