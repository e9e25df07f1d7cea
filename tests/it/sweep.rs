//! Rule 46: the lowerings may not drift apart. Without faults and with arrivals far apart all
//! designs end in the same truth; and one order, interrupted at every instant by a crash of every
//! node, ends in a known set of ends under every design and guard.

mod silence;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use rayon::prelude::*;
use windtunnel::base::{Dist, Span, Time};
use windtunnel::model::Model;
use windtunnel::nodes::World;
use windtunnel::probes::outcome::Ends;
use windtunnel::probes::{Instruments, Label, Verdict};
use windtunnel::scenario::parse;
use windtunnel::scenario::tree::{
    Arrivals, Crash, Duplicate, Fault, FaultKind, Loss, Node, NodeIx, NodeKind, Partition, Path,
    Rates, Scenario, Slow, Target, When,
};
use windtunnel::simulate::{layout, run_to_audit};

use crate::record::Record;

const ONE_ORDER: &str = include_str!("sweep/place-order.ron");
const BOOKING: &str = include_str!("sweep/booking.ron");
const EDGE: &str = include_str!("sweep/edge.ron");
const CHECKOUT: &str = include_str!("../../scenarios/checkout.ron");
const TRANSFER: &str = include_str!("../../scenarios/transfer.ron");

fn read(text: &str, sets: &[(&str, &str)]) -> Scenario {
    let sets: Vec<_> =
        sets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    parse("sweep", text, &sets).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

// -- the same truth ----------------------------------------------------------------------------

/// Without faults, and one operation well over before the next.
fn far_apart(text: &str) -> Arc<Scenario> {
    let mut scenario = read(text, &[("rate", "2/s")]);
    scenario.faults.clear();
    scenario.run.length = Span::from_secs(300.0);
    for node in &mut scenario.nodes {
        if let NodeKind::Client(client) = &mut node.kind {
            client.arrivals = Arrivals::Constant(Rates::constant(0.5));
            client.sessions = 1;
        }
    }
    Arc::new(scenario)
}

#[test]
fn rule_46_far_apart_without_faults_all_designs_end_in_the_same_truth() {
    for (text, flow) in [(CHECKOUT, "place-order"), (TRANSFER, "transfer")] {
        let mut scenario = far_apart(text);
        // The first steps of journeys only: later ones wait for answers.
        let place = scenario.flows.iter().position(|known| known.name == flow).expect("a flow");
        let one = Arc::make_mut(&mut scenario);
        for node in &mut one.nodes {
            if let NodeKind::Client(client) = &mut node.kind {
                client.journeys.truncate(1);
                client.journeys[0].actions.truncate(1);
            }
        }
        let truths: Vec<_> = (0..scenario.designs.len())
            .map(|design| {
                let model = Arc::new(Model::new(&scenario, design, 3));
                let (simulation, partial) = run_to_audit(World::new(model, Record::default()));
                assert_eq!(partial, None);
                let record = simulation.into_world().into_probe();
                assert!(record.sent.iter().all(|sent| usize::from(sent.flow.0) == place));
                assert_eq!(record.sent.len(), record.told.len());
                let left: BTreeMap<_, _> = record
                    .effects
                    .iter()
                    .map(|(effect, (applied, undone))| (*effect, applied - undone))
                    .filter(|(_, left)| *left > 0)
                    .collect();
                let values: BTreeMap<_, i64> =
                    record.items.iter().map(|(item, (_, value))| (*item, *value)).collect();
                (record.sent, left, values)
            })
            .collect();
        assert!(truths[0].0.len() > 140);
        assert!(truths[0].1.values().all(|left| *left == 1), "once or not at all");
        for (truth, design) in truths.iter().zip(&scenario.designs) {
            assert_eq!(truths[0].0, truth.0, "operations in {}", design.name);
            assert_eq!(truths[0].1, truth.1, "effects in {}", design.name);
            // Items of orders that were taken back are there in some designs and never were in
            // others; numbers are the same in all.
            let numbers = |values: &BTreeMap<_, i64>| -> BTreeMap<(_, u64), i64> {
                let preloaded =
                    values.iter().filter(|((_, key), _): &(&(_, windtunnel::probes::KeyId), _)| {
                        key.creator().is_none()
                    });
                preloaded.map(|((entity, key), value)| ((*entity, key.0), *value)).collect()
            };
            let expected: BTreeMap<(windtunnel::scenario::tree::EntityIx, u64), i64> =
                numbers(&truths[0].2);
            assert_eq!(expected, numbers(&truth.2), "numbers in {}", design.name);
        }
    }
}

// -- every crash of one order --------------------------------------------------------------------

/// How one interrupted order ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    /// What the rules call it.
    class: &'static str,
    /// What the client was told.
    told: &'static str,
    /// Per effect in order of steps: how often it is there in the end.
    left: Vec<i32>,
    lost: u64,
}

