//! The figures that Compare and Time show: of a stretch of time, and, judged by the truth, since the
//! warm-up. Names, what is better, and how each is read; where it stands on the screen is not here.

use super::columns::{Column, Writing};
use super::snapshot::Known;
use super::words;
use crate::base::{Span, Time};
use crate::probes::anomalies::Kind;
use crate::probes::flows::End;
use crate::probes::{Outcome, Sketch};
use crate::scenario::tree::Scenario;

/// Which of two values is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The larger.
    More,
    /// The smaller.
    Less,
    /// Neither.
    Neither,
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// So many a second.
    Rate,
    /// So many at its end.
    Level,
    /// A length of time, in milliseconds.
    Millis,
}

/// A figure of a stretch of time.
#[derive(Debug)]
pub struct Figure {
    /// With its unit: `done /s`.
    pub name: &'static str,
    /// Without it, for a lane: `done`.
    pub lane: &'static str,
    /// What is better.
    pub better: Better,
    /// What it is counted in.
    pub unit: Unit,
    of: fn(&Column) -> Option<u64>,
}

const fn figure(
    name: &'static str,
    lane: &'static str,
    better: Better,
    unit: Unit,
    of: fn(&Column) -> Option<u64>,
) -> Figure {
    Figure { name, lane, better, unit, of }
}

use Better::{Less, More, Neither};
use Unit::{Level, Millis, Rate};

/// What services know of themselves.
pub const TRAFFIC: &[Figure] = &[
    figure("sent /s", "sent", Neither, Rate, |it| Some(it.all.sent.into())),
    figure("done /s", "done", More, Rate, |it| Some(it.all.done.into())),
    figure("failed /s", "failed", Less, Rate, |it| Some(it.all.failed.into())),
    figure("refused /s", "refused", Neither, Rate, |it| Some(it.all.refused.into())),
    figure("p50 ms", "p50 ms", Less, Millis, |it| it.p50.map(|it| it.0)),
    figure("p99 ms", "p99 ms", Less, Millis, |it| it.p99.map(|it| it.0)),
    figure("open operations", "open", Less, Level, |it| Some(it.all.open.into())),
    figure("messages /s", "messages", Less, Rate, |it| Some(it.messages.into())),
    figure("retries /s", "retries", Less, Rate, |it| Some(it.retries.into())),
];

impl Figure {
    /// The one of this name, whether services know it or the truth does.
    pub fn find(name: &str) -> Option<&'static Self> {
        let truth = TRUTH.iter().filter_map(|truth| truth.series.as_ref());
        TRAFFIC.iter().chain(truth).find(|figure| figure.name == name)
    }

    /// Its value, to be compared with other values of it: thousandths of a rate, nanoseconds.
    pub fn value(&self, column: &Column) -> Option<u64> {
        let value = (self.of)(column)?;
        if self.unit != Rate {
            return Some(value);
        }
        let lasts = u128::from(column.lasts.0);
        (lasts > 0).then(|| (u128::from(value) * 1_000_000_000_000 / lasts) as u64)
    }

    /// Such a value in words.
    pub fn words(&self, value: u64) -> String {
        match self.unit {
            Rate if value < 9_995 && !value.is_multiple_of(1_000) => {
                words::three(value as f64 / 1e3)
            }
            Rate => words::count((value + 500) / 1_000),
            Level => words::count(value),
            Millis => words::millis(Span(value)),
        }
    }
}

/// A figure since the warm-up, judged by the truth.
#[derive(Debug)]
pub struct Truth {
    /// Its name.
    pub name: &'static str,
    /// What is better.
    pub better: Better,
    /// The same over time, where there is such a thing.
    pub series: Option<Figure>,
    of: fn(&Totals) -> Option<Value>,
}

/// A value and how it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// To be compared.
    pub rank: f64,
    /// To be read.
    pub text: String,
}

impl Value {
    fn count(count: u64) -> Self {
        Self { rank: count as f64, text: words::count(count) }
    }

    /// A time that does not end.
    fn never() -> Self {
        Self { rank: f64::INFINITY, text: "never".to_owned() }
    }

