//! The laws of the engine (docs: time, order, chance), on whole scenarios under every design.

use std::fmt::Write;
use std::sync::Arc;

use rayon::prelude::*;
use windtunnel::base::{Dist, Span, Time};
use windtunnel::engine::Simulation;
use windtunnel::model::Model;
use windtunnel::nodes::World;
use windtunnel::probes::{Deaf, InOrder, Instruments, Label, Outcome, Probe};
use windtunnel::scenario::parse;
use windtunnel::scenario::tree::{Scenario, When};
use windtunnel::simulate::{layout, run, run_to_audit};

use crate::record::{Record, Sent};

const FAULTS: &str = include_str!("laws/faults.ron");
const GUARDED: &str = include_str!("laws/guarded.ron");
const TURNS: &str = include_str!("laws/turns.ron");
const CHECKOUT: &str = include_str!("../../scenarios/checkout.ron");
const TRANSFER: &str = include_str!("../../scenarios/transfer.ron");
const TIERS: &str = include_str!("../../scenarios/theory/tiers.ron");
const QUORUM: &str = include_str!("../../scenarios/theory/quorum.ron");
const FOLLOWER: &str = include_str!("../../scenarios/theory/follower.ron");
const QUEUE: &str = include_str!("../../scenarios/theory/queue.ron");

/// Texts of scenarios, by name, and by how much time is squeezed so that tests stay short.
const TEXTS: [(&str, &str, u64); 9] = [
    ("faults", FAULTS, 1),
    ("guarded", GUARDED, 1),
    ("turns", TURNS, 1),
    ("checkout", CHECKOUT, 20),
    ("transfer", TRANSFER, 10),
    ("tiers", TIERS, 60),
    ("queue", QUEUE, 60),
    ("quorum", QUORUM, 12),
    ("follower", FOLLOWER, 100),
];

