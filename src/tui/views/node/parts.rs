//! What there is to see of a node, each part into any area: its instances, who waited, its calls, what it
//! holds. Columns and rows come from the vocabulary of readings, so a new kind has them by itself.

use std::collections::BTreeSet;

use ratatui::layout::Rect;

use crate::base::{Span, Time};
use crate::model::NodeIx;
use crate::nodes::readings::{BreakerState, Reading, Value, What, Whom};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::glyphs::Glyph;
use crate::tui::place::Thing;
use crate::tui::snapshot::InstanceState;
use crate::tui::theme::Role;
use crate::tui::views::map::facts::{Facts, NodeFacts};
use crate::tui::widgets::chart::{self, Chart};
use crate::tui::words;

/// How far back the chart of who waited goes.
pub const BACK: Span = Span(10_000_000_000);

/// Columns of a figure in the table of instances.
const COLUMN: u16 = 10;

/// A row of a part: what, how much, and how that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What.
    pub label: String,
    /// How much.
    pub value: String,
    /// How that is.
    pub role: Role,
}

impl Row {
    fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), role: Role::Text }
    }
}

/// What a node is, in a line behind its name.
pub fn about(facts: &Facts<'_>, node: NodeIx) -> String {
    let kind = &facts.model().scenario.nodes[usize::from(node.0)].kind;
    let here = facts.node(node);
    let mut parts = vec![kind.about().name.to_owned()];
    if here.count > 1 {
        parts.push(format!("{} of {} up", here.up, here.count));
    }
    match kind.workers() {
        Some(1) => parts.push("one worker each".to_owned()),
        Some(workers) if workers < 10_000 => parts.push(format!("{workers} workers each")),
        Some(_) => parts.push("no end of workers".to_owned()),
        None => {}
    }
    parts.extend(kind.store().map(|store| format!("store {}", facts.name(store))));
    parts.extend(kind.registry().map(|at| format!("registry {}", facts.name(at))));
    let policies = &facts.model().scenario.policies;
    let policy = kind.policy().and_then(|policy| policies.get(usize::from(policy.0)));
    parts.extend(policy.map(|policy| format!("policy {}", policy.name)));
    parts.join(", ")
}

/// The table of instances; `chosen` is the one that is selected.
pub fn instances(
    facts: &Facts<'_>,
    node: NodeIx,
    chosen: Option<u32>,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    let here = facts.node(node);
    if here.instances.is_empty() {
        canvas.text(area, 1, 0, "the state is being restored", Role::Dim);
        return;
    }
    let said = said(&here);
    let name = facts.name(node);
    let label = |index: u32| format!("{name}#{index}");
    let longest = label(here.count.saturating_sub(1)).chars().count() as u16;
    let wide = (longest + 2).clamp(8, (area.width / 3).max(8));
    let mut x = wide;
    let mut ends: Vec<(u16, Column)> = Vec::new();
    let columns =
        [Column::State, Column::Rate].into_iter().chain(said.into_iter().map(Column::Said));
    for column in columns {
        let column_wide = if column == Column::State { 12 } else { COLUMN };
        if x + column_wide > area.width {
            break;
        }
        x += column_wide;
        canvas.right(area, x, 0, column.name(), Role::Dim);
        ends.push((x, column));
    }
    let room = usize::from(area.height.saturating_sub(1));
    let place = chosen.unwrap_or(0) as usize;
    let first = place.saturating_sub(room / 2).min(here.instances.len().saturating_sub(room));
    for (y, instance) in (1..area.height).zip(&here.instances[first..]) {
        let row = Rect::new(area.x, area.y + y, area.width, 1);
        let is_chosen = chosen == Some(instance.index);
        if is_chosen {
            let here = canvas.glyph(Glyph::Here);
            canvas.text(row, 0, 0, here, Role::Accent);
        }
        let role = if is_chosen { Role::Accent } else { Role::Text };
        let cell = Rect::new(row.x, row.y, wide.min(row.width), 1);
        canvas.text(cell, 1, 0, &label(instance.index), role);
        for (end, column) in &ends {
            let (text, role) = column.of(facts, instance);
            canvas.right(row, *end, 0, &text, role);
        }
        canvas.hit(row, Target::Thing(Thing::Instance(node, instance.index)));
    }
    let more = here.instances.len().saturating_sub(first + room);
    if more > 0 && area.height > 1 {
        let last = Rect::new(area.x, area.bottom() - 1, area.width, 1);
        canvas.right(last, area.width, 0, &format!(" {more} more "), Role::Accent);
    }
}

/// What any instance says of itself, in the order of the vocabulary.
fn said(here: &NodeFacts<'_>) -> Vec<What> {
    let own = here.readings().filter(|reading| reading.whom == Whom::Itself);
    let mut said: BTreeSet<What> = own.map(|reading| reading.what).collect();
    if said.contains(&What::Waiting) {
        // It is said only while somebody waits, and the table does not jump.
        said.insert(What::Oldest);
    }
    said.into_iter().collect()
}

