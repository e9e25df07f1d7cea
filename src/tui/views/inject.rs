//! The fault injector: only what can befall the selected thing, and the text that will stand in the file.
//!
//! ```text
//! ┌ break something: orders ▸ inventory  at 21.400 000 001 s ┐
//! │   at orders        on orders ▸ inventory    to web       │
//! │ ► Crash            Latency                  Surge        │
//! │   Shutdown         Loss                                  │
//! │   Slow             Partition                             │
//! │──────────────────────────────────────────────────────────│
//! │ the process is gone and its connections reset            │
//! │ instance   [ all ]  0  1                                 │
//! │ host       [ no ]  yes                                   │
//! │ for        0.2s  1s  [ 3s ]  10s  until ended            │
//! │ whose      [ all designs ]  only rest                    │
//! │                                                          │
//! │ changes: [ (at: "21.400000001s", lasts: "3s",            │
//! │             what: Crash("orders")) ]                     │
//! └──────────────────────────────────────────────────────────┘
//! ```

use std::sync::Arc;

use ratatui::layout::Rect;

use super::Screen;
use super::palette::{middle, scrolled};
use crate::base::Time;
use crate::tui::breaking::{Choice, Offer, Victim, choices, offers, victims, whom, written};
use crate::tui::canvas::{Canvas, Target};
use crate::tui::change::Wanted;
use crate::tui::glyphs::{Border, Glyph};
use crate::tui::input::Key;
use crate::tui::place::{Thing, WorldId};
use crate::tui::session::{Overlay, Session};
use crate::tui::snapshot::Snapshot;
use crate::tui::theme::Role;
use crate::tui::words::wrapped;

/// The keys that matter in it, for the last line.
pub const KEYS: &str = "Tab field   j k choose   h l change   Enter do   Esc leave";

/// What it remembers.
#[derive(Clone, Debug, Default)]
pub struct State {
    victims: Vec<Victim>,
    offers: Vec<Offer>,
    instance: Option<u32>,
    /// Which of the offers.
    chosen: usize,
    /// Its settings, and how long it lasts and in which design.
    choices: Vec<Choice>,
    /// Which of the settings is turned by h and l, counted from 1; 0 is the list of faults.
    field: usize,
    /// The text that it comes to, or why it is refused.
    verdict: Option<Result<String, String>>,
}

/// Opens it for what is selected.
///
/// # Errors
///
/// Why nothing can be broken here.
pub fn open(session: &Session, _snapshot: &Snapshot) -> Result<State, String> {
    let at = session.change_at();
    let scenario = session.scenario();
    if at >= Time(scenario.run.length.0) {
        return Err("nothing begins any more: arrivals have ended by now, < goes back".to_owned());
    }
    let instance = match session.place.thing {
        Thing::Instance(_, instance) => Some(instance),
        _ => None,
    };
    let victims = victims(&session.place.thing, scenario)?;
    let recipe = &session.worlds.get(session.place.run.world).recipe;
    let offers = offers(&victims, recipe, at);
    if offers.is_empty() {
        return Err("nothing can befall this now: select a node or a link".to_owned());
    }
    let mut state = State { victims, offers, instance, ..State::default() };
    state.choose(0, session);
    Ok(state)
}

impl State {
    fn choose(&mut self, chosen: usize, session: &Session) {
        self.chosen = chosen;
        let offer = self.offers[chosen];
        let victim = &self.victims[offer.victim];
        let kept = self.choices.split_off(self.choices.len().saturating_sub(2));
        self.choices = choices(offer.room, victim, session.scenario(), self.instance);
        if kept.is_empty() {
            self.choices.extend([lasts(), designs(session)]);
        } else {
            self.choices.extend(kept);
        }
        self.judge(session);
    }

    /// What is to begin, and the only design that it befalls.
    fn wanted(&self, session: &Session) -> (Wanted, Option<usize>) {
        let offer = self.offers[self.chosen];
        let own = self.choices.len() - 2;
        let (settings, rest) = self.choices.split_at(own);
        let what = written(offer.room, &self.victims[offer.victim], settings, session.scenario());
        let lasts = Some(&rest[0].written[rest[0].at]).filter(|text| !text.is_empty()).cloned();
        let only = (rest[1].at > 0).then_some(session.place.run.design);
        (Wanted::Begin { what, lasts }, only)
    }

