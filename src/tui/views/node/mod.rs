//! A node from near: its instances, who waited, its calls, what it holds and what befalls it.
//!
//! ```text
//!  orders   service, 2 of 2 up, 32 workers each, store orders-db, policy call
//! ┌ instances ───────────────────────────────────────────────────────────────────┐
//! │              state   began/s   waiting    oldest      busy      held         │
//! │►orders#0        up        61       353   0.93 s     32/32         0          │
//! └──────────────────────────────────────────────────────────────────────────────┘
//! ┌ waiting, 31 to 41 s ─────────────────┐┌ it holds ────────────────────────────┐
//! ┌ calls in hand ───────────────────────┐│                                      │
//! ```

pub mod parts;

use ratatui::layout::Rect;

use super::map::facts::Facts;
use super::map::says;
use super::{Answer, Room, Screen};
use crate::model::NodeIx;
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::glyphs::Border;
use crate::tui::place::Thing;
use crate::tui::session::Session;
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Role;
use crate::tui::words;

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {}

/// The view.
pub const ROOM: Room =
    Room { draw, act, keys: &[Action::Leave, Action::Inject, Action::ThingOn, Action::ThingBack] };

fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let Some((node, chosen)) = shown(&screen.session.place.thing) else {
        canvas.text(area, 1, 0, "no node is selected: Esc, then h j k l", Role::Dim);
        return;
    };
    let Some(facts) = Facts::of(screen) else {
        canvas.text(area, 1, 0, "the run is being computed", Role::Dim);
        return;
    };
    let x = canvas.text(area, 1, 0, facts.name(node), Role::Strong);
    canvas.text(area, x + 3, 0, &parts::about(&facts, node), Role::Text);

    // The same sentence at the same place as on the map.
    let below = if area.height >= 18 { 2 } else { 0 };
    let area = Rect { height: area.height - below, ..area };
    let sentence = Rect { y: area.bottom(), height: below, ..area };
    let text = says::node(&facts, node).text;
    let lines = words::wrapped(&text, usize::from(area.width.saturating_sub(2)));
    for (y, line) in (0..below).zip(&lines) {
        canvas.text(sentence, 1, y, line, Role::Text);
    }

    let instances = facts.model().nodes[usize::from(node.0)].count as u16;
    let rest = area.height.saturating_sub(1);
    let high = (instances.saturating_add(3)).min(rest / 2).max(4).min(rest);
    let top = Rect::new(area.x, area.y + 1, area.width, high);
    let inside = canvas.frame(top, " instances ", Border::Plain, Role::Dim);
    parts::instances(&facts, node, chosen, inside, canvas);

    let left = area.width / 2;
    let (y, below) = (top.bottom(), rest.saturating_sub(high));
    let upper = (below / 2).min(14);
    let chart = Rect::new(area.x, y, left, upper);
    let calls = Rect::new(area.x, y + upper, left, below - upper);
    let holds = Rect::new(area.x + left, y, area.width - left, below);
    let from = facts.now.0.saturating_sub(parts::BACK.0);
    let title = format!(
        " waiting, {} to {} ",
        words::short(crate::base::Time(from)).trim_end_matches(" s"),
        words::short(facts.now)
    );
    let inside = canvas.frame(chart, &title, Border::Plain, Role::Dim);
    parts::waited(&facts, node, inside, canvas);
    let inside = canvas.frame(calls, " calls, a second and in hand ", Border::Plain, Role::Dim);
    parts::rows(&parts::calls(&facts, node), inside, canvas);
    let inside = canvas.frame(holds, " it holds, and what befalls it ", Border::Plain, Role::Dim);
    parts::rows(&parts::holds(&facts, node), inside, canvas);
}

/// The node that is shown, and which of its instances is selected.
fn shown(thing: &Thing) -> Option<(NodeIx, Option<u32>)> {
    match thing {
        Thing::Node(node) | Thing::Link(_, node) => Some((*node, None)),
        Thing::Instance(node, index) => Some((*node, Some(*index))),
        _ => None,
    }
}

fn act(action: Action, session: &mut Session, snapshot: &Snapshot) -> Answer {
    let Some((node, chosen)) = shown(&session.place.thing) else { return Answer::Pass };
    let Some(known) = snapshot.run(session.place.run) else { return Answer::Pass };
    let last = known.model.nodes[usize::from(node.0)].count.saturating_sub(1);
    let to = match (action, chosen) {
        (Action::Down, None) | (Action::First, _) => 0,
        (Action::Down, Some(at)) if at < last => at + 1,
        (Action::Up, Some(at)) if at > 0 => at - 1,
        (Action::PageDown, at) => at.map_or(0, |at| at + 10).min(last),
        (Action::PageUp, at) => at.unwrap_or(0).saturating_sub(10),
        (Action::Last, _) | (Action::Up, None) => last,
        (Action::Down | Action::Up, _) => {
            return Answer::Not("there is no further instance that way".to_owned());
        }
        (Action::Enter, _) => {
            return Answer::Not(
                "this is all there is of it; 5 lists the operations that went wrong".to_owned(),
            );
        }
        _ => return Answer::Pass,
    };
    session.select(Thing::Instance(node, to));
    Answer::Done
}
