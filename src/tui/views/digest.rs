//! A screen too small for views: the run in a few lines.
//!
//! ```text
//!  rest·base·1 PAUSED 21.400 s 170899704a
//!  980 sent 571 done 410 failed /s
//!  inventory  DOWN till 23.000 s
//!  orders     busy 6/64    wait 0
//!  half done 20  unannounced 5
//! ```

use ratatui::layout::Rect;

use super::{Screen, frame};
use crate::probes::anomalies::Kind;
use crate::tui::canvas::Canvas;
use crate::tui::place::Thing;
use crate::tui::snapshot::InstanceState;
use crate::tui::theme::Role;
use crate::tui::words;

/// Draws it.
pub fn draw(screen: Screen<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    let session = screen.session;
    let world = session.worlds.get(session.place.run.world);
    let design = &session.scenario().designs[session.place.run.design].name;
    let (word, role) = frame::state(screen);
    let dot = if canvas.look.glyphs == crate::tui::glyphs::Glyphs::Ascii { "." } else { "·" };
    let who = format!("{design}{dot}{}{dot}{}", world.name, world.recipe.seed);
    let x = canvas.text(area, 1, 0, &who, Role::Strong);
    let x = canvas.text(area, x + 1, 0, &word, role);
    let x = canvas.text(area, x + 1, 0, &words::instant(screen.now()), Role::Text);
    if let Some(state) = screen.state() {
        let digest = format!("{:016x}", state.here.digest);
        canvas.text(area, x + 1, 0, &digest[..10], Role::Dim);
    }
    let Some(known) = screen.known() else { return };
    let second = known.history.last_second(screen.now());
    let all = second.sums.all();
    let x = canvas.text(area, 1, 1, &format!("{} sent {} done", all.sent, all.done), Role::Text);
    let x = if all.refused > 0 {
        canvas.text(area, x + 1, 1, &format!("{} refused", all.refused), Role::Warn)
    } else {
        x
    };
    let role = if all.failed > 0 { Role::Bad } else { Role::Text };
    canvas.text(area, x + 1, 1, &format!("{} failed /s", all.failed), role);
    let truth = truth(screen);
    let rows = usize::from(area.height).saturating_sub(2 + usize::from(!truth.is_empty()));
    for (y, line) in (2..).zip(nodes(screen).into_iter().take(rows)) {
        canvas.text(area, 1, y, &line.text, line.role);
    }
    if !truth.is_empty() {
        canvas.text(area, 1, area.height - 1, &truth, Role::Bad);
    }
}

struct Line {
    worst: (bool, u32),
    text: String,
    role: Role,
}

/// The nodes, those in trouble first.
fn nodes(screen: Screen<'_>) -> Vec<Line> {
    let Some(state) = screen.state() else { return Vec::new() };
    let scenario = screen.session.scenario();
    let longest = scenario.nodes.iter().map(|node| node.name.chars().count()).max();
    let names = longest.unwrap_or(0).clamp(10, 16);
    let mut lines = Vec::new();
    for (ix, node) in scenario.nodes.iter().enumerate() {
        let own: Vec<&InstanceState> =
            state.instances.iter().filter(|it| usize::from(it.node.0) == ix).collect();
        let down: Vec<_> = own.iter().filter_map(|it| it.down).collect();
        let busy: u32 = own.iter().map(|it| it.busy).sum();
        let wait: u32 = own.iter().map(|it| it.waiting).sum();
        let is_selected =
            screen.session.place.thing == Thing::Node(crate::model::NodeIx(ix as u16));
        let (text, role) = match down.first() {
            Some(first) => {
                let till = first.until.map_or("for good".to_owned(), |until| {
                    format!("till {}", words::instant(until))
                });
                let some = if down.len() < own.len() {
                    format!("{} of {} ", down.len(), own.len())
                } else {
                    String::new()
                };
                (format!("{:<names$.names$} {some}DOWN {till}", node.name), Role::Fault)
            }
            None if busy == 0 && wait == 0 => continue,
            None => {
                (format!("{:<names$.names$} busy {busy:<4} wait {wait}", node.name), Role::Text)
            }
        };
        let role = if is_selected { Role::Accent } else { role };
        lines.push(Line { worst: (!down.is_empty(), wait), text, role });
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.worst));
    lines
}

/// The violations so far, the gravest first.
fn truth(screen: Screen<'_>) -> String {
    let Some(known) = screen.known() else { return String::new() };
    let all = known.history.stretch(crate::base::Time::ZERO, screen.now()).sums.all();
    let kinds =
        [Kind::HalfDone, Kind::Lost, Kind::Duplicated, Kind::Unannounced, Kind::ReadYourWrites];
    let found = kinds.iter().filter(|kind| all.anomaly(**kind) > 0);
    let said =
        found.map(|kind| format!("{} {}", kind.name().replace('_', " "), all.anomaly(*kind)));
    said.take(3).collect::<Vec<_>>().join("  ")
}
