//! How often open customers come: one rate, or stretches of time with a rate each, constant or a
//! straight line from one rate to another.

use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::Reader;
use crate::scenario::syntax::{Kind, Value};

/// Rates by time: stretches in order, the first from 0 on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates(Vec<Stretch>);

/// A stretch of time, which ends where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// When it begins.
    pub from: Span,
    /// The rate per second there.
    pub per_s: f64,
    /// The rate per second at its end; the same where it is constant.
    pub to_per_s: f64,
}

impl Rates {
    /// The same rate per second at all times.
    pub fn constant(per_s: f64) -> Self {
        Self::steps(&[(Span::ZERO, per_s)])
    }

    /// Constant rates per second, each from its instant on.
    pub fn steps(steps: &[(Span, f64)]) -> Self {
        let steps = steps.iter();
        Self(steps.map(|&(from, per_s)| Stretch { from, per_s, to_per_s: per_s }).collect())
    }

    /// The stretches, in order.
    pub fn stretches(&self) -> &[Stretch] {
        &self.0
    }

    /// The one rate per second, if it never changes.
    pub fn only(&self) -> Option<f64> {
        match self.0.as_slice() {
            [only] => Some(only.per_s),
            _ => None,
        }
    }

    /// Does anybody come before this instant?
    pub fn any_before(&self, end: Span) -> bool {
        self.0.iter().any(|it| it.from < end && it.per_s.max(it.to_per_s) > 0.0)
    }

    /// How many are expected before this instant.
    pub fn expected(&self, end: Span) -> f64 {
        let ends = self.0.iter().skip(1).map(|next| next.from).chain([end]);
        let each = self.0.iter().zip(ends).map(|(stretch, next)| {
            let (from, to) = (stretch.from.min(end), next.min(end));
            let slope = stretch.slope(Some(next));
            let length = to.as_secs() - from.as_secs();
            (stretch.per_s + slope * length / 2.0) * length
        });
        each.sum()
    }
}

impl Stretch {
    /// By how much the rate per second grows in a second, where the next stretch begins then.
    pub fn slope(&self, next: Option<Span>) -> f64 {
        match next {
            Some(next) if self.to_per_s != self.per_s => {
                (self.to_per_s - self.per_s) / (next.as_secs() - self.from.as_secs())
            }
            _ => 0.0,
        }
    }
}

impl<'a> Reader<'a> {
    /// One rate, or `[(from, rate), (from:, rate:, to:), ...]` beginning at 0.
    pub(super) fn rates(&mut self, value: &'a Value) -> Option<Rates> {
        let value = self.follow(value)?;
        let Kind::List(items) = &value.kind else {
            return self.positive_rate(value).map(Rates::constant);
        };
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut sound = true;
        for (place, item) in items.iter().enumerate() {
            let is_last = place + 1 == items.len();
            let Some(stretch) = self.stretch(item, is_last) else {
                sound = false;
                continue;
            };
            let fits =
                stretches.last().map_or(stretch.from == Span::ZERO, |it| stretch.from > it.from);
            if sound && !fits {
                let message = "stretches begin at 0 and go on in order of time";
                self.wrong(Code::OutOfRange, item.head(), message);
                sound = false;
            }
            stretches.push(stretch);
        }
        if sound && stretches.iter().all(|it| it.per_s.max(it.to_per_s) == 0.0) {
            self.wrong(Code::OutOfRange, value.head(), "nobody ever comes: no rate is above 0");
            sound = false;
        }
        sound.then_some(Rates(stretches))
    }

    fn stretch(&mut self, item: &'a Value, is_last: bool) -> Option<Stretch> {
        let fields = self.fields(item, "a stretch of time", 2, &["from", "rate", "to"])?;
        let from = self.must(&fields, "from", Self::span);
        let rate = self.must(&fields, "rate", Self::rate);
        let to = self.maybe(&fields, "to", Self::rate);
        let (from, (per_s, _), to) = (from?, rate?, to?);
        if let Some(value) = fields.get("to").filter(|_| is_last) {
            let message = "a ramp ends where the next stretch begins, and there is none";
            self.wrong(Code::OutOfRange, value.head(), message)
                .help("add a stretch: (\"60s\", \"400/s\") goes on with that rate");
            return None;
        }
        Some(Stretch { from, per_s, to_per_s: to.map_or(per_s, |(to, _)| to) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_expected_as_there_is_room_under_the_line() {
        let seconds = Span::from_secs;
        let ramp = Stretch { from: seconds(10.0), per_s: 10.0, to_per_s: 30.0 };
        let steps = Rates::steps(&[(Span::ZERO, 10.0), (seconds(20.0), 30.0)]);
        let rates = Rates(vec![steps.0[0], ramp, steps.0[1]]);
        let expected = [5.0, 10.0, 15.0, 20.0, 30.0].map(|end| rates.expected(seconds(end)));
        assert_eq!(expected, [50.0, 100.0, 175.0, 300.0, 600.0]);
        let from_nothing =
            Rates(vec![Stretch { per_s: 0.0, from: Span::ZERO, ..ramp }, steps.0[1]]);
        assert!(from_nothing.any_before(seconds(1.0)) && rates.only().is_none());
    }
}