    fn judge(&mut self, session: &Session) {
        let (wanted, only) = self.wanted(session);
        let recipe = Arc::clone(&session.worlds.get(session.place.run.world).recipe);
        let text = wanted.text(session.change_at(), &recipe.scenario);
        let change = recipe.change(&text, only);
        self.verdict = Some(change.map(|change| change.text).map_err(|why| why.to_string()));
    }

    /// The offers of each victim, by their places.
    fn columns(&self) -> Vec<Vec<usize>> {
        let of = |victim| {
            let own = self.offers.iter().enumerate();
            own.filter(|(_, offer)| offer.victim == victim).map(|(ix, _)| ix).collect::<Vec<_>>()
        };
        (0..self.victims.len()).map(of).filter(|column| !column.is_empty()).collect()
    }
}

fn lasts() -> Choice {
    let lengths = ["0.2s", "1s", "3s", "10s"];
    let mut shown: Vec<String> = lengths.iter().map(|text| (*text).to_owned()).collect();
    let mut written = shown.clone();
    shown.push("until ended".to_owned());
    written.push(String::new());
    Choice { name: "for", shown, written, at: 2 }
}

fn designs(session: &Session) -> Choice {
    let scenario = session.scenario();
    let mut shown = vec!["all designs".to_owned()];
    if scenario.designs.len() > 1 {
        shown.push(format!("only {}", scenario.designs[session.place.run.design].name));
    }
    Choice { name: "whose", written: vec![String::new(); shown.len()], shown, at: 0 }
}

/// A row of the box.
enum Line {
    Heads,
    Offers(usize),
    Rule,
    Text(String, Role),
    Setting(usize),
}

/// Draws it over the screen.
pub fn draw(screen: Screen<'_>, state: &State, area: Rect, canvas: &mut Canvas<'_>) {
    if state.offers.is_empty() {
        return;
    }
    let session = screen.session;
    let width = 64.min(area.width);
    let columns = state.columns();
    let lines = lines(state, session, &columns, usize::from(width.saturating_sub(4)));
    let area = middle(area, width, lines.len() as u16 + 2);
    canvas.cover(area);
    let title = title(session, canvas.glyph(Glyph::ArrowRight));
    let inside = canvas.frame(area, &title, Border::Plain, Role::Fault);
    let room = usize::from(inside.height);
    let active = lines.iter().position(|line| match line {
        Line::Offers(row) => {
            state.field == 0 && columns.iter().any(|it| it.get(*row) == Some(&state.chosen))
        }
        Line::Setting(ix) => state.field == ix + 1,
        _ => false,
    });
    let top = scrolled(active.unwrap_or(0), lines.len(), room);
    for (y, line) in (0..).zip(lines.iter().skip(top).take(room)) {
        let row = Rect::new(inside.x, inside.y + y, inside.width, 1);
        draw_line(line, state, session, &columns, row, canvas);
    }
}

fn title(session: &Session, arrow: &str) -> String {
    let scenario = session.scenario();
    let name = |ix: crate::scenario::tree::NodeIx| &scenario.nodes[usize::from(ix.0)].name;
    let what = match &session.place.thing {
        Thing::Node(node) => name(*node).clone(),
        Thing::Instance(node, ix) => format!("{}#{ix}", name(*node)),
        Thing::Link(from, to) => format!("{} {arrow} {}", name(*from), name(*to)),
        _ => "the load".to_owned(),
    };
    let at = session.change_at().0;
    let (s, ns) = (at / 1_000_000_000, at % 1_000_000_000);
    let (ms, us, ns) = (ns / 1_000_000, ns / 1_000 % 1_000, ns % 1_000);
    format!(" break something: {what}  at {s}.{ms:03} {us:03} {ns:03} s ")
}

