//! Figures of nodes: load, queues, what was turned away, caches.

use super::{Metric, Reader, Role, Subject, optional, required, share};
use crate::analysis::unit::Unit;
use crate::probes::Extra;
use crate::probes::outcome::{Load, NodeOutcome, Outcome};

/// A count of one node.
type Tally = fn(&NodeOutcome) -> u64;

/// A share of one node's time.
type Level = fn(&NodeOutcome, usize) -> Option<f64>;

/// How a figure comes from a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Figure {
    /// Of all nodes together where none is named.
    Count(Tally),
    /// The first over the second, of all nodes together where none is named.
    Share(Tally, Tally),
    /// Of one node, or of one of its instances.
    Each(fn(&Load) -> Option<f64>),
    /// Of one node only: adding it up over nodes would mean nothing.
    Own(fn(&NodeOutcome) -> Option<f64>),
    /// Of one node only, and of the number that is given.
    OfNumber(Level),
    /// What consumer groups of one node had not handled, in all partitions or in those of a number.
    Lag,
}

const NO_NODE: &str = "the run has no such node, or the node no such instance";

pub(super) fn metrics() -> Vec<Metric> {
    use Figure::{Count, Each, Lag, OfNumber, Own, Share};
    use Unit::{Number, Ratio};
    vec![
        figure(
            "arrivals",
            Unit::Count,
            "What arrived to be worked on.",
            NO_NODE,
            Each(|load| Some(load.arrivals as f64)),
        ),
        figure(
            "turned_away",
            Unit::Count,
            "What was turned away at the door.",
            NO_NODE,
            Count(|n| n.load.turned_away),
        ),
        figure(
            "utilization",
            Ratio,
            "Busy worker time over available worker time.",
            "the workers are unlimited, or were never there",
            Each(|load| load.utilization),
        ),
        figure(
            "working",
            Ratio,
            "The part of utilization in which workers work, rather than being held while they wait for others; by the work that began in the measured stretch (what was cut short counts whole, but never more than utilization).",
            "the workers are unlimited, were never there, or never wait for others",
            Each(|load| load.working),
        ),
        figure(
            "queue_mean",
            Number,
            "Time-average number waiting, not in service.",
            NO_NODE,
            Each(|load| Some(load.queue_mean)),
        ),
        figure(
            "queue_max",
            Unit::Count,
            "The longest queue.",
            NO_NODE,
            Each(|load| Some(load.queue_max as f64)),
        ),
        figure(
            "waited",
            Unit::Count,
            "What had to wait before service.",
            NO_NODE,
            Own(|n| Some(n.waited as f64)),
        ),
        figure(
            "batches",
            Unit::Count,
            "Batches that the relay of the node's outbox sent, where it polls or lingers.",
            NO_NODE,
            Count(|n| n.batches),
        ),
        figure(
            "batch_mean",
            Number,
            "Mean number of records in such batches.",
            "nothing was sent in batches",
            Share(|n| n.batched, |n| n.batches),
        ),
        figure(
            "revoked",
            Unit::Count,
            "Partitions that members of a log's consumer groups had to give up in rebalances, and stopped for: all that they have where everybody stops, else those that move. What those had that went is not counted.",
            NO_NODE,
            Count(|n| n.revoked),
        ),
        Metric {
            needs: Some(Extra::InHand),
            ..figure(
                "in_hand",
                Ratio,
                "Share of time that an instance has so many (1 to 32) or more in hand, waiting or in service; gathered where the scenario's measures or expectations ask for it.",
                "the run has no such node, or no measure or expectation of the scenario asks what it has in hand",
                OfNumber(|n, level| n.in_hand?.get(level.checked_sub(1)?).copied()),
            )
        },
        figure(
            "lag",
            Unit::Count,
            "Records of logs that a service's consumer groups had not handled when arrivals ended; of each topic's partition of a number where that is given.",
            "the service consumes no log that has this partition, or the run was cut short",
            Lag,
        ),
        figure(
            "hit_ratio",
            Ratio,
            "Cache hits over all lookups.",
            "nothing was looked up in a cache",
            Share(|n| n.cache.hits, |n| n.cache.hits + n.cache.misses),
        ),
        figure(
            "fetches",
            Unit::Count,
            "Cache misses that were fetched: all but those that waited for another's fetch.",
            NO_NODE,
            Count(|n| n.cache.fetches),
        ),
        figure(
            "evicted",
            Unit::Count,
            "Items that made room in a full cache.",
            NO_NODE,
            Count(|n| n.cache.evicted),
        ),
        figure(
            "kept_out",
            Unit::Count,
            "Items that a full cache did not take, because nothing made room: writes that Redis refuses with an error.",
            NO_NODE,
            Count(|n| n.cache.kept_out),
        ),
        figure(
            "expired",
            Unit::Count,
            "Cached items whose time to live was over.",
            NO_NODE,
            Count(|n| n.cache.expired),
        ),
        figure(
            "items_mean",
            Number,
            "Time-average number of items in the node's caches.",
            NO_NODE,
            Own(|n| Some(n.cache.items_mean)),
        ),
        figure(
            "delisted",
            Unit::Count,
            "How often a registry took an instance of the node off its list, for whatever reason.",
            NO_NODE,
            Count(|n| n.discovery.delisted),
        ),
        figure(
            "enlisted",
            Unit::Count,
            "How often a registry put an instance of the node on its list, those at the start left out.",
            NO_NODE,
            Count(|n| n.discovery.enlisted),
        ),
    ]
}

