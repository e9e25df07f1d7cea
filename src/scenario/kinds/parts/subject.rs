//! What a message says of itself, so that a broker can choose who gets it: to which flow it belongs, or
//! which data it is about, which service does it or has done it, and what of it. Knows no broker, and nothing
//! else of a message.
//!
//! | | `flow` or `entity` | `service` | `kind` |
//! | --- | --- | --- | --- |
//! | command | the flow | who is to do it | `do`, `undo` |
//! | event, reply | the flow | who has done it, or refuses | `done`, `undone`, `refused` |
//! | what copies follow | the data | its owner | `changed` |

use crate::scenario::codes::Code;
use crate::scenario::nearest::nearest;
use crate::scenario::reader::Reader;
use crate::scenario::source::Extent;
use crate::scenario::syntax::Value;
use crate::scenario::tree::NodeIx;

/// What a message says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Is `name` that of a flow, or of an entity?
    pub is_flow: bool,
    /// Of the flow or entity.
    pub name: &'a str,
    /// The name of the service that does it.
    pub service: &'a str,
    /// What of it.
    pub says: Says,
}

/// What of a flow, or of data, a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// It is to be done.
    Do,
    /// It is to be taken back.
    Undo,
    /// It is done.
    Done,
    /// It is taken back.
    Undone,
    /// It is refused.
    Refused,
    /// An item has changed.
    Changed,
}

impl Says {
    const ALL: [Self; 6] =
        [Self::Do, Self::Undo, Self::Done, Self::Undone, Self::Refused, Self::Changed];

    /// As keys and headers spell it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Do => "do",
            Self::Undo => "undo",
            Self::Done => "done",
            Self::Undone => "undone",
            Self::Refused => "refused",
            Self::Changed => "changed",
        }
    }

    /// Is it an order, which its flow's home gives? All else is said by whom it is about.
    pub fn is_command(self) -> bool {
        matches!(self, Self::Do | Self::Undo)
    }
}

/// The names that a message may say something under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// Its flow.
    Flow,
    /// The data that it is about.
    Entity,
    /// Who does it.
    Service,
    /// What of it.
    Kind,
}

/// As the file spells the headers.
const HEADERS: [(&str, Header); 4] = [
    ("flow", Header::Flow),
    ("entity", Header::Entity),
    ("service", Header::Service),
    ("kind", Header::Kind),
];

/// A header, and the values of which it should have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub header: Header,
    /// Any of these.
    pub values: Vec<String>,
}

impl Subject<'_> {
    /// The words of its routing key, `place-order.payments.do`.
    pub fn key(&self) -> [&str; 3] {
        [self.name, self.service, self.says.word()]
    }

    /// Does it have one of these values?
    pub fn has(&self, wanted: &Wanted) -> bool {
        let value = match wanted.header {
            Header::Flow if self.is_flow => self.name,
            Header::Entity if !self.is_flow => self.name,
            Header::Flow | Header::Entity => return false,
            Header::Service => self.service,
            Header::Kind => self.says.word(),
        };
        wanted.values.iter().any(|wanted| wanted == value)
    }
}

impl<'a> Reader<'a> {
    /// `(flow: "place-order", kind: ["done", "refused"])`: headers, each with the values that will do.
    pub(in crate::scenario) fn wanted(
        &mut self,
        value: &'a Value,
        what: &'static str,
    ) -> Option<Vec<Wanted>> {
        let fields = self.fields(value, what, 0, &HEADERS.map(|(name, _)| name))?;
        let given = HEADERS.iter().filter_map(|(name, header)| Some((header, fields.get(name)?)));
        let given: Vec<_> = given.collect();
        let read = given.into_iter().map(|(&header, value)| {
            let items = self.list(value, "values", true)?;
            let values = items.iter().map(|item| {
                let (text, at) = self.text(item)?;
                self.is_said(text, header, at).then(|| text.to_owned())
            });
            Some(Wanted { header, values: values.collect::<Option<_>>()? })
        });
        read.collect::<Vec<_>>().into_iter().collect()
    }

    /// Can a message say this here? Notes what it could have been if it cannot.
    pub(in crate::scenario) fn is_said(&mut self, word: &str, header: Header, at: Extent) -> bool {
        let known = self.said_as(header);
        if known.contains(&word) {
            return true;
        }
        let what = HEADERS.iter().find(|(_, it)| *it == header).map_or("", |(name, _)| *name);
        let help = match nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None if known.len() <= 12 => format!("there are {}", known.join(", ")),
            None => format!("it must be one of the {} that there are", known.len()),
        };
        self.wrong(Code::UnknownName, at, format!("no message says {word:?} as its {what}"))
            .help(help);
        false
    }

    /// All that can stand there.
    pub(in crate::scenario) fn said_as(&self, header: Header) -> Vec<&'a str> {
        let known = &self.known;
        match header {
            Header::Flow => known.flows.iter().map(|it| it.name).collect(),
            Header::Entity => known.entities.iter().map(|it| it.name).collect(),
            Header::Service => {
                let services = known.that_are(crate::scenario::kinds::Use::Service);
                services.map(|node: NodeIx| known.node_name(node)).collect()
            }
            Header::Kind => Says::ALL.iter().map(|says| says.word()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_the_headers_that_it_says() {
        let order = Subject { is_flow: true, name: "x", service: "mail", says: Says::Done };
        let has = |subject: &Subject<'_>, header, values: &[&str]| {
            let values = values.iter().map(|it| (*it).to_owned()).collect();
            subject.has(&Wanted { header, values })
        };
        assert!(has(&order, Header::Flow, &["y", "x"]) && !has(&order, Header::Flow, &[]));
        assert!(has(&order, Header::Service, &["mail"]) && has(&order, Header::Kind, &["done"]));
        assert!(!has(&order, Header::Entity, &["x"]), "a flow and an entity may have one name");
        let data = Subject { is_flow: false, ..order };
        assert!(has(&data, Header::Entity, &["x"]) && !has(&data, Header::Flow, &["x"]));
    }
}
