//! The engine's parts by themselves: the hold model (take the first event, schedule another) on
//! the queue and on the whole run loop, and the cost of a draw. Knows no node.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use windtunnel::base::chance::unit_above_zero;
use windtunnel::base::{Dist, Span, Stream, Time, math, mix};
use windtunnel::engine::{Class, Context, InstanceId, Key, LaneId, Queue, Simulation, World};

const PENDING: [u64; 4] = [10, 1_000, 100_000, 1_000_000];

/// A payload as large as a real one.
type Payload = [u64; 11];

fn hold_queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue: pop and push");
    for pending in PENDING {
        let mut queue: Queue<Payload> = Queue::new(&[]);
        let mut counter = 0;
        let mut push = |queue: &mut Queue<Payload>, now: u64| {
            counter += 1;
            let delay = (math::neg_ln_unit(mix(1, counter)) * 1e6) as u64;
            let key = Key::new(Time(now + delay), 0, Class::Message, InstanceId(3), counter);
            queue.push(key, InstanceId(0), [counter; 11]);
        };
        for _ in 0..pending {
            push(&mut queue, 0);
        }
        group.bench_function(BenchmarkId::from_parameter(pending), |bencher| {
            bencher.iter(|| {
                let (key, _, event) = queue.pop().expect("held");
                let seen = event[3];
                push(&mut queue, key.time().0);
                seen
            });
        });
    }
}

/// A world whose every event schedules one more.
struct Hold {
    count: u64,
    lane: bool,
}

impl World for Hold {
    type Event = Payload;

    fn handle(&mut self, at: InstanceId, event: &Payload, ctx: &mut Context<'_, Payload>) {
        self.count += 1;
        let dest = InstanceId((at.0 + 1) & 15);
        if self.lane {
            ctx.via(LaneId(0), dest, Class::Message, *event);
        } else {
            let delay = (math::neg_ln_unit(mix(event[0], self.count)) * 1e6) as u64;
            ctx.send(dest, Span(delay), Class::Message, *event);
        }
    }

    fn is_stale(&self, _: InstanceId, event: &Payload) -> bool {
        event[1] == u64::MAX
    }

    fn fingerprint(&self, event: &Payload) -> u64 {
        event[0]
    }
}

fn hold_loop(criterion: &mut Criterion) {
    for lane in [false, true] {
        let name = if lane { "loop: an event by lane" } else { "loop: an event by heap" };
        let mut group = criterion.benchmark_group(name);
        for pending in PENDING {
            let names: Vec<u64> = (0..16).map(|name| mix(9, name)).collect();
            let mut held = Simulation::new(Hold { count: 0, lane }, &names, &[Span(1_000_000)]);
            for n in 0..pending {
                let time = Time(n * 1_000_000 / pending);
                held.schedule(InstanceId((n % 16) as u32), time, Class::Message, [n; 11]);
            }
            held.run_events(pending);
            group.bench_function(BenchmarkId::from_parameter(pending), |bencher| {
                bencher.iter_custom(|events| {
                    #[expect(clippy::disallowed_methods, reason = "this is what is measured")]
                    let start = std::time::Instant::now();
                    held.run_events(events);
                    start.elapsed()
                });
            });
        }
    }
}

fn draws(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("draw");
    let mut stream = Stream::new(1, "bench", "queue", 0);
    group.bench_function("word", |bencher| bencher.iter(|| stream.next_u64()));
    group.bench_function("word and libm log", |bencher| {
        bencher.iter(|| -libm::log(unit_above_zero(stream.next_u64())));
    });
    group.bench_function("word and neg_ln_unit", |bencher| {
        bencher.iter(|| math::neg_ln_unit(stream.next_u64()));
    });
    for dist in [Dist::Exp(1e6), Dist::LogNormal { mu: 10.0, sigma: 0.5 }] {
        let name = format!("{dist:?}");
        group.bench_function(&name, |bencher| {
            bencher.iter(|| stream.sample(black_box(&dist)));
        });
    }
}

criterion_group!(benches, draws, hold_queue, hold_loop);
criterion_main!(benches);
