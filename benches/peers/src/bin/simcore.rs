//! simcore 0.1: callbacks, as its example `intro-callbacks` does it (its documentation puts the
//! asynchronous mode at 10 to 50 % more). A component per node with a context of its own, messages
//! as events with the network's delay, the end of service as an event to oneself, draws by the
//! simulation's own generator. Hops have one constant delay and so keep their order: they are
//! emitted by `emit_ordered`, the faster way which the documentation offers for that (by `emit` it
//! takes a third more).
//!
//! Left out: logging (no logger is installed) and the asynchronous mode. 13 events a request.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use hdrhistogram::Histogram;
use peers::{GAP, GATEWAY, HOP, STATIONS};
use rand_distr_of_simcore::Exp;
use serde::Serialize;
use simcore::{Event, EventHandler, Id, Simulation, SimulationContext, cast};

/// A request, with the time at which the client sent it.
#[derive(Clone, Serialize)]
struct Request {
    since: f64,
}

/// Its answer.
#[derive(Clone, Serialize)]
struct Answer {
    since: f64,
}

/// A node has done its own work for a request.
#[derive(Clone, Serialize)]
struct Served {
    since: f64,
}

/// The client's next request is due.
#[derive(Clone, Serialize)]
struct Due {}

fn exp(mean: f64) -> Exp<f64> {
    Exp::new(1.0 / mean).expect("a rate")
}

struct Client {
    to_come: u64,
    gap: Exp<f64>,
    gateway: Id,
    latency: Histogram<u64>,
    ctx: SimulationContext,
}

impl Client {
    fn wait(&mut self) {
        if self.to_come > 0 {
            self.to_come -= 1;
            let gap = self.ctx.sample_from_distribution(&self.gap);
            self.ctx.emit_self(Due {}, gap);
        }
    }
}

impl EventHandler for Client {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Due {} => {
                self.ctx.emit_ordered(Request { since: event.time }, self.gateway, HOP);
                self.wait();
            }
            Answer { since } => {
                self.latency.saturating_record(((event.time - since) * 1e9) as u64);
            }
        })
    }
}

struct Gateway {
    above: Id,
    below: Id,
    ctx: SimulationContext,
}

impl EventHandler for Gateway {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Request { since } => {
                self.ctx.emit_self(Served { since }, GATEWAY);
            }
            Served { since } => {
                self.ctx.emit_ordered(Request { since }, self.below, HOP);
            }
            Answer { since } => {
                self.ctx.emit_ordered(Answer { since }, self.above, HOP);
            }
        })
    }
}

struct Station {
    free: u32,
    work: Exp<f64>,
    waiting: VecDeque<f64>,
    above: Id,
    /// Nobody below the database.
    below: Option<Id>,
    ctx: SimulationContext,
}

impl Station {
    fn serve(&mut self, since: f64) {
        let work = self.ctx.sample_from_distribution(&self.work);
        self.ctx.emit_self(Served { since }, work);
    }
}

impl EventHandler for Station {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Request { since } => {
                if self.free > 0 {
                    self.free -= 1;
                    self.serve(since);
                } else {
                    self.waiting.push_back(since);
                }
            }
            Served { since } => {
                match self.waiting.pop_front() {
                    Some(next) => self.serve(next),
                    None => self.free += 1,
                }
                match self.below {
                    Some(below) => self.ctx.emit_ordered(Request { since }, below, HOP),
                    None => self.ctx.emit_ordered(Answer { since }, self.above, HOP),
                };
            }
            Answer { since } => {
                self.ctx.emit_ordered(Answer { since }, self.above, HOP);
            }
        })
    }
}

fn main() {
    peers::main(|requests, seed| {
        let mut sim = Simulation::new(seed);
        let client_ctx = sim.create_context("client");
        let gateway_ctx = sim.create_context("gateway");
        let stations_ctx = ["a", "b", "db"].map(|name| sim.create_context(name));
        let ids =
            [gateway_ctx.id(), stations_ctx[0].id(), stations_ctx[1].id(), stations_ctx[2].id()];

        for (at, (ctx, (free, mean))) in stations_ctx.into_iter().zip(STATIONS).enumerate() {
            let name = ctx.name().to_owned();
            let station = Station {
                free,
                work: exp(mean),
                waiting: VecDeque::new(),
                above: ids[at],
                below: ids.get(at + 2).copied(),
                ctx,
            };
            sim.add_handler(name, Rc::new(RefCell::new(station)));
        }
        let gateway = Gateway { above: client_ctx.id(), below: ids[1], ctx: gateway_ctx };
        sim.add_handler("gateway", Rc::new(RefCell::new(gateway)));
        let client = Rc::new(RefCell::new(Client {
            to_come: requests,
            gap: exp(GAP),
            gateway: ids[0],
            latency: peers::latencies(),
            ctx: client_ctx,
        }));
        sim.add_handler("client", client.clone());

        client.borrow_mut().wait();
        sim.step_until_no_events();
        client.borrow().latency.clone()
    });
}
