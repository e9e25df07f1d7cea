//! Random stations: one queue before the workers of one service.

use std::sync::Arc;

use proptest::prelude::*;
use windtunnel::scenario::parse;
use windtunnel::scenario::tree::Scenario;

use super::business::duration;

/// One queue before the workers of one service, no network: what theory speaks of.
#[derive(Clone, Debug)]
pub(super) struct Station {
    pub arrivals: String,
    pub workers: u32,
    pub work: String,
    pub room: String,
    pub deadline_ms: u32,
    /// More settings of the service, and faults; mostly none.
    pub turns: String,
    pub faults: String,
    pub seed: u64,
}

impl Station {
    pub(super) fn scenario(&self, workers: u32) -> Arc<Scenario> {
        let Self { arrivals, work, room, deadline_ms, turns, faults, .. } = self;
        let text = format!(
            r#"(
    run: (length: "3s", drain: "600s"),
    nodes: {{
        "client": Client(arrivals: {arrivals}, does: "request"),
        "server": Service(workers: {workers}, work: {work}, room: {room}{turns}),
    }},
    network: (latency: "0s"),
    flows: {{ "request": (home: "server", deadline: "{deadline_ms}ms") }},
    designs: {{ "rest": Rest() }},
    faults: [{faults}],
)"#
        );
        Arc::new(parse("station", &text, &[]).unwrap_or_else(|found| panic!("{found}\n{text}")))
    }
}

/// The same with any discipline, under a pause or a freeze.
pub(super) fn halted(station: impl Strategy<Value = Station>) -> impl Strategy<Value = Station> {
    let turns = prop::sample::select(vec![
        "",
        ", discipline: Lifo",
        ", discipline: ProcessorSharing",
        ", discipline: Priority([\"request\"])",
        ", patience: \"900s\"",
    ]);
    let halt = (prop::sample::select(vec!["Pause", "Freeze"]), 0..2_500u32, 1..1_000u32).prop_map(
        |(what, at, lasts)| {
            format!(r#"(at: "{at}ms", lasts: "{lasts}ms", what: {what}("server"))"#)
        },
    );
    (station, turns, prop_oneof![Just(String::new()), halt])
        .prop_map(|(station, turns, faults)| Station { turns: turns.to_owned(), faults, ..station })
}

pub(super) fn station(room: impl Strategy<Value = String>) -> impl Strategy<Value = Station> {
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
            turns: String::new(),
            faults: String::new(),
            seed,
        },
    )
}
