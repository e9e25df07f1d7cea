//! The table of `validate` for people, at most 80 columns wide.
//!
//! ```text
//! queueing: 62 ok, 0 missed, 0 cannot tell, 36 not covered
//!   Q-MM1-a  M/M/1 FIFO                              3 runs of 1 000 000 requests
//!     mean_sojourn_ms               50.000     49.934     ±0.310     ±0.895  ok
//!   not covered
//!     Q-PS-a, Q-PS-c: processor sharing is not built yet
//! ```

use std::fmt::Write;

use super::paint::{Paint, Tone};
use super::table::cut;
use super::validated::{Tally, Validated, by, effort, number, significant};
use crate::validate::{Row, Verdict};

/// Columns of a metric's name; a longer one has a line of its own.
const NAME: usize = 25;
/// Columns of a group's name and model.
const MODEL: usize = 47;

/// All rows by area, and the tally.
pub fn render(validated: &Validated, paint: Paint) -> String {
    let mut text = format!("{}\n", validated.method());
    let _ = writeln!(
        text,
        "{:4}{:NAME$} {:>10} {:>10} {:>10} {:>10}",
        "", "", "expected", "measured", "± 95 %", "may be off"
    );
    for (area, rows) in validated.areas() {
        let tally = Tally::of(rows.iter().copied());
        let _ = writeln!(text, "\n{}: {}", paint.apply(Tone::Head, area), tally.words());
        let run = rows.iter().copied().filter(|row| row.replications > 0);
        for (group, rows) in by(run, |row| (&row.case.group, row.replications)) {
            text += &of_group(group.0, &rows, paint);
        }
        text += &not_run(&rows, Verdict::Broken, paint.apply(Tone::Bad, "broken").as_ref(), paint);
        text += &not_run(
            &rows,
            Verdict::NotCovered,
            paint.apply(Tone::Faint, "not covered").as_ref(),
            paint,
        );
    }
    let tally = Tally::of(&validated.rows);
    let interrupted = if validated.partial { ", interrupted" } else { "" };
    let _ = writeln!(text, "\n{}{interrupted}", tally.words());
    text
}

fn of_group(group: &str, rows: &[&Row], paint: Paint) -> String {
    let head = cut(&format!("{group}  {}", rows[0].case.model), MODEL);
    let mut text = format!("  {head:MODEL$}  {}\n", paint.apply(Tone::Faint, &effort(rows[0])));
    for row in rows {
        text += &line(row, paint);
    }
    text
}

fn line(row: &Row, paint: Paint) -> String {
    let (tone, word) = match row.verdict {
        Verdict::Ok => (Tone::Good, "ok"),
        Verdict::Miss => (Tone::Bad, "MISS"),
        Verdict::CannotTell => (Tone::Warn, "?"),
        Verdict::Broken => (Tone::Bad, "BROKEN"),
        Verdict::NotCovered => (Tone::Faint, "shown"),
    };
    let off =
        |value: Option<f64>| value.map_or("-".to_owned(), |it| format!("±{}", significant(it)));
    let measured = row.measured.as_ref().map_or("-".to_owned(), number);
    let expected = number(&row.case.expected);
    let mut name = row.case.metric.clone();
    if name.chars().count() > NAME {
        let _ = write!(name, "\n    {:NAME$}", "");
    }
    let word = paint.apply(tone, word);
    let shaped = !row.case.expected.is_number();
    let mut text = if shaped {
        let mut text =
            format!("    {name:NAME$} {:>10} {:>10} {:>10} {:>10}  {word}\n", "", "", "", "");
        text += &paint.wrap(&format!("expected {expected}"), "      ");
        text += &paint.wrap(&format!("measured {measured}"), "      ");
        text
    } else {
        let (half, tolerance) = (off(row.half_width), off(row.tolerance));
        format!(
            "    {name:NAME$} {expected:>10} {measured:>10} {half:>10} {tolerance:>10}  {word}\n"
        )
    };
    if let Some(reason) = &row.reason {
        let cannot_tell = if row.verdict == Verdict::CannotTell { "cannot tell: " } else { "" };
        text += &paint.wrap(&format!("{cannot_tell}{reason}"), "      ");
    }
    if row.verdict == Verdict::Miss {
        text += &row.command.iter().map(|line| paint.command(line, "      ")).collect::<String>();
    }
    text
}

/// What was not run with this verdict: the names of the rows behind each reason.
fn not_run(rows: &[&Row], verdict: Verdict, title: &str, paint: Paint) -> String {
    let is_left = |row: &&&Row| row.replications == 0 && row.verdict == verdict;
    let left: Vec<&&Row> = rows.iter().filter(is_left).collect();
    let mut reasons: Vec<&str> = Vec::new();
    for reason in left.iter().filter_map(|row| row.reason.as_deref()) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    if reasons.is_empty() {
        return String::new();
    }
    let mut text = format!("  {title}\n");
    for reason in reasons {
        let of = left.iter().copied().filter(|row| row.reason.as_deref() == Some(reason));
        let names: Vec<String> = by(of.copied(), |row| &row.case.group)
            .into_iter()
            .map(|(group, rows)| match rows[..] {
                [row] => row.case.id.clone(),
                _ => format!("{group} ({})", rows.len()),
            })
            .collect();
        text += &paint.wrap(&format!("{reason}: {}", names.join(", ")), "    ");
    }
    text
}
