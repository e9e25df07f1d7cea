//! What a reading says flow by flow: who answers soonest, where all is in place soonest, who fails. A
//! flow in which designs differ is told of, however small it is; the largest difference comes first.

use super::super::compare::{Comparison, Row};
use super::super::ranking::{Lead, more, shown_gap};

/// Who answers soonest, by p99; by p50 where chance alone could have made the difference in that.
pub(super) fn latency(comparison: &Comparison) -> Vec<String> {
    let lead = |flow| {
        ["p99", "p50"].into_iter().find_map(|figure| {
            Some((figure, Lead::lowest(comparison.row(Some(flow), figure)?)?.against_the_first()))
        })
    };
    let tell = |flow: &str, (figure, lead): &(&str, Lead)| {
        let (how, rest) = lead.told("soonest", "sooner");
        format!("{} answers {flow} {how}: {figure} {rest}.", lead.name())
    };
    largest_first(comparison, lead, |(_, lead)| lead.share(), tell)
}

/// Where all is in place soonest, and who takes back what was answered.
pub(super) fn convergence(comparison: &Comparison) -> Vec<String> {
    let lead = |flow| {
        Some(Lead::lowest(comparison.row(Some(flow), "convergence_p99")?)?.against_the_first())
    };
    let tell = |flow: &str, lead: &Lead| {
        let (how, rest) = lead.told("soonest", "sooner");
        format!("{} has all of {flow} in place {how}: convergence p99 {rest}.", lead.name())
    };
    let retracted = more(comparison, "retracted", |worse| {
        format!(
            "{} takes back {} that it had answered as done a run, {}.",
            worse.name, worse.mean, worse.against
        )
    });
    let mut sentences = largest_first(comparison, lead, Lead::share, tell);
    sentences.extend(retracted);
    sentences
}

/// Who fails most, all flows together; where that could be chance, flow by flow.
pub(super) fn availability(comparison: &Comparison) -> Vec<String> {
    let Some(row) = comparison.row(None, "availability") else { return Vec::new() };
    let everywhere = row.cells.iter().flat_map(|cell| &cell.values);
    if everywhere.clone().all(|value| *value == Some(1.0)) {
        return vec![format!(
            "No design failed an operation: availability is 100% in all {} seeds.",
            comparison.seeds.len()
        )];
    }
    if let Some(told) = Lead::highest(row).and_then(|lead| fails(row, &lead, "fails most")) {
        return vec![told];
    }
    let lead = |flow| {
        let row = comparison.row(Some(flow), "availability")?;
        Some((row, Lead::highest(row)?))
    };
    let tell = |flow: &str, (row, lead): &(&Row, Lead)| {
        fails(row, lead, &format!("fails most of {flow}")).unwrap_or_default()
    };
    largest_first(comparison, lead, |(_, lead)| lead.share(), tell)
}

fn fails(row: &Row, lead: &Lead, how: &str) -> Option<String> {
    let worst = lead.last_that_differs();
    let gap = lead.gap_to(worst)?;
    Some(format!(
        "{} {how}: availability {} against {} in {} ({} less).",
        row.cells[worst].design,
        lead.shown(worst),
        lead.shown(lead.leader),
        lead.name(),
        shown_gap(row.unit, &gap),
    ))
}

/// A sentence for each flow in which somebody leads, by the share of the difference.
fn largest_first<'a, L>(
    comparison: &'a Comparison,
    lead: impl Fn(&'a str) -> Option<L>,
    share: impl Fn(&L) -> f64,
    tell: impl Fn(&str, &L) -> String,
) -> Vec<String> {
    let offered = comparison.rows.iter().filter(|row| row.figure == "offered");
    let flows = offered.filter_map(Row::flow);
    let mut leads: Vec<(&str, L)> = flows.filter_map(|flow| Some((flow, lead(flow)?))).collect();
    leads.sort_by(|(_, a), (_, b)| share(b).total_cmp(&share(a)));
    leads.iter().map(|(flow, lead)| tell(flow, lead)).collect()
}
