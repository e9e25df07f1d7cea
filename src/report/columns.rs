//! A comparison as blocks of columns: what every report of it shows, in which order and under which
//! heads. Figures that nobody saw are left out, and most that are 0 everywhere.

use super::figures::NOTHING;
use crate::analysis::compare::{Cell, Comparison, Difference, Row};
use crate::analysis::figures::About;
use crate::analysis::unit::Unit;

/// A difference that is none.
const SAME: &str = "same";

/// Figures about one flow, or about all flows together.
#[derive(Clone, Debug)]
pub struct Block {
    /// The flow.
    pub title: String,
    /// Its figures.
    pub columns: Vec<Column>,
}

/// One figure of all designs.
#[derive(Clone, Debug)]
pub struct Column {
    /// What it is, and its unit.
    pub head: String,
    /// By design: `12.3 ±0.4`.
    pub means: Vec<String>,
    /// By design: the difference to the first one, `-8.2 ±0.3 *`.
    pub differences: Vec<Option<String>>,
}

impl Column {
    /// Is it the same in every design, for every seed?
    pub fn is_alike(&self) -> bool {
        self.means.windows(2).all(|pair| pair[0] == pair[1])
            && self.differences.iter().flatten().all(|difference| difference == SAME)
    }
}

/// What is shown of a figure.
struct Shown {
    figure: &'static str,
    head: &'static str,
    /// Even where it is 0.
    always: bool,
}

const fn shown(figure: &'static str, head: &'static str) -> Shown {
    Shown { figure, head, always: false }
}

const fn always(figure: &'static str, head: &'static str) -> Shown {
    Shown { figure, head, always: true }
}

const OF_FLOWS: &[Shown] = &[
    always("p50", "p50"),
    always("p99", "p99"),
    always("convergence_p99", "converged p99"),
    always("goodput", "goodput"),
    always("availability", "available"),
    shown("refused", "refused"),
    shown("failed", "failed"),
    shown("retracted", "retracted"),
    shown("half_done", "half done"),
    shown("unannounced", "unannounced"),
    shown("pending", "pending"),
];

const OF_ALL: &[Shown] = &[
    always("stale_reads", "stale reads"),
    shown("staleness_p99", "staleness p99"),
    always("violations", "violations"),
    always("half_done", "half done"),
    always("lost_effects", "lost"),
    always("duplicated_effects", "duplicated"),
    shown("undone_effects", "undone"),
    shown("broken", "invariants broken"),
    shown("retries", "retries"),
    always("messages_per_flow", "messages/flow"),
];

/// Of nodes: a block for each, a column for each node.
const OF_NODES: &[Shown] = &[
    shown("utilization", "busy"),
    shown("wait_p99", "wait p99"),
    shown("turned_away", "turned away"),
    shown("hit_ratio", "cache hits"),
];

/// The blocks of a comparison: each flow, all together, the nodes, and what the scenario declares.
pub fn blocks(comparison: &Comparison) -> Vec<Block> {
    let mut flows: Vec<&str> = Vec::new();
    for flow in comparison.rows.iter().filter_map(Row::flow) {
        if !flows.contains(&flow) {
            flows.push(flow);
        }
    }
    let of_flows = flows.into_iter().map(|flow| block(comparison, flow, Some(flow), OF_FLOWS));
    let together = std::iter::once(block(comparison, "all flows together", None, OF_ALL));
    let of_nodes = OF_NODES.iter().map(|shown| nodes(comparison, shown));
    let declared = std::iter::once(measures(comparison));
    let all = of_flows.chain(together).chain(of_nodes).chain(declared);
    all.filter(|block| !block.columns.is_empty()).collect()
}

/// One figure of all nodes, a column for each.
fn nodes(comparison: &Comparison, shown: &Shown) -> Block {
    let of = |row: &Row| match &row.about {
        About::Node(name) if row.figure == shown.figure && !is_nothing(row) => {
            Some(Column { head: name.clone(), ..column(row, "") })
        }
        _ => None,
    };
    let unit = comparison.rows.iter().find(|row| row.figure == shown.figure).map(|row| row.unit);
    let title = format!("{}{}", shown.head, unit.map_or("", suffix));
    Block { title, columns: comparison.rows.iter().filter_map(of).collect() }
}

/// What the scenario declares.
fn measures(comparison: &Comparison) -> Block {
    let seen = |row: &&Row| row.about == About::Measure && row.cells.iter().any(has_mean);
    let columns = comparison.rows.iter().filter(seen).map(|row| column(row, &row.figure));
    Block { title: "measures".to_owned(), columns: columns.collect() }
}

fn has_mean(cell: &Cell) -> bool {
    cell.mean.is_some()
}

