//! The engine's parts by themselves: the hold model (take the first event, schedule another) on
//! the queue and on the whole run loop, and the cost of a draw. Knows no node.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use windtunnel::base::chance::unit_above_zero;
use windtunnel::base::{Dist, Span, Stream, Time, math, mix};
use windtunnel::engine::{
    Class, Ctx, Event, InstanceId, Key, LaneId, Queue, Simulation, Turn, World,
};

const PENDING: [u64; 4] = [10, 1_000, 100_000, 1_000_000];

/// A message as large as a real one.
type Payload = [u64; 15];

fn hold_queue(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue: pop and push");
    for pending in PENDING {
        let mut queue: Queue<Payload, [u32; 3]> = Queue::new(&[]);
        let mut counter = 0;
        let mut push = |queue: &mut Queue<Payload, [u32; 3]>, now: u64| {
            counter += 1;
            let delay = (math::neg_ln_unit(mix(1, counter)) * 1e6) as u64;
            let turn = Turn::new(InstanceId(3), counter);
            let key = Key::new(Time(now + delay), 0, Class::Message, turn);
            queue.push_timer(key, InstanceId(0), [counter as u32; 3]);
        };
        let mut message = Payload::default();
        for _ in 0..pending {
            push(&mut queue, 0);
        }
        group.bench_function(BenchmarkId::from_parameter(pending), |bencher| {
            bencher.iter(|| {
                let (key, _, event) = queue.pop(&mut message).expect("held");
                let seen = matches!(event, Event::Timer(_));
                push(&mut queue, key.time().0);
                seen
            });
        });
    }
}

/// A world whose every event schedules one more.
struct Hold {
    count: u64,
}

impl World for Hold {
    type Instance = ();
    type Message = Payload;
    type Timer = [u32; 3];

    fn receive(&mut self, (): &mut (), message: &Payload, mut ctx: Ctx<'_, Self>) {
        self.count += 1;
        ctx.via(LaneId(0), Span(1_000_000), InstanceId((ctx.me().0 + 1) & 15), |it| *it = *message);
    }

    fn timer(&mut self, (): &mut (), timer: [u32; 3], mut ctx: Ctx<'_, Self>) -> bool {
        if self.is_stale(&(), timer, ctx.now()) {
            return false;
        }
        self.count += 1;
        let delay = (math::neg_ln_unit(mix(u64::from(timer[0]), self.count)) * 1e6) as u64;
        ctx.after(Span(delay), Class::Timeout, timer);
        true
    }

    fn is_stale(&self, (): &(), timer: [u32; 3], _: Time) -> bool {
        timer[1] == u32::MAX
    }

    fn fingerprint(&self, event: Event<&Payload, [u32; 3]>) -> u64 {
        match event {
            Event::Message(message) => message[0],
            Event::Timer(timer) => u64::from(timer[0]),
        }
    }
}

fn hold_loop(criterion: &mut Criterion) {
    for lane in [false, true] {
        let name = if lane { "loop: a message by lane" } else { "loop: a timer by agenda" };
        let mut group = criterion.benchmark_group(name);
        for pending in PENDING {
            let instances = (0..16).map(|name| (mix(9, name), ()));
            let mut held = Simulation::new(Hold { count: 0 }, instances, &[Span(1_000_000)]);
            for n in 0..pending {
                let time = Time(n * 1_000_000 / pending);
                let at = InstanceId((n % 16) as u32);
                if lane {
                    held.post(at, time, [n; 15]);
                } else {
                    held.schedule(at, time, Class::Timeout, [n as u32; 3]);
                }
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
