//! Reads RON into [`Value`]s with places. Two things set it apart from the `ron` crate, and are why
//! it exists: every value knows where it stands, and a group may mix positional and named
//! arguments, `Tell("payments", Write("payment"), refuses: 0.02)`. The first mistake ends it.

use super::codes::Code;
use super::source::Extent;
use super::syntax::{Arg, Kind, Name, Value};

/// Values may be nested so deep.
pub(super) const MAX_DEPTH: u32 = 128;

/// What is wrong with the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SyntaxError {
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

/// What is read, or why not.
pub(super) type Read<T> = Result<T, SyntaxError>;

/// Reads one value and nothing after it. `origin` names the text in every [`Extent`], `start` is
/// the byte where reading begins.
pub(super) fn read(text: &str, origin: u16, start: usize) -> Read<Value> {
    let mut reader = Grammar { text, at: start, origin, depth: 0 };
    reader.attributes()?;
    let value = reader.value()?;
    reader.space()?;
    if reader.at < text.len() {
        return Err(reader.error(format!("{} after the end of the value", reader.found())));
    }
    Ok(value)
}

/// Reads a text from a byte on.
pub(super) struct Grammar<'a> {
    pub text: &'a str,
    pub at: usize,
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
            Some('(') => Kind::Group { name: None, args: self.args()? },
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
        Ok(Value { at: self.since(start), kind })
    }

    fn worded(&mut self) -> Read<Kind> {
        let name = self.ident();
        let end = self.at;
        match name.text.as_str() {
            "true" => return Ok(Kind::Bool(true)),
            "false" => return Ok(Kind::Bool(false)),
            "inf" => {
                return Ok(Kind::Number { value: f64::INFINITY, whole: None });
            }
            "NaN" => {
                return Ok(Kind::Number { value: f64::NAN, whole: None });
            }
            _ => {}
        }
        self.space()?;
        if self.peek() == Some('(') {
            return Ok(Kind::Group { args: self.args()?, name: Some(name) });
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
                    return Ok(Arg { name: Some(name), value: reader.value()? });
                }
                reader.at = start;
            }
            Ok(Arg { name: None, value: reader.value()? })
        })
    }

    fn entry(&mut self) -> Read<(Value, Value)> {
        let key = self.value()?;
        self.space()?;
        if self.peek() != Some(':') {
            return Err(self.error(format!("expected `:` after the key, found {}", self.found())));
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
            self.space().map_err(|error| SyntaxError { opened: Some(opened), ..error })?;
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

    fn ident(&mut self) -> Name {
        let raw = self.rest().starts_with("r#");
        let start = self.at + if raw { 2 } else { 0 };
        self.at = start;
        self.at += self.rest().find(|c: char| !is_ident(c)).unwrap_or(self.rest().len());
        Name { at: self.since(start), text: self.text[start..self.at].to_owned() }
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

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn since(&self, start: usize) -> Extent {
        Extent { origin: self.origin, start: start as u32, end: self.at as u32 }
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

    pub(super) fn error(&self, message: String) -> SyntaxError {
        let length = self.peek().map_or(0, char::len_utf8);
        // At the end of the text, point behind what was last written, not at an empty last line.
        let start = if length == 0 { self.text.trim_end().len() } else { self.at };
        let at = Extent { origin: self.origin, start: start as u32, end: (start + length) as u32 };
        SyntaxError { code: Code::Syntax, at, message, help: None, opened: None }
    }

    pub(super) fn error_since(&self, start: usize, message: String) -> SyntaxError {
        SyntaxError { at: self.since(start), ..self.error(message) }
    }
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
            ("{ \"x\": None, 3: Some(()) } // end", "{\"x\": None, 3: Some(())}"),
            (
                "/* a /* nested */ comment */ Tell(\"p\", [Write], refuses: 0.02)",
                "Tell(\"p\", [Write], refuses: 0.02)",
            ),
            (
                "[0xFF, 1_000, +7, 0b11, inf, -inf, NaN, true]",
                "[255, 1000, 7, 3, inf, -inf, NaN, true]",
            ),
            (r##"["a\n\u{e9}\x41\"", r"\d", r#"a"b"#]"##, r#"["a\né\u{41}\"", "\\d", "a\"b"]"#),
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
            ("(\n\n", "the text ends before the closing `)` at 1..1"),
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
        assert_eq!(read(&"[".repeat(1_000_000), 0, 0).unwrap_err().code, Code::TooDeep);
        assert_eq!(read(&"Some(".repeat(1_000_000), 0, 0).unwrap_err().code, Code::TooDeep);
    }

    /// RON texts of every shape that the `ron` crate reads too.
    fn ron_text() -> impl proptest::strategy::Strategy<Value = String> {
        use proptest::collection::vec;
        use proptest::prelude::*;
        let space = || proptest::sample::select(vec!["", " ", "\n\t", " // c\n", "/* /* c */ */"]);
        let leaf = prop_oneof![
            any::<i64>().prop_map(|whole| whole.to_string()),
            (-1e9..1e9_f64).prop_map(|float| format!("{float:?}")),
            any::<bool>().prop_map(|flag| flag.to_string()),
            "\\PC{0,6}".prop_map(|text| format!("{text:?}").replace("\\'", "'")),
            "[a-z\\\\]{0,5}".prop_map(|text| format!("r#\"{text}\"#")),
            Just("()".to_owned()),
        ];
        leaf.prop_recursive(4, 24, 4, move |inner| {
            let items = vec(
                (space(), inner, space()).prop_map(|(a, item, b)| format!("{a}{item}{b}")),
                1..4,
            );
            let named = |open: &'static str, close: &'static str, name: fn(usize) -> String| {
                move |items: Vec<String>| {
                    let fields =
                        items.iter().enumerate().map(|(n, item)| format!("{}{item}", name(n)));
                    format!("{open}{}{close}", fields.collect::<Vec<_>>().join(","))
                }
            };
            prop_oneof![
                items.clone().prop_map(named("[", ",]", |_| String::new())),
                items.clone().prop_map(named("(", ")", |_| String::new())),
                items.clone().prop_map(named("(", ",)", |n| format!("f{n}:"))),
                items.prop_map(named("{", "}", |n| format!("\"k{n}\" :"))),
            ]
        })
    }

    proptest::proptest! {
        /// What the `ron` crate makes of a text, it makes of our reading of it too.
        #[test]
        fn agrees_with_the_ron_crate(text in ron_text()) {
            let theirs: ron::Value = ron::from_str(&text).unwrap();
            let ours = read(&text, 0, 0).unwrap().to_string();
            proptest::prop_assert_eq!(ron::from_str::<ron::Value>(&ours).unwrap(), theirs, "{}", ours);
        }
    }
}
