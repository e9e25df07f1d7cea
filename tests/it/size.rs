//! What a scenario costs in memory is linear in what it declares: twice as many services take twice as
//! much, and no table grows with the product of two things. Memory is counted without a clock or an
//! allocator, as the length of the text in which everything writes itself down that a simulation holds.

use std::fmt::{self, Write};
use std::sync::Arc;

use windtunnel::model::Model;
use windtunnel::nodes::World;
use windtunnel::probes::Instruments;
use windtunnel::scenario::parse;
use windtunnel::scenario::tree::Scenario;
use windtunnel::simulate::layout;

/// What a large scenario has beside services with three instances and a database each, flows over ten of
/// them, a gateway and a client.
#[derive(Clone, Copy, Debug)]
enum Extra {
    /// Nothing.
    Plain,
    /// All policies guard their calls: breaker, throttle, bulkhead and budget.
    Guards,
    /// Each service has a link of its own.
    Links,
    /// Something befalls each service again and again, and its links.
    Faults,
    /// All services register.
    Registry,
    /// All services let some flows go first.
    Priority,
    /// Each service has a cache.
    Caches,
}

const EXTRAS: [Extra; 7] = [
    Extra::Plain,
    Extra::Guards,
    Extra::Links,
    Extra::Faults,
    Extra::Registry,
    Extra::Priority,
    Extra::Caches,
];

/// So many services, as a scenario file.
fn text(services: usize, extra: Extra) -> Result<String, fmt::Error> {
    let mut text = String::from("(run: (length: \"10s\", warmup: \"0s\"),\nnodes: {\n");
    let flows = services / 10;
    let weighted =
        (0..flows).map(|flow| format!(r#""journey-{flow}": (steps: [Do("flow-{flow}")])"#));
    let journeys = weighted.collect::<Vec<_>>().join(", ");
    writeln!(
        text,
        r#""web": Client(arrivals: Poisson("100/s"), journeys: {{ {journeys} }}, via: "edge"),"#
    )?;
    writeln!(text, r#""edge": Gateway(instances: 2),"#)?;
    writeln!(text, r#""queue": Queue(), "log": Log(partitions: 12), "names": Eureka(),"#)?;
    for at in 0..services {
        let more = match extra {
            Extra::Registry => r#"registry: "names","#.to_owned(),
            Extra::Priority => r#"discipline: Priority(["flow-0"]),"#.to_owned(),
            Extra::Caches => format!(r#"cache: "cache-{at}","#),
            _ => String::new(),
        };
        writeln!(
            text,
            r#""s{at}": Service(instances: 3, workers: 8, work: Exp("1ms"), store: "db-{at}", {more}), "db-{at}": Database(read: "0.5ms", write: "1ms"),"#
        )?;
        if let Extra::Caches = extra {
            writeln!(text, r#""cache-{at}": Cache(capacity: 100),"#)?;
        }
    }
    writeln!(text, "}},\nnetwork: (latency: \"0.5ms\", links: [")?;
    if let Extra::Links = extra {
        for at in 0..services {
            writeln!(
                text,
                r#"("s{at}", "db-{at}", latency: "0.2ms"), ("s{at}", "s{}", latency: Exp("1ms")),"#,
                (at + 1) % services
            )?;
        }
    }
    writeln!(text, "]),\ndata: {{")?;
    for at in 0..services {
        writeln!(text, r#""item-{at}": (owner: "s{at}", keys: 10),"#)?;
    }
    writeln!(text, "}},\nflows: {{")?;
    for flow in 0..flows {
        let first = flow * 10;
        let told =
            (first + 1..first + 10).map(|at| format!(r#"Tell("s{at}", Add("item-{at}", 1))"#));
        let told = told.collect::<Vec<_>>().join(", ");
        writeln!(
            text,
            r#""flow-{flow}": (home: "s{first}", steps: [Ask("item-{}"), Add("item-{first}", 1), {told}]),"#,
            first + 1
        )?;
    }
    let guards = match extra {
        Extra::Guards => r#"budget: "10%"), breaker: (), throttle: (), bulkhead: 100"#,
        _ => ")",
    };
    writeln!(
        text,
        r#"}},
designs: {{ "rest": Rest(), "pubsub": PubSub(broker: "queue"), "events": Events(broker: "log") }},
policies: {{ "call": (timeout: "1s", retry: (tries: 3, {guards}),"#
    )?;
    writeln!(text, "}},\nfaults: [")?;
    if let Extra::Faults = extra {
        for at in 0..services {
            writeln!(
                text,
                r#"(at: Every(first: "1s", every: "1s"), lasts: "10ms", what: Slow("s{at}", 2)),"#
            )?;
            writeln!(
                text,
                r#"(at: Every(first: "1s", every: "1s"), lasts: "10ms", what: Loss("s{at}", "db-{at}", probability: "1%")),"#
            )?;
        }
    }
    writeln!(text, "])")?;
    Ok(text)
}

fn scenario(services: usize, extra: Extra) -> Arc<Scenario> {
    let text = text(services, extra).expect("text takes everything");
    Arc::new(parse("large", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}")))
}

/// Counts what is written.
#[derive(Default)]
struct Counter(usize);

impl Write for Counter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

/// How much a simulation holds when it has run for a little while.
fn held(scenario: &Arc<Scenario>, design: usize) -> usize {
    let model = Arc::new(Model::new(scenario, design, 1));
    let probes = Instruments::new(Arc::new(layout(&model)));
    let mut simulation = World::new(model, probes).simulate();
    simulation.run_events(200);
    let mut counter = Counter::default();
    write!(counter, "{simulation:?}").expect("a counter takes everything");
    counter.0
}

#[test]
fn twice_as_many_services_take_twice_as_much() {
    let mut superlinear = Vec::new();
    for extra in EXTRAS {
        let [few, many] = [100, 200].map(|services| scenario(services, extra));
        for (design, named) in few.designs.iter().enumerate() {
            let (once, twice) = (held(&few, design), held(&many, design));
            if twice > once * 21 / 10 {
                superlinear.push(format!("{extra:?} as {}: {once}, then {twice}", named.name));
            }
        }
    }
    assert!(superlinear.is_empty(), "{superlinear:#?}");
}
