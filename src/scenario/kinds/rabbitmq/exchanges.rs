//! Exchanges of `RabbitMQ`, and the bindings of queues to them. A service publishes to the exchange of its
//! name, a flow's home also the commands of its flow; each service has one queue. An exchange of which the file
//! says nothing is a fanout to the queues of all who handle what is published. Knows no message but by its
//! `Subject`.
//!
//! After rabbitmq.com/docs/exchanges: a direct exchange wants the very routing key, a topic exchange has `*`
//! for one word and `#` for any number, a fanout looks at nothing, a headers exchange wants all or any of the
//! headers.

use super::{Role, Use};
use crate::scenario::codes::Code;
use crate::scenario::kinds::parts::{Header, Subject, Wanted};
use crate::scenario::nearest::nearest;
use crate::scenario::reader::Reader;
use crate::scenario::source::Extent;
use crate::scenario::syntax::Value;
use crate::scenario::tree::NodeIx;

/// An exchange, and who is bound to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The service that publishes to it.
    pub of: NodeIx,
    /// The bindings, in the order of the file.
    pub bindings: Vec<Binding>,
}

/// What of an exchange's messages goes to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Whose queue.
    pub to: NodeIx,
    /// What goes there.
    pub takes: Takes,
}

/// What a binding takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Everything (fanout).
    All,
    /// What has such a routing key (direct and topic).
    Key(Vec<Word>),
    /// What has all of these headers, or one of them.
    Headers {
        /// All of them?
        all: bool,
        /// These.
        wanted: Vec<Wanted>,
    },
}

/// A word of a binding's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// This.
    Is(String),
    /// `*`: any one.
    One,
    /// `#`: any number, none too.
    Any,
}

impl Exchange {
    /// Does a message about this go to the queue of that service?
    pub fn routes(&self, subject: &Subject<'_>, to: NodeIx) -> bool {
        self.bindings.iter().any(|it| it.to == to && it.takes.fits(subject))
    }
}

impl Takes {
    fn fits(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Key(words) => fits(words, &subject.key()),
            Self::Headers { all: true, wanted } => wanted.iter().all(|it| subject.has(it)),
            Self::Headers { all: false, wanted } => wanted.iter().any(|it| subject.has(it)),
        }
    }
}

/// Is this key such a one?
fn fits(pattern: &[Word], key: &[&str]) -> bool {
    match (pattern, key) {
        ([], key) => key.is_empty(),
        ([Word::Any, rest @ ..], key) => {
            fits(rest, key) || key.split_first().is_some_and(|(_, key)| fits(pattern, key))
        }
        (_, []) => false,
        ([Word::One, rest @ ..], [_, key @ ..]) => fits(rest, key),
        ([Word::Is(word), rest @ ..], [first, key @ ..]) => word == first && fits(rest, key),
    }
}

/// The words of a key, or of a pattern; `#.#` is as `#`, and whoever follows a pattern takes a step for each.
fn words(text: &str, is_pattern: bool) -> Vec<Word> {
    let word = |word: &str| match word {
        "*" if is_pattern => Word::One,
        "#" if is_pattern => Word::Any,
        word => Word::Is(word.to_owned()),
    };
    let mut words: Vec<Word> = text.split('.').map(word).collect();
    words.dedup_by(|word, before| *word == Word::Any && *before == Word::Any);
    words
}

/// The headers of a key's words, in order; the first word may be a flow or an entity.
const WORDS: [&[Header]; 3] =
    [&[Header::Flow, Header::Entity], &[Header::Service], &[Header::Kind]];

const KEY: &str = "a routing key is FLOW.SERVICE.KIND, as in \"place-order.payments.do\"";

impl<'a> Reader<'a> {
    /// `{ "orders": Topic({ "mail": "place-order.*.done" }) }`.
    pub(super) fn exchanges(&mut self, value: &'a Value) -> Option<Vec<Exchange>> {
        let services = Role::that_are(Use::Service);
        let entries = self.entries(value, "exchanges");
        let read = entries.into_iter().map(|(name, at, value)| {
            let of = self.node_named(name, at, &services);
            let bindings = self.exchange(value);
            Some(Exchange { of: of?, bindings: bindings? })
        });
        read.collect::<Vec<_>>().into_iter().collect()
    }

