//! nexosim 1.0: a model per node, ports connected to the neighbours' inputs, as its documentation
//! assembles a bench. Connections take no time, so a model delays a message by scheduling its own
//! `send` input, as the documentation's model `Delay` does. The client reports latencies through
//! an output port to an event queue, which is read after the run. Draws by `Pcg64` and
//! `rand_distr::Exp` (the library has none; the state of a model must be serialisable).
//!
//! One thread: for models as small as these, two took nine times as much processor time. Left out:
//! tracing and the server (features that are off by default), saving and restoring. 13 scheduled
//! events and eight messages a request.

use std::collections::VecDeque;
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSinkReader, EventSource, Output, SinkState, event_queue};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use peers::{GAP, GATEWAY, HOP, STATIONS};
use rand::SeedableRng;
use rand_distr::{Distribution, Exp};
use rand_pcg::Pcg64;
use serde::{Deserialize, Serialize};

/// A nanosecond at least: nexosim refuses what is due at once.
fn span(seconds: f64) -> Duration {
    Duration::from_nanos(((seconds * 1e9) as u64).max(1))
}

fn draw(mean: f64, rng: &mut Pcg64) -> Duration {
    span(Exp::new(1.0 / mean).expect("a rate").sample(rng))
}

#[derive(Serialize, Deserialize)]
struct Client {
    request: Output<MonotonicTime>,
    latency: Output<u64>,
    to_come: u64,
    rng: Pcg64,
}

#[Model]
impl Client {
    fn start(&mut self, _: (), cx: &Context<Self>) {
        if self.to_come > 0 {
            self.to_come -= 1;
            let gap = draw(GAP, &mut self.rng);
            cx.schedule_event(gap, schedulable!(Self::arrival), ()).expect("later");
        }
    }

    #[nexosim(schedulable)]
    fn arrival(&mut self, _: (), cx: &Context<Self>) {
        cx.schedule_event(span(HOP), schedulable!(Self::send), cx.time()).expect("later");
        self.start((), cx);
    }

    #[nexosim(schedulable)]
    async fn send(&mut self, since: MonotonicTime) {
        self.request.send(since).await;
    }

    async fn answer(&mut self, since: MonotonicTime, cx: &Context<Self>) {
        self.latency.send(cx.time().duration_since(since).as_nanos() as u64).await;
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Gateway {
    above: Output<MonotonicTime>,
    below: Output<MonotonicTime>,
}

#[Model]
impl Gateway {
    fn request(&mut self, since: MonotonicTime, cx: &Context<Self>) {
        cx.schedule_event(span(GATEWAY), schedulable!(Self::served), since).expect("later");
    }

    #[nexosim(schedulable)]
    fn served(&mut self, since: MonotonicTime, cx: &Context<Self>) {
        cx.schedule_event(span(HOP), schedulable!(Self::send_down), since).expect("later");
    }

    #[nexosim(schedulable)]
    async fn send_down(&mut self, since: MonotonicTime) {
        self.below.send(since).await;
    }

    fn answer(&mut self, since: MonotonicTime, cx: &Context<Self>) {
        cx.schedule_event(span(HOP), schedulable!(Self::send_up), since).expect("later");
    }

    #[nexosim(schedulable)]
    async fn send_up(&mut self, since: MonotonicTime) {
        self.above.send(since).await;
    }
}

#[derive(Serialize, Deserialize)]
struct Station {
    above: Output<MonotonicTime>,
    below: Output<MonotonicTime>,
    /// Nobody below the database.
    is_last: bool,
    free: u32,
    mean: f64,
    waiting: VecDeque<MonotonicTime>,
    rng: Pcg64,
}

#[Model]
impl Station {
    fn serve(&mut self, since: MonotonicTime, cx: &Context<Self>) {
        let work = draw(self.mean, &mut self.rng);
        cx.schedule_event(work, schedulable!(Self::served), since).expect("later");
    }

    fn request(&mut self, since: MonotonicTime, cx: &Context<Self>) {
        if self.free > 0 {
            self.free -= 1;
            self.serve(since, cx);
        } else {
            self.waiting.push_back(since);
        }
    }

    #[nexosim(schedulable)]
    fn served(&mut self, since: MonotonicTime, cx: &Context<Self>) {
        match self.waiting.pop_front() {
            Some(next) => self.serve(next, cx),
            None => self.free += 1,
        }
        let send =
            if self.is_last { schedulable!(Self::send_up) } else { schedulable!(Self::send_down) };
        cx.schedule_event(span(HOP), send, since).expect("later");
    }

    #[nexosim(schedulable)]
    async fn send_down(&mut self, since: MonotonicTime) {
        self.below.send(since).await;
    }

    fn answer(&mut self, since: MonotonicTime, cx: &Context<Self>) {
        cx.schedule_event(span(HOP), schedulable!(Self::send_up), since).expect("later");
    }

    #[nexosim(schedulable)]
    async fn send_up(&mut self, since: MonotonicTime) {
        self.above.send(since).await;
    }
}

fn main() {
    peers::main(|requests, seed| {
        let rng = |stream: u64| Pcg64::seed_from_u64(seed << 8 | stream);
        let mut client = Client {
            request: Output::default(),
            latency: Output::default(),
            to_come: requests,
            rng: rng(0),
        };
        let mut gateway = Gateway::default();
        let mut at = 0;
        let [mut a, mut b, mut db] = STATIONS.map(|(free, mean)| {
            at += 1;
            Station {
                above: Output::default(),
                below: Output::default(),
                is_last: at == STATIONS.len() as u64,
                free,
                mean,
                waiting: VecDeque::new(),
                rng: rng(at),
            }
        });

        let (client_box, gateway_box) = (Mailbox::new(), Mailbox::new());
        let (a_box, b_box, db_box) = (Mailbox::new(), Mailbox::new(), Mailbox::new());
        client.request.connect(Gateway::request, &gateway_box);
        gateway.below.connect(Station::request, &a_box);
        a.below.connect(Station::request, &b_box);
        b.below.connect(Station::request, &db_box);
        db.above.connect(Station::answer, &b_box);
        b.above.connect(Station::answer, &a_box);
        a.above.connect(Gateway::answer, &gateway_box);
        gateway.above.connect(Client::answer, &client_box);
        let (sink, mut answered) = event_queue(SinkState::Enabled);
        client.latency.connect_sink(sink);

        let mut bench = SimInit::with_num_threads(1);
        let start = EventSource::new().connect(Client::start, &client_box).register(&mut bench);
        let mut sim = bench
            .add_model(client, client_box, "client")
            .add_model(gateway, gateway_box, "gateway")
            .add_model(a, a_box, "a")
            .add_model(b, b_box, "b")
            .add_model(db, db_box, "db")
            .init(MonotonicTime::EPOCH)
            .expect("a bench");
        sim.process_event(&start, ()).expect("a start");
        sim.run().expect("a run without errors");

        let mut latency = peers::latencies();
        while let Some(ns) = answered.try_read() {
            latency.saturating_record(ns);
        }
        latency
    });
}
