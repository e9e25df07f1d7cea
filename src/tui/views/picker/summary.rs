//! What there is to know of a scenario before it is opened, line by line.

use crate::base::Span;
use crate::scenario::parse_named;
use crate::scenario::tree::{Arrivals, Deed, Fault, KINDS, NodeKind, Rates, Scenario, When};
use crate::tui::theme::Role;
use crate::tui::words::count;

/// All that is told of a scenario, or what is wrong with it.
pub(super) fn summary(name: &str, shown: &str, text: &str) -> Vec<(Role, String)> {
    let scenario = match parse_named(name, shown, text, &[]) {
        Ok(loaded) => loaded.scenario,
        Err(wrong) => {
            let mut lines = vec![(Role::Bad, "This file cannot be read:".to_owned())];
            lines.extend(wrong.render(false).lines().map(|line| (Role::Text, line.to_owned())));
            return lines;
        }
    };
    let mut lines = vec![(Role::Strong, scenario.about.clone()), (Role::Text, String::new())];
    let mut add = |name: &str, what: String| lines.push((Role::Text, format!("{name:<8} {what}")));
    let names = |names: Vec<&str>| names.join("  ");
    add("designs", names(scenario.designs.iter().map(|design| design.name.as_str()).collect()));
    for (ix, load) in loads(&scenario).into_iter().enumerate() {
        add(if ix == 0 { "load" } else { "" }, load);
    }
    let warmup = match scenario.run.warmup {
        Span::ZERO => String::new(),
        warmup => format!(" after a warm-up of {}", spaced(warmup)),
    };
    add("length", format!("{}{warmup}", spaced(scenario.run.length)));
    add("nodes", nodes(&scenario));
    let begun = scenario.changes.iter().filter_map(|change| match &change.deed {
        Deed::Begin(fault) => Some(fault),
        _ => None,
    });
    for (ix, fault) in scenario.faults.iter().chain(begun).enumerate() {
        let when = when(fault);
        add(if ix == 0 { "breaks" } else { "" }, format!("{:<17} {when}", fault.name));
    }
    if !scenario.knobs.is_empty() {
        let knobs: Vec<&str> = scenario.knobs.iter().map(|(name, _)| name.as_str()).collect();
        add("knobs", knobs.join(" "));
    }
    match scenario.expect.len() {
        0 => {}
        1 => add("expects", "1 statement".to_owned()),
        many => add("expects", format!("{many} statements")),
    }
    lines
}

fn loads(scenario: &Scenario) -> Vec<String> {
    let clients = scenario.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Client(client) => Some((&node.name, client)),
        _ => None,
    });
    let told = clients.map(|(name, client)| {
        let rate = |rates: &Rates| match rates.stretches() {
            [only] => format!("{}/s", only.per_s),
            [first, ..] => format!("{}/s at first", first.per_s),
            [] => "nobody".to_owned(),
        };
        let arrivals = match &client.arrivals {
            Arrivals::Poisson(rates) => format!("Poisson {}", rate(rates)),
            Arrivals::Constant(rates) => format!("constant {}", rate(rates)),
            Arrivals::Gaps(_) => "gaps of a distribution".to_owned(),
            Arrivals::Closed { customers, .. } => {
                format!("{} in a loop", count(u64::from(*customers)))
            }
        };
        let sessions = count(u64::from(client.sessions));
        match client.arrivals {
            Arrivals::Closed { .. } => format!("{name}: {arrivals}"),
            _ => format!("{name}: {arrivals}, {sessions} sessions"),
        }
    });
    told.collect()
}

fn nodes(scenario: &Scenario) -> String {
    let mut kinds: Vec<(&str, u32)> = KINDS.iter().map(|about| (about.name, 0)).collect();
    for node in &scenario.nodes {
        let kind = node.kind.about().name;
        if let Some((_, count)) = kinds.iter_mut().find(|(name, _)| *name == kind) {
            *count += 1;
        }
    }
    kinds.retain(|(_, count)| *count > 0);
    let plural = |kind: &str, count: u32| match (count, kind.strip_suffix('y')) {
        (1, _) => format!("1 {kind}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        _ => format!("{count} {kind}s"),
    };
    kinds.iter().map(|(kind, count)| plural(kind, *count)).collect::<Vec<_>>().join(", ")
}

fn when(fault: &Fault) -> String {
    let lasts = match &fault.lasts {
        None => " for good".to_owned(),
        Some(dist) => format!(" for {}", spaced(Span(dist.mean() as u64))),
    };
    match &fault.when {
        When::At(at) => format!("at {}{lasts}", spaced(*at)),
        When::Every { every, .. } => format!("every {}{lasts}", spaced(*every)),
        When::Random(_) => format!("at random{lasts}"),
    }
}

/// `0.2 s`, `500 ms`
fn spaced(span: Span) -> String {
    if span.0 >= 100_000_000 || span.0 == 0 {
        return format!("{} s", span.0 as f64 / 1e9);
    }
    let text = span.to_string();
    let digits = text.find(|char: char| char.is_alphabetic()).unwrap_or(text.len());
    format!("{} {}", &text[..digits], &text[digits..])
}
