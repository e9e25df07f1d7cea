//! Lines that run along rows and columns, part, meet and cross. Knows cells and how heavy a line is, and
//! nothing of what runs along it.

use std::collections::BTreeMap;

use ratatui::layout::{Position, Rect};

use crate::tui::canvas::Canvas;
use crate::tui::glyphs::{Glyph, Glyphs};
use crate::tui::theme::Role;

/// How heavy a line is; where several share a cell the heaviest is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Nothing passes.
    Idle,
    /// Nothing can pass.
    Broken,
    /// Something passes.
    Light,
    /// Much passes.
    Heavy,
}

/// The ways out of a cell: up, right, down, left.
const WAYS: usize = 4;

/// Lines, by cell.
#[derive(Clone, Debug, Default)]
pub struct Wires {
    cells: BTreeMap<(u16, u16), Cell>,
}

#[derive(Clone, Debug, Default)]
struct Cell {
    /// By way out: how heavy, and of which net.
    arms: [Option<(Weight, usize)>; WAYS],
    is_chosen: bool,
}

/// All cells of a line that turns at these places.
pub fn cells(turns: &[Position]) -> Vec<Position> {
    let mut cells: Vec<Position> = turns.first().copied().into_iter().collect();
    for pair in turns.windows(2) {
        let (mut at, to) = (pair[0], pair[1]);
        while at != to {
            at = Position::new(towards(at.x, to.x), towards(at.y, to.y));
            cells.push(at);
        }
    }
    cells
}

fn towards(from: u16, to: u16) -> u16 {
    match from.cmp(&to) {
        std::cmp::Ordering::Less => from + 1,
        std::cmp::Ordering::Equal => from,
        std::cmp::Ordering::Greater => from - 1,
    }
}

impl Wires {
    /// A further line, of a net: those of one net join where they meet, others cross. It comes out of what
    /// is beside its first cell, and leads to what is beside its last one.
    pub fn add(&mut self, turns: &[Position], net: usize, weight: Weight, is_chosen: bool) {
        let cells = cells(turns);
        for pair in cells.windows(2) {
            let way = way(pair[0], pair[1]);
            self.arm(pair[0], way, weight, net, is_chosen);
            self.arm(pair[1], (way + 2) % WAYS, weight, net, is_chosen);
        }
        // The ends reach as far as the cell's border.
        for end in [cells.first(), cells.last()].into_iter().flatten() {
            let cell = self.cells.entry((end.y, end.x)).or_default();
            for way in [1, 3] {
                if cell.arms[way].is_none() {
                    cell.arms[way] = Some((weight, net));
                }
            }
        }
    }

    fn arm(&mut self, at: Position, way: usize, weight: Weight, net: usize, is_chosen: bool) {
        let cell = self.cells.entry((at.y, at.x)).or_default();
        cell.is_chosen |= is_chosen;
        let arm = &mut cell.arms[way];
        if arm.is_none_or(|(known, _)| known < weight) {
            *arm = Some((weight, net));
        }
    }

    /// Does one run through this cell?
    pub fn covers(&self, x: u16, y: u16) -> bool {
        self.cells.contains_key(&(y, x))
    }

    /// Draws them into an area, of which this is the corner that stands at its own.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect) {
        for ((y, x), cell) in &self.cells {
            let (sign, weight) = cell.sign(canvas.look.glyphs);
            let role = match weight {
                _ if cell.is_chosen => Role::Accent,
                Weight::Broken => Role::Bad,
                Weight::Idle => Role::Dim,
                Weight::Light | Weight::Heavy => Role::Text,
            };
            canvas.text(area, *x, *y, sign, role);
        }
    }
}

fn way(from: Position, to: Position) -> usize {
    match (to.x.cmp(&from.x), to.y.cmp(&from.y)) {
        (std::cmp::Ordering::Greater, _) => 1,
        (std::cmp::Ordering::Less, _) => 3,
        (_, std::cmp::Ordering::Greater) => 2,
        _ => 0,
    }
}

