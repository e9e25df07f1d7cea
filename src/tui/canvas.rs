//! Where views draw: cells, roles and what can be clicked. Cuts what does not fit, and lets nothing
//! through that would steer a terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthChar;

use super::action::Action;
use super::glyphs::{Border, Glyph, Glyphs};
use super::place::Thing;
use super::theme::{Role, Theme};

/// How everything looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Colours.
    pub theme: Theme,
    /// Signs.
    pub glyphs: Glyphs,
}

/// A rectangle that stands for something.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Where.
    pub area: Rect,
    /// What.
    pub target: Target,
}

/// What a click means.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Selects it; twice: goes into it.
    Thing(Thing),
    /// Does it.
    Action(Action),
    /// The axis of time: the column of the click says when, from the first to the last instant.
    Axis(crate::base::Time, crate::base::Time),
    /// A row of a list, by its number.
    Row(usize),
}

/// The row of what covers others and means nothing itself.
pub const COVER: usize = usize::MAX;

/// A buffer to draw into, and what can be clicked in it.
#[derive(Debug)]
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    hits: &'a mut Vec<Hit>,
    /// How everything looks.
    pub look: Look,
}

impl<'a> Canvas<'a> {
    /// An empty one over a buffer.
    pub fn new(buffer: &'a mut Buffer, hits: &'a mut Vec<Hit>, look: Look) -> Self {
        Self { buffer, hits, look }
    }

    /// All of it.
    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// A sign of the set in use.
    pub fn glyph(&self, glyph: Glyph) -> &'static str {
        self.look.glyphs.of(glyph)
    }

    /// Writes a text at a place of an area (counted from its corner), cut at the area's right edge, and with a
    /// sign there if words are cut; says the column after it.
    pub fn text(&mut self, area: Rect, x: u16, y: u16, text: &str, role: Role) -> u16 {
        let area = area.intersection(self.buffer.area);
        let style = self.look.theme.style(role);
        if y >= area.height {
            return x;
        }
        let mut at = x;
        let mut chars = text.chars();
        while let Some(char) = chars.next() {
            let char = if char.is_control() { '?' } else { char };
            let width = char.width().unwrap_or(0) as u16;
            // Whatever is not one column wide would move all that follows.
            let char = if width == 1 { char } else { '?' };
            if at >= area.width {
                break;
            }
            let char = match self.look.glyphs {
                Glyphs::Ascii if !char.is_ascii() => '?',
                _ => char,
            };
            let is_cut = at + 1 == area.width && at > x && chars.clone().any(char::is_alphanumeric);
            let char = if is_cut { self.cut_sign() } else { char };
            let cell = &mut self.buffer[(area.x + at, area.y + y)];
            // What stood there before leaves no trace, neither its colour nor its weight.
            cell.reset();
            cell.set_char(char).set_style(style);
            at += 1;
        }
        at
    }

    /// The same, so that it ends before column `end`.
    pub fn right(&mut self, area: Rect, end: u16, y: u16, text: &str, role: Role) {
        let width = text.chars().count() as u16;
        let skip = width.saturating_sub(end);
        let kept: String = text.chars().skip(usize::from(skip)).collect();
        self.text(area, end.saturating_sub(width), y, &kept, role);
    }

    /// A text that fits: what is too long ends with a sign that says so.
    pub fn cut(&self, text: &str, width: u16) -> String {
        let width = usize::from(width);
        if text.chars().count() <= width {
            return text.to_owned();
        }
        text.chars().take(width.saturating_sub(1)).chain([self.cut_sign()]).take(width).collect()
    }

    /// What says that something was cut.
    fn cut_sign(&self) -> char {
        if self.look.glyphs == Glyphs::Ascii { '~' } else { '…' }
    }

    /// Fills a row from column `x` on, `width` columns wide.
    pub fn run(&mut self, area: Rect, x: u16, y: u16, width: u16, glyph: &str, role: Role) {
        let width = width.min(area.width.saturating_sub(x));
        self.text(area, x, y, &glyph.repeat(usize::from(width)), role);
    }

    /// A line across, with a title near its left end.
    pub fn rule(&mut self, area: Rect, y: u16, title: &str) {
        let line = self.glyph(Glyph::Line);
        self.run(area, 0, y, area.width, line, Role::Dim);
        if !title.is_empty() {
            self.text(area, 1, y, &format!(" {title} "), Role::Strong);
        }
    }

    /// A box; its title stands in its upper side. Says its inside.
    pub fn frame(&mut self, area: Rect, title: &str, border: Border, role: Role) -> Rect {
        let area = area.intersection(self.buffer.area);
        if area.width < 2 || area.height < 2 {
            return Rect::default();
        }
        let [tl, tr, bl, br, horizontal, vertical] = self.look.glyphs.frame(border);
        let (right, bottom) = (area.width - 1, area.height - 1);
        for (y, left, end) in [(0, tl, tr), (bottom, bl, br)] {
            self.text(area, 0, y, left, role);
            self.run(area, 1, y, area.width - 2, horizontal, role);
            self.text(area, right, y, end, role);
        }
        for y in 1..bottom {
            self.text(area, 0, y, vertical, role);
            self.text(area, right, y, vertical, role);
        }
        let inside = Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2);
        if !title.is_empty() {
            let upper = Rect::new(area.x + 1, area.y, area.width - 2, 1);
            self.text(upper, 0, 0, title, role);
        }
        inside
    }

    /// Blanks an area, for an overlay.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// What stands in the first cell of an area; a blank outside.
    pub fn sign(&self, area: Rect) -> &str {
        self.buffer.cell((area.x, area.y)).map_or(" ", |cell| cell.symbol())
    }

    /// Blanks an area for what lies over the view: what is below can be neither seen nor clicked.
    pub fn cover(&mut self, area: Rect) {
        self.clear(area);
        self.hit(area, Target::Row(COVER));
    }

    /// Shows what is there in another role, as a selection does.
    pub fn tint(&mut self, area: Rect, role: Role) {
        let style = self.look.theme.style(role);
        self.buffer.set_style(area.intersection(self.buffer.area), style);
    }

    /// A rectangle that stands for something; the last one said wins where several meet.
    pub fn hit(&mut self, area: Rect, target: Target) {
        let area = area.intersection(self.buffer.area);
        if !area.is_empty() {
            self.hits.push(Hit { area, target });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_cut_say_so_and_blanks_and_lines_do_not() {
        let area = Rect::new(0, 0, 6, 1);
        let written = |text: &str, glyphs: Glyphs| {
            let (mut buffer, mut hits) = (Buffer::empty(area), Vec::new());
            let look = Look { glyphs, ..Look::default() };
            Canvas::new(&mut buffer, &mut hits, look).text(area, 0, 0, text, Role::Text);
            crate::tui::paint::text(&buffer).trim_end().to_owned()
        };
        assert_eq!(written("orders", Glyphs::Block), "orders");
        assert_eq!(written("orders-db", Glyphs::Block), "order…");
        assert_eq!(written("orders-db", Glyphs::Ascii), "order~");
        assert_eq!(written("orders   ", Glyphs::Block), "orders");
        assert_eq!(written("--------", Glyphs::Block), "------");
    }
}