    fn percent(part: u64, whole: u64) -> Option<Self> {
        let rank = part as f64 / whole as f64;
        (whole > 0).then(|| Self { rank, text: words::percent(part, whole) })
    }
}

const fn truth(
    name: &'static str,
    better: Better,
    of: fn(&Totals) -> Option<Value>,
    series: fn(&Column) -> Option<u64>,
) -> Truth {
    let series = figure(name, name, better, Rate, series);
    Truth { name, better, series: Some(series), of }
}

/// What only the truth knows.
pub const TRUTH: &[Truth] = &[
    Truth {
        name: "available %",
        better: More,
        series: None,
        of: |it| it.available.and_then(|(part, whole)| Value::percent(part, whole)),
    },
    truth(
        "kept",
        More,
        |it| Some(Value::count(it.kept)),
        |it| Some(it.writes.end(End::Kept).into()),
    ),
    truth(
        "retracted",
        Less,
        |it| Some(Value::count(it.retracted)),
        |it| Some(it.writes.end(End::Retracted).into()),
    ),
    truth(
        "half done",
        Less,
        |it| Some(Value::count(it.half_done)),
        |it| Some(it.writes.end(End::HalfDone).into()),
    ),
    truth("effects lost", Less, |it| Some(Value::count(it.lost)), |it| Some(it.all.lost.into())),
    truth(
        "effects twice",
        Less,
        |it| Some(Value::count(it.twice)),
        |it| Some(it.all.anomaly(Kind::Duplicated).into()),
    ),
    truth(
        "stale reads %",
        Less,
        |it| Value::percent(it.stale, it.reads),
        |it| Some(it.all.anomaly(Kind::StaleRead).into()),
    ),
    truth(
        "read-your-writes",
        Less,
        |it| Some(Value::count(it.read_your_writes)),
        |it| Some(it.all.anomaly(Kind::ReadYourWrites).into()),
    ),
    Truth {
        name: "converged p99 ms",
        better: Less,
        series: None,
        of: |it| match it.converged {
            Some(span) => Some(Value { rank: span.0 as f64, text: words::millis(span) }),
            None => (it.unconverged > 0).then(Value::never),
        },
    },
];

impl Truth {
    /// Its value.
    pub fn value(&self, totals: &Totals) -> Option<Value> {
        (self.of)(totals)
    }
}

/// What the truth says since the warm-up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Kept or rightly refused, of those offered: of flows that change something.
    pub available: Option<(u64, u64)>,
    /// Told done, and all of it is there; of flows that change something.
    pub kept: u64,
    /// Told done, and none of it is left.
    pub retracted: u64,
    /// Some of it is there.
    pub half_done: u64,
    /// Effects lost.
    pub lost: u64,
    /// Effects applied more than once.
    pub twice: u64,
    /// Reads of old versions.
    pub stale: u64,
    /// Reads.
    pub reads: u64,
    /// Own effects not seen.
    pub read_your_writes: u64,
    /// Until the last effect or copy was there: the 99th percentile.
    pub converged: Option<Span>,
    /// Where one of these was never there.
    pub unconverged: u64,
}

impl Totals {
    /// At the cursor: exactly if that is known, else as far as history has counted it.
    pub fn at(known: &Known, now: Time) -> Self {
        match &known.so_far {
            Some(outcome) => Self::exact(outcome, &known.model.scenario),
            None => Self::counted(known, now),
        }
    }

    /// Of an outcome.
    pub fn exact(outcome: &Outcome, scenario: &Scenario) -> Self {
        let writing = Writing::of(scenario);
        let mut totals = Self::default();
        let (mut available, mut offered) = (0, 0);
        let mut converged = Sketch::default();
        for (ix, flow) in outcome.flows.values().enumerate() {
            totals.lost += flow.effects.lost;
            totals.twice += flow.effects.duplicated;
            totals.stale += flow.reads.stale;
            totals.reads += flow.reads.reads;
            totals.read_your_writes += flow.violations.read_your_writes;
            if writing.has(ix) {
                available += flow.ends.kept + flow.refused.saturating_sub(flow.wrongly_refused);
                offered += flow.offered;
                totals.kept += flow.ends.kept;
                totals.retracted += flow.ends.retracted;
                totals.half_done += flow.ends.half_done;
                converged.merge(&flow.convergence);
                totals.unconverged += flow.unconverged;
            }
        }
        totals.available = Some((available, offered));
        totals.converged = converged.quantile(0.99);
        totals
    }