/// Was it never seen, or 0 whenever it was?
fn is_nothing(row: &Row) -> bool {
    row.cells.iter().flat_map(|cell| &cell.values).flatten().all(|value| *value == 0.0)
}

fn block(comparison: &Comparison, title: &str, flow: Option<&str>, figures: &[Shown]) -> Block {
    let columns = figures.iter().filter_map(|shown| {
        let row = comparison.row(flow, shown.figure)?;
        let worth = !is_nothing(row) || (shown.always && row.cells.iter().any(has_mean));
        worth.then(|| column(row, shown.head))
    });
    Block { title: title.to_owned(), columns: columns.collect() }
}

fn column(row: &Row, head: &str) -> Column {
    Column {
        head: format!("{head}{}", suffix(row.unit)),
        means: row.cells.iter().map(|cell| mean(row.unit, cell)).collect(),
        differences: row
            .cells
            .iter()
            .map(|cell| cell.difference.map(|it| difference(row.unit, it)))
            .collect(),
    }
}

/// What stands behind the name of a figure.
fn suffix(unit: Unit) -> &'static str {
    match unit {
        Unit::Time => " ms",
        Unit::Rate => "/s",
        Unit::Ratio => " %",
        Unit::Count | Unit::Number => "",
    }
}

fn mean(unit: Unit, cell: &Cell) -> String {
    let Some(value) = cell.mean else {
        return NOTHING.to_owned();
    };
    let value = scaled(unit, value);
    let half = beyond_rounding(value, scaled(unit, cell.half_width.unwrap_or(0.0)));
    let places = places(unit, value).max(places_of_half(half));
    match half {
        half if half > 0.0 => format!("{value:.places$} ±{half:.places$}"),
        _ if value.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.places$}"),
    }
}

fn difference(unit: Unit, it: Difference) -> String {
    let value = scaled(unit, it.mean);
    let half = beyond_rounding(value, scaled(unit, it.half_width));
    if value == 0.0 && half == 0.0 {
        return SAME.to_owned();
    }
    let places = places(unit, value.abs().max(half)).max(places_of_half(half));
    let mark = if it.excludes_zero { " *" } else { "" };
    match half {
        0.0 if value.fract() == 0.0 => format!("{value:+.0}{mark}"),
        0.0 => format!("{value:+.places$}{mark}"),
        half => format!("{value:+.places$} ±{half:.places$}{mark}"),
    }
}

/// Half an interval, unless it is only the rounding of sums.
fn beyond_rounding(value: f64, half: f64) -> f64 {
    if half > value.abs() * 1e-9 { half } else { 0.0 }
}

fn scaled(unit: Unit, value: f64) -> f64 {
    if unit == Unit::Ratio { value * 100.0 } else { value }
}

/// Decimals that leave three significant digits; shares keep two, so that 99.98 % is not all.
fn places(unit: Unit, value: f64) -> usize {
    match value.abs() {
        0.0 => 0,
        _ if unit == Unit::Ratio => 2,
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.0995 => 2,
        _ => 3,
    }
}

/// Decimals that leave half an interval one significant digit, at most three.
fn places_of_half(half: f64) -> usize {
    match half {
        0.0 => 0,
        half if half >= 0.95 => 0,
        half if half >= 0.095 => 1,
        half if half >= 0.0095 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_and_its_interval_have_the_same_decimals() {
        let cell = |mean, half_width| Cell {
            design: "rest".into(),
            mean,
            half_width,
            difference: None,
            values: Vec::new(),
        };
        assert_eq!(mean(Unit::Time, &cell(Some(12.345), Some(0.456))), "12.3 ±0.5");
        assert_eq!(mean(Unit::Time, &cell(Some(12.345), Some(0.031))), "12.35 ±0.03");
        assert_eq!(mean(Unit::Time, &cell(Some(1234.5), None)), "1234");
        assert_eq!(mean(Unit::Ratio, &cell(Some(0.999_84), Some(0.000_1))), "99.98 ±0.01");
        assert_eq!(mean(Unit::Count, &cell(None, None)), "-");
        assert_eq!(mean(Unit::Count, &cell(Some(5.0), Some(0.0))), "5");
    }

    #[test]
    fn a_difference_is_marked_only_where_it_is_clear() {
        let it = Difference { mean: -8.21, half_width: 0.3, p_value: 0.001, excludes_zero: true };
        assert_eq!(difference(Unit::Time, it), "-8.21 ±0.30 *");
        let unclear = Difference { mean: 0.1, half_width: 12.0, excludes_zero: false, ..it };
        assert_eq!(difference(Unit::Time, unclear), "+0.1 ±12.0");
        let none = Difference { mean: 0.0, half_width: 0.0, excludes_zero: false, ..it };
        assert_eq!(difference(Unit::Count, none), "same");
    }
}
