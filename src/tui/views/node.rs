//! Not built yet.

use ratatui::layout::Rect;

use super::{Answer, Room, Screen};
use crate::tui::action::Action;
use crate::tui::canvas::Canvas;
use crate::tui::session::Session;
use crate::tui::snapshot::Snapshot;

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {}

/// The view.
pub const ROOM: Room = Room { draw, act, keys: &[] };

fn draw(_screen: Screen<'_>, _area: Rect, _canvas: &mut Canvas<'_>) {}

fn act(_action: Action, _session: &mut Session, _snapshot: &Snapshot) -> Answer {
    Answer::Pass
}
