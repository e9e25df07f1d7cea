//! Worlds: the tree of them, and what the selected one has changed of its parent.
//!
//! ```text
//!   base          as written, seed 1                            rest pubsub events
//! ► ├ no-crash    without inventory-crash, from 20.000 s        rest pubsub events
//!   │ └ surge     Surge("web", 3) at 30 s for 5 s               rest 12 %
//! ─ rest: base against no-crash, whole run ───────────────────────────────────────
//!                             base   no-crash   difference   same customers
//!  place-order kept         10 572     11 152         +580 of the 14 672 orders:
//!  place-order failed        2 081      1 290         -791 failed, now done   676
//! ─ done /s, from 18 to 28 s ─────────────────────────────────────────────────────
//!  base      ████▆▆▆▆▄▄▄▄▅▅▅▅▄▄▄▄▆▆▆▆▇▇▇▇▇▇▇▇▇▇▇▇▆▆▆▆
//!  no-crash  ████▆▆▆▆▇▇▇▇████▇▇▇▇▆▆▆▆▇▇▇▇▇▇▇▇▇▇▇▇▆▆▆▆
//! ```

use ratatui::layout::Rect;

use super::{Answer, Room, Screen};
use crate::analysis::unit::Unit;
use crate::base::{Span, Time};
use crate::tui::action::Action;
use crate::tui::canvas::{Canvas, Target};
use crate::tui::columns;
use crate::tui::figures::Figure;
use crate::tui::glyphs::{Glyph, Glyphs};
use crate::tui::place::{RunId, Thing, WorldId};
use crate::tui::query::difference::{Difference, Row, Said};
use crate::tui::session::Session;
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Role;
use crate::tui::widgets::axis::Axis;
use crate::tui::widgets::{chart, table};
use crate::tui::words;

/// It remembers nothing: what is selected is the thing.
#[derive(Clone, Debug, Default)]
pub struct State {}

/// The view.
pub const ROOM: Room = Room {
    draw,
    act,
    keys: &[
        Action::Enter,
        Action::Compare,
        Action::Fork,
        Action::Without,
        Action::Rename,
        Action::Drop,
        Action::Write,
        Action::Copy,
    ],
};

/// Rows of the series: the line, two of them, the axis; the sentence follows.
const SERIES: u16 = 4;

/// Where names end in the comparison, and where they do if there is room.
const NAMES: (u16, u16) = (24, 34);

/// The figure that is shown over time.
const SHOWN: &str = "done /s";

/// A line of the tree.
struct Branch {
    world: WorldId,
    /// The lines that lead to it.
    stem: String,
}

/// The worlds, each below its parent, those of one parent in the order in which they were made.
fn tree(session: &Session, glyphs: Glyphs) -> Vec<Branch> {
    fn grow(session: &Session, from: WorldId, stem: &str, signs: [&str; 4], all: &mut Vec<Branch>) {
        let is_child = |(id, world): (WorldId, &crate::tui::world::World)| {
            (world.parent == Some(from)).then_some(id)
        };
        let children: Vec<WorldId> = session.worlds.iter().filter_map(is_child).collect();
        let [tee, corner, line, gap] = signs;
        for (ix, world) in children.iter().enumerate() {
            let is_last = ix + 1 == children.len();
            let own = format!("{stem}{}", if is_last { corner } else { tee });
            all.push(Branch { world: *world, stem: own });
            let below = format!("{stem}{}", if is_last { gap } else { line });
            grow(session, *world, &below, signs, all);
        }
    }
    let signs = match glyphs {
        Glyphs::Ascii => ["+ ", "` ", "| ", "  "],
        _ => ["├ ", "└ ", "│ ", "  "],
    };
    let mut all = Vec::new();
    for (id, _) in session.worlds.iter().filter(|(_, world)| world.parent.is_none()) {
        all.push(Branch { world: id, stem: String::new() });
        grow(session, id, "", signs, &mut all);
    }
    all
}

fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let area = area.intersection(canvas.area());
    if area.is_empty() {
        return;
    }
    let branches = tree(screen.session, canvas.look.glyphs);
    let most = (area.height / 3).max(1);
    let height = (branches.len() as u16).min(most);
    forest(screen, &branches, Rect { height, ..area }, canvas);
    let below = Rect { y: area.y + height, height: area.height - height, ..area };
    let Some((first, second)) = screen.session.compared() else {
        alone(below, canvas);
        return;
    };
    let found = screen.snapshot.difference.as_deref();
    let found = found.filter(|it| it.worlds == (first, second));
    let sentence = found.map_or_else(Vec::new, |found| {
        words::wrapped(&found.sentence, usize::from(below.width.saturating_sub(2)))
    });
    let series = SERIES + sentence.len().min(3) as u16;
    let series = if below.height >= series + 4 { series } else { 0 };
    let upper = Rect { height: below.height - series, ..below };
    comparison(screen, (first, second), found, upper, canvas);
    if series > 0 {
        let lower = Rect { y: below.bottom() - series, height: series, ..below };
        self::series(screen, (first, second), lower, canvas);
        for (y, line) in (SERIES..series).zip(&sentence) {
            canvas.text(lower, 1, y, line, Role::Text);
        }
    }
}

/// What is said where there is nothing to compare.
fn alone(area: Rect, canvas: &mut Canvas<'_>) {
    canvas.rule(area, 0, "nothing to compare with");
    let text = "base is the scenario as it is written, and stays so. f makes a world that goes on from here, \
                i one in which something breaks, x one without the fault that is selected: each is compared \
                with its parent here.";
    let lines = words::wrapped(text, usize::from(area.width.saturating_sub(2)));
    for (y, line) in (1..).zip(&lines) {
        canvas.text(area, 1, y, line, Role::Dim);
    }
}

fn forest(screen: Screen<'_>, branches: &[Branch], area: Rect, canvas: &mut Canvas<'_>) {
    let session = screen.session;
    let chosen = session.chosen();
    let selected = branches.iter().position(|branch| branch.world == chosen);
    let width = |branch: &Branch| {
        branch.stem.chars().count() + session.worlds.get(branch.world).name.chars().count()
    };
    let names = branches.iter().map(width).max().unwrap_or(0).clamp(11, 30) as u16;
    for (y, number) in (0..).zip(table::seen(branches.len(), area.height, selected)) {
        let branch = &branches[number];
        let world = session.worlds.get(branch.world);
        let is_selected = selected == Some(number);
        let role = if is_selected { Role::Accent } else { Role::Text };
        if is_selected {
            canvas.text(area, 0, y, canvas.glyph(Glyph::Here), Role::Accent);
        }
        let x = canvas.text(area, 2, y, &branch.stem, Role::Dim);
        let is_shown = session.place.run.world == branch.world;
        let name = if is_shown && !is_selected { Role::Strong } else { role };
        canvas.text(area, x, y, &world.name, name);
        let states = states(screen, branch.world, area.width / 2);
        let taken: usize = states.iter().map(|state| state.text.chars().count() + 1).sum();
        let end = area.width.saturating_sub(taken as u16);
        let about = canvas.cut(&world.about, end.saturating_sub(names + 5));
        canvas.text(area, names + 4, y, &about, role);
        let mut x = end.max(names + 4);
        for state in states {
            x = 1 + canvas.text(area, x, y, &state.text, state.role);
        }
        let hit = Rect { y: area.y + y, height: 1, ..area };
        canvas.hit(hit, Target::Thing(Thing::World(branch.world)));
    }
}

/// How far a design of a world is computed.
struct Reach {
    text: String,
    role: Role,
}

/// By design: its name where its run is known to the end, with how far it is where it is on its way.
fn states(screen: Screen<'_>, world: WorldId, most: u16) -> Vec<Reach> {
    let designs = &screen.session.worlds.get(world).recipe.scenario.designs;
    let state = |(design, it): (usize, &crate::scenario::tree::Design)| {
        let known = screen.snapshot.run(RunId { world, design });
        match known {
            Some(known) if known.audit.is_some() => {
                Reach { text: it.name.clone(), role: Role::Design(design as u8) }
            }
            Some(known) => {
                let (edge, end) = (known.history.edge().0, known.horizon.0.max(1));
                let part = u128::from(edge) * 100 / u128::from(end);
                Reach { text: format!("{} {part} %", it.name), role: Role::Warn }
            }
            None => Reach { text: it.name.clone(), role: Role::Dim },
        }
    };
    let all: Vec<Reach> = designs.iter().enumerate().map(state).collect();
    let width: usize = all.iter().map(|it| it.text.chars().count() + 1).sum();
    if width <= usize::from(most) {
        return all;
    }
    // No room for names: how many are known to the end.
    let done = all.iter().filter(|it| it.role != Role::Warn && it.role != Role::Dim).count();
    vec![Reach { text: format!("{done} of {} designs", all.len()), role: Role::Text }]
}

