//! The command line: every command, every flag, its variable of the environment and its examples.
//! Knows nothing of what the commands do.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;

use super::color::Color;
use super::exit;
use super::explore::Explore;
use super::formats::{Format, TableFormat, TestFormat};
use super::values::{Operation, duration, knob, operation, outputs};
use crate::base::Span;
use crate::report::output::{OUTPUTS, Output};

/// Runs one microservice business over several designs and measures latency and consistency.
///
/// Describe a business once, in a scenario file: its services, its data, its flows, its customers.
/// windtunnel simulates it wired as synchronous calls, as publish/subscribe and as events, and shows
/// what each wiring costs in latency and what it costs in consistency. Every run is a pure function
/// of the scenario, the design and the seed.
#[derive(Debug, Parser)]
#[command(name = "windtunnel", version, propagate_version = true, after_help = SHORT, after_long_help = long())]
#[command(
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    override_usage = "windtunnel [FILE] [OPTIONS]\n       windtunnel [OPTIONS] <COMMAND>"
)]
pub(super) struct Line {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub explore: Explore,
    /// Colour: where a person looks, always or never.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        env = "WINDTUNNEL_COLOR"
    )]
    pub color: Color,
}

const SHORT: &str = "windtunnel help COMMAND has examples.";

fn long() -> String {
    format!(
        "Examples:\n  \
         windtunnel scenarios/checkout.ron\n  \
         windtunnel run scenarios/checkout.ron --design events --seed 7\n  \
         windtunnel compare scenarios/checkout.ron --set rate=800/s\n  \
         windtunnel test\n\n\
         Every flag of a command can be given by a variable as well: --seed by WINDTUNNEL_SEED, --no-progress\n\
         by WINDTUNNEL_NO_PROGRESS. Colour obeys --color, then NO_COLOR, CLICOLOR_FORCE and TERM=dumb.\n\n\
         Exit codes:\n{}",
        exit::table()
    )
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario once and show what happened.
    Run(Run),
    /// Run the designs side by side over the same seeds and compare them.
    Compare(Compare),
    /// Judge the expectations of scenarios.
    Test(Test),
    /// Find the mistakes of scenario files, all of them; nothing is simulated.
    Check(Check),
    /// Repeat the run that a replay token names and verify that it is the same.
    Replay(Replay),
    /// Tell the causal story of one operation.
    Explain(Explain),
    /// Hold the simulator against theory and published results.
    Validate(Validate),
    /// Print a completion script for a shell.
    Completions(Completions),
    /// Print the manual page.
    Man,
}

/// Which scenario, and what is changed about it.
#[derive(Clone, Debug, Args)]
pub(super) struct Which {
    /// The scenario file; `-` is standard input.
    pub file: PathBuf,
    #[command(flatten)]
    pub turn: Turn,
}

/// What is changed about a scenario.
#[derive(Clone, Debug, Args)]
pub(super) struct Turn {
    /// Turn a knob of the scenario; the value as the file would spell it. May be repeated.
    #[arg(long, value_name = "KNOB=VALUE", value_parser = knob, value_delimiter = ';', env = "WINDTUNNEL_SET")]
    pub set: Vec<(String, String)>,
    /// Let customers arrive for this long instead of the scenario's length.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, env = "WINDTUNNEL_FOR")]
    pub length: Option<Span>,
}

/// Where the result goes.
#[derive(Clone, Debug, Args)]
pub(super) struct Where {
    /// Write the result to a file, whole or not at all, instead of printing it; `-` prints it.
    #[arg(long, short, value_name = "FILE", env = "WINDTUNNEL_OUTPUT")]
    pub output: Option<PathBuf>,
}

/// `windtunnel run`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  windtunnel run scenarios/checkout.ron
  windtunnel run scenarios/checkout.ron --design all --format json
  windtunnel run scenarios/checkout.ron -d pubsub -s 7 --set rate=800/s --for 20s
  windtunnel run scenarios/theory/queue.ron --set 'service=Exp(\"4ms\")' --series 1s --format json")]
pub(super) struct Run {
    #[command(flatten)]
    pub which: Which,
    /// The design, or `all` [default: the first of the scenario].
    #[arg(long, short, value_name = "DESIGN", env = "WINDTUNNEL_DESIGN")]
    pub design: Option<String>,
    /// The seed [default: the scenario's, 1 where it names none].
    #[arg(long, short, value_name = "N", env = "WINDTUNNEL_SEED")]
    pub seed: Option<u64>,
    /// How to show it.
    #[arg(long, short, value_parser = outputs(), default_value = OUTPUTS[0].word, env = "WINDTUNNEL_FORMAT")]
    pub format: &'static Output,
    /// Add figures per window of this length to the JSON.
    #[arg(long, value_name = "DURATION", value_parser = duration, env = "WINDTUNNEL_SERIES")]
    pub series: Option<Span>,
    #[command(flatten)]
    pub place: Where,
    #[command(flatten)]
    pub progress: Progress,
}

