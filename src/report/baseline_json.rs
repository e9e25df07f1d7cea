//! A baseline as a file that is kept under version control: JSON in the order of names, with a figure and
//! its values on a line of their own, so that a difference of two versions shows which moved.

use std::io;

use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::json::{ENGINE, SCHEMA, harmless};
use crate::analysis::baseline::Baseline;

#[derive(Serialize, Deserialize)]
struct BaselineJson<'a> {
    schema: u32,
    /// The engine that wrote it last.
    engine: &'a str,
    scenarios: Baseline,
}

/// The file's text.
pub fn text(baseline: &Baseline) -> String {
    let shape = BaselineJson { schema: SCHEMA, engine: ENGINE, scenarios: baseline.clone() };
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, FigureALine::default());
    // Names, counts and finite numbers only; there is nothing to fail.
    shape.serialize(&mut serializer).expect("a plain shape");
    harmless(&String::from_utf8(bytes).expect("JSON is UTF-8"))
}

/// Reads it back.
///
/// # Errors
///
/// Why it is no baseline, or none that this version can read.
pub fn read(text: &str) -> Result<Baseline, String> {
    let shape: BaselineJson = serde_json::from_str(text).map_err(|why| why.to_string())?;
    if shape.schema != SCHEMA {
        return Err(format!("its schema is {}, and this version reads {SCHEMA}", shape.schema));
    }
    let mut records = shape.scenarios.values().flatten();
    let torn = records.find_map(|(_, record)| {
        let is_short = |values: &&Vec<Option<f64>>| values.len() != record.seeds.len();
        record.figures.iter().find(|(_, values)| is_short(values)).map(|(figure, _)| figure)
    });
    match torn {
        Some(figure) => Err(format!("`{figure}` has not one value for each seed")),
        None => Ok(shape.scenarios),
    }
}

/// Objects over several lines, lists on one; whole numbers without a point.
#[derive(Default)]
struct FigureALine<'a>(PrettyFormatter<'a>);

impl Formatter for FigureALine<'_> {
    fn begin_object<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object(to)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object(to)
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(to, is_first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object_value(to)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object_value(to)
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        to.write_all(if is_first { b"" } else { b", " })
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, to: &mut W, value: f64) -> io::Result<()> {
        // Beyond this not every whole number is a float.
        if value.fract() == 0.0 && value.abs() < 1e15 {
            return write!(to, "{value:.0}");
        }
        write!(to, "{value}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::analysis::baseline::Record;

    fn baseline() -> Baseline {
        let figures = [
            ("p99(place-order)", vec![Some(118.4), Some(120.0)]),
            ("arrivals(orders)", vec![Some(14_672.0), Some(14_600.0)]),
            ("staleness_p99", vec![None, Some(0.000_25)]),
        ];
        let record = Record {
            flags: "--set rate=800/s".to_owned(),
            seeds: vec![1, 2],
            figures: figures.map(|(name, values)| (name.to_owned(), values)).into(),
        };
        let designs = BTreeMap::from([("rest".to_owned(), record)]);
        BTreeMap::from([("scenarios/checkout.ron".to_owned(), designs)])
    }

    #[test]
    fn a_figure_is_a_line_and_what_is_written_is_read() {
        let written = text(&baseline());
        assert_eq!(read(&written), Ok(baseline()));
        insta::assert_snapshot!(written);
    }

    #[test]
    fn what_is_no_baseline_is_refused_with_a_reason() {
        let written = text(&baseline());
        for (text, words) in [
            (String::new(), "EOF"),
            ("[]".to_owned(), "invalid"),
            (written.replace("\"schema\": 1", "\"schema\": 9"), "schema is 9"),
            (written.replace("[118.4, 120]", "[118.4]"), "`p99(place-order)` has not one value"),
        ] {
            let why = read(&text).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
    }
}
