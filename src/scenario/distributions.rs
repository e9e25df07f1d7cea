//! Distributions of durations, by name.

use super::codes::Code;
use super::reader::{Fields, Reader};
use super::source::Extent;
use super::syntax::{Kind, Value};
use crate::base::{Between, Dist};

/// The distributions that may stand wherever a duration is drawn.
pub(super) const NAMES: &[&str] = &[
    "Const",
    "Uniform",
    "Exp",
    "Normal",
    "LogNormal",
    "Erlang",
    "HyperExp",
    "Pareto",
    "Empirical",
    "Mix",
    "Sum",
    "Between",
];

/// The 99% quantile of the standard normal distribution.
const Z99: f64 = 2.326_347_874_040_840_8;

impl<'a> Reader<'a> {
    /// A distribution of durations; a bare duration is constant.
    pub(super) fn dist(&mut self, value: &'a Value) -> Option<Dist> {
        let value = self.follow(value)?;
        let Some(word) = value.word() else {
            if matches!(value.kind, Kind::Text { .. } | Kind::Number { .. }) {
                return self
                    .nanoseconds(value, "a duration or distribution")
                    .map(|(ns, _)| Dist::Const(ns));
            }
            self.wrong_shape(value, "a duration or distribution");
            return None;
        };
        match word {
            "Const" => self
                .fields(value, "Const", 1, &["value"])
                .and_then(|f| self.ns(&f, "value").map(Dist::Const)),
            "Exp" => self
                .fields(value, "Exp", 1, &["mean"])
                .and_then(|f| self.ns(&f, "mean").map(Dist::Exp)),
            "Uniform" => self.uniform(value),
            "Normal" => {
                let fields = self.fields(value, "Normal", 2, &["mean", "sd"])?;
                let (mean, sd) = (self.ns(&fields, "mean"), self.ns(&fields, "sd"));
                Some(Dist::Normal(mean?, sd?))
            }
            "LogNormal" => self.log_normal(value),
            "Erlang" => {
                let fields = self.fields(value, "Erlang", 2, &["shape", "mean"])?;
                let shape =
                    self.must(&fields, "shape", |reader, value| reader.count(value, 1..=1000));
                let mean = self.ns(&fields, "mean");
                Some(Dist::Erlang { shape: shape?, mean: mean? })
            }
            "HyperExp" => {
                let branches = self.branches(value, "HyperExp", |reader, value| {
                    reader.nanoseconds(value, "a mean duration").map(|(ns, _)| ns)
                });
                branches.map(Dist::HyperExp)
            }
            "Pareto" => {
                let fields = self.fields(value, "Pareto", 2, &["min", "alpha"])?;
                let (min, alpha) =
                    (self.ns(&fields, "min"), self.must(&fields, "alpha", Self::positive));
                Some(Dist::Pareto { min: min?, alpha: alpha? })
            }
            "Empirical" => self.empirical(value),
            "Mix" => self.branches(value, "Mix", Self::dist).map(Dist::Mix),
            "Sum" => {
                let fields = self.fields(value, "Sum", 1, &["parts"])?;
                let parts = self.must(&fields, "parts", |reader, value| {
                    reader.list(value, "distributions", false)
                })?;
                let read: Vec<Option<Dist>> = parts.iter().map(|part| self.dist(part)).collect();
                if read.is_empty() {
                    self.contradiction(fields.head, "there is nothing to add up");
                    return None;
                }
                read.into_iter().collect::<Option<_>>().map(Dist::Sum)
            }
            "Between" => self.between(value),
            _ => {
                self.unknown_word(value, "a distribution", NAMES);
                None
            }
        }
    }

    fn ns(&mut self, fields: &Fields<'a>, name: &'static str) -> Option<f64> {
        self.must(fields, name, |reader, value| {
            reader.nanoseconds(value, "a duration").map(|(ns, _)| ns)
        })
    }

    fn uniform(&mut self, value: &'a Value) -> Option<Dist> {
        let fields = self.fields(value, "Uniform", 2, &["low", "high"])?;
        let (low, high) = (self.ns(&fields, "low"), self.ns(&fields, "high"));
        let (low, high) = (low?, high?);
        if low > high {
            self.contradiction(fields.head, "`low` is above `high`");
            return None;
        }
        Some(Dist::Uniform(low, high))
    }