/// A column of the table of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    State,
    Rate,
    Said(What),
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Rate => "began/s",
            Self::Said(what) => what.name(),
        }
    }

    fn of(self, facts: &Facts<'_>, instance: &InstanceState) -> (String, Role) {
        match self {
            Self::State => match instance.down.map(|down| down.until) {
                Some(Some(until)) => (format!("till {}", words::short(until)), Role::Bad),
                Some(None) => ("down".to_owned(), Role::Bad),
                None => ("up".to_owned(), Role::Dim),
            },
            Self::Rate => {
                let at = facts.model().nodes[usize::from(instance.node.0)].first.0 + instance.index;
                let tally = facts.second.sums.instances.get(at as usize);
                let seconds = facts.seconds();
                let began = tally.map_or(0.0, |tally| f64::from(tally.began));
                let rate = if seconds > 0.0 { began / seconds } else { 0.0 };
                (words::rate(rate).trim_end_matches("/s").to_owned(), Role::Text)
            }
            Self::Said(what) => {
                let own = |it: &&Reading| (it.what, it.whom) == (what, Whom::Itself);
                let value = instance.readings.all().iter().find(own).map(|it| it.value);
                let workers =
                    facts.model().scenario.nodes[usize::from(instance.node.0)].kind.workers();
                match (value, what, workers) {
                    (Some(Value::Count(busy)), What::Busy, Some(workers)) if workers < 10_000 => {
                        let role = if busy >= u64::from(workers) { Role::Warn } else { Role::Text };
                        (format!("{busy}/{workers}"), role)
                    }
                    (Some(value), What::Waiting | What::Oldest, _) if value != Value::Count(0) => {
                        (self::value(value), Role::Warn)
                    }
                    (Some(value), _, _) => (self::value(value), Role::Text),
                    (None, _, _) => ("-".to_owned(), Role::Dim),
                }
            }
        }
    }
}

fn value(value: Value) -> String {
    match value {
        Value::Count(count) => words::count(count),
        Value::Time(span) => words::span(span),
        Value::Breaker(state) => breaker(state).0.to_owned(),
    }
}

fn breaker(state: BreakerState) -> (&'static str, Role) {
    match state {
        BreakerState::Closed => ("closed", Role::Dim),
        BreakerState::Open => ("open", Role::Bad),
        BreakerState::HalfOpen => ("half open", Role::Warn),
    }
}

/// Who waited over the last seconds, as a chart; the most at its left.
pub fn waited(facts: &Facts<'_>, node: NodeIx, area: Rect, canvas: &mut Canvas<'_>) {
    let values = facts.waited(node, BACK);
    let most = values.iter().flatten().copied().max().unwrap_or(0);
    let label = words::count(most);
    let wide = (label.chars().count() as u16 + 1).max(4);
    canvas.right(area, wide - 1, 0, &label, Role::Dim);
    if area.height > 1 {
        canvas.right(area, wide - 1, area.height - 1, "0", Role::Dim);
    }
    let room = area.width.saturating_sub(wide);
    let chart = Rect::new(area.x + wide.min(area.width), area.y, room, area.height);
    // Fitted to the columns: the latest is at the right, and each column shows the most of its time.
    let columns = usize::from(room * chart::density(canvas.look.glyphs));
    let full = (BACK.0 / facts.known.history.width.0).max(1) as usize;
    let missing = full.saturating_sub(values.len());
    let at =
        |slot: usize| slot.checked_sub(missing).and_then(|at| values.get(at).copied().flatten());
    let fitted: Vec<Option<u64>> = (0..columns)
        .map(|column| {
            let (from, to) = (column * full / columns, ((column + 1) * full).div_ceil(columns));
            (from..to).filter_map(at).max()
        })
        .collect();
    let chart_of =
        Chart { values: &fitted, ghost: &[], most: most.max(1), role: Role::Warn, now: None };
    chart::draw(canvas, chart, &chart_of);
}