/// `windtunnel compare`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  windtunnel compare scenarios/checkout.ron
  windtunnel compare scenarios/checkout.ron --designs rest,events --seeds 20
  windtunnel compare scenarios/checkout.ron --set rate=800/s --format markdown -o checkout.md

The designs run over the same seeds: FIRST, FIRST+1 and so on. Intervals are Student's t at 95 %;
differences are paired by seed. The default of 5 seeds takes seconds for a minute of a busy
scenario; small effects need more.")]
pub(super) struct Compare {
    #[command(flatten)]
    pub which: Which,
    /// The designs, the first of them being what the others are compared with [default: all].
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', env = "WINDTUNNEL_DESIGNS")]
    pub designs: Vec<String>,
    /// How many seeds.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=10_000), env = "WINDTUNNEL_SEEDS")]
    pub seeds: u64,
    /// The first seed [default: the scenario's, 1 where it names none].
    #[arg(long, short, value_name = "FIRST", env = "WINDTUNNEL_SEED")]
    pub seed: Option<u64>,
    /// How to show it.
    #[arg(long, short, value_enum, default_value_t, env = "WINDTUNNEL_FORMAT")]
    pub format: TableFormat,
    #[command(flatten)]
    pub place: Where,
    #[command(flatten)]
    pub progress: Progress,
}

/// `windtunnel test`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  windtunnel test
  windtunnel test scenarios/checkout.ron --seeds 10
  windtunnel test scenarios/checkout.ron --design events --filter p99 --set rate=800/s --for 20s
  windtunnel test --format junit -o verdicts.xml
  windtunnel test --baseline baseline.json
  windtunnel test --baseline baseline.json --update-baseline

Every *.ron file below the paths is run over each of its designs that an expectation needs, with
the scenario's own seed and those after it. An expectation passes if it holds for every seed. A
scenario without expectations is listed as such. Exit code 99 if an expectation failed.

A baseline holds the figures of every scenario and design that was run, one a line, to be kept
under version control. It is written where it is not there yet; later runs are held against it,
all designs of a scenario and scenarios without expectations too. What moved by more than chance is
named, and exit code 7 says that something did; --update-baseline takes the new figures over.")]
pub(super) struct Test {
    /// Files and folders; `-` is standard input.
    #[arg(default_value = "scenarios")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub turn: Turn,
    /// Only what concerns this design; what compares it with others is not run.
    #[arg(long, short, value_name = "DESIGN", env = "WINDTUNNEL_DESIGN")]
    pub design: Option<String>,
    /// Only expectations with this in their text or in their scenario's name.
    #[arg(long, value_name = "TEXT", env = "WINDTUNNEL_FILTER")]
    pub filter: Option<String>,
    /// The first seed [default: the scenario's, 1 where it names none].
    #[arg(long, short, value_name = "FIRST", env = "WINDTUNNEL_SEED")]
    pub seed: Option<u64>,
    /// How many seeds [default: 1, and 5 with --baseline].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000), env = "WINDTUNNEL_SEEDS")]
    pub seeds: Option<u64>,
    /// Say which figures moved since this file was written; written where it is not there yet.
    #[arg(long, value_name = "FILE", env = "WINDTUNNEL_BASELINE")]
    pub baseline: Option<PathBuf>,
    /// Write what is run into the baseline, whatever moved; what is not run stays in it.
    #[arg(long, requires = "baseline", env = "WINDTUNNEL_UPDATE_BASELINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub update_baseline: bool,
    /// How to show it.
    #[arg(long, short, value_enum, default_value_t, env = "WINDTUNNEL_FORMAT")]
    pub format: TestFormat,
    #[command(flatten)]
    pub place: Where,
    #[command(flatten)]
    pub progress: Progress,
}

/// `windtunnel check`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  windtunnel check
  windtunnel check scenarios/checkout.ron my-scenarios/

  windtunnel check --format json my-scenarios/

Mistakes go to stderr with file, line and column, or as JSON to stdout. Exit code 3 if there is one;
warnings are shown and do not count.")]
pub(super) struct Check {
    /// Files and folders; `-` is standard input.
    #[arg(default_value = "scenarios")]
    pub paths: Vec<PathBuf>,
    /// How to show what is wrong.
    #[arg(long, short, value_enum, default_value_t, env = "WINDTUNNEL_FORMAT")]
    pub format: Format,
    #[command(flatten)]
    pub place: Where,
}

/// `windtunnel replay`
#[derive(Debug, Args)]
#[command(after_long_help = "Example:
  windtunnel replay TOKEN scenarios/checkout.ron

Without FILE the scenario is looked for by its name, among the shipped ones and then below
scenarios/. Exit code 6 if the run is not the one that the token names.")]
pub(super) struct Replay {
    /// The token, as every result prints it.
    pub token: String,
    /// The scenario file; `-` is standard input.
    pub file: Option<PathBuf>,
    /// How to show the run.
    #[arg(long, short, value_enum, default_value_t, env = "WINDTUNNEL_FORMAT")]
    pub format: Format,
    #[command(flatten)]
    pub place: Where,
    #[command(flatten)]
    pub progress: Progress,
}