fn read(name: &str, text: &str, squeeze: u64) -> Arc<Scenario> {
    let mut scenario = parse(name, text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let shorter = |span: Span| Span(span.0 / squeeze);
    let run = &mut scenario.run;
    (run.length, run.warmup) = (shorter(run.length), shorter(run.warmup));
    for fault in &mut scenario.faults {
        if let When::At(at) = fault.when {
            fault.when = When::At(shorter(at));
        }
        if let Some(Dist::Const(ns)) = &mut fault.lasts {
            *ns /= squeeze as f64;
        }
    }
    Arc::new(scenario)
}

/// Calls `law` with every scenario under each of its designs.
fn everywhere(law: impl Fn(&str, &Arc<Model>) + Sync) {
    let mut cases = Vec::new();
    for (name, text, squeeze) in TEXTS {
        let scenario = read(name, text, squeeze);
        for (design, named) in scenario.designs.iter().enumerate() {
            let what = format!("{name} as {}", named.name);
            cases.push((what, Arc::new(Model::new(&scenario, design, 7))));
        }
    }
    cases.par_iter().for_each(|(what, model)| law(what, model));
}

fn instrumented(model: &Arc<Model>) -> World<Instruments> {
    World::new(Arc::clone(model), Instruments::new(Arc::new(layout(model))))
}

/// Everything that was measured, as text; the digest first.
fn told(outcome: &Outcome) -> String {
    let mut text = format!("{:016x}\n", outcome.digest);
    write!(text, "{outcome:#?}").expect("text takes everything");
    text
}

/// What a simulation says of itself.
struct Seen {
    digest: u64,
    events: u64,
    audit: Time,
}

impl Seen {
    fn of<P: Probe>(simulation: &Simulation<World<P>>) -> Self {
        let (digest, events) = (simulation.digest(), simulation.events());
        Self { digest, events, audit: simulation.now() }
    }

    /// Together with what its probes measured, as text.
    fn told(self, instruments: &Instruments) -> String {
        assert_eq!(instruments.ledger.strays, 0, "facts about operations that were closed");
        let Self { digest, events, audit } = self;
        told(&instruments.outcome(Label { digest, events, ..Label::default() }, audit))
    }
}

fn measured(simulation: Simulation<World<Instruments>>) -> String {
    Seen::of(&simulation).told(&simulation.into_world().into_probe())
}

/// As [`run_to_audit`] does, of a simulation that is already under way.
fn go_on<P: Probe>(simulation: &mut Simulation<World<P>>, model: &Model) {
    let end = model.arrivals_end();
    simulation.run_until(end);
    simulation.drain(end + model.scenario.run.drain);
}

fn same(what: &str, one: &str, other: &str) {
    if one != other {
        let lines = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        panic!("{what}: {lines:?}");
    }
}

fn whole(model: &Arc<Model>) -> String {
    let (simulation, partial) = run_to_audit(instrumented(model));
    assert_eq!(partial, None);
    measured(simulation)
}

#[test]
fn law_same_arguments_same_run() {
    everywhere(|what, model| {
        let again = Arc::new(Model::new(&model.scenario, model.design, model.seed));
        same(what, &whole(model), &whole(&again));
    });
}

#[test]
fn law_1_another_seed_is_another_run() {
    everywhere(|what, model| {
        let other = Arc::new(Model::new(&model.scenario, model.design, model.seed + 1));
        assert_ne!(whole(model), whole(&other), "{what}");
    });
}

#[test]
fn law_5_the_world_is_a_value() {
    everywhere(|what, model| {
        let mut original = instrumented(model).simulate();
        original.run_until(Time(model.scenario.run.length.0 / 2));
        let mut copy = original.clone();
        go_on(&mut original, model);
        go_on(&mut copy, model);
        let expected = whole(model);
        same(what, &expected, &measured(original));
        same(what, &expected, &measured(copy));
    });
}

/// The weights of a run and its clones add up to what they hold together: what they share is counted
/// once.
#[test]
fn law_5_clones_share_what_they_weigh() {
    everywhere(|name, model| {
        let mut run = instrumented(model).simulate();
        run.run_until(Time(model.scenario.run.length.0 / 2));
        drop(run.clone());
        let alone = run.weight();
        let clone = run.clone();
        let both = run.weight() + clone.weight();
        assert!(alone < both && both < 2 * alone, "{name}: {alone} alone, {both} together");
        drop(clone);
        assert_eq!(run.weight(), alone, "{name}");
    });
}

#[test]
fn law_a_run_may_be_cut_anywhere() {
    everywhere(|what, model| {
        let mut simulation = instrumented(model).simulate();
        for part in 1..10 {
            simulation.run_until(Time(model.scenario.run.length.0 / 11 * part));
            simulation.run_events(part * 37);
        }
        go_on(&mut simulation, model);
        same(what, &whole(model), &measured(simulation));
    });
}

#[test]
fn law_6_the_digest_is_the_same_whoever_listens() {
    everywhere(|what, model| {
        let (deaf, _) = run_to_audit(World::new(Arc::clone(model), Deaf));
        let (both, _) = run_to_audit(World::new(Arc::clone(model), (Record::default(), Deaf)));
        let (heard, _) = run_to_audit(instrumented(model));
        assert_eq!(deaf.digest(), heard.digest(), "{what}");
        assert_eq!(both.digest(), heard.digest(), "{what}");
        assert_eq!(deaf.events(), heard.events(), "{what}");
    });
}

#[test]
fn law_2_lanes_change_nothing_but_the_speed() {
    everywhere(|what, model| {
        let mut simulation = instrumented(model).simulate().with_lanes(false);
        go_on(&mut simulation, model);
        same(what, &whole(model), &measured(simulation));
    });
}

#[test]
fn law_2_the_order_in_which_instances_are_visited_does_not_matter() {
    everywhere(|what, model| {
        // There is no shuffled drain: both go on to the same instant behind everything.
        let end = model.arrivals_end() + model.scenario.run.drain;
        let mut straight = instrumented(model).simulate();
        straight.run_until(end);
        let expected = measured(straight);
        for seed in 0..3 {
            let instruments = Instruments::new(Arc::new(layout(model)));
            let world = World::new(Arc::clone(model), InOrder::new(instruments));
            let mut shuffled = world.simulate();
            shuffled.run_until_shuffled(end, seed);
            let seen = Seen::of(&shuffled);
            let instruments = shuffled.into_world().into_probe().into_inner();
            same(what, &expected, &seen.told(&instruments));
        }
    });
}

/// Figures are read by reference: whoever looks while a run goes on sees what a run that is stopped
/// there would tell, and changes nothing.
#[test]
fn law_4_looking_at_figures_changes_nothing() {
    everywhere(|what, model| {
        let expected = whole(model);
        let mut simulation = instrumented(model).simulate();
        let end = model.arrivals_end();
        for part in 1..8 {
            simulation.run_until(Time(end.0 / 8 * part));
            let seen = || Seen::of(&simulation).told(simulation.world().probe());
            same(what, &seen(), &seen());
            let probe = simulation.world().probe();
            let offered: u64 = probe
                .outcome(Label::default(), simulation.now())
                .flows
                .values()
                .map(|flow| flow.offered)
                .sum();
            let settled = probe.ledger.books.sums.flows.iter().map(|tally| {
                let ends = tally.figures().ends;
                let [told, other] = [ends.kept + ends.retracted, ends.unannounced + ends.clean];
                told + other + ends.half_done + ends.pending
            });
            assert!(settled.sum::<u64>() <= offered, "what is open is offered too");
        }
        go_on(&mut simulation, model);
        same(what, &expected, &measured(simulation));
    });
}

#[test]
fn law_1_threads_do_not_matter() {
    let scenario = read("faults", FAULTS, 1);
    let seeds = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let one = |seed: usize| told(&run(&scenario, seed % scenario.designs.len(), seed as u64));
        pool.install(|| (0..12).into_par_iter().map(one).collect::<Vec<_>>())
    };
    assert_eq!(seeds(1), seeds(2));
}

