//! The palette, and how wide the canvas is. A tone says what a text means; whether that becomes a colour is
//! decided elsewhere, and the text must say it too.

use anstyle::{AnsiColor, Style};

use crate::base::printable;

/// What a text means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Just text.
    #[default]
    Plain,
    /// A title or the head of a table.
    Head,
    /// Worth a second look, in a good way.
    Good,
    /// Worth a second look, in a bad way.
    Bad,
    /// Somewhere between.
    Warn,
    /// Less important than what is around it.
    Faint,
}

impl Tone {
    fn style(self) -> Style {
        let ink = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
        match self {
            Self::Plain => Style::new(),
            Self::Head => Style::new().bold(),
            Self::Good => ink(AnsiColor::Green),
            Self::Bad => ink(AnsiColor::Red).bold(),
            Self::Warn => ink(AnsiColor::Yellow),
            Self::Faint => Style::new().dimmed(),
        }
    }
}

/// Lines are no wider than this where nobody says otherwise.
pub const WIDTH: usize = 80;

/// Prose is no wider than this, however wide the canvas is: longer lines are hard to follow.
const MEASURE: usize = 100;

/// Paints, or does not, on lines of some width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    color: bool,
    width: usize,
}

impl Paint {
    /// With colour, or without.
    pub fn new(color: bool) -> Self {
        Self { color, width: WIDTH }
    }

    /// Without colour.
    pub fn plain() -> Self {
        Self::new(false)
    }

    /// On a canvas of so many columns; no more than 200 and no less than 60 are of use.
    #[must_use]
    pub fn wide(self, columns: usize) -> Self {
        Self { width: columns.clamp(60, 200), ..self }
    }

    /// How wide a line may be.
    pub fn width(self) -> usize {
        self.width
    }

    /// How wide a line of prose may be.
    pub(super) fn measure(self) -> usize {
        self.width.min(MEASURE)
    }

    /// Is there colour?
    pub fn has_color(self) -> bool {
        self.color
    }

    /// The text in its tone, as it may be printed: the only escapes of a result are those made here.
    pub fn apply(self, tone: Tone, text: &str) -> String {
        let text = printable(text);
        if !self.color || tone == Tone::Plain || text.is_empty() {
            return text.into_owned();
        }
        let style = tone.style();
        format!("{style}{text}{style:#}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_a_text_is_itself() {
        assert_eq!(Paint::plain().apply(Tone::Bad, "FAIL"), "FAIL");
        assert_eq!(Paint::new(true).apply(Tone::Plain, "ok"), "ok");
    }

    #[test]
    fn colour_is_closed_where_it_ends() {
        let text = Paint::new(true).apply(Tone::Good, "PASS");
        assert!(text.starts_with("\u{1b}[") && text.ends_with("\u{1b}[0m"));
    }
}
