//! Transactions in the notation of Elle's tests: `ax1` appends 1 to x, `rx12` reads x as `[1, 2]`,
//! `rx` reads it empty; `ax1ry2` does both. `!` in front: aborted; `?`: nobody knows. Lists are
//! letters; elements that are read have one digit.

use super::{End, Step, Txn};

/// Reads one transaction; `None` if it is not one.
pub fn parse(text: &str) -> Option<Txn> {
    let (end, text) = match text.as_bytes().first()? {
        b'!' => (End::Aborted, &text[1..]),
        b'?' => (End::Unknown, &text[1..]),
        _ => (End::Committed, text),
    };
    let mut letters = text.chars().peekable();
    let mut steps = Vec::new();
    while let Some(what) = letters.next() {
        let list = letters.next().filter(char::is_ascii_lowercase)?;
        let mut digits: Vec<u64> = Vec::new();
        while let Some(digit) = letters.peek().and_then(|letter| letter.to_digit(10)) {
            digits.push(digit.into());
            letters.next();
        }
        steps.push(match what {
            'a' if !digits.is_empty() => {
                Step::Append(list, digits.iter().fold(0, |number, digit| number * 10 + digit))
            }
            'r' => Step::Read(list, digits),
            _ => return None,
        });
    }
    Some(Txn { steps, end, interval: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_read() {
        let steps = vec![
            Step::Append('x', 1),
            Step::Read('y', vec![1, 2]),
            Step::Read('r', vec![]),
            Step::Append('a', 10),
        ];
        let expected = Txn { steps, end: End::Unknown, interval: None };
        assert_eq!(parse("?ax1ry12rraa10"), Some(expected));
        assert_eq!(parse("!ax1").map(|txn| txn.end), Some(End::Aborted));
        for wrong in ["", "x1", "ax", "a1", "ax1r"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
