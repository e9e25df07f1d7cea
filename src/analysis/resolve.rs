//! From syntax to a checked statement: every name is known, every argument has its role, and
//! units go together. Knows the registry of figures and a scenario's names, and no outcome.

use super::expression::{Argument, Expression, ExpressionError, Figure, Kind, Node, Word};
use super::metric::{self, Guarantee, Metric, Role, Subject};
use super::names::nearest;
use super::statement::{Asked, Body, Claim, Statement, Term};
use super::unit::{Operator, Unit};
use crate::base::Time;
use crate::probes::Reason;
use crate::scenario::tree::Scenario;

/// Checks an expression against a scenario.
pub fn resolve(
    expression: &Expression,
    scenario: &Scenario,
) -> Result<Statement, Vec<ExpressionError>> {
    let text = &expression.text;
    let mut resolver = Resolver {
        text,
        scenario,
        errors: Vec::new(),
        designs: Vec::new(),
        about_each: false,
    };
    let body = resolver.body(&expression.root);
    match body {
        Some(body) if resolver.errors.is_empty() => Ok(Statement {
            text: text.clone(),
            body,
            designs: resolver.designs,
            about_each: resolver.about_each,
        }),
        _ => {
            resolver.errors.sort_by_key(|error| error.offset);
            Err(resolver.errors)
        }
    }
}

struct Resolver<'a> {
    text: &'a str,
    scenario: &'a Scenario,
    errors: Vec<ExpressionError>,
    designs: Vec<String>,
    about_each: bool,
}

