//! The short ways of the caller's side against the long one: whole runs are the same without them.

use std::cell::Cell;
use std::sync::Arc;

use crate::engine::InstanceId;
use crate::model::NodeIx;
use crate::nodes::readings;
use crate::nodes::readings::{Value, What, Whom};
use crate::probes::outcome::Outcome;
use crate::scenario::tree::Scenario;
use crate::simulate::Timeline;
use crate::{scenario, simulate};

thread_local! {
    /// Do the callers that are made now take the long way?
    static LONG_WAY: Cell<bool> = const { Cell::new(false) };
}

/// Does a caller that is made now treat all policies as special, count what is outstanding
/// everywhere, and balance also where there is nobody else?
pub(super) fn takes_long_way() -> bool {
    LONG_WAY.get()
}

/// Callers of one instance and of many, with and without policies, some of whose calls time out.
const SHOP: &str = r#"(
    run: (length: "4s"),
    nodes: {
        "users": Client(arrivals: Poisson("300/s"), via: "gate", journeys: { "one": (steps: [Do("order")]) }),
        "gate": Gateway(instances: 2, work: "0.2ms"),
        "shop": Service(instances: 3, workers: 2, work: Exp("4ms"), store: "shop-db"),
        "stock": Service(instances: 2, workers: 3, work: Exp("9ms"), balance: Random, store: "stock-db"),
        "mail": Service(workers: 4, work: Exp("6ms"), policy: "patient", store: "mail-db"),
        "shop-db": Database(read: Exp("1ms"), write: Exp("3ms")),
        "stock-db": Database(read: Exp("1ms"), write: Exp("2ms")),
        "mail-db": Database(read: Exp("1ms"), write: Exp("2ms")),
        "queue": Queue(persist: "1ms"),
        "log": Log(append: "1ms"),
    },
    data: {
        "order": (owner: "shop"),
        "item": (owner: "stock"),
        "letter": (owner: "mail"),
    },
    flows: {
        "order": Flow(home: "shop", steps: [
            Work("1ms"),
            Write("order"),
            Tell("stock", Write("item", undo: Write)),
            Tell("mail", Write("letter")),
        ]),
    },
    designs: {
        "rest": Rest(dedup: true),
        "pubsub": PubSub(),
        "events": Events(),
    },
    policies: {
        "call": (timeout: "30ms", retry: (tries: 3, backoff: Exponential(base: "5ms", cap: "50ms"))),
        "patient": (timeout: "2s"),
        "publish": (timeout: "20ms", retry: (tries: 2, backoff: "1ms")),
    },
    faults: [(name: "crash", at: "1s", lasts: "300ms", what: Crash("stock"))],
)"#;

fn parse(text: &str) -> Arc<Scenario> {
    let shop = scenario::parse("shop.ron", text, &[]).unwrap_or_else(|wrong| panic!("{wrong}"));
    Arc::new(shop)
}

fn run(design: usize, long_way: bool) -> Outcome {
    LONG_WAY.set(long_way);
    let outcome = simulate::run(&parse(SHOP), design, 1);
    LONG_WAY.set(false);
    outcome
}

#[test]
fn without_the_short_ways_every_run_is_the_same() {
    for design in 0..3 {
        let (short, long) = (run(design, false), run(design, true));
        let retries: u64 = short.flows.iter().map(|(_, flow)| flow.retries).sum();
        assert!(design > 0 || retries > 100, "only {retries} calls were tried again");
        assert_eq!(short.digest, long.digest, "{}", short.design);
        assert_eq!(format!("{short:?}"), format!("{long:?}"), "{}", short.design);
    }
}

/// What a guard has held back is, until that is said, a call to the node that it was for: the second
/// one where one is let through.
#[test]
fn a_call_that_went_nowhere_is_shown_with_the_node_that_it_was_for() {
    let timeout = r#""patient": (timeout: "2s""#;
    assert!(SHOP.contains(timeout));
    let shop = parse(&SHOP.replace(timeout, &format!("{timeout}, bulkhead: 1")));
    let mail = shop.nodes.iter().position(|node| node.name == "mail").expect("it is there");
    let mail = Whom::Node(NodeIx(mail as u16));
    let mut timeline = Timeline::new(&shop, 0, 1);
    let mut most = 0;
    for _ in 0..3_000 {
        timeline.step();
        for at in (0..timeline.simulation().world().model().instances.len() as u32).map(InstanceId)
        {
            let shown = readings(timeline.simulation(), at);
            let mut calls = shown.all().iter().filter(|it| it.what == What::Calls);
            if let Some(Value::Count(calls)) = calls.find(|it| it.whom == mail).map(|it| it.value) {
                most = most.max(calls);
            }
        }
    }
    assert_eq!(most, 2);
}
