//! The views: one file each, its screen drawn in its header. A view reads a snapshot and the session and
//! draws; asked to, it moves what is selected in it. What holds for all views is in `frame.rs`.

pub mod broken;
mod charts;
pub mod compare;
pub mod digest;
#[cfg(test)]
mod drawn;
pub mod frame;
pub mod help;
pub mod inject;
pub mod item;
pub mod lanes;
pub mod map;
mod matrix;
mod moment;
pub mod node;
pub mod palette;
pub mod picker;
pub mod request;
pub mod scenario;
#[cfg(test)]
mod screens;
#[cfg(test)]
pub(in crate::tui) mod stage;
pub mod time;
pub mod truth;
pub mod worlds;

use ratatui::layout::Rect;

use super::action::Action;
use super::canvas::Canvas;
use super::place::{Place, Thing, View};
use super::session::Session;
use super::snapshot::{Known, Snapshot, State};
use crate::base::Time;

/// What a view draws from.
#[derive(Clone, Copy, Debug)]
pub struct Screen<'a> {
    /// What is known.
    pub snapshot: &'a Snapshot,
    /// Where one is.
    pub session: &'a Session,
}

/// How a view takes an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Done,
    /// Not possible here, and why.
    Not(String),
    /// It is not the view's: what holds for all views decides.
    Pass,
}

/// A view, as the frame sees it.
pub struct Room {
    /// Draws it into the body: the screen without its first two lines and without strip and last line.
    pub draw: fn(Screen<'_>, Rect, &mut Canvas<'_>),
    /// Does something in it.
    pub act: fn(Action, &mut Session, &Snapshot) -> Answer,
    /// The actions that the last line shows, the most important first.
    pub keys: &'static [Action],
}

/// What views remember of themselves. Nothing of it changes a result.
#[derive(Clone, Debug, Default)]
pub struct States {
    /// Of each view.
    pub map: map::State,
    /// See above.
    pub node: node::State,
    /// See above.
    pub compare: compare::State,
    /// See above.
    pub time: time::State,
    /// See above.
    pub request: request::State,
    /// See above.
    pub truth: truth::State,
    /// See above.
    pub lanes: lanes::State,
    /// See above.
    pub item: item::State,
    /// See above.
    pub scenario: scenario::State,
    /// See above.
    pub worlds: worlds::State,
    /// The lines that were run from the palette, the last at the end.
    pub commands: Vec<String>,
}

/// The view of a place.
pub fn room(place: &Place) -> &'static Room {
    match (place.view, place.inside) {
        (View::Map, false) => &map::ROOM,
        (View::Map, true) => &node::ROOM,
        (View::Compare, _) => &compare::ROOM,
        (View::Time, _) => &time::ROOM,
        (View::Request, _) if matches!(place.thing, Thing::Item(_)) => &item::ROOM,
        (View::Request, _) => &request::ROOM,
        (View::Truth, false) => &truth::ROOM,
        (View::Truth, true) => &lanes::ROOM,
        (View::Scenario, _) => &scenario::ROOM,
        (View::Worlds, _) => &worlds::ROOM,
    }
}

impl<'a> Screen<'a> {
    /// The run that is shown, as far as it is known.
    pub fn known(self) -> Option<&'a Known> {
        self.snapshot.run(self.session.place.run)
    }

    /// Its state at the cursor, if that is there: not while it is being restored.
    pub fn state(self) -> Option<&'a State> {
        let state = self.snapshot.state.as_deref()?;
        (state.run == self.session.place.run).then_some(state)
    }

    /// The cursor's time.
    pub fn now(self) -> Time {
        self.session.place.cursor.time
    }
}
