//! What the map knows of nodes and links at the cursor: from the state where it is there, else from the
//! history. Knows what readings are called and no kind of node.

use std::collections::BTreeMap;

use crate::base::{Span, Time};
use crate::model::{Model, NodeIx};
use crate::nodes::readings::{Reading, Value, What, Whom};
use crate::scenario::tree::{Ailment, Disturbance, Fault, Harm, Role};
use crate::tui::history::{Bucket, Stretch};
use crate::tui::snapshot::{Down, InstanceState, Known, State};
use crate::tui::views::Screen;
use crate::tui::words;

/// Everything at the cursor.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The run.
    pub known: &'a Known,
    /// Its state, if it is there.
    pub state: Option<&'a State>,
    /// When.
    pub now: Time,
    /// The last second, or the range that was chosen.
    pub second: Stretch,
    /// The bucket before the cursor.
    bucket: Option<&'a Bucket>,
}

/// A node at the cursor.
#[derive(Clone, Debug, Default)]
pub struct NodeFacts<'a> {
    /// How many instances it has.
    pub count: u32,
    /// How many of them are up.
    pub up: u32,
    /// Of those that are down: since when the first is, and until when the last.
    pub down: Option<Down>,
    /// In service.
    pub busy: u64,
    /// Waiting.
    pub waiting: u64,
    /// Workers of all instances together, where they are bounded.
    pub workers: Option<u64>,
    /// Services begun a second; of a client what it sends.
    pub rate: f64,
    /// What its instances say, if the state is there.
    pub instances: Vec<&'a InstanceState>,
}

/// How a link is.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A fault lets nothing pass: its name, and when it ends.
    Cut(String, Time),
    /// All instances of the callee are down.
    Nobody,
    /// A fault disturbs it: its name.
    Disturbed(String),
    /// Nothing is wrong.
    Fine,
}

impl<'a> Facts<'a> {
    /// Of the run that is shown, if anything is known of it.
    pub fn of(screen: Screen<'a>) -> Option<Self> {
        let (known, now) = (screen.known()?, screen.now());
        let second = match screen.session.range {
            Some((from, to)) if from < to => known.history.stretch(from, to),
            _ => known.history.last_second(now),
        };
        let before = Time(now.0.saturating_sub(known.history.width.0));
        let bucket = known.history.bucket(before);
        Some(Self { known, state: screen.state(), now, second, bucket })
    }

