//! A screen without a terminal: cells as plain text, as text with colours, or as a picture. The picture is
//! what documents show, and what tests compare.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

/// The rows as plain text, without blanks at their ends.
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let row: String =
            (buffer.area.left()..buffer.area.right()).map(|x| buffer[(x, y)].symbol()).collect();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// The rows with the sequences that colour them.
pub fn ansi(buffer: &Buffer) -> String {
    let mut text = String::new();
    for run in runs(buffer) {
        if run.x == 0 && run.y > 0 {
            text.push('\n');
        }
        let codes = codes(run.style);
        if codes.is_empty() {
            text.push_str(&run.text);
        } else {
            let _ = write!(text, "\x1b[{}m{}\x1b[0m", codes.join(";"), run.text);
        }
    }
    text.push('\n');
    text
}

/// Width and height of a cell of a picture, in its units.
const CELL: (u16, u16) = (9, 18);

/// A picture: SVG with the colours of a dark terminal.
pub fn svg(buffer: &Buffer) -> String {
    let (width, height) = (buffer.area.width * CELL.0 + 24, buffer.area.height * CELL.1 + 24);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace\" font-size=\"15\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#16181d\"/>\n"
    );
    for run in runs(buffer) {
        let (x, y) = (12 + run.x * CELL.0, 12 + run.y * CELL.1);
        let length = run.text.chars().count() as u16 * CELL.0;
        let reversed = run.style.add_modifier.contains(Modifier::REVERSED);
        if reversed {
            let fill = colour(run.style.fg);
            let _ = writeln!(
                text,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{length}\" height=\"{}\" fill=\"{fill}\"/>",
                CELL.1
            );
        }
        if run.text.trim().is_empty() {
            continue;
        }
        let fill = if reversed { "#16181d" } else { colour(run.style.fg) };
        let has = |modifier| run.style.add_modifier.contains(modifier);
        let mut looks = String::new();
        if has(Modifier::BOLD) {
            looks.push_str(" font-weight=\"bold\"");
        }
        if has(Modifier::DIM) {
            looks.push_str(" opacity=\"0.6\"");
        }
        if has(Modifier::UNDERLINED) {
            looks.push_str(" text-decoration=\"underline\"");
        }
        let _ = writeln!(
            text,
            "<text x=\"{x}\" y=\"{}\" textLength=\"{length}\" xml:space=\"preserve\" fill=\"{fill}\"{looks}>{}</text>",
            y + 14,
            escaped(&run.text)
        );
    }
    text.push_str("</svg>\n");
    text
}

/// Cells of one row that stand side by side and look the same.
struct Run {
    x: u16,
    y: u16,
    style: Style,
    text: String,
}

fn runs(buffer: &Buffer) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let area = buffer.area;
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let cell = &buffer[(x, y)];
            let style = Style::new().fg(cell.fg).add_modifier(cell.modifier);
            match runs.last_mut() {
                Some(run) if run.y == y - area.y && run.style == style => {
                    run.text.push_str(cell.symbol());
                }
                _ => runs.push(Run {
                    x: x - area.x,
                    y: y - area.y,
                    style,
                    text: cell.symbol().to_owned(),
                }),
            }
        }
    }
    runs
}

fn codes(style: Style) -> Vec<&'static str> {
    let modifiers = [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
    ];
    let set = modifiers.iter().filter(|(modifier, _)| style.add_modifier.contains(*modifier));
    let colour = match style.fg {
        Some(Color::Red) => Some("31"),
        Some(Color::Green) => Some("32"),
        Some(Color::Yellow) => Some("33"),
        Some(Color::Blue) => Some("34"),
        Some(Color::Magenta) => Some("35"),
        Some(Color::Cyan) => Some("36"),
        _ => None,
    };
    set.map(|(_, code)| *code).chain(colour).collect()
}

fn colour(fg: Option<Color>) -> &'static str {
    match fg {
        Some(Color::Red) => "#f47067",
        Some(Color::Green) => "#7ec699",
        Some(Color::Yellow) => "#e2b86b",
        Some(Color::Blue) => "#6cb6ff",
        Some(Color::Magenta) => "#dcbdfb",
        Some(Color::Cyan) => "#56d4dd",
        _ => "#d5d8df",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    fn buffer() -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 9, 2));
        buffer.set_string(0, 0, "a<b", Style::new());
        buffer.set_string(3, 0, "now", Style::new().fg(Color::Red).add_modifier(Modifier::BOLD));
        buffer.set_string(2, 1, "┃", Style::new().add_modifier(Modifier::REVERSED));
        buffer
    }

    #[test]
    fn the_same_cells_as_text_as_colours_and_as_a_picture() {
        assert_eq!(text(&buffer()), "a<bnow\n  ┃\n");
        assert_eq!(ansi(&buffer()), "a<b\x1b[1;31mnow\x1b[0m   \n  \x1b[7m┃\x1b[0m      \n");
        let svg = svg(&buffer());
        assert!(
            svg.contains(">a&lt;b</text>")
                && svg.contains("fill=\"#f47067\" font-weight=\"bold\">now<"),
            "{svg}"
        );
    }
}