fn comparison(
    screen: Screen<'_>,
    (first, second): (WorldId, WorldId),
    found: Option<&Difference>,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    let session = screen.session;
    let design = &session.scenario().designs[session.place.run.design].name;
    let name = |id: WorldId| session.worlds.get(id).name.as_str();
    let title = format!("{design}: {} against {}, whole run", name(first), name(second));
    canvas.rule(area, 0, &title);
    let Some(found) = found else {
        canvas.text(area, 1, 2, "both are being run to their ends", Role::Dim);
        return;
    };
    let names = if area.width < 110 { NAMES.0 } else { NAMES.1 };
    let ends = [names + 9, names + 19, names + 30];
    for (end, text) in ends.into_iter().zip([name(first), name(second), "difference"]) {
        let text = canvas.cut(text, if end == ends[2] { 10 } else { 9 });
        canvas.right(area, end, 1, &text, Role::Strong);
    }
    let rows = usize::from(area.height.saturating_sub(2));
    // What differs comes first; what is nothing in both is not worth a row.
    let is_something = |row: &&Row| row.first != 0.0 || row.second != 0.0;
    let told = found.rows.iter().filter(is_something);
    let (other, same): (Vec<&Row>, Vec<&Row>) =
        told.partition(|row| said_of(row, row.first) != said_of(row, row.second));
    for (y, row) in (2..).zip(other.into_iter().chain(same).take(rows)) {
        canvas.text(area, 1, y, &canvas.cut(&row.name, names - 1), Role::Text);
        let values = [said_of(row, row.first), said_of(row, row.second), by(row)];
        for ((end, text), role) in
            ends.into_iter().zip(values).zip([Role::Text, Role::Text, Role::Strong])
        {
            canvas.right(area, end, y, &text, role);
        }
    }
    let left = ends[2] + 1;
    if area.width > left + 20 {
        let rest = Rect { x: area.x + left, width: (area.width - left).min(40), ..area };
        customers(found, rest, canvas);
    }
}

/// So many customers were told something else.
struct Turned {
    text: String,
    count: u64,
    role: Role,
}

/// What became of the same customers.
fn customers(found: &Difference, area: Rect, canvas: &mut Canvas<'_>) {
    canvas.text(area, 1, 1, "same customers", Role::Strong);
    let total: u64 = found.same.values().sum();
    canvas.text(area, 0, 2, &format!("of {} actions:", words::count(total)), Role::Text);
    let mut turned: Vec<(&(Said, Said), &u64)> =
        found.same.iter().filter(|((first, second), _)| first != second).collect();
    turned.sort_by_key(|(said, count)| (std::cmp::Reverse(**count), **said));
    let mut lines: Vec<Turned> = turned
        .into_iter()
        .map(|((first, second), count)| Turned {
            text: format!("{}, now {}", said(*first), said(*second)),
            count: *count,
            role: match second {
                Said::Done => Role::Good,
                Said::Refused => Role::Warn,
                Said::Failed => Role::Bad,
            },
        })
        .collect();
    let same = found.same.iter().filter(|((first, second), _)| first == second);
    let count = same.map(|(_, count)| count).sum();
    lines.push(Turned { text: "told the same".to_owned(), count, role: Role::Text });
    for (y, line) in (3..area.height).zip(lines) {
        canvas.text(area, 0, y, &line.text, line.role);
        let end = area.width.min(26);
        canvas.right(area, end, y, &words::count(line.count), line.role);
    }
}

fn said(said: Said) -> &'static str {
    match said {
        Said::Done => "done",
        Said::Refused => "refused",
        Said::Failed => "failed",
    }
}

