//! Numbers and times as text: short, and always as wide as the same number is elsewhere.

use crate::base::{Span, Time};

/// `455 782`
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (ix, digit) in digits.chars().enumerate() {
        if ix > 0 && (digits.len() - ix).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// `21.400000000 s`, an instant exactly.
pub fn exact(time: Time) -> String {
    format!("{}.{:09} s", time.0 / 1_000_000_000, time.0 % 1_000_000_000)
}

/// `21.400 s`
pub fn instant(time: Time) -> String {
    let ms = time.0 / 1_000_000;
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}

/// A length of time with three digits that mean something: `7.4 ms`, `1.35 s`, `184 ms`, `420 us`.
pub fn span(span: Span) -> String {
    let ns = span.0 as f64;
    let (value, unit) = match span.0 {
        0 => return "0".to_owned(),
        1..1_000 => return format!("{} ns", span.0),
        1_000..999_500 => (ns / 1e3, "us"),
        999_500..999_500_000 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    format!("{} {unit}", three(value))
}

/// In milliseconds without the unit: `18.9`, `1 350`, `0.42`.
pub fn millis(span: Span) -> String {
    let ms = span.0 as f64 / 1e6;
    if ms >= 999.5 { count(ms.round() as u64) } else { three(ms) }
}

/// In milliseconds to a tenth, for columns: `31.7`, `0.3`, `208`.
pub fn tenths(span: Span) -> String {
    let ms = span.0 as f64 / 1e6;
    match span.0 {
        0 => "0".to_owned(),
        _ if ms >= 99.95 => count(ms.round() as u64),
        _ => format!("{ms:.1}"),
    }
}

/// Three digits that mean something.
pub fn three(value: f64) -> String {
    match value {
        value if value >= 99.95 => format!("{value:.0}"),
        value if value >= 9.995 => format!("{value:.1}"),
        value if value > 0.0 => format!("{value:.2}"),
        _ => "0".to_owned(),
    }
}

/// How often, in at most seven columns: `0/s`, `4.5/s`, `979/s`, `12.3k/s`.
pub fn rate(per_second: f64) -> String {
    match per_second {
        rate if rate >= 999_950.0 => format!("{:.1}M/s", rate / 1e6),
        rate if rate >= 9_999.5 => format!("{:.1}k/s", rate / 1e3),
        rate if rate >= 9.95 || rate.fract() < 0.05 => format!("{rate:.0}/s"),
        rate => format!("{rate:.1}/s"),
    }
}

/// An instant where there is little room: `23.0 s`.
pub fn short(time: Time) -> String {
    format!("{}.{} s", time.0 / 1_000_000_000, time.0 / 100_000_000 % 10)
}

/// A share in percent: `1.9`, `0.11`, `92.7`, `0`.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 { "-".to_owned() } else { three(100.0 * part as f64 / whole as f64) }
}

/// A text in lines of at most so many columns, broken between words where it goes.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let mut chars: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + chars.len() > width {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("there is one");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        while chars.len() > width {
            let rest = chars.split_off(width);
            lines.last_mut().expect("there is one").extend(chars);
            lines.push(String::new());
            chars = rest;
        }
        used += chars.len();
        lines.last_mut().expect("there is one").extend(chars);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_times_have_three_digits() {
        assert_eq!(
            (count(7), count(1_000), count(455_782)),
            ("7".into(), "1 000".into(), "455 782".into())
        );
        assert_eq!(exact(Time(21_400_000_000)), "21.400000000 s");
        assert_eq!(instant(Time(7_004_400_000)), "7.004 s");
        let spans = [0, 12, 420_000, 7_400_000, 184_000_000, 999_600_000, 1_350_000_000];
        let told = spans.map(|ns| span(Span(ns)));
        assert_eq!(told, ["0", "12 ns", "420 us", "7.40 ms", "184 ms", "1.00 s", "1.35 s"]);
        let rates = [0.0, 4.5, 979.4, 9_999.4, 12_345.0, 1.25e6].map(rate);
        assert_eq!(rates, ["0/s", "4.5/s", "979/s", "9999/s", "12.3k/s", "1.2M/s"]);
        assert_eq!(short(Time(23_060_000_000)), "23.0 s");
        assert_eq!(millis(Span(1_350_000_000)), "1 350");
        assert_eq!(
            (percent(19, 1000), percent(0, 0), percent(0, 5)),
            ("1.90".into(), "-".into(), "0".into())
        );
    }

    #[test]
    fn lines_break_between_words_and_within_those_that_are_too_long() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
