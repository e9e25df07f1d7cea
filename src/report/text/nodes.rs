//! Where the time of one run went, for people: nodes, caches, and what held it up at the end.

use super::super::figures::{count, digits, maybe_ms, share, share_of};
use super::super::paint::{Paint, Tone};
use super::super::table::{Cell, Table};
use super::super::times::Times;
use super::point;
use crate::analysis::standing::stood;
use crate::probes::outcome::{CacheOutcome, Outcome};

pub(super) fn nodes(outcome: &Outcome, paint: Paint) -> String {
    let mut table = Table::new([
        "node", "arrivals", "busy", "queue", "longest", "waited", "wait p50", "p99", "refused",
    ]);
    for (name, node) in outcome.nodes.iter().filter(|(_, node)| node.load.arrivals > 0) {
        let wait = Times::of(&node.wait);
        table.row(vec![
            name.as_str().into(),
            count(node.load.arrivals).into(),
            node.load.utilization.map_or("-".into(), share).into(),
            digits(node.load.queue_mean).into(),
            count(node.load.queue_max).into(),
            share_of(node.waited, node.load.arrivals).into(),
            maybe_ms(wait.p50).into(),
            maybe_ms(wait.p99).into(),
            Cell::bad_unless_zero(node.load.turned_away, count(node.load.turned_away)),
        ]);
    }
    if table.is_empty() { String::new() } else { table.render(paint) }
}

/// What caches gave: those on the network, and those in the memory of services.
pub(super) fn caches(outcome: &Outcome, paint: Paint) -> String {
    let mut table =
        Table::new(["cache", "look-ups", "hits", "fetched", "evicted", "expired", "items"]);
    for (name, CacheOutcome { hits, misses, fetches, evicted, expired, items_mean, .. }) in outcome
        .nodes
        .iter()
        .map(|(name, node)| (name, &node.cache))
        .filter(|(_, it)| it.hits + it.misses > 0)
    {
        table.row(vec![
            name.as_str().into(),
            count(hits + misses).into(),
            share_of(*hits, hits + misses).into(),
            count(*fetches).into(),
            count(*evicted).into(),
            count(*expired).into(),
            digits(*items_mean).into(),
        ]);
    }
    if table.is_empty() { String::new() } else { table.render(paint) }
}

pub(super) fn standing(outcome: &Outcome, paint: Paint) -> String {
    let stood = stood(outcome);
    if stood.is_empty() {
        return String::new();
    }
    let lines = stood.iter().map(|it| point(it.label, &it.text, paint));
    paint.apply(Tone::Head, "what held it up") + "\n" + &lines.collect::<String>()
}
