//! Not built yet.

use ratatui::layout::Rect;

use crate::tui::canvas::Canvas;
use crate::tui::views::Screen;

/// Draws it.
pub fn draw(_screen: Screen<'_>, _area: Rect, _canvas: &mut Canvas<'_>) {}
