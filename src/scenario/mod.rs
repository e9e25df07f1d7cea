//! The scenario layer: from a RON file to a checked [`tree::Scenario`], or to diagnostics with
//! their places. Knows the file format, units and names; knows no engine and no design's wiring.

pub mod tree;
