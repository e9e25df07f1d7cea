//! Runs that take long: they show how far they are where a person looks, and give what there is when
//! somebody presses Ctrl-C.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::{Ended, Place};
use crate::tui::terminal::Terminal;

/// Longer than anybody waits.
const LONG: &str = "scenarios/shop.ron --set rate=400/s --for 100000s";

/// What a command gives that is interrupted while it runs. On a busy machine that begins later: before it,
/// nothing is given.
fn interrupted(place: &Place, line: &str) -> Ended {
    let mut after = Duration::from_millis(500);
    loop {
        let command = &mut place.command(line);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        std::thread::sleep(after);
        let id = child.id().to_string();
        let sent = std::process::Command::new("kill").args(["-INT", &id]).status().expect("kill");
        assert!(sent.success());
        let ended = Ended::of(child.wait_with_output().expect("it ends"));
        assert_eq!(ended.code, 130, "{line}: {}", ended.err);
        if !ended.out.is_empty() {
            return ended;
        }
        after *= 2;
        assert!(after < Duration::from_mins(1), "{line} gives nothing: {}", ended.err);
    }
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|why| panic!("{why}: {}", ended.out))
}

#[test]
fn an_interrupted_run_gives_what_was_measured_and_says_until_when() {
    let place = Place::new();
    let ended = interrupted(&place, &format!("run {LONG} --format json"));
    let run = json(&ended);
    assert_eq!((&run["partial"], &run["replay"]), (&true.into(), &Value::Null));
    let reason = run["partial_reason"].as_str().expect("a reason");
    assert!(reason.starts_with("interrupted at "), "{reason}");
    let reached = run["simulated_s"].as_f64().expect("an instant");
    assert!(reached > 1.0 && reached < 99_999.0, "{reached}");
    let flow = &run["flows"]["place-order"];
    let of = |key: &str| flow[key].as_u64().expect("a count");
    assert!(of("offered") > 100);
    assert_eq!(of("offered"), ["ok", "late", "refused", "failed"].map(of).iter().sum::<u64>());
    let offered = of("offered") as f64 / run["measured_s"].as_f64().expect("a stretch");
    assert!((200.0..600.0).contains(&offered), "measured until then: {offered}/s");

    let text = interrupted(&place, &format!("run {LONG} --design all"));
    assert!(text.out.contains("PARTIAL: interrupted at "), "{}", text.out);
    assert!(text.err.contains("interrupted"), "{}", text.err);
}

#[test]
fn every_command_gives_what_there_is() {
    let place = Place::new();
    for (line, shown) in [
        (format!("compare {LONG}"), "PARTIAL: 0 of 5 seeds"),
        (format!("test {LONG}"), "PARTIAL: 0 of 1 scenarios"),
        (format!("explain {LONG} place-order#7"), "PARTIAL: interrupted at "),
        (format!("test {LONG} --format markdown"), "**Partial**: 0 of 1 scenarios."),
        (format!("test {LONG} --format junit"), "<error message=\"partial: 0 of 1 scenarios\"/>"),
        (format!("test {LONG} --format github"), "::error title=interrupted::partial: 0 of 1"),
    ] {
        let ended = interrupted(&place, &line);
        assert!(ended.out.contains(shown), "{line}: {}", ended.out);
        assert!(ended.err.contains("interrupted"), "{line}: {}", ended.err);
    }
    for line in [format!("compare {LONG} --format json"), format!("test {LONG} --format json")] {
        assert_eq!(json(&interrupted(&place, &line))["partial"], true, "{line}");
    }
    interrupted(&place, &format!("test {LONG} --baseline base.json"));
    assert!(!place.path().join("base.json").exists(), "half a baseline is none");
}

#[test]
fn a_terminal_is_shown_how_far_it_is_and_hears_ctrl_c() {
    let place = Place::new();
    let line: Vec<&str> = LONG.split(' ').collect();
    let mut terminal = Terminal::start(place.path(), &[&["run"], &line[..]].concat(), 100, 60);
    terminal.wait("how far it is", |screen| screen.contains('%'));
    terminal.keys("\x03");
    assert_eq!(terminal.end(), 130);
    let screen = terminal.screen();
    assert!(screen.contains("PARTIAL: interrupted at "), "{screen}");
    assert!(screen.contains("place-order"), "{screen}");
}

#[test]
fn who_is_no_terminal_is_shown_nothing() {
    let place = Place::new();
    let ended = place.run("run scenarios/shop.ron --for 600s");
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
}
