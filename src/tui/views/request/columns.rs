//! The same customer in all columns, one below the other on one axis: what a design does to an operation
//! is seen beside what another one does to it.

use ratatui::layout::Rect;

use super::scale::Scale;
use super::waterfall::{self, Waterfall};
use super::{Screen, rect, row, told, verdict};
use crate::tui::canvas::Canvas;
use crate::tui::query::telling::Telling;
use crate::tui::theme::Role;
use crate::tui::words;

/// All columns one below the other, on one axis.
pub(super) fn draw(screen: Screen<'_>, own: &Telling, area: Rect, canvas: &mut Canvas<'_>) {
    let runs = screen.session.columns();
    let shown = screen.session.place.run;
    let folds = !screen.session.views.request.is_unfolded;
    let tell = |run| match screen.snapshot.stories.get(&run) {
        _ if run == shown => Ok(own),
        Some(Ok(telling)) => Ok(&**telling),
        Some(Err(why)) => Err(why.as_str()),
        None => Err("not told yet"),
    };
    let all: Vec<_> = runs.iter().map(|run| (*run, tell(*run))).collect();
    let known: Vec<&Telling> = all.iter().filter_map(|(_, telling)| telling.ok()).collect();
    let mut instants: Vec<u64> = known.iter().flat_map(|it| waterfall::instants(it)).collect();
    instants.sort_unstable();
    let names = known.iter().map(|it| waterfall::widest(it)).max().unwrap_or(0).clamp(13, 30);
    let selected = screen.session.views.request.selected(own);
    let focus = own.spans.get(selected).map_or(0, |span| span.from.0);
    let focus = focus.saturating_sub(own.sent.0);
    let columns = area.width.saturating_sub(names + waterfall::TIMES + 2);
    let scale =
        Scale::of(&instants, folds, screen.session.views.request.zoom(own), focus, columns.max(1));
    // Below: why in each of them, and the signs.
    let width = usize::from(area.width.saturating_sub(2));
    let sentences: Vec<String> = all
        .iter()
        .filter_map(|(run, telling)| {
            let design = &screen.session.scenario().designs[run.design].name;
            Some(format!("{design}: {}", telling.ok()?.why))
        })
        .collect();
    let lines: Vec<String> =
        sentences.iter().flat_map(|text| words::wrapped(text, width).into_iter().take(2)).collect();
    let below = 2 + lines.len() as u16;
    let needs: Vec<u16> =
        all.iter().map(|(_, it)| it.map_or(0, |it| it.spans.len() as u16)).collect();
    let rows = shares(&needs, area.height.saturating_sub(below + 3 * all.len() as u16));
    let mut y = 0;
    for ((run, telling), rows) in all.iter().zip(rows) {
        let design = &screen.session.scenario().designs[run.design].name;
        let world = &screen.session.worlds.get(run.world).name;
        let title =
            if run.world == shown.world { design.clone() } else { format!("{world} {design}") };
        let role = if *run == shown { Role::Accent } else { Role::Strong };
        let x = canvas.text(row(area, y), 1, 0, &title, role).max(8);
        let telling = match telling {
            Ok(telling) => *telling,
            Err(why) => {
                canvas.text(row(area, y), x + 1, 0, why, Role::Dim);
                y += 2;
                continue;
            }
        };
        let x = canvas.text(row(area, y), x + 1, 0, &format!("{}  ", telling.name), Role::Text);
        let x = told(telling, row(area, y), x, canvas);
        let x = canvas.text(row(area, y), x + 3, 0, "in truth ", Role::Text);
        let (word, role) = verdict::word(screen.snapshot.run(*run), telling);
        let x = canvas.text(row(area, y), x, 0, word, role);
        verdict::effects(telling, row(area, y), x + 3, canvas);
        let selected = (*run == shown).then_some(selected);
        let waterfall = Waterfall { telling, selected, now: screen.now(), names };
        waterfall.axis(canvas, row(area, y + 1), &scale);
        let first = (selected.unwrap_or(0) + 1).saturating_sub(usize::from(rows));
        waterfall.rows(canvas, rect(area, y + 2, rows), &scale, first);
        let left_out = telling.spans.len().saturating_sub(first + usize::from(rows));
        if left_out > 0 {
            let more = format!(" {left_out} more below");
            canvas.right(row(area, y), area.width.saturating_sub(1), 0, &more, Role::Dim);
        }
        y += rows + 3;
    }
    let y = area.height.saturating_sub(below);
    verdict::rule(row(area, y), "why", canvas);
    for (y, line) in (y + 1..area.height).zip(&lines) {
        canvas.text(row(area, y), 1, 0, line, Role::Text);
    }
    verdict::legend(row(area, area.height.saturating_sub(1)), canvas);
}

/// So many rows for those who need so many: what one does not need the others have.
fn shares(needs: &[u16], rows: u16) -> Vec<u16> {
    let mut shares = vec![0; needs.len()];
    for _ in 0..rows {
        let hungry = (0..needs.len()).filter(|ix| shares[*ix] < needs[*ix]);
        let Some(next) = hungry.min_by_key(|ix| shares[*ix]) else { break };
        shares[next] += 1;
    }
    shares
}
