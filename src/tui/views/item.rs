//! One item of data through the whole run: who wrote which version, which copies held it, who saw what.
//!
//! ```text
//!  stock 1   412 facts: 113 writes, 96 copies, 203 reads
//!    time s      where           what                                     for
//! ►  6.989012    inventory-db    stock 1 v113, 388 to 387                 #5638
//!    6.994120    orders#0        copy of stock 1 v113                     #5638
//! ```

use ratatui::layout::Rect;

use super::{Answer, Room, Screen};
use crate::base::Time;
use crate::probes::story::Line;
use crate::probes::witness::{Item, Witness};
use crate::probes::{Fact, OpId};
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::glyphs::Glyph;
use crate::tui::place::{Cursor, Place, Thing, View};
use crate::tui::query::telling::names::Names;
use crate::tui::session::Session;
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Role;
use crate::tui::widgets::table;
use crate::tui::words;

/// What it remembers: the row that is selected, if one is.
#[derive(Clone, Debug, Default)]
pub struct State {
    row: Option<usize>,
}

/// The view.
pub const ROOM: Room = Room {
    draw,
    act,
    keys: &[Action::Down, Action::Enter, Action::Leave, Action::NextDesign, Action::Copy],
};

/// What is told of it: no crashes of others.
fn lines(witness: &Witness) -> Vec<&Line> {
    let told = witness.lines().iter().filter(|line| !matches!(line.fact, Fact::Down | Fact::Up));
    told.collect()
}

/// The row that is selected: the last at the cursor. One that was chosen holds as long as the cursor stands
/// where it put it, and the item is the same.
fn selected(state: &State, lines: &[&Line], now: Time) -> Option<usize> {
    let last = lines.len().checked_sub(1)?;
    let at = lines.partition_point(|line| line.time <= now).saturating_sub(1).min(last);
    let is_at_cursor = |row: &usize| lines.get(*row).is_some_and(|line| line.time == now);
    Some(state.row.filter(is_at_cursor).unwrap_or(at))
}

fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let Thing::Item(Item { entity, key }) = screen.session.place.thing else { return };
    let Some(known) = screen.known() else { return };
    let names = Names { model: &known.model, op: OpId::NONE };
    let title = names.item(entity, key);
    let Some(witness) = screen.snapshot.witness.as_deref() else {
        canvas.text(area, 1, 0, &format!("{title}   is being looked for"), Role::Dim);
        return;
    };
    let lines = lines(witness);
    let count = |is: fn(&Fact) -> bool| lines.iter().filter(|line| is(&line.fact)).count();
    let writes = count(|fact| matches!(fact, Fact::Applied { .. } | Fact::Undone { .. }));
    let copies = count(|fact| matches!(fact, Fact::Holds { .. }));
    let reads = count(|fact| matches!(fact, Fact::Saw { .. }));
    let x = canvas.text(area, 1, 0, &title, Role::Strong);
    let said = format!("   {writes} writes, {copies} times in a copy, {reads} reads");
    canvas.text(area, x, 0, &said, Role::Text);
    if lines.is_empty() {
        canvas.text(area, 1, 2, "Nothing happens to it in this run.", Role::Dim);
        return;
    }
    let what = 36.min(area.width / 2);
    for (x, head) in [(3, "time"), (17, "where"), (what, "what")] {
        canvas.text(area, x, 1, head, Role::Dim);
    }
    canvas.right(area, area.width.saturating_sub(1), 1, "for", Role::Dim);
    let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
    let chosen = selected(&screen.session.views.item, &lines, screen.now());
    for (y, row) in (0..).zip(table::seen(lines.len(), list.height, chosen)) {
        let line = lines[row];
        let is_chosen = chosen == Some(row);
        let is_ahead = line.time > screen.now();
        let role = match line.fact {
            _ if is_chosen => Role::Accent,
            _ if is_ahead => Role::Dim,
            Fact::Applied { .. } => Role::Good,
            Fact::Undone { .. } => Role::Warn,
            _ => Role::Text,
        };
        if is_chosen {
            canvas.text(list, 1, y, canvas.glyph(Glyph::Here), Role::Accent);
        }
        canvas.text(list, 3, y, &words::exact(line.time), role);
        let place = Rect { width: what.min(list.width), ..list };
        canvas.text(place, 17, y, &names.instance(line.at), role);
        let text = names.said(line.fact).unwrap_or_else(|| match line.fact {
            Fact::Forgot { .. } => "no longer held".to_owned(),
            _ => "a replica answers".to_owned(),
        });
        let room = Rect { width: list.width.saturating_sub(9), ..list };
        canvas.text(room, what, y, &text, role);
        if let Some(op) = line.fact.op() {
            canvas.right(list, list.width.saturating_sub(1), y, &format!("#{}", op.number()), role);
        }
    }
}

fn act(action: Action, session: &mut Session, snapshot: &Snapshot) -> Answer {
    let Some(witness) = snapshot.witness.as_deref() else { return Answer::Pass };
    let lines = lines(witness);
    let now = selected(&session.views.item, &lines, session.place.cursor.time);
    if let Some(row) = table::moved(action, now, lines.len()) {
        session.views.item.row = Some(row);
        session.seek_time(lines[row].time);
        return Answer::Done;
    }
    let line = now.map(|row| lines[row]);
    match (action, line) {
        (Action::Enter, Some(line)) => {
            let Some(op) = line.fact.op() else {
                return Answer::Not("nobody in particular did that".to_owned());
            };
            let (thing, cursor) = (Thing::Op(op), Cursor::at(line.time));
            session.go(Place { cursor, thing, view: View::Request, ..session.place.clone() });
            Answer::Done
        }
        (Action::Leave, _) => {
            session.views.item.row = None;
            Answer::Pass
        }
        _ => Answer::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{InstanceId, Key};

    #[test]
    fn the_row_at_the_cursor_is_selected_until_another_is() {
        let line =
            |time| Line { event: Key(0), time: Time(time), at: InstanceId(0), fact: Fact::Entered };
        let all = [line(2), line(5), line(9)];
        let lines: Vec<&Line> = all.iter().collect();
        let none = State::default();
        assert_eq!(selected(&none, &lines, Time(1)), Some(0));
        assert_eq!(selected(&none, &lines, Time(6)), Some(1));
        let all = [line(2), line(5), line(5), line(9)];
        let same: Vec<&Line> = all.iter().collect();
        let chosen = State { row: Some(1) };
        assert_eq!(selected(&chosen, &same, Time(5)), Some(1), "not the last of its instant");
        assert_eq!(selected(&chosen, &same, Time(9)), Some(3), "the cursor went on");
        assert_eq!(selected(&State { row: Some(7) }, &lines, Time(6)), Some(1), "another item");
        assert_eq!(selected(&none, &[], Time(6)), None);
    }
}
