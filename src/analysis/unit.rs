//! What a figure is counted in, which units go together, and how a value is written for people.
//! Knows nothing of figures, names or outcomes.

use serde::Serialize;

/// What a figure is counted in. Inside the analysis times are nanoseconds, rates are per second
/// and ratios are fractions of 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A length of time.
    Time,
    /// A share of a whole.
    Ratio,
    /// So many of something.
    Count,
    /// So many per second.
    Rate,
    /// A plain number: goes with counts and with ratios.
    Number,
}

/// Arithmetic between two figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

const NS_PER_S: f64 = 1e9;

impl Unit {
    /// With its article, for messages.
    pub fn article(self) -> &'static str {
        match self {
            Self::Time => "a time",
            Self::Ratio => "a ratio",
            Self::Count => "a count",
            Self::Rate => "a rate",
            Self::Number => "a number",
        }
    }

    /// How to write a literal of this unit.
    pub fn example(self) -> &'static str {
        match self {
            Self::Time => "write a time with its unit, such as `250ms`",
            Self::Ratio => "write a ratio such as `1%` or `0.01`",
            Self::Count => "write a plain number such as `3`",
            Self::Rate => "write a rate such as `400/s`",
            Self::Number => "write a plain number such as `1.5`",
        }
    }

    /// The unit of two things that are compared, added or subtracted; `None` if they do not go
    /// together.
    pub fn common(self, other: Self) -> Option<Self> {
        match (self, other) {
            (a, b) if a == b => Some(a),
            (Self::Number, Self::Count | Self::Ratio) => Some(other),
            (Self::Count | Self::Ratio, Self::Number) => Some(self),
            _ => None,
        }
    }

    /// The unit of `self operator other`, with the factor that brings the raw result into it;
    /// `None` if it makes no sense.
    pub fn combine(self, operator: Operator, other: Self) -> Option<(Self, f64)> {
        use Unit::{Count, Number, Rate, Ratio, Time};
        let unit = match (operator, self, other) {
            (Operator::Add | Operator::Subtract, a, b) => {
                return a.common(b).map(|unit| (unit, 1.0));
            }
            (Operator::Multiply, Rate, Time) | (Operator::Multiply, Time, Rate) => {
                return Some((Number, 1.0 / NS_PER_S));
            }
            (Operator::Multiply, Time | Rate, Time | Rate) => return None,
            (Operator::Multiply, a @ (Time | Rate), _) => a,
            (Operator::Multiply, _, b @ (Time | Rate)) => b,
            (Operator::Multiply, Count, Count) => Number,
            (Operator::Multiply, Count, _) | (Operator::Multiply, _, Count) => Count,
            (Operator::Multiply, Ratio, Ratio) => Ratio,
            (Operator::Multiply, _, _) => Number,
            (Operator::Divide, a, b) if a == b => Number,
            (Operator::Divide, Time, Rate) | (Operator::Divide, Rate, Time) => return None,
            (Operator::Divide, Count | Number | Ratio, Time) => return Some((Rate, NS_PER_S)),
            (Operator::Divide, Count | Number | Ratio, Rate) => return Some((Time, NS_PER_S)),
            (Operator::Divide, a @ (Time | Rate), _) => a,
            (Operator::Divide, Count, _) => Count,
            (Operator::Divide, Ratio, Number) => Ratio,
            (Operator::Divide, _, _) => Number,
        };
        Some((unit, 1.0))
    }

    /// The value as results present it: times in milliseconds, all else as it is.
    pub fn present(self, value: f64) -> f64 {
        if self == Self::Time { value / 1e6 } else { value }
    }

    /// A difference as people read it, `143ms ± 37ms`: the half width to two digits, the mean to
    /// the same decimal place. Differences of ratios are points, not per cent.
    pub fn show_difference(self, mean: f64, half_width: f64) -> String {
        if self == Self::Ratio {
            return Self::Number.show_difference(mean * 100.0, half_width * 100.0) + " points";
        }
        // Sums of equal differences are equal but for their last bits.
        if half_width.abs() <= mean.abs() * 1e-12 {
            return format!("{} ± {}", self.show(mean), self.show(0.0));
        }
        let (scale, unit) = match self {
            Self::Time => time_scale(mean),
            Self::Rate => (1.0, "/s"),
            _ => (1.0, ""),
        };
        let (mean, half_width) = (mean / scale, half_width / scale);
        let (mut places, mut digits) = (0, half_width.abs());
        while digits < 10.0 && places < 12 {
            (places, digits) = (places + 1, digits * 10.0);
        }
        format!("{mean:.places$}{unit} ± {half_width:.places$}{unit}")
    }

    /// The value as people read it: `118.4ms`, `0.73%`, `9.5/s`, `3`.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Time => show_time(value),
            Self::Ratio => format!("{}%", digits(value * 100.0)),
            Self::Rate => format!("{}/s", digits(value)),
            Self::Count | Self::Number => digits(value),
        }
    }
}

