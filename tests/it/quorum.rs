//! The quorum store, by small scenarios whose every instant can be computed in one's head, and the
//! figures of Dynamo-style stores that were published.

use std::sync::Arc;

use windtunnel::base::Time;
use windtunnel::engine::InstanceId;
use windtunnel::model::Model;
use windtunnel::nodes::World;
use windtunnel::probes::{Fact, Instruments, Label, Outcome, Probe, Reason, Verdict};
use windtunnel::scenario::{parse, tree::Scenario};
use windtunnel::simulate;

/// What a quorum's users and replicas went through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Record {
    /// When a replica (by instance) held a version.
    held: Vec<(u64, u32, u64)>,
    /// When a version was committed.
    committed: Vec<(u64, u64)>,
    /// When a read saw a version.
    saw: Vec<(u64, u64)>,
    /// When customers were told what.
    told: Vec<(u64, Verdict)>,
}

impl Probe for Record {
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        let ms = now.0 / 1_000_000;
        match fact {
            Fact::Holds { version, .. } => self.held.push((ms, at.0, version)),
            Fact::Applied { version, .. } => self.committed.push((ms, version)),
            Fact::Saw { version, .. } => self.saw.push((ms, version)),
            Fact::Answered { verdict, .. } => self.told.push((ms, verdict)),
            _ => {}
        }
    }
}

/// One customer who writes at 10 ms and does the `rest` of a journey; no hop takes time. The quorum
/// comes first in order of names: instance 0 is its coordinator, 1 to n are its replicas.
fn scenario(quorum: &str, rest: &str, faults: &str) -> Arc<Scenario> {
    let text = format!(
        r#"(
            run: (length: "1s"),
            nodes: {{
                "web": Client(arrivals: Constant([("0s", "100/s"), ("15ms", "0/s")]), journeys: {{
                    "once": (steps: [Do("write"), {rest}]),
                }}),
                "site": Service(workers: 1, hold: false, store: "db"),
                "db": Quorum({quorum}),
            }},
            network: (latency: "0s"),
            data: {{ "item": (owner: "site", start: 0) }},
            flows: {{
                "write": (home: "site", steps: Write("item", key: Popular)),
                "read": (home: "site", steps: Read("item")),
            }},
            designs: {{ "rest": Rest() }},
            faults: [{faults}],
        )"#
    );
    Arc::new(parse("quorum", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}")))
}

/// Runs it, and holds the ledger's own counts to be right.
fn run(scenario: &Arc<Scenario>) -> (Record, Outcome) {
    let model = Arc::new(Model::new(scenario, 0, 1));
    let instruments = Instruments::new(Arc::new(simulate::layout(&model)));
    let world = World::new(Arc::clone(&model), (instruments, Record::default()));
    let (simulation, partial) = simulate::run_to_audit(world);
    assert_eq!(partial, None);
    let audit = simulate::audit(&simulation, false);
    let (instruments, record) = simulation.into_world().into_probe();
    assert_eq!(instruments.ledger.strays, 0, "facts about operations that were closed");
    (record, instruments.outcome(Label::default(), audit))
}

const DONE: Verdict = Verdict::Done;
const TIMEOUT: Verdict = Verdict::Failed(Reason::Timeout);

/// Legs of 1, 4 and 9 ms to the three replicas, and the same back.
const FAR_AND_NEAR: &str = r#"n: 3, r: 2, w: 2,
    write_leg: ["1ms", "4ms", "9ms"], ack_leg: ["1ms", "4ms", "9ms"],
    read_leg: ["1ms", "4ms", "9ms"], respond_leg: ["1ms", "4ms", "9ms"]"#;

#[test]
fn a_write_is_committed_and_answered_with_its_second_acknowledgement() {
    // DET-10 of the reference results: applied at 1, 4 and 9, acknowledged at 8.
    let (record, outcome) = run(&scenario(FAR_AND_NEAR, "", ""));
    assert_eq!(record.held, [(11, 1, 1), (14, 2, 1), (19, 3, 1)]);
    assert_eq!(record.committed, [(18, 1)]);
    assert_eq!(record.told, [(18, DONE)]);
    let write = &outcome.flows["write"];
    assert_eq!(write.convergence.max().unwrap().as_ms(), 9.0, "until the last replica has it");
    assert_eq!(write.ends.kept, 1);
}

