//! The replay token: one line that names a run, readable by people and safe in a URL or a shell.
//!
//! ```text
//! wt1.checkout.rest.7.60s.0%2E1%2E0.00000000deadbeef.0123456789abcdef.rate=%22400%2Fs%22.5f3a90c1
//!  │     │      │   │  │     │             │               │                 │             │
//!  │  scenario  │  seed │  engine     model's hash       digest         knobs, if any   checksum
//! format     design  length
//! ```
//!
//! Fields are joined by `.`, knobs stand in order of their names; every byte that is not a letter,
//! a digit, `-`, `_` or `~` is percent-encoded. The checksum is the CRC-32 of all that precedes
//! its dot, and catches a token that lost a piece on its way.

use std::fmt;
use std::str::FromStr;

use crate::base::Span;

/// Names a run completely: what it was of, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayToken {
    /// The scenario's name.
    pub scenario: String,
    /// The design.
    pub design: String,
    /// The seed.
    pub seed: u64,
    /// The run's length.
    pub length: Span,
    /// Version of the engine that ran it.
    pub engine: String,
    /// Hash of the resolved model.
    pub model: u64,
    /// The run's digest.
    pub digest: u64,
    /// Knobs that were turned, with their values as RON, in order of names.
    pub knobs: Vec<(String, String)>,
}

/// What is wrong with a text that should have been a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Something else altogether.
    #[error("this is no replay token: those begin with `wt1.`")]
    NotAToken,
    /// From another version of the program.
    #[error("this token has format `{0}`, which this version does not read (it reads `wt1`)")]
    OtherFormat(String),
    /// A part is missing.
    #[error("this token is incomplete: it ends before its {0}")]
    Incomplete(&'static str),
    /// It was changed or cut.
    #[error("this token is damaged: its checksum is {found}, its text gives {expected}")]
    Damaged {
        /// What stands at its end.
        found: String,
        /// What should stand there.
        expected: String,
    },
    /// A part is not what it should be.
    #[error("this token's {0} `{1}` is not valid")]
    Invalid(&'static str, String),
}

const FORMAT: &str = "wt1";

impl fmt::Display for ReplayToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = vec![
            FORMAT.to_owned(),
            escape(&self.scenario),
            escape(&self.design),
            self.seed.to_string(),
            show_length(self.length),
            escape(&self.engine),
            format!("{:016x}", self.model),
            format!("{:016x}", self.digest),
        ];
        let mut knobs: Vec<&(String, String)> = self.knobs.iter().collect();
        knobs.sort();
        fields.extend(
            knobs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))),
        );
        let text = fields.join(".");
        write!(out, "{text}.{:08x}", crc32(text.as_bytes()))
    }
}

impl FromStr for ReplayToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let format = text.split('.').next().unwrap_or_default();
        if !format.starts_with("wt") || !text.contains('.') {
            return Err(TokenError::NotAToken);
        }
        if format != FORMAT {
            return Err(TokenError::OtherFormat(format.to_owned()));
        }
        let fields: Vec<&str> = text.split('.').collect();
        let names =
            ["scenario", "design", "seed", "length", "engine", "model", "digest", "checksum"];
        if let Some(missing) = names.get(fields.len() - 1) {
            return Err(TokenError::Incomplete(missing));
        }
        verify(text)?;
        Ok(Self {
            scenario: unescape("scenario", fields[1])?,
            design: unescape("design", fields[2])?,
            seed: fields[3].parse().map_err(|_| invalid("seed", fields[3]))?,
            length: read_length(fields[4])?,
            engine: unescape("engine", fields[5])?,
            model: hex("model", fields[6])?,
            digest: hex("digest", fields[7])?,
            knobs: fields[8..fields.len() - 1]
                .iter()
                .map(|field| knob(field))
                .collect::<Result<_, _>>()?,
        })
    }
}

fn verify(text: &str) -> Result<(), TokenError> {
    let (body, found) = text.rsplit_once('.').ok_or(TokenError::NotAToken)?;
    let expected = format!("{:08x}", crc32(body.as_bytes()));
    if found == expected {
        Ok(())
    } else {
        Err(TokenError::Damaged { found: found.to_owned(), expected })
    }
}

fn knob(field: &str) -> Result<(String, String), TokenError> {
    let (name, value) = field.split_once('=').ok_or_else(|| invalid("knob", field))?;
    Ok((unescape("knob", name)?, unescape("knob", value)?))
}

fn hex(what: &'static str, text: &str) -> Result<u64, TokenError> {
    u64::from_str_radix(text, 16)
        .ok()
        .filter(|_| text.len() == 16)
        .ok_or_else(|| invalid(what, text))
}

