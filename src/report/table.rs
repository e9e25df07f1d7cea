//! Tables for terminals: columns aligned by display width, the first one to the left and the others
//! to the right, no line wider than asked for.
//!
//! ```text
//! flow              p50     p99
//!   place-order  8.1 ms  142 ms
//! ```

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::paint::{Paint, Tone};
use crate::base::printable;

/// The first column is never cut below this.
const LEAST: usize = 8;

/// One field.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A field in a tone.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { text: printable(&text.into()).into_owned(), tone }
    }

    /// A figure that ought to be zero.
    pub fn bad_unless_zero(value: u64, text: String) -> Self {
        Self::new(if value == 0 { Tone::Plain } else { Tone::Bad }, text)
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(Tone::Plain, text)
    }
}

/// Rows under a head.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with this head.
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self::with_head(head.map(str::to_owned).to_vec())
    }

    /// A table with a head of any length.
    pub fn with_head(head: Vec<String>) -> Self {
        Self { rows: vec![head.into_iter().map(|text| Cell::new(Tone::Head, text)).collect()] }
    }

    /// One more row; short rows end early.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Has it nothing but its head?
    pub fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// As lines, none wider than the canvas.
    pub fn render(&self, paint: Paint) -> String {
        let (widths, gap) = self.layout(paint.width());
        let mut text = String::new();
        for row in &self.rows {
            text.push_str(&line(row, &widths, gap, paint));
            text.push('\n');
        }
        text
    }

    /// The widths of the columns and of the gaps between them. What is too wide is taken from the
    /// gaps first, then from the first column, then from the widest.
    fn layout(&self, width: usize) -> (Vec<usize>, usize) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |at: usize| {
            self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width()).max()
        };
        let mut widths: Vec<usize> = (0..columns).map(|at| widest(at).unwrap_or(0)).collect();
        let total = |widths: &[usize], gap: usize| {
            widths.iter().sum::<usize>() + gap * columns.saturating_sub(1)
        };
        let gap = if total(&widths, 2) <= width { 2 } else { 1 };
        while total(&widths, gap) > width {
            let over = total(&widths, gap) - width;
            if widths[0] > LEAST {
                widths[0] = widths[0].saturating_sub(over).max(LEAST);
            } else {
                let most = (0..columns).max_by_key(|&at| widths[at]).unwrap_or(0);
                widths[most] -= 1;
            }
        }
        (widths, gap)
    }
}

