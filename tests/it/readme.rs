//! The README's examples, run as they stand: files are written, commands typed, and what they print
//! is compared with what the README shows.
//!
//! A fence of `ron` whose first line is a comment with a file's name is that file. A fence of
//! `console` holds commands behind `$ ` and below each what it prints, on stdout and on stderr. All
//! run in one folder, in their order, beside a copy of `scenarios/`.
//!
//! `UPDATE_README=1 cargo test readme` writes what they print now into the README.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// How the README starts the program from the source tree.
const CARGO: &str = "cargo run --release -- ";

#[test]
fn the_readme_shows_what_the_program_prints() {
    let folder = tempfile::tempdir().expect("a folder");
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"),
        &folder.path().join("scenarios"),
    );
    let text = fs::read_to_string(README).expect("a README");
    let now = run(&text, folder.path());
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(README, &now).expect("a README");
        return;
    }
    for (at, (shown, printed)) in text.lines().zip(now.lines()).enumerate() {
        assert_eq!(shown, printed, "line {} of the README; see tests/it/readme.rs", at + 1);
    }
    assert_eq!(text, now, "the README differs at its end; see tests/it/readme.rs");
}

#[test]
fn no_example_of_the_readme_is_wider_than_a_terminal() {
    let text = fs::read_to_string(README).expect("a README");
    let mut is_shown = false;
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            is_shown = kind == "console";
        }
        let is_token = line.trim_start().starts_with("wt1.");
        assert!(!is_shown || is_token || line.chars().count() <= 80, "{line}");
    }
}

/// The README as it should be.
fn run(text: &str, folder: &Path) -> String {
    let mut now = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        now += &(line.to_owned() + "\n");
        let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) else {
            continue;
        };
        let fence: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if kind == "console" {
            now += &session(&fence, &now, folder);
        } else {
            let body = fence.iter().fold(String::new(), |text, line| text + line + "\n");
            let name = fence[0].strip_prefix("// ").map(Path::new);
            if let Some(name) = name.filter(|it| it.extension().is_some_and(|it| it == "ron")) {
                fs::write(folder.join(name), &body).expect("a file");
            }
            now += &body;
        }
        now += "```\n";
    }
    now
}

/// The commands of one fence, each with what it prints.
fn session(fence: &[&str], above: &str, folder: &Path) -> String {
    let mut now = String::new();
    let mut lines = fence.iter().peekable();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else {
            continue;
        };
        let mut command = first.to_owned();
        while command.ends_with('\\') {
            command = command + "\n" + lines.next().expect("a continued line");
        }
        let command = fresh(&command, &(above.to_owned() + &now));
        now = now + "$ " + &command + "\n" + &typed(&command, folder);
    }
    now
}

/// A replay token in a command is the last that was printed of the same scenario and design.
fn fresh(command: &str, above: &str) -> String {
    let tokens = |text: &str| -> Vec<String> {
        text.split_whitespace().filter(|it| it.starts_with("wt1.")).map(str::to_owned).collect()
    };
    let run = |token: &str| token.split('.').take(3).collect::<Vec<_>>().join(".");
    tokens(command).into_iter().fold(command.to_owned(), |command, old| {
        let new = tokens(above).into_iter().rfind(|new| run(new) == run(&old));
        new.map_or(command.clone(), |new| command.replace(&old, &new))
    })
}

/// What a command prints in a shell that knows the program.
fn typed(command: &str, folder: &Path) -> String {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_windtunnel"));
    let mut path = vec![binary.parent().expect("a folder").to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("exec 2>&1\n{}", command.replace(CARGO, "windtunnel ")));
    shell.current_dir(folder).env("PATH", std::env::join_paths(path).expect("a path"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("WINDTUNNEL_")) {
        shell.env_remove(name);
    }
    shell.env_remove("CLICOLOR_FORCE");
    String::from_utf8(shell.output().expect("a shell").stdout).expect("UTF-8")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &name);
        } else {
            fs::copy(&path, name).expect("a copy");
        }
    }
}
