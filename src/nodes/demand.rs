//! How long the work takes with which an entry begins: a function of the model and the header
//! alone, the same at every node. So whoever sends a request draws it, long before it is needed: a
//! logarithm takes some hundred cycles, and on arrival everything would wait for it.

use crate::base::{Dist, Span, mix};
use crate::model::Model;
use crate::model::program::{Act, EntryIx, Instr, Txn};
use crate::scenario::tree::NodeKind;

/// The first work of a program, or all reads of a transaction, unless something is slow; zero for
/// everything else. An attempt draws anew; designs that do the same draw the same.
#[inline(never)]
pub fn first(model: &Model, entry: EntryIx, word: u64, attempt: u8) -> Span {
    let entry = &model.programs.entries[entry.0 as usize];
    match entry.act {
        Act::Run { start, .. } => work(&model.programs.code[start.0 as usize], word, attempt),
        Act::Transact(txn) => {
            let NodeKind::Database(database) = &model.scenario.nodes[entry.node.0 as usize].kind
            else {
                return Span::ZERO;
            };
            let txn = &model.programs.transactions[txn.0 as usize];
            draws(&database.read, txn, word, attempt, 0..txn.reads.len() as u64)
        }
        Act::Keep(_) => Span::ZERO,
    }
}

/// How long the work of this instruction takes, if it is work: an attempt's draw of its
/// operation's word.
#[inline]
pub fn work(instr: &Instr, word: u64, attempt: u8) -> Span {
    match instr {
        Instr::Work { dist, name } => dist.span(mix(word, name.wrapping_add(u64::from(attempt)))),
        _ => Span::ZERO,
    }
}

/// So many of a transaction's draws together.
#[inline]
pub fn draws(dist: &Dist, txn: &Txn, word: u64, attempt: u8, which: std::ops::Range<u64>) -> Span {
    let (word, first) = (mix(word, txn.name), u64::from(attempt) << 32);
    which.fold(Span::ZERO, |sum, draw| sum + dist.span(mix(word, first + draw)))
}
