//! Reads RON into [`Value`]s with places. Two things set it apart from the `ron` crate, and are why
//! it exists: every value knows where it stands, and a group may mix positional and named
//! arguments, `Tell("payments", Write("payment"), refuses: 0.02)`. The first mistake ends it.

use super::codes::Code;
use super::source::Extent;
use super::syntax::{Arg, Kind, Name, Value};

/// Values may be nested so deep.
pub const MAX_DEPTH: u32 = 128;

/// What is wrong with the text.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntaxError {
    /// Its code.
    pub code: Code,
    /// Where.
    pub at: Extent,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// The bracket that is still open.
    pub opened: Option<Extent>,
}

type Read<T> = Result<T, SyntaxError>;

/// Reads one value and nothing after it. `origin` names the text in every [`Extent`], `start` is
/// the byte where reading begins.
pub fn read(text: &str, origin: u16, start: usize) -> Read<Value> {
    let mut reader = Grammar {
        text,
        at: start,
        origin,
        depth: 0,
    };
    reader.attributes()?;
    let value = reader.value()?;
    reader.space()?;
    if reader.at < text.len() {
        return Err(reader.error(format!("{} after the end of the value", reader.found())));
    }
    Ok(value)
}

struct Grammar<'a> {
    text: &'a str,
    at: usize,
    origin: u16,
    depth: u32,
}

impl<'a> Grammar<'a> {
    /// `#![enable(implicit_some)]` and its like are welcome and mean nothing.
    fn attributes(&mut self) -> Read<()> {
        self.space()?;
        while self.rest().starts_with("#!") {
            let Some(length) = self.rest().find(']') else {
                return Err(self.error("an attribute without its `]`".to_owned()));
            };
            self.at += length + 1;
            self.space()?;
        }
        Ok(())
    }

    fn value(&mut self) -> Read<Value> {
        self.space()?;
        let start = self.at;
        if self.depth >= MAX_DEPTH {
            let mut error = self.error(format!("values are nested more than {MAX_DEPTH} deep"));
            error.code = Code::TooDeep;
            return Err(error);
        }
        self.depth += 1;
        let kind = match self.peek() {
            Some('(') => Kind::Group {
                name: None,
                args: self.args()?,
            },
            Some('[') => Kind::List(self.sequence(']', Self::value)?),
            Some('{') => Kind::Map(self.sequence('}', Self::entry)?),
            Some('"') => self.text_literal()?,
            Some('r') if self.rest()[1..].trim_start_matches('#').starts_with('"') => {
                self.raw_text()?
            }
            Some('0'..='9' | '+' | '-' | '.') => self.number()?,
            Some(first) if is_ident_start(first) => self.worded()?,
            _ => {
                let mut error = self.error(format!("expected a value, found {}", self.found()));
                if self.peek() == Some('\'') {
                    error.help = Some("texts stand in double quotes".to_owned());
                }
                return Err(error);
            }
        };
        self.depth -= 1;
        Ok(Value {
            at: self.since(start),
            kind,
        })
    }

    fn worded(&mut self) -> Read<Kind> {
        let name = self.ident();
        let end = self.at;
        match name.text.as_str() {
            "true" => return Ok(Kind::Bool(true)),
            "false" => return Ok(Kind::Bool(false)),
            "inf" => {
                return Ok(Kind::Number {
                    value: f64::INFINITY,
                    whole: None,
                });
            }
            "NaN" => {
                return Ok(Kind::Number {
                    value: f64::NAN,
                    whole: None,
                });
            }
            _ => {}
        }
        self.space()?;
        if self.peek() == Some('(') {
            return Ok(Kind::Group {
                args: self.args()?,
                name: Some(name),
            });
        }
        self.at = end;
        Ok(Kind::Word(name.text))
    }

    fn args(&mut self) -> Read<Vec<Arg>> {
        self.sequence(')', |reader| {
            let start = reader.at;
            if reader.peek().is_some_and(is_ident_start) {
                let name = reader.ident();
                reader.space()?;
                if reader.peek() == Some(':') {
                    reader.at += 1;
                    return Ok(Arg {
                        name: Some(name),
                        value: reader.value()?,
                    });
                }
                reader.at = start;
            }
            Ok(Arg {
                name: None,
                value: reader.value()?,
            })
        })
    }

    fn entry(&mut self) -> Read<(Value, Value)> {
        let key = self.value()?;
        self.space()?;
        if self.peek() != Some(':') {
            return Err(self.error(format!(
                "expected `:` after the key, found {}",
                self.found()
            )));
        }
        self.at += 1;
        Ok((key, self.value()?))
    }

    /// Items between brackets, separated by commas, the last of which may be left out.
    fn sequence<T>(&mut self, close: char, item: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let start = self.at;
        self.at += 1;
        let opened = self.since(start);
        let mut items = Vec::new();
        loop {
            self.space().map_err(|error| SyntaxError {
                opened: Some(opened),
                ..error
            })?;
            if self.peek() == Some(close) {
                break;
            }
            if self.peek().is_none() {
                return Err(self.unclosed(close, opened));
            }
            items.push(item(self)?);
            self.space()?;
            match self.peek() {
                Some(',') => self.at += 1,
                Some(found) if found == close => break,
                None => return Err(self.unclosed(close, opened)),
                Some(_) => {
                    let mut error =
                        self.error(format!("expected `,` or `{close}`, found {}", self.found()));
                    error.opened = Some(opened);
                    return Err(error);
                }
            }
        }
        self.at += 1;
        Ok(items)
    }

    fn unclosed(&self, close: char, opened: Extent) -> SyntaxError {
        let mut error = self.error(format!("the text ends before the closing `{close}`"));
        error.opened = Some(opened);
        error
    }

