//! What stands in a card: the figures that a node's instances say of themselves, the most telling first. By
//! the vocabulary of readings, so that a new kind of node has a card by itself.

use super::facts::{Facts, NodeFacts};
use crate::base::{Span, Time};
use crate::model::NodeIx;
use crate::nodes::readings::What;
use crate::scenario::tree::Role as Kind;
use crate::tui::glyphs::Border;
use crate::tui::theme::Role;
use crate::tui::widgets::card::{Card, Line};
use crate::tui::words;

/// Over which time a card's series goes: a column for each bucket of it that fits.
const SERIES: Span = Span(10_000_000_000);

/// The card of a node in so many rows, with the stores that stand in it where there is room for them.
pub(super) fn card(facts: &Facts<'_>, holds: &[NodeIx], rows: u16, is_chosen: bool) -> Card {
    let node = holds[0];
    let here = facts.node(node);
    let ailment = facts.ailment(node);
    let mut lines = outage(facts, &here);
    lines.extend(ailment.as_ref().map(|words| Line::Words(words.clone(), Role::Fault)));
    if here.is_gone() {
        lines.extend(behind(facts, node));
    } else {
        lines.extend(figures(facts, node, &here));
    }
    // Three rows for the node and three for a store are the least that say something.
    for store in holds[1..].iter().filter(|_| rows >= 6) {
        lines.truncate(usize::from(rows) - 3);
        lines.push(Line::Rule(facts.name(*store).to_owned()));
        lines.extend(stored(facts, *store));
    }
    let border = match (is_chosen, here.is_gone()) {
        (true, _) => Border::Selected,
        (false, true) => Border::Broken,
        (false, false) => Border::Plain,
    };
    let role = match (is_chosen, here.up < here.count) {
        _ if here.is_gone() => Role::Bad,
        (true, _) => Role::Accent,
        (false, true) => Role::Warn,
        _ if ailment.is_some() => Role::Fault,
        _ => Role::Dim,
    };
    let tail = if here.count > 1 { format!("{}/{}", here.up, here.count) } else { String::new() };
    Card { name: facts.name(node).to_owned(), tail, border, role, lines }
}

/// That all instances are down, and until when.
fn outage(facts: &Facts<'_>, here: &NodeFacts<'_>) -> Vec<Line> {
    let (true, Some(down)) = (here.is_gone(), here.down) else { return Vec::new() };
    let since = words::short(Time(facts.now.0.saturating_sub(down.since.0)));
    let until = match down.until {
        Some(until) => Line::figure("till", words::short(until)),
        None => Line::Words("for good".to_owned(), Role::Bad),
    };
    vec![Line::figure("DOWN", since).role(Role::Bad), until.role(Role::Bad)]
}

/// What is waiting for it at a broker.
fn behind(facts: &Facts<'_>, node: NodeIx) -> Option<Line> {
    let (_, lag) = facts.behind(node)?;
    let role = if lag > 0 { Role::Warn } else { Role::Text };
    Some(Line::figure("behind", words::count(lag)).role(role))
}

fn figures(facts: &Facts<'_>, node: NodeIx, here: &NodeFacts<'_>) -> Vec<Line> {
    let about = facts.model().scenario.nodes[usize::from(node.0)].kind.about();
    if about.role == Kind::Client {
        return customers(facts, node, here);
    }
    let mut lines = Vec::new();
    let is_broker = about.is_broker();
    if is_broker {
        lines.push(waiting(here));
        lines.push(Line::Series(facts.waited(node, SERIES), Role::Warn));
        let most = here.lag_by_partition().into_values().max();
        lines.extend(most.map(|most| Line::figure("lag max", words::count(most))));
        lines.push(Line::figure("out", words::rate(here.rate)));
        lines.push(Line::figure("unacked", words::count(here.busy)));
        let groups = here.about(What::Members);
        let members: u64 = groups.values().sum();
        lines.extend((!groups.is_empty()).then(|| Line::figure("members", words::count(members))));
        return lines;
    }
    let says = |what: What| here.sum(what).is_some();
    let works = here.instances.is_empty() || says(What::Busy);
    if works {
        lines.push(busy(here));
        lines.push(waiting(here));
    }
    if works || here.rate > 0.0 {
        lines.push(Line::figure("rate", words::rate(here.rate)));
    }
    lines.extend(behind(facts, node));
    for (listed, count) in here.about(What::Listed).into_iter().filter(|_| !works) {
        lines.push(Line::figure(facts.name(listed), words::count(count)));
    }
    lines.extend(hits(facts, node));
    let rest = [What::Tokens, What::Items, What::Unflushed, What::Outbox, What::Held, What::Locks];
    let rest = rest.into_iter().filter_map(|what| Some((what, here.sum(what)?)));
    lines.extend(rest.map(|(what, count)| Line::figure(what.name(), words::count(count))));
    lines
}

