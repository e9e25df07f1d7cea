//! Knob expressions: `$rate * $scale`, with + - * /, parentheses and units that are kept.

use super::units::{self, Quantity};

/// Computes an expression; `knob` gives the quantity of a knob, or says why it has none.
pub fn evaluate(
    text: &str,
    knob: &mut dyn FnMut(&str) -> Result<Quantity, String>,
) -> Result<Quantity, String> {
    let mut expression = Expression { rest: text, knob, depth: 0 };
    let result = expression.sum()?;
    match expression.peek() {
        None => Ok(result),
        Some(found) => {
            Err(format!("`{found}` is not expected after `{}`", done(text, expression.rest)))
        }
    }
}

/// The knob that a text stands for as a whole: `$name` and nothing else.
pub fn whole_knob(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix('$')?;
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// May a knob's name hold this? (No `-`: it would read as a minus.)
pub fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

struct Expression<'a, 'k> {
    rest: &'a str,
    knob: &'k mut dyn FnMut(&str) -> Result<Quantity, String>,
    depth: u32,
}

fn done<'a>(text: &'a str, rest: &str) -> &'a str {
    text[..text.len() - rest.len()].trim()
}

impl Expression<'_, '_> {
    fn sum(&mut self) -> Result<Quantity, String> {
        let mut left = self.product()?;
        loop {
            let sign = match self.peek() {
                Some('+') => 1.0,
                Some('-') => -1.0,
                _ => return Ok(left),
            };
            self.rest = &self.rest[1..];
            left = add(left, sign, self.product()?)?;
        }
    }

    fn product(&mut self) -> Result<Quantity, String> {
        let mut left = self.factor()?;
        loop {
            match self.peek() {
                Some('*') => {
                    self.rest = &self.rest[1..];
                    left = multiply(left, self.factor()?)?;
                }
                Some('/') => {
                    self.rest = &self.rest[1..];
                    left = divide(left, self.factor()?)?;
                }
                _ => return Ok(left),
            }
        }
    }

    fn factor(&mut self) -> Result<Quantity, String> {
        match self.peek() {
            Some('(') => self.inner(1, |inner| {
                let value = inner.sum()?;
                if inner.peek() != Some(')') {
                    return Err("a `(` without its `)`".to_owned());
                }
                inner.rest = &inner.rest[1..];
                Ok(value)
            }),
            Some('-') => self.inner(1, |inner| multiply(Quantity::Number(-1.0), inner.factor()?)),
            Some('$') => {
                let name = &self.rest[1..];
                let length = name.find(|c| !is_name(c)).unwrap_or(name.len());
                if length == 0 {
                    return Err("a `$` without the name of a knob".to_owned());
                }
                self.rest = &name[length..];
                (self.knob)(&name[..length])
            }
            Some('0'..='9' | '.') => self.literal(),
            Some(found) => Err(format!("expected a number, a knob or `(`, found `{found}`")),
            None => Err("the expression ends where a number or a knob is expected".to_owned()),
        }
    }

    /// `250ms`, `400/s` (a unit of time right after the slash), `2%`, `8`.
    fn literal(&mut self) -> Result<Quantity, String> {
        let number = units::digits(self.rest);
        let word = |from: &str| from.find(|c: char| !c.is_alphabetic()).unwrap_or(from.len());
        let after = &self.rest[number..];
        let length = match after.chars().next() {
            Some('%') => number + 1,
            Some('/') if word(&after[1..]) > 0 => number + 1 + word(&after[1..]),
            _ => number + word(after),
        };
        let (literal, rest) = self.rest.split_at(length);
        self.rest = rest;
        units::quantity(literal)
    }

    fn inner(
        &mut self,
        skip: usize,
        read: impl FnOnce(&mut Self) -> Result<Quantity, String>,
    ) -> Result<Quantity, String> {
        self.depth += 1;
        if self.depth > 64 {
            return Err("the expression is nested more than 64 deep".to_owned());
        }
        self.rest = &self.rest[skip..];
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }
}