fn scenario_with(base: &Scenario, what: &FaultKind, at: Time, lasts: Span) -> Arc<Scenario> {
    let mut scenario = base.clone();
    scenario.faults.push(Fault {
        name: "sweep".to_owned(),
        when: When::At(Span(at.0)),
        lasts: Some(Dist::Const(lasts.0 as f64)),
        what: what.clone(),
    });
    Arc::new(scenario)
}

/// What is swept over the instants, by the name that tables give it.
type Interruptions = Vec<(String, FaultKind)>;

/// A crash of each node.
fn crashes(base: &Scenario, host: bool) -> Interruptions {
    let nodes = base.nodes.iter().enumerate().filter(|(_, node)| can_crash(node));
    let crash = |(ix, node): (usize, &Node)| {
        let target = Target { node: NodeIx(ix as u16), instance: None };
        (node.name.clone(), FaultKind::Crash(Crash { target, host }))
    };
    nodes.map(crash).collect()
}

/// A partition of each node from one other.
fn partitions(base: &Scenario) -> Interruptions {
    let mut all = Vec::new();
    for (ix, one) in base.nodes.iter().enumerate() {
        for (beside, other) in base.nodes.iter().enumerate().skip(ix + 1) {
            let (from, to) = (vec![NodeIx(ix as u16)], vec![NodeIx(beside as u16)]);
            let name = format!("{}|{}", one.name, other.name);
            let path = Path { from, to, both: true };
            all.push((name, FaultKind::Partition(Partition { path })));
        }
    }
    all
}

fn end_of(scenario: &Arc<Scenario>, design: usize) -> End {
    let model = Arc::new(Model::new(scenario, design, 1));
    let effects = model.effects[0].len() as u8;
    let instruments = Instruments::new(Arc::new(layout(&model)));
    let world = World::new(model, (instruments, Record::default()));
    let (simulation, partial) = run_to_audit(world);
    assert_eq!(partial, None);
    let audit = simulation.now();
    let (instruments, record) = simulation.into_world().into_probe();
    assert_eq!(instruments.ledger.strays, 0);
    let outcome = instruments.outcome(Label::default(), audit);
    let flow = &outcome.flows[0];
    let op = record.sent[0].op;
    let left = (0..effects).map(|effect| {
        let (applied, undone) = record.effects.get(&(op, effect)).copied().unwrap_or_default();
        applied as i32 - undone as i32
    });
    let told = match record.told.get(&op) {
        Some(Verdict::Done) => "done",
        Some(Verdict::Refused) => "refused",
        Some(Verdict::Failed(_)) => "failed",
        None => "nothing",
    };
    End { class: class(flow.ends), told, left: left.collect(), lost: flow.effects.lost }
}

fn class(ends: Ends) -> &'static str {
    let all = [
        (ends.kept, "kept"),
        (ends.retracted, "retracted"),
        (ends.half_done, "half done"),
        (ends.unannounced, "unannounced"),
        (ends.clean, "clean"),
        (ends.pending, "pending"),
    ];
    let ended: Vec<_> = all.iter().filter(|(count, _)| *count > 0).collect();
    assert_eq!(ended.len(), 1, "one order has one end");
    ended[0].1
}

