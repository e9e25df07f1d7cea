//! What whoever sends a request asks of an entry, made ready: where it goes, and how long the work takes
//! with which the entry begins. It finds what is drawn, from what and by which name in one place. Draws
//! nothing itself.

use super::program::{Act, Entry, Instr, Programs};
use crate::base::{Dist, Span};
use crate::engine::InstanceId;
use crate::model::{NodeIx, NodeModel};
use crate::scenario::tree::{NodeKind, Scenario};

/// An entry, as those see it who send requests there.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// Where it is.
    pub node: NodeIx,
    /// The one instance of it that takes calls, if there are not several.
    pub only: Option<InstanceId>,
    /// What it begins with.
    pub demand: Demand,
}

const _: () = assert!(size_of::<Start>() == 64, "one look at memory for each request");

impl Start {
    /// That of this entry of these programs.
    pub(super) fn of(
        entry: &Entry,
        programs: &Programs,
        scenario: &Scenario,
        nodes: &[NodeModel],
    ) -> Self {
        let node = usize::from(entry.node.0);
        let is_only = scenario.nodes[node].kind.callable().min(nodes[node].count) == 1;
        Self {
            node: entry.node,
            only: is_only.then_some(nodes[node].first),
            demand: Demand::of(entry, programs, scenario),
        }
    }
}

/// The work with which an entry begins. The tag is a byte of its own, so that none has to be made of
/// the distribution's.
#[derive(Clone, Debug, PartialEq)]
#[repr(u8)]
pub enum Demand {
    /// Always as long as this: nothing, where an entry does not begin with work.
    Const(Span),
    /// A program's first instruction: a draw of this name.
    Work {
        /// How long.
        dist: Dist,
        /// Names its draw.
        name: u64,
    },
    /// All reads of a transaction of this name: a draw each.
    Reads {
        /// How many there are.
        count: u32,
        /// How long one takes.
        dist: Dist,
        /// Names the transaction's draws.
        name: u64,
    },
}

impl Demand {
    /// What this entry of these programs begins with.
    fn of(entry: &Entry, programs: &Programs, scenario: &Scenario) -> Self {
        match entry.act {
            Act::Run { start, .. } => match &programs.code[start.0 as usize] {
                Instr::Work { dist: Dist::Const(ns), .. } => Self::Const(Span::from_ns(*ns)),
                Instr::Work { dist, name } => Self::Work { dist: dist.clone(), name: *name },
                _ => Self::Const(Span::ZERO),
            },
            Act::Transact(txn) => {
                let txn = &programs.transactions[txn.0 as usize];
                match &scenario.nodes[entry.node.0 as usize].kind {
                    NodeKind::Database(database) if !txn.reads.is_empty() => Self::Reads {
                        count: txn.reads.len() as u32,
                        dist: database.read.clone(),
                        name: txn.name,
                    },
                    _ => Self::Const(Span::ZERO),
                }
            }
            Act::Keep { .. } => Self::Const(Span::ZERO),
        }
    }
}
