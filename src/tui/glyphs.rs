//! The signs that screens are drawn with, in three sets. Each is one column wide, and none is one that
//! fonts draw as a picture.

/// Which set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Charts of 2 x 4 dots, else as `Block`.
    Braille,
    /// Box drawing and blocks.
    #[default]
    Block,
    /// Nothing beyond ASCII.
    Ascii,
}

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// A fault acts.
    Fault,
    /// A violation.
    Mark,
    /// The cursor.
    Now,
    /// Points at the cursor's column from above.
    Pointer,
    /// The drain.
    Drain,
    /// Nothing of it here.
    Empty,
    /// A message where it is.
    Message,
    /// Durable.
    Durable,
    /// Never happened.
    Never,
    /// Lost, down.
    Lost,
    /// Selected, in a list.
    Here,
    /// Arrow heads.
    ArrowRight,
    /// To the left.
    ArrowLeft,
    /// Horizontal line: of a plain box, of a link with some traffic.
    Line,
    /// Vertical line.
    Bar,
    /// A link with much traffic; the border of what is selected.
    Heavy,
    /// Idle.
    Idle,
    /// Cut, broken.
    Broken,
    /// A link that goes down or up: idle or busy.
    IdleBar,
    /// Broken, downward.
    BrokenBar,
    /// Much traffic, downward.
    HeavyBar,
    /// Works.
    Works,
    /// Queues.
    Queues,
    /// Pauses.
    Pauses,
    /// Publishes, goes on.
    Publishes,
    /// A tree: one more branch, and the last.
    Branch,
    /// See above.
    LastBranch,
    /// Two lines cross.
    Cross,
    /// A stretch of time that is folded.
    Folded,
}

impl Glyphs {
    /// All, with their names.
    pub const ALL: [(&'static str, Self); 3] =
        [("braille", Self::Braille), ("block", Self::Block), ("ascii", Self::Ascii)];

    /// The sign in this set.
    pub fn of(self, glyph: Glyph) -> &'static str {
        let (block, ascii) = match glyph {
            Glyph::Fault => ("▒", "%"),
            Glyph::Mark => ("╷", "'"),
            Glyph::Now => ("┃", "#"),
            Glyph::Pointer => ("▼", "v"),
            Glyph::Drain => ("·", "."),
            Glyph::Empty => ("·", "."),
            Glyph::Message => ("∙", "o"),
            Glyph::Durable => ("●", "@"),
            Glyph::Never => ("○", "0"),
            Glyph::Lost => ("✖", "X"),
            Glyph::Here => ("►", ">"),
            Glyph::ArrowRight => ("▸", ">"),
            Glyph::ArrowLeft => ("◂", "<"),
            Glyph::Line => ("─", "-"),
            Glyph::Bar => ("│", "|"),
            Glyph::Heavy => ("━", "="),
            Glyph::Idle => ("┄", "."),
            Glyph::Broken => ("╌", "."),
            Glyph::IdleBar => ("┆", ":"),
            Glyph::BrokenBar => ("╎", ":"),
            Glyph::HeavyBar => ("┃", "#"),
            Glyph::Works => ("█", "#"),
            Glyph::Queues => ("▒", "%"),
            Glyph::Pauses => (".", "."),
            Glyph::Publishes => ("▸", ">"),
            Glyph::Branch => ("├", "|"),
            Glyph::LastBranch => ("└", "`"),
            Glyph::Cross => ("┼", "+"),
            Glyph::Folded => ("╱", "/"),
        };
        if self == Self::Ascii { ascii } else { block }
    }

    /// Heights 0 to 8 of a column of a chart.
    pub fn heights(self) -> [&'static str; 9] {
        match self {
            Self::Ascii => [" ", "_", ".", ",", "-", "=", "+", "*", "#"],
            _ => [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        }
    }

    /// Shades 0 to 5 of a cell of a heatmap.
    pub fn shades(self) -> [&'static str; 6] {
        match self {
            Self::Ascii => [" ", ".", "-", "+", "*", "#"],
            _ => [" ", "·", "░", "▒", "▓", "█"],
        }
    }

    /// The corners and sides of a box: top left, top right, bottom left, bottom right, horizontal, vertical.
    pub fn frame(self, border: Border) -> [&'static str; 6] {
        match (self, border) {
            (Self::Ascii, Border::Plain) => ["+", "+", "+", "+", "-", "|"],
            (Self::Ascii, Border::Selected) => ["#", "#", "#", "#", "=", "#"],
            (Self::Ascii, Border::Broken) => ["+", "+", "+", "+", ".", ":"],
            (Self::Ascii, Border::Round) => [".", ".", "`", "'", "-", "|"],
            (_, Border::Plain) => ["┌", "┐", "└", "┘", "─", "│"],
            (_, Border::Selected) => ["┏", "┓", "┗", "┛", "━", "┃"],
            (_, Border::Broken) => ["┌", "┐", "└", "┘", "╌", "╎"],
            (_, Border::Round) => ["╭", "╮", "╰", "╯", "─", "│"],
        }
    }
}

/// What a box is drawn with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Border {
    /// Plain.
    #[default]
    Plain,
    /// Selected.
    Selected,
    /// What is in it is down.
    Broken,
    /// An overlay.
    Round,
}
