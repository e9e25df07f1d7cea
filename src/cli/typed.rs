//! The words of the command line as people type them, in the order in which the definition takes them:
//! options may stand before the command as well as behind it, `help` is a command, and what is neither a
//! command nor a file is a mistyped command, whatever follows it.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{Command, CommandFactory};

use super::args::Line;
use super::choice::unknown;
use super::failure::Failure;

/// The words after the program's name, the command first.
pub(super) fn ordered(words: &[OsString]) -> Result<Vec<OsString>, Failure> {
    let line = Line::command();
    let Some(at) = first(&line, words) else { return Ok(words.to_vec()) };
    let (options, named, rest) = (&words[..at], &words[at], &words[at + 1..]);
    let put = |command: &[OsString], rest: &[OsString]| [command, options, rest].concat();
    if named == "help" {
        let help = OsString::from("--help");
        return match first(&line, rest).map(|at| &rest[at]) {
            Some(command) if is_command(&line, command) => Ok(put(&[command.clone(), help], &[])),
            Some(stray) => Err(no_command(&line, stray)),
            None => Ok(put(&[help], rest)),
        };
    }
    if is_command(&line, named) {
        return Ok(put(std::slice::from_ref(named), rest));
    }
    if is_scenario(Path::new(named)) { Ok(words.to_vec()) } else { Err(no_command(&line, named)) }
}

/// Where the first word stands that is no option and no option's value.
fn first(line: &Command, words: &[OsString]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let word = word.to_string_lossy();
        match word.strip_prefix('-') {
            Some("-") => return None,
            Some(option) if !option.is_empty() => at += 1 + usize::from(takes_value(line, option)),
            _ => return Some(at),
        }
    }
    None
}

/// Is the next word the value of this option? Its first dash is cut off.
fn takes_value(line: &Command, option: &str) -> bool {
    let commands = line.get_subcommands().chain([line]);
    let mut known = commands.flat_map(Command::get_arguments);
    let found = match option.strip_prefix('-') {
        Some(long) => known.find(|arg| arg.get_long() == Some(long)),
        None => known.find(|arg| arg.get_short().is_some_and(|short| option == short.to_string())),
    };
    found.is_some_and(|arg| arg.get_action().takes_values())
}

fn is_command(line: &Command, word: &OsStr) -> bool {
    line.get_subcommands().any(|command| word == command.get_name())
}

/// Is this a file, or would be one, and no mistyped command?
fn is_scenario(file: &Path) -> bool {
    file.exists() || file.extension().is_some() || file.components().count() > 1
}

/// What to type instead of a command that does not exist.
fn no_command(line: &Command, stray: &OsStr) -> Failure {
    let names = line.get_subcommands().map(Command::get_name);
    Failure::Usage(unknown("command", &stray.to_string_lossy(), names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(typed: &str) -> Result<String, String> {
        let words: Vec<OsString> = typed.split_whitespace().map(OsString::from).collect();
        let said =
            |words: Vec<OsString>| words.join(OsStr::new(" ")).to_string_lossy().into_owned();
        ordered(&words).map(said).map_err(|why| why.to_string())
    }

    #[test]
    fn options_may_stand_before_the_command() {
        for (typed, taken) in [
            ("--color never check x.ron", "check --color never x.ron"),
            ("--color=never -s 7 run x.ron -d rest", "run --color=never -s 7 x.ron -d rest"),
            ("--no-progress --seeds 2 compare x.ron", "compare --no-progress --seeds 2 x.ron"),
            ("--help run", "run --help"),
            ("run x.ron", "run x.ron"),
            ("--seed 7 x.ron", "--seed 7 x.ron"),
            ("--design check x.ron", "--design check x.ron"),
            ("-- check", "-- check"),
            ("", ""),
        ] {
            assert_eq!(order(typed).as_deref(), Ok(taken), "{typed}");
        }
    }

    #[test]
    fn help_is_a_command() {
        for (typed, taken) in [
            ("help", "--help"),
            ("help run", "run --help"),
            ("--color never help run", "run --help --color never"),
            ("help --color never", "--help --color never"),
        ] {
            assert_eq!(order(typed).as_deref(), Ok(taken), "{typed}");
        }
        assert!(order("help rnu").unwrap_err().contains("did you mean `run`?"));
    }

    #[test]
    fn a_mistyped_command_is_recognised_whatever_follows() {
        for typed in ["comapre", "comapre x.ron", "--color never comapre x.ron --seeds 2"] {
            assert!(order(typed).unwrap_err().contains("did you mean `compare`?"), "{typed}");
        }
        assert!(order("no-such-file.ron").is_ok() && order("folder/scenario").is_ok());
    }
}
