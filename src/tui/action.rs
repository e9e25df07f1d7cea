//! What can be done: the closed list of actions, each with its name, its keys and its words. Help, palette,
//! keymap and documentation are made of this table.

use super::place::View;

/// Something that can be done by one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Shows a view.
    View(View),
    /// The next pane of the view.
    NextPane,
    /// The one before.
    PreviousPane,
    /// The next design, same thing.
    NextDesign,
    /// The one before.
    PreviousDesign,
    /// The selection goes left.
    Left,
    /// Right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
    /// To the first.
    First,
    /// To the last.
    Last,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// Into the thing.
    Enter,
    /// Out of it.
    Leave,
    /// Back through places.
    Back,
    /// On through places.
    Forth,
    /// Filters.
    Filter,
    /// The next match, or the next like this.
    NextLike,
    /// The one before.
    PreviousLike,
    /// Why is this so?
    Explain,
    /// The write that this value came from.
    Origin,
    /// Side by side; again: designs or worlds.
    Compare,
    /// This column is the base.
    Base,
    /// Copies the address.
    Copy,
    /// The palette.
    Commands,
    /// Help.
    Help,
    /// Leaves the program.
    Quit,
    /// Plays or pauses.
    Play,
    /// Plays faster.
    Faster,
    /// Slower.
    Slower,
    /// One event on.
    EventOn,
    /// One event back.
    EventBack,
    /// One event of the selected thing on.
    ThingOn,
    /// Back.
    ThingBack,
    /// One column of the axis on.
    ColumnOn,
    /// Back.
    ColumnBack,
    /// Ten columns on.
    FarOn,
    /// Ten columns back.
    FarBack,
    /// The next mark.
    MarkOn,
    /// The mark before.
    MarkBack,
    /// To the start.
    Start,
    /// To the end.
    End,
    /// Sets a bookmark; a letter follows.
    SetBookmark,
    /// Goes to one; a letter follows.
    GoBookmark,
    /// A shorter stretch of time.
    ZoomIn,
    /// A longer one.
    ZoomOut,
    /// Begins or ends a range.
    Range,
    /// A new world from here.
    Fork,
    /// A new world without the selected fault, event or change.
    Without,
    /// Breaks something.
    Inject,
    /// Writes the world as a scenario.
    Write,
    /// Starts over with the turned knobs.
    StartOver,
    /// Names a world.
    Rename,
    /// Drops a world.
    Drop,
    /// The tour.
    Tour,
    /// Draws everything anew.
    Redraw,
    /// Suspends the program.
    Suspend,
    /// Folds stretches in which nothing happens.
    Fold,
}

/// Where an action belongs in help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Views, designs, help.
    Anywhere,
    /// The cursor.
    Time,
    /// What is selected.
    Selection,
    /// Worlds and changes.
    Worlds,
}

/// An action, described.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Which.
    pub action: Action,
    /// Its name in the palette: `fork`.
    pub name: &'static str,
    /// Its keys, as they are written: `f`, `Space`, `g g`, `C-l`.
    pub keys: &'static [&'static str],
    /// What it does, for help: `fork here: a new world that goes on from the cursor`.
    pub words: &'static str,
    /// In one or two words, for the last line: `fork`.
    pub short: &'static str,
    /// Where it belongs.
    pub group: Group,
    /// The only views in which it means something; all if empty.
    pub only: &'static [View],
}

const fn about(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    short: &'static str,
    words: &'static str,
    group: Group,
) -> About {
    About { action, name, keys, words, short, group, only: &[] }
}

const fn only(about: About, only: &'static [View]) -> About {
    About { only, ..about }
}

use Group::{Anywhere, Selection, Time, Worlds};

