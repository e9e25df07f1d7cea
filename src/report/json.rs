//! One run as JSON, in exactly the shape that scripts rely on: times in milliseconds, rates per
//! second, `null` for what was not seen, keys always in the same order.

use indexmap::IndexMap;
use serde::Serialize;

use super::output::Output;
use super::run::{
    Run, availability, consistent_at_0, effects, merged_reads, per_second, ratio, sum, violations,
};
use super::times::Times;
use crate::base::{Span, is_obeyed};
use crate::probes::outcome::{
    Effects, Ends, FlowOutcome, Load, NodeOutcome, Outcome, Recovery, Violations,
};

/// The version of every JSON shape of this program.
pub const SCHEMA: u32 = 1;

/// The engine that made it.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// One object, or a list of them.
pub static OUTPUT: Output = Output {
    word: "json",
    about: "For scripts",
    tells_all: false,
    render: |runs, asked| {
        let shapes: Vec<RunJson> = runs.iter().map(RunJson::of).collect();
        match &shapes[..] {
            [one] if !asked.is_list => text(one),
            _ => text(&shapes),
        }
    },
};

/// Any shape as text: indented, with a line end.
pub fn text<T: Serialize>(shape: &T) -> String {
    // Shapes hold strings for keys and finite numbers only; there is nothing to fail.
    harmless(&serde_json::to_string_pretty(shape).expect("a plain shape"))
}

/// JSON of which no terminal and no build server obeys anything, with a line end.
pub fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    for letter in text.chars() {
        match letter {
            '\n' => safe.push(letter),
            letter if is_obeyed(letter) => {
                let mut units = [0; 2];
                let units = letter.encode_utf16(&mut units).iter();
                safe.extend(units.map(|unit| format!("\\u{unit:04x}")));
            }
            '#' if safe.ends_with('#') => safe.push_str("\\u0023"),
            letter => safe.push(letter),
        }
    }
    safe.push('\n');
    safe
}

/// One run.
#[derive(Serialize)]
pub struct RunJson<'a> {
    schema: u32,
    engine: &'static str,
    scenario: &'a str,
    design: &'a str,
    seed: u64,
    digest: String,
    events: u64,
    simulated_s: f64,
    measured_s: f64,
    partial: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial_reason: Option<&'a str>,
    replay: Option<String>,
    guards: &'a [String],
    flows: IndexMap<&'a str, FlowJson>,
    nodes: IndexMap<&'a str, NodeJson>,
    consistency: ConsistencyJson<'a>,
    cost: CostJson,
    recoveries: IndexMap<&'a str, RecoveryJson>,
    measures: IndexMap<&'a str, Option<f64>>,
    anomalies: Vec<AnomalyJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<super::series::SeriesJson<'a>>,
}

#[derive(Serialize)]
struct FlowJson {
    offered: u64,
    ok: u64,
    late: u64,
    refused: u64,
    failed: u64,
    failures: IndexMap<&'static str, u64>,
    losses: IndexMap<&'static str, u64>,
    rate_per_s: Option<f64>,
    goodput_per_s: Option<f64>,
    availability: Option<f64>,
    wrongly_refused: u64,
    latency_ms: Times,
    to_failure_ms: Times,
    convergence_ms: Times,
    unconverged: u64,
    ends: EndsJson,
    retries: u64,
    messages: u64,
}

#[derive(Serialize)]
struct EndsJson {
    kept: u64,
    retracted: u64,
    half_done: u64,
    unannounced: u64,
    clean: u64,
    pending: u64,
}

#[derive(Serialize)]
struct NodeJson {
    #[serde(flatten)]
    load: LoadJson,
    waited: u64,
    wait_ms: Times,
    hit_ratio: Option<f64>,
    fetches: u64,
    evicted: u64,
    kept_out: u64,
    expired: u64,
    items_mean: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    instances: Vec<LoadJson>,
}

#[derive(Serialize)]
struct LoadJson {
    arrivals: u64,
    turned_away: u64,
    utilization: Option<f64>,
    working: Option<f64>,
    queue_mean: Option<f64>,
    queue_max: u64,
}

