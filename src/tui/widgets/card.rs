//! A card: a box with a name, how many of it there are, and a few figures below one another; labels at the
//! left, values at the right. Knows no node.

use ratatui::layout::Rect;

use super::chart::{self, Chart};
use crate::tui::canvas::Canvas;
use crate::tui::glyphs::{Border, Glyph};
use crate::tui::theme::Role;

/// What a card shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Card {
    /// Its name, in its upper side.
    pub name: String,
    /// What stands at the end of its upper side: `2/2`.
    pub tail: String,
    /// Its border.
    pub border: Border,
    /// The colour of its border.
    pub role: Role,
    /// What it says, the most important first.
    pub lines: Vec<Line>,
}

/// A row of a card.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// A figure. Where both do not fit the label is left out.
    Figure {
        /// What it is.
        label: String,
        /// The figure.
        value: String,
        /// Its colour.
        role: Role,
    },
    /// A few words.
    Words(String, Role),
    /// What follows is about somebody else, who stands in this card.
    Rule(String),
    /// A series, the latest at the right.
    Series(Vec<Option<u64>>, Role),
}

impl Line {
    /// A figure that is neither good nor bad.
    pub fn figure(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Figure { label: label.into(), value: value.into(), role: Role::Text }
    }

    /// In this colour.
    #[must_use]
    pub fn role(mut self, to: Role) -> Self {
        match &mut self {
            Self::Figure { role, .. } | Self::Words(_, role) | Self::Series(_, role) => *role = to,
            Self::Rule(_) => {}
        }
        self
    }
}

/// Draws it; rows that do not fit are left out.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, card: &Card) {
    let inside = canvas.frame(area, "", card.border, card.role);
    let upper = Rect::new(area.x + 1, area.y, area.width.saturating_sub(2), 1);
    let (room, long) = (usize::from(upper.width), card.name.chars().count());
    // What is usual makes room for a long name; what is not takes it.
    let is_usual = card.role == Role::Dim || card.border == Border::Broken;
    let has_room = long + card.tail.chars().count() <= room;
    let tail = if is_usual && !has_room { "" } else { card.tail.as_str() };
    let name: String = card.name.chars().take(room - tail.chars().count().min(room)).collect();
    canvas.text(upper, 0, 0, &name, Role::Strong);
    let role = if card.role == Role::Dim { Role::Text } else { card.role };
    canvas.right(upper, upper.width, 0, tail, role);
    for (y, line) in (0..inside.height).zip(&card.lines) {
        draw_line(canvas, inside, y, line);
    }
}

fn draw_line(canvas: &mut Canvas<'_>, area: Rect, y: u16, line: &Line) {
    match line {
        Line::Figure { label, value, role } => {
            // Where both do not fit the unit goes first, and then the label.
            let bare = value.trim_end_matches("/s").trim_end_matches(" s");
            let fits = |value: &&str| {
                label.chars().count() + 1 + value.chars().count() <= usize::from(area.width)
            };
            let value = [value.as_str(), bare].into_iter().find(fits);
            if value.is_some() {
                canvas.text(area, 0, y, label, Role::Dim);
            }
            canvas.right(area, area.width, y, value.unwrap_or(bare), *role);
        }
        Line::Words(words, role) => {
            canvas.text(area, 0, y, words, *role);
        }
        Line::Rule(name) => {
            let line = canvas.glyph(Glyph::Line);
            canvas.run(area, 0, y, area.width, line, Role::Dim);
            let name: String =
                name.chars().take(usize::from(area.width).saturating_sub(1)).collect();
            canvas.text(area, 1, y, &name, Role::Text);
        }
        Line::Series(values, role) => {
            let row = Rect::new(area.x, area.y + y, area.width, 1);
            series(canvas, row, values, *role);
        }
    }
}

/// The latest of a series that fit into an area, at its right.
pub fn series(canvas: &mut Canvas<'_>, area: Rect, values: &[Option<u64>], role: Role) {
    let room = usize::from(area.width * chart::density(canvas.look.glyphs));
    let shown = &values[values.len().saturating_sub(room)..];
    let mut padded = vec![None; room - shown.len()];
    padded.extend_from_slice(shown);
    let most = shown.iter().flatten().copied().max().unwrap_or(0).max(1);
    let chart = Chart { values: &padded, ghost: &[], most, role, now: None };
    chart::draw(canvas, area, &chart);
}