#[test]
fn law_4_a_node_that_nobody_uses_changes_nothing() {
    for (name, text, squeeze) in TEXTS {
        let unused = "nodes: {
            \"aaa\": Service(instances: 3, workers: 1, store: \"aab\"),
            \"aab\": Database(read: \"1ms\", write: \"1ms\"),
            \"zzz\": Service(workers: 1),";
        let (plain, richer) =
            (read(name, text, squeeze), read(name, &text.replacen("nodes: {", unused, 1), squeeze));
        assert_eq!(plain.nodes.len() + 3, richer.nodes.len());
        (0..plain.designs.len()).into_par_iter().for_each(|design| {
            let mut outcome = run(&richer, design, 3);
            for node in ["aaa", "aab", "zzz"] {
                let figures = outcome.nodes.shift_remove(node).expect("it is there");
                assert_eq!(figures.load.arrivals, 0);
            }
            same(name, &told(&run(&plain, design, 3)), &told(&outcome));
        });
    }
}

fn recorded(scenario: &Arc<Scenario>, design: usize) -> Record {
    let model = Arc::new(Model::new(scenario, design, 5));
    let (simulation, partial) = run_to_audit(World::new(model, Record::default()));
    assert_eq!(partial, None);
    simulation.into_world().into_probe()
}

#[test]
fn law_4_all_designs_face_the_same_operations() {
    // Where every journey is one operation, all are sent at the same instants.
    let transfer = read("transfer", TRANSFER, 10);
    let records: Vec<Record> =
        (0..transfer.designs.len()).map(|design| recorded(&transfer, design)).collect();
    assert!(records[0].sent.len() > 300);
    for record in &records {
        assert_eq!(records[0].sent, record.sent);
    }
}

#[test]
fn law_4_all_designs_face_the_same_journeys() {
    // Later steps of a journey wait for the answers to earlier ones, its first step does not.
    let checkout = read("checkout", CHECKOUT, 20);
    let view = checkout.flows.iter().position(|flow| flow.name == "view-order").expect("it is");
    let first = |design| {
        let sent = recorded(&checkout, design).sent;
        let first = sent.into_iter().filter(|sent| usize::from(sent.flow.0) != view);
        first.map(|Sent { flow, session, intended, told, .. }| (flow, session, intended, told))
    };
    let expected: Vec<_> = first(0).collect();
    assert!(expected.len() > 500);
    for design in 1..checkout.designs.len() {
        assert_eq!(expected, first(design).collect::<Vec<_>>());
    }
}

#[test]
fn law_2_too_many_events_at_one_instant_are_diagnosed() {
    let text = r#"(
        run: (length: "1s"),
        nodes: {
            "busy": Client(arrivals: Closed(customers: 1, think: "0s"), does: "nothing"),
            "server": Service(workers: 1),
        },
        network: (latency: "0s"),
        flows: { "nothing": (home: "server") },
        designs: { "rest": Rest() },
    )"#;
    let outcome = run(&read("hang", text, 1), 0, 1);
    let why = outcome.partial.expect("it is stopped");
    assert!(why.starts_with("too many events at one instant"), "{why}");
}

