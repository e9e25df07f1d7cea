//! Checked statements: what an expectation or a measure says once every name is known and units go
//! together, and the mistakes of a whole scenario's statements with their places in its file.

use std::ops::BitOr;

use super::expression::{Expression, ExpressionError, Figure, Kind, Node, Relation};
use super::metric::{Metric, Subject};
use super::names::Names;
use super::parser::parse;
use super::resolve::resolve;
use super::unit::{Operator, Unit};
use crate::probes::{Extra, Extras};
use crate::scenario::Outline;
use crate::scenario::tree::{Place, Placed, Scenario};

/// A checked expression.
#[derive(Clone, Debug)]
pub struct Statement {
    /// As it was written.
    pub text: String,
    /// A value, or claims that must all hold.
    pub body: Body,
    /// The designs that it names, in order of appearance.
    pub designs: Vec<String>,
    /// Does some figure name no design, so that the statement is about each design by itself?
    pub about_each: bool,
}

/// What a statement says.
#[derive(Clone, Debug)]
pub enum Body {
    /// A figure: what a measure is.
    Value(Term, Unit),
    /// Comparisons joined by `and`: what an expectation is.
    Claims(Vec<Claim>),
}

/// One comparison.
#[derive(Clone, Debug)]
pub struct Claim {
    /// As it was written.
    pub text: String,
    /// What is measured.
    pub left: Term,
    /// How it must compare...
    pub relation: Relation,
    /// ...to this.
    pub right: Term,
    /// What both are counted in.
    pub unit: Unit,
}

/// Something with a value.
#[derive(Clone, Debug)]
pub enum Term {
    /// A number in base units.
    Number(f64),
    /// A figure.
    Figure(Asked),
    /// `-x`
    Negate(Box<Term>),
    /// `x operator y`, times a factor that brings it into base units.
    Binary {
        /// As it was written.
        text: String,
        /// What is done.
        operator: Operator,
        /// The left side.
        left: Box<Term>,
        /// The right side.
        right: Box<Term>,
        /// The factor.
        scale: f64,
    },
}

/// A figure with what it is asked about.
#[derive(Clone, Debug)]
pub struct Asked {
    /// As it was written.
    pub text: String,
    /// Whose outcome, if a design is named.
    pub design: Option<String>,
    /// What.
    pub metric: &'static Metric,
    /// Of what.
    pub subject: Subject,
}

/// A mistake in one of a scenario's expressions, with its place in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// The measure's name; `None` for an expectation.
    pub measure: Option<String>,
    /// The expression.
    pub text: String,
    /// Line and column of the mistake (a text without escapes is assumed).
    pub place: Place,
    /// What is wrong.
    pub error: ExpressionError,
}

impl Term {
    /// The extra instruments that its figures need.
    pub fn extras(&self) -> impl Iterator<Item = Extra> {
        let mut asked = Vec::new();
        self.add_figures(&mut asked);
        let needs = |figure: &Asked| {
            let Subject { name, stretch, .. } = &figure.subject;
            let by_flow = (name.is_some() && stretch.is_some()).then_some(Extra::FlowWindows);
            [figure.metric.needs, by_flow].into_iter().flatten()
        };
        asked.into_iter().flat_map(needs).collect::<Vec<_>>().into_iter()
    }

    fn add_figures<'a>(&'a self, asked: &mut Vec<&'a Asked>) {
        match self {
            Self::Number(_) => {}
            Self::Figure(figure) => asked.push(figure),
            Self::Negate(inner) => inner.add_figures(asked),
            Self::Binary { left, right, .. } => {
                left.add_figures(asked);
                right.add_figures(asked);
            }
        }
    }
}

impl Claim {
    /// The extra instruments that its figures need.
    pub fn extras(&self) -> impl Iterator<Item = Extra> {
        self.left.extras().chain(self.right.extras())
    }
}

impl Statement {
    /// The extra instruments that its figures need.
    pub fn extras(&self) -> Extras {
        match &self.body {
            Body::Value(term, _) => term.extras().collect(),
            Body::Claims(claims) => claims.iter().flat_map(Claim::extras).collect(),
        }
    }
}

