//! What a figure is asked about: its arguments given their roles, and every name looked up in the
//! scenario.

use super::expression::{Argument, ExpressionError, Figure, Node, Word};
use super::metric::{Guarantee, Metric, Role, Subject};
use super::resolve::Resolver;
use super::unit::Unit;
use crate::base::Time;
use crate::probes::Reason;
use crate::probes::outcome::LEVELS;
use crate::scenario::nearest;
use crate::scenario::tree::Scenario;

impl Resolver<'_> {
    /// Gives every argument its role: numbers by their unit, words of the language by their list,
    /// and whatever is left to the one parameter that names something of the scenario.
    pub(super) fn subject(
        &mut self,
        metric: &'static Metric,
        figure: &Figure,
        node: &Node,
    ) -> Option<Subject> {
        let before = self.errors.len();
        let mut subject =
            Subject { stretch: self.stretch(metric, figure, node), ..Subject::default() };
        let mut given = Vec::new();
        for argument in &figure.arguments {
            if let Some(role) = self.role(metric, argument, &given) {
                given.push(role);
                self.fill(&mut subject, role, argument);
            }
        }
        if self.errors.len() == before {
            self.complete(metric, figure, &given);
        }
        (self.errors.len() == before).then_some(subject)
    }

    /// The role of an argument, or a mistake if there is none left for it.
    fn role(&mut self, metric: &Metric, argument: &Argument, given: &[Role]) -> Option<Role> {
        let (role, offset, len) = match argument {
            Argument::Name(word) => (role_of_word(metric, word), word.offset, word.len),
            Argument::Quantity { unit, offset, len, .. } => {
                (role_of_number(metric, *unit), *offset, *len)
            }
        };
        let message = match role {
            Some(role) if !given.contains(&role) => return Some(role),
            Some(role) => format!("`{}` takes one {} only", metric.name, role.name()),
            None => format!("`{}` does not take this argument", metric.name),
        };
        let help = format!("write `{}`", metric.signature());
        self.errors.push(ExpressionError::new(offset, len, message).with_help(help));
        None
    }

    /// Reports the parameters that are required and not given.
    fn complete(&mut self, metric: &Metric, figure: &Figure, given: &[Role]) {
        let Word { offset, len, .. } = figure.name;
        for missing in metric.parameters.iter().filter(|p| p.required && !given.contains(&p.role)) {
            let message = format!("`{}` lacks its {}", metric.name, missing.role.name());
            let help = format!("write `{}`", metric.signature());
            self.errors.push(ExpressionError::new(offset, len, message).with_help(help));
        }
    }

    fn stretch(&mut self, metric: &Metric, figure: &Figure, node: &Node) -> Option<(Time, Time)> {
        let (from, to) = figure.stretch?;
        if !metric.windowed {
            let message = format!("`{}` is not kept for stretches of time", metric.name);
            let error = ExpressionError::new(node.offset, node.len, message);
            let close = if metric.name == "goodput" { Some("ok_rate") } else { None };
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
            (Role::Percent, Argument::Quantity { value, unit, offset, len }) => {
                let percent = if *unit == Unit::Ratio { value * 100.0 } else { *value };
                if !(0.0..=100.0).contains(&percent) {
                    self.error(*offset, *len, "a percentage lies between 0 and 100");
                }
                subject.percent = Some(percent);
            }
            (Role::Limit, Argument::Quantity { value, .. }) => subject.limit_ns = Some(*value),
            (Role::Versions, Argument::Quantity { value, offset, len, .. }) => {
                if *value < 0.0 || value.fract() != 0.0 {
                    self.error(*offset, *len, "versions are counted in whole numbers");
                }
                subject.versions = Some(*value as u64);
            }
            (Role::Level, Argument::Quantity { value, offset, len, .. }) => {
                if !(1.0..=LEVELS as f64).contains(value) || value.fract() != 0.0 {
                    let message = format!("this is a whole number from 1 to {LEVELS}");
                    self.error(*offset, *len, &message);
                }
                subject.level = Some(*value as usize);
            }
            (Role::Instance, Argument::Quantity { value, offset, len, .. }) => {
                if *value < 0.0 || value.fract() != 0.0 {
                    self.error(*offset, *len, "instances are counted from 0 in whole numbers");
                }
                subject.instance = Some(*value as usize);
            }
            (Role::Partition, Argument::Quantity { value, offset, len, .. }) => {
                if *value < 0.0 || value.fract() != 0.0 {
                    self.error(*offset, *len, "partitions are counted from 0 in whole numbers");
                }
                subject.partition = Some(*value as u32);
            }
            (_, Argument::Name(word)) => subject.name = self.open_name(role, word),
            (_, Argument::Quantity { .. }) => unreachable!("numbers have roles of their own"),
        }
    }

    fn open_name(&mut self, role: Role, word: &Word) -> Option<String> {
        let names = self.names;
        match role {
            Role::Flow => self.known("flow", word, names.flows.as_deref()),
            Role::Node => self.known("node", word, names.nodes.as_deref()),
            Role::Fault => self.known("fault", word, names.faults.as_deref()),
            _ => self.known("invariant", word, names.invariants.as_deref()),
        }
    }

    /// The name, if there is one of that kind, or if not all of them are known.
    pub(super) fn known(
        &mut self,
        what: &str,
        word: &Word,
        names: Option<&[String]>,
    ) -> Option<String> {
        let Some(names) = names.filter(|names| !names.contains(&word.text)) else {
            return Some(word.text.clone());
        };
        let error = ExpressionError::new(
            word.offset,
            word.len,
            format!("there is no {what} `{}`", word.text),
        );
        let help = match nearest(&word.text, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => format!("the scenario has no {what}"),
            None => format!("the scenario has {}", names.join(", ")),
        };
        self.errors.push(error.with_help(help));
        None
    }
}

/// The names of the scenario's floors and sums, as outcomes spell them.
pub fn invariants(scenario: &Scenario) -> Vec<String> {
    let floors =
        scenario.entities.iter().filter(|e| e.floor.is_some()).map(|e| format!("{}-floor", e.name));
    floors.chain(scenario.sums.iter().map(|sum| sum.name.clone())).collect()
}

fn role_of_word(metric: &Metric, word: &Word) -> Option<Role> {
    let takes = |role: Role| metric.parameters.iter().any(|p| p.role == role);
    if !word.quoted && takes(Role::Guarantee) && guarantee(&word.text).is_some() {
        return Some(Role::Guarantee);
    }
    if !word.quoted && takes(Role::Reason) && reason(&word.text).is_some() {
        return Some(Role::Reason);
    }
    metric.parameters.iter().map(|p| p.role).find(|role| role.is_open())
}

fn role_of_number(metric: &Metric, unit: Unit) -> Option<Role> {
    let fits = |role: &Role| match role {
        Role::Percent => matches!(unit, Unit::Number | Unit::Ratio),
        Role::Limit => unit == Unit::Time,
        Role::Versions | Role::Level | Role::Instance | Role::Partition => {
            matches!(unit, Unit::Number | Unit::Count)
        }
        _ => false,
    };
    metric.parameters.iter().map(|p| p.role).find(fits)
}

fn guarantee(text: &str) -> Option<Guarantee> {
    let name = text.replace('-', "_");
    Guarantee::ALL.into_iter().find(|guarantee| guarantee.name() == name)
}

fn reason(text: &str) -> Option<Reason> {
    let name = text.replace('-', "_");
    Reason::ALL.into_iter().find(|reason| reason.name() == name)
}
