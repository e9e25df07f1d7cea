//! Exit codes, and that each comes with words.

use windtunnel::analysis::ReplayToken;

use super::{Place, SHOP};

#[test]
fn all_well_is_0() {
    let place = Place::new();
    for line in [
        "run scenarios/shop.ron",
        "check",
        "check scenarios/shop.ron",
        "test",
        "completions bash",
        "man",
        "--help",
        "-h",
        "run --help",
        "validate DET-01",
        "--version",
    ] {
        let ended = place.run(line);
        assert_eq!(ended.code, 0, "{line}: {}", ended.err);
        assert!(!ended.out.is_empty(), "{line}");
    }
}

#[test]
fn usage_errors_are_2_and_say_what_is_possible() {
    let place = Place::new();
    for (line, words) in [
        ("", "--help"),
        ("rnu scenarios/shop.ron", "did you mean `run`?"),
        ("rnu", "did you mean `run`?"),
        ("scenarios/shop.ron", "windtunnel run scenarios/shop.ron"),
        ("run", "<FILE>"),
        ("run scenarios/shop.ron --seed x", "--seed"),
        ("run scenarios/shop.ron --design evnts", "did you mean `events`?"),
        ("run scenarios/shop.ron --design nothing-like-it", "rest, pubsub, events"),
        ("run scenarios/shop.ron --for 1s", "warm-up"),
        ("run scenarios/shop.ron --for soon", "--for"),
        ("run scenarios/shop.ron --set rate", "KNOB=VALUE"),
        ("compare scenarios/shop.ron --designs rest,rest", "twice"),
        ("compare scenarios/shop.ron --seeds 0", "--seeds"),
        ("explain scenarios/shop.ron place-order", "FLOW#N"),
        ("explain scenarios/shop.ron place-ordr#1", "did you mean `place-order`?"),
        ("replay nonsense", "token"),
        ("validate --quick --full", "--full"),
        ("completions tcsh", "bash"),
    ] {
        let ended = place.run(line);
        assert_eq!(ended.code, 2, "{line}: {}", ended.err);
        assert!(ended.err.contains(words), "{line}: {}", ended.err);
        assert!(ended.out.is_empty(), "{line}: {}", ended.out);
    }
}

#[test]
fn invalid_scenarios_are_3_with_code_file_line_and_column() {
    let place = Place::new();
    place.write("scenarios/wrong.ron", &SHOP.replace("Rest()", "Rset()"));
    place.write(
        "scenarios/expects.ron",
        &SHOP.replace("offered(place-order)", "ofered(place-order)"),
    );
    std::fs::write(place.path().join("binary.ron"), [0xff, 0xfe, 0x00]).unwrap();
    for (line, words) in [
        ("run scenarios/wrong.ron", "scenarios/wrong.ron:"),
        ("run scenarios/expects.ron", "error[E0902]"),
        ("run scenarios/missing.ron", "no such file"),
        ("run scenarios", "folder"),
        ("compare binary.ron", "UTF-8"),
        ("run scenarios/shop.ron --set speed=1", "E0401"),
        ("explain scenarios/wrong.ron place-order#1", "scenarios/wrong.ron:"),
    ] {
        let ended = place.run(line);
        assert_eq!(ended.code, 3, "{line}: {}", ended.err);
        assert!(ended.err.starts_with("error[E0"), "{line}: {}", ended.err);
        assert!(ended.err.contains(words), "{line}: {}", ended.err);
    }
}

#[test]
fn check_reports_all_mistakes_of_all_files() {
    let place = Place::new();
    let twice = SHOP.replace("Rest()", "Rset()").replace("\"4s\"", "\"4parsecs\"");
    place.write("scenarios/a.ron", &twice);
    place.write("scenarios/b/c.ron", &SHOP.replace("p50(place-order)", "p50(nobody)"));
    let ended = place.run("check");
    assert_eq!(ended.code, 3);
    assert_eq!(ended.err.matches("error[E").count(), 3, "{}", ended.err);
    assert!(ended.err.contains("3 mistakes in 3 files"), "{}", ended.err);
    let column =
        SHOP.lines().find_map(|line| line.find("nobody").or(line.find("p50(place"))).unwrap()
            + "p50(".len()
            + 1;
    let row = SHOP.lines().position(|line| line.contains("measures")).unwrap() + 1;
    assert!(ended.err.contains(&format!("c.ron:{row}:{column}")), "{}", ended.err);
}

#[test]
fn nothing_selected_is_4() {
    let place = Place::empty();
    std::fs::create_dir(place.path().join("scenarios")).unwrap();
    for line in ["test", "check", "test scenarios", "validate no-such-case"] {
        assert_eq!(place.run(line).code, 4, "{line}");
    }
    place
        .write("scenarios/quiet.ron", &SHOP.replace("expect: [\"offered(place-order) > 0\"],", ""));
    let ended = place.run("test");
    assert_eq!(ended.code, 4);
    assert!(ended.out.contains("NONE quiet has no expectations"), "{}", ended.out);
}

