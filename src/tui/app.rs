//! The program without a terminal and without a clock: input goes in, wishes and frames come out. Tests
//! drive it so.

use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::{COVER, Canvas, Hit, Target};
use super::input::{Click, Input, Key, Mouse};
use super::session::{Overlay, Session};
use super::snapshot::Snapshot;
use super::views::{Screen, frame, inject};
use super::wish::Wish;
use crate::base::Time;

/// What a person sees and moves.
#[derive(Debug)]
pub struct App {
    /// Where one is.
    pub session: Session,
    snapshot: Arc<Snapshot>,
    hits: Vec<Hit>,
    /// The last click, for the second one.
    clicked: Option<(Hit, Duration)>,
    /// Real time that has passed, as it was told.
    age: Duration,
    wished: Option<Wish>,
    /// Since when the cursor stands where nothing is known of yet, if it is not long enough to show that.
    asked: Option<Duration>,
    is_dirty: bool,
    /// How large it was drawn last.
    size: (u16, u16),
}

/// A second click within this time is a double one.
const DOUBLE: Duration = Duration::from_millis(400);

/// What is soon known of another instant is waited for so long: else each step would flicker.
const PATIENCE: Duration = Duration::from_millis(25);

impl App {
    /// At the session's place, with nothing known yet.
    pub fn new(session: Session) -> Self {
        Self {
            session,
            snapshot: Arc::default(),
            hits: Vec::new(),
            clicked: None,
            age: Duration::ZERO,
            wished: None,
            asked: None,
            is_dirty: true,
            size: (80, 24),
        }
    }

    /// What is known.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Is there something new to be drawn?
    pub fn is_dirty(&self) -> bool {
        self.is_dirty
    }

    /// Something is told that happened outside.
    pub fn tell(&mut self, told: String) {
        self.session.say(told);
        self.is_dirty = true;
    }

    /// Something came from the terminal.
    pub fn input(&mut self, input: Input) {
        let snapshot = Arc::clone(&self.snapshot);
        let before = self.session.place.cursor;
        match input {
            Input::Key(key) => self.session.press(key, &snapshot),
            Input::Mouse(mouse) => self.mouse(mouse, &snapshot),
            Input::Resize => {}
        }
        if self.session.place.cursor != before {
            // What was told of one instant is not shown beside another one.
            self.snapshot = Arc::new(snapshot.elsewhen());
            self.asked = self.asked.or(Some(self.age));
        }
        self.is_dirty = true;
    }

    /// How long the next frame may wait for what is soon known.
    pub fn waits(&self) -> Duration {
        self.asked.map_or(Duration::ZERO, |since| (since + PATIENCE).saturating_sub(self.age))
    }

    /// The worker knows something new.
    pub fn known(&mut self, snapshot: Arc<Snapshot>) {
        self.session.adopt(&snapshot);
        self.asked = self.asked.filter(|_| snapshot.ticket != self.session.ticket);
        self.snapshot = snapshot;
        self.is_dirty = true;
    }

    /// So much real time has passed.
    pub fn tick(&mut self, passed: Duration) {
        self.age += passed;
        let snapshot = Arc::clone(&self.snapshot);
        self.is_dirty |= self.session.tick(passed, &snapshot);
    }

    /// What the worker is to do, if that is something new.
    pub fn wish(&mut self) -> Option<Wish> {
        let wish = self.session.wish();
        if self.wished.as_ref().is_some_and(|wished| wished.is_same(&wish)) {
            return None;
        }
        self.wished = Some(wish.clone());
        Some(wish)
    }

    /// Draws the screen.
    pub fn draw(&mut self, buffer: &mut Buffer) {
        self.hits.clear();
        self.size = (buffer.area.width, buffer.area.height);
        let mut canvas = Canvas::new(buffer, &mut self.hits, self.session.look);
        let screen = Screen { snapshot: &self.snapshot, session: &self.session };
        frame::draw(screen, &mut canvas);
        (self.is_dirty, self.asked) = (false, None);
    }

    /// The screen as it was drawn last.
    pub fn again(&mut self) -> Buffer {
        self.screen(self.size.0, self.size.1)
    }

    /// The screen as cells of their own.
    pub fn screen(&mut self, width: u16, height: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        self.draw(&mut buffer);
        buffer
    }

    fn mouse(&mut self, mouse: Mouse, snapshot: &Snapshot) {
        use super::action::Action;

        let on = |hit: &&Hit| hit.area.contains((mouse.x, mouse.y).into());
        let hit = self.hits.iter().rev().find(on).cloned();
        let is_axis = matches!(hit, Some(Hit { target: Target::Axis(..), .. }));
        let action = match mouse.what {
            Click::WheelUp if is_axis => Action::ZoomIn,
            Click::WheelDown if is_axis => Action::ZoomOut,
            Click::WheelUp => Action::Up,
            Click::WheelDown => Action::Down,
            Click::Up => return,
            Click::Down | Click::Drag => {
                let Some(hit) = hit else { return };
                let is_drag = mouse.what == Click::Drag;
                self.press(&hit, mouse.x, is_drag, snapshot);
                return;
            }
        };
        self.session.message = None;
        match (&self.session.overlay, action) {
            (None, _) => self.session.act(action, snapshot),
            // What lies over the view scrolls, and nothing below it.
            (Some(_), Action::Up) => self.session.press(Key::Up, snapshot),
            (Some(_), _) => self.session.press(Key::Down, snapshot),
        }
    }

    /// Is this the second click on it within a moment?
    fn is_again(&mut self, hit: &Hit) -> bool {
        let last = self.clicked.take();
        let is_again =
            last.is_some_and(|(last, at)| last == *hit && self.age.saturating_sub(at) < DOUBLE);
        if !is_again {
            self.clicked = Some((hit.clone(), self.age));
        }
        is_again
    }

    fn press(&mut self, hit: &Hit, x: u16, is_drag: bool, snapshot: &Snapshot) {
        self.session.message = None;
        match &hit.target {
            Target::Axis(from, to) => {
                let columns = u64::from(hit.area.width.saturating_sub(1).max(1));
                let column = u64::from(x - hit.area.x);
                let length = u128::from(to.0.saturating_sub(from.0));
                let at = length * u128::from(column) / u128::from(columns);
                self.session.playing = false;
                self.session.seek_time(Time(from.0 + at as u64));
            }
            _ if is_drag => {}
            Target::Action(action) => {
                self.session.overlay = None;
                self.session.act(*action, snapshot);
            }
            Target::Thing(thing) => {
                self.session.select(thing.clone());
                if self.is_again(hit) {
                    self.session.act(super::action::Action::Enter, snapshot);
                }
            }
            Target::Row(row) => {
                match &mut self.session.overlay {
                    Some(Overlay::Palette(state)) => state.mark(*row),
                    Some(Overlay::Inject(_)) => inject::mark(*row, &mut self.session),
                    _ => return,
                }
                if *row != COVER && self.is_again(hit) {
                    self.session.press(Key::Enter, snapshot);
                }
            }
        }
    }
}
