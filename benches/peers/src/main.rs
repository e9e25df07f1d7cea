//! Runs every program in turn with the bare loop and prints the ratios:
//!
//! ```sh
//! cargo run --release -- [--rounds N] [--python PYTHON] [--instructions] [NAME...]
//! ```
//!
//! A round is the bare loop, then the program, each the fastest of several short runs by processor
//! time; the ratio is the median over the rounds. `--python` runs the programs of `python/` too, by an
//! interpreter that has `python/requirements.txt`. `--instructions` counts instructions per request
//! under callgrind instead: the difference of two lengths, so that start-up cancels out.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use peers::Figures;

const RUST: &[&str] = &["windtunnel", "desque", "odem", "simcore", "nexosim"];
const PYTHON: &[&str] = &["simpy", "asyncflow", "happysim"];

/// Requests and runs of a round.
const RUST_LENGTH: [u64; 2] = [100_000, 5];
const PYTHON_LENGTH: [u64; 2] = [20_000, 2];

struct Options {
    rounds: usize,
    python: Option<PathBuf>,
    instructions: bool,
    names: Vec<String>,
}

impl Options {
    fn read() -> Self {
        let mut options =
            Options { rounds: 5, python: None, instructions: false, names: Vec::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value =
                || arguments.next().unwrap_or_else(|| panic!("{argument} needs a value"));
            match argument.as_str() {
                "--rounds" => options.rounds = value().parse().expect("a number of rounds"),
                "--python" => options.python = Some(value().into()),
                "--instructions" => options.instructions = true,
                _ => options.names.push(argument),
            }
        }
        options
    }

    fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| wanted == name)
    }
}

fn main() -> ExitCode {
    let options = Options::read();
    let rust = RUST.iter().filter(|name| options.wants(name));
    if options.instructions {
        let bare = instructions("bare");
        println!("{:12} {bare:9.0} instructions/request", "bare loop");
        for name in rust {
            let counted = instructions(name);
            println!("{name:12} {counted:9.0} instructions/request  ratio {:.2}", counted / bare);
        }
        return ExitCode::SUCCESS;
    }
    let mut agree = true;
    for name in rust {
        agree &= compare(name, options.rounds, RUST_LENGTH, || binary(name));
    }
    if let Some(python) = &options.python {
        for name in PYTHON.iter().filter(|name| options.wants(name)) {
            let script = format!("{}/python/{name}_chain.py", env!("CARGO_MANIFEST_DIR"));
            agree &= compare(name, options.rounds, PYTHON_LENGTH, || {
                let mut command = Command::new(python);
                command.arg(&script);
                command
            });
        }
    }
    if agree { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints one line; does the program simulate the same chain?
fn compare(name: &str, rounds: usize, length: [u64; 2], program: impl Fn() -> Command) -> bool {
    let (mut ratios, mut last, mut fastest) = (Vec::new(), None, f64::INFINITY);
    for _ in 0..rounds {
        let bare = figures(binary("bare"), RUST_LENGTH);
        let seen = figures(program(), length);
        ratios.push(seen.ns / bare.ns);
        fastest = fastest.min(seen.ns);
        last = Some(seen);
    }
    let seen = last.expect("at least one round");
    ratios.sort_by(f64::total_cmp);
    println!(
        "{name:12} {fastest:9.0} ns/request  ratio {:.2} ({:.2} to {:.2})  mean {:.2} p50 {:.1} p99 {:.1} ms{}",
        ratios[ratios.len() / 2],
        ratios[0],
        ratios[ratios.len() - 1],
        seen.mean,
        seen.p50,
        seen.p99,
        if seen.agree() { "" } else { "  NOT THE SAME CHAIN" },
    );
    seen.agree()
}

/// A program of this package, beside this one.
fn binary(name: &str) -> Command {
    let here = std::env::current_exe().expect("the path of this program");
    Command::new(here.with_file_name(name))
}

fn figures(mut command: Command, [requests, runs]: [u64; 2]) -> Figures {
    command.args([requests.to_string(), runs.to_string()]);
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    text.parse().unwrap_or_else(|error| {
        panic!("{command:?}: {error}\n{}", String::from_utf8_lossy(&output.stderr))
    })
}

/// Per request, from runs of 20,000 and 60,000.
fn instructions(name: &str) -> f64 {
    let program = binary(name);
    let program = Path::new(program.get_program());
    let [short, long] = [20_000, 60_000].map(|requests: u64| {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
        command.args([requests.to_string(), "1".to_owned()]);
        let output = command.output().unwrap_or_else(|error| panic!("valgrind: {error}"));
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let collected = text.lines().find_map(|line| line.split("Collected : ").nth(1));
        let counted = collected.and_then(|number| number.trim().parse::<f64>().ok());
        let seen: Figures = String::from_utf8_lossy(&output.stdout).parse().expect("figures");
        (counted.unwrap_or_else(|| panic!("no count in {text}")), seen.requests as f64)
    });
    (long.0 - short.0) / (long.1 - short.1)
}
