//! The syntax of expectations and measures: a small language, parsed by recursive descent into an
//! [`Expression`].
//!
//! ```text
//! statement  = comparison { "and" comparison }
//! comparison = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
//! sum        = product { ("+" | "-") product }
//! product    = unary { ("*" | "/") unary }
//! unary      = [ "-" ] ( number | figure | "(" statement ")" )
//! figure     = [ design "." ] name [ "(" [ argument { "," argument } ] ")" ] [ "from" time "to" time ]
//! argument   = name | "'" any text "'" | number
//! ```

use super::expression::{
    Argument, Expression, ExpressionError, Figure, Kind, Node, Relation, Word,
};
use super::lexer::{Piece, Token, tokens};
use super::unit::{Operator, Unit};

/// Deeper nesting is a mistake of the author, not a reason to run out of stack.
const MAX_DEPTH: u32 = 64;

/// Nor are more bytes than anybody would write.
const MAX_LEN: usize = 4_000;

/// Parses one expression.
pub fn parse(text: &str) -> Result<Expression, ExpressionError> {
    if text.len() > MAX_LEN {
        return Err(ExpressionError::new(
            0,
            text.len(),
            format!("this is longer than {MAX_LEN} bytes"),
        ));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let root = parser.statement()?;
    match parser.peek() {
        Piece::End => Ok(Expression { text: text.to_owned(), root }),
        Piece::Sign(sign) if relation(sign).is_some() => Err(parser
            .error("comparisons do not chain")
            .with_help("join two comparisons with `and`")),
        _ => Err(parser.error("the expression should have ended before this")),
    }
}

fn relation(sign: &str) -> Option<Relation> {
    use Relation::{AtLeast, AtMost, Equal, Greater, Less, Unequal};
    [Less, AtMost, Greater, AtLeast, Equal, Unequal]
        .into_iter()
        .find(|relation| relation.sign() == sign)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
}

impl Parser {
    fn statement(&mut self) -> Result<Node, ExpressionError> {
        let mut left = self.comparison()?;
        while self.eats_word("and") {
            let right = self.comparison()?;
            left = join(left, right, Kind::And);
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Result<Node, ExpressionError> {
        let left = self.sum()?;
        let Piece::Sign(sign) = *self.peek() else {
            return Ok(left);
        };
        let Some(relation) = relation(sign) else {
            return Ok(left);
        };
        self.at += 1;
        let right = self.sum()?;
        Ok(join(left, right, |left, right| Kind::Compare(relation, left, right)))
    }

    fn sum(&mut self) -> Result<Node, ExpressionError> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Piece::Sign("+") => Operator::Add,
                Piece::Sign("-") => Operator::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.product()?;
            left = join(left, right, |left, right| Kind::Binary(operator, left, right));
        }
    }

    fn product(&mut self) -> Result<Node, ExpressionError> {
        let mut left = self.unary()?;
        loop {
            let operator = match self.peek() {
                Piece::Sign("*") => Operator::Multiply,
                Piece::Sign("/") => Operator::Divide,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.unary()?;
            left = join(left, right, |left, right| Kind::Binary(operator, left, right));
        }
    }

    fn unary(&mut self) -> Result<Node, ExpressionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("this is nested too deeply"));
        }
        let begin = self.token().offset;
        let node = if self.eats("-") {
            let inner = self.unary()?;
            let len = inner.offset + inner.len - begin;
            Node { kind: Kind::Negate(Box::new(inner)), offset: begin, len }
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn primary(&mut self) -> Result<Node, ExpressionError> {
        let token = self.token().clone();
        match token.piece {
            Piece::Quantity(value, unit) => {
                self.at += 1;
                Ok(Node { kind: Kind::Quantity(value, unit), offset: token.offset, len: token.len })
            }
            Piece::Name(..) => self.figure(),
            Piece::Sign("(") => {
                self.at += 1;
                let mut inner = self.statement()?;
                self.expect(")")?;
                inner.offset = token.offset;
                inner.len = self.end() - token.offset;
                Ok(inner)
            }
            _ => Err(self.error("a figure or a number should stand here")),
        }
    }

    fn figure(&mut self) -> Result<Node, ExpressionError> {
        let mut name = self.word("the name of a figure")?;
        let offset = name.offset;
        let mut design = None;
        if self.eats(".") {
            let figure = self.word("the name of a figure");
            name = match (figure, fraction(&name.text, self.peek())) {
                (Err(error), Some(percent)) => {
                    let help = format!("for any percentile there is `p({percent}, ...)`");
                    return Err(error.with_help(help));
                }
                (figure, _) => {
                    design = Some(name);
                    figure?
                }
            };
        }
        let arguments = if self.eats("(") { self.arguments()? } else { Vec::new() };
        let stretch = if self.eats_word("from") { Some(self.stretch()?) } else { None };
        let kind = Kind::Figure(Figure { design, name, arguments, stretch });
        Ok(Node { kind, offset, len: self.end() - offset })
    }

    fn arguments(&mut self) -> Result<Vec<Argument>, ExpressionError> {
        let mut arguments = Vec::new();
        if self.eats(")") {
            return Ok(arguments);
        }
        loop {
            let Token { piece, offset, len } = self.token().clone();
            arguments.push(match piece {
                Piece::Quantity(value, unit) => {
                    self.at += 1;
                    Argument::Quantity { value, unit, offset, len }
                }
                _ => Argument::Name(self.word("a name or a number")?),
            });
            if self.eats(")") {
                return Ok(arguments);
            }
            if !self.eats(",") {
                return Err(self.error("a `,` or a `)` should stand here"));
            }
        }
    }

    /// After `from`: a time, `to`, a later time.
    fn stretch(&mut self) -> Result<(f64, f64), ExpressionError> {
        let from = self.time()?;
        if !self.eats_word("to") {
            return Err(self.error("`to` should stand here").with_help("write `from 20s to 30s`"));
        }
        let place = self.token().clone();
        let to = self.time()?;
        if to <= from {
            return Err(ExpressionError::new(
                place.offset,
                place.len,
                "a stretch of time ends after it begins",
            ));
        }
        Ok((from, to))
    }

    fn time(&mut self) -> Result<f64, ExpressionError> {
        match *self.peek() {
            Piece::Quantity(value, unit) if unit == Unit::Time || value == 0.0 => {
                self.at += 1;
                Ok(value)
            }
            _ => Err(self.error("a time should stand here").with_help("write `from 20s to 30s`")),
        }
    }

    fn word(&mut self, what: &str) -> Result<Word, ExpressionError> {
        let Token { piece, offset, len } = self.token().clone();
        match piece {
            Piece::Name(text, quoted) => {
                self.at += 1;
                Ok(Word { text, offset, len, quoted })
            }
            _ => Err(self.error(&format!("{what} should stand here"))),
        }
    }

    fn token(&self) -> &Token {
        &self.tokens[self.at]
    }

    fn peek(&self) -> &Piece {
        &self.token().piece
    }

    /// Where the token that was taken last ended.
    fn end(&self) -> usize {
        let last = &self.tokens[self.at - 1];
        last.offset + last.len
    }

    fn eats(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Piece::Sign(found) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn eats_word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Piece::Name(found, false) if found == word);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, sign: &str) -> Result<(), ExpressionError> {
        if self.eats(sign) {
            Ok(())
        } else {
            Err(self.error(&format!("a `{sign}` should stand here")))
        }
    }

    fn error(&self, message: &str) -> ExpressionError {
        ExpressionError::new(self.token().offset, self.token().len, message)
    }
}