    /// Of a history, up to an instant: what cannot be counted there is not known.
    fn counted(known: &Known, now: Time) -> Self {
        let column = super::columns::sums_to(known, now);
        Self {
            available: None,
            kept: column.writes.end(End::Kept).into(),
            retracted: column.writes.end(End::Retracted).into(),
            half_done: column.writes.end(End::HalfDone).into(),
            lost: column.all.lost.into(),
            twice: column.all.anomaly(Kind::Duplicated).into(),
            stale: column.all.anomaly(Kind::StaleRead).into(),
            reads: column.all.reads.into(),
            read_your_writes: column.all.anomaly(Kind::ReadYourWrites).into(),
            converged: None,
            unconverged: 0,
        }
    }
}

/// Where a value stands among those of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The best, alone or with others.
    Best,
    /// The worst.
    Worst,
    /// Neither, or all are equal.
    Between,
}

/// Who stands where. Values that read the same are the same.
pub fn standings(better: Better, row: &[Option<Value>]) -> Vec<Standing> {
    let known = || row.iter().flatten();
    let least = known().min_by(|one, other| one.rank.total_cmp(&other.rank));
    let most = known().max_by(|one, other| one.rank.total_cmp(&other.rank));
    let (best, worst) = match better {
        Neither => return vec![Standing::Between; row.len()],
        More => (most, least),
        Less => (least, most),
    };
    let (Some(best), Some(worst)) = (best, worst) else {
        return vec![Standing::Between; row.len()];
    };
    let all_equal = best.text == worst.text;
    let standing = |value: &Option<Value>| match value {
        _ if all_equal => Standing::Between,
        Some(value) if value.text == best.text => Standing::Best,
        Some(value) if value.text == worst.text => Standing::Worst,
        _ => Standing::Between,
    };
    row.iter().map(standing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[u64]) -> Vec<Option<Value>> {
        values.iter().map(|value| Some(Value::count(*value))).collect()
    }

    #[test]
    fn the_best_and_the_worst_of_a_row_are_marked_and_equals_are_not() {
        use Standing::{Best, Between, Worst};
        assert_eq!(standings(More, &row(&[571, 636, 943])), [Worst, Between, Best]);
        assert_eq!(standings(Less, &row(&[0, 6, 0])), [Best, Worst, Best]);
        assert_eq!(standings(Less, &row(&[4, 4, 4])), [Between; 3]);
        assert_eq!(standings(Neither, &row(&[1, 2])), [Between; 2]);
        let unknown = [None, Some(Value::count(3)), Some(Value::count(1))];
        assert_eq!(standings(Less, &unknown), [Between, Worst, Best]);
    }

    #[test]
    fn what_was_never_there_is_no_time_and_worse_than_any() {
        let converged = TRUTH.iter().find(|it| it.name == "converged p99 ms").unwrap();
        let totals =
            |converged, unconverged| Totals { converged, unconverged, ..Totals::default() };
        let row = [totals(None, 3), totals(Some(Span(7_000_000)), 1), totals(None, 0)];
        let row: Vec<_> = row.iter().map(|it| converged.value(it)).collect();
        let texts: Vec<_> = row.iter().map(|it| it.as_ref().map(|it| it.text.as_str())).collect();
        assert_eq!(texts, [Some("never"), Some("7.00"), None]);
        assert_eq!(standings(Less, &row), [Standing::Worst, Standing::Best, Standing::Between]);
    }

    #[test]
    fn a_rate_is_of_a_second_whatever_was_counted_over() {
        let done = Figure::find("done /s").unwrap();
        let mut column = Column { lasts: Span(200_000_000), ..Column::default() };
        column.all.done = 3;
        assert_eq!(done.value(&column).map(|it| done.words(it)).as_deref(), Some("15"));
        column.lasts = Span(10_000_000_000);
        assert_eq!(done.value(&column).map(|it| done.words(it)).as_deref(), Some("0.30"));
        column.lasts = Span(0);
        assert_eq!(done.value(&column), None);
    }
}
