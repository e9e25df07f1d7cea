//! The expectations of a scenario: as they stand at the cursor, and at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::evaluate::{View, evaluate};
use crate::analysis::statement::{Body, Claim, Statement, statements};
use crate::probes::Outcome;
use crate::scenario::tree::Scenario;

/// All of them, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectations {
    /// One each.
    pub list: Vec<Expected>,
}

/// An expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// As the file says it.
    pub text: String,
    /// At the cursor, if all runs that it speaks of are known there.
    pub so_far: Option<Judged>,
    /// At the audit, if they are.
    pub at_end: Option<Judged>,
}

/// How it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Does it hold?
    pub holds: bool,
    /// Its two sides with their values: `17.8 ms < 35.8 ms`; or why it cannot be judged.
    pub values: String,
}

/// Outcomes by their designs' places in the scenario.
pub type ByDesign = BTreeMap<usize, Arc<Outcome>>;

impl Expectations {
    /// Of this scenario, with the outcomes of its designs so far and at the end, as far as they are known.
    pub fn judge(scenario: &Scenario, so_far: &ByDesign, at_end: &ByDesign) -> Self {
        let all = statements(scenario).map(|it| it.expectations).unwrap_or_default();
        let judge = |statement: &Statement| Expected {
            text: statement.text.clone(),
            so_far: judged(statement, scenario, so_far),
            at_end: judged(statement, scenario, at_end),
        };
        Self { list: all.iter().map(judge).collect() }
    }
}

/// An expectation that names no design must hold in each: what is told is where it does not, or else
/// where it is tightest.
fn judged(statement: &Statement, scenario: &Scenario, known: &ByDesign) -> Option<Judged> {
    let Body::Claims(claims) = &statement.body else { return None };
    let place = |name: &String| scenario.designs.iter().position(|design| design.name == *name);
    let of = |name: &String| known.get(&place(name)?).map(Arc::as_ref);
    let named: Vec<&Outcome> = statement.designs.iter().map(of).collect::<Option<_>>()?;
    let all = named.as_slice();
    let mut rulings = Vec::new();
    if statement.about_each {
        if known.len() < scenario.designs.len() {
            return None;
        }
        for own in known.values().map(Arc::as_ref) {
            let view = View { own: Some(own), all };
            let design = (known.len() > 1).then_some(own.design.as_str());
            rulings.extend(claims.iter().map(|claim| Ruling::of(claim, view, design)));
        }
    } else {
        let view = View { own: None, all };
        rulings.extend(claims.iter().map(|claim| Ruling::of(claim, view, None)));
    }
    // The first of equals stays.
    let worst = rulings.into_iter().min_by(|one, other| one.slack.total_cmp(&other.slack))?;
    Some(worst.judged)
}

/// A comparison of one outcome.
struct Ruling {
    judged: Judged,
    /// By how much of its limit it holds; negative if it does not, least of all if it has no value.
    slack: f64,
}

impl Ruling {
    fn of(claim: &Claim, view: View<'_>, design: Option<&str>) -> Self {
        let within = design.map_or(String::new(), |design| format!(" in {design}"));
        let sides =
            evaluate(&claim.left, view).and_then(|left| Ok((left, evaluate(&claim.right, view)?)));
        let (left, right) = match sides {
            Ok(sides) => sides,
            Err(why) => {
                let judged = Judged { holds: false, values: why.to_string() };
                return Self { judged, slack: f64::NEG_INFINITY };
            }
        };
        let holds = claim.relation.holds(left, right);
        let shown = [left, right].map(|side| claim.unit.show(side));
        let is = if holds { "" } else { "is not " };
        let values = format!("{} {is}{} {}{within}", shown[0], claim.relation.sign(), shown[1]);
        let scale = left.abs().max(right.abs());
        let apart = if scale > 0.0 { (left - right).abs() / scale } else { 0.0 };
        // What breaks is always worse than what holds.
        let slack = if holds { 1.0 + apart } else { -apart };
        Self { judged: Judged { holds, values }, slack }
    }
}
