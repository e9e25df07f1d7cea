//! Laws that no run may break, on random small scenarios, written as text and read by the ordinary
//! loader. `laws.rs` holds the laws of the engine on scenarios that were chosen.

use std::sync::Arc;

use proptest::prelude::*;
use windtunnel::base::Time;
use windtunnel::engine::InstanceId;
use windtunnel::model::Model;
use windtunnel::nodes::World;
use windtunnel::probes::{Deaf, Fact, Instruments, Label, Layout, Outcome, Probe};
use windtunnel::scenario::parse;
use windtunnel::scenario::tree::Scenario;
use windtunnel::simulate::{audit, layout, run, run_to_audit};

/// What is drawn of a business; the rest of its text is the same for all.
#[derive(Clone, Debug)]
struct Business {
    arrivals: String,
    services: [String; 3],
    stores: [String; 3],
    brokers: (u32, u32),
    flow: [String; 2],
    design: String,
    policies: String,
    faults: Vec<String>,
    run: (u64, u64),
    seed: u64,
}

impl Business {
    fn text(&self) -> String {
        let Self { arrivals, services: [shop, store, bank], stores, design, policies, .. } = self;
        let [shop_db, store_db, bank_db] = stores;
        let [first, second] = &self.flow;
        let (prefetch, partitions) = self.brokers;
        let (length, warmup) = self.run;
        let faults = self.faults.join("\n        ");
        format!(
            r#"(
    run: (length: "{length}ms", warmup: "{warmup}ms", drain: "600s"),
    nodes: {{
        "web":   Client(arrivals: {arrivals}, does: "order"),
        "edge":  Gateway(work: "0.1ms"),
        "shop":  Service({shop}, store: "shop-db"),
        "store": Service({store}, store: "store-db"),
        "bank":  Service({bank}, store: "bank-db"),
        "shop-db":  Database({shop_db}),
        "store-db": Database({store_db}),
        "bank-db":  Database({bank_db}),
        "queue": Queue(prefetch: {prefetch}),
        "log":   Log(partitions: {partitions}),
    }},
    data: {{
        "order":   (owner: "shop"),
        "stock":   (owner: "store", keys: 5, start: 40, floor: 0),
        "account": (owner: "bank", keys: 9, start: 500, floor: 0),
    }},
    flows: {{ "order": (home: "shop", deadline: "300ms", steps: [
        {first}
        Write("order", undo: Write),
        {second}
    ]) }},
    designs: {{ "one": {design} }},
    policies: {{ {policies} }},
    faults: [
        {faults}
    ],
)"#
        )
    }

    fn scenario(&self) -> Arc<Scenario> {
        let text = self.text();
        Arc::new(parse("random", &text, &[]).unwrap_or_else(|found| panic!("{found}\n{text}")))
    }
}

fn duration() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..9u32).prop_map(|ms| format!("Const(\"{ms}ms\")")),
        (1..9u32).prop_map(|ms| format!("Exp(\"{ms}ms\")")),
        (1..9u32).prop_map(|ms| format!("Uniform(\"0ms\", \"{ms}ms\")")),
        (1..5u32).prop_map(|ms| format!("LogNormal(median: \"{ms}ms\", p99: \"{}ms\")", 8 * ms)),
    ]
}

fn room() -> impl Strategy<Value = String> {
    prop_oneof![Just("None".to_owned()), (0..6u32).prop_map(|room| room.to_string())]
}

fn service() -> impl Strategy<Value = String> {
    let balance = prop::sample::select(vec!["RoundRobin", "Random", "Choices(2)"]);
    (1..3u32, 1..4u32, room(), duration(), balance, any::<bool>()).prop_map(
        |(instances, workers, room, work, balance, hold)| {
            format!("instances: {instances}, workers: {workers}, room: {room}, work: {work}, balance: {balance}, hold: {hold}")
        },
    )
}

fn store() -> impl Strategy<Value = String> {
    (1..4u32, room(), duration(), duration()).prop_map(|(connections, room, read, write)| {
        format!("connections: {connections}, room: {room}, read: {read}, write: {write}")
    })
}