#[test]
fn a_read_takes_the_newest_of_the_first_responses() {
    let (record, _) = run(&scenario(FAR_AND_NEAR, r#"Do("read")"#, ""));
    assert_eq!(record.saw, [(26, 1)], "issued at 18, answered by two replicas at 20 and 26");

    // The write reaches one replica at once and the others late; the read hears from a late one.
    let stale = r#"n: 2, r: 1, w: 1, write_leg: ["0ms", "100ms"], ack_leg: "1ms",
        read_leg: ["5ms", "2ms"], respond_leg: "1ms""#;
    let (record, outcome) = run(&scenario(stale, r#"Think("1ms"), Do("read")"#, ""));
    assert_eq!((record.committed[0], record.saw[0]), ((11, 1), (15, 0)));
    let read = &outcome.flows["read"];
    assert_eq!((read.reads.stale, read.reads.behind_by(1), read.reads.behind_by(2)), (1, 1, 0));
    assert_eq!(read.reads.staleness.max().unwrap().as_ms(), 1.0, "issued a millisecond after");
    assert_eq!(read.violations.read_your_writes, 1);
    // Replica 2 has it at 110; a read looks at it 2 ms after its issue: 110 - 11 - 2.
    assert_eq!(outcome.visibility.max().unwrap().as_ms(), 97.0);
}

#[test]
fn a_replica_that_is_down_is_not_missed_by_a_quorum() {
    let crash = r#"(at: "0s", what: Crash("db", instance: 1, host: true))"#;
    let (record, _) = run(&scenario(FAR_AND_NEAR, r#"Do("read")"#, crash));
    assert_eq!(record.held, [(14, 2, 1), (19, 3, 1)]);
    assert_eq!((record.committed[0], record.saw[0]), ((28, 1), (46, 1)));
}

#[test]
fn a_write_without_a_quorum_fails_and_may_still_be_seen() {
    // SEM-DB-04 of the reference results: its outcome is unknown, it is not undone.
    let crashes = r#"(at: "0s", lasts: "50ms", what: Crash("db", instance: 2)),
        (at: "0s", lasts: "50ms", what: Crash("db", instance: 3))"#;
    let quorum = format!(r#"{FAR_AND_NEAR}, timeout: "30ms""#);
    let (record, outcome) = run(&scenario(&quorum, r#"Think("100ms"), Do("read")"#, crashes));
    assert_eq!(record.held, [(11, 1, 1)]);
    assert_eq!(record.committed, []);
    assert_eq!(record.told[0], (40, TIMEOUT));
    assert_eq!(record.saw, [(148, 1)], "replica 1 has it");
    assert_eq!(outcome.flows["read"].reads.stale, 0, "and it is newer than what was committed");
}

#[test]
fn a_slow_replica_answers_late_and_a_lost_message_is_lost() {
    let slow = r#"(at: "0s", what: Slow("db", 10, instance: 2))"#;
    let (record, _) = run(&scenario(FAR_AND_NEAR, "", slow));
    assert_eq!(record.held, [(11, 1, 1), (14, 2, 1), (19, 3, 1)]);
    assert_eq!(record.committed, [(28, 1)], "replica 3 comes before replica 2, at 54");
    let cut = r#"(at: "0s", what: Partition("db", "db"))"#;
    let quorum = format!(r#"{FAR_AND_NEAR}, timeout: "30ms""#);
    let (record, _) = run(&scenario(&quorum, "", cut));
    assert_eq!((record.held, record.told), (vec![], vec![(40, TIMEOUT)]));
}

#[test]
fn the_coordinator_may_crash_and_what_it_sent_still_arrives() {
    let crash = r#"(at: "12ms", lasts: "100ms", what: Crash("db", instance: 0))"#;
    let (record, outcome) = run(&scenario(FAR_AND_NEAR, r#"Think("300ms"), Do("write")"#, crash));
    let crashed = Verdict::Failed(Reason::Crashed);
    assert_eq!((record.told[0], record.told[1]), ((12, crashed), (320, DONE)));
    assert_eq!(record.held[..3], [(11, 1, 1), (14, 2, 1), (19, 3, 1)]);
    assert_eq!(record.committed, [(320, 2)], "the order of versions goes on behind the first");
    assert_eq!(outcome.flows["write"].ends.kept, 1);
}

#[test]
fn a_quorum_has_no_workers_that_could_pause() {
    let text = r#"(
        run: (length: "1s"),
        nodes: {
            "web": Client(arrivals: Poisson("1/s"), does: "write"),
            "site": Service(workers: 1, store: "db"),
            "db": Quorum(n: 1, r: 1, w: 1, write_leg: "1ms", ack_leg: "1ms", read_leg: "1ms", respond_leg: "1ms"),
        },
        data: { "item": (owner: "site") },
        flows: { "write": (home: "site", steps: Write("item")) },
        designs: { "rest": Rest() },
        faults: [(at: "0s", what: Pause("db"))],
    )"#;
    let mistakes = parse("quorum", text, &[]).expect_err("a mistake");
    assert_eq!(mistakes.list.iter().map(|it| it.code.text()).collect::<Vec<_>>(), ["E0803"]);
}

#[test]
fn the_side_of_a_majority_goes_on_and_that_of_a_minority_does_not() {
    // DET-18 of the reference results, as either side sees it: the others are silent.
    let side = |silent: std::ops::RangeInclusive<u32>| {
        let quorum = r#"n: 5, r: 3, w: 3, timeout: "3ms", write_leg: "1ms", ack_leg: "1ms",
            read_leg: "1ms", respond_leg: "1ms""#;
        let host = |replica: u32| {
            format!(
                r#"(at: "5ms", lasts: "10ms", what: Crash("db", instance: {replica}, host: true)),"#
            )
        };
        let (record, _) = run(&scenario(quorum, "", &silent.map(host).collect::<String>()));
        record.told
    };
    assert_eq!(side(4..=5), [(12, DONE)]);
    assert_eq!(side(3..=5), [(13, TIMEOUT)]);
}

#[test]
fn strict_quorums_are_regular_and_not_linearizable() {
    // SEM-DB-02 of the reference results (Attiya, Bar-Noy and Dolev, JACM 1995, need a write-back).
    let text = r#"(
        run: (length: "100s"),
        nodes: {
            "writer": Client(arrivals: Poisson("20/s"), does: "write"),
            "reader": Client(arrivals: Closed(customers: 5, think: Exp("10ms")), journeys: {
                "twice": (steps: [Do("read"), Do("read")]),
            }),
            "site": Service(workers: 1, hold: false, store: "db"),
            "db": Quorum(n: 3, r: 2, w: 2, write_leg: Exp("20ms"), ack_leg: Exp("1ms"),
                read_leg: Exp("1ms"), respond_leg: Exp("1ms")),
        },
        network: (latency: "0s"),
        data: { "item": (owner: "site", start: 0) },
        flows: {
            "write": (home: "site", steps: Write("item", key: Popular)),
            "read": (home: "site", steps: Read("item")),
        },
        designs: { "rest": Rest() },
    )"#;
    let scenario = Arc::new(parse("quorum", text, &[]).unwrap_or_else(|it| panic!("{it}")));
    let (_, outcome) = run(&scenario);
    let read = &outcome.flows["read"];
    assert!(read.reads.reads > 10_000 && outcome.visibility.count() > 1_000);
    assert_eq!(read.reads.stale, 0, "what is committed is seen");
    assert_eq!(outcome.visibility.max(), Some(windtunnel::base::Span::ZERO), "and at once");
    assert!(read.violations.monotonic_reads > 0, "what is not yet committed is seen, and then not");
}