fn invalid(what: &'static str, text: &str) -> TokenError {
    TokenError::Invalid(what, text.to_owned())
}

const LENGTHS: [(&str, u64); 4] =
    [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];

/// In the largest unit that keeps it whole.
fn show_length(length: Span) -> String {
    let whole = |(_, size): &&(&str, u64)| length.0.is_multiple_of(*size);
    let (unit, size) =
        LENGTHS.iter().rev().find(whole).expect("every length is whole in nanoseconds");
    format!("{}{unit}", length.0 / size)
}

fn read_length(text: &str) -> Result<Span, TokenError> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let size = LENGTHS.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size);
    let length =
        number.parse::<u64>().ok().zip(size).and_then(|(number, size)| number.checked_mul(size));
    length.map(Span).ok_or_else(|| invalid("length", text))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
    }
    out
}

fn hex_digit(nibble: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(nibble)])
}

fn unescape(what: &'static str, text: &str) -> Result<String, TokenError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = rest.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(byte.ok_or_else(|| invalid(what, text))?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).map_err(|_| invalid(what, text))
}

/// CRC-32 (IEEE 802.3), bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token() -> ReplayToken {
        ReplayToken {
            scenario: "checkout".to_owned(),
            design: "rest".to_owned(),
            seed: 7,
            length: Span(60_000_000_000),
            engine: "0.1.0".to_owned(),
            model: 0xdead_beef,
            digest: 0x0123_4567_89ab_cdef,
            knobs: vec![("rate".to_owned(), "\"400/s\"".to_owned())],
        }
    }

    #[test]
    fn the_checksum_is_the_standard_one() {
        // The check value of CRC-32 in every catalogue of CRCs.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_token_can_be_read_by_people() {
        let text = token().to_string();
        let readable = "wt1.checkout.rest.7.60s.0%2E1%2E0.00000000deadbeef.0123456789abcdef.rate=%22400%2Fs%22.";
        assert!(text.starts_with(readable), "{text}");
        assert_eq!(text.len(), readable.len() + 8);
        assert_eq!(text.parse(), Ok(token()));
        assert_eq!(format!(" {text}\n").parse(), Ok(token()), "pasted with its line's end");
    }

    #[test]
    fn the_order_of_knobs_does_not_matter() {
        let mut one = token();
        one.knobs.push(("alpha".to_owned(), "1".to_owned()));
        let mut other = one.clone();
        other.knobs.reverse();
        assert_eq!(one.to_string(), other.to_string());
    }

    #[test]
    fn damage_is_named() {
        let text = token().to_string();
        let parse = |text: &str| text.parse::<ReplayToken>().unwrap_err();
        assert_eq!(parse("rest"), TokenError::NotAToken);
        assert_eq!(parse(""), TokenError::NotAToken);
        assert_eq!(parse(&text.replace("wt1", "wt9")), TokenError::OtherFormat("wt9".to_owned()));
        assert_eq!(parse("wt1.checkout.rest"), TokenError::Incomplete("seed"));
        assert!(matches!(parse(&text.replace(".7.", ".8.")), TokenError::Damaged { .. }));
        assert!(matches!(parse(&text[..text.len() - 1]), TokenError::Damaged { .. }));
        let sealed = |body: &str| format!("{body}.{:08x}", crc32(body.as_bytes()));
        let body = text.rsplit_once('.').unwrap().0;
        assert_eq!(parse(&sealed(&body.replace(".60s.", ".60d."))), invalid("length", "60d"));
        assert_eq!(parse(&sealed(&body.replace("%22", "%ZZ"))), invalid("knob", "%ZZ400%2Fs%ZZ"));
    }

    #[test]
    fn any_single_change_is_noticed() {
        let text = token().to_string();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(changed.parse::<ReplayToken>().is_err(), "{changed}");
        }
    }

    proptest! {
        #[test]
        fn every_token_comes_back(
            (scenario, design, engine) in (".{0,12}", ".{1,12}", ".{1,8}"),
            (seed, length, model, digest) in any::<(u64, u64, u64, u64)>(),
            knobs in proptest::collection::btree_map(".{1,8}", ".{0,20}", 0..4),
        ) {
            let knobs = knobs.into_iter().collect();
            let token = ReplayToken { scenario, design, seed, length: Span(length), engine, model, digest, knobs };
            let text = token.to_string();
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_~.%=".contains(&b)));
            prop_assert_eq!(text.parse::<ReplayToken>(), Ok(token));
        }
    }
}
