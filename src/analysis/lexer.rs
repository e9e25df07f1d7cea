//! From the text of an expression to tokens with their places. Knows the spelling of names,
//! numbers and units, and nothing of what they mean together.
//!
//! A hyphen between letters belongs to a name (`place-order`); a subtraction therefore has spaces
//! around it, or follows a parenthesis.

use super::expression::ExpressionError;
use super::unit::Unit;

/// A piece of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// A name: of a figure, design, flow, node, ...; `true` if it stood in quotes.
    Name(String, bool),
    /// A number with its unit, in the analysis' base units.
    Quantity(f64, Unit),
    /// `(` `)` `,` `.` `+` `-` `*` `/` `<` `<=` `>` `>=` `==` `!=`
    Sign(&'static str),
    /// Nothing more.
    End,
}

/// A piece and where it stands, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// What.
    pub(super) piece: Piece,
    /// First byte.
    pub(super) offset: usize,
    /// Bytes.
    pub(super) len: usize,
}

const SIGNS: [&str; 14] =
    ["<=", ">=", "==", "!=", "<", ">", "(", ")", ",", ".", "+", "-", "*", "/"];

/// Spelling, power of ten and factor into base units. The power is applied while reading the
/// digits, so that `99.9%` is the very float that `0.999` is.
const UNITS: [(&str, i32, f64, Unit); 10] = [
    ("ns", 0, 1.0, Unit::Time),
    ("us", 3, 1.0, Unit::Time),
    ("µs", 3, 1.0, Unit::Time),
    ("ms", 6, 1.0, Unit::Time),
    ("s", 9, 1.0, Unit::Time),
    ("min", 9, 60.0, Unit::Time),
    ("h", 9, 3600.0, Unit::Time),
    ("%", -2, 1.0, Unit::Ratio),
    ("/s", 0, 1.0, Unit::Rate),
    ("", 0, 1.0, Unit::Number),
];

/// All tokens of `text`, the last of them [`Piece::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut offset = 0;
    while let Some(first) = text[offset..].chars().next() {
        if first.is_whitespace() {
            offset += first.len_utf8();
            continue;
        }
        let (piece, len) = piece(text, offset, first)?;
        tokens.push(Token { piece, offset, len });
        offset += len;
    }
    tokens.push(Token { piece: Piece::End, offset: text.len(), len: 0 });
    Ok(tokens)
}

/// The piece that begins at `offset`, and its length in bytes.
fn piece(text: &str, offset: usize, first: char) -> Result<(Piece, usize), ExpressionError> {
    let rest = &text[offset..];
    if first.is_ascii_digit() {
        return quantity(rest, offset);
    }
    if starts_name(first) {
        let len = name_len(rest);
        return Ok((Piece::Name(rest[..len].to_owned(), false), len));
    }
    if first == '\'' || first == '"' {
        return match rest[1..].find(first) {
            Some(len) => Ok((Piece::Name(rest[1..=len].to_owned(), true), len + 2)),
            None => Err(ExpressionError::new(offset, rest.len(), "this quotation does not end")),
        };
    }
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return Ok((Piece::Sign(sign), sign.len()));
    }
    let error =
        ExpressionError::new(offset, first.len_utf8(), format!("`{first}` means nothing here"));
    Err(match first {
        '=' => error.with_help("equality is written `==`"),
        '&' => error.with_help("conditions are joined with `and`"),
        '≤' => error.with_help("write `<=`"),
        '≥' => error.with_help("write `>=`"),
        _ => error,
    })
}

fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn goes_on(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Bytes of the name at the start of `rest`: hyphens count where a letter or digit follows.
fn name_len(rest: &str) -> usize {
    let mut len = 0;
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        let inside = goes_on(c) || (c == '-' && chars.peek().is_some_and(|&next| goes_on(next)));
        if !inside {
            break;
        }
        len += c.len_utf8();
    }
    len
}

/// A number and the unit that follows it at once: `250ms`, `1_000`, `0.5%`, `400/s`.
fn quantity(rest: &str, offset: usize) -> Result<(Piece, usize), ExpressionError> {
    let digits =
        |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let mut len = digits(rest);
    if let Some(fraction) = rest[len..].strip_prefix('.')
        && fraction.starts_with(|c: char| c.is_ascii_digit())
    {
        len += 1 + digits(fraction);
    }
    let after = &rest[len..];
    let per_second = after.strip_prefix("/s").is_some_and(|rest| !rest.starts_with(goes_on));
    let unit_len = match after.chars().next() {
        Some('%') => 1,
        Some('/') if per_second => 2,
        _ => after.find(|c| !goes_on(c)).unwrap_or(after.len()),
    };
    let spelled = &after[..unit_len];
    let Some((_, power, factor, unit)) = UNITS.into_iter().find(|(name, ..)| *name == spelled)
    else {
        let error = ExpressionError::new(offset + len, unit_len, format!("`{spelled}` is no unit"));
        return Err(error.with_help("units are ns, us, ms, s, min, h, % and /s"));
    };
    let digits = rest[..len].replace('_', "");
    let value = format!("{digits}e{power}").parse().unwrap_or(f64::INFINITY) * factor;
    if !value.is_finite() {
        return Err(ExpressionError::new(offset, len, "this number is too large"));
    }
    Ok((Piece::Quantity(value, unit), len + unit_len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<Piece> {
        tokens(text).unwrap().into_iter().map(|token| token.piece).collect()
    }

    fn name(text: &str) -> Piece {
        Piece::Name(text.to_owned(), false)
    }

    #[test]
    fn hyphens_belong_to_names_unless_spaced() {
        assert_eq!(pieces("place-order"), [name("place-order"), Piece::End]);
        assert_eq!(pieces("ok - late"), [name("ok"), Piece::Sign("-"), name("late"), Piece::End]);
        let after_parenthesis = pieces("p99(a)-p50(a)");
        assert_eq!(after_parenthesis[4], Piece::Sign("-"));
        assert_eq!(pieces("'a flow.1'")[0], Piece::Name("a flow.1".to_owned(), true));
    }

    #[test]
    fn numbers_carry_their_units() {
        let cases = [
            ("250ms", 250e6, Unit::Time),
            ("0.5us", 500.0, Unit::Time),
            ("2min", 120e9, Unit::Time),
            ("1%", 0.01, Unit::Ratio),
            ("99.9%", 0.999, Unit::Ratio),
            ("1_000", 1000.0, Unit::Number),
            ("400/s", 400.0, Unit::Rate),
        ];
        for (text, value, unit) in cases {
            let got = tokens(text).unwrap();
            assert_eq!(got[0].piece, Piece::Quantity(value, unit), "{text}");
            assert_eq!(got[0].len, text.len());
        }
        assert_eq!(pieces("6/sd")[1], Piece::Sign("/"), "a division by a figure, no rate");
    }

    #[test]
    fn mistakes_have_places() {
        let cases = [
            ("p99 = 3", 4, 1),
            ("5 < 3 lightyears & 2", 17, 1),
            ("1 < 250mss", 7, 3),
            ("x 'abc", 2, 4),
        ];
        for (text, offset, len) in cases {
            let error = tokens(text).unwrap_err();
            assert_eq!((error.offset, error.len), (offset, len), "{text}: {}", error.message);
        }
    }
}