/// Nanoseconds in the largest unit that gives at least one.
fn show_time(ns: f64) -> String {
    let (scale, unit) = time_scale(ns);
    format!("{}{unit}", digits(ns / scale))
}

/// The largest unit that gives at least one.
fn time_scale(ns: f64) -> (f64, &'static str) {
    match ns.abs() {
        size if size >= 1e9 => (1e9, "s"),
        size if size >= 1e6 => (1e6, "ms"),
        size if size >= 1e3 => (1e3, "us"),
        0.0 => (1.0, "ms"),
        _ => (1.0, "ns"),
    }
}

/// Four significant digits, and no zeros after the last that matters; whole numbers in full.
fn digits(value: f64) -> String {
    let size = value.abs();
    let places = match size {
        size if size >= 1000.0 || size == 0.0 => 0,
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 1.0 => 3,
        size if size >= 0.1 => 4,
        size if size >= 0.01 => 5,
        _ => 7,
    };
    let text = format!("{value:.places$}");
    if !text.contains('.') {
        return text;
    }
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_people_read_them() {
        let cases = [
            (Unit::Time, 118_400_000.0, "118.4ms"),
            (Unit::Time, 2_000_000_000.0, "2s"),
            (Unit::Time, 1_500.0, "1.5us"),
            (Unit::Time, 0.0, "0ms"),
            (Unit::Time, -30_250_000.0, "-30.25ms"),
            (Unit::Ratio, 0.0073, "0.73%"),
            (Unit::Ratio, 1.0, "100%"),
            (Unit::Rate, 9.5, "9.5/s"),
            (Unit::Count, 123_456.0, "123456"),
            (Unit::Number, 1.0 / 3.0, "0.3333"),
            (Unit::Number, 12.345_67, "12.35"),
        ];
        for (unit, value, expected) in cases {
            assert_eq!(unit.show(value), expected);
        }
        assert_eq!(Unit::Time.present(2_500_000.0), 2.5);
        assert_eq!(Unit::Ratio.present(0.5), 0.5);
    }

    #[test]
    fn a_difference_is_as_exact_as_its_interval() {
        let cases = [
            (Unit::Time, 143_312_000.0, 37_470_000.0, "143ms ± 37ms"),
            (Unit::Time, 2_000_000.0, 0.0, "2ms ± 0ms"),
            (Unit::Time, 1_057_000_000.0, 49_600_000.0, "1.057s ± 0.050s"),
            (Unit::Ratio, 0.053_61, 0.001_823, "5.36 ± 0.18 points"),
            (Unit::Number, 6.381, 0.004_438_7, "6.3810 ± 0.0044"),
            (Unit::Count, 1714.4, 102.4, "1714 ± 102"),
            (Unit::Rate, 19.7, 1.24, "19.7/s ± 1.2/s"),
        ];
        for (unit, mean, half_width, expected) in cases {
            assert_eq!(unit.show_difference(mean, half_width), expected);
        }
    }

    #[test]
    fn units_that_go_together() {
        use Operator::{Add, Divide, Multiply, Subtract};
        use Unit::{Count, Number, Rate, Ratio, Time};
        let accepted = [
            (Time, Subtract, Time, (Time, 1.0)),
            (Time, Divide, Time, (Number, 1.0)),
            (Count, Divide, Count, (Number, 1.0)),
            (Number, Multiply, Time, (Time, 1.0)),
            (Count, Add, Number, (Count, 1.0)),
            (Ratio, Multiply, Count, (Count, 1.0)),
            (Rate, Multiply, Time, (Number, 1e-9)),
            (Count, Divide, Time, (Rate, 1e9)),
            (Count, Divide, Rate, (Time, 1e9)),
        ];
        for (left, operator, right, expected) in accepted {
            assert_eq!(
                left.combine(operator, right),
                Some(expected),
                "{left:?} {operator:?} {right:?}"
            );
        }
        let rejected = [
            (Time, Add, Count),
            (Time, Add, Number),
            (Count, Add, Ratio),
            (Rate, Subtract, Number),
            (Time, Multiply, Time),
            (Time, Divide, Rate),
        ];
        for (left, operator, right) in rejected {
            assert_eq!(left.combine(operator, right), None, "{left:?} {operator:?} {right:?}");
        }
    }
}