    /// The names and settings.
    pub fn model(&self) -> &'a Model {
        &self.known.model
    }

    /// The name of a node.
    pub fn name(&self, node: NodeIx) -> &'a str {
        &self.known.model.scenario.nodes[usize::from(node.0)].name
    }

    /// How long the second was, or the range.
    pub fn seconds(&self) -> f64 {
        (self.second.to.0.saturating_sub(self.second.from.0)) as f64 / 1e9
    }

    fn per_second(&self, count: u64) -> f64 {
        if self.seconds() > 0.0 { count as f64 / self.seconds() } else { 0.0 }
    }

    /// A node.
    pub fn node(&self, node: NodeIx) -> NodeFacts<'a> {
        let model = self.model();
        let place = &model.nodes[usize::from(node.0)];
        let kind = &model.scenario.nodes[usize::from(node.0)].kind;
        let mut facts = NodeFacts {
            count: place.count,
            workers: kind.workers().map(|each| u64::from(each) * u64::from(place.count)),
            ..NodeFacts::default()
        };
        let mut began = 0;
        for at in place.instances() {
            let ix = at.0 as usize;
            began += self.second.sums.instances.get(ix).map_or(0, |it| u64::from(it.began));
            let state = self.state.and_then(|state| state.instances.get(ix));
            let down = if let Some(state) = state {
                facts.instances.push(state);
                facts.busy += u64::from(state.busy);
                facts.waiting += u64::from(state.waiting);
                state.down
            } else {
                let tally = self.bucket.and_then(|bucket| bucket.instances.get(ix));
                facts.busy += tally.map_or(0, |it| u64::from(it.busy));
                facts.waiting += tally.map_or(0, |it| u64::from(it.waiting));
                self.outage(ix)
            };
            facts.up += u32::from(down.is_none());
            if let Some(down) = down {
                let known = facts.down.get_or_insert(down);
                known.since = known.since.min(down.since);
                known.until = known.until.zip(down.until).map(|(one, other)| one.max(other));
            }
        }
        facts.rate = match kind.about().role {
            // Customers serve nobody: what they do is to send.
            Role::Client => {
                let sent = self.second.sums.links.iter().filter(|link| link.from == node);
                self.per_second(sent.map(|link| u64::from(link.messages)).sum())
            }
            _ => self.per_second(began),
        };
        facts
    }

    /// Is an instance down by its faults, and how long?
    fn outage(&self, instance: usize) -> Option<Down> {
        let faults = &self.model().faults;
        let at = crate::engine::InstanceId(instance as u32);
        faults.down(self.now, at)?;
        let gone = faults.gone(at);
        let window = gone.list().iter().find(|(from, to)| *from <= self.now && self.now < *to)?;
        Some(Down { since: window.0, until: Some(window.1).filter(|to| *to != Time::NEVER) })
    }

    /// Messages a second from any of these nodes to any of those.
    pub fn rate(&self, from: &[NodeIx], to: &[NodeIx]) -> f64 {
        let links = self.second.sums.links.iter();
        let links = links.filter(|link| from.contains(&link.from) && to.contains(&link.to));
        self.per_second(links.map(|link| u64::from(link.messages)).sum())
    }

    /// How a link is, from a node to another.
    pub fn condition(&self, from: NodeIx, to: NodeIx) -> Condition {
        let mut disturbed = None;
        for (fault, until) in self.acting() {
            for harm in fault.what.harms() {
                let Harm::Messages(path, what) = harm else { continue };
                let covers = |one: NodeIx, other: NodeIx| {
                    (path.from.is_empty() || path.from.contains(&one))
                        && (path.to.is_empty() || path.to.contains(&other))
                };
                let is_met = covers(from, to) || (path.both && covers(to, from));
                if !is_met {
                    continue;
                }
                match what {
                    Disturbance::Cut => return Condition::Cut(fault.name.clone(), until),
                    _ => disturbed = Some(fault.name.clone()),
                }
            }
        }
        let callee = self.node(to);
        match disturbed {
            _ if callee.up == 0 && callee.count > 0 => Condition::Nobody,
            Some(name) => Condition::Disturbed(name),
            None => Condition::Fine,
        }
    }

    /// The faults that act now, and until when.
    pub fn acting(&self) -> impl Iterator<Item = (&'a Fault, Time)> {
        let now = self.now;
        self.known.model.faults.acting(now).map(|(fault, (_, to))| (fault, to))
    }

    /// What a fault does to a node now, other than taking it down: in a word.
    pub fn ailment(&self, node: NodeIx) -> Option<String> {
        self.acting().flat_map(|(fault, _)| fault.what.harms()).find_map(|harm| match harm {
            Harm::Instances(target, ailment) if target.node == node => match ailment {
                Ailment::Slow(times) => Some(format!("SLOW {times}x")),
                Ailment::Erring(share) => Some(format!("ERRORS {}%", share * 100.0)),
                Ailment::Ahead(_) => Some("CLOCK OFF".to_owned()),
                Ailment::Paused => Some("PAUSED".to_owned()),
                Ailment::Frozen => Some("FROZEN".to_owned()),
                Ailment::Leaving => Some("LEAVING".to_owned()),
                Ailment::Down { .. } => None,
            },
            Harm::Arrivals(crowd) if crowd.client == node => {
                Some(format!("SURGE {}x", crowd.factor))
            }
            _ => None,
        })
    }

    /// How many waited at a node, by bucket, over so long before the cursor.
    pub fn waited(&self, node: NodeIx, over: Span) -> Vec<Option<u64>> {
        let history = &self.known.history;
        let width = history.width.0;
        let last = ((self.now.0 / width) as usize).min(history.buckets.len());
        let first = (self.now.0.saturating_sub(over.0) / width) as usize;
        let buckets = history.buckets.get(first..last.max(first)).unwrap_or_default();
        let place = &self.model().nodes[usize::from(node.0)];
        let of = |bucket: &Bucket| {
            let waiting = place.instances().filter_map(|at| bucket.instances.get(at.0 as usize));
            waiting.map(|it| u64::from(it.waiting)).sum()
        };
        buckets.iter().map(|bucket| Some(of(bucket))).collect()
    }

    /// What the consumers of a node have not handled of what brokers hold for it, and which broker holds it.
    pub fn behind(&self, consumer: NodeIx) -> Option<(NodeIx, u64)> {
        let brokers = self.model().programs.brokers_of(consumer);
        let held = brokers.filter_map(|broker| Some((broker, self.node(broker).lag_of(consumer)?)));
        held.max_by_key(|(_, lag)| *lag)
    }
}

