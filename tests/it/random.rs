//! Laws that no run may break, on random small scenarios, written as text and read by the ordinary
//! loader. `laws.rs` holds the laws of the engine on scenarios that were chosen.

use std::sync::Arc;

use proptest::prelude::*;
use windtunnel::base::{Span, Time};
use windtunnel::engine::{InstanceId, Simulation};
use windtunnel::model::Model;
use windtunnel::nodes::readings::What;
use windtunnel::nodes::{World, readings};
use windtunnel::probes::{Deaf, Instruments, Label, Outcome};
use windtunnel::scenario::tree::{NodeKind, Scenario};
use windtunnel::simulate::{audit, layout, run, run_to_audit};

use business::{business, room};
use station::{Station, halted, station};
use watch::{Hands, Watch};

mod business;
mod changes;
mod station;
mod watch;

/// A run, watched to its end.
fn watched(scenario: &Arc<Scenario>, seed: u64) -> (Outcome, Watch) {
    let model = Arc::new(Model::new(scenario, 0, seed));
    let layout = Arc::new(layout(&model));
    let probes = (Instruments::new(Arc::clone(&layout)), Watch::new(&layout));
    let (simulation, partial) = run_to_audit(World::new(model, probes));
    assert_eq!(partial, None);
    let audit = audit(&simulation, false);
    let (instruments, mut watch) = simulation.into_world().into_probe();
    for at in 0..watch.instances.len() {
        watch.advance(audit, InstanceId(at as u32));
    }
    (instruments.outcome(Label::default(), audit), watch)
}

fn digest(simulation: &mut Simulation<World<Deaf>>, model: &Model) -> u64 {
    let end = model.arrivals_end();
    simulation.run_until(end);
    simulation.drain(end + model.scenario.run.drain);
    simulation.digest()
}

