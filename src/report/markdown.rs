//! A comparison for documents: the same blocks as tables of Markdown.

use std::fmt::Write;

use super::columns::{Block, blocks};
use super::compared::Compared;
use super::figures::span;
use super::text::guards;
use crate::analysis::compare::DesignSummary;
use crate::base::printable;

/// The comparison.
pub fn render(compared: &Compared) -> String {
    let comparison = compared.comparison;
    let designs = &comparison.designs;
    let mut text =
        format!("## {}\n\n{}\n\n", escaped(&comparison.scenario), escaped(compared.about));
    let _ = write!(
        text,
        "{}, {} each{}.",
        capital(&compared.seeds()),
        span(compared.length),
        turned(compared)
    );
    text += if compared.is_partial() { " **Partial.**\n" } else { "\n" };
    text += "\n| design | guards in force |\n| --- | --- |\n";
    for it in designs {
        let _ = writeln!(text, "| {} | {} |", escaped(&it.design), escaped(&guards(&it.guards)));
    }
    for block in blocks(comparison) {
        text += &table(&block, designs);
    }
    if comparison.seeds.len() > 1 {
        let _ = write!(
            text,
            "\nMeans per run over {} seeds, ± half the 95 % interval",
            comparison.seeds.len()
        );
        if let [first, _, ..] = &designs[..] {
            let _ = write!(
                text,
                "; in brackets the difference to {}, paired by seed",
                escaped(&first.design)
            );
            text += ", with \\* where its interval leaves out 0";
        }
        text += ".\n";
    }
    if !compared.reading.is_empty() {
        text += "\n";
        for sentence in &compared.reading {
            let _ = writeln!(text, "- {}", escaped(&sentence.text));
        }
    }
    text
}

fn turned(compared: &Compared) -> String {
    if compared.turned.is_empty() {
        String::new()
    } else {
        format!(", with {}", code(compared.turned.trim()))
    }
}

fn table(block: &Block, designs: &[DesignSummary]) -> String {
    let heads: Vec<String> = block.columns.iter().map(|column| escaped(&column.head)).collect();
    let mut text = format!("\n| {} | {} |\n", escaped(&block.title), heads.join(" | "));
    let _ = writeln!(text, "| --- |{}", " ---: |".repeat(heads.len()));
    for (at, design) in designs.iter().enumerate() {
        let cells = block.columns.iter().map(|column| match &column.differences[at] {
            Some(difference) => escaped(&format!("{} ({difference})", column.means[at])),
            None => escaped(&column.means[at]),
        });
        let _ = writeln!(
            text,
            "| {} | {} |",
            escaped(&design.design),
            cells.collect::<Vec<_>>().join(" | ")
        );
    }
    text
}

/// On one line, without what Markdown would take for itself: no heading, list, quote, table, image,
/// link, code or HTML comes of it.
pub(super) fn escaped(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut safe = String::with_capacity(line.len());
    let line = printable(&line);
    let mut letters = line.chars().enumerate().peekable();
    while let Some((at, letter)) = letters.next() {
        let is_number = letters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        let is_mark = "\\|*_`<>[]#~&".contains(letter);
        // A list may begin so, or a line that makes a heading of the one above it; no number does.
        let begins = (at == 0 && "-+=".contains(letter))
            || (".)".contains(letter) && safe.bytes().all(|it| it.is_ascii_digit()) && at > 0);
        if is_mark || (begins && !is_number) {
            safe.push('\\');
        }
        safe.push(letter);
    }
    safe
}

/// As code, whatever quotes it holds.
fn code(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if longest > 0 { " " } else { "" };
    format!("{fence}{blank}{}{blank}{fence}", printable(text))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic;

    #[test]
    fn a_comparison_becomes_tables() {
        let comparison = synthetic::comparison(&["rest", "events"], 3);
        insta::assert_snapshot!(render(&synthetic::compared(&comparison, 3)));
    }

    #[test]
    fn every_row_has_as_many_fields_as_its_head() {
        let comparison = synthetic::comparison(&["rest", "events"], 3);
        let text = render(&synthetic::compared(&comparison, 3));
        for table in text.split("\n\n").filter(|part| part.starts_with('|')) {
            let fields: Vec<usize> = table.lines().map(|line| line.matches(" |").count()).collect();
            assert!(fields.windows(2).all(|pair| pair[0] == pair[1]), "{table}");
        }
    }

    #[test]
    fn no_text_becomes_markup() {
        for (text, safe) in [
            ("a|b_c", "a\\|b\\_c"),
            ("a\n\n# Title\n\n![x](http://e/)", "a \\# Title !\\[x\\](http://e/)"),
            ("# Title", "\\# Title"),
            ("- item", "\\- item"),
            ("---", "\\---"),
            ("-9.90", "-9.90"),
            ("9.90", "9.90"),
            ("12. item", "12\\. item"),
            ("> &lt;img src=x> ~~~", "\\> \\&lt;img src=x\\> \\~\\~\\~"),
            ("lasts 1.5 s - so - about", "lasts 1.5 s - so - about"),
        ] {
            assert_eq!(escaped(text), safe, "{text}");
        }
        assert_eq!(code("rate=1/s"), "`rate=1/s`");
        assert_eq!(code("a=`x`"), "`` a=`x` ``");
    }
}