/// A node over two others, from the start of the one to the end of the other.
fn join(left: Node, right: Node, kind: impl FnOnce(Box<Node>, Box<Node>) -> Kind) -> Node {
    let offset = left.offset;
    let len = right.offset + right.len - offset;
    Node { kind: kind(Box::new(left), Box::new(right)), offset, len }
}

/// The percentage that somebody meant by `p99.5`.
fn fraction(before: &str, behind: &Piece) -> Option<String> {
    let whole: u8 = before.strip_prefix('p')?.parse().ok()?;
    match behind {
        Piece::Quantity(part, Unit::Number) if part.fract() == 0.0 => {
            Some(format!("{whole}.{part}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as a fully parenthesised text.
    fn shape(node: &Node) -> String {
        match &node.kind {
            Kind::Quantity(value, unit) => unit.show(*value),
            Kind::Figure(figure) => figure.name.text.clone(),
            Kind::Negate(inner) => format!("-{}", shape(inner)),
            Kind::Binary(operator, a, b) => {
                let sign = match operator {
                    Operator::Add => '+',
                    Operator::Subtract => '-',
                    Operator::Multiply => '*',
                    Operator::Divide => '/',
                };
                format!("({}{sign}{})", shape(a), shape(b))
            }
            Kind::Compare(relation, a, b) => {
                format!("({}{}{})", shape(a), relation.sign(), shape(b))
            }
            Kind::And(a, b) => format!("({}&{})", shape(a), shape(b)),
        }
    }

    #[test]
    fn operators_bind_as_in_school() {
        let cases = [
            ("a + b * c", "(a+(b*c))"),
            ("a - b - c", "((a-b)-c)"),
            ("(a - b) / 2", "((a-b)/2)"),
            ("-a * b", "(-a*b)"),
            ("p99(x) < 250ms", "(p99<250ms)"),
            ("a < 1 and b >= 2 * c and (d != 3)", "(((a<1)&(b>=(2*c)))&(d!=3))"),
        ];
        for (text, expected) in cases {
            assert_eq!(shape(&parse(text).unwrap().root), expected, "{text}");
        }
    }

    #[test]
    fn a_figure_has_design_arguments_and_stretch() {
        let parsed = parse("2 * events.over(place-order, 100ms) from 20s to 30s").unwrap();
        let Kind::Binary(_, _, figure) = parsed.root.kind else { panic!("a product") };
        assert_eq!((figure.offset, figure.len), (4, 47));
        let Kind::Figure(figure) = figure.kind else { panic!("a figure") };
        assert_eq!(figure.design.unwrap().text, "events");
        assert_eq!((figure.name.text.as_str(), figure.name.offset), ("over", 11));
        assert_eq!(figure.stretch, Some((20e9, 30e9)));
        let [Argument::Name(flow), Argument::Quantity { value, unit, offset, len }] =
            &figure.arguments[..]
        else {
            panic!("two arguments")
        };
        assert_eq!(flow.text, "place-order");
        assert_eq!((*value, *unit, *offset, *len), (100e6, Unit::Time, 29, 5));
    }

    #[test]
    fn a_percentile_between_two_is_known_for_what_it_is() {
        let help = |text| parse(text).unwrap_err().help;
        let expected = "for any percentile there is `p(99.5, ...)`";
        assert_eq!(help("p99.5(place-order) < 1s").as_deref(), Some(expected));
        assert_eq!(help("rest.5 < 1s"), None);
    }

    #[test]
    fn mistakes_have_places() {
        let cases = [
            ("", 0, 0),
            ("p99(place-order) <", 18, 0),
            ("p99(place-order < 3", 16, 1),
            ("a < b < c", 6, 1),
            ("p99(a,)", 6, 1),
            ("a b", 2, 1),
            ("p99 from 20s till 30s", 13, 4),
            ("p99 from 30s to 20s", 16, 3),
            ("p99 from 30 to 40s", 9, 2),
            ("(a < 1", 6, 0),
            ("rest.(a)", 5, 1),
        ];
        for (text, offset, len) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!((error.offset, error.len), (offset, len), "{text}: {}", error.message);
        }
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = format!("{}a{}", "(".repeat(1_000), ")".repeat(1_000));
        assert_eq!(parse(&deep).unwrap_err().message, "this is nested too deeply");
        assert!(parse(&format!("{}a{}", "(".repeat(50), ")".repeat(50))).is_ok());
        assert!(parse(&vec!["a"; 500].join(" + ")).is_ok(), "length is not depth");
        assert!(parse(&"a + ".repeat(1_001)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_typed_is_parsed_or_has_a_place(
            text in "([a-z0-9.%/<=>!()'+*, -]|and |p99|\\PC){0,24}"
        ) {
            match parse(&text) {
                Ok(parsed) => proptest::prop_assert!(parsed.root.offset + parsed.root.len <= text.len()),
                Err(error) => {
                    proptest::prop_assert!(text.get(error.offset..error.offset + error.len).is_some());
                }
            }
        }
    }
}
