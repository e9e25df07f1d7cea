//! Designs side by side for people, as wide as the canvas is: per flow the designs as rows, each
//! with its difference to the first, then all flows together, then what the numbers say.
//!
//! ```text
//! place-order       p50 ms      p99 ms
//!   rest         12.3 ±0.4     145 ±12
//!   events       4.10 ±0.1      38 ±2
//!     vs rest  -8.2 ±0.3 *  -107 ±10 *
//! ```

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::columns::{Block, Column, blocks};
use super::compared::Compared;
use super::figures::{span, words};
use super::paint::{Paint, Tone};
use super::table::{Cell, Table};
use super::text::guards;
use crate::analysis::compare::DesignSummary;

/// The comparison.
pub fn render(compared: &Compared, paint: Paint) -> String {
    let designs = &compared.comparison.designs;
    let mut sections = vec![head(compared, paint), in_force(designs, paint)];
    sections.extend(blocks(compared.comparison).iter().map(|block| tables(block, designs, paint)));
    sections.push(legend(compared, paint));
    sections.push(reading(compared, paint));
    sections.push(anomalies(compared, paint));
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

fn head(compared: &Compared, paint: Paint) -> String {
    let comparison = compared.comparison;
    let names: Vec<&str> = comparison.designs.iter().map(|it| it.design.as_str()).collect();
    let title = format!("{}: {}", comparison.scenario, names.join(", "));
    let mut text = paint.apply(Tone::Head, &title) + "\n";
    text += &paint.wrap(compared.about, "");
    let turned = if compared.turned.is_empty() {
        String::new()
    } else {
        format!(", with{}", compared.turned)
    };
    text +=
        &paint.wrap(&format!("{}, {} each{turned}", compared.seeds(), span(compared.length)), "");
    if compared.is_partial() {
        let done = comparison.seeds.len();
        let mut said = format!("PARTIAL: {done} of {} seeds", compared.asked);
        for design in comparison.designs.iter().filter(|design| design.partial > 0) {
            let _ = write!(said, ", {} stopped early {} times", design.design, design.partial);
        }
        text += &paint.wrap(&said, "").replacen("PARTIAL", &paint.apply(Tone::Bad, "PARTIAL"), 1);
    }
    text
}

fn in_force(designs: &[DesignSummary], paint: Paint) -> String {
    let mut text = paint.apply(Tone::Head, "guards in force") + "\n";
    let widest = designs.iter().map(|it| it.design.width()).max().unwrap_or(0);
    for it in designs {
        let blanks = " ".repeat(widest - it.design.width() + 2);
        let lines = paint.wrap(&guards(&it.guards), &" ".repeat(widest + 4));
        let _ = write!(text, "  {}{blanks}{}", it.design, lines.trim_start());
    }
    text
}

/// What differs in as few tables as fit, then what does not in a line.
fn tables(block: &Block, designs: &[DesignSummary], paint: Paint) -> String {
    let (alike, differing): (Vec<&Column>, Vec<&Column>) =
        block.columns.iter().partition(|column| designs.len() > 1 && column.is_alike());
    let versus = designs.first().map(|it| format!("    vs {}", it.design)).unwrap_or_default();
    let names = designs.iter().map(|it| it.design.width() + 2);
    let name = names.chain([versus.width(), block.title.width()]).max().unwrap_or(0);
    let mut text = String::new();
    for columns in packed(&differing, paint.width().saturating_sub(name.min(30))) {
        let title = if text.is_empty() { block.title.as_str() } else { "" };
        text += &table(title, columns, designs, &versus).render(paint);
    }
    if text.is_empty() {
        text = paint.apply(Tone::Head, &block.title) + "\n";
    }
    let alike: Vec<String> =
        alike.iter().map(|column| format!("{} {}", column.head, column.means[0])).collect();
    if !alike.is_empty() {
        text += &paint.wrap(&format!("alike in all: {}", alike.join(", ")), "  ");
    }
    text
}

/// Runs of columns, as few as fit into the room, of about the same width.
fn packed<'a, 'b>(columns: &'a [&'b Column], room: usize) -> Vec<&'a [&'b Column]> {
    let fewest = packs(columns, room);
    let narrower = (1..room).rev().map(|room| packs(columns, room));
    narrower.take_while(|packs| packs.len() == fewest.len()).last().unwrap_or(fewest)
}

