//! desque 0.4: `serial::Simulation`, as its example `mm1_queue` does it. One type of event for each
//! thing that happens, boxed by the library; the state of the stations is the `SimState`; draws by
//! `Pcg64` and `rand_distr::Exp`, as in the example. Time is whole nanoseconds (`u64` is a `SimTime`).
//! A request needs no entry of its own: its time of arrival travels in its events.
//!
//! Left out: the logging of the example, and the thread-safe simulation. 13 events a request.

use std::collections::VecDeque;

use desque::serial::{OkEvent, Simulation};
use desque::{SimState, SimTime};
use hdrhistogram::Histogram;
use peers::{GAP, GATEWAY, HOP, STATIONS};
use rand::SeedableRng;
use rand_distr::{Distribution, Exp};
use rand_pcg::Pcg64;

type Sim = Simulation<Chain, Nanos>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Nanos(u64);

impl SimTime for Nanos {}

impl Nanos {
    fn after(self, seconds: f64) -> Nanos {
        Nanos(self.0 + (seconds * 1e9) as u64)
    }
}

struct Chain {
    to_come: u64,
    gap: Exp<f64>,
    stations: [Station; STATIONS.len()],
    latency: Histogram<u64>,
    rng: Pcg64,
}

impl SimState<Nanos> for Chain {}

struct Station {
    free: u32,
    work: Exp<f64>,
    waiting: VecDeque<Nanos>,
}

fn schedule(sim: &mut Sim, event: impl OkEvent<Chain, Nanos> + 'static, seconds: f64) {
    let time = sim.current_time().after(seconds);
    sim.schedule(event, time).expect("not in the past");
}

/// A client sends a request.
#[derive(Debug)]
struct Arrival;

impl Arrival {
    fn schedule_next(sim: &mut Sim) {
        let chain = sim.state_mut();
        if chain.to_come > 0 {
            chain.to_come -= 1;
            let gap = chain.gap.sample(&mut chain.rng);
            schedule(sim, Arrival, gap);
        }
    }
}

impl OkEvent<Chain, Nanos> for Arrival {
    fn execute(&mut self, sim: &mut Sim) {
        let since = *sim.current_time();
        schedule(sim, AtGateway { since }, HOP);
        Arrival::schedule_next(sim);
    }
}

/// A request reaches the gateway.
#[derive(Debug)]
struct AtGateway {
    since: Nanos,
}

impl OkEvent<Chain, Nanos> for AtGateway {
    fn execute(&mut self, sim: &mut Sim) {
        schedule(sim, Forwarded { since: self.since }, GATEWAY);
    }
}

/// The gateway has done its work.
#[derive(Debug)]
struct Forwarded {
    since: Nanos,
}

impl OkEvent<Chain, Nanos> for Forwarded {
    fn execute(&mut self, sim: &mut Sim) {
        schedule(sim, AtStation { station: 0, since: self.since }, HOP);
    }
}

/// A request reaches a station.
#[derive(Debug)]
struct AtStation {
    station: usize,
    since: Nanos,
}

impl OkEvent<Chain, Nanos> for AtStation {
    fn execute(&mut self, sim: &mut Sim) {
        let station = &mut sim.state_mut().stations[self.station];
        if station.free > 0 {
            station.free -= 1;
            Served::schedule(sim, self.station, self.since);
        } else {
            station.waiting.push_back(self.since);
        }
    }
}

/// A station has served a request.
#[derive(Debug)]
struct Served {
    station: usize,
    since: Nanos,
}

impl Served {
    fn schedule(sim: &mut Sim, station: usize, since: Nanos) {
        let chain = sim.state_mut();
        let work = chain.stations[station].work.sample(&mut chain.rng);
        schedule(sim, Served { station, since }, work);
    }
}

impl OkEvent<Chain, Nanos> for Served {
    fn execute(&mut self, sim: &mut Sim) {
        let station = &mut sim.state_mut().stations[self.station];
        match station.waiting.pop_front() {
            Some(next) => Served::schedule(sim, self.station, next),
            None => station.free += 1,
        }
        let since = self.since;
        if self.station + 1 < STATIONS.len() {
            schedule(sim, AtStation { station: self.station + 1, since }, HOP);
        } else {
            schedule(sim, Answer { hops: STATIONS.len(), since }, HOP);
        }
    }
}

/// The answer reaches a node on its way back; so many hops are left.
#[derive(Debug)]
struct Answer {
    hops: usize,
    since: Nanos,
}

impl OkEvent<Chain, Nanos> for Answer {
    fn execute(&mut self, sim: &mut Sim) {
        if self.hops > 0 {
            schedule(sim, Answer { hops: self.hops - 1, since: self.since }, HOP);
        } else {
            let now = *sim.current_time();
            sim.state_mut().latency.saturating_record(now.0 - self.since.0);
        }
    }
}

fn main() {
    peers::main(|requests, seed| {
        let exp = |mean: f64| Exp::new(1.0 / mean).expect("a rate");
        let chain = Chain {
            to_come: requests,
            gap: exp(GAP),
            stations: STATIONS.map(|(free, mean)| Station {
                free,
                work: exp(mean),
                waiting: VecDeque::new(),
            }),
            latency: peers::latencies(),
            rng: Pcg64::seed_from_u64(seed),
        };
        let mut sim = Sim::new(chain, Nanos(0));
        Arrival::schedule_next(&mut sim);
        sim.run().expect("a run without errors");
        sim.state().latency.clone()
    });
}