    fn text_literal(&mut self) -> Read<Kind> {
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

    fn raw_text(&mut self) -> Read<Kind> {
        let start = self.at;
        let hashes = self.rest()[1..]
            .bytes()
            .take_while(|&byte| byte == b'#')
            .count();
        self.at += hashes + 2;
        let close = format!("\"{}", "#".repeat(hashes));
        let Some(length) = self.rest().find(&close) else {
            return Err(
                self.error_since(start, format!("a raw text without its closing `{close}`"))
            );
        };
        let value = self.rest()[..length].to_owned();
        self.at += length + close.len();
        Ok(Kind::Text {
            value,
            opener: hashes as u32 + 2,
        })
    }

    fn number(&mut self) -> Read<Kind> {
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

    fn ident(&mut self) -> Name {
        let raw = self.rest().starts_with("r#");
        let start = self.at + if raw { 2 } else { 0 };
        self.at = start;
        self.at += self
            .rest()
            .find(|c: char| !is_ident(c))
            .unwrap_or(self.rest().len());
        Name {
            at: self.since(start),
            text: self.text[start..self.at].to_owned(),
        }
    }

    /// Skips spaces and comments.
    fn space(&mut self) -> Read<()> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.block_comment()?;
            } else {
                return Ok(());
            }
        }
    }

    fn block_comment(&mut self) -> Read<()> {
        let start = self.at;
        let mut open = 0_u32;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                open += 1;
                self.at += 2;
            } else if rest.starts_with("*/") {
                open -= 1;
                self.at += 2;
                if open == 0 {
                    return Ok(());
                }
            } else if self.bump().is_none() {
                self.at = start + 2;
                return Err(
                    self.error_since(start, "a comment without its closing `*/`".to_owned())
                );
            }
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn since(&self, start: usize) -> Extent {
        Extent {
            origin: self.origin,
            start: start as u32,
            end: self.at as u32,
        }
    }

    fn found(&self) -> String {
        self.peek().map_or_else(
            || "the end of the text".to_owned(),
            |found| {
                format!(
                    "`{}`",
                    if found.is_control() {
                        found.escape_debug().to_string()
                    } else {
                        found.to_string()
                    }
                )
            },
        )
    }

    fn error(&self, message: String) -> SyntaxError {
        let length = self.peek().map_or(0, char::len_utf8);
        let at = Extent {
            origin: self.origin,
            start: self.at as u32,
            end: (self.at + length) as u32,
        };
        SyntaxError {
            code: Code::Syntax,
            at,
            message,
            help: None,
            opened: None,
        }
    }

    fn error_since(&self, start: usize, message: String) -> SyntaxError {
        SyntaxError {
            at: self.since(start),
            ..self.error(message)
        }
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
        let value = if digits == "inf" {
            f64::from(sign) * f64::INFINITY
        } else {
            f64::NAN
        };
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
        return Some(Kind::Number {
            value: whole as f64,
            whole: Some(whole),
        });
    }
    let looks_decimal = radix == 10
        && plain
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    let value: f64 = plain.parse().ok().filter(|_| looks_decimal)?;
    Some(Kind::Number {
        value: f64::from(sign) * value,
        whole: None,
    })
}

fn is_ident_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn is_ident(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match read(text, 0, 0) {
            Ok(value) => value.to_string(),
            Err(error) => format!("{} at {}..{}", error.message, error.at.start, error.at.end),
        }
    }

    #[test]
    fn reads_what_ron_writes() {
        let cases = [
            (
                "#![enable(implicit_some)]\n(a: 1, b: [2., .5, -1e3,],)",
                "(a: 1, b: [2.0, 0.5, -1000.0])",
            ),
            (
                "{ \"x\": None, 3: Some(()) } // end",
                "{\"x\": None, 3: Some(())}",
            ),
            (
                "/* a /* nested */ comment */ Tell(\"p\", [Write], refuses: 0.02)",
                "Tell(\"p\", [Write], refuses: 0.02)",
            ),
            (
                "[0xFF, 1_000, +7, 0b11, inf, -inf, NaN, true]",
                "[255, 1000, 7, 3, inf, -inf, NaN, true]",
            ),
            (
                r##"["a\n\u{e9}\x41\"", r"\d", r#"a"b"#]"##,
                r#"["a\né\u{41}\"", "\\d", "a\"b"]"#,
            ),
            ("Name  ( x : Y )", "Name(x: Y)"),
        ];
        for (text, expected) in cases {
            let expected = expected.replace("\\u{41}", "A");
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn points_at_what_is_wrong() {
        let cases = [
            ("(a: 1", "the text ends before the closing `)` at 5..5"),
            ("[1 2]", "expected `,` or `]`, found `2` at 3..4"),
            ("(a: 250ms)", "`250ms` is not a number at 4..9"),
            ("{\"a\" 1}", "expected `:` after the key, found `1` at 5..6"),
            ("\"abc", "a text without its closing quote at 0..1"),
            ("\"\\q\"", "an escape that RON does not know at 1..3"),
            ("() ()", "`(` after the end of the value at 3..4"),
            ("'a'", "expected a value, found `'` at 0..1"),
            ("/* x", "a comment without its closing `*/` at 0..2"),
            ("[,]", "expected a value, found `,` at 1..2"),
            ("", "expected a value, found the end of the text at 0..0"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(read(&deep(128), 0, 0).is_ok());
        assert_eq!(read(&deep(129), 0, 0).unwrap_err().code, Code::TooDeep);
        assert_eq!(
            read(&"[".repeat(1_000_000), 0, 0).unwrap_err().code,
            Code::TooDeep
        );
        assert_eq!(
            read(&"Some(".repeat(1_000_000), 0, 0).unwrap_err().code,
            Code::TooDeep
        );
    }
}