/// All actions. No key stands twice in one context.
pub const ALL: &[About] = &[
    about(
        Action::View(View::Map),
        "map",
        &["1"],
        "Map",
        "the map: nodes, links, messages",
        Anywhere,
    ),
    about(
        Action::View(View::Compare),
        "compare-view",
        &["2"],
        "Compare",
        "the designs side by side",
        Anywhere,
    ),
    about(Action::View(View::Time), "time", &["3"], "Time", "everything over time", Anywhere),
    about(
        Action::View(View::Request),
        "request",
        &["4"],
        "Request",
        "the way of one operation",
        Anywhere,
    ),
    about(
        Action::View(View::Truth),
        "truth",
        &["5"],
        "Truth",
        "what was told against what happened",
        Anywhere,
    ),
    about(
        Action::View(View::Scenario),
        "scenario",
        &["6"],
        "Scenario",
        "knobs and expectations",
        Anywhere,
    ),
    about(
        Action::View(View::Worlds),
        "worlds",
        &["7"],
        "Worlds",
        "the tree of worlds, and what differs",
        Anywhere,
    ),
    about(Action::NextPane, "next-pane", &["Tab"], "pane", "the next pane of the view", Anywhere),
    about(Action::PreviousPane, "previous-pane", &["S-Tab"], "pane", "the pane before", Anywhere),
    about(
        Action::NextDesign,
        "next-design",
        &["d"],
        "design",
        "the next design, same time, same thing",
        Anywhere,
    ),
    about(
        Action::PreviousDesign,
        "previous-design",
        &["D"],
        "design",
        "the design before",
        Anywhere,
    ),
    about(Action::Back, "back", &["u"], "back", "back to where you were", Anywhere),
    about(Action::Forth, "forth", &["U"], "forth", "on again", Anywhere),
    about(Action::Commands, "commands", &[":"], "commands", "type any command", Anywhere),
    about(Action::Help, "help", &["?"], "help", "what can be done here", Anywhere),
    about(Action::Tour, "tour", &["t"], "tour", "the tour, or its next stop", Anywhere),
    about(Action::Copy, "copy", &["y"], "copy", "copy the address of this screen", Anywhere),
    about(Action::Redraw, "redraw", &["C-l"], "redraw", "draw everything anew", Anywhere),
    about(Action::Suspend, "suspend", &["C-z"], "suspend", "suspend the program", Anywhere),
    about(
        Action::Quit,
        "quit",
        &["q", "C-c"],
        "quit",
        "leave; asks once if worlds are not written",
        Anywhere,
    ),
    about(Action::Play, "play", &["Space"], "play", "play or pause", Time),
    about(Action::Faster, "faster", &["+", "="], "faster", "play faster", Time),
    about(
        Action::Slower,
        "slower",
        &["-"],
        "slower",
        "play slower; below 0.1x messages are drawn",
        Time,
    ),
    about(Action::EventOn, "event-on", &["."], "event", "one event on", Time),
    about(Action::EventBack, "event-back", &[","], "event back", "one event back", Time),
    about(
        Action::ThingOn,
        "thing-on",
        &["]"],
        "its next event",
        "one event of the selected thing on",
        Time,
    ),
    about(
        Action::ThingBack,
        "thing-back",
        &["["],
        "its last event",
        "one event of the selected thing back",
        Time,
    ),
    about(Action::ColumnOn, "column-on", &[">"], "on", "one column of the axis of time on", Time),
    about(
        Action::ColumnBack,
        "column-back",
        &["<"],
        "back",
        "one column of the axis of time back",
        Time,
    ),
    about(Action::FarOn, "far-on", &["L"], "10 on", "ten columns on", Time),
    about(Action::FarBack, "far-back", &["H"], "10 back", "ten columns back", Time),
    about(
        Action::MarkOn,
        "next-mark",
        &["}"],
        "next mark",
        "the next mark: fault, violation, change",
        Time,
    ),
    about(Action::MarkBack, "previous-mark", &["{"], "mark before", "the mark before", Time),
    about(Action::Start, "start", &["^"], "start", "to the start", Time),
    about(Action::End, "end", &["$"], "end", "to the end: the audit", Time),
    about(
        Action::SetBookmark,
        "set-bookmark",
        &["m"],
        "bookmark",
        "set a bookmark; a letter follows",
        Time,
    ),
    about(
        Action::GoBookmark,
        "go-bookmark",
        &["'"],
        "go to",
        "go to a bookmark; its letter follows",
        Time,
    ),
    about(Action::ZoomIn, "zoom-in", &["z"], "zoom in", "a shorter stretch of time", Time),
    about(Action::ZoomOut, "zoom-out", &["Z"], "zoom out", "a longer stretch of time", Time),
    about(
        Action::Range,
        "range",
        &["v"],
        "range",
        "begin or end a range: its figures instead of the last second's",
        Time,
    ),
    about(Action::Left, "left", &["h", "Left"], "left", "the selection goes left", Selection),
    about(Action::Down, "down", &["j", "Down"], "down", "the selection goes down", Selection),
    about(Action::Up, "up", &["k", "Up"], "up", "the selection goes up", Selection),
    about(Action::Right, "right", &["l", "Right"], "right", "the selection goes right", Selection),
    about(Action::First, "first", &["g g", "Home"], "first", "to the first", Selection),
    about(Action::Last, "last", &["G", "End"], "last", "to the last", Selection),
    about(Action::PageDown, "page-down", &["PgDn", "C-d"], "page", "a page down", Selection),
    about(Action::PageUp, "page-up", &["PgUp", "C-u"], "page up", "a page up", Selection),
    about(Action::Enter, "enter", &["Enter"], "open", "go into it", Selection),
    about(Action::Leave, "leave", &["Esc"], "leave", "come out of it; never quits", Selection),
    about(Action::Filter, "filter", &["/"], "filter", "filter the list, or the marks", Selection),
    about(
        Action::NextLike,
        "next-like",
        &["n"],
        "next like it",
        "the next match, or the next like this",
        Selection,
    ),
    about(
        Action::PreviousLike,
        "previous-like",
        &["N"],
        "one before",
        "the match before",
        Selection,
    ),
    about(Action::Explain, "explain", &["e"], "explain", "why is this so", Selection),
    about(
        Action::Origin,
        "origin",
        &["o"],
        "origin",
        "the write that this value came from",
        Selection,
    ),
    only(
        about(
            Action::Fold,
            "fold",
            &["F"],
            "fold",
            "fold stretches in which nothing happens",
            Selection,
        ),
        &[View::Request, View::Truth],
    ),
    about(
        Action::Compare,
        "compare",
        &["c"],
        "compare",
        "set side by side; again: designs or worlds",
        Worlds,
    ),
    only(
        about(Action::Base, "base", &["b"], "base", "this column is the base", Worlds),
        &[View::Compare],
    ),
    about(
        Action::Fork,
        "fork",
        &["f"],
        "fork",
        "fork here: a new world that goes on from the cursor",
        Worlds,
    ),
    about(
        Action::Without,
        "without",
        &["x"],
        "without",
        "fork without what is selected: fault, its one occurrence, change",
        Worlds,
    ),
    about(
        Action::Inject,
        "inject",
        &["i"],
        "inject",
        "break something; forks unless at the frontier of a fork",
        Worlds,
    ),
    about(Action::Write, "write", &["w"], "write", "write the world as a scenario file", Worlds),
    only(
        about(
            Action::StartOver,
            "start-over",
            &["s"],
            "start over",
            "start over with the turned knobs",
            Worlds,
        ),
        &[View::Scenario],
    ),
    only(about(Action::Rename, "name", &["r"], "name", "name the world", Worlds), &[View::Worlds]),
    only(about(Action::Drop, "drop", &["Del"], "drop", "drop the world", Worlds), &[View::Worlds]),
];

impl Action {
    /// What there is to say about it.
    pub fn about(self) -> &'static About {
        ALL.iter().find(|about| about.action == self).expect("every action is described")
    }
}
