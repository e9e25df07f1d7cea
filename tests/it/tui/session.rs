//! A person's session with the real program: open, look, break, rewind, fork, write, leave.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::terminal::Terminal;

/// A folder with the checkout in it, to be written beside.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/checkout.ron");
    fs::copy(shipped, folder.path().join("checkout.ron")).expect("the checkout");
    folder
}

/// The digest in the header: the last sixteen hexadecimal digits that stand alone.
fn digest(screen: &str) -> String {
    let header = screen.lines().next().expect("a header");
    let words = header.split_whitespace();
    let is_digest = |word: &&str| word.len() == 16 && word.chars().all(|it| it.is_ascii_hexdigit());
    words.rev().find(is_digest).unwrap_or_else(|| panic!("no digest in {header}")).to_owned()
}

#[test]
fn a_world_that_was_broken_rewound_and_written_repeats_its_digest() {
    let folder = folder();
    let mut it = Terminal::start(folder.path(), &["checkout.ron"], 80, 24);
    it.wait_for("PLAY 0.1x");
    it.press(" ", "PAUSED");
    it.press(":goto 21.4s\r", "PAUSED 21.400000000 s");
    // The design that is shown is rest: as the run that anybody can repeat.
    let there = it.wait_for("d0def4d531943505");
    assert!(there.contains("367 574 ev"), "{there}");
    it.press(":inject Crash(\"orders\") for 3s\r", "base.1");
    it.press("$", "END");
    it.wait("a digest at the end", |screen| {
        screen.lines().next().is_some_and(|line| line.contains("END") && line.contains(" ev "))
    });
    let shown = digest(&it.screen());
    it.press(",", "PAUSED");
    it.press(">", "END");
    it.wait("the same end", |screen| screen.contains(&shown));
    it.press("w", "written");
    let screen = it.screen();
    it.keys("q");
    assert_eq!(it.end(), 0, "{screen}");
    assert!(it.is_restored());
    let written: Vec<PathBuf> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.file_name().is_some_and(|name| name != "checkout.ron"))
        .collect();
    let [file] = written.as_slice() else { panic!("{written:?}") };
    let run = Command::new(env!("CARGO_BIN_EXE_windtunnel"))
        .args(["run", "--format", "json", "--no-progress", "--design", "rest"])
        .arg(file)
        .output()
        .expect("it runs");
    let text = String::from_utf8(run.stdout).expect("text");
    assert!(text.contains(&shown), "{file:?} does not repeat {shown}: {text:.300}");
}

#[test]
fn why_an_order_was_left_half_done_and_what_would_have_been_are_three_keys() {
    let folder = folder();
    let mut it = Terminal::start(folder.path(), &["checkout.ron", "--at", "21.4s"], 80, 24);
    it.wait_for("PAUSED 21.400000000 s");
    it.press("5", "half done");
    it.wait("the first that was left half done", |screen| screen.contains("place-order#5638"));
    it.press("\r", "why is place-order#5638 half done?");
    it.wait_for("payment v1");
    it.press("x", "no-orders-restarts-7s");
    // The same question without the first view: what if the crash had not been?
    it.press("u", "base");
    it.press("1", "[1 Map]");
    it.press(":goto 19.5s\r", "19.500000000 s");
    it.press("}", "20.000000000 s");
    it.press("x", "no-inventory-crash");
    it.wait("both worlds side by side", |screen| {
        screen.contains("[2 Compare]") && screen.contains("base") && screen.contains("PAUSED")
    });
    it.keys("q");
    it.keys("q");
    it.end();
    assert!(it.is_restored());
}

#[test]
fn whatever_ends_it_the_terminal_is_as_it_was() {
    let folder = folder();
    for signal in ["TERM", "HUP", "INT", "QUIT"] {
        let mut it = Terminal::start(folder.path(), &["checkout.ron"], 100, 30);
        it.wait_for("PLAY");
        let killed =
            Command::new("kill").args([&format!("-{signal}"), &it.id().to_string()]).status();
        assert!(killed.expect("kill").success());
        assert_eq!(it.end(), 130, "{signal}");
        assert!(it.is_restored(), "{signal}");
    }
}

#[test]
fn another_size_while_it_plays_keeps_the_four_nouns() {
    let folder = folder();
    let mut it = Terminal::start(folder.path(), &["checkout.ron", "-d", "events"], 80, 24);
    it.wait_for("PLAY");
    for (columns, rows) in [(200, 60), (40, 10), (30, 5), (80, 24)] {
        it.resize(columns, rows);
        if columns > 30 {
            it.wait("the design in its place", |screen| screen.contains("events"));
        } else {
            it.wait_for("windtunnel needs 40 x 10");
        }
    }
    it.keys("q");
    assert_eq!(it.end(), 0);
}