/// A scenario's expectations and measures, checked.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    /// In file order.
    pub expectations: Vec<Statement>,
    /// In file order, with their names.
    pub measures: Vec<(String, Statement)>,
}

/// All mistakes of an expression in view of a scenario; empty if it is sound.
pub fn check(expression: &Expression, scenario: &Scenario) -> Vec<ExpressionError> {
    resolve(expression, &Names::of(scenario)).err().unwrap_or_default()
}

/// All mistakes in a scenario's expectations and measures.
pub fn check_scenario(scenario: &Scenario) -> Vec<Mistake> {
    statements(scenario).err().unwrap_or_default()
}

/// All mistakes in the expectations and measures of a file that has others, as far as its names are
/// known.
pub fn check_outline(outline: &Outline) -> Vec<Mistake> {
    let names = Names::outlined(outline);
    read(&outline.measures, &outline.expect, &names).err().unwrap_or_default()
}

/// The scenario's measures and expectations, or all mistakes in them.
pub fn statements(scenario: &Scenario) -> Result<Statements, Vec<Mistake>> {
    read(&scenario.measures, &scenario.expect, &Names::of(scenario))
}

/// The extra instruments that a scenario's measures and expectations need; none where there are
/// mistakes in them, as they cannot be judged then.
pub fn extras(scenario: &Scenario) -> Extras {
    let Statements { expectations, measures } = statements(scenario).unwrap_or_default();
    let all = expectations.iter().chain(measures.iter().map(|(_, statement)| statement));
    all.map(Statement::extras).fold(Extras::NONE, Extras::bitor)
}

fn read(
    measures: &[(String, Placed<String>)],
    expect: &[Placed<String>],
    names: &Names,
) -> Result<Statements, Vec<Mistake>> {
    let mut statements = Statements::default();
    let mut mistakes = Vec::new();
    for (name, text) in measures {
        match measure(&text.value, names) {
            Ok(statement) => statements.measures.push((name.clone(), statement)),
            Err(errors) => mistakes.extend(placed(errors, Some(name), &text.value, text.place)),
        }
    }
    for text in expect {
        match expectation(&text.value, names) {
            Ok(statement) => statements.expectations.push(statement),
            Err(errors) => mistakes.extend(placed(errors, None, &text.value, text.place)),
        }
    }
    if mistakes.is_empty() { Ok(statements) } else { Err(mistakes) }
}

/// A text that must compare something.
pub fn expectation(text: &str, names: &Names) -> Result<Statement, Vec<ExpressionError>> {
    let statement = resolve(&parse(text).map_err(|error| vec![error])?, names)?;
    match statement.body {
        Body::Claims(_) => Ok(statement),
        Body::Value(_, unit) => Err(vec![
            ExpressionError::new(0, text.len(), "an expectation compares something")
                .with_help(format!("{text} < ...: {}", unit.example())),
        ]),
    }
}

/// A text that must be a value of the one outcome at hand.
pub fn measure(text: &str, names: &Names) -> Result<Statement, Vec<ExpressionError>> {
    let expression = parse(text).map_err(|error| vec![error])?;
    let statement = resolve(&expression, names)?;
    if matches!(statement.body, Body::Claims(_)) {
        let error = ExpressionError::new(0, text.len(), "a measure is a value, not a comparison");
        return Err(vec![error.with_help("comparisons belong under `expect`")]);
    }
    let mut named = Vec::new();
    designs_named(&expression.root, &mut named);
    if named.is_empty() { Ok(statement) } else { Err(named) }
}

fn designs_named(node: &Node, errors: &mut Vec<ExpressionError>) {
    match &node.kind {
        Kind::Quantity(..) => {}
        Kind::Figure(Figure { design: Some(design), .. }) => errors.push(
            ExpressionError::new(
                design.offset,
                design.len,
                "a measure is taken in each design by itself",
            )
            .with_help(format!("leave out `{}.`", design.text)),
        ),
        Kind::Figure(_) => {}
        Kind::Negate(inner) => designs_named(inner, errors),
        Kind::Binary(_, a, b) | Kind::Compare(_, a, b) | Kind::And(a, b) => {
            designs_named(a, errors);
            designs_named(b, errors);
        }
    }
}