/// Its calls under way by callee, with the breakers and budgets that guard them.
pub fn calls(facts: &Facts<'_>, node: NodeIx) -> Vec<Row> {
    let here = facts.node(node);
    let under_way = here.about(What::Calls);
    let links = facts.model().links();
    let callees = links.iter().filter(|link| link.from == node).map(|link| link.to);
    let callees: BTreeSet<NodeIx> = callees.chain(under_way.keys().copied()).collect();
    let mut rows = Vec::new();
    for callee in callees {
        let count = under_way.get(&callee).copied().unwrap_or(0);
        let guarding = here.readings().filter_map(|it| match (it.whom, it.value) {
            (Whom::Node(to), Value::Breaker(state)) if to == callee => Some(state),
            _ => None,
        });
        let open = guarding.filter(|state| *state != BreakerState::Closed).last();
        let rate = words::rate(facts.rate(&[node], &[callee]));
        let mut row = Row::new(
            format!("to {}", facts.name(callee)),
            format!("{rate}  {}", words::count(count)),
        );
        if let Some(state) = open {
            let (name, role) = breaker(state);
            row = Row { value: format!("breaker {name}  {}", row.value), role, ..row };
        }
        rows.push(row);
    }
    for (node, count) in here.about(What::Listed) {
        rows.push(Row::new(format!("{} on its list", facts.name(node)), words::count(count)));
    }
    for (node, count) in here.about(What::Ejected).into_iter().filter(|(_, count)| *count > 0) {
        let row = Row::new(format!("{} ejected", facts.name(node)), words::count(count));
        rows.push(Row { role: Role::Warn, ..row });
    }
    let budgets = here.readings().filter_map(|it| match (it.what, it.whom, it.value) {
        (What::Budget, Whom::Policy(policy), Value::Count(left)) => Some((policy, left)),
        _ => None,
    });
    let mut sums = std::collections::BTreeMap::new();
    for (policy, left) in budgets {
        *sums.entry(policy).or_insert(0) += left;
    }
    for (policy, left) in sums {
        let name = &facts.model().scenario.policies[usize::from(policy.0)].name;
        rows.push(Row::new(format!("retries left by {name}"), words::count(left)));
    }
    rows
}

/// What it keeps for others, what is kept for it, how long was waited, and what befalls it.
pub fn holds(facts: &Facts<'_>, node: NodeIx) -> Vec<Row> {
    let here = facts.node(node);
    let mut rows = Vec::new();
    for (consumer, lag) in here.about(What::Lag) {
        let members = here.about(What::Members).get(&consumer).copied();
        let members = members.map_or(String::new(), |it| format!("{it} members, "));
        let role = if lag > 0 { Role::Warn } else { Role::Text };
        let value = format!("{members}{} behind", words::count(lag));
        rows.push(Row { role, ..Row::new(format!("for {}", facts.name(consumer)), value) });
    }
    if let Some((broker, lag)) = facts.behind(node) {
        let role = if lag > 0 { Role::Warn } else { Role::Text };
        let value = format!("{} wait for it", words::count(lag));
        rows.push(Row { role, ..Row::new(format!("in {}", facts.name(broker)), value) });
    }
    if let Some(store) = facts.model().scenario.nodes[usize::from(node.0)].kind.store() {
        let there = facts.node(store);
        let value = format!("{} busy, {}", there.in_service(), words::rate(there.rate));
        rows.push(Row::new(facts.name(store), value));
    }
    let outcome = facts.known.so_far.as_ref().and_then(|all| all.nodes.get(facts.name(node)));
    if let Some(outcome) = outcome {
        let at = |p: f64| outcome.wait.quantile(p).map_or("-".to_owned(), words::span);
        if outcome.load.arrivals > 0 {
            rows.push(Row::new("waited so far", format!("p50 {}, p99 {}", at(0.5), at(0.99))));
        }
        let asked = outcome.cache.hits + outcome.cache.misses;
        if asked > 0 {
            let hits = format!("{} % hits", words::percent(outcome.cache.hits, asked));
            rows.push(Row::new("cache so far", hits));
        }
    }
    rows.extend(faults(facts, node));
    rows
}

/// The faults that befall it: those that act, and the next that will.
fn faults(facts: &Facts<'_>, node: NodeIx) -> Vec<Row> {
    let faults = &facts.model().faults;
    let mut rows = Vec::new();
    let mut next: Option<(Time, &str)> = None;
    for (fault, windows) in faults.with_windows() {
        if !fault.what.harms().iter().any(|harm| harm.nodes().contains(&node)) {
            continue;
        }
        for (from, to) in windows {
            if *from <= facts.now && facts.now < *to {
                let since = format!("since {}", words::short(*from));
                rows.push(Row { role: Role::Fault, ..Row::new(fault.name.clone(), since) });
            } else if *from > facts.now && next.is_none_or(|(known, _)| *from < known) {
                next = Some((*from, &fault.name));
            }
        }
    }
    if let Some((at, name)) = next {
        rows.push(Row { role: Role::Dim, ..Row::new(name, format!("at {}", words::short(at))) });
    }
    rows
}

/// Draws rows: labels at the left, values at the right.
pub fn rows(rows: &[Row], area: Rect, canvas: &mut Canvas<'_>) {
    for (y, row) in (0..area.height).zip(rows) {
        let value = row.value.chars().count() as u16;
        let label = Rect::new(area.x, area.y + y, area.width.saturating_sub(value + 1), 1);
        canvas.text(label, 0, 0, &row.label, Role::Dim);
        canvas.right(area, area.width, y, &row.value, row.role);
    }
    if rows.is_empty() {
        canvas.text(area, 0, 0, "nothing", Role::Dim);
    }
}