fn line(row: &[Cell], widths: &[usize], gap: usize, paint: Paint) -> String {
    let mut text = String::new();
    for (at, cell) in row.iter().enumerate() {
        let shown = cut(&cell.text, widths[at]);
        let blanks = " ".repeat(widths[at] - shown.width());
        let painted = paint.apply(cell.tone, &shown);
        if at == 0 {
            text.push_str(&painted);
            text.push_str(if row.len() > 1 { &blanks } else { "" });
        } else {
            text.push_str(&" ".repeat(gap));
            text.push_str(&blanks);
            text.push_str(&painted);
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// The text if it fits, else its beginning and an ellipsis.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 1;
    for letter in text.chars() {
        used += letter.width().unwrap_or(0);
        if used > width {
            break;
        }
        short.push(letter);
    }
    short.push('…');
    short
}

impl Paint {
    /// Words in lines of a readable width, each beginning with the indent; a word that is wider than a line
    /// stands alone, uncut, so that it can be copied.
    pub fn wrap(self, text: &str, indent: &str) -> String {
        let width = self.measure();
        let mut lines = String::new();
        let mut used = 0;
        for word in text.split_whitespace().map(printable) {
            if used > 0 && used + 1 + word.width() <= width {
                lines.push(' ');
                used += 1 + word.width();
                lines.push_str(&word);
                continue;
            }
            if used > 0 {
                lines.push('\n');
            }
            lines.push_str(indent);
            lines.push_str(&word);
            used = indent.width() + word.width();
        }
        if used > 0 {
            lines.push('\n');
        }
        lines
    }

    /// A shell command, broken where a shell lets it go on if it is wider than a line.
    pub fn command(self, text: &str, indent: &str) -> String {
        let mut lines = indent.to_owned();
        let mut used = indent.width();
        for (at, word) in shell_words(text).into_iter().enumerate() {
            // Two columns stay free for the mark that the command goes on.
            if at > 0 && used + 1 + word.width() > self.width() - 2 {
                lines.push_str(" \\\n");
                lines.push_str(indent);
                lines.push_str("  ");
                used = indent.width() + 2;
            } else if at > 0 {
                lines.push(' ');
                used += 1;
            }
            lines.push_str(word);
            used += word.width();
        }
        lines.push('\n');
        lines
    }
}

/// The words between blanks, quoted ones whole.
fn shell_words(text: &str) -> Vec<&str> {
    let (mut words, mut from, mut is_quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            ' ' if !is_quoted && !escaped => {
                words.push(&text[from..at]);
                from = at + 1;
            }
            '\'' if !escaped => is_quoted = !is_quoted,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
    }
    words.push(&text[from..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::paint::WIDTH;

    #[test]
    fn columns_align_by_display_width() {
        let mut table = Table::new(["flow", "p50"]);
        table.row(vec!["bestellen-ä".into(), "8.1 ms".into()]);
        table.row(vec!["注文".into(), Cell::new(Tone::Bad, "-")]);
        let text = table.render(Paint::plain());
        let widths: Vec<usize> = text.lines().map(UnicodeWidthStr::width).collect();
        assert_eq!(widths, [19, 19, 19]);
    }

    #[test]
    fn colour_does_not_move_a_column() {
        let mut table = Table::new(["flow", "p50"]);
        table.row(vec!["a".into(), Cell::new(Tone::Bad, "1")]);
        let plain = table.render(Paint::plain());
        let painted = anstream::adapter::strip_str(&table.render(Paint::new(true))).to_string();
        assert_eq!(painted, plain);
    }

    #[test]
    fn a_long_name_is_cut_and_the_figures_are_not() {
        let mut table = Table::new(["flow", "p50", "p99"]);
        table.row(vec!["x".repeat(100).into(), "8.1 ms".into(), "142 ms".into()]);
        let text = table.render(Paint::plain());
        assert!(text.lines().all(|line| line.width() <= WIDTH));
        assert!(text.contains('…') && text.contains("142 ms"));
    }

    #[test]
    fn a_long_command_goes_on_where_a_shell_lets_it() {
        let text = Paint::plain()
            .command(&format!("windtunnel explain {} -d rest -s 7", "x".repeat(60)), "    ");
        assert!(text.lines().count() > 1 && text.lines().all(|line| line.width() <= WIDTH));
        let joined = text.replace("\\\n", " ");
        assert_eq!(joined.split_whitespace().count(), 7);
        assert_eq!(Paint::plain().command("windtunnel run x", ""), "windtunnel run x\n");
        let quoted = format!("windtunnel run '{} x'\\'' y'", "x ".repeat(60));
        let text = Paint::plain().command(&quoted, "");
        assert_eq!(text.lines().count(), 2, "no break within quotes: {text}");
    }

    #[test]
    fn lines_are_as_wide_as_the_canvas_and_prose_as_one_can_read() {
        let text = "word ".repeat(200);
        let widest = |columns| {
            let paint = Paint::plain().wide(columns);
            let mut table = Table::new(["flow", "p50"]);
            table.row(vec!["x".repeat(300).into(), "8.1 ms".into()]);
            let most = |text: &str| text.lines().map(UnicodeWidthStr::width).max().unwrap();
            (most(&paint.wrap(&text, "  ")), most(&table.render(paint)))
        };
        for (columns, prose, table) in
            [(20, 60, 60), (90, 90, 90), (160, 100, 160), (999, 100, 200)]
        {
            let (is_prose, is_table) = widest(columns);
            assert!((prose - 4..=prose).contains(&is_prose), "{columns}: {is_prose}");
            assert_eq!(is_table, table, "{columns}");
        }
    }

    #[test]
    fn prose_is_wrapped_and_commands_are_not_cut() {
        let command = "windtunnel-".repeat(10);
        let text = Paint::plain().wrap(&format!("{} {command}", "word ".repeat(30)), "  ");
        assert!(text.lines().all(|line| line.width() <= WIDTH || line.trim() == command));
        assert!(text.lines().all(|line| line.starts_with("  ")));
    }
}