    fn log_normal(&mut self, value: &'a Value) -> Option<Dist> {
        let fields = self.fields(value, "LogNormal", 0, &["median", "p99", "mean", "cv"])?;
        let given = |name: &str| fields.get(name).is_some();
        if given("median") && given("p99") && !given("mean") && !given("cv") {
            let (median, p99) = (self.ns(&fields, "median"), self.ns(&fields, "p99"));
            let (median, p99) = (median?, p99?);
            if median <= 0.0 || p99 < median {
                self.contradiction(fields.head, "`median` must be above 0 and `p99` not below it");
                return None;
            }
            return Some(Dist::LogNormal {
                mu: libm::log(median),
                sigma: libm::log(p99 / median) / Z99,
            });
        }
        if given("mean") && given("cv") && !given("median") && !given("p99") {
            let mean = self.ns(&fields, "mean");
            let cv = self.must(&fields, "cv", |reader, value| {
                reader.number(value, "a coefficient of variation")
            });
            let (mean, (cv, at)) = (mean?, cv?);
            if mean <= 0.0 || !(0.0..=1e3).contains(&cv) {
                self.contradiction(at, "`mean` must be above 0 and `cv` between 0 and 1000");
                return None;
            }
            let variance = libm::log1p(cv * cv);
            return Some(Dist::LogNormal {
                mu: libm::log(mean) - variance / 2.0,
                sigma: libm::sqrt(variance),
            });
        }
        self.wrong(
            Code::MissingField,
            fields.head,
            "a log-normal distribution needs `median` and `p99`, or `mean` and `cv`",
        )
        .help("LogNormal(median: \"2ms\", p99: \"15ms\") or LogNormal(mean: \"2ms\", cv: 1.5)");
        None
    }

    fn empirical(&mut self, value: &'a Value) -> Option<Dist> {
        let fields = self.fields(value, "Empirical", 1, &["values"])?;
        let items =
            self.must(&fields, "values", |reader, value| reader.list(value, "durations", false))?;
        let values: Vec<Option<f64>> = items
            .iter()
            .map(|item| self.nanoseconds(item, "a duration").map(|(ns, _)| ns))
            .collect();
        if values.is_empty() {
            self.contradiction(fields.head, "an empirical distribution needs at least one value");
            return None;
        }
        values.into_iter().collect::<Option<_>>().map(Dist::Empirical)
    }

    fn between(&mut self, value: &'a Value) -> Option<Dist> {
        let fields = self.fields(value, "Between", 3, &["of", "low", "high"])?;
        let of = self.must(&fields, "of", Self::dist);
        let mut bound = |name| match fields.get(name) {
            Some(_) => self.ns(&fields, name).map(Some),
            None => Some(None),
        };
        let (low, high) = (bound("low"), bound("high"));
        let (of, low, high) = (of?, low?, high?);
        let more_words = match of {
            Dist::Erlang { .. } => Some("Erlang"),
            Dist::HyperExp(_) => Some("HyperExp"),
            Dist::Mix(_) => Some("Mix"),
            Dist::Sum(_) => Some("Sum"),
            Dist::Empirical(_) => Some("Empirical"),
            _ => None,
        };
        if let Some(kind) = more_words {
            let message = format!("`Between` does not cut draws of `{kind}`");
            self.wrong(Code::BadDistribution, fields.head, &message)
                .help("cut the parts that it is made of: `Mix([(0.9, Between(...)), ...])`");
            return None;
        }
        let cut = Between::new(of, low.unwrap_or(0.0), high.unwrap_or(f64::INFINITY));
        if cut.is_none() {
            self.contradiction(fields.head, "no draw lies between `low` and `high`");
        }
        cut.map(|cut| Dist::Between(Box::new(cut)))
    }

    /// `[(probability, branch), ...]`, summing to 1.
    fn branches<T>(
        &mut self,
        value: &'a Value,
        what: &'static str,
        branch: impl Fn(&mut Self, &'a Value) -> Option<T>,
    ) -> Option<Vec<(f64, T)>> {
        let fields = self.fields(value, what, 1, &["branches"])?;
        let items =
            self.must(&fields, "branches", |reader, value| reader.list(value, "branches", false))?;
        let read: Vec<Option<(f64, T)>> = items
            .iter()
            .map(|item| {
                let pair = self.fields(item, "a branch", 2, &["probability", "value"])?;
                let probability = self.must(&pair, "probability", Self::ratio);
                let value = self.must(&pair, "value", &branch);
                Some((probability?, value?))
            })
            .collect();
        let read: Vec<(f64, T)> = read.into_iter().collect::<Option<_>>()?;
        let total: f64 = read.iter().map(|(probability, _)| probability).sum();
        if read.is_empty() {
            self.contradiction(fields.head, "there are no branches");
            return None;
        }
        if (total - 1.0).abs() > 1e-9 {
            self.contradiction(
                fields.head,
                &format!("the probabilities of the branches add up to {total}, not to 1"),
            );
            return None;
        }
        Some(read)
    }

    fn contradiction(&mut self, at: Extent, message: &str) {
        self.wrong(Code::BadDistribution, at, message);
    }
}