#[derive(Serialize)]
struct ConsistencyJson<'a> {
    reads: u64,
    stale_reads: u64,
    versions_behind: u64,
    dangling_reads: u64,
    lost_updates: u64,
    staleness_ms: Times,
    t_visibility_ms: Times,
    consistent_at_0: Option<f64>,
    violations: ViolationsJson,
    effects: EffectsJson,
    invariants_broken: IndexMap<&'a str, u64>,
    invariants_deviation: IndexMap<&'a str, f64>,
}

#[derive(Serialize)]
struct ViolationsJson {
    read_your_writes: u64,
    monotonic_reads: u64,
    monotonic_writes: u64,
    writes_follow_reads: u64,
}

#[derive(Serialize)]
struct EffectsJson {
    told: u64,
    once: u64,
    duplicated: u64,
    undone: u64,
    lost: u64,
    pending: u64,
    dropped: u64,
    void: u64,
    harmless: u64,
}

#[derive(Serialize)]
struct CostJson {
    messages: u64,
    messages_per_flow: Option<f64>,
    retries: u64,
}

#[derive(Serialize)]
struct RecoveryJson {
    start_s: f64,
    end_s: f64,
    after_ms: Option<f64>,
    amplification: Option<f64>,
}

#[derive(Serialize)]
struct AnomalyJson<'a> {
    time_s: f64,
    kind: &'a str,
    flow: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a str>,
    number: u64,
    count: u64,
    detail: &'a str,
    explain: String,
}

impl<'a> RunJson<'a> {
    /// The shape of one run.
    pub fn of(run: &'a Run) -> Self {
        let outcome = run.outcome;
        Self {
            schema: SCHEMA,
            engine: ENGINE,
            scenario: &outcome.scenario,
            design: &outcome.design,
            seed: outcome.seed,
            digest: format!("{:016x}", outcome.digest),
            events: outcome.events,
            simulated_s: outcome.simulated.as_secs(),
            measured_s: outcome.measured.as_secs(),
            partial: outcome.partial.is_some(),
            partial_reason: outcome.partial.as_deref(),
            replay: (!run.is_cut).then(|| run.token.to_string()),
            guards: &outcome.guards,
            flows: outcome
                .flows
                .iter()
                .map(|(name, flow)| (name.as_str(), flow_json(flow, outcome.measured)))
                .collect(),
            nodes: outcome
                .nodes
                .iter()
                .map(|(name, node)| (name.as_str(), node_json(node, outcome.measured)))
                .collect(),
            consistency: consistency_json(outcome),
            cost: cost_json(outcome),
            recoveries: outcome
                .recoveries
                .iter()
                .map(|(name, it)| (name.as_str(), recovery_json(it)))
                .collect(),
            measures: run
                .measures
                .iter()
                .map(|(name, it)| (name.as_str(), it.presented()))
                .collect(),
            anomalies: anomalies_json(run),
            series: run.series.map(|window| super::series::SeriesJson::of(outcome, window)),
        }
    }
}

fn flow_json(flow: &FlowOutcome, measured: Span) -> FlowJson {
    FlowJson {
        offered: flow.offered,
        ok: flow.ok,
        late: flow.late,
        refused: flow.refused,
        failed: flow.failed,
        failures: flow.failures.iter().map(|(reason, count)| (reason.name(), *count)).collect(),
        losses: flow.losses.iter().map(|(reason, count)| (reason.name(), *count)).collect(),
        rate_per_s: per_second(flow.ok + flow.late, measured),
        goodput_per_s: per_second(flow.good, measured),
        availability: availability(flow),
        wrongly_refused: flow.wrongly_refused,
        latency_ms: Times::of(&flow.latency),
        to_failure_ms: Times::of(&flow.to_failure),
        convergence_ms: Times::of(&flow.convergence),
        unconverged: flow.unconverged,
        ends: ends_json(flow.ends),
        retries: flow.retries,
        messages: flow.messages,
    }
}

