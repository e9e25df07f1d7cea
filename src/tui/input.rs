//! Keys and mouse as the program knows them, whatever the terminal sends.

use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A printable one.
    Char(char),
    /// With Ctrl.
    Ctrl(char),
    /// Enter.
    Enter,
    /// Esc.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Arrows.
    Left,
    /// See above.
    Right,
    /// See above.
    Up,
    /// See above.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// Delete.
    Delete,
    /// Backspace.
    Backspace,
}

/// Something that came from the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed or repeats.
    Key(Key),
    /// The mouse.
    Mouse(Mouse),
    /// The terminal has another size.
    Resize,
}

/// What the mouse did, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// What.
    pub what: Click,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Click {
    /// The left button went down.
    Down,
    /// It moved while the button was down.
    Drag,
    /// The button went up.
    Up,
    /// The wheel, up.
    WheelUp,
    /// The wheel, down.
    WheelDown,
}

impl Input {
    /// What an event of the terminal is, if it is anything.
    pub fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Key::of(*key).map(Self::Key),
            Event::Mouse(mouse) => Mouse::of(*mouse).map(Self::Mouse),
            Event::Resize(..) => Some(Self::Resize),
            _ => None,
        }
    }
}

impl Key {
    fn of(event: KeyEvent) -> Option<Self> {
        let with_ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        Some(match event.code {
            KeyCode::Char(char) if with_ctrl => Self::Ctrl(char.to_ascii_lowercase()),
            KeyCode::Char(char) => Self::Char(char),
            KeyCode::Enter => Self::Enter,
            KeyCode::Esc => Self::Esc,
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Self::BackTab,
            KeyCode::Tab => Self::Tab,
            KeyCode::BackTab => Self::BackTab,
            KeyCode::Left => Self::Left,
            KeyCode::Right => Self::Right,
            KeyCode::Up => Self::Up,
            KeyCode::Down => Self::Down,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::Home => Self::Home,
            KeyCode::End => Self::End,
            KeyCode::Delete => Self::Delete,
            KeyCode::Backspace => Self::Backspace,
            _ => return None,
        })
    }
}

impl Mouse {
    fn of(event: MouseEvent) -> Option<Self> {
        // Left to the terminal, which selects text.
        if event.modifiers.contains(KeyModifiers::SHIFT) {
            return None;
        }
        let what = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => Click::Down,
            MouseEventKind::Drag(MouseButton::Left) => Click::Drag,
            MouseEventKind::Up(MouseButton::Left) => Click::Up,
            MouseEventKind::ScrollUp => Click::WheelUp,
            MouseEventKind::ScrollDown => Click::WheelDown,
            _ => return None,
        };
        Some(Self { x: event.column, y: event.row, what })
    }
}