fn lines(state: &State, session: &Session, columns: &[Vec<usize>], width: usize) -> Vec<Line> {
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let mut lines = vec![Line::Heads];
    lines.extend((0..longest).map(Line::Offers));
    lines.push(Line::Rule);
    let about = wrapped(state.offers[state.chosen].room.about, width);
    lines.extend(about.into_iter().take(2).map(|line| Line::Text(line, Role::Dim)));
    lines.extend((0..state.choices.len()).map(Line::Setting));
    lines.push(Line::Text(String::new(), Role::Text));
    let (text, role) = match &state.verdict {
        Some(Ok(text)) => (format!("changes: [ {text} ]"), Role::Accent),
        Some(Err(why)) => (why.clone(), Role::Bad),
        None => (String::new(), Role::Dim),
    };
    // What begins stands on a line of its own, as a file would write it.
    let parts = text.split_once("what: ").map_or(vec![text.clone()], |(at, what)| {
        vec![at.to_owned(), format!("            what: {what}")]
    });
    for part in parts {
        let is_short = part.chars().count() <= width;
        let part = if is_short { vec![part] } else { wrapped(&part, width) };
        lines.extend(part.into_iter().take(3).map(|line| Line::Text(line, role)));
    }
    let world = session.worlds.get(session.place.run.world);
    let goes_on = session.place.run.world != WorldId(0) && session.change_at() > world.frontier;
    let told = if goes_on {
        format!("{} goes on with it", world.name)
    } else {
        format!("{} stays as it is: this makes a new world", world.name)
    };
    lines.extend(wrapped(&told, width).into_iter().map(|line| Line::Text(line, Role::Dim)));
    lines
}

fn draw_line(
    line: &Line,
    state: &State,
    session: &Session,
    columns: &[Vec<usize>],
    row: Rect,
    canvas: &mut Canvas<'_>,
) {
    let slot = |place: usize| {
        let arrow = canvas.glyph(Glyph::ArrowRight);
        let (mut x, mut width) = (0, 0);
        // As wide as its head, and what is left for the last one.
        for column in columns.iter().take(place + 1) {
            x += width;
            let victim = &state.victims[state.offers[column[0]].victim];
            width =
                whom(victim, session.scenario(), arrow).chars().count().clamp(11, 30) as u16 + 6;
        }
        let x = x.min(row.width);
        Rect { x: row.x + x, width: width.min(row.width - x), ..row }
    };
    let slots: Vec<Rect> = (0..columns.len()).map(slot).collect();
    match line {
        Line::Heads => {
            let arrow = canvas.glyph(Glyph::ArrowRight);
            for (place, column) in columns.iter().enumerate() {
                let victim = &state.victims[state.offers[column[0]].victim];
                let text = whom(victim, session.scenario(), arrow);
                let slot = slots[place];
                canvas.text(
                    Rect { width: slot.width.saturating_sub(1), ..slot },
                    3,
                    0,
                    &text,
                    Role::Dim,
                );
            }
        }
        Line::Offers(at) => {
            for (place, column) in columns.iter().enumerate() {
                let Some(ix) = column.get(*at) else { continue };
                let is_chosen = *ix == state.chosen;
                if is_chosen {
                    canvas.text(slots[place], 1, 0, canvas.glyph(Glyph::Here), Role::Accent);
                }
                let role = match (is_chosen, state.field) {
                    (true, 0) => Role::Accent,
                    (true, _) => Role::Strong,
                    _ => Role::Text,
                };
                canvas.text(slots[place], 3, 0, state.offers[*ix].room.word, role);
                canvas.hit(slots[place], Target::Row(*ix));
            }
        }
        Line::Rule => canvas.run(row, 0, 0, row.width, canvas.glyph(Glyph::Line), Role::Dim),
        Line::Text(text, role) => {
            canvas.text(row, 1, 0, text, *role);
        }
        Line::Setting(ix) => {
            draw_choice(&state.choices[*ix], state.field == ix + 1, row, canvas);
        }
    }
}