fn ends_json(ends: Ends) -> EndsJson {
    let Ends { kept, retracted, half_done, unannounced, clean, pending } = ends;
    EndsJson { kept, retracted, half_done, unannounced, clean, pending }
}

fn node_json(node: &NodeOutcome, measured: Span) -> NodeJson {
    NodeJson {
        load: load_json(&node.load, measured),
        waited: node.waited,
        wait_ms: Times::of(&node.wait),
        hit_ratio: ratio(node.cache.hits, node.cache.hits + node.cache.misses),
        fetches: node.cache.fetches,
        evicted: node.cache.evicted,
        kept_out: node.cache.kept_out,
        expired: node.cache.expired,
        items_mean: node.cache.items_mean,
        instances: match node.instances.as_slice() {
            [] | [_] => Vec::new(),
            several => several.iter().map(|it| load_json(it, measured)).collect(),
        },
    }
}

fn load_json(it: &Load, measured: Span) -> LoadJson {
    LoadJson {
        arrivals: it.arrivals,
        turned_away: it.turned_away,
        utilization: it.utilization,
        working: it.working,
        queue_mean: (measured > Span::ZERO).then_some(it.queue_mean),
        queue_max: it.queue_max,
    }
}

fn consistency_json(outcome: &Outcome) -> ConsistencyJson<'_> {
    let Violations { read_your_writes, monotonic_reads, monotonic_writes, writes_follow_reads } =
        violations(outcome);
    let Effects { told, once, duplicated, undone, lost, pending, dropped, void, harmless } =
        effects(outcome);
    let broken = outcome.invariants.iter().map(|(name, it)| (name.as_str(), it.broken));
    let deviation = outcome.invariants.iter().map(|(name, it)| (name.as_str(), it.mean_deviation));
    ConsistencyJson {
        reads: sum(outcome, |flow| flow.reads.reads),
        stale_reads: sum(outcome, |flow| flow.reads.stale),
        versions_behind: sum(outcome, |flow| flow.reads.versions_behind),
        dangling_reads: sum(outcome, |flow| flow.reads.dangling),
        lost_updates: sum(outcome, |flow| flow.lost_updates),
        staleness_ms: Times::of(&merged_reads(outcome)),
        t_visibility_ms: Times::of(&outcome.visibility),
        consistent_at_0: consistent_at_0(outcome),
        violations: ViolationsJson {
            read_your_writes,
            monotonic_reads,
            monotonic_writes,
            writes_follow_reads,
        },
        effects: EffectsJson {
            told,
            once,
            duplicated,
            undone,
            lost,
            pending,
            dropped,
            void,
            harmless,
        },
        invariants_broken: broken.collect(),
        invariants_deviation: deviation.collect(),
    }
}

fn cost_json(outcome: &Outcome) -> CostJson {
    let offered = sum(outcome, |flow| flow.offered);
    CostJson {
        messages: outcome.messages,
        messages_per_flow: ratio(sum(outcome, |flow| flow.messages), offered),
        retries: sum(outcome, |flow| flow.retries),
    }
}

fn recovery_json(recovery: &Recovery) -> RecoveryJson {
    RecoveryJson {
        start_s: recovery.start.since(crate::base::Time::ZERO).as_secs(),
        end_s: recovery.end.since(crate::base::Time::ZERO).as_secs(),
        after_ms: recovery.after.map(Span::as_ms),
        amplification: recovery.amplification,
    }
}

fn anomalies_json<'a>(run: &'a Run) -> Vec<AnomalyJson<'a>> {
    let anomalies = run.outcome.anomalies.iter();
    let shape = anomalies.map(|anomaly| AnomalyJson {
        time_s: anomaly.time.since(crate::base::Time::ZERO).as_secs(),
        kind: anomaly.kind,
        flow: &anomaly.flow,
        client: anomaly.client.as_deref(),
        number: anomaly.number,
        count: anomaly.count,
        detail: &anomaly.detail,
        explain: run.explain_line(anomaly),
    });
    shape.collect()
}
