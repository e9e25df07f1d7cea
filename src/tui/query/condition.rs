//! What a search through time looks for: a comparison of the language of expectations, judged on a run
//! as it goes; or a count of a trailing stretch of time against a number, `failed(1s) > 100`, which history
//! answers. Knows no run.

use crate::analysis::evaluate::{View, evaluate};
use crate::analysis::expression::{Argument, Figure, Kind, Relation};
use crate::analysis::names::Names;
use crate::analysis::statement::{Body, Statement, expectation};
use crate::analysis::{Unit, parse};
use crate::base::{Span, Time};
use crate::probes::Outcome;
use crate::scenario::{nearest, tree::Scenario};
use crate::tui::history::{Bucket, History};

/// What is looked for.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Comparisons of figures so far.
    Figures(Box<Statement>),
    /// Of what happened lately.
    Trailing(Trailing),
}

/// A count over a trailing stretch of time, compared.
#[derive(Clone, Copy, Debug)]
pub struct Trailing {
    count: Count,
    span: Span,
    relation: Relation,
    limit: f64,
}

/// A count of a bucket.
type Count = fn(&Bucket) -> u64;

/// What can be counted lately.
const COUNTS: [(&str, Count); 8] = [
    ("sent", |it| it.all().sent.into()),
    ("done", |it| it.all().done.into()),
    ("refused", |it| it.all().refused.into()),
    ("failed", |it| it.all().failed.into()),
    ("lost", |it| it.all().lost.into()),
    ("backlog", |it| it.all().open.into()),
    ("messages", |it| it.messages.into()),
    ("retries", |it| it.retries.into()),
];

impl Condition {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what would be right.
    pub fn read(text: &str, scenario: &Scenario) -> Result<Self, String> {
        let wrong = |error: &crate::analysis::ExpressionError| match &error.help {
            Some(help) => format!("{error}: {help}"),
            None => error.to_string(),
        };
        let root = parse(text).map_err(|error| wrong(&error))?.root.kind;
        if let Kind::Compare(relation, left, right) = &root
            && let (Kind::Figure(figure), Kind::Quantity(limit, unit)) = (&left.kind, &right.kind)
            && let Some(span) = trailing(figure)
        {
            if !matches!(unit, Unit::Count | Unit::Number) {
                return Err(format!("{} of a stretch of time is a count", figure.name.text));
            }
            let name = figure.name.text.as_str();
            let count = COUNTS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
                let near = nearest(name, COUNTS.iter().map(|(name, _)| *name));
                let near = near.map_or(String::new(), |near| format!(": did you mean {near}?"));
                format!("{name} is not counted by stretches of time{near}")
            })?;
            let (relation, limit) = (*relation, *limit);
            return Ok(Self::Trailing(Trailing { count: count.1, span, relation, limit }));
        }
        let statement = expectation(text, &Names::of(scenario))
            .map_err(|errors| errors.first().map_or(String::new(), wrong))?;
        if statement.designs.is_empty() {
            Ok(Self::Figures(Box::new(statement)))
        } else {
            Err("a search goes through one run: leave out the design".to_owned())
        }
    }

    /// Does it hold of these figures? Not where they have no value yet.
    pub fn holds(statement: &Statement, outcome: &Outcome) -> bool {
        let Body::Claims(claims) = &statement.body else { return false };
        let view = View::of(outcome);
        claims.iter().all(|claim| {
            match (evaluate(&claim.left, view), evaluate(&claim.right, view)) {
                (Ok(left), Ok(right)) => claim.relation.holds(left, right),
                _ => false,
            }
        })
    }
}

impl Trailing {
    /// Does it hold at this instant, as history tells up to the last full bucket?
    pub fn holds(&self, history: &History, at: Time) -> bool {
        let from = Time(at.0.saturating_sub(self.span.0));
        let count = (self.count)(&history.stretch(from, at).sums);
        self.relation.holds(count as f64, self.limit)
    }
}

/// The stretch that a figure is asked about, if it is nothing but that.
fn trailing(figure: &Figure) -> Option<Span> {
    match (&figure.design, figure.arguments.as_slice(), figure.stretch) {
        (None, [Argument::Quantity { value, unit: Unit::Time, .. }], None) => {
            Some(Span::from_ns(*value))
        }
        _ => None,
    }
}