/// A store in the card of another node has two rows: what it does, and that something waits if it does.
fn stored(facts: &Facts<'_>, store: NodeIx) -> Vec<Line> {
    let here = facts.node(store);
    let mut lines = outage(facts, &here);
    lines.extend(facts.ailment(store).map(|words| Line::Words(words, Role::Fault)));
    if !here.is_gone() {
        let says_busy = here.instances.is_empty() || here.sum(What::Busy).is_some();
        let held = here.sum(What::Held).map(|held| Line::figure("held", words::count(held)));
        lines.push(held.filter(|_| !says_busy).unwrap_or_else(|| busy(&here)));
        if here.waiting > 0 {
            lines.push(waiting(&here));
        }
        lines.push(Line::figure("rate", words::rate(here.rate)));
        let outbox = here.sum(What::Outbox).filter(|rows| *rows > 0);
        lines.extend(outbox.map(|rows| Line::figure("outbox", words::count(rows))));
    }
    lines
}

fn busy(here: &NodeFacts<'_>) -> Line {
    Line::figure("busy", here.in_service()).role(if here.is_full() {
        Role::Bad
    } else {
        Role::Text
    })
}

fn waiting(here: &NodeFacts<'_>) -> Line {
    let role = match here.waiting {
        0 => Role::Text,
        _ if here.is_full() => Role::Bad,
        _ => Role::Warn,
    };
    Line::figure("wait", words::count(here.waiting)).role(role)
}

/// How often a cache had what it was asked for, from the start of measurement until now.
fn hits(facts: &Facts<'_>, node: NodeIx) -> Option<Line> {
    let name = facts.name(node);
    let cache = facts.known.so_far.as_ref()?.nodes.get(name)?.cache;
    let asked = cache.hits + cache.misses;
    (asked > 0).then(|| Line::figure("hits", format!("{} %", words::percent(cache.hits, asked))))
}

/// What customers send, and what they are told.
fn customers(facts: &Facts<'_>, node: NodeIx, here: &NodeFacts<'_>) -> Vec<Line> {
    let nodes = &facts.model().scenario.nodes;
    let is_client = |node: &&crate::scenario::tree::Node| node.kind.about().role == Kind::Client;
    let all = facts.second.sums.all();
    let seconds = facts.seconds().max(f64::MIN_POSITIVE);
    let told = |label: &str, count: u32, role: Role| {
        let role = if count > 0 { role } else { Role::Text };
        Line::figure(label, words::rate(f64::from(count) / seconds)).role(role)
    };
    if nodes.iter().filter(is_client).count() == 1 && facts.seconds() > 0.0 {
        return vec![
            told("sent", all.sent, Role::Text),
            told("done", all.done, Role::Text),
            told("failed", all.failed, Role::Bad),
            told("refused", all.refused, Role::Warn),
            Line::figure("open", words::count(u64::from(all.open))),
        ];
    }
    // Flows are not counted by client: of several each shows what leaves it.
    let every: Vec<NodeIx> = (0..nodes.len()).map(|ix| NodeIx(ix as u16)).collect();
    let mut lines = vec![Line::figure("sends", words::rate(facts.rate(&[node], &every)))];
    let held = here.sum(What::Held);
    lines.extend(held.map(|held| Line::figure("journeys", words::count(held))));
    let calls: u64 = here.about(What::Calls).values().sum();
    lines.push(Line::figure("calls", words::count(calls)));
    lines
}