impl Resolver<'_> {
    fn body(&mut self, node: &Node) -> Option<Body> {
        if let Kind::Compare(..) | Kind::And(..) = node.kind {
            let mut claims = Vec::new();
            self.claims(node, &mut claims)?;
            return Some(Body::Claims(claims));
        }
        let (term, unit) = self.term(node)?;
        Some(Body::Value(term, unit))
    }

    /// Flattens `a and b and c`; `None` if any of it is wrong, after all of it was looked at.
    fn claims(&mut self, node: &Node, claims: &mut Vec<Claim>) -> Option<()> {
        match &node.kind {
            Kind::And(left, right) => {
                let left = self.claims(left, claims);
                let right = self.claims(right, claims);
                left.and(right)
            }
            Kind::Compare(relation, left, right) => {
                let (left, right) = (self.term(left), self.term(right));
                let ((left, a), (right, b)) = (left?, right?);
                let Some(unit) = a.common(b) else {
                    self.mismatch(node, "compared with", a, b);
                    return None;
                };
                claims.push(Claim {
                    text: self.written(node),
                    left,
                    relation: *relation,
                    right,
                    unit,
                });
                Some(())
            }
            _ => {
                self.term(node);
                self.error(node.offset, node.len, "`and` joins comparisons");
                None
            }
        }
    }

    fn term(&mut self, node: &Node) -> Option<(Term, Unit)> {
        match &node.kind {
            Kind::Quantity(value, unit) => Some((Term::Number(*value), *unit)),
            Kind::Negate(inner) => {
                let (inner, unit) = self.term(inner)?;
                Some((Term::Negate(Box::new(inner)), unit))
            }
            Kind::Binary(operator, left, right) => {
                let (left, right) = (self.term(left), self.term(right));
                let ((left, a), (right, b)) = (left?, right?);
                let Some((unit, scale)) = a.combine(*operator, b) else {
                    let verb = match operator {
                        Operator::Add => "added to",
                        Operator::Subtract => "used in a difference with",
                        Operator::Multiply => "multiplied by",
                        Operator::Divide => "divided by",
                    };
                    self.mismatch(node, verb, a, b);
                    return None;
                };
                let (left, right) = (Box::new(left), Box::new(right));
                Some((
                    Term::Binary {
                        text: self.written(node),
                        operator: *operator,
                        left,
                        right,
                        scale,
                    },
                    unit,
                ))
            }
            Kind::Figure(figure) => self.figure(figure, node),
            Kind::Compare(..) | Kind::And(..) => {
                self.error(
                    node.offset,
                    node.len,
                    "a comparison has no value to calculate with",
                );
                None
            }
        }
    }

    /// The mistake is shown at the right side, where a literal most often lacks its unit.
    fn mismatch(&mut self, node: &Node, verb: &str, left: Unit, right: Unit) {
        let (Kind::Binary(_, a, b) | Kind::Compare(_, a, b)) = &node.kind else {
            unreachable!("only two sides can disagree")
        };
        let literal = |node: &Node| matches!(node.kind, Kind::Quantity(..));
        let (at, wanted) = if literal(a) && !literal(b) {
            (a, right)
        } else {
            (b, left)
        };
        let message = format!("{} cannot be {verb} {}", left.article(), right.article());
        self.errors
            .push(ExpressionError::new(at.offset, at.len, message).with_help(wanted.example()));
    }

    fn figure(&mut self, figure: &Figure, node: &Node) -> Option<(Term, Unit)> {
        let design = figure.design.as_ref().map(|word| self.design(word));
        self.about_each |= design.is_none();
        let Some(metric) = metric::find(&figure.name.text) else {
            self.unknown_figure(&figure.name);
            return None;
        };
        let subject = self.subject(metric, figure, node)?;
        let design = match design {
            Some(named) => Some(named?),
            None => None,
        };
        let asked = Asked {
            text: self.written(node),
            design,
            metric,
            subject,
        };
        Some((Term::Figure(asked), metric.unit))
    }

    fn design(&mut self, word: &Word) -> Option<String> {
        let designs = self
            .scenario
            .designs
            .iter()
            .map(|design| design.name.as_str());
        let known = self.known("design", word, designs)?;
        if !self.designs.contains(&known) {
            self.designs.push(known.clone());
        }
        Some(known)
    }

    fn unknown_figure(&mut self, word: &Word) {
        let names = metric::metrics().iter().map(|metric| metric.name.as_str());
        let minus = word
            .text
            .split_once('-')
            .filter(|(before, _)| metric::find(before).is_some());
        let help = match (minus, nearest(&word.text, names)) {
            (Some((before, after)), _) => {
                format!("for a difference write `{before} - {after}`, with spaces")
            }
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => "the reference lists all figures".to_owned(),
        };
        let message = format!("there is no figure `{}`", word.text);
        self.errors
            .push(ExpressionError::new(word.offset, word.len, message).with_help(help));
    }

    /// Gives every argument its role: numbers by their unit, words of the language by their list,
    /// and whatever is left to the one parameter that names something of the scenario.
    fn subject(
        &mut self,
        metric: &'static Metric,
        figure: &Figure,
        node: &Node,
    ) -> Option<Subject> {
        let before = self.errors.len();
        let mut subject = Subject {
            stretch: self.stretch(metric, figure, node),
            ..Subject::default()
        };
        let mut given = Vec::new();
        for argument in &figure.arguments {
            let (offset, len) = match argument {
                Argument::Name(word) => (word.offset, word.len),
                Argument::Quantity { offset, len, .. } => (*offset, *len),
            };
            let role = match argument {
                Argument::Name(word) => role_of_word(metric, word),
                Argument::Quantity { unit, .. } => role_of_number(metric, *unit),
            };
            match role {
                Some(role) if given.contains(&role) => {
                    let message = format!("`{}` takes one {} only", metric.name, role.name());
                    self.error(offset, len, &message);
                }
                Some(role) => {
                    given.push(role);
                    self.fill(&mut subject, role, argument);
                }
                None => {
                    let message = format!("`{}` does not take this argument", metric.name);
                    let help = format!("write `{}`", metric.signature());
                    self.errors
                        .push(ExpressionError::new(offset, len, message).with_help(help));
                }
            }
        }
        for missing in metric
            .parameters
            .iter()
            .filter(|p| p.required && !given.contains(&p.role))
        {
            let message = format!("`{}` needs a {}", metric.name, missing.role.name());
            let help = format!("write `{}`", metric.signature());
            self.errors.push(
                ExpressionError::new(figure.name.offset, figure.name.len, message).with_help(help),
            );
        }
        if figure.stretch.is_some() && given.contains(&Role::Flow) && self.scenario.flows.len() > 1
        {
            self.errors.push(
                ExpressionError::new(
                    node.offset,
                    node.len,
                    "figures of a stretch of time are of all flows together",
                )
                .with_help("leave out the flow, or the stretch"),
            );
        }
        (self.errors.len() == before).then_some(subject)
    }

    fn stretch(&mut self, metric: &Metric, figure: &Figure, node: &Node) -> Option<(Time, Time)> {
        let (from, to) = figure.stretch?;
        if !metric.windowed {
            let message = format!("`{}` is not kept for stretches of time", metric.name);
            let error = ExpressionError::new(node.offset, node.len, message);
            let close = if metric.name == "goodput" {
                Some("ok_rate")
            } else {
                None
            };
            self.errors.push(match close {
                Some(close) => error.with_help(format!("`{close}` is")),
                None => error.with_help("leave out `from ... to ...`"),
            });
        }
        Some((Time(from as u64), Time(to as u64)))
    }

    fn fill(&mut self, subject: &mut Subject, role: Role, argument: &Argument) {
        match (role, argument) {
            (Role::Guarantee, Argument::Name(word)) => subject.guarantee = guarantee(&word.text),
            (Role::Reason, Argument::Name(word)) => subject.reason = reason(&word.text),
            (
                Role::Percent,
                Argument::Quantity {
                    value,
                    unit,
                    offset,
                    len,
                },
            ) => {
                let percent = if *unit == Unit::Ratio {
                    value * 100.0
                } else {
                    *value
                };
                if !(0.0..=100.0).contains(&percent) {
                    self.error(*offset, *len, "a percentage lies between 0 and 100");
                }
                subject.percent = Some(percent);
            }
            (Role::Limit, Argument::Quantity { value, .. }) => subject.limit_ns = Some(*value),
            (_, Argument::Name(word)) => subject.name = self.open_name(role, word),
            (_, Argument::Quantity { .. }) => unreachable!("numbers have roles of their own"),
        }
    }

    fn open_name(&mut self, role: Role, word: &Word) -> Option<String> {
        let scenario = self.scenario;
        match role {
            Role::Flow => self.known(
                "flow",
                word,
                scenario.flows.iter().map(|flow| flow.name.as_str()),
            ),
            Role::Node => self.known(
                "node",
                word,
                scenario.nodes.iter().map(|node| node.name.as_str()),
            ),
            Role::Fault => self.known(
                "fault",
                word,
                scenario.faults.iter().map(|fault| fault.name.as_str()),
            ),
            _ => {
                let names = invariants(scenario);
                self.known("invariant", word, names.iter().map(String::as_str))
            }
        }
    }

    fn known<'n>(
        &mut self,
        what: &str,
        word: &Word,
        names: impl Iterator<Item = &'n str>,
    ) -> Option<String> {
        let names: Vec<&str> = names.collect();
        if names.contains(&word.text.as_str()) {
            return Some(word.text.clone());
        }
        let error = ExpressionError::new(
            word.offset,
            word.len,
            format!("there is no {what} `{}`", word.text),
        );
        let help = match nearest(&word.text, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => format!("the scenario has no {what}"),
            None => format!("the scenario has {}", names.join(", ")),
        };
        self.errors.push(error.with_help(help));
        None
    }

    fn written(&self, node: &Node) -> String {
        self.text[node.offset..node.offset + node.len].to_owned()
    }

    fn error(&mut self, offset: usize, len: usize, message: &str) {
        self.errors.push(ExpressionError::new(offset, len, message));
    }
}

