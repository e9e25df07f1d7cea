//! The real binary from outside: what it prints where, and how it ends.

mod baseline;
mod codes;
mod explains;
mod hostile;
mod interrupts;
mod json;
mod manners;
mod names;
mod says;
mod typing;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const SHOP: &str = include_str!("cli/shop.ron");

/// A folder of its own, with the shop's scenario below `scenarios/`.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self::empty();
        place.write("scenarios/shop.ron", SHOP);
        place
    }

    fn empty() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// The program in this folder, without anything of the tests' own environment that it obeys.
    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_windtunnel"));
        command.current_dir(self.path()).args(line.split_whitespace());
        let obeyed = |name: &str| {
            name.starts_with("WINDTUNNEL_")
                || ["NO_COLOR", "CLICOLOR_FORCE", "TERM", "RAYON_NUM_THREADS"].contains(&name)
        };
        for (name, _) in std::env::vars().filter(|(name, _)| obeyed(name)) {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, line: &str) -> Ended {
        Ended::of(self.command(line).output().expect("the program runs"))
    }
}

/// How it ended, and what it said.
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self {
            code: output.status.code().expect("no signal"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}
