//! The knobs of a world as they can be turned: their ranges, and whether they can be turned while a run
//! goes on. Knows no view.

use super::change::Wanted;
use super::world::Recipe;
use crate::base::Time;
use crate::scenario::units::{self, Quantity};

/// A knob.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// Its name.
    pub name: String,
    /// Its value, as the command line takes it.
    pub value: String,
    /// The values that it can be turned to, from low to high, its own among them; one if nobody knows
    /// what else it might be.
    pub range: Vec<String>,
    /// Can it be turned from now on? If not: what is fixed when the run begins.
    pub live: Result<(), String>,
}

/// What a value is multiplied by, a step after the other: five steps make it four times as much.
const STEPS: [f64; 6] = [
    1.0,
    1.319_507_910_772_894,
    1.741_101_126_592_248,
    2.297_396_709_994_07,
    3.031_433_133_020_796,
    4.0,
];

impl Recipe {
    /// Its knobs, in the order of the file.
    pub fn knobs(&self) -> Vec<Knob> {
        let knobs = self.scenario.knobs.iter();
        knobs.map(|(name, value)| self.knob(name, value.trim_matches('"'))).collect()
    }

    fn knob(&self, name: &str, value: &str) -> Knob {
        let knob = |range: Vec<String>, live| Knob {
            name: name.to_owned(),
            value: value.to_owned(),
            range,
            live,
        };
        if let "true" | "false" = value {
            let other = if value == "true" { "false" } else { "true" };
            let live = self.is_live(name, other).unwrap_or_else(Err);
            return knob(vec!["false".to_owned(), "true".to_owned()], live);
        }
        // What has to be whole is turned by whole steps, what need not by a share of it.
        for range in [shares(value), wholes(value)].into_iter().flatten() {
            let at = range.iter().position(|it| it == value).unwrap_or(0);
            let Some(next) = range.get(at + 1).or_else(|| range.first()) else { continue };
            if let Ok(live) = self.is_live(name, next) {
                return knob(range, live);
            }
        }
        knob(vec![value.to_owned()], self.is_live(name, value).unwrap_or_else(Err))
    }

    /// Can the knob be turned so on the way? The outer error says that it can never have this value.
    fn is_live(&self, name: &str, value: &str) -> Result<Result<(), String>, String> {
        let wanted = Wanted::Set(vec![(name.to_owned(), value.to_owned())]);
        match self.change(&wanted.text(Time(1), &self.scenario), None) {
            Ok(_) => Ok(Ok(())),
            Err(refused) => match refused.fixed() {
                Some(part) => Ok(Err(part.to_owned())),
                None => Err(refused.message),
            },
        }
    }
}

/// Number and unit of a value, if it is that and more than nothing.
fn parts(value: &str) -> Option<(f64, &str)> {
    let is_quantity = match units::quantity(value).ok()? {
        Quantity::Number(it) | Quantity::Duration(it) | Quantity::Rate(it) => it > 0.0,
    };
    let digits = value.find(|char: char| !(char.is_ascii_digit() || "._".contains(char)));
    let (number, unit) = value.split_at(digits.unwrap_or(value.len()));
    let number: f64 = number.replace('_', "").parse().ok()?;
    is_quantity.then_some((number, unit))
}

/// From a quarter to four times a value, eleven values that are short to say.
fn shares(value: &str) -> Option<Vec<String>> {
    let (number, unit) = parts(value)?;
    let low = STEPS[1..].iter().rev().map(|step| number / step);
    let high = STEPS[1..].iter().map(|step| number * step);
    let said = |number: f64| format!("{}{unit}", short(number));
    let own = std::iter::once(value.to_owned());
    Some(low.map(said).chain(own).chain(high.map(said)).collect())
}

/// Up to five more and five fewer than a whole number; large ones by larger steps.
fn wholes(value: &str) -> Option<Vec<String>> {
    let (number, unit) = parts(value).filter(|(number, _)| number.fract() == 0.0)?;
    let number = number as u64;
    let step = (number / 10).max(1);
    let low =
        (1..=5).rev().filter_map(|count| number.checked_sub(count * step)).filter(|it| *it > 0);
    let high = (1..=5).map(|count| number + count * step);
    let said = |number: u64| format!("{number}{unit}");
    let own = std::iter::once(value.to_owned());
    Some(low.map(said).chain(own).chain(high.map(said)).collect())
}

/// With two digits that mean something: `530`, `0.66`, `1.3`.
fn short(number: f64) -> String {
    let (mut scale, mut digits) = (1.0, number);
    while digits >= 100.0 {
        digits /= 10.0;
        scale *= 10.0;
    }
    let mut decimals = 0;
    while digits < 10.0 && decimals < 12 {
        digits *= 10.0;
        decimals += 1;
    }
    if decimals > 0 {
        let text = format!("{number:.decimals$}");
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    format!("{:.0}", digits.round() * scale)
}

#[cfg(test)]
mod tests {
    use super::super::place::WorldId;
    use super::super::world::Worlds;
    use super::*;
    use crate::scenario::parse_named;

    #[test]
    fn the_range_lies_around_the_value_and_says_it_in_its_own_unit() {
        let range = shares("400/s").unwrap();
        assert_eq!(range.len(), 11);
        assert_eq!(
            (range[0].as_str(), range[5].as_str(), range[10].as_str()),
            ("100/s", "400/s", "1600/s")
        );
        assert_eq!(range[6], "530/s");
        let range = shares("0.5ms").unwrap();
        assert_eq!(
            (range[0].as_str(), range[4].as_str(), range[10].as_str()),
            ("0.12ms", "0.38ms", "2ms")
        );
        assert_eq!(wholes("3").unwrap(), ["1", "2", "3", "4", "5", "6", "7", "8"]);
        assert_eq!((shares("Exp(1)"), shares("0"), shares("RoundRobin")), (None, None, None));
        assert_eq!(short(0.000_123_4), "0.00012");
    }

    #[test]
    fn knobs_say_what_can_be_turned_on_the_way_and_what_cannot() {
        let text = crate::cli::shipped::text("checkout").unwrap();
        let loaded = parse_named("checkout", "scenarios/checkout.ron", text, &[]).unwrap();
        let worlds = Worlds::open(loaded, 1, Vec::new());
        let knobs = worlds.get(WorldId(0)).recipe.knobs();
        let live: Vec<(&str, bool)> =
            knobs.iter().map(|knob| (knob.name.as_str(), knob.live.is_ok())).collect();
        // A constant latency stays what it is, so `hop` is fixed here.
        assert_eq!(
            live,
            [
                ("rate", true),
                ("skew", false),
                ("hop", false),
                ("demand", false),
                ("look", true),
                ("static_members", false)
            ]
        );
        assert_eq!(knobs[5].range, ["false", "true"]);
        assert_eq!(knobs[5].live, Err("log".to_owned()));
    }
}