/// The names of the scenario's floors and sums, as outcomes spell them.
pub fn invariants(scenario: &Scenario) -> Vec<String> {
    let floors = scenario
        .entities
        .iter()
        .filter(|e| e.floor.is_some())
        .map(|e| format!("{}-floor", e.name));
    floors
        .chain(scenario.sums.iter().map(|sum| sum.name.clone()))
        .collect()
}

fn role_of_word(metric: &Metric, word: &Word) -> Option<Role> {
    let takes = |role: Role| metric.parameters.iter().any(|p| p.role == role);
    if !word.quoted && takes(Role::Guarantee) && guarantee(&word.text).is_some() {
        return Some(Role::Guarantee);
    }
    if !word.quoted && takes(Role::Reason) && reason(&word.text).is_some() {
        return Some(Role::Reason);
    }
    metric
        .parameters
        .iter()
        .map(|p| p.role)
        .find(|role| role.is_open())
}

fn role_of_number(metric: &Metric, unit: Unit) -> Option<Role> {
    let fits = |role: &Role| match role {
        Role::Percent => matches!(unit, Unit::Number | Unit::Ratio),
        Role::Limit => unit == Unit::Time,
        _ => false,
    };
    metric.parameters.iter().map(|p| p.role).find(fits)
}

fn guarantee(text: &str) -> Option<Guarantee> {
    let name = text.replace('-', "_");
    Guarantee::ALL
        .into_iter()
        .find(|guarantee| guarantee.name() == name)
}