fn figure(name: &str, unit: Unit, about: &str, absent: &'static str, figure: Figure) -> Metric {
    let parameters = match figure {
        Figure::Own(_) => vec![required(Role::Node)],
        Figure::Each(_) => vec![required(Role::Node), optional(Role::Instance)],
        Figure::Lag => vec![required(Role::Node), optional(Role::Partition)],
        Figure::OfNumber(_) => vec![required(Role::Node), required(Role::Level)],
        Figure::Count(_) | Figure::Share(..) => vec![optional(Role::Node)],
    };
    Metric {
        name: name.to_owned(),
        parameters,
        unit,
        about: about.to_owned(),
        absent,
        windowed: false,
        needs: None,
        reader: Reader::Node(figure),
    }
}

/// Of all groups of a service: it has one for each log.
fn lag(outcome: &Outcome, subject: &Subject) -> Option<f64> {
    let consumer = subject.name.as_ref()?;
    let its = outcome.standing.groups.iter().filter(|it| it.consumer == *consumer);
    let lags = its.flat_map(|it| &it.lags);
    let asked = lags.filter(|it| subject.partition.is_none_or(|asked| asked == it.partition));
    asked.map(|it| it.records as f64).reduce(|sum, records| sum + records)
}

pub(super) fn read(figure: Figure, outcome: &Outcome, subject: &Subject) -> Option<f64> {
    if subject.stretch.is_some() {
        return None;
    }
    let sum = |tally: Tally| match &subject.name {
        Some(node) => outcome.nodes.get(node).map(tally),
        None => Some(outcome.nodes.values().map(tally).sum()),
    };
    match figure {
        Figure::Count(tally) => sum(tally).map(|n| n as f64),
        Figure::Share(part, whole) => share(sum(part)?, sum(whole)?),
        Figure::OfNumber(read) => {
            let node = outcome.nodes.get(subject.name.as_deref()?)?;
            read(node, subject.level?)
        }
        Figure::Each(read) => {
            let node = outcome.nodes.get(subject.name.as_deref()?)?;
            match subject.instance {
                Some(instance) => read(node.instances.get(instance)?),
                None => read(&node.load),
            }
        }
        Figure::Lag => lag(outcome, subject),
        Figure::Own(read) => outcome.nodes.get(subject.name.as_deref()?).and_then(read),
    }
}