#[test]
fn law_8_too_many_in_flight_stop_the_run() {
    let text = r#"(
        run: (length: "1s", max_in_flight: 1_000),
        nodes: {
            "crowd": Client(arrivals: Constant("5000/s"), does: "nothing"),
            "server": Service(workers: 1),
        },
        network: (latency: "10s"),
        flows: { "nothing": (home: "server") },
        designs: { "rest": Rest() },
    )"#;
    let outcome = run(&read("flood", text, 1), 0, 1);
    let why = outcome.partial.expect("it is stopped");
    assert!(why.starts_with("more than 1000 messages and timers in flight"), "{why}");
    assert!(outcome.simulated < Span(300_000_000));
}

#[test]
fn law_8_crowds_at_every_instant_stop_the_run_before_memory_does() {
    let crowd = r#"Client(arrivals: Constant("1/us"), batch: 100_000, does: "nothing")"#;
    let nodes = format!(r#""crowd": {crowd}, "server": Service(workers: 1, work: "1ms")"#);
    let flows = r#""nothing": (home: "server")"#;
    let rest = r#"run: (length: "1s", max_in_flight: 1_000), designs: { "rest": Rest() }"#;
    let text = format!("({rest}, nodes: {{ {nodes} }}, flows: {{ {flows} }})");
    let outcome = run(&read("crowds", &text, 1), 0, 1);
    assert!(outcome.partial.expect("it is stopped").starts_with("more than 1000 messages"));
    assert!((1_000..3_000).contains(&outcome.flows["nothing"].offered));
}

#[test]
fn law_8_a_queue_that_only_grows_stops_the_run() {
    let text = r#"(
        run: (length: "600s", max_in_flight: 10_000),
        nodes: {
            "crowd": Client(arrivals: Constant("5000/s"), does: "work"),
            "server": Service(workers: 1, work: "1ms"),
        },
        flows: { "work": (home: "server") },
        designs: { "rest": Rest() },
    )"#;
    let outcome = run(&read("flood", text, 1), 0, 1);
    // 4,000 more a second than the server works off, each a customer and a task.
    assert!(outcome.partial.expect("it is stopped").contains("in flight"));
    assert!(outcome.simulated < Span(2_000_000_000), "{}", outcome.simulated);
}

/// What happened to the customers and their data under these faults.
fn under(faults: &str, design: usize) -> String {
    let start = TRANSFER.find("    faults: [").expect("it has faults");
    let end = TRANSFER[start..].find("    ],").expect("they end") + start;
    let text = format!("{}    faults: [{faults}\n{}", &TRANSFER[..start], &TRANSFER[end..]);
    let outcome = run(&read("crashes", &text, 10), design, 1);
    format!("{:#?}\n{:#?}\n{:#?}", outcome.flows, outcome.nodes, outcome.invariants)
}

#[test]
fn law_7_overlapping_crashes_compose() {
    let crash = |at: u32, lasts: u32, rest: &str| {
        format!(
            "(name: \"c{at}-{lasts}{}\", at: \"{at}s\", lasts: \"{lasts}s\", what: Crash(\"{rest})),",
            rest.len()
        )
    };
    for target in ["bank-a\"", "bank-b\"", "b-db\"", "queue\"", "log\"", "bank-b\", host: true"] {
        for design in 0..5 {
            let one = under(&crash(20, 10, target), design);
            let two = |a: (u32, u32), b: (u32, u32)| {
                let both = crash(a.0, a.1, target) + &crash(b.0, b.1, target);
                same(target, &one, &under(&both, design));
                let other_way = crash(b.0, b.1, target) + &crash(a.0, a.1, target);
                same(target, &one, &under(&other_way, design));
            };
            two((20, 10), (23, 3));
            two((20, 7), (22, 8));
            two((20, 6), (26, 4));
            two((20, 10), (25, 5));
        }
    }
}

#[test]
fn every_fact_is_about_an_operation_that_is_open() {
    everywhere(|what, model| {
        let (simulation, _) = run_to_audit(instrumented(model));
        assert_eq!(simulation.world().probe().ledger.strays, 0, "{what}");
    });
}

#[test]
fn the_small_scenario_has_every_kind_of_fault() {
    let scenario = read("faults", FAULTS, 1);
    let shapes = format!("{:?}", scenario.faults);
    for kind in [
        "Crash",
        "Slow",
        "Pause",
        "Latency",
        "Loss",
        "Duplicate",
        "Reorder",
        "Partition",
        "Surge",
        "host: true",
    ] {
        assert!(shapes.contains(kind), "{kind}");
    }
}
