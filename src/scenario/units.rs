//! Quantities as people write them: `250ms`, `400/s`, `2%`, `0.5`.

use std::fmt;

use crate::base::Span;

/// A number with what it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// A plain number or a ratio.
    Number(f64),
    /// Nanoseconds.
    Duration(f64),
    /// Per second.
    Rate(f64),
}

/// Units of time and their nanoseconds.
pub const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("\u{b5}s", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("min", 60e9),
    ("h", 3600e9),
];

/// What may be written, for help texts.
pub const EXAMPLES: &str =
    "durations \"250ms\" (ns, us, ms, s, m, h), rates \"400/s\", ratios \"2%\"";

impl Quantity {
    /// What it counts, with an article.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Duration(_) => "a duration",
            Self::Rate(_) => "a rate",
        }
    }

    /// The number, whatever it counts.
    pub fn value(self) -> f64 {
        match self {
            Self::Number(value) | Self::Duration(value) | Self::Rate(value) => value,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Number(value) => write!(out, "{value}"),
            Self::Duration(ns) if ns < 0.0 => write!(out, "-{}", Span::from_ns(-ns)),
            Self::Duration(ns) => write!(out, "{}", Span::from_ns(ns)),
            Self::Rate(per_s) => write!(out, "{per_s}/s"),
        }
    }
}

/// The nanoseconds of a unit of time.
pub fn unit_ns(unit: &str) -> Option<f64> {
    UNITS.iter().find(|(name, _)| *name == unit).map(|&(_, ns)| ns)
}

/// Reads a quantity; the reason if it is none.
pub fn quantity(text: &str) -> Result<Quantity, String> {
    let text = text.trim();
    let digits = digits(text);
    let (number, unit) = (&text[..digits], text[digits..].trim());
    let number: f64 = number
        .replace('_', "")
        .parse()
        .map_err(|_| format!("{text:?} does not begin with a number"))?;
    if unit.is_empty() {
        return Ok(Quantity::Number(number));
    }
    if unit == "%" {
        return Ok(Quantity::Number(number / 100.0));
    }
    if let Some(per) = unit.strip_prefix('/') {
        let ns =
            unit_ns(per.trim()).ok_or_else(|| format!("`{}` is no unit of time", per.trim()))?;
        return Ok(Quantity::Rate(number * (1e9 / ns)));
    }
    let ns = unit_ns(unit).ok_or_else(|| format!("`{unit}` is no unit"))?;
    Ok(Quantity::Duration(number * ns))
}

/// How many bytes at the start of a text make up a number.
pub fn digits(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    while let Some(byte) = bytes.get(at) {
        let exponent = matches!(byte, b'e' | b'E')
            && at > 0
            && matches!(bytes.get(at + 1), Some(b'0'..=b'9' | b'+' | b'-'))
            && bytes[at - 1].is_ascii_digit();
        if exponent {
            at += 2;
        } else if matches!(byte, b'0'..=b'9' | b'.' | b'_') {
            at += 1;
        } else {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quantities() {
        let cases = [
            ("250ms", Quantity::Duration(250e6)),
            ("2 s", Quantity::Duration(2e9)),
            ("1m", Quantity::Duration(60e9)),
            ("200us", Quantity::Duration(200e3)),
            ("10ns", Quantity::Duration(10.0)),
            ("1_000/s", Quantity::Rate(1000.0)),
            ("10/ms", Quantity::Rate(10_000.0)),
            ("60/m", Quantity::Rate(1.0)),
            ("2%", Quantity::Number(0.02)),
            ("-1.5e3", Quantity::Number(-1500.0)),
        ];
        for (text, expected) in cases {
            assert_eq!(quantity(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn says_why_not() {
        let cases = [
            ("", "\"\" does not begin with a number"),
            ("fast", "\"fast\" does not begin with a number"),
            ("10 parsecs", "`parsecs` is no unit"),
            ("10/fortnight", "`fortnight` is no unit of time"),
            ("10/", "`` is no unit of time"),
        ];
        for (text, expected) in cases {
            assert_eq!(quantity(text), Err(expected.to_owned()), "{text}");
        }
    }
}
