//! The registry of figures: every name that expectations and measures may use, with its
//! arguments, its unit, its explanation and how it is read from an outcome.
//!
//! The names are regular. A figure of a sample is `<sample>_<statistic>`, the latency's own prefix
//! left out: `p99(place-order)`, `convergence_p99(place-order)`, `staleness_mean`,
//! `wait_p999(orders)`, `over(place-order, 100ms)`. Everything else is named as the JSON names it.
//! An optional flow left out means all flows together. What a figure cannot know is `None`.

use std::sync::LazyLock;

use super::unit::Unit;
use crate::base::Time;
use crate::probes::outcome::{Outcome, Violations};
use crate::probes::{Extra, Reason};

/// A figure that an outcome can be asked for.
#[derive(Debug)]
pub struct Metric {
    /// As expressions spell it.
    pub name: String,
    /// What may or must stand in its parentheses.
    pub parameters: Vec<Parameter>,
    /// What it is counted in.
    pub unit: Unit,
    /// One sentence for people.
    pub about: String,
    /// What it means when the figure cannot be given.
    pub absent: &'static str,
    /// Can it be asked of a stretch of time (`from 20s to 30s`)?
    pub windowed: bool,
    /// The extra instrument that gathers it; `None` where every run does.
    pub needs: Option<Extra>,
    reader: Reader,
}

/// One argument of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// What it names.
    pub role: Role,
    /// Must it be there?
    pub required: bool,
}

/// What an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A flow of the scenario.
    Flow,
    /// A node of the scenario.
    Node,
    /// A fault of the scenario.
    Fault,
    /// A floor (`stock-floor`) or a sum of the scenario.
    Invariant,
    /// A session guarantee.
    Guarantee,
    /// Why an operation failed.
    Reason,
    /// A percentage, 0 to 100.
    Percent,
    /// A length of time.
    Limit,
    /// A number of versions.
    Versions,
    /// A number of things in hand.
    Level,
    /// An instance of a node, counted from 0.
    Instance,
    /// A partition of a log, counted from 0.
    Partition,
}

impl Role {
    /// In messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Node => "node",
            Self::Fault => "fault",
            Self::Invariant => "invariant",
            Self::Guarantee => "guarantee",
            Self::Reason => "reason",
            Self::Percent => "percentage",
            Self::Limit => "time",
            Self::Versions => "versions",
            Self::Level => "number",
            Self::Instance => "instance",
            Self::Partition => "partition",
        }
    }

    /// Does it name something of the scenario (rather than a word or number of the language)?
    pub fn is_open(self) -> bool {
        matches!(self, Self::Flow | Self::Node | Self::Fault | Self::Invariant)
    }
}

/// The session guarantees (docs/semantics.md, rule 34).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// Own effects are seen.
    ReadYourWrites,
    /// Reads do not go back.
    MonotonicReads,
    /// Own writes are applied in order.
    MonotonicWrites,
    /// Writes come after what was read.
    WritesFollowReads,
}

impl Guarantee {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::ReadYourWrites,
        Self::MonotonicReads,
        Self::MonotonicWrites,
        Self::WritesFollowReads,
    ];

    /// As outputs spell it; expressions may use hyphens instead.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadYourWrites => "read_your_writes",
            Self::MonotonicReads => "monotonic_reads",
            Self::MonotonicWrites => "monotonic_writes",
            Self::WritesFollowReads => "writes_follow_reads",
        }
    }

    /// How often it was broken.
    pub fn broken(self, violations: &Violations) -> u64 {
        match self {
            Self::ReadYourWrites => violations.read_your_writes,
            Self::MonotonicReads => violations.monotonic_reads,
            Self::MonotonicWrites => violations.monotonic_writes,
            Self::WritesFollowReads => violations.writes_follow_reads,
        }
    }
}

/// What exactly a figure is asked about: its arguments, resolved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// The flow, node, fault or invariant; `None` is all of them together.
    pub name: Option<String>,
    /// Only this guarantee.
    pub guarantee: Option<Guarantee>,
    /// Only this reason.
    pub reason: Option<Reason>,
    /// For `p(...)`, 0 to 100.
    pub percent: Option<f64>,
    /// For `over(...)`, in nanoseconds.
    pub limit_ns: Option<f64>,
    /// For `behind(...)`.
    pub versions: Option<u64>,
    /// For `in_hand(...)`, from 1 to [`crate::probes::outcome::LEVELS`].
    pub level: Option<usize>,
    /// Only this instance of the node, counted from 0.
    pub instance: Option<usize>,
    /// Only this partition of the log, counted from 0.
    pub partition: Option<u32>,
    /// Only the windows that begin in this stretch.
    pub stretch: Option<(Time, Time)>,
}

impl Subject {
    /// One flow, node, fault or invariant.
    pub fn of(name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..Self::default() }
    }
}

/// How figures are read, by where they come from.
#[derive(Clone, Copy, Debug)]
enum Reader {
    Sample(sample::Source, sample::Statistic),
    Flow(flow::Figure),
    Node(node::Figure),
    Run(run::Figure),
    /// In a way of its own.
    Own(fn(&Outcome, &Subject) -> Option<f64>),
}

