//! The scalars of RON: texts, raw texts and numbers.

use super::grammar::{Grammar, Read};
use super::syntax::Kind;

impl Grammar<'_> {
    /// `"text"` with escapes.
    pub(super) fn text_literal(&mut self) -> Read<Kind> {
        let start = self.at;
        self.at += 1;
        let mut value = String::new();
        loop {
            let Some(next) = self.bump() else {
                self.at = start + 1;
                return Err(self.error_since(start, "a text without its closing quote".to_owned()));
            };
            match next {
                '"' => return Ok(Kind::Text { value, opener: 1 }),
                '\\' => value.push(self.escape()?),
                other => value.push(other),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let start = self.at - 1;
        let code = match self.bump() {
            Some('n') => return Ok('\n'),
            Some('r') => return Ok('\r'),
            Some('t') => return Ok('\t'),
            Some('0') => return Ok('\0'),
            Some(same @ ('\\' | '"' | '\'')) => return Ok(same),
            Some('x') => self.rest().get(..2).inspect(|_| self.at += 2),
            Some('u') if self.peek() == Some('{') => {
                let digits = self.rest()[1..].split_once('}').map(|(digits, _)| digits);
                digits
                    .filter(|digits| digits.len() <= 6)
                    .inspect(|digits| self.at += digits.len() + 2)
            }
            _ => None,
        };
        code.and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32)
            .ok_or_else(|| self.error_since(start, "an escape that RON does not know".to_owned()))
    }

    /// `r"text"`, `r#"text"#`.
    pub(super) fn raw_text(&mut self) -> Read<Kind> {
        let start = self.at;
        let hashes = self.rest()[1..].bytes().take_while(|&byte| byte == b'#').count();
        self.at += hashes + 2;
        let close = format!("\"{}", "#".repeat(hashes));
        let Some(length) = self.rest().find(&close) else {
            return Err(
                self.error_since(start, format!("a raw text without its closing `{close}`"))
            );
        };
        let value = self.rest()[..length].to_owned();
        self.at += length + close.len();
        Ok(Kind::Text { value, opener: hashes as u32 + 2 })
    }

    /// `12`, `-0.5e3`, `0xFF`, `1_000`.
    pub(super) fn number(&mut self) -> Read<Kind> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            let exponent_sign = matches!(byte, b'+' | b'-')
                && self.at > start
                && matches!(bytes[self.at - 1], b'e' | b'E')
                && !self.text[start..self.at].contains(['x', 'X']);
            let first_sign = matches!(byte, b'+' | b'-') && self.at == start;
            if !(byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'.')
                || exponent_sign
                || first_sign)
            {
                break;
            }
            self.at += 1;
        }
        let written = &self.text[start..self.at];
        number(written).ok_or_else(|| {
            let mut error = self.error_since(start, format!("`{written}` is not a number"));
            if written.bytes().any(|byte| byte.is_ascii_alphabetic()) {
                error.help = Some("quantities with a unit stand in quotes, \"250ms\"".to_owned());
            }
            error
        })
    }
}

/// A number as RON writes it; `None` if it is none. What is too large for a float is infinite.
fn number(written: &str) -> Option<Kind> {
    let (sign, digits) = match written.as_bytes().first()? {
        b'-' => (-1, &written[1..]),
        b'+' => (1, &written[1..]),
        _ => (1, written),
    };
    if digits == "inf" || digits == "NaN" {
        let value = if digits == "inf" { f64::from(sign) * f64::INFINITY } else { f64::NAN };
        return Some(Kind::Number { value, whole: None });
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let plain = digits.replace('_', "");
    let (radix, plain) = match plain.get(..2) {
        Some("0x") => (16, &plain[2..]),
        Some("0o") => (8, &plain[2..]),
        Some("0b") => (2, &plain[2..]),
        _ => (10, plain.as_str()),
    };
    if plain.starts_with(['+', '-']) {
        return None;
    }
    if let Ok(whole) = i128::from_str_radix(plain, radix) {
        let whole = i128::from(sign) * whole;
        return Some(Kind::Number { value: whole as f64, whole: Some(whole) });
    }
    let looks_decimal = radix == 10
        && plain.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    let value: f64 = plain.parse().ok().filter(|_| looks_decimal)?;
    Some(Kind::Number { value: f64::from(sign) * value, whole: None })
}