fn reason(text: &str) -> Option<Reason> {
    let name = text.replace('-', "_");
    Reason::ALL.into_iter().find(|reason| reason.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::parse;
    use crate::analysis::statement::check;
    use crate::analysis::testing::scenario;

    #[test]
    fn what_the_issue_writes_is_sound() {
        let scenario = scenario();
        let sound = [
            "p99(place-order) < 250ms",
            "stale_reads(view-order) < 1%",
            "lost_effects == 0",
            "events.p99(place-order) < rest.p99(place-order)",
            "recovery(db-crash) < 5s",
            "rest.violations(read-your-writes) == 0",
            "violations(read_your_writes, view-order) == 0",
            "failures(timeout) < 5 and failures(place-order) < 10",
            "p(99.5, place-order) / p50(place-order) < 20",
            "over(place-order, 100ms) < 0.05",
            "goodput >= 0.9 * offered_rate",
            "p99 from 20s to 30s < 2 * p99",
            "broken(stock-floor) + broken(money) == 0",
            "wait_p99(orders) < 5ms and utilization(orders) < 80%",
            "arrivals(orders) / 60s > 100/s",
        ];
        for text in sound {
            assert_eq!(check(&parse(text).unwrap(), &scenario), [], "{text}");
        }
    }

    #[test]
    fn mistakes_name_the_place_and_the_nearest_name() {
        let scenario = scenario();
        // Text, offset, length, and a word of the help.
        let wrong = [
            ("pp99(place-order) < 1s", 0, 4, "`p99`"),
            ("p99(place-ordr) < 1s", 4, 10, "`place-order`"),
            ("event.p99(place-order) < 1s", 0, 5, "`events`"),
            ("recovery(db-crsh) < 1s", 9, 7, "`db-crash`"),
            ("broken(stok-floor) == 0", 7, 10, "`stock-floor`"),
            ("utilization(order) < 1", 12, 5, "`orders`"),
            ("utilization < 1", 0, 11, "utilization(node)"),
            ("p99(place-order, view-order) < 1s", 17, 10, ""),
            ("over(place-order) < 1%", 0, 4, "over([flow], time)"),
            ("p(101, place-order) < 1s", 2, 3, ""),
            ("p99(place-order) < 250", 19, 3, "250ms"),
            ("lost_effects < 1%", 15, 2, "plain number"),
            ("1 < goodput", 0, 1, "400/s"),
            ("ok + p99 < 3", 5, 3, "plain number"),
            ("ok-late == 0", 0, 7, "`ok - late`"),
            ("goodput from 1s to 2s > 1/s", 0, 21, "`ok_rate`"),
            (
                "p99(place-order) from 1s to 2s < 1s",
                0,
                30,
                "leave out the flow",
            ),
            ("(ok < 3) + 1 == 0", 0, 8, ""),
            ("p99(100ms) < 1s", 4, 5, "p99([flow])"),
        ];
        for (text, offset, len, help) in wrong {
            let errors = check(&parse(text).unwrap(), &scenario);
            let first = errors.first().unwrap_or_else(|| panic!("{text} passed"));
            assert_eq!(
                (first.offset, first.len),
                (offset, len),
                "{text}: {first:?}"
            );
            assert!(
                first.help.as_deref().unwrap_or("").contains(help),
                "{text}: {first:?}"
            );
            assert_eq!(errors.len(), 1, "{text}: {errors:?}");
        }
    }

    #[test]
    fn all_mistakes_are_reported_in_order() {
        let errors = check(
            &parse("p98(x) < 1s and p99(nobody) < 3s and late(y) == 0").unwrap(),
            &scenario(),
        );
        let offsets: Vec<usize> = errors.iter().map(|error| error.offset).collect();
        assert_eq!(offsets, [0, 20, 42]);
    }
}
