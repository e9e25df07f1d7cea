//! Choosing by name: designs, commands. What does not exist is answered with what does.

use super::failure::Failure;
use crate::scenario::nearest;
use crate::scenario::tree::Scenario;

/// What to say about a name that nothing has.
pub(super) fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let meant = match nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are {}", known.join(", ")),
    };
    format!("no {what} is called `{name}`; {meant}")
}

/// The designs that `--design` names, by index: one, all of them, or the first where it names none.
pub(super) fn designs(scenario: &Scenario, wanted: Option<&str>) -> Result<Vec<usize>, Failure> {
    match wanted {
        None => Ok(vec![0]),
        Some("all") => Ok((0..scenario.designs.len()).collect()),
        Some(name) => Ok(vec![design(scenario, name)?]),
    }
}

/// The design of that name, by index.
pub(super) fn design(scenario: &Scenario, name: &str) -> Result<usize, Failure> {
    let known = || scenario.designs.iter().map(|design| design.name.as_str());
    let found = scenario.designs.iter().position(|design| design.name == name);
    found.ok_or_else(|| Failure::Usage(unknown("design", name, known())))
}