impl Cell {
    fn sign(&self, glyphs: Glyphs) -> (&'static str, Weight) {
        let [up, right, down, left] = self.arms;
        let of = |one: Option<(Weight, usize)>, other: Option<(Weight, usize)>| match (one, other) {
            (Some(one), Some(other)) if one.1 == other.1 => Some((one.0.max(other.0), one.1)),
            _ => None,
        };
        // Lines of different nets do not meet: the one that goes down passes over the other.
        if let (Some(across), Some(through)) = (of(left, right), of(up, down))
            && across.1 != through.1
        {
            return (vertical(through.0, glyphs), through.0);
        }
        let arms = [up, right, down, left].map(|arm| arm.map(|(weight, _)| weight));
        let weight = arms.into_iter().flatten().max().unwrap_or(Weight::Idle);
        let number = arms
            .iter()
            .enumerate()
            .fold(0, |sum, (way, arm)| sum + if arm.is_some() { 1 << way } else { 0 });
        let sign = match number {
            0b0010 | 0b1000 | 0b1010 => horizontal(weight, glyphs),
            0b0001 | 0b0100 | 0b0101 => vertical(weight, glyphs),
            corner => {
                let is_heavy = arms.iter().flatten().all(|arm| *arm == Weight::Heavy);
                corner_sign(corner, is_heavy, glyphs)
            }
        };
        (sign, weight)
    }
}

fn horizontal(weight: Weight, glyphs: Glyphs) -> &'static str {
    glyphs.of(match weight {
        Weight::Idle => Glyph::Idle,
        Weight::Broken => Glyph::Broken,
        Weight::Light => Glyph::Line,
        Weight::Heavy => Glyph::Heavy,
    })
}

fn vertical(weight: Weight, glyphs: Glyphs) -> &'static str {
    glyphs.of(match weight {
        Weight::Idle => Glyph::IdleBar,
        Weight::Broken => Glyph::BrokenBar,
        Weight::Light => Glyph::Bar,
        Weight::Heavy => Glyph::HeavyBar,
    })
}

/// Two ways that make a corner, three or four: by up 1, right 2, down 4, left 8.
fn corner_sign(ways: usize, is_heavy: bool, glyphs: Glyphs) -> &'static str {
    const LIGHT: [&str; 16] =
        ["", "", "", "╰", "", "", "╭", "├", "", "╯", "", "┴", "╮", "┤", "┬", "┼"];
    const HEAVY: [&str; 16] =
        ["", "", "", "┗", "", "", "┏", "┣", "", "┛", "", "┻", "┓", "┫", "┳", "╋"];
    const PLAIN: [&str; 16] =
        ["", "", "", "`", "", "", ".", "+", "", "'", "", "+", ".", "+", "+", "+"];
    match glyphs {
        Glyphs::Ascii => PLAIN[ways],
        _ if is_heavy => HEAVY[ways],
        _ => LIGHT[ways],
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;
    use crate::tui::canvas::Look;
    use crate::tui::paint;

    fn at(x: u16, y: u16) -> Position {
        Position::new(x, y)
    }

    fn drawn(lines: &[(&[Position], usize, Weight)], glyphs: Glyphs) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 7, 3));
        let area = buffer.area;
        let mut hits = Vec::new();
        let look = Look { glyphs, ..Look::default() };
        let mut wires = Wires::default();
        for (turns, net, weight) in lines {
            wires.add(turns, *net, *weight, false);
        }
        wires.draw(&mut Canvas::new(&mut buffer, &mut hits, look), area);
        paint::text(&buffer)
    }

    #[test]
    fn lines_of_a_net_part_and_the_heavier_is_seen() {
        let [up, on] =
            [[at(0, 1), at(3, 1), at(3, 0), at(6, 0)], [at(0, 1), at(3, 1), at(3, 1), at(6, 1)]];
        let lines: [(&[Position], usize, Weight); 2] =
            [(&up, 0, Weight::Idle), (&on, 0, Weight::Light)];
        assert_eq!(drawn(&lines, Glyphs::Block), "   ╭┄┄┄\n───┴───\n\n");
        assert_eq!(drawn(&lines, Glyphs::Ascii), "   ....\n---+---\n\n");
    }

    #[test]
    fn lines_of_different_nets_cross_without_meeting() {
        let [down, on] =
            [[at(0, 0), at(3, 0), at(3, 2), at(6, 2)], [at(0, 1), at(6, 1), at(6, 1), at(6, 1)]];
        let lines: [(&[Position], usize, Weight); 2] =
            [(&down, 0, Weight::Light), (&on, 1, Weight::Heavy)];
        assert_eq!(drawn(&lines, Glyphs::Block), "───╮\n━━━│━━━\n   ╰───\n");
    }
}
