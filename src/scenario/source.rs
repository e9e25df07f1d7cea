//! The text of a scenario and places in it: from byte offsets to lines and columns. Knows nothing
//! of what the text means.

use super::tree::Place;

/// A stretch of bytes in the scenario file or in the text of a `--set`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    /// 0 for the file, `n` for the n-th `--set`.
    pub origin: u16,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Extent {
    /// Does `other` lie within this?
    pub fn holds(self, other: Self) -> bool {
        self.origin == other.origin && self.start <= other.start && other.end <= self.end
    }
}

/// A text that knows where its lines begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// Indexes the lines of a text.
    pub fn new(text: String) -> Self {
        let breaks = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { text, line_starts }
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of a byte; what lies beyond the end is taken for the end.
    pub fn place(&self, offset: usize) -> Place {
        let offset = self.floor(offset);
        let line = self.line_starts.partition_point(|&start| start <= offset) - 1;
        let column = self.text[self.line_starts[line]..offset].chars().count();
        Place { line: line as u32 + 1, column: column as u32 + 1 }
    }

    /// The byte where a place lies, the end of its line for a column beyond it.
    pub fn offset(&self, place: Place) -> usize {
        let line = place.line.max(1) as usize - 1;
        let Some(&start) = self.line_starts.get(line) else {
            return self.text.len();
        };
        let end = self.line_starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        let column = place.column.max(1) as usize - 1;
        self.text[start..end].char_indices().nth(column).map_or(end, |(at, _)| start + at)
    }

    /// The characters between two bytes.
    pub fn length(&self, start: usize, end: usize) -> u32 {
        let start = self.floor(start);
        self.text[start..self.floor(end).max(start)].chars().count() as u32
    }

    /// The lines (counted from 1) `first..=last` as a text, and the byte where it begins.
    pub fn lines(&self, first: u32, last: u32) -> (&str, usize) {
        let start =
            self.line_starts.get(first.max(1) as usize - 1).copied().unwrap_or(self.text.len());
        let end = self.line_starts.get(last as usize).copied().unwrap_or(self.text.len());
        (&self.text[start..end.max(start)], start)
    }

    fn floor(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_come_back() {
        let source = Source::new("a\u{e9}b\r\n\tx\n".to_owned());
        assert_eq!(source.place(3), Place { line: 1, column: 3 });
        assert_eq!(source.place(2), Place { line: 1, column: 2 }, "inside a character");
        assert_eq!(source.place(7), Place { line: 2, column: 2 });
        assert_eq!(source.place(999), Place { line: 3, column: 1 });
        for offset in [0, 1, 3, 4, 6, 7] {
            assert_eq!(source.offset(source.place(offset)), offset);
        }
    }
}