/// `windtunnel explain`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  windtunnel explain scenarios/checkout.ron place-order#42
  windtunnel explain scenarios/checkout.ron place-order#42 -d events -s 7
  windtunnel explain scenarios/checkout.ron --slowest view-order
  windtunnel explain scenarios/checkout.ron --anomaly half-done -d pubsub

Anomalies in every result name their flow and number.")]
#[command(
    override_usage = "windtunnel explain [OPTIONS] <FILE> <FLOW#N|--slowest FLOW|--anomaly KIND>"
)]
#[command(group = ArgGroup::new("which operation").required(true).args(["operation", "slowest", "anomaly"]))]
pub(super) struct Explain {
    #[command(flatten)]
    pub which: Which,
    /// Which operation: the flow's name, `#`, and its number; CLIENT:FLOW#N where several send it.
    #[arg(value_name = "FLOW#N", value_parser = operation)]
    pub operation: Option<Operation>,
    /// The slowest operation of this flow that was answered as done, or CLIENT:FLOW.
    #[arg(long, value_name = "FLOW", env = "WINDTUNNEL_SLOWEST")]
    pub slowest: Option<String>,
    /// The first operation with this anomaly: half-done, duplicated, stale-read and so on.
    #[arg(long, value_name = "KIND", env = "WINDTUNNEL_ANOMALY")]
    pub anomaly: Option<String>,
    /// The design [default: the first of the scenario].
    #[arg(long, short, value_name = "DESIGN", env = "WINDTUNNEL_DESIGN")]
    pub design: Option<String>,
    /// The seed [default: the scenario's, 1 where it names none].
    #[arg(long, short, value_name = "N", env = "WINDTUNNEL_SEED")]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub place: Where,
    #[command(flatten)]
    pub progress: Progress,
}

/// `windtunnel validate`
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  windtunnel validate
  windtunnel validate queueing
  windtunnel validate Q-MM1-a --format json
  windtunnel validate --full --format markdown -o results.md

Closed forms, published tables and exact traces, each run as an ordinary scenario with its knobs
turned. Seeds are 1, 2, 3 and so on, or those from --seed on; there are three to ten runs of each
case, until the 95 % interval is within the tolerance. Takes minutes; --quick makes short runs, judges them by the
same rule and takes seconds; --full makes ten runs of the stated length. Exit code 99 if a case is missed.")]
pub(super) struct Validate {
    /// Only cases with this in their name, or of this area.
    #[arg(env = "WINDTUNNEL_FILTER")]
    pub filter: Option<String>,
    /// Cases of one's own, in the form of ours (docs/validation.md): a JSON list.
    #[arg(long, value_name = "FILE", env = "WINDTUNNEL_CASES")]
    pub cases: Option<PathBuf>,
    /// The first seed.
    #[arg(long, short, value_name = "FIRST", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..), env = "WINDTUNNEL_SEED")]
    pub seed: u64,
    /// Short runs, judged by the same rule: more may be left that cannot be told.
    #[arg(long, conflicts_with = "full", env = "WINDTUNNEL_QUICK", value_parser = clap::builder::FalseyValueParser::new())]
    pub quick: bool,
    /// Ten runs of the stated length of each case, however long that takes.
    #[arg(long, env = "WINDTUNNEL_FULL", value_parser = clap::builder::FalseyValueParser::new())]
    pub full: bool,
    /// How to show it.
    #[arg(long, short, value_enum, default_value_t, env = "WINDTUNNEL_FORMAT")]
    pub format: TableFormat,
    #[command(flatten)]
    pub place: Where,
    #[command(flatten)]
    pub progress: Progress,
}

/// `windtunnel completions`
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    pub shell: Shell,
}

/// Whether to show how far it is.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Progress {
    /// Do not show on stderr how far it is (shown only on terminals).
    #[arg(long, env = "WINDTUNNEL_NO_PROGRESS", value_parser = clap::builder::FalseyValueParser::new())]
    pub no_progress: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Line::command().debug_assert();
    }

    #[test]
    fn every_flag_has_its_variable_and_every_argument_its_help() {
        let line = Line::command();
        for command in line.get_subcommands().chain([&line]) {
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{} of {}", arg.get_id(), command.get_name());
                // A variable that is meant for a command would stand for an argument of no command.
                if command.get_name() == line.get_name() && !arg.is_global_set() {
                    continue;
                }
                let Some(long) = arg.get_long() else { continue };
                let variable = format!("WINDTUNNEL_{}", long.to_uppercase().replace('-', "_"));
                assert_eq!(
                    arg.get_env().and_then(|name| name.to_str()),
                    Some(variable.as_str()),
                    "--{long}"
                );
            }
        }
    }

    #[test]
    fn the_long_help_of_every_command_with_flags_has_examples() {
        for command in Line::command().get_subcommands() {
            let flags = command.get_arguments().any(|arg| arg.get_long().is_some());
            let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            assert!(!flags || help.starts_with("Example"), "{}", command.get_name());
        }
    }
}
