//! What became of an operation: its effects, the terms of what its customer waited for, and why.

use ratatui::layout::Rect;

use super::{NARROW, SIGNS, Screen, rect, row};
use crate::probes::Verdict;
use crate::probes::flows::End;
use crate::probes::journal::Finding;
use crate::tui::canvas::Canvas;
use crate::tui::glyphs::Glyph;
use crate::tui::query::telling::{Deed, Doing, Effect, Telling};
use crate::tui::snapshot::Known;
use crate::tui::theme::Role;
use crate::tui::words;

/// Rows that it takes: the rule, effects, terms, the sentence, and the signs if there is room.
pub(super) fn height(telling: &Telling, area: Rect) -> u16 {
    let lines =
        words::wrapped(&telling.why, usize::from(area.width.saturating_sub(2))).len() as u16;
    let spare = area.height.saturating_sub(telling.spans.len() as u16 + 3);
    let all = 3 + lines.min(3);
    // The signs are told where the spans leave a line for it.
    all.max(spare.min(all + 1)).min(area.height.saturating_sub(5))
}

/// Draws it; beside the rule's title stands what is said of the selected span.
pub(super) fn draw(
    screen: Screen<'_>,
    telling: &Telling,
    aside: &str,
    area: Rect,
    canvas: &mut Canvas<'_>,
) {
    rule(row(area, 0), &end(screen, telling), canvas);
    canvas.right(row(area, 0), area.width.saturating_sub(2), 0, aside, Role::Text);
    effects(telling, row(area, 1), 1, canvas);
    terms(telling, row(area, 2), canvas);
    let lines = words::wrapped(&telling.why, usize::from(area.width.saturating_sub(2)));
    for (y, line) in (3..).zip(lines.iter().take(3)) {
        canvas.text(row(area, y), 1, 0, line, Role::Text);
    }
    let after = 3 + lines.len().min(3) as u16;
    if area.height > after {
        legend(rect(area, area.height - 1, 1), canvas);
    }
}

/// A line across, with a title in it.
pub(super) fn rule(row: Rect, title: &str, canvas: &mut Canvas<'_>) {
    let line = canvas.glyph(Glyph::Line);
    canvas.run(row, 0, 0, row.width, line, Role::Dim);
    canvas.text(row, 1, 0, &format!(" {title} "), Role::Strong);
}

/// How it ended: as the ledger judged it, or as its own facts say.
fn judged(known: Option<&Known>, telling: &Telling) -> End {
    let judged = known.and_then(|known| {
        known.history.judged().find_map(|judged| match judged.what {
            Finding::Ended(end) if Some(judged.op) == telling.op => Some(end),
            _ => None,
        })
    });
    let (there, all) = telling.there();
    let done = matches!(telling.told, Some((_, Verdict::Done)));
    judged.unwrap_or(match (there, all) {
        (there, all) if there == all && done => End::Kept,
        (there, all) if there == all && all > 0 => End::Unannounced,
        (0, _) if done => End::Retracted,
        (0, _) => End::Clean,
        _ => End::HalfDone,
    })
}

/// In a word.
pub(super) fn word(known: Option<&Known>, telling: &Telling) -> (&'static str, Role) {
    match judged(known, telling) {
        End::Kept => ("kept", Role::Good),
        End::Retracted => ("retracted", Role::Bad),
        End::HalfDone => ("half done", Role::Bad),
        End::Unannounced => ("unannounced", Role::Bad),
        End::Clean => ("clean", Role::Good),
        End::Pending => ("pending", Role::Warn),
    }
}

/// `half done: 3 of 4 effects are there`
fn end(screen: Screen<'_>, telling: &Telling) -> String {
    let (word, _) = word(screen.known(), telling);
    match telling.there() {
        (_, 0) => "it changes nothing".to_owned(),
        (0, _) => format!("{word}: none of its effects is there"),
        (1, 1) => format!("{word}: its effect is there"),
        (there, all) if there == all => format!("{word}: all {all} effects are there"),
        (there, all) => format!("{word}: {there} of {all} effects are there"),
    }
}

/// `order ●   stock ●   shipment ○ never`; of what only reads, what it saw.
pub(super) fn effects(telling: &Telling, row: Rect, x: u16, canvas: &mut Canvas<'_>) -> u16 {
    let mut x = x;
    let gap = if row.width < NARROW { 1 } else { 3 };
    for effect in &telling.effects {
        x = canvas.text(row, x, 0, &format!("{} ", effect.name), Role::Text);
        x = became(telling, effect, row, x, canvas) + gap;
    }
    if telling.effects.is_empty() {
        let reads: Vec<&str> = telling
            .steps
            .iter()
            .filter_map(|step| match &step.what {
                Deed::Saw { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        x = canvas.text(row, x, 0, &reads.join(", "), Role::Text);
    }
    x
}

fn became(telling: &Telling, effect: &Effect, row: Rect, x: u16, canvas: &mut Canvas<'_>) -> u16 {
    let since = |at: crate::base::Time| words::tenths(at.since(telling.sent.min(at)));
    let net = effect.applied.len().saturating_sub(effect.undone.len());
    match (net, effect.applied.last(), effect.undone.last()) {
        (1, Some(at), _) => {
            let x = canvas.text(row, x, 0, canvas.glyph(Glyph::Durable), Role::Good);
            canvas.text(row, x + 1, 0, &since(*at), Role::Dim)
        }
        (2.., Some(at), _) => {
            let signs = canvas.glyph(Glyph::Durable).repeat(net.min(5));
            let x = canvas.text(row, x, 0, &signs, Role::Bad);
            canvas.text(row, x + 1, 0, &format!("{net} times, last {}", since(*at)), Role::Bad)
        }
        (_, Some(_), Some(at)) => {
            let x = canvas.text(row, x, 0, canvas.glyph(Glyph::Never), Role::Warn);
            canvas.text(row, x + 1, 0, &format!("taken back {}", since(*at)), Role::Warn)
        }
        _ => {
            let x = canvas.text(row, x, 0, canvas.glyph(Glyph::Never), Role::Bad);
            canvas.text(row, x + 1, 0, "never", Role::Bad)
        }
    }
}

/// What the customer waited for, by term.
fn terms(telling: &Telling, row: Rect, canvas: &mut Canvas<'_>) {
    let terms = [
        (Doing::Works, "work"),
        (Doing::Travels, "network"),
        (Doing::Queues, "queues"),
        (Doing::Pauses, "pause"),
        (Doing::Waits, "in vain"),
    ];
    let mut x = 1;
    for (what, name) in terms {
        let span = telling.term(what);
        if span.0 == 0 && what == Doing::Waits {
            continue;
        }
        x = canvas.text(row, x, 0, &format!("{name} "), Role::Dim);
        x = canvas.text(row, x, 0, &words::tenths(span), Role::Text) + 3;
    }
    if let Some((at, _)) = telling.told {
        let told = words::tenths(at.since(telling.sent));
        x = canvas.text(row, x, 0, "= ", Role::Dim);
        canvas.text(row, x, 0, &format!("{told} ms"), Role::Text);
    }
}

/// What the signs mean.
pub(super) fn legend(row: Rect, canvas: &mut Canvas<'_>) {
    let mut x = 1;
    for (glyph, word) in SIGNS {
        x = canvas.text(row, x, 0, canvas.glyph(glyph), Role::Dim);
        x = canvas.text(row, x + 1, 0, word, Role::Dim) + 2;
    }
}