    /// `Fanout(["mail"])`, `Direct({...})`, `Topic({...})`, `Headers({...})`.
    fn exchange(&mut self, value: &'a Value) -> Option<Vec<Binding>> {
        let value = self.follow(value)?;
        let read: fn(&mut Self, &'a Value) -> Option<Takes> = match value.word() {
            Some("Fanout") => return self.fanout(value),
            Some("Direct") => |it, value| it.binding_key(value, false),
            Some("Topic") => |it, value| it.binding_key(value, true),
            Some("Headers") => Self::headers,
            _ => {
                self.unknown_word(value, "an exchange", &["Direct", "Fanout", "Topic", "Headers"]);
                return None;
            }
        };
        let fields = self.fields(value, "an exchange", 1, &["bindings"])?;
        let bindings = self.must(&fields, "bindings", |_, value| Some(value))?;
        let entries = self.entries(bindings, "bindings");
        let read = entries.into_iter().map(|(name, at, value)| {
            let to = self.node_named(name, at, &Role::that_are(Use::Service));
            let takes = self.list(value, "bindings", true)?.iter().map(|item| read(self, item));
            let takes = takes.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>();
            let to = to?;
            Some(takes?.into_iter().map(move |takes| Binding { to, takes }).collect::<Vec<_>>())
        });
        let read: Option<Vec<Vec<Binding>>> = read.collect::<Vec<_>>().into_iter().collect();
        Some(read?.into_iter().flatten().collect())
    }

    fn fanout(&mut self, value: &'a Value) -> Option<Vec<Binding>> {
        let fields = self.fields(value, "a fanout exchange", 1, &["bindings"])?;
        let queues =
            self.must(&fields, "bindings", |it, value| it.list(value, "services", true))?;
        let services = Role::that_are(Use::Service);
        let mut bindings: Vec<Binding> = Vec::new();
        for queue in queues {
            let to = self.node(queue, &services)?;
            if bindings.iter().any(|it| it.to == to) {
                let message = format!("{:?} is bound twice", self.known.node_name(to));
                self.wrong(Code::NoEffect, queue.at, message).help("one binding is enough");
                continue;
            }
            bindings.push(Binding { to, takes: Takes::All });
        }
        Some(bindings)
    }

    fn headers(&mut self, value: &'a Value) -> Option<Takes> {
        let value = self.follow(value)?;
        let all = match value.word() {
            Some("All") => true,
            Some("Any") => false,
            _ => {
                self.unknown_word(value, "a binding of a headers exchange", &["All", "Any"]);
                return None;
            }
        };
        Some(Takes::Headers { all, wanted: self.wanted(value, "a binding's headers")? })
    }

    /// The key of a binding, which may be a pattern.
    fn binding_key(&mut self, value: &'a Value, is_pattern: bool) -> Option<Takes> {
        let (text, at) = self.text(value)?;
        let words = words(text, is_pattern);
        let has_any = words.contains(&Word::Any);
        let fixed = words.iter().filter(|word| **word != Word::Any).count();
        if text.is_empty() || fixed > WORDS.len() || (!has_any && fixed < WORDS.len()) {
            self.wrong(Code::WrongShape, at, format!("no routing key is like {text:?}")).help(KEY);
            return None;
        }
        for (place, word) in words.iter().enumerate() {
            let headers = if has_any { WORDS.concat() } else { WORDS[place].to_vec() };
            if let Word::Is(word) = word
                && !self.is_word(word, &headers, at, is_pattern)
            {
                return None;
            }
        }
        Some(Takes::Key(words))
    }

    /// Can this word stand in a key? Notes what it could have been if it cannot.
    fn is_word(&mut self, word: &str, headers: &[Header], at: Extent, is_pattern: bool) -> bool {
        let known: Vec<&str> = headers.iter().flat_map(|it| self.said_as(*it)).collect();
        if known.contains(&word) {
            return true;
        }
        let help = match nearest(word, known.iter().copied()) {
            _ if word.contains(['*', '#']) && is_pattern => {
                "`*` stands for one word and `#` for any number of words, never for a part of one"
                    .to_owned()
            }
            _ if word.contains(['*', '#']) => "patterns are for `Topic`".to_owned(),
            Some(near) => format!("did you mean {near:?}?"),
            None => KEY.to_owned(),
        };
        self.wrong(Code::UnknownName, at, format!("no routing key has {word:?} there")).help(help);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{Word, fits, words};

    #[test]
    fn a_star_is_one_word_and_a_hash_any_number() {
        let is = |pattern: &str, key: &str| {
            fits(&words(pattern, true), &key.split('.').collect::<Vec<_>>())
        };
        // tutorials/tutorial-five: the rabbits of the topic exchange.
        for key in ["quick.orange.rabbit", "lazy.orange.elephant", "quick.orange.fox"] {
            assert!(is("*.orange.*", key) && is("#", key) && is("#.orange.#", key), "{key}");
        }
        assert!(is("lazy.#", "lazy.orange.new.rabbit") && is("lazy.#", "lazy"));
        assert!(!is("*.orange.*", "orange") && !is("*.orange.*", "lazy.orange.new.rabbit"));
        assert!(is("*.*.rabbit", "lazy.pink.rabbit") && !is("*.*.rabbit", "lazy.pink.fox"));
        assert!(is("#.fox", "fox") && is("a.#.b", "a.b") && !is("a.*.b", "a.b"));
    }

    #[test]
    fn any_number_of_hashes_in_a_row_is_one() {
        let many = "#.".repeat(1_000_000) + "fox";
        assert_eq!(words(&many, true), [Word::Any, Word::Is("fox".to_owned())]);
        assert_eq!(words("a.a", true).len(), 2);
    }
}
