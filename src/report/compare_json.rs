//! A comparison as JSON: `{"schema", "engine", "scenario", "partial", "seeds", "length_s",
//! "designs": [...], "rows": [...], "reading": [...]}`.
//!
//! A row is one figure of one flow (`null`: of all together) with a cell for each design: mean, half
//! the width of its 95 % interval, the difference to the first design paired by seed, and the values
//! in the order of `seeds`. Times are in milliseconds.

use serde::Serialize;

use super::compared::Compared;
use super::json::{ENGINE, SCHEMA};
use crate::analysis::compare::{CONFIDENCE, DesignSummary, Row};
use crate::analysis::reading::Sentence;

/// A comparison.
#[derive(Serialize)]
pub struct CompareJson<'a> {
    schema: u32,
    engine: &'static str,
    scenario: &'a str,
    partial: bool,
    length_s: f64,
    confidence: f64,
    seeds: &'a [u64],
    designs: &'a [DesignSummary],
    rows: &'a [Row],
    reading: &'a [Sentence],
}

impl<'a> CompareJson<'a> {
    /// The shape of a comparison.
    pub fn of(compared: &'a Compared) -> Self {
        let comparison = compared.comparison;
        Self {
            schema: SCHEMA,
            engine: ENGINE,
            scenario: &comparison.scenario,
            partial: compared.is_partial(),
            length_s: compared.length.as_secs(),
            confidence: CONFIDENCE,
            seeds: &comparison.seeds,
            designs: &comparison.designs,
            rows: &comparison.rows,
            reading: &compared.reading,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{json, synthetic};

    #[test]
    fn a_row_has_a_cell_for_each_design_with_a_value_for_each_seed() {
        let comparison = synthetic::comparison(&["rest", "events"], 3);
        let text = json::text(&CompareJson::of(&synthetic::compared(&comparison, 3)));
        let shape: serde_json::Value = serde_json::from_str(&text).unwrap();
        for row in shape["rows"].as_array().unwrap() {
            let cells = row["cells"].as_array().unwrap();
            assert_eq!(cells.len(), 2);
            assert!(cells.iter().all(|cell| cell["values"].as_array().unwrap().len() == 3));
        }
        insta::assert_snapshot!(text.lines().take(60).collect::<Vec<_>>().join("\n"));
    }
}
