//! What the programs of this package share: the chain in numbers, the command line, the line of
//! figures that each prints, and how to read it again.

use std::str::FromStr;

use cpu_time::ProcessTime;
use hdrhistogram::Histogram;

/// Requests arrive as a Poisson process, 1 ms apart on average, in seconds.
pub const GAP: f64 = 1e-3;
/// From one node to the next, either way, in seconds.
pub const HOP: f64 = 0.5e-3;
/// Constant work of the gateway, which serves any number at once, in seconds.
pub const GATEWAY: f64 = 0.2e-3;
/// Workers and mean of the exponential work in seconds: the services A and B, and the database.
pub const STATIONS: [(u32, f64); 3] = [(8, 4e-3), (8, 5e-3), (16, 3e-3)];

/// Latencies in nanoseconds, recorded as the bare loop records them.
pub fn latencies() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000_000_000, 3).expect("bounds")
}

/// What one program measured.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Requests of the measured runs.
    pub requests: u64,
    /// Mean latency, in milliseconds.
    pub mean: f64,
    /// Median latency, in milliseconds.
    pub p50: f64,
    /// 99th percentile of the latency, in milliseconds.
    pub p99: f64,
    /// Processor time of the fastest run, in nanoseconds per request.
    pub ns: f64,
}

impl Figures {
    /// Does the latency agree with theory (a Jackson network: mean 16.54 ms, median 15.2 ms, 99th
    /// percentile 39.0 ms)? A program that does not simulates something else. The bounds are wide
    /// enough for 20,000 requests.
    pub fn agree(&self) -> bool {
        let near = |is: f64, should: f64| (is / should - 1.0).abs() < 0.05;
        near(self.mean, 16.54) && near(self.p50, 15.2) && near(self.p99, 39.0)
    }
}

impl FromStr for Figures {
    type Err = String;

    /// Reads the line that [`main`] prints (the programs in Python print the same).
    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |name: &str| {
            let at = words.iter().position(|word| *word == name);
            let number = at.and_then(|at| words.get(at + 1)).and_then(|word| word.parse().ok());
            number.ok_or_else(|| format!("no `{name}` in `{line}`"))
        };
        Ok(Figures {
            requests: after("requests")? as u64,
            mean: after("mean")?,
            p50: after("p50")?,
            p99: after("p99")?,
            ns: after("ns")?,
        })
    }
}

/// The `main` of every program: `PROGRAM [REQUESTS [RUNS]]` runs the chain so often, each time with
/// a seed of its own, and prints latencies over all runs in ms and the time of the fastest.
pub fn main(run: impl Fn(u64, u64) -> Histogram<u64>) {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let requests = arguments.next().unwrap_or(100_000);
    let runs = arguments.next().unwrap_or(5);
    let mut all = latencies();
    let mut fastest = f64::INFINITY;
    for seed in 1..=runs {
        let start = ProcessTime::now();
        let latency = run(requests, seed);
        fastest = fastest.min(start.elapsed().as_nanos() as f64 / latency.len() as f64);
        all.add(&latency).expect("the same bounds");
    }
    let ms = |ns: u64| ns as f64 / 1e6;
    println!(
        "requests {} mean {:.3} p50 {:.2} p99 {:.2} ns {fastest:.1}",
        all.len(),
        all.mean() / 1e6,
        ms(all.value_at_quantile(0.5)),
        ms(all.value_at_quantile(0.99)),
    );
}
