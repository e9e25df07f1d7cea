//! Files that were written to harm whoever looks at what is printed: a terminal obeys nothing in them, a
//! build server sees no command, and Markdown gets no markup.

use super::{Ended, Place, SHOP};

/// A text that would set the title, clear the screen, turn the reading order and add lines.
const EVIL: &str = r"evil \u{1b}]0;pwned\u{7}\u{1b}[31mRED\u{1b}[2J\u{9b}31m\u{202e}rev\u{200b}\r\nPASS fake\n## heading\n```\n";

fn about(text: &str) -> String {
    let shop = SHOP.split_once("    about:").expect("an about");
    let rest = shop.1.split_once('\n').expect("a line").1;
    format!("{}    about: \"{text}\",\n{rest}", shop.0)
}

fn is_obeyed(letter: char) -> bool {
    (letter.is_control() && letter != '\n')
        || ('\u{200b}'..='\u{200f}').contains(&letter)
        || ('\u{202a}'..='\u{202e}').contains(&letter)
}

/// No control character, and no line that a build server takes for a command.
fn assert_harmless(what: &str, ended: &Ended) {
    for text in [&ended.out, &ended.err] {
        assert!(!text.chars().any(is_obeyed), "{what}: {text:?}");
        // A line of a diagnostic may begin with `:::`, of which no runner makes a command.
        let begins = |line: &str| line.starts_with("::") && !line.starts_with("::: ");
        assert!(!text.lines().any(|line| begins(line.trim_start())), "{what}: {text}");
        assert!(
            !["##[", "##vso[", "##teamcity["].iter().any(|it| text.contains(it)),
            "{what}: {text}"
        );
    }
}

#[test]
fn no_control_character_of_a_file_reaches_the_terminal() {
    // An escape sequence in a file from elsewhere would rename the window, or hide a failed line.
    let place = Place::new();
    let broken =
        about(EVIL).replace("offered(place-order) > 0", r"rest.offered(place-order)\n\t < 0");
    place.write("evil.ron", &broken);
    for line in [
        "run evil.ron --for 2s",
        "run evil.ron --for 2s --format json",
        "compare evil.ron --for 2s --seeds 1",
        "compare evil.ron --for 2s --seeds 1 --format json",
        "compare evil.ron --for 2s --seeds 1 --format markdown",
        "test evil.ron",
        "test evil.ron --format json",
        "check evil.ron",
        "explain evil.ron place-order#0",
    ] {
        let ended = place.run(line);
        assert!([0, 99].contains(&ended.code), "{line}: {}", ended.err);
        assert_harmless(line, &ended);
    }
}

#[test]
fn no_control_character_reaches_a_diagnostic() {
    let place = Place::new();
    let raw = "\u{1b}[2J\u{9b}2J\u{202e}\u{7}";
    for (name, text) in [
        (
            "name.ron",
            SHOP.replace("\"orders\": Service", r#""c\u{1b}]0;pwn\u{7}\u{9b}2J": Service"#),
        ),
        ("knob.ron", SHOP.replace("knobs: {", r#"knobs: { "\u{1b}[5m": 1, "#)),
        ("expect.ron", SHOP.replace("offered(place-order) > 0", r"\u{1b}[2Jp99 < \u{7}")),
        ("raw.ron", format!("{raw}{SHOP}")),
        ("line.ron", SHOP.replace("Rest()", &format!("Rest() /* {raw} */ Rset()"))),
        ("value.ron", SHOP.replace("\"4s\"", &format!("\"4{raw}\""))),
    ] {
        assert_ne!(text, SHOP, "{name}");
        place.write(name, &text);
        let ended = place.run(&format!("check {name}"));
        assert_eq!(ended.code, 3, "{name}: {}", ended.err);
        assert_harmless(name, &ended);
        let painted = place.run(&format!("check {name} --color always")).err;
        let plain = anstream::adapter::strip_str(&painted).to_string();
        assert!(!plain.chars().any(is_obeyed), "{name}: {plain:?}");
        assert!(
            !painted.contains("\u{1b}[2J") && !painted.contains("\u{1b}]"),
            "{name}: {painted:?}"
        );
    }
}

#[cfg(unix)]
#[test]
fn no_control_character_of_a_path_or_token_is_printed() {
    let place = Place::empty();
    let name = "::a\u{1b}[2J \u{9b}\u{202e}.ron";
    place.write(name, SHOP);
    let run = |words: &[&str]| Ended::of(place.command("").args(words).output().expect("it runs"));
    let dotted = format!("./{name}");
    for words in [
        &["run", name][..],
        &["run", name, "--format", "json"],
        &["compare", name, "--seeds", "1"],
        &["test", name],
        &["check", name],
        &["check", &dotted, "no\u{1b}[2Jfile.ron"],
        &["replay", "wt1.\u{1b}[2J"],
        &["replay", "wt1.x", name],
        &["run", name, "--design", "\u{1b}[2J"],
        &["run", name, "--set", "\u{1b}[2J=\u{202e}"],
        &["\u{1b}[2Jcomapre"],
    ] {
        assert_harmless(&format!("{words:?}"), &run(words));
    }
}

#[cfg(unix)]
#[test]
fn json_escapes_and_loses_nothing() {
    let place = Place::empty();
    let name = "##[a]\u{9b}\u{202e}\u{1b}.ron";
    let run = place.command("check --format json").arg(name).output().expect("it runs");
    let ended = Ended::of(run);
    assert_harmless("check", &ended);
    let shape: serde_json::Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!(shape["diagnostics"][0]["file"], name);
}

#[test]
fn no_line_begins_with_a_workflow_command_of_the_file() {
    // GitHub's runner obeys lines that begin with `::`, blanks before it or not; Azure's and
    // TeamCity's obey `##` and a word anywhere.
    let place = Place::new();
    let words = "words and ".repeat(9);
    place.write("ci.ron", &about(&format!("::error file=src/lib.rs::no {words}::set-output name=x::y {words}##vso[task.x]y ##[error]no")));
    for line in [
        "run ci.ron --for 2s",
        "compare ci.ron --for 2s --seeds 1",
        "compare ci.ron --for 2s --seeds 1 --format markdown",
        "compare ci.ron --for 2s --seeds 1 --format json",
    ] {
        let ended = place.run(line);
        assert_eq!(ended.code, 0, "{line}: {}", ended.err);
        assert_harmless(line, &ended);
    }
    assert!(place.run("run ci.ron --for 2s").out.contains(": :error file=src/lib.rs::no"));
}

#[test]
fn a_text_adds_no_markup_to_markdown() {
    // A comparison is pasted into pull requests: an image there reports who looks at it.
    let place = Place::new();
    place.write("md.ron", &about(r"# a\n\n# Title\n\n![x](http://evil/?a)<img src=x onerror=1>\n| a | b |\n|---|---|\n```\n1. one\n- two\n> three\n===\n"));
    let shown = place.run("compare md.ron --for 2s --seeds 1 --format markdown");
    assert_eq!(shown.code, 0, "{}", shown.err);
    let line = shown.out.lines().nth(2).expect("the text");
    assert!(line.starts_with(r"\# a \# Title !\[x\](http") && line.contains("three"), "{line}");
    assert!(line.contains(r"\<img src=x onerror=1\> \| a \| b \|"), "{line}");
    assert_eq!(shown.out.lines().filter(|line| line.starts_with('#')).count(), 1);
}
