//! Not built yet.

use ratatui::layout::Rect;

use super::Screen;
use crate::tui::canvas::Canvas;
use crate::tui::input::Key;
use crate::tui::session::Session;
use crate::tui::snapshot::Snapshot;

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {}

/// Draws it over the screen.
pub fn draw(_screen: Screen<'_>, _state: &State, _area: Rect, _canvas: &mut Canvas<'_>) {}

/// Takes a key.
pub fn key(_key: Key, session: &mut Session, _snapshot: &Snapshot) {
    session.overlay = None;
}
