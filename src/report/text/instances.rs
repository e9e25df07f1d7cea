//! The instances of nodes whose load differs: one that is dead or ill, one that everybody calls, one
//! that hoards. Where all fare alike the node's own line says it all.

use super::super::figures::{count, digits, share};
use super::super::paint::Paint;
use super::super::table::{Cell, Table};
use crate::probes::outcome::{Load, NodeOutcome, Outcome};

/// So many are shown of a node.
const SHOWN: usize = 6;

/// Queues that differ by less than this many are alike.
const ALIKE: f64 = 1.0;

/// The table; empty where all instances of every node fare alike.
pub(super) fn table(outcome: &Outcome, paint: Paint) -> String {
    let mut table = Table::new(["instance", "arrivals", "busy", "queue", "longest", "refused"]);
    for (name, node) in outcome.nodes.iter().filter(|(_, node)| differs(node)) {
        let shown = extremes(&node.instances);
        for &at in &shown {
            let it = &node.instances[at];
            table.row(vec![
                format!("{name} {at}").into(),
                count(it.arrivals).into(),
                it.utilization.map_or("-".into(), share).into(),
                digits(it.queue_mean).into(),
                count(it.queue_max).into(),
                Cell::bad_unless_zero(it.turned_away, count(it.turned_away)),
            ]);
        }
        let others = node.instances.len() - shown.len();
        if others > 0 {
            let rest = format!("{name}: {others} between");
            table.row(std::iter::once(rest.into()).chain((0..5).map(|_| "".into())).collect());
        }
    }
    if table.is_empty() { String::new() } else { table.render(paint) }
}

/// Is the load of some instance twice that of another, beyond chance, or does one queue where
/// another does not?
fn differs(node: &NodeOutcome) -> bool {
    let all = &node.instances;
    let range = |of: fn(&Load) -> f64| {
        let each = all.iter().map(of);
        let least = each.clone().fold(f64::INFINITY, f64::min);
        (least, each.fold(0.0, f64::max))
    };
    if all.len() < 2 {
        return false;
    }
    let (least, most) = range(|it| it.arrivals as f64);
    // Of counts that chance alone spreads hardly any is six of their roots from another.
    let arrivals = most > 2.0 * least && most - least > 6.0 * most.sqrt();
    let (least, most) = range(|it| it.queue_mean);
    arrivals || most > 2.0 * least + ALIKE
}

/// The places of those with most and with fewest arrivals, in order of places.
fn extremes(all: &[Load]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..all.len()).collect();
    if places.len() > SHOWN {
        places.sort_by(|a, b| {
            let load = |at: usize| (all[at].arrivals as f64, all[at].queue_mean);
            load(*b).partial_cmp(&load(*a)).expect("loads are numbers").then(a.cmp(b))
        });
        places.drain(SHOWN / 2..places.len() - SHOWN / 2);
        places.sort_unstable();
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(arrivals: &[u64]) -> NodeOutcome {
        let each = |arrivals: &u64| Load { arrivals: *arrivals, ..Default::default() };
        NodeOutcome { instances: arrivals.iter().map(each).collect(), ..Default::default() }
    }

    #[test]
    fn chance_is_no_difference_and_a_dead_instance_is() {
        assert!(!differs(&node(&[3, 9, 5])) && !differs(&node(&[1_000, 1_100])));
        assert!(!differs(&node(&[5_000])), "there is no other");
        assert!(differs(&node(&[1_000, 0, 1_000])) && differs(&node(&[100, 300])));
        let mut hoards = node(&[100, 100]);
        hoards.instances[1].queue_mean = 4.0;
        assert!(differs(&hoards));
    }

    #[test]
    fn of_many_the_extremes_are_shown() {
        let all: Vec<u64> = vec![5, 9, 1, 7, 3, 8, 2, 6, 4];
        assert_eq!(extremes(&node(&all).instances), [1, 2, 3, 4, 5, 6]);
        assert_eq!(extremes(&node(&all[..3]).instances), [0, 1, 2]);
    }
}