/// A value of a row.
fn said_of(row: &Row, value: f64) -> String {
    match row.unit {
        Unit::Time => words::span(Span(value.round() as u64)),
        Unit::Ratio => format!("{} %", words::three(100.0 * value)),
        Unit::Count => words::count(value.round() as u64),
        Unit::Rate | Unit::Number => words::rate(value),
    }
}

/// How far the second is from the first.
fn by(row: &Row) -> String {
    // What cannot be seen in the two figures is no difference.
    if said_of(row, row.first) == said_of(row, row.second) {
        return "=".to_owned();
    }
    let by = row.second - row.first;
    format!("{}{}", if by > 0.0 { "+" } else { "-" }, said_of(row, by.abs()))
}

/// Both worlds over time, around the fork.
fn series(
    screen: Screen<'_>,
    (first, second): (WorldId, WorldId),
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    let session = screen.session;
    let design = session.place.run.design;
    let known = |world: WorldId| screen.snapshot.run(RunId { world, design });
    let both = [(first, known(first), Role::Ghost), (second, known(second), Role::Text)];
    let name = |world: WorldId| session.worlds.get(world).name.as_str();
    let names = both.iter().map(|(world, ..)| name(*world).chars().count()).max().unwrap_or(0);
    let before = (names as u16 + 3).clamp(11, 24).min(area.width.saturating_sub(1));
    let width = area.width.saturating_sub(before + 1).max(1);
    let ends = both.iter().filter_map(|(_, known, _)| *known);
    let end = ends.map(|known| known.audit.unwrap_or(known.horizon)).max().unwrap_or(Time(1));
    let axis = around(session, session.worlds.get(second).forked, end, width);
    let title = format!("{SHOWN}, {} to {}", words::instant(axis.from), words::instant(axis.to));
    canvas.rule(area, 0, &title);
    let figure = Figure::find(SHOWN).expect("it is one of the figures");
    let fine = axis.finer(chart::density(canvas.look.glyphs));
    let values = both.iter().map(|(_, known, _)| {
        let columns = known.map_or_else(Vec::new, |known| columns::columns(known, fine));
        columns.iter().map(|it| it.as_ref().and_then(|it| figure.value(it))).collect()
    });
    let values: Vec<Vec<Option<u64>>> = values.collect();
    let most = values.iter().flatten().flatten().copied().max().unwrap_or(0);
    for (row, ((world, _, role), values)) in (1..).zip(both.iter().zip(&values)) {
        let label = Rect { width: before.saturating_sub(1), ..area };
        canvas.text(label, 1, row, name(*world), *role);
        let field = Rect { x: area.x + before, y: area.y + row, width, height: 1 };
        let now = axis.column(screen.now());
        let chart = chart::Chart { values, ghost: &[], most, role: *role, now };
        chart::draw(canvas, field.intersection(area), &chart);
        canvas.hit(field.intersection(area), Target::Axis(axis.from, axis.to));
    }
    let row = Rect { x: area.x + before, y: area.y + 3, width, height: 1 };
    axis.draw(canvas, row.intersection(area), screen.now());
}

/// The stretch around a fork: a little before it, and what follows; the whole run for what differs from its
/// start on.
fn around(session: &Session, forked: Time, end: Time, columns: u16) -> Axis {
    if forked == Time::ZERO {
        return Axis::whole(end, columns);
    }
    let column = session.column().0;
    let length = (10 * column).min(end.0).max(1);
    let from = forked.0.saturating_sub(2 * column).min(end.0 - length);
    Axis { from: Time(from), to: Time(from + length), columns }
}

fn act(action: Action, session: &mut Session, _snapshot: &Snapshot) -> Answer {
    if action == Action::Enter && !matches!(session.place.thing, Thing::World(_)) {
        return Answer::Not("you are in this world: j and k select another".into());
    }
    let branches = tree(session, Glyphs::Ascii);
    let chosen = session.chosen();
    let now = branches.iter().position(|branch| branch.world == chosen);
    let Some(to) = table::moved(action, now, branches.len()) else { return Answer::Pass };
    session.select(Thing::World(branches[to].world));
    Answer::Done
}