fn arrivals() -> impl Strategy<Value = String> {
    prop_oneof![
        (20..200u32).prop_map(|rate| format!("Poisson(\"{rate}/s\")")),
        (20..200u32).prop_map(|rate| format!("Constant(\"{rate}/s\")")),
        (1..20u32, duration()).prop_map(|(customers, think)| format!(
            "Closed(customers: {customers}, think: {think})"
        )),
    ]
}

fn flow() -> impl Strategy<Value = [String; 2]> {
    let take = r#"Tell("store", Take("stock", 1), undo: Add("stock", 1)),"#;
    let pay = r#"Tell("bank", Take("account", 5, undo: Add(5)), refuses: "5%"),"#;
    let gift =
        r#"Maybe("50%", Tell("store", Add("stock", 1, key: Popular("gift")), best_effort: true)),"#;
    let first =
        prop::sample::select(vec!["", r#"Ask("stock", need: 1),"#, r#"Read("order", key: Own),"#]);
    let second = prop::sample::select(vec![
        String::new(),
        take.to_owned(),
        format!("{take} {pay}"),
        format!("All([{take} {pay}]),"),
        format!("{pay} {gift}"),
    ]);
    (first, second).prop_map(|(first, second)| [first.to_owned(), second])
}

fn design() -> impl Strategy<Value = String> {
    let all = ["Rest()", "Rest(dedup: true)", "PubSub()", "PubSub(outbox: true)", "Events()"];
    prop::sample::select(all.to_vec()).prop_map(str::to_owned)
}

fn policies() -> impl Strategy<Value = String> {
    (0..3u32, 1..4u32, 20..300u32).prop_map(|(kind, tries, timeout)| match kind {
        0 => String::new(),
        1 => format!(r#""call": (timeout: "{timeout}ms"),"#),
        _ => format!(
            r#""call": (timeout: "{timeout}ms", retry: (tries: {tries}, backoff: Constant("20ms"))),
               "client": (timeout: "2s", retry: (tries: 2, backoff: Constant("50ms"))),"#
        ),
    })
}

fn fault() -> impl Strategy<Value = String> {
    let what = prop::sample::select(vec![
        r#"Crash("store")"#,
        r#"Crash("shop", host: true)"#,
        r#"Crash("bank-db")"#,
        r#"Crash("queue")"#,
        r#"Crash("log", host: true)"#,
        r#"Pause("bank")"#,
        r#"Slow("store", 4)"#,
        r#"Partition("shop", "store")"#,
        r#"Loss(probability: "10%")"#,
        r#"Duplicate(to: ["store", "bank"], probability: "30%")"#,
        r#"Reorder(probability: "20%", by: Exp("20ms"))"#,
        r#"Surge("web", 3)"#,
    ]);
    (what, 0..900u32, 10..500u32).prop_map(|(what, at, lasts)| {
        format!(r#"(at: "{at}ms", lasts: "{lasts}ms", what: {what}),"#)
    })
}

/// Businesses with at most so many faults.
fn business(faults: usize) -> impl Strategy<Value = Business> {
    let parts = (
        arrivals(),
        [service(), service(), service()],
        [store(), store(), store()],
        (1..9u32, 1..5u32),
        flow(),
        design(),
        policies(),
        prop::collection::vec(fault(), 0..=faults),
        (600..1_500u64, 0..500u64),
        any::<u64>(),
    );
    parts.prop_map(
        |(arrivals, services, stores, brokers, flow, design, policies, faults, run, seed)| {
            Business {
                arrivals,
                services,
                stores,
                brokers,
                flow,
                design,
                policies,
                faults,
                run,
                seed,
            }
        },
    )
}

/// What the queues and workers of every instance did, told apart from the meters: from the facts
/// alone, over the whole run.
#[derive(Clone, Debug)]
struct Watch {
    layout: Arc<Layout>,
    instances: Vec<Hands>,
    /// Instants at which an instance had idle workers and something waiting.
    idle: Vec<(Time, InstanceId)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Hands {
    since: Time,
    waiting: u64,
    busy: u64,
    /// Integrals of both over time, over the whole run and within the measured stretch.
    waiting_ns: [u128; 2],
    busy_ns: [u128; 2],
    /// What those that began had waited, added up.
    waited_ns: u128,
    began: u64,
}

impl Watch {
    fn new(layout: &Arc<Layout>) -> Self {
        let instances = vec![Hands::default(); layout.instances.len()];
        Self { layout: Arc::clone(layout), instances, idle: Vec::new() }
    }

    fn workers(&self, at: InstanceId) -> Option<u64> {
        let node = self.layout.instances[at.0 as usize];
        self.layout.nodes[usize::from(node.0)].workers.map(u64::from)
    }

    /// Time went on since the last fact of this instance.
    fn advance(&mut self, now: Time, at: InstanceId) {
        let (workers, layout) = (self.workers(at), &self.layout);
        let hands = &mut self.instances[at.0 as usize];
        let clip = |time: Time| time.0.clamp(layout.warmup.0, layout.length.0);
        let spans = [now.0 - hands.since.0, clip(now) - clip(hands.since)].map(u128::from);
        if spans[0] > 0 && hands.waiting > 0 && workers.is_some_and(|all| hands.busy < all) {
            self.idle.push((hands.since, at));
        }
        for (which, span) in spans.into_iter().enumerate() {
            hands.waiting_ns[which] += span * u128::from(hands.waiting);
            hands.busy_ns[which] += span * u128::from(hands.busy);
        }
        hands.since = now;
    }

    /// Sums over a node's instances.
    fn sum(&self, node: usize, figure: impl Fn(&Hands) -> u128) -> u128 {
        let of_node = self.layout.instances.iter().zip(&self.instances);
        of_node.filter(|(it, _)| usize::from(it.0) == node).map(|(_, hands)| figure(hands)).sum()
    }
}

impl Probe for Watch {
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        let (waiting, busy) = match fact {
            Fact::Waits { .. } => (1, 0),
            Fact::LeftQueue { .. } => (-1, 0),
            Fact::Began { queued, .. } => (-i64::from(queued), 1),
            Fact::Freed => (0, -1),
            _ => return,
        };
        self.advance(now, at);
        let hands = &mut self.instances[at.0 as usize];
        if let Fact::Began { waited, .. } = fact {
            hands.waited_ns += u128::from(waited.0);
            hands.began += 1;
        }
        hands.waiting = hands.waiting.checked_add_signed(waiting).expect("more left than came");
        hands.busy = hands.busy.checked_add_signed(busy).expect("more were freed than began");
    }
}

/// A run, watched to its end.
fn watched(scenario: &Arc<Scenario>, seed: u64) -> (Outcome, Watch) {
    let model = Arc::new(Model::new(scenario, 0, seed));
    let layout = Arc::new(layout(&model));
    let probes = (Instruments::new(Arc::clone(&layout)), Watch::new(&layout));
    let (mut simulation, partial) = run_to_audit(World::new(model, probes));
    assert_eq!(partial, None);
    let audit = audit(&mut simulation, false);
    let (instruments, mut watch) = simulation.into_world().into_probe();
    for at in 0..watch.instances.len() {
        watch.advance(audit, InstanceId(at as u32));
    }
    (instruments.outcome(Label::default(), audit), watch)
}

fn digest(simulation: &mut windtunnel::engine::Simulation<World<Deaf>>, model: &Model) -> u64 {
    let end = model.arrivals_end();
    simulation.run_until(end);
    simulation.drain(end + model.scenario.run.drain);
    simulation.digest()
}

/// One queue before the workers of one service, no network: what theory speaks of.
#[derive(Clone, Debug)]
struct Station {
    arrivals: String,
    workers: u32,
    work: String,
    room: String,
    deadline_ms: u32,
    seed: u64,
}

impl Station {
    fn scenario(&self, workers: u32) -> Arc<Scenario> {
        let Self { arrivals, work, room, deadline_ms, .. } = self;
        let text = format!(
            r#"(
    run: (length: "3s", drain: "600s"),
    nodes: {{
        "client": Client(arrivals: {arrivals}, does: "request"),
        "server": Service(workers: {workers}, work: {work}, room: {room}),
    }},
    network: (latency: "0s"),
    flows: {{ "request": (home: "server", deadline: "{deadline_ms}ms") }},
    designs: {{ "rest": Rest() }},
)"#
        );
        Arc::new(parse("station", &text, &[]).unwrap_or_else(|found| panic!("{found}\n{text}")))
    }
}

fn station(room: impl Strategy<Value = String>) -> impl Strategy<Value = Station> {
    let arrivals = prop_oneof![
        (50..600u32).prop_map(|rate| format!("Poisson(\"{rate}/s\")")),
        (50..600u32).prop_map(|rate| format!("Constant(\"{rate}/s\")")),
    ];
    (arrivals, 1..5u32, duration(), room, 5..100u32, any::<u64>()).prop_map(
        |(arrivals, workers, work, room, deadline_ms, seed)| Station {
            arrivals,
            workers,
            work,
            room,
            deadline_ms,
            seed,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, cases: 60, max_shrink_iters: 200, ..Default::default()
    })]

    #[test]
    fn everything_offered_is_accounted_for(business in business(3)) {
        let outcome = run(&business.scenario(), 0, business.seed);
        prop_assert_eq!(&outcome.partial, &None);
        let flow = &outcome.flows["order"];
        prop_assert_eq!(flow.offered, flow.ok + flow.late + flow.refused + flow.failed);
        let ends = flow.ends;
        let ended = ends.kept + ends.retracted + ends.half_done + ends.unannounced + ends.clean;
        prop_assert_eq!(flow.offered, ended + ends.pending);
        let told = flow.effects;
        let became = told.once + told.duplicated + told.undone + told.lost;
        prop_assert_eq!(told.told, became + told.pending + told.dropped + told.void);
        prop_assert_eq!(flow.failed, flow.failures.values().sum::<u64>());
    }

    #[test]
    fn a_run_is_the_same_whoever_listens_and_wherever_it_is_cut(
        business in business(3), cut in 0..1_500u64, few in 0..500u64
    ) {
        let scenario = business.scenario();
        let model = Arc::new(Model::new(&scenario, 0, business.seed));
        let world = || World::new(Arc::clone(&model), Deaf).simulate();
        let whole = digest(&mut world(), &model);
        prop_assert_eq!(whole, run(&scenario, 0, business.seed).digest, "probes");
        let mut parted = world();
        parted.run_until(Time(cut * 1_000_000));
        parted.run_events(few);
        prop_assert_eq!(whole, digest(&mut parted.clone(), &model), "a cut, and a copy");
        prop_assert_eq!(whole, digest(&mut parted, &model), "a cut");
        let seed = business.seed;
        let elsewhere = std::thread::spawn(move || run(&scenario, 0, seed).digest);
        prop_assert_eq!(whole, elsewhere.join().expect("it ends"), "a thread");
    }

    #[test]
    fn no_worker_idles_while_something_waits_and_littles_law_holds(business in business(0)) {
        let (outcome, watch) = watched(&business.scenario(), business.seed);
        prop_assert_eq!(&watch.idle, &[]);
        for (node, plan) in watch.layout.nodes.iter().enumerate() {
            let Some(workers) = plan.workers else { continue };
            let sum = |figure: fn(&Hands) -> u128| watch.sum(node, figure);
            prop_assert_eq!(sum(|it| u128::from(it.waiting + it.busy)), 0, "{} is drained", plan.name);
            // L = lambda W, in whole nanoseconds and without the division by time.
            prop_assert_eq!(sum(|it| it.waiting_ns[0]), sum(|it| it.waited_ns), "{}", plan.name);
            // The meters say the same of the measured stretch.
            let measured = &outcome.nodes[&plan.name];
            let stretch = outcome.measured.0 as f64;
            let waiting = sum(|it| it.waiting_ns[1]) as f64 / stretch;
            prop_assert!((measured.queue_mean - waiting).abs() < 1e-9 * (1.0 + waiting));
            let available = stretch * f64::from(workers) * f64::from(plan.instances);
            let busy = sum(|it| it.busy_ns[1]) as f64 / available;
            let utilization = measured.utilization.expect("it has workers");
            prop_assert!((utilization - busy).abs() < 1e-9 && utilization <= 1.0);
        }
    }

    #[test]
    fn littles_law_holds_of_the_figures_of_a_drained_run(station in station(room())) {
        // All customers of a run without warm-up; what waits at its end is cut off on one side only.
        let outcome = run(&station.scenario(station.workers), 0, station.seed);
        let server = &outcome.nodes["server"];
        let stretch = outcome.measured.0 as f64;
        let waited = server.wait.mean().unwrap_or(0.0) * server.wait.count() as f64;
        // At most the longest queue waits on after the end, each at most as long as the longest wait.
        let longest = server.wait.max().map_or(0.0, |it| it.0 as f64);
        let cut = server.queue_max as f64 * longest;
        let within = server.queue_mean * stretch;
        prop_assert!(within <= waited * (1.0 + 1e-9) + 1.0 && waited <= within + cut + 1.0 + 1e-9 * waited);
    }

    #[test]
    fn a_queue_is_never_longer_than_its_room(station in station((0..6u32).prop_map(|it| it.to_string()))) {
        let outcome = run(&station.scenario(station.workers), 0, station.seed);
        let server = &outcome.nodes["server"];
        let room: u64 = station.room.parse().expect("a number");
        prop_assert!(server.queue_max <= room);
        // Nobody is turned away before it is full.
        prop_assert!(server.turned_away == 0 || server.queue_max == room);
        let flow = &outcome.flows["request"];
        prop_assert_eq!(flow.offered, server.arrivals);
        prop_assert_eq!(flow.failed, server.turned_away);
    }

    #[test]
    fn utilization_is_load_over_capacity(
        rate in 20..800u32, work_us in 100..9_000u32, workers in 1..5u32, seed in any::<u64>()
    ) {
        let station = Station {
            arrivals: format!("Constant(\"{rate}/s\")"),
            workers,
            work: format!("Const(\"{work_us}us\")"),
            room: "None".to_owned(),
            deadline_ms: 100,
            seed,
        };
        let (outcome, watch) = watched(&station.scenario(workers), seed);
        let server = watch.layout.nodes.iter().position(|it| it.name == "server").expect("it is");
        let work = u128::from(work_us) * 1_000;
        prop_assert_eq!(
            watch.sum(server, |it| it.busy_ns[0]),
            watch.sum(server, |it| u128::from(it.began)) * work,
            "all that was brought was worked off, once"
        );
        let load = f64::from(rate) * f64::from(work_us) / 1e6 / f64::from(workers);
        let found = outcome.nodes["server"].utilization.expect("it has workers");
        // The first arrival is one gap after the start; work in hand at the end is cut off.
        let edges = (1.0 / f64::from(rate) + 2.0 * f64::from(work_us) / 1e6) / 3.0;
        prop_assert!((found - load.min(1.0)).abs() <= edges, "{found} for {load}");
    }

    #[test]
    fn more_workers_never_lower_goodput(station in station(Just("None".to_owned()))) {
        // First come, first served, without limit and without retries: with one worker more nobody
        // waits longer, so that nobody who was in time is late.
        let with = |workers| {
            let outcome = run(&station.scenario(workers), 0, station.seed);
            let flow = &outcome.flows["request"];
            (flow.ok, flow.offered, flow.latency.max())
        };
        let (few, more) = (with(station.workers), with(station.workers + 1));
        prop_assert_eq!(few.1, more.1);
        prop_assert!(more.0 >= few.0 && more.2 <= few.2, "{few:?} {more:?}");
    }
}

#[test]
fn random_scenarios_are_of_every_kind() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut texts = String::new();
    for _ in 0..100 {
        texts += &business(3).new_tree(&mut runner).expect("a business").current().text();
    }
    for word in
        ["Rest()", "PubSub()", "Events()", "Crash(", "Duplicate(", "Closed(", "room: 0", "tries:"]
    {
        assert!(texts.contains(word), "{word}");
    }
}