fn placed<'a>(
    errors: Vec<ExpressionError>,
    measure: Option<&'a String>,
    text: &'a str,
    start: Place,
) -> impl Iterator<Item = Mistake> + 'a {
    errors.into_iter().map(move |error| {
        let before = &text[..error.offset];
        let lines = before.matches('\n').count() as u32;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32;
        let column = if lines == 0 { start.column + column } else { column + 1 };
        let place = Place { line: start.line + lines, column };
        Mistake { measure: measure.cloned(), text: text.to_owned(), place, error }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{scenario, scenario_of_one_flow};

    #[test]
    fn a_statement_knows_which_designs_it_is_about() {
        let scenario = Names::of(&scenario());
        let each = expectation("lost_effects == 0", &scenario).unwrap();
        assert!(each.about_each && each.designs.is_empty());
        let named = expectation("events.p99 < rest.p99 and rest.ok > 0", &scenario).unwrap();
        assert!(!named.about_each);
        assert_eq!(named.designs, ["events", "rest"]);
        let Body::Claims(claims) = named.body else { panic!("claims") };
        assert_eq!(claims[1].text, "rest.ok > 0");
    }

    #[test]
    fn expectations_compare_and_measures_do_not() {
        let scenario = Names::of(&scenario());
        assert!(expectation("p99(place-order)", &scenario).is_err());
        assert!(measure("p99(place-order) < 1s", &scenario).is_err());
        assert!(measure("p99(place-order) - p50(place-order)", &scenario).is_ok());
        let errors = measure("1 - rest.availability", &scenario).unwrap_err();
        assert_eq!((errors[0].offset, errors[0].len), (4, 4));
    }

    #[test]
    fn a_scenario_needs_the_instruments_of_the_figures_that_it_names() {
        let mut scenario = scenario();
        assert_eq!(extras(&scenario), Extras::NONE);
        let text = |value: &str| Placed { value: value.to_owned(), place: Place::default() };
        scenario.expect = vec![text("1 - in_hand(orders, 2) > 50% and ok > 0")];
        assert_eq!(extras(&scenario), Extra::InHand.into());
        scenario.measures = vec![("x".to_owned(), text("2 * -slowdown_p99"))];
        assert_eq!(extras(&scenario), [Extra::InHand, Extra::Slowdown].into_iter().collect());
    }

    #[test]
    fn a_flow_in_a_stretch_of_time_needs_its_own_windows() {
        let mut scenario = scenario();
        let text = |value: &str| Placed { value: value.to_owned(), place: Place::default() };
        scenario.expect = vec![text("p99 from 1s to 2s < 1s")];
        assert_eq!(extras(&scenario), Extras::NONE);
        scenario.expect = vec![text("p99(place-order) from 1s to 2s < 1s")];
        assert_eq!(extras(&scenario), Extra::FlowWindows.into());
    }

    #[test]
    fn a_scenario_of_one_flow_may_name_it_in_stretches() {
        assert!(measure("p99(request) from 1s to 2s", &Names::of(&scenario_of_one_flow())).is_ok());
    }

    #[test]
    fn mistakes_are_placed_in_the_file() {
        let mut scenario = scenario();
        let text = |value: &str, line, column| crate::scenario::tree::Placed {
            value: value.to_owned(),
            place: Place { line, column },
        };
        scenario.measures = vec![("x".to_owned(), text("p99(nobody)", 40, 12))];
        scenario.expect = vec![text("ok > 0", 50, 5), text("ok > 0 and\n  late = 0", 51, 5)];
        let mistakes = check_scenario(&scenario);
        let places: Vec<(u32, u32)> =
            mistakes.iter().map(|m| (m.place.line, m.place.column)).collect();
        assert_eq!(places, [(40, 16), (52, 8)]);
        assert_eq!(mistakes[0].measure.as_deref(), Some("x"));
    }
}
