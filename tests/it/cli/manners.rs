//! Colour, pipes, threads, interrupts, files.

use std::process::Stdio;

use super::{Ended, Place};

const ESCAPE: char = '\u{1b}';

#[test]
fn colour_is_for_people_and_for_those_who_ask() {
    let place = Place::new();
    let line = "run scenarios/shop.ron";
    let painted = |vars: &[(&str, &str)], line: &str| {
        let ended = Ended::of(place.command(line).envs(vars.iter().copied()).output().unwrap());
        ended.out.contains(ESCAPE)
    };
    assert!(!painted(&[], line), "a pipe is no person");
    assert!(painted(&[("CLICOLOR_FORCE", "1")], line));
    assert!(!painted(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], line));
    assert!(painted(&[("NO_COLOR", "1")], "run scenarios/shop.ron --color always"));
    assert!(!painted(&[("CLICOLOR_FORCE", "1")], "--color never run scenarios/shop.ron"));
    assert!(painted(&[("WINDTUNNEL_COLOR", "always")], line));
    assert!(painted(&[], "--color always --help") && !painted(&[("NO_COLOR", "1")], "--help"));
}

#[test]
fn every_flag_can_come_from_the_environment() {
    let place = Place::new();
    let vars = [
        ("WINDTUNNEL_SEED", "9"),
        ("WINDTUNNEL_DESIGN", "events"),
        ("WINDTUNNEL_SET", "rate=20/s"),
    ];
    let by_vars = Ended::of(place.command("run scenarios/shop.ron").envs(vars).output().unwrap());
    let by_flags = place.run("run scenarios/shop.ron -s 9 -d events --set rate=20/s");
    assert_eq!((by_vars.code, by_vars.out), (0, by_flags.out));
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let place = Place::new();
    let mut child = place
        .command("compare scenarios/shop.ron --seeds 2 --format json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
    let place = Place::new();
    for line in [
        "run scenarios/shop.ron --design all --format json --series 1s",
        "compare scenarios/shop.ron --seeds 4",
        "compare scenarios/shop.ron --seeds 4 --format json",
        "compare scenarios/shop.ron --seeds 2 --format markdown",
        "test --seeds 2",
        "validate Q-ErlB --quick",
        "validate DET --quick --format json",
    ] {
        let with = |threads: &str| {
            Ended::of(place.command(line).env("RAYON_NUM_THREADS", threads).output().unwrap()).out
        };
        let one = with("1");
        assert!(!one.is_empty(), "{line}");
        assert_eq!(one, with("1"), "{line}, again");
        assert_eq!(one, with("2"), "{line}, on two threads");
    }
}

#[test]
fn text_is_at_most_eighty_columns_wide() {
    let place = Place::new();
    for line in [
        "run scenarios/shop.ron --design all",
        "compare scenarios/shop.ron",
        "explain scenarios/shop.ron place-order#0",
    ] {
        for text in place.run(line).out.lines() {
            let is_token = text.trim_start().starts_with("wt1.");
            assert!(is_token || text.chars().count() <= 80, "{line}: {text}");
        }
    }
}

#[test]
fn validated_cases_fit_a_hundred_columns() {
    let ended = Place::empty().run("validate traces --quick");
    assert!(ended.out.contains("DET-01") && ended.out.contains("not covered"), "{}", ended.out);
    assert!(ended.out.lines().all(|line| line.chars().count() <= 100), "{}", ended.out);
}

#[test]
fn a_result_can_go_to_a_file() {
    let place = Place::new();
    let printed = place.run("compare scenarios/shop.ron --seeds 2 --format markdown");
    let written = place.run("compare scenarios/shop.ron --seeds 2 --format markdown -o table.md");
    assert_eq!((written.code, written.out.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(place.path().join("table.md")).unwrap(), printed.out);
    let nowhere = place.run("run scenarios/shop.ron -o no/such/folder.txt");
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.err.starts_with("error: no/such/folder.txt"), "{}", nowhere.err);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_130() {
    let place = Place::new();
    let child = place
        .command(
            "compare scenarios/shop.ron --seeds 10000 --set rate=400/s --for 600s --format json",
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(ended.code, 130, "{}", ended.err);
    assert!(ended.err.contains("interrupted"), "{}", ended.err);
    if !ended.out.is_empty() {
        let shape: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(shape["partial"], true);
    }
}
