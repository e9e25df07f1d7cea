//! What is read of a run:
//!
//! | text | reads |
//! | --- | --- |
//! | `p99(request)` | a value in the language of expectations |
//! | `stuck: ok / offered < 5%; recovers: ok / offered > 98%` | the first word whose claim holds |
//! | `instants(called)` | when this happened to the first operation of the first client, in milliseconds since it was sent, as `explain` tells it |

use serde_json::Value;

use crate::analysis::ExpressionError;
use crate::analysis::evaluate::{View, evaluate};
use crate::analysis::names::Names;
use crate::analysis::statement::{Body, Claim, Term, expectation, measure};
use crate::analysis::unit::Unit;
use crate::probes::outcome::Outcome;
use crate::probes::story::{Line, Story};
use crate::probes::{Carrier, Extras, Fact, OpId};
use crate::scenario::tree::Scenario;

/// What is read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// As it was written.
    pub text: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Value(Term, Unit),
    Word(Vec<(String, Vec<Claim>)>),
    Instants(Vec<Happening>),
}

/// A kind of fact: its name, and what it is.
type Happening = (&'static str, fn(&Fact) -> bool);

/// The operation whose instants are read.
pub(super) const FIRST: OpId = OpId(0);

/// What the instants of can be read.
const HAPPENINGS: &[Happening] = &[
    ("called", |fact| matches!(fact, Fact::Message { carrier: Carrier::Request, .. })),
    ("failed", |fact| matches!(fact, Fact::AttemptFailed { .. })),
    ("held", |fact| matches!(fact, Fact::Holds { .. })),
    ("answered", |fact| matches!(fact, Fact::Answered { .. })),
];

impl Reading {
    /// From its text, or what is wrong with that.
    pub(super) fn new(text: String, scenario: &Scenario) -> Result<Self, String> {
        if let Some(names) = text.strip_prefix("instants(").and_then(|it| it.strip_suffix(')')) {
            let happening = |name: &str| {
                let found = HAPPENINGS.iter().find(|(known, _)| *known == name.trim());
                found.copied().ok_or_else(|| format!("nothing is called `{name}`"))
            };
            let wanted = names.split(',').map(happening).collect::<Result<Vec<_>, String>>()?;
            return Ok(Self { text, what: What::Instants(wanted) });
        }
        let names = Names::of(scenario);
        let wrong = |part: &str, errors: Vec<ExpressionError>| {
            let said: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
            format!("`{part}`: {}", said.join("; "))
        };
        if !text.contains(':') {
            let statement = measure(&text, &names).map_err(|errors| wrong(&text, errors))?;
            let Body::Value(term, unit) = statement.body else {
                unreachable!("a measure is a value")
            };
            return Ok(Self { text, what: What::Value(term, unit) });
        }
        let word = |part: &str| {
            let (word, claim) = part.split_once(':').ok_or(format!("`{part}` names no word"))?;
            let statement = expectation(claim.trim(), &names).map_err(|it| wrong(claim, it))?;
            let Body::Claims(claims) = statement.body else {
                unreachable!("an expectation claims something")
            };
            Ok((word.trim().to_owned(), claims))
        };
        let words = text.split(';').map(word).collect::<Result<Vec<_>, String>>()?;
        Ok(Self { text, what: What::Word(words) })
    }

    /// The extra instruments that it needs.
    pub(super) fn extras(&self) -> Extras {
        match &self.what {
            What::Value(term, _) => term.extras().collect(),
            What::Word(words) => {
                let claims = words.iter().flat_map(|(_, claims)| claims);
                claims.flat_map(Claim::extras).collect()
            }
            What::Instants(_) => Extras::NONE,
        }
    }

    /// Does it need the story of the first operation?
    pub(super) fn is_told(&self) -> bool {
        matches!(self.what, What::Instants(_))
    }

    /// What this run says, or why it says nothing.
    pub(super) fn of(&self, outcome: &Outcome, story: Option<&Story>) -> Result<Value, String> {
        if let Some(why) = &outcome.partial {
            return Err(why.clone());
        }
        let value = |term| evaluate(term, View::of(outcome)).map_err(|why| why.to_string());
        match &self.what {
            What::Value(term, unit) => Ok(unit.present(value(term)?).into()),
            What::Word(words) => {
                for (word, claims) in words {
                    let mut holds = true;
                    for claim in claims {
                        holds &= claim.relation.holds(value(&claim.left)?, value(&claim.right)?);
                    }
                    if holds {
                        return Ok(word.as_str().into());
                    }
                }
                Err(format!("none of `{}` holds", self.text))
            }
            What::Instants(wanted) => {
                let lines = story.ok_or("there is no story")?.lines();
                let is_wanted = |fact: &Fact| wanted.iter().any(|(_, is_it)| is_it(fact));
                let told =
                    lines.iter().filter(|line| is_wanted(&line.fact)).map(|line| line.time.0);
                let is_sent = |line: &&Line| matches!(line.fact, Fact::Sent { .. });
                let sent = lines.iter().find(is_sent).ok_or("nothing was sent")?.time.0;
                Ok(told.map(|at| (at - sent) as f64 / 1e6).collect())
            }
        }
    }
}