impl Metric {
    /// Reads the figure; `None` where nothing was seen that it could be drawn from.
    pub fn read(&self, outcome: &Outcome, subject: &Subject) -> Option<f64> {
        let value = match self.reader {
            Reader::Sample(source, statistic) => sample::read(source, statistic, outcome, subject),
            Reader::Flow(figure) => flow::read(figure, outcome, subject),
            Reader::Node(figure) => node::read(figure, outcome, subject),
            Reader::Run(figure) => run::read(figure, outcome, subject),
            Reader::Own(read) => read(outcome, subject),
        };
        value.filter(|value| value.is_finite())
    }

    /// Its parameters as documentation shows them: `over([flow], time)`.
    pub fn signature(&self) -> String {
        let shown: Vec<String> =
            self.parameters
                .iter()
                .map(|p| {
                    if p.required {
                        p.role.name().to_owned()
                    } else {
                        format!("[{}]", p.role.name())
                    }
                })
                .collect();
        if shown.is_empty() {
            self.name.clone()
        } else {
            format!("{}({})", self.name, shown.join(", "))
        }
    }
}

/// Lists the rooms of figures: a file for each subject, which has a table of figures.
macro_rules! rooms {
    ($($room:ident),+ $(,)?) => {
        $(mod $room;)+

        /// All figures, in the order of the documentation.
        pub fn metrics() -> &'static [Metric] {
            static METRICS: LazyLock<Vec<Metric>> =
                LazyLock::new(|| [$($room::metrics()),+].into_iter().flatten().collect());
            &METRICS
        }
    };
}

rooms! {
    sample,
    flow,
    node,
    run,
}

/// The figure of this name.
pub fn find(name: &str) -> Option<&'static Metric> {
    metrics().iter().find(|metric| metric.name == name)
}

fn required(role: Role) -> Parameter {
    Parameter { role, required: true }
}

fn optional(role: Role) -> Parameter {
    Parameter { role, required: false }
}

/// `part / whole`; `None` of nothing.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::{bare_outcome, full_outcome};

    /// The least that the metric's parameters demand, and everything that they allow.
    fn subjects(metric: &Metric) -> [Subject; 2] {
        [false, true].map(|all| {
            let mut subject = Subject::default();
            for parameter in metric.parameters.iter().filter(|p| all || p.required) {
                match parameter.role {
                    Role::Flow => subject.name = Some("place-order".to_owned()),
                    Role::Node => subject.name = Some("orders".to_owned()),
                    Role::Fault => subject.name = Some("db-crash".to_owned()),
                    Role::Invariant => subject.name = Some("money".to_owned()),
                    Role::Guarantee => subject.guarantee = Some(Guarantee::MonotonicReads),
                    Role::Reason => subject.reason = Some(Reason::Timeout),
                    Role::Percent => subject.percent = Some(99.5),
                    Role::Limit => subject.limit_ns = Some(1e6),
                    Role::Versions => subject.versions = Some(2),
                    Role::Level => subject.level = Some(2),
                    Role::Instance => subject.instance = Some(0),
                    Role::Partition => subject.partition = Some(3),
                }
            }
            subject
        })
    }

    #[test]
    fn every_figure_is_documented_and_named_once() {
        for (at, metric) in metrics().iter().enumerate() {
            assert!(
                metric.about.ends_with('.') && metric.about.len() > 5,
                "{}: {}",
                metric.name,
                metric.about
            );
            assert!(
                metric
                    .name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            );
            assert!(
                metrics()[..at].iter().all(|other| other.name != metric.name),
                "{} twice",
                metric.name
            );
            let open = metric.parameters.iter().filter(|p| p.role.is_open()).count();
            assert!(open <= 1, "{} could not tell its arguments apart", metric.name);
            assert!(!metric.absent.is_empty(), "{}", metric.name);
        }
        assert!(metrics().len() > 80);
    }

    #[test]
    fn every_figure_is_read_from_a_full_outcome() {
        let outcome = full_outcome();
        for metric in metrics() {
            for subject in subjects(metric) {
                let value = metric.read(&outcome, &subject);
                assert!(value.is_some(), "{} of {subject:?}", metric.name);
                let in_range = metric.unit != Unit::Ratio || (0.0..=1.0).contains(&value.unwrap());
                assert!(in_range, "{} is a ratio of {value:?}", metric.name);
            }
        }
    }

    #[test]
    fn every_windowed_figure_reads_windows_and_no_other_does() {
        let outcome = full_outcome();
        for metric in metrics() {
            let [mut subject, _] = subjects(metric);
            subject.stretch = Some((Time(1_000_000_000), Time(3_000_000_000)));
            assert_eq!(
                metric.read(&outcome, &subject).is_some(),
                metric.windowed,
                "{}",
                metric.name
            );
        }
    }

    #[test]
    fn nothing_seen_is_nothing_said() {
        // An outcome without a single operation: figures are absent or zero, never made up.
        let outcome = bare_outcome();
        for metric in metrics() {
            let [subject, _] = subjects(metric);
            let value = metric.read(&outcome, &subject);
            assert!(
                value.is_none_or(|value| value == 0.0),
                "{} is {value:?} of nothing",
                metric.name
            );
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_absent() {
        let outcome = full_outcome();
        for metric in metrics() {
            let [_, mut subject] = subjects(metric);
            if subject.name.is_some() {
                subject.name = Some("nobody".to_owned());
                assert_eq!(metric.read(&outcome, &subject), None, "{}", metric.name);
            }
        }
    }
}
