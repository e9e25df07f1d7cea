//! Why something is so, in a sentence: rules over what happened, a line of the table each. Where no rule
//! fits it says `see the lanes`, never a guess.

mod answers;
mod ends;

use super::telling::names::{Names, reason};
use super::telling::{Deed, Effect, Telling};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::model::Model;
use crate::probes::anomalies::Kind;
use crate::probes::{OpId, Reason, Verdict};
use crate::scenario::tree::NodeIx;

/// What is said where no rule fits.
pub const UNKNOWN: &str = "See the lanes: no rule names the cause of it.";

/// What a rule explains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A judgement that follows from the operation's own facts.
    End(Kind),
    /// A judgement that others have to have made: about what was read.
    Read(Kind),
    /// It failed.
    Failed,
    /// It was refused.
    Refused,
    /// It was done, and took so long.
    Took,
}

/// A rule: a sentence, if it fits.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What it explains.
    pub about: About,
    /// Its mechanism.
    pub name: &'static str,
    says: fn(&Case<'_>) -> Option<String>,
}

const fn rule(about: About, name: &'static str, says: fn(&Case<'_>) -> Option<String>) -> Rule {
    Rule { about, name, says }
}

/// All rules; the first that fits is taken, so the gravest stand first.
pub const RULES: &[Rule] = &[
    rule(About::End(Kind::HalfDone), "memory", ends::half_done_memory),
    rule(About::End(Kind::HalfDone), "gap", ends::half_done_gap),
    rule(About::End(Kind::HalfDone), "dead letter", ends::half_done_dead_letter),
    rule(About::End(Kind::HalfDone), "taken back in part", ends::half_done_undone),
    rule(About::End(Kind::HalfDone), "given up", ends::half_done_given_up),
    rule(About::End(Kind::Duplicated), "delivered again", ends::duplicated_by_delivery),
    rule(About::End(Kind::Duplicated), "tried again", ends::duplicated_by_retry),
    rule(About::End(Kind::Lost), "promise", ends::lost),
    rule(About::End(Kind::Retracted), "no", ends::retracted_by_no),
    rule(About::End(Kind::Retracted), "given up", ends::retracted_given_up),
    rule(About::End(Kind::Unannounced), "answer", ends::unannounced),
    rule(About::Read(Kind::ReadYourWrites), "behind", answers::own_write_unseen),
    rule(About::Read(Kind::ReadYourWrites), "not done yet", answers::own_write_undone),
    rule(About::Read(Kind::StaleRead), "behind", answers::stale),
    rule(About::Read(Kind::MonotonicReads), "behind", answers::went_back),
    rule(About::Read(Kind::Dangling), "not there", answers::dangling),
    rule(About::Failed, "attempt", answers::failed),
    rule(About::Refused, "no", answers::refused),
    rule(About::Refused, "turned away", answers::turned_away),
    rule(About::Took, "largest term", answers::took),
];

/// Why it ended as it did.
pub fn of(telling: &Telling, model: &Model) -> String {
    first(telling, model, |about| !matches!(about, About::Read(_)))
}

/// Why it was judged so.
pub fn judged(telling: &Telling, model: &Model, kind: Kind) -> String {
    first(telling, model, |about| about == About::End(kind) || about == About::Read(kind))
}

fn first(telling: &Telling, model: &Model, fits: impl Fn(About) -> bool) -> String {
    let op = telling.op.unwrap_or(OpId::NONE);
    let case = Case { telling, names: Names { model, op } };
    let mut rules = RULES.iter().filter(|rule| fits(rule.about));
    rules.find_map(|rule| (rule.says)(&case)).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// An operation, looked at by a rule.
struct Case<'a> {
    telling: &'a Telling,
    names: Names<'a>,
}

/// A loss of somebody's memory.
struct Crash<'a> {
    at: InstanceId,
    by: &'a str,
}

impl<'a> Case<'a> {
    fn owed(&self) -> impl Iterator<Item = &'a Effect> + use<'a> {
        self.telling.effects.iter().filter(|effect| !effect.is_best_effort)
    }

    fn kept(&self) -> Vec<&'a str> {
        self.owed().filter(|effect| effect.is_there()).map(|it| it.name.as_str()).collect()
    }

    fn missing(&self) -> Vec<&'a Effect> {
        self.owed().filter(|effect| !effect.is_there()).collect()
    }

    fn is_half_done(&self) -> bool {
        !self.kept().is_empty() && !self.missing().is_empty()
    }

    fn any(&self, is_it: impl Fn(&Deed) -> bool) -> bool {
        self.telling.steps.iter().any(|step| is_it(&step.what))
    }

    /// The last loss for one of these reasons.
    fn loss(&self, of: &[Reason]) -> Option<(InstanceId, Reason)> {
        self.telling.steps.iter().rev().find_map(|step| match step.what {
            Deed::Lost(at, why) if of.contains(&why) => Some((at, why)),
            _ => None,
        })
    }

    /// The crash in which this node lost what it had in hand of the operation.
    fn crash(&self, node: NodeIx) -> Option<Crash<'a>> {
        self.telling.spans.iter().find_map(|span| {
            let is_here = span.is_lost && self.names.model.node_of(span.at) == node;
            self.telling.steps.iter().filter(|_| is_here).find_map(|step| match &step.what {
                Deed::Down { all, by } if Some(step.time) == span.to && all.contains(&span.at) => {
                    Some(Crash { at: span.at, by })
                }
                _ => None,
            })
        })
    }

    fn home(&self) -> Option<NodeIx> {
        let flow = usize::from(self.telling.flow?.0);
        Some(self.names.model.scenario.flows[flow].home)
    }

    /// The last attempt that was given up, of services rather than of the customer.
    fn given_up(&self) -> Option<(Time, InstanceId, NodeIx, Reason)> {
        let customer = self.telling.spans.first().map(|span| span.at);
        let all = self.telling.steps.iter().filter_map(|step| match step.what {
            Deed::GaveUp { at, to, why } => Some((step.time, at, to, why)),
            _ => None,
        });
        let mut backward = all.rev();
        let inside = backward.clone().find(|(_, at, ..)| Some(*at) != customer);
        inside.or_else(|| backward.next())
    }

    /// The reason of an attempt, with the fault behind it.
    fn because(&self, time: Time, from: InstanceId, to: NodeIx, why: Reason) -> String {
        let model = self.names.model;
        let mut victims = model.nodes[usize::from(to.0)].instances();
        let down = victims.find_map(|at| self.names.downed_by(at, time));
        let cut = || self.names.cut_by(model.node_of(from), to, time);
        match down.or_else(cut) {
            Some(fault) => format!("{} ({fault})", reason(why)),
            None => reason(why),
        }
    }

    fn told(&self) -> Option<(Time, Verdict)> {
        self.telling.told
    }
}

fn names_of(effects: &[&Effect]) -> String {
    list(&effects.iter().map(|effect| effect.name.as_str()).collect::<Vec<_>>())
}

/// `order, stock and payment`
fn list(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// A verb for one or for several.
fn verb<'a, T>(of: &[T], one: &'a str, several: &'a str) -> &'a str {
    if of.len() == 1 { one } else { several }
}

/// `order stays`, `order and stock stay`
fn stay(names: &[&str]) -> String {
    format!("{} {}", list(names), verb(names, "stays", "stay"))
}

#[cfg(test)]
mod tests;