#[test]
fn a_replay_verifies_or_is_6() {
    let place = Place::new();
    let run = place.run("run scenarios/shop.ron --seed 3 --set rate=60/s --for 3s --format json");
    let shape: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let token = shape["replay"].as_str().unwrap();
    let again = place.run(&format!("replay {token} --format json"));
    assert_eq!(again.code, 0, "{}", again.err);
    assert_eq!(again.out, run.out);

    let other = place.run(&format!("replay {}", token.replace("shop", "chop")));
    assert_eq!(other.code, 2, "a changed token is damaged: {}", other.err);

    place.write("scenarios/shop.ron", &SHOP.replace("write: \"2ms\"", "write: \"3ms\""));
    let diverged = place.run(&format!("replay {token}"));
    assert_eq!(diverged.code, 6, "{}", diverged.err);
    assert!(
        diverged.err.contains("diverged") && diverged.out.contains("differs"),
        "{}",
        diverged.out
    );

    std::fs::remove_file(place.path().join("scenarios/shop.ron")).unwrap();
    let gone = place.run(&format!("replay {token}"));
    assert_eq!(gone.code, 4, "{}", gone.err);
}

#[test]
fn changes_replay_by_token() {
    let place = Place::new();
    let changed = |lasts: &str| {
        let changes = format!(
            "changes: [(at: \"1s\", lasts: \"{lasts}\", what: Crash(\"orders\")), (at: \"2s\", without: \"crash-orders\")], expect: ["
        );
        SHOP.replace("expect: [", &changes)
    };
    let token = |text: &str| {
        place.write("scenarios/shop.ron", text);
        let run = place.run("run scenarios/shop.ron --for 3s --format json");
        let shape: serde_json::Value = serde_json::from_str(&run.out).expect("a run");
        shape["replay"].as_str().expect("a token").to_owned()
    };
    let (untouched, short, long) = (token(SHOP), token(&changed("0.5s")), token(&changed("5s")));
    for token in [&untouched, &short] {
        let diverged = place.run(&format!("replay {token}"));
        assert_eq!(diverged.code, 6, "the file has other changes: {}", diverged.err);
    }
    assert_eq!(place.run(&format!("replay {long}")).code, 0);
}

#[test]
fn a_failed_expectation_is_99_with_the_line_that_replays_it() {
    let place = Place::new();
    let broken = SHOP.replace("offered(place-order) > 0", "rest.offered(place-order) < 3");
    place.write("scenarios/shop.ron", &broken);
    place.write("elsewhere/shop.ron", &broken);
    for paths in ["", "elsewhere"] {
        let ended = place.run(&format!("test {paths} --seeds 2"));
        assert_eq!(ended.code, 99, "{}", ended.err);
        let line = replay_line(&ended.out);
        let replayed = place.run(&line);
        assert_eq!(replayed.code, 0, "{line}: {}", replayed.err);
    }
}

#[test]
fn a_replay_that_should_have_had_another_digest_is_6() {
    let place = Place::new();
    let line = replay_line(&place.run("run scenarios/shop.ron").out);
    let written = line.split_whitespace().nth(1).expect("a token");
    let mut token: ReplayToken = written.parse().expect("a token");
    token.digest ^= 1;
    let ended = place.run(&format!("replay {token}"));
    assert_eq!(ended.code, 6, "{}", ended.err);
    assert!(ended.err.contains("diverged"), "{}", ended.err);
}

/// The arguments of the replay line that a result shows, joined as a shell would.
fn replay_line(shown: &str) -> String {
    let (_, line) = shown.split_once("windtunnel replay").expect("a replay line");
    let ends = line.match_indices('\n').find(|(at, _)| !line[..*at].ends_with('\\'));
    let line = &line[..ends.map_or(line.len(), |(at, _)| at)];
    "replay ".to_owned() + &line.replace('\\', " ")
}

#[test]
fn one_bad_scenario_does_not_hide_the_verdicts_of_the_others() {
    let place = Place::new();
    place.write("scenarios/a.ron", "(");
    let ended = place.run("test");
    assert_eq!(ended.code, 3);
    assert!(
        ended.out.contains("PASS shop") && ended.out.contains("BAD  a is invalid"),
        "{}",
        ended.out
    );
}

#[test]
fn explain_tells_a_story_or_why_there_is_none() {
    let place = Place::new();
    let ended = place.run("explain scenarios/shop.ron place-order#0 -d events -s 7");
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.starts_with("place-order#0 as events, seed 7"), "{}", ended.out);
    let never = place.run("explain scenarios/shop.ron place-order#999999");
    assert_eq!(never.code, 4, "{}", never.err);
}
