//! How single figures are spelled: counts, times, shares, rates, each with three significant digits
//! and at most seven columns wide. Rounding happens here and nowhere else.

use crate::base::Span;

/// What stands where nothing was seen.
pub const NOTHING: &str = "-";

/// A count: exact below a hundred thousand, then with three digits and a unit.
pub fn count(value: u64) -> String {
    match value {
        0..100_000 => value.to_string(),
        100_000..999_500 => format!("{}k", digits(value as f64 / 1e3)),
        999_500..999_500_000 => format!("{}M", digits(value as f64 / 1e6)),
        _ => format!("{}G", digits(value as f64 / 1e9)),
    }
}

/// A count with its thousands set apart, for prose.
pub fn full_count(value: u64) -> String {
    let plain = value.to_string();
    let mut text = String::new();
    for (at, digit) in plain.chars().enumerate() {
        if at > 0 && (plain.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A number with three significant digits; whole from 100 on.
pub fn digits(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        NOTHING.to_owned()
    } else if size >= 99.95 {
        format!("{value:.0}")
    } else if size >= 9.995 {
        format!("{value:.1}")
    } else if size >= 0.000_5 || size == 0.0 {
        trimmed(value)
    } else if size >= 0.000_05 {
        format!("{value:.4}")
    } else {
        // Not nothing, and too little to tell: no reader is asked to count zeros or read powers.
        if value > 0.0 { "<0.0001" } else { ">-0.0001" }.to_owned()
    }
}

/// Below ten: two decimals, three below 0.1; nothing at all is a plain `0`.
fn trimmed(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size < 0.0995 => format!("{value:.3}"),
        _ => format!("{value:.2}"),
    }
}

/// A time given in milliseconds, in the unit that suits it.
pub fn ms(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0 ms".to_owned()
    } else if size >= 999.5 {
        format!("{} s", digits(value / 1e3))
    } else if size >= 0.0995 {
        format!("{} ms", digits(value))
    } else {
        format!("{} us", digits(value * 1e3))
    }
}

/// A time, or nothing.
pub fn maybe_ms(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), ms)
}

/// A span as people write it.
pub fn span(value: Span) -> String {
    ms(value.as_ms())
}

/// A share between 0 and 1, in per cent: never rounded to 0 % or 100 % when it is not.
pub fn share(value: f64) -> String {
    let cent = value * 100.0;
    match cent {
        0.0 => "0%".to_owned(),
        100.0 => "100%".to_owned(),
        cent if cent < 0.01 => "<0.01%".to_owned(),
        cent if cent > 99.99 => ">99.99%".to_owned(),
        cent if !(1.0..99.0).contains(&cent) => format!("{cent:.2}%"),
        cent => format!("{cent:.1}%"),
    }
}

/// `part` of `whole` in per cent, or nothing.
pub fn share_of(part: u64, whole: u64) -> String {
    if whole == 0 { NOTHING.to_owned() } else { share(part as f64 / whole as f64) }
}

/// A number, or nothing.
pub fn maybe_digits(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), digits)
}

/// A word of the vocabulary for people: `half_done` becomes `half done`.
pub fn words(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_three_digits_and_stay_narrow() {
        for (value, text) in [
            (0.0, "0"),
            (0.001_2, "0.001"),
            (0.05, "0.050"),
            (2e-4, "0.0002"),
            (4e-7, "<0.0001"),
            (-4e-7, ">-0.0001"),
            (0.5, "0.50"),
            (9.994, "9.99"),
            (9.996, "10.0"),
            (99.96, "100"),
            (-1234.6, "-1235"),
            (f64::NAN, "-"),
        ] {
            assert_eq!(digits(value), text);
        }
        for value in [0, 99_999, 100_000, 999_499, 999_500, 45_600_000, 7_000_000_000] {
            assert!(count(value).len() <= 7, "{}", count(value));
        }
        assert_eq!(full_count(1_234_567), "1 234 567");
    }

    #[test]
    fn times_choose_their_unit() {
        let texts = [0.0, 0.000_4, 0.05, 0.2, 12.34, 999.4, 999.6, 61_000.0].map(ms);
        assert_eq!(
            texts,
            ["0 ms", "0.40 us", "50.0 us", "0.20 ms", "12.3 ms", "999 ms", "1.00 s", "61.0 s"]
        );
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        let texts = [0.0, 0.000_01, 0.005, 0.5, 0.995, 0.999_99, 1.0].map(share);
        assert_eq!(texts, ["0%", "<0.01%", "0.50%", "50.0%", "99.50%", ">99.99%", "100%"]);
        assert_eq!(share_of(1, 0), NOTHING);
    }
}
