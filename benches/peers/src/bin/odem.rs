//! odem-rs 0.4: a process per request, admitted by an arrival process (`Sim::arrivals`) as its
//! examples `barbershop` and `bank` do it, here as jobs in a `Pool`, which its documentation names
//! for processes of one type (5 % faster than agents by `spawn`). Time is the default (`f64`), here
//! in seconds. Draws by the generators of its `RngStream` and `rand_distr::Exp`, as in its example
//! `mm1`; a request brings its service times along, as the customers of the examples do.
//!
//! Its `Facility` serves one at a time, so a station of several workers is written with its wakers,
//! as `mm1` writes its server: whoever finds no worker free queues its waker and sleeps.
//!
//! Left out: tracing, SI units and parallel replications (features that are off).

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::task::Waker;

use hdrhistogram::Histogram;
use odem_rs::core::ops::waker;
use odem_rs::prelude::{Config, Job, Pool, RngExt, RngStream, Sim, Simulator, sleep};
use odem_rs::util::arrivals::ArrivalsExt;
use peers::{GAP, GATEWAY, HOP, STATIONS};
use rand_distr::Exp;

#[derive(Config)]
struct Chain {
    rng_stream: RngStream,
    stations: [Station; STATIONS.len()],
    latency: RefCell<Histogram<u64>>,
}

struct Station {
    free: Cell<u32>,
    waiting: RefCell<VecDeque<Waker>>,
}

impl Station {
    async fn seize(&self) {
        if self.free.get() > 0 {
            self.free.set(self.free.get() - 1);
        } else {
            let waker = waker().await;
            self.waiting.borrow_mut().push_back(waker);
            sleep().await;
        }
    }

    /// Hands the worker to whoever has waited longest.
    fn release(&self) {
        let next = self.waiting.borrow_mut().pop_front();
        match next {
            Some(waker) => waker.wake(),
            None => self.free.set(self.free.get() + 1),
        }
    }
}

async fn request(sim: &Sim<Chain>, work: [f64; STATIONS.len()]) {
    let chain = sim.global();
    let since = sim.now();
    sim.advance(HOP).await;
    sim.advance(GATEWAY).await;
    for (station, work) in chain.stations.iter().zip(work) {
        sim.advance(HOP).await;
        station.seize().await;
        sim.advance(work).await;
        station.release();
    }
    for _ in 0..=STATIONS.len() {
        sim.advance(HOP).await;
    }
    let latency = ((sim.now() - since) * 1e9) as u64;
    chain.latency.borrow_mut().saturating_record(latency);
}

async fn client(sim: &Sim<Chain>, requests: u64) {
    let mut gaps = sim.global().rng_stream.next_rng();
    let mut works = sim.global().rng_stream.next_rng();
    let exp = |mean: f64| Exp::new(1.0 / mean).expect("a rate");
    let (gap, work) = (exp(GAP), STATIONS.map(|(_, mean)| exp(mean)));
    let pool = pin!(Pool::dynamic().with(Job::new));
    sim.arrivals(|| gaps.sample(gap))
        .take(requests as usize)
        .pooled(&pool, || request(sim, work.map(|work| works.sample(work))))
        .await;
    // A run ends with its main process: wait for the last requests.
    sim.advance(10.0).await;
}

fn main() {
    peers::main(|requests, seed| {
        let chain = Chain {
            rng_stream: RngStream::from_seed(seed),
            stations: STATIONS
                .map(|(free, _)| Station { free: Cell::new(free), waiting: RefCell::default() }),
            latency: RefCell::new(peers::latencies()),
        };
        let simulator = Simulator::new(chain);
        simulator.run(async |sim| client(sim, requests).await).expect("no deadlock");
        simulator.into_inner().latency.into_inner()
    });
}