impl NodeFacts<'_> {
    /// All readings of its instances.
    pub fn readings(&self) -> impl Iterator<Item = &Reading> {
        self.instances.iter().flat_map(|instance| instance.readings.all())
    }

    /// A count of the instances themselves, added up, if any of them says it.
    pub fn sum(&self, what: What) -> Option<u64> {
        let own = self.instances.iter().filter_map(|instance| instance.readings.count(what));
        own.fold(None, |sum, count| Some(sum.unwrap_or(0) + count))
    }

    /// The longest of a time that instances say of themselves.
    pub fn longest(&self, what: What) -> Option<Span> {
        let times = self.readings().filter(|it| it.what == what);
        times
            .filter_map(|it| if let Value::Time(span) = it.value { Some(span) } else { None })
            .max()
    }

    /// Counts about other nodes, added up.
    pub fn about(&self, what: What) -> BTreeMap<NodeIx, u64> {
        let mut sums = BTreeMap::new();
        for reading in self.readings().filter(|it| it.what == what) {
            let node = match reading.whom {
                Whom::Node(node) | Whom::Partition { consumer: node, .. } => node,
                Whom::Itself | Whom::Policy(_) => continue,
            };
            if let Value::Count(count) = reading.value {
                *sums.entry(node).or_default() += count;
            }
        }
        sums
    }

    /// What a group of consumers is behind, if this is a broker that knows.
    pub fn lag_of(&self, consumer: NodeIx) -> Option<u64> {
        self.about(What::Lag).get(&consumer).copied()
    }

    /// By partition: what the slowest group has not handled.
    pub fn lag_by_partition(&self) -> BTreeMap<u32, u64> {
        let mut lags: BTreeMap<u32, u64> = BTreeMap::new();
        for reading in self.readings().filter(|it| it.what == What::Lag) {
            if let (Whom::Partition { partition, .. }, Value::Count(lag)) =
                (reading.whom, reading.value)
            {
                let most = lags.entry(partition).or_default();
                *most = (*most).max(lag);
            }
        }
        lags
    }

    /// How many are in service, of how many workers; those are left out where there are no end of them.
    pub fn in_service(&self) -> String {
        match self.workers {
            Some(workers) if workers < 10_000 => format!("{}/{workers}", self.busy),
            _ => words::count(self.busy),
        }
    }

    /// Are all of its instances down?
    pub fn is_gone(&self) -> bool {
        self.count > 0 && self.up == 0
    }

    /// Are all workers busy, and does somebody wait?
    pub fn is_full(&self) -> bool {
        self.waiting > 0 && self.workers.is_some_and(|workers| workers > 0 && self.busy >= workers)
    }
}