fn add(left: Quantity, sign: f64, right: Quantity) -> Result<Quantity, String> {
    use Quantity::{Duration, Number, Rate};
    Ok(match (left, right) {
        (Number(a), Number(b)) => Number(a + sign * b),
        (Duration(a), Duration(b)) => Duration(a + sign * b),
        (Rate(a), Rate(b)) => Rate(a + sign * b),
        _ if sign > 0.0 => {
            return Err(format!("{} and {} cannot be added", left.kind(), right.kind()));
        }
        _ => {
            return Err(format!("{} cannot be taken from {}", right.kind(), left.kind()));
        }
    })
}

fn multiply(left: Quantity, right: Quantity) -> Result<Quantity, String> {
    use Quantity::{Duration, Number, Rate};
    Ok(match (left, right) {
        (Number(a), Number(b)) => Number(a * b),
        (Number(a), Duration(b)) | (Duration(a), Number(b)) => Duration(a * b),
        (Number(a), Rate(b)) | (Rate(a), Number(b)) => Rate(a * b),
        (Duration(ns), Rate(per_s)) | (Rate(per_s), Duration(ns)) => Number(ns / 1e9 * per_s),
        _ => {
            return Err(format!("{} and {} cannot be multiplied", left.kind(), right.kind()));
        }
    })
}

fn divide(left: Quantity, right: Quantity) -> Result<Quantity, String> {
    use Quantity::{Duration, Number, Rate};
    if right.value() == 0.0 {
        return Err("division by zero".to_owned());
    }
    Ok(match (left, right) {
        (Number(a), Number(b)) | (Duration(a), Duration(b)) | (Rate(a), Rate(b)) => Number(a / b),
        (Duration(a), Number(b)) => Duration(a / b),
        (Rate(a), Number(b)) => Rate(a / b),
        (Number(a), Duration(ns)) => Rate(a / (ns / 1e9)),
        (Number(a), Rate(per_s)) => Duration(a / per_s * 1e9),
        _ => {
            return Err(format!("{} cannot be divided by {}", left.kind(), right.kind()));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Quantity, String> {
        evaluate(text, &mut |name| match name {
            "rate" => Ok(Quantity::Rate(400.0)),
            "scale" => Ok(Quantity::Number(2.0)),
            "think" => Ok(Quantity::Duration(5e6)),
            _ => Err(format!("no knob `{name}`")),
        })
    }

    #[test]
    fn keeps_units() {
        let cases = [
            ("$rate * $scale", Quantity::Rate(800.0)),
            ("2 * ($think + 5ms) / 4", Quantity::Duration(5e6)),
            ("$rate*$think", Quantity::Number(2.0)),
            ("$think / 1ms - 1", Quantity::Number(4.0)),
            ("1 / $rate", Quantity::Duration(2.5e6)),
            ("8 / 2s", Quantity::Rate(4.0)),
            ("8/s + $rate", Quantity::Rate(408.0)),
            ("8 / $scale", Quantity::Number(4.0)),
            ("-$scale + 50%", Quantity::Number(-1.5)),
            ("10 - 2 - 3", Quantity::Number(5.0)),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_nonsense() {
        let cases = [
            ("$rate + $think", "a rate and a duration cannot be added"),
            ("$rate * $rate", "a rate and a rate cannot be multiplied"),
            ("$scale / 0", "division by zero"),
            ("$nope", "no knob `nope`"),
            ("$", "a `$` without the name of a knob"),
            ("($scale", "a `(` without its `)`"),
            ("$scale $scale", "`$` is not expected after `$scale`"),
            ("$scale *", "the expression ends where a number or a knob is expected"),
            ("$scale ^ 2", "`^` is not expected after `$scale`"),
            ("3 parsecs", "`p` is not expected after `3`"),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text), Err(expected.to_owned()), "{text}");
        }
        assert!(value(&"(".repeat(1000)).is_err());
        assert!(value(&"-".repeat(1000)).is_err());
    }
}