/// Runs of columns, each as long as the room allows.
fn packs<'a, 'b>(columns: &'a [&'b Column], room: usize) -> Vec<&'a [&'b Column]> {
    let mut packs = Vec::new();
    let (mut from, mut used) = (0, 0);
    for (at, column) in columns.iter().enumerate() {
        let width = 2 + width(column);
        if at > from && used + width > room {
            packs.push(&columns[from..at]);
            (from, used) = (at, 0);
        }
        used += width;
    }
    if from < columns.len() {
        packs.push(&columns[from..]);
    }
    packs
}

fn width(column: &Column) -> usize {
    let cells =
        column.means.iter().chain(column.differences.iter().flatten()).chain([&column.head]);
    cells.map(|text| text.width()).max().unwrap_or(0)
}

fn table(title: &str, columns: &[&Column], designs: &[DesignSummary], versus: &str) -> Table {
    let heads = columns.iter().map(|column| column.head.clone());
    let mut table = Table::with_head(std::iter::once(title.to_owned()).chain(heads).collect());
    for (at, design) in designs.iter().enumerate() {
        let mut row = vec![Cell::from(format!("  {}", design.design))];
        row.extend(columns.iter().map(|column| Cell::from(column.means[at].as_str())));
        table.row(row);
        if columns.iter().all(|column| column.differences[at].is_none()) {
            continue;
        }
        let mut row = vec![Cell::new(Tone::Faint, versus)];
        row.extend(columns.iter().map(|column| {
            let text = column.differences[at].clone().unwrap_or_default();
            Cell::new(if text.ends_with('*') { Tone::Plain } else { Tone::Faint }, text)
        }));
        table.row(row);
    }
    table
}

fn legend(compared: &Compared, paint: Paint) -> String {
    let comparison = compared.comparison;
    let (Some(first), 2..) = (comparison.designs.first(), comparison.seeds.len()) else {
        return String::new();
    };
    let seeds = comparison.seeds.len();
    let versus = if comparison.designs.len() < 2 {
        String::new()
    } else {
        format!(
            "; `vs {}` is the difference, paired by seed, with * where its interval leaves out 0",
            first.design
        )
    };
    paint.wrap(
        &format!("Means per run over {seeds} seeds; ± is half the 95 % interval{versus}."),
        "",
    )
}

fn reading(compared: &Compared, paint: Paint) -> String {
    if compared.reading.is_empty() {
        return String::new();
    }
    let lines = compared.reading.iter().map(|sentence| {
        let lines = paint.wrap(&sentence.text, "    ");
        format!("  - {}", lines.trim_start())
    });
    paint.apply(Tone::Head, "what the numbers say") + "\n" + &lines.collect::<String>()
}

fn anomalies(compared: &Compared, paint: Paint) -> String {
    if compared.anomalies.is_empty() {
        return String::new();
    }
    let lines = compared.anomalies.iter().map(|(design, seed, it)| {
        let what = format!(
            "{}: {} of {}, seed {seed}: {}",
            design,
            words(it.kind),
            it.operation(),
            it.detail
        );
        paint.wrap(&what, "  ") + &paint.command(&compared.explain_line(design, *seed, it), "    ")
    });
    paint.apply(Tone::Head, "an anomaly of each") + "\n" + &lines.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic;

    #[test]
    fn three_designs_fit_eighty_columns() {
        let comparison = synthetic::comparison(&["rest", "pubsub", "events"], 5);
        let text = render(&synthetic::compared(&comparison, 5), Paint::plain());
        synthetic::assert_narrow(&text);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn one_seed_has_no_intervals_and_says_so() {
        let comparison =
            synthetic::comparison(&["rest", "an-exceptionally-long-name-of-a-design"], 1);
        let text = render(&synthetic::compared(&comparison, 3), Paint::plain());
        synthetic::assert_narrow(&text);
        assert!(!text.contains('±') && text.contains("PARTIAL: 1 of 3 seeds"));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let comparison = synthetic::comparison(&["rest", "events"], 2);
        let compared = synthetic::compared(&comparison, 2);
        let painted = render(&compared, Paint::new(true));
        let plain = anstream::adapter::strip_str(&painted).to_string();
        assert_eq!(plain, render(&compared, Paint::plain()));
    }
}