/// Everything that was measured when this run is over, as text.
fn ended(mut simulation: Simulation<World<Instruments>>, model: &Model) -> String {
    let end = model.arrivals_end();
    simulation.run_until(end);
    simulation.drain(end + model.scenario.run.drain);
    let audit = audit(&simulation, false);
    let label = Label { digest: simulation.digest(), ..Label::default() };
    format!("{:?}", simulation.into_world().into_probe().outcome(label, audit))
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
    fn keyframes_go_on_as_the_run_did_and_never_trouble_it(
        business in business(3), mut cuts in prop::collection::vec((0..600u64, any::<bool>()), 1..6)
    ) {
        let model = Arc::new(Model::new(&business.scenario(), 0, business.seed));
        let layout = Arc::new(layout(&model));
        let begun = || World::new(Arc::clone(&model), Instruments::new(Arc::clone(&layout))).simulate();
        let straight = ended(begun(), &model);
        let (mut simulation, mut kept) = (begun(), Vec::new());
        cuts.sort_unstable();
        for (cut, keep) in cuts {
            simulation.run_until(Time(cut * 1_000_000));
            let keyframe = simulation.clone();
            kept.extend(keep.then_some(keyframe));
        }
        prop_assert_eq!(&straight, &ended(simulation, &model), "the run itself");
        for keyframe in kept {
            prop_assert_eq!(&straight, &ended(keyframe, &model), "a keyframe");
        }
    }

    #[test]
    fn a_run_is_the_same_whoever_listens_and_wherever_it_is_cut(
        business in business(3), cut in 0..600u64
    ) {
        let scenario = business.scenario();
        let model = Arc::new(Model::new(&scenario, 0, business.seed));
        let world = || World::new(Arc::clone(&model), Deaf).simulate();
        let whole = digest(&mut world(), &model);
        prop_assert_eq!(whole, run(&scenario, 0, business.seed).digest, "probes");
        let mut parted = world();
        // While customers still arrive: where a drain ends depends on when it began.
        parted.run_until(Time(cut * 1_000_000));
        prop_assert_eq!(whole, digest(&mut parted.clone(), &model), "a cut, and a copy");
        prop_assert_eq!(whole, digest(&mut parted, &model), "a cut");
        let seed = business.seed;
        let elsewhere = std::thread::spawn(move || run(&scenario, 0, seed).digest);
        prop_assert_eq!(whole, elsewhere.join().expect("it ends"), "a thread");
    }

    #[test]
    fn what_instances_show_of_themselves_is_what_the_facts_say(
        business in business(3), instants in prop::collection::vec(0..800u64, 1..6)
    ) {
        let model = Arc::new(Model::new(&business.scenario(), 0, business.seed));
        let instruments = Instruments::new(Arc::new(layout(&model)));
        let mut simulation = World::new(Arc::clone(&model), instruments).simulate();
        let of = |at| &model.scenario.nodes[usize::from(model.node_of(at).0)];
        let mut instants = instants;
        instants.sort_unstable();
        for instant in instants {
            simulation.run_until(Time(instant * 1_000_000));
            for at in (0..model.instances.len() as u32).map(InstanceId) {
                let shown = readings(&simulation, at);
                let hand = simulation.world().probe().meters.hand(at);
                let (waiting, busy) = (shown.count(What::Waiting), shown.count(What::Busy));
                let (Some(waiting), Some(busy)) = (waiting, busy) else { continue };
                prop_assert_eq!(busy, u64::from(hand.busy));
                // What waits at a broker outlives its crash; the meters count it anew from there.
                if matches!(&of(at).kind, NodeKind::RabbitMq(_) | NodeKind::Kafka(_)) {
                    prop_assert!(waiting >= u64::from(hand.waiting));
                } else {
                    prop_assert_eq!(waiting, u64::from(hand.waiting));
                }
            }
        }
    }

    #[test]
    fn no_worker_idles_while_something_waits_and_littles_law_holds(business in business(0)) {
        // Who is watched must not die of what it does.
        prop_assume!(!business.text().contains("fails: Crash"));
        let (outcome, watch) = watched(&business.scenario(), business.seed);
        prop_assert_eq!(&watch.idle, &[]);
        // An undo whose every attempt times out is tried for ever: such a run is never drained.
        let is_drained = outcome.simulated < Span::from_secs(60.0);
        for (node, plan) in watch.layout.nodes.iter().enumerate() {
            let Some(workers) = plan.workers else { continue };
            let sum = |figure: fn(&Hands) -> u128| watch.sum(node, figure);
            if is_drained {
                let in_hand = sum(|it| u128::from(it.waiting + it.busy));
                prop_assert_eq!(in_hand, 0, "{} is drained", plan.name);
                // L = lambda W, in whole nanoseconds and without the division by time.
                let waited = sum(|it| it.waited_ns);
                let is_told = sum(|it| u128::from(it.untold)) == 0;
                prop_assert!(waited <= sum(|it| it.waiting_ns[0]), "{}", plan.name);
                prop_assert!(!is_told || waited == sum(|it| it.waiting_ns[0]), "{}", plan.name);
            }
            // The meters say the same of the measured stretch.
            let measured = &outcome.nodes[&plan.name];
            let stretch = outcome.measured.0 as f64;
            let waiting = sum(|it| it.waiting_ns[1]) as f64 / stretch;
            prop_assert!((measured.load.queue_mean - waiting).abs() < 1e-9 * (1.0 + waiting));
            let available = stretch * f64::from(workers) * f64::from(plan.instances);
            let busy = sum(|it| it.busy_ns[1]) as f64 / available;
            let utilization = measured.load.utilization.expect("it has workers");
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
        let cut = server.load.queue_max as f64 * longest;
        let within = server.load.queue_mean * stretch;
        prop_assert!(within <= waited * (1.0 + 1e-9) + 1.0 && waited <= within + cut + 1.0 + 1e-9 * waited);
    }

    #[test]
    fn a_queue_is_never_longer_than_its_room(
        station in halted(station((0..6u32).prop_map(|it| it.to_string())))
    ) {
        let outcome = run(&station.scenario(station.workers), 0, station.seed);
        let server = &outcome.nodes["server"];
        let room: u64 = station.room.parse().expect("a number");
        prop_assert!(server.load.queue_max <= room);
        // Nobody is turned away before it is full.
        prop_assert!(server.load.turned_away == 0 || server.load.queue_max == room);
        let flow = &outcome.flows["request"];
        prop_assert_eq!(flow.offered, server.load.arrivals);
        prop_assert_eq!(flow.failed, server.load.turned_away);
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
            turns: String::new(),
            faults: String::new(),
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
        let found = outcome.nodes["server"].load.utilization.expect("it has workers");
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
    for word in [
        "Rest()",
        r#"PubSub(broker: "queue")"#,
        r#"PubSub(broker: "sqs")"#,
        "fifo",
        "duplicates",
        r#"Events(broker: "log")"#,
        r#"Events(broker: "topic")"#,
        r#"Events(broker: "hook")"#,
        r#"Events(broker: "redis")"#,
        "Polling(",
        "auto_commit:",
        "acks:",
        "Crash(",
        "Duplicate(",
        "Closed(",
        "room: 0",
        "tries:",
        "Lifo",
        "ProcessorSharing",
        "preempt: true",
        "patience",
        "hedge:",
        "tied",
        "breaker",
        "bulkhead",
        "batch",
        "Freeze",
        "Errors",
        "Scale",
        "fails:",
        "promote",
        "elsewhere",
        "outlier_detection",
        "max_poll_interval",
        "enable_idempotence",
        "retention:",
        "cleanup_policy",
        "buffer_memory",
        "transactional",
        "fetch_min_bytes",
        "redrive",
    ] {
        assert!(texts.contains(word), "{word}");
    }
}
