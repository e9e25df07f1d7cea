//! Colours by role, and nowhere else. No role paints a background, and nothing is said by colour alone.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// What is read.
    #[default]
    Text,
    /// What is there for completeness.
    Dim,
    /// Selection and keys.
    Accent,
    /// Good.
    Good,
    /// A warning.
    Warn,
    /// Bad.
    Bad,
    /// A fault and what it covers.
    Fault,
    /// The cursor.
    Now,
    /// The other world.
    Ghost,
    /// A heading, a name.
    Strong,
    /// A design, by its place, 0 to 3 and again.
    Design(u8),
}

/// What roles look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// On dark terminals.
    #[default]
    Default,
    /// On light ones.
    Light,
    /// Good is blue, bad is yellow with `!`, faults are reversed.
    ColourBlind,
    /// No colour at all.
    Mono,
}

impl Theme {
    /// All, with their names.
    pub const ALL: [(&'static str, Self); 4] = [
        ("default", Self::Default),
        ("light", Self::Light),
        ("colour-blind", Self::ColourBlind),
        ("mono", Self::Mono),
    ];

    /// How this is shown.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        if self == Self::Mono {
            return match role {
                Role::Text | Role::Good | Role::Design(0) => plain,
                Role::Dim | Role::Ghost | Role::Design(_) => plain.add_modifier(Modifier::DIM),
                Role::Accent | Role::Strong | Role::Warn => plain.add_modifier(Modifier::BOLD),
                Role::Bad => plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
                Role::Fault => plain.add_modifier(Modifier::UNDERLINED),
                Role::Now => plain.add_modifier(Modifier::REVERSED),
            };
        }
        let (cyan, yellow) = match self {
            Self::Light => (Color::Blue, Color::Magenta),
            _ => (Color::Cyan, Color::Yellow),
        };
        let blind = self == Self::ColourBlind;
        match role {
            Role::Text => plain,
            Role::Dim => plain.add_modifier(Modifier::DIM),
            Role::Strong => plain.add_modifier(Modifier::BOLD),
            Role::Accent => plain.fg(cyan),
            Role::Good => plain.fg(if blind { Color::Blue } else { Color::Green }),
            Role::Warn => plain.fg(yellow),
            Role::Bad if blind => plain.fg(Color::Yellow).add_modifier(Modifier::BOLD),
            Role::Bad => plain.fg(Color::Red),
            Role::Fault if blind => plain.add_modifier(Modifier::REVERSED),
            Role::Fault => plain.fg(Color::Magenta),
            Role::Now => plain.add_modifier(Modifier::REVERSED),
            Role::Ghost => plain.fg(Color::Blue).add_modifier(Modifier::DIM),
            Role::Design(ix) => plain.fg(match ix % 4 {
                0 => Color::Blue,
                1 => yellow,
                2 => Color::Green,
                _ => Color::Magenta,
            }),
        }
    }
}
