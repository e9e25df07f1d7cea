//! From syntax to a checked statement: every name is known, every argument has its role, and
//! units go together. Knows the registry of figures and a scenario's names, and no outcome.

use super::expression::{Expression, ExpressionError, Figure, Kind, Node, Word};
use super::metric;
use super::names::Names;
use super::statement::{Asked, Body, Claim, Statement, Term};
use super::unit::{Operator, Unit};
use crate::scenario::nearest;

/// Checks an expression against the names of a scenario.
pub fn resolve(expression: &Expression, names: &Names) -> Result<Statement, Vec<ExpressionError>> {
    let text = &expression.text;
    let mut resolver =
        Resolver { text, names, errors: Vec::new(), designs: Vec::new(), about_each: false };
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

pub(super) struct Resolver<'a> {
    text: &'a str,
    pub(super) names: &'a Names,
    pub(super) errors: Vec<ExpressionError>,
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
                self.error(node.offset, node.len, "a comparison has no value to calculate with");
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
        let (at, wanted) = if literal(a) && !literal(b) { (a, right) } else { (b, left) };
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
        let asked = Asked { text: self.written(node), design, metric, subject };
        Some((Term::Figure(asked), metric.unit))
    }

    fn design(&mut self, word: &Word) -> Option<String> {
        let known = self.known("design", word, self.names.designs.as_deref())?;
        if !self.designs.contains(&known) {
            self.designs.push(known.clone());
        }
        Some(known)
    }

    fn unknown_figure(&mut self, word: &Word) {
        let names = metric::metrics().iter().map(|metric| metric.name.as_str());
        let minus = word.text.split_once('-').filter(|(before, _)| metric::find(before).is_some());
        let help = match (minus, nearest(&word.text, names)) {
            (Some((before, after)), _) => {
                format!("for a difference write `{before} - {after}`, with spaces")
            }
            (None, near) => match (percentile(&word.text), near) {
                (Some(given), _) => format!("for any percentile there is `{given}`"),
                (None, Some(near)) => format!("did you mean `{near}`?"),
                (None, None) => "the reference lists all figures".to_owned(),
            },
        };
        let message = format!("there is no figure `{}`", word.text);
        self.errors.push(ExpressionError::new(word.offset, word.len, message).with_help(help));
    }

    fn written(&self, node: &Node) -> String {
        self.text[node.offset..node.offset + node.len].to_owned()
    }

    pub(super) fn error(&mut self, offset: usize, len: usize, message: &str) {
        self.errors.push(ExpressionError::new(offset, len, message));
    }
}

/// What gives the percentile that somebody took for a figure: `p(98, ...)` for `p98`, `p(99.95, ...)`
/// for `p9995`.
fn percentile(text: &str) -> Option<String> {
    let figure = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let percent = &text[figure.len()..];
    if percent.is_empty() || !figure.ends_with('p') || metric::find(figure).is_none() {
        return None;
    }
    let percent = match percent.split_at(percent.len().min(2)) {
        (whole, "") => whole.to_owned(),
        (whole, rest) => format!("{whole}.{rest}"),
    };
    Some(format!("{figure}({percent}, ...)"))
}

#[cfg(test)]
mod tests {
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
            "in_hand(orders, 3) < 5%",
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
            ("p98(place-order) < 1s", 0, 3, "`p(98, ...)`"),
            ("p9995(place-order) < 1s", 0, 5, "`p(99.95, ...)`"),
            ("staleness_p75 < 1s", 0, 13, "`staleness_p(75, ...)`"),
            ("p99(place-ordr) < 1s", 4, 10, "`place-order`"),
            ("event.p99(place-order) < 1s", 0, 5, "`events`"),
            ("recovery(db-crsh) < 1s", 9, 7, "`db-crash`"),
            ("broken(stok-floor) == 0", 7, 10, "`stock-floor`"),
            ("utilization(order) < 1", 12, 5, "`orders`"),
            ("utilization < 1", 0, 11, "utilization(node, [instance])"),
            ("utilization(orders, 0.5) < 1", 20, 3, ""),
            ("lag(orders, 0.5) < 1", 12, 3, ""),
            ("lag < 1", 0, 3, "lag(node, [partition])"),
            ("p99(place-order, view-order) < 1s", 17, 10, ""),
            ("over(place-order) < 1%", 0, 4, "over([flow], time)"),
            ("p(101, place-order) < 1s", 2, 3, ""),
            ("p99(place-order) < 250", 19, 3, "250ms"),
            ("lost_effects < 1%", 15, 2, "plain number"),
            ("1 < goodput", 0, 1, "400/s"),
            ("ok + p99 < 3", 5, 3, "plain number"),
            ("ok-late == 0", 0, 7, "`ok - late`"),
            ("goodput from 1s to 2s > 1/s", 0, 21, "`ok_rate`"),
            ("(ok < 3) + 1 == 0", 0, 8, ""),
            ("p99(100ms) < 1s", 4, 5, "p99([flow])"),
            ("in_hand(orders, 33) < 1", 16, 2, ""),
            ("in_hand(orders, 0) < 1", 16, 1, ""),
            ("in_hand(orders) < 1", 0, 7, "in_hand(node, number)"),
        ];
        for (text, offset, len, help) in wrong {
            let errors = check(&parse(text).unwrap(), &scenario);
            let first = errors.first().unwrap_or_else(|| panic!("{text} passed"));
            assert_eq!((first.offset, first.len), (offset, len), "{text}: {first:?}");
            assert!(first.help.as_deref().unwrap_or("").contains(help), "{text}: {first:?}");
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