/// The instants at which anything happens in an undisturbed run.
fn instants(scenario: &Arc<Scenario>, design: usize) -> Vec<Time> {
    let model = Arc::new(Model::new(scenario, design, 1));
    let (simulation, _) = run_to_audit(World::new(model, Record::default()));
    let mut instants = simulation.into_world().into_probe().instants;
    instants.dedup();
    // Heartbeats and watches go on long after the order is over.
    instants.retain(|at| *at < Time(2_000_000_000));
    instants
}

fn can_crash(node: &Node) -> bool {
    !matches!(node.kind, NodeKind::Client(_))
}

/// All ends of an operation that is interrupted for so long, with what interrupted it.
fn ends(
    base: &Scenario,
    design: usize,
    interruptions: &Interruptions,
    lasts: Span,
) -> BTreeMap<End, BTreeSet<String>> {
    let undisturbed = Arc::new(base.clone());
    let mut cases = Vec::new();
    for at in instants(&undisturbed, design) {
        for interruption in interruptions {
            // A fault comes before everything else of its instant.
            cases.extend([at, Time(at.0 + 1)].map(|moment| (interruption, moment)));
        }
    }
    let ended: Vec<(End, String)> = cases
        .par_iter()
        .map(|((name, what), at)| {
            let end = end_of(&scenario_with(base, what, *at, lasts), design);
            (end, name.clone())
        })
        .collect();
    let mut ends: BTreeMap<End, BTreeSet<String>> = BTreeMap::new();
    for (end, who) in ended {
        ends.entry(end).or_default().insert(who);
    }
    ends
}

/// By design: what became of the operation, and by whose crash.
type Sweep = Vec<(String, BTreeMap<End, BTreeSet<String>>)>;

fn sweep(base: &Scenario, interruptions: &Interruptions, lasts: Span) -> Sweep {
    let ends_of = |design| ends(base, design, interruptions, lasts);
    let named = base.designs.iter().enumerate();
    named.map(|(design, known)| (known.name.clone(), ends_of(design))).collect()
}

fn table(sweep: &Sweep, into: &mut String) {
    for (design, ends) in sweep {
        writeln!(into, "{design}").expect("text");
        for (End { class, told, left, lost }, who) in ends {
            let who = who.iter().cloned().collect::<Vec<_>>().join(" ");
            let lost = if *lost > 0 { format!(" lost {lost}") } else { String::new() };
            writeln!(into, "  {class:<11} told {told:<7} {left:?}{lost} by {who}").expect("text");
        }
    }
}

/// What rule 46 expects of the designs with all their guards: rest is left half done only by a
/// crash of the home, and so is pubsub without outbox (its request gap); pubsub with outbox and
/// events are kept, retracted, clean or unannounced. Nothing is there twice, lost or pending.
/// A hybrid that calls before its first message is as rest, one that calls after it is not.
fn violations(sweep: &Sweep, home: &str) -> Vec<String> {
    let mut violations = Vec::new();
    for (design, ends) in sweep {
        if !is_guarded(design) {
            continue;
        }
        let has_gap = ["rest-dedup", "pubsub", "rest-events", "rest-pubsub"];
        let gap = has_gap.contains(&design.as_str()).then_some(home);
        for (end, who) in ends {
            let by_home = gap.is_some_and(|home| who.iter().all(|who| who == home));
            let is_odd =
                end.class == "pending" || end.left.iter().any(|left| *left < 0 || *left > 1);
            if is_odd || (!by_home && (end.class == "half done" || end.lost > 0)) {
                violations.push(format!("{design}: {end:?} by {who:?}"));
            }
        }
    }
    violations
}

/// Has this design all its guards on?
fn is_guarded(design: &str) -> bool {
    design != "rest" && !design.ends_with("-blind")
}

/// Probability of a refusal, and how many milliseconds the interruption lasts.
const CASES: [(&str, u64); 4] = [("0.0", 2_000), ("1.0", 2_000), ("0.0", 10), ("1.0", 10)];

