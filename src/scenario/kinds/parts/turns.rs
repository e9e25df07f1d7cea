//! Whose turn it is at a service: the discipline of its queue, and who leaves it unserved.

use crate::base::{Dist, Span};
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::{Kind, Value};
use crate::scenario::tree::FlowIx;

/// More classes say nothing.
const MAX_CLASSES: usize = 200;

/// How a service's workers are handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// First come, first served.
    Fifo,
    /// Last come, first served; what runs is not interrupted.
    Lifo,
    /// The flows of the first class before those of the second and so on, those of no class last;
    /// within a class first come, first served.
    Priority {
        /// The classes.
        classes: Vec<Vec<FlowIx>>,
        /// Does work of a better class interrupt work of a worse one, which is resumed later?
        preempt: bool,
    },
    /// All that is there shares the workers equally.
    ProcessorSharing,
}

/// What a service says about its queue, beside its room.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    /// Who goes first.
    pub discipline: Discipline,
    /// Who waits longer withdraws.
    pub patience: Option<Dist>,
    /// Who has waited longer is thrown away at the head.
    pub shed_after: Option<Span>,
    /// Who is past its deadline is.
    pub shed_expired: bool,
}

impl<'a> Reader<'a> {
    /// Reads the fields of a service that are about turns.
    pub(crate) fn turns(&mut self, fields: &Fields<'a>) -> Option<Turns> {
        let discipline = self.setting(fields, "discipline", Self::discipline);
        let patience = self.optional(fields, "patience", Self::dist);
        let shed_after = self.optional(fields, "shed_after", Self::span);
        let shed_expired = self.setting(fields, "shed_expired", Self::flag);
        let turns = Turns {
            discipline: discipline?,
            patience: patience?,
            shed_after: shed_after?,
            shed_expired: shed_expired?,
        };
        let given = [
            ("patience", turns.patience.is_some()),
            ("shed_after", turns.shed_after.is_some()),
            ("shed_expired", turns.shed_expired),
        ];
        let is_shared = turns.discipline == Discipline::ProcessorSharing;
        for (name, _) in given.iter().filter(|(_, is_given)| is_shared && *is_given) {
            let at = fields.get(name).map_or(fields.head, Value::head);
            self.wrong(Code::UnknownField, at, "where all share the workers nobody waits for one")
                .help(format!("leave `{name}` out, or take another `discipline`"));
        }
        Some(turns)
    }

    fn discipline(&mut self, value: &'a Value) -> Option<Discipline> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Fifo"), Kind::Word(_)) => Some(Discipline::Fifo),
            (Some("Lifo"), Kind::Word(_)) => Some(Discipline::Lifo),
            (Some("ProcessorSharing"), Kind::Word(_)) => Some(Discipline::ProcessorSharing),
            (Some("Priority"), _) => self.priority(value),
            _ => {
                let words = ["Fifo", "Lifo", "Priority([\"flow\"])", "ProcessorSharing"];
                self.unknown_word(value, "a discipline", &words);
                None
            }
        }
    }

    fn priority(&mut self, value: &'a Value) -> Option<Discipline> {
        let fields = self.fields(value, "Priority", 1, &["classes", "preempt"])?;
        let classes = self.must(&fields, "classes", |reader, value| {
            let items = reader.list(value, "flows, or of lists of them", true)?;
            if items.is_empty() || items.len() > MAX_CLASSES {
                let message = format!("expected 1 to {MAX_CLASSES} classes, found {}", items.len());
                reader.wrong(Code::OutOfRange, value.head(), message);
                return None;
            }
            let mut taken = Vec::new();
            let classes: Vec<_> = items.iter().map(|item| reader.class(item, &mut taken)).collect();
            classes.into_iter().collect::<Option<Vec<_>>>()
        });
        let preempt = self.or(&fields, "preempt", false, Self::flag);
        Some(Discipline::Priority { classes: classes?, preempt: preempt? })
    }

    /// A flow, or a list of flows of one class.
    fn class(&mut self, value: &'a Value, taken: &mut Vec<FlowIx>) -> Option<Vec<FlowIx>> {
        let items = self.list(value, "flows", true)?;
        let flows: Vec<_> = items.iter().map(|item| self.classed(item, taken)).collect();
        flows.into_iter().collect()
    }

    fn classed(&mut self, value: &'a Value, taken: &mut Vec<FlowIx>) -> Option<FlowIx> {
        let flow = self.flow(value)?;
        if taken.contains(&flow) {
            let name = self.known.flows[flow.0 as usize].name;
            let message = format!("the flow {name:?} is in two classes");
            self.wrong(Code::DuplicateName, value.head(), message);
            return None;
        }
        taken.push(flow);
        Some(flow)
    }
}