fn draw_choice(choice: &Choice, is_active: bool, row: Rect, canvas: &mut Canvas<'_>) {
    let role = if is_active { Role::Accent } else { Role::Text };
    canvas.text(row, 1, 0, choice.name, role);
    let mut x = 13;
    // What is chosen has to be seen: what stands before it gives way.
    let width =
        |ix: usize| choice.shown[ix].chars().count() as u16 + if ix == choice.at { 6 } else { 2 };
    let mut first = 0;
    while first < choice.at && 13 + (first..=choice.at).map(width).sum::<u16>() > row.width {
        first += 1;
    }
    for (ix, text) in choice.shown.iter().enumerate().skip(first) {
        if ix == choice.at {
            x = canvas.text(row, x, 0, "[ ", Role::Dim);
            x = canvas.text(row, x, 0, text, if is_active { Role::Accent } else { Role::Strong });
            x = canvas.text(row, x, 0, " ]  ", Role::Dim);
        } else {
            x = canvas.text(row, x, 0, text, Role::Dim) + 2;
        }
    }
}

/// Marks a fault of the list, as a click does.
pub fn mark(row: usize, session: &mut Session) {
    let Some(Overlay::Inject(mut state)) = session.overlay.take() else { return };
    if row < state.offers.len() {
        state.field = 0;
        state.choose(row, session);
    }
    session.overlay = Some(Overlay::Inject(state));
}

/// Takes a key.
pub fn key(key: Key, session: &mut Session, snapshot: &Snapshot) {
    let Some(Overlay::Inject(mut state)) = session.overlay.take() else { return };
    if state.offers.is_empty() {
        return;
    }
    let fields = state.choices.len() + 1;
    match key {
        Key::Esc | Key::Ctrl('c') | Key::Char('i') => return,
        Key::Enter => {
            let (wanted, only) = state.wanted(session);
            match session.begin(&wanted, only, snapshot) {
                Ok(()) => return,
                Err(why) => state.verdict = Some(Err(why)),
            }
        }
        Key::Tab => state.field = (state.field + 1) % fields,
        Key::BackTab => state.field = (state.field + fields - 1) % fields,
        Key::Down | Key::Char('j') => state.down(session),
        Key::Up | Key::Char('k') => state.up(session),
        Key::Left | Key::Char('h') => state.turn(false, session),
        Key::Right | Key::Char('l') => state.turn(true, session),
        _ => {}
    }
    session.overlay = Some(Overlay::Inject(state));
}

impl State {
    fn down(&mut self, session: &Session) {
        if self.field > 0 {
            self.field = (self.field + 1).min(self.choices.len());
            return;
        }
        let columns = self.columns();
        let column = columns.iter().find(|it| it.contains(&self.chosen));
        match column.and_then(|it| it.iter().find(|ix| **ix > self.chosen)) {
            Some(next) => self.choose(*next, session),
            None => self.field = 1,
        }
    }

    fn up(&mut self, session: &Session) {
        if self.field > 0 {
            self.field -= 1;
            return;
        }
        let columns = self.columns();
        let column = columns.iter().find(|it| it.contains(&self.chosen));
        if let Some(next) = column.and_then(|it| it.iter().rev().find(|ix| **ix < self.chosen)) {
            self.choose(*next, session);
        }
    }

    /// The next of what a field may be; among the faults, those beside.
    fn turn(&mut self, up: bool, session: &Session) {
        let step = |at: usize, count: usize| {
            if up { (at + 1).min(count - 1) } else { at.saturating_sub(1) }
        };
        if let Some(choice) = self.field.checked_sub(1).map(|ix| &mut self.choices[ix]) {
            choice.at = step(choice.at, choice.shown.len());
            self.judge(session);
            return;
        }
        let columns = self.columns();
        let Some(place) = columns.iter().position(|it| it.contains(&self.chosen)) else { return };
        let row = columns[place].iter().position(|ix| *ix == self.chosen).unwrap_or(0);
        let beside = &columns[step(place, columns.len())];
        self.choose(beside[row.min(beside.len() - 1)], session);
    }
}