/// Sweeps a flow that goes through and one that is refused near its end, with a long crash and
/// with one that retries outlive; gives back the table and what speaks against rule 46.
fn sweep_all(text: &str, home: &str) -> (String, Vec<String>) {
    let (mut all, mut violations_of_all) = (String::new(), Vec::new());
    for (refuses, lasts) in CASES {
        let mut base = read(text, &[("refuses", refuses)]);
        alone(&mut base);
        let says = if refuses == "0.0" { "goes through" } else { "is refused" };
        writeln!(all, "== it {says}, the crash lasts {lasts} ms ==").expect("text");
        let sweep = sweep(&base, &crashes(&base, false), Span(lasts * 1_000_000));
        table(&sweep, &mut all);
        violations_of_all.extend(violations(&sweep, home));
    }
    (all, violations_of_all)
}

/// One operation a second after the start, and no faults.
fn alone(scenario: &mut Scenario) {
    scenario.faults.clear();
    scenario.run.warmup = Span::ZERO;
    scenario.run.drain = Span::from_secs(300.0);
    for node in &mut scenario.nodes {
        if let NodeKind::Client(client) = &mut node.kind {
            let second = Span::from_secs(1.5);
            client.arrivals = Arrivals::Constant(Rates::steps(&[(Span::ZERO, 1.0), (second, 0.0)]));
            client.sessions = 1;
        }
    }
}

#[test]
fn every_single_crash_of_place_order_ends_as_the_golden_set_says() {
    let (table, violations) = sweep_all(ONE_ORDER, "orders");
    insta::assert_snapshot!(table);
    // The shipment has no undo. A home that calls and hears nothing can take everything back but
    // that; the brokers of the other designs deliver the command again instead.
    for violation in violations {
        let pivot = "rest-dedup: End { class: \"half done\", told: \"failed\", left: [0, 0, 0, 1]";
        assert!(violation.starts_with(pivot), "{violation}");
    }
}

#[test]
fn every_single_crash_of_transfer_ends_as_the_golden_set_says() {
    let (table, violations) = sweep_all(TRANSFER, "bank-a");
    insta::assert_snapshot!(table);
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn every_single_crash_of_a_booking_ends_as_the_golden_set_says() {
    let (table, violations) = sweep_all(BOOKING, "desk");
    insta::assert_snapshot!(table);
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn rule_46_with_an_undo_for_every_effect_only_a_crash_of_the_home_leaves_an_order_half_done() {
    let text = ONE_ORDER.replace("Write(\"shipment\")", "Write(\"shipment\", undo: Write)");
    assert_ne!(text, ONE_ORDER);
    for (refuses, lasts) in CASES {
        let mut base = read(&text, &[("refuses", refuses)]);
        alone(&mut base);
        base.designs.retain(|design| is_guarded(&design.name));
        let sweep = sweep(&base, &crashes(&base, false), Span(lasts * 1_000_000));
        assert_eq!(violations(&sweep, "orders"), [""; 0]);
    }
}

#[test]
fn rule_26_every_single_crash_takes_a_best_effort_back_with_its_order() {
    let inventory = r#"Tell("inventory", Take("stock", 1), undo: Add("stock", 1)),"#;
    let shipping = r#"Tell("shipping", Write("shipment")),"#;
    let both = r#"Tell("inventory", [
        Take("stock", 1, undo: Add(1)), Tell("shipping", Write("shipment", undo: Write)),
    ], best_effort: true),"#;
    let text = ONE_ORDER.replace(shipping, "").replace(inventory, both);
    assert!(text.contains("best_effort") && !text.contains(shipping));
    for (refuses, lasts) in CASES {
        let mut base = read(&text, &[("refuses", refuses)]);
        alone(&mut base);
        base.designs.retain(|design| ["pubsub-outbox", "events"].contains(&design.name.as_str()));
        for (design, ends) in sweep(&base, &crashes(&base, false), Span(lasts * 1_000_000)) {
            for (End { class, left, lost, .. }, who) in ends {
                let is_there = matches!(class, "kept" | "unannounced");
                let whole = if is_there { [1; 4] } else { [0; 4] };
                assert!(left == whole && lost == 0, "{design}: {class} {left:?} by {who:?}");
            }
        }
    }
}