/// How much is typed to one program: after that, out of whatever is open, and another one.
const SITTING: usize = 64 << 10;

/// Types so many bytes of keys without sense. Some of them leave the program, or suspend it: it is let go
/// on, or started again.
fn babble(bytes: usize) {
    let folder = folder();
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = |most: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % most
    };
    let mut typed = 0;
    while typed < bytes {
        let mut it = Terminal::start(folder.path(), &["checkout.ron", "-d", "events"], 100, 30);
        it.wait_for("[1 Map]");
        let kept_going = it.kept_going();
        let until = bytes.min(typed + SITTING);
        while typed < until && !it.has_ended() {
            let mut chunk = String::new();
            while chunk.len() < 1024 {
                match next(8) {
                    0 => {
                        chunk
                            .push_str(["\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~"][next(5)]);
                    }
                    1 => chunk
                        .push_str(["\r", "\t", "\x1b", "\x7f", "\x04", "\x15", "\x12"][next(7)]),
                    2 => chunk.push(char::from(b'1' + next(7) as u8)),
                    // The letter that leaves would leave no time for the others.
                    _ => chunk.push(char::from(b' ' + next(95) as u8)),
                }
            }
            typed += chunk.len();
            it.types(&chunk.replace(['q', 'Q'], "j"));
        }
        // Out of whatever is open, and away.
        while !it.has_ended() {
            it.types("\x1b");
            it.take(std::time::Duration::from_millis(100));
            it.types("q");
            it.take(std::time::Duration::from_millis(100));
        }
        assert_eq!(it.end(), 0);
        drop(kept_going);
        assert!(it.is_restored());
    }
}

#[test]
fn keys_without_sense_end_in_a_sane_terminal() {
    babble(64 << 10);
}

/// A mouse that is nowhere: what a terminal never sends, and a paste may hold.
#[test]
fn reports_of_a_mouse_at_no_place_are_survived() {
    let folder = folder();
    let mut it = Terminal::start(folder.path(), &["checkout.ron", "-d", "events"], 80, 24);
    it.wait_for("[1 Map]");
    it.keys("\x1b[M   \x1b[<0;0;0M\x1b[0;0;0M\x1b[<64;9999;9999M\x1b[M\x20\x20\x20");
    it.press(" ", "PAUSED");
    it.press("2", "[2 Compare]");
    it.keys("q");
    assert_eq!(it.end(), 0);
    assert!(it.is_restored());
}

#[test]
#[ignore = "takes long"]
fn ten_million_bytes_of_keys_without_sense_end_in_a_sane_terminal() {
    babble(10 << 20);
}

/// A business of our own: who left it half done is found in the same keys.
const CAFE: &str = r#"(
    about: "A café takes orders; the kitchen is another service.",
    run: (length: "20s", warmup: "1s"),
    nodes: {
        "guests":     Client(arrivals: Poisson("300/s"), does: "order-cake"),
        "counter":    Service(workers: 8, work: Exp("2ms"), store: "counter-db"),
        "kitchen":    Service(workers: 8, work: Exp("4ms"), store: "kitchen-db"),
        "counter-db": Database(read: "1ms", write: "3ms"),
        "kitchen-db": Database(read: "1ms", write: "3ms"),
    },
    data: { "slip": (owner: "counter"), "cake": (owner: "kitchen", keys: 50, start: 1_000_000, floor: 0) },
    flows: { "order-cake": (home: "counter", steps: [Write("slip"), Tell("kitchen", Take("cake", 1))]) },
    designs: { "rest": Rest() },
    faults: [(name: "power-cut", at: "8s", lasts: "500ms", what: Crash("counter"))],
)"#;

#[test]
fn in_another_business_the_same_questions_take_the_same_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("cafe.ron"), CAFE).expect("it is written");
    let mut it = Terminal::start(folder.path(), &["cafe.ron", "--at", "15s"], 80, 24);
    it.wait_for("PAUSED 15.000000000 s");
    it.press("5", "half done");
    it.wait("who was left half done", |screen| screen.contains("order-cake#"));
    it.press("\r", "half done?");
    it.press("x", "no-power-cut");
    it.press("u", "base");
    it.press("1", "[1 Map]");
    it.press(":goto 5s\r", "5.000000000 s");
    it.press("}", "8.000000000 s");
    it.press("x", "no-power-cut");
    it.wait("both worlds", |screen| screen.contains("[2 Compare]") && screen.contains("PAUSED"));
    it.keys("q");
    it.take(std::time::Duration::from_millis(200));
    it.keys("q");
    assert_eq!(it.end(), 0);
}
