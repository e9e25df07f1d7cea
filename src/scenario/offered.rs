//! What is asked of each node against what it can do, worked out beforehand: a service whose workers
//! are asked for more than all their time falls behind in every design, whatever a run shows besides.
//! Counted is only what is so in every design: the first work of homes, tells and calls, steps of
//! work, what a gateway does, and what a database writes. Surges, retries, refusals, and what workers wait
//! for are not; bounded queues are meant to be full.

use super::codes::Code;
use super::reader::Reader;
use super::tree::{
    Action, After, Arrivals, Batch, Client, EntityIx, Fails, Flow, Gateway, Key, Node, NodeKind,
    Step,
};
use super::volume::journeys;
use crate::base::{Dist, Span};

/// So much more than everything is asked for before that is said: means are not exact.
const OVER: f64 = 1.02;

/// What a node is asked for: how often per second, and how much of its time, in seconds per second.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    per_s: f64,
    busy: f64,
}

impl Asked {
    fn add(&mut self, per_s: f64, ns: f64) {
        self.per_s += per_s;
        self.busy += per_s * ns / 1e9;
    }
}

impl Reader<'_> {
    /// Warns of nodes that are asked for more than they can do.
    pub(super) fn warn_of_overload(&mut self, nodes: &[Node], flows: &[Flow], length: Span) {
        // Where something is wrong, or very many come, that is to be mended first.
        if self.mistakes.iter().any(|it| it.is_error() || it.said().0 == Code::ManyArrivals) {
            return;
        }
        let mut asked = vec![Asked::default(); nodes.len()];
        for node in nodes {
            let NodeKind::Client(client) = &node.kind else { continue };
            for (flow, per_s) in sends(client, flows.len(), length).into_iter().enumerate() {
                if let Some(gateway) = client.via
                    && let NodeKind::Gateway(Gateway { work, answer_work, .. }) =
                        &nodes[usize::from(gateway.0)].kind
                {
                    asked[usize::from(gateway.0)].add(per_s, work.mean() + answer_work.mean());
                }
                let flow = &flows[flow];
                let mut walk = Walk { nodes, asked: &mut asked, written: Vec::new() };
                walk.begins(flow.home.0, flow.work.as_ref(), per_s);
                walk.steps(&flow.steps, flow.home.0, per_s * passes(flow.fails));
            }
        }
        for (place, asked) in asked.iter().enumerate() {
            let (name, kind) = (&nodes[place].name, &nodes[place].kind);
            let Some(workers) = kind.workers().filter(|_| !gives_up(kind)) else { continue };
            let there = f64::from(workers) * f64::from(kind.instances());
            if asked.busy <= there * OVER || !asked.busy.is_finite() {
                continue;
            }
            let message = format!(
                "{name:?} is asked for {:.0}% of what it can do: {} times a second, for {} ms each in the \
                 mean, of {there} at once",
                asked.busy / there * 100.0,
                short(asked.per_s),
                short(asked.busy / asked.per_s * 1e3),
            );
            let at = self.known.nodes[place].at;
            self.wrong(Code::Overload, at, message).help(
                "more instances or workers, less work, or fewer customers; or is it meant so?",
            );
        }
    }
}

/// Which share gets past that.
fn passes(fails: Option<Fails>) -> f64 {
    fails.map_or(1.0, |fails| 1.0 - fails.share)
}

/// Three decimals at most.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Is it meant to turn away what is too much?
fn gives_up(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Service(service) => {
            let leaves = service.patience.is_some() || service.shed_after.is_some();
            kind.is_bounded() || leaves || service.shed_expired
        }
        NodeKind::Database(database) => database.room.is_some(),
        _ => kind.is_limited(),
    }
}

/// How often per second an open client sends each flow, as far as nobody is refused.
fn sends(client: &Client, flows: usize, length: Span) -> Vec<f64> {
    let mut sends = vec![0.0; flows];
    if matches!(client.arrivals, Arrivals::Closed { .. }) || length == Span::ZERO {
        return sends;
    }
    let all = journeys(&client.arrivals, length) * client.batch.map_or(1.0, Batch::mean);
    let weights: f64 = client.journeys.iter().map(|journey| journey.weight).sum();
    for journey in &client.journeys {
        let per_s = all / length.as_secs() * journey.weight / weights;
        let usual = journey.actions.iter().filter_map(|action| match action {
            Action::Do(it) if it.after == After::default() => Some(it.flow),
            _ => None,
        });
        usual.for_each(|flow| sends[usize::from(flow.0)] += per_s);
    }
    sends
}

/// Goes through the steps of a flow.
struct Walk<'a> {
    nodes: &'a [Node],
    asked: &'a mut [Asked],
    /// What the flow has written: a transaction writes an item once.
    written: Vec<(u16, EntityIx, Key)>,
}

impl Walk<'_> {
    /// A message comes to a service, and begins with work.
    fn begins(&mut self, at: u16, work: Option<&Dist>, per_s: f64) {
        let usual = || self.nodes[usize::from(at)].kind.work().mean();
        let ns = work.map_or_else(usual, Dist::mean);
        self.asked[usize::from(at)].add(per_s, ns);
    }

    fn steps(&mut self, steps: &[Step], at: u16, per_s: f64) {
        for step in steps {
            match step {
                Step::Work(work) => self.asked[usize::from(at)].busy += per_s * work.mean() / 1e9,
                Step::Effect(effect) => {
                    let item = (at, effect.entity, effect.key.clone());
                    if !self.written.contains(&item) {
                        self.written.push(item);
                        self.writes(at, per_s);
                    }
                }
                Step::Tell(tell) => {
                    self.begins(tell.service.0, tell.work.as_ref(), per_s);
                    let goes_on = (1.0 - tell.refuses) * passes(tell.fails);
                    self.steps(&tell.steps, tell.service.0, per_s * goes_on);
                }
                Step::Call { service, work, steps, fails } => {
                    self.begins(service.0, work.as_ref(), per_s);
                    self.steps(steps, service.0, per_s * passes(*fails));
                }
                Step::All(steps) | Step::Enough(_, steps) => self.steps(steps, at, per_s),
                Step::Maybe(probability, steps) => self.steps(steps, at, per_s * probability),
                Step::Repeat(times, steps) => self.steps(steps, at, per_s * f64::from(*times)),
                Step::Ask { .. } | Step::Read { .. } => {}
            }
        }
    }

    /// A service writes an item.
    fn writes(&mut self, at: u16, per_s: f64) {
        let NodeKind::Service(service) = &self.nodes[usize::from(at)].kind else { return };
        // What a cache takes may come to the database later, and less often.
        if let Some(store) = service.store.filter(|_| service.cache.is_none())
            && let NodeKind::Database(database) = &self.nodes[usize::from(store.0)].kind
        {
            self.asked[usize::from(store.0)].add(per_s, database.write.mean());
        }
    }
}
