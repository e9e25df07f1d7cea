//! What can be told of a file that has mistakes: the names that it declares, and its statements, so
//! that those are checked along with everything else. Looks at no more than names.

use super::file::FIELDS;
use super::grammar;
use super::known::Known;
use super::reader::Reader;
use super::source::{Extent, Source};
use super::tree::Placed;

/// The names and statements of a file. `None` where the names of a kind could not all be read.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Names of nodes.
    pub nodes: Option<Vec<String>>,
    /// Names of flows.
    pub flows: Option<Vec<String>>,
    /// Names of designs.
    pub designs: Option<Vec<String>>,
    /// Measures that are texts, by name.
    pub measures: Vec<(String, Placed<String>)>,
    /// Expectations that are texts.
    pub expect: Vec<Placed<String>>,
}

/// The outline of a file's text; `None` if it is not even well-formed.
pub fn outline(source: &Source) -> Option<Outline> {
    let root = grammar::read(source.text(), 0, 0).ok()?;
    let mut reader = Reader::new(&[], Extent::default(), Known::default());
    let fields = reader.fields(&root, "a scenario", 0, FIELDS)?;
    let mut names = |field: &str| {
        let (value, before) = (fields.get(field)?, reader.mistakes.len());
        let entries = reader.entries(value, field).into_iter();
        let names = entries.map(|(name, ..)| name.to_owned()).collect();
        (reader.mistakes.len() == before).then_some(names)
    };
    let (nodes, flows, designs) = (names("nodes"), names("flows"), names("designs"));
    let measures = fields.get("measures").map(|value| reader.entries(value, "measures"));
    let measures = measures
        .into_iter()
        .flatten()
        .filter_map(|(name, _, value)| Some((name.to_owned(), reader.placed(value, source)?)));
    let measures = measures.collect();
    let expect = fields.get("expect").and_then(|value| reader.list(value, "expectations", false));
    let expect = expect.into_iter().flatten();
    let expect = expect.filter_map(|value| reader.placed(value, source)).collect();
    Some(Outline { nodes, flows, designs, measures, expect })
}
