//! How long the work takes that an entry begins with: a function of the model and the header
//! alone, the same at every node. So whoever sends a request draws it, long before it is needed: a
//! logarithm takes some hundred cycles, and on arrival everything would wait for it.

use crate::base::{Dist, Span, mix};
use crate::model::Model;
use crate::model::demand::{Demand, Start};
use crate::model::program::{EntryIx, Instr};

/// The first work of a program, or all reads of a transaction, unless something is slow; zero for
/// everything else. An attempt draws anew; designs that do the same draw the same.
#[inline]
pub(in crate::nodes) fn first(model: &Model, entry: EntryIx, word: u64, attempt: u8) -> Span {
    first_of(&model.programs.starts[entry.0 as usize], word, attempt)
}

/// The same of what is known already.
#[inline]
pub(in crate::nodes) fn first_of(start: &Start, word: u64, attempt: u8) -> Span {
    match &start.demand {
        Demand::Const(span) => *span,
        drawn => draw(drawn, word, attempt),
    }
}

#[inline(never)]
fn draw(demand: &Demand, word: u64, attempt: u8) -> Span {
    match demand {
        Demand::Const(span) => *span,
        Demand::Work { dist, name } => dist.span(mix(word, name.wrapping_add(u64::from(attempt)))),
        Demand::Reads { count: 1, dist, name } => dist.span(draw_of(mix(word, *name), attempt, 0)),
        Demand::Reads { count, dist, name } => {
            draws(dist, *name, word, attempt, 0..u64::from(*count))
        }
    }
}

/// How long the work of this instruction takes, if it is work: an attempt's draw of its
/// operation's word.
#[inline]
pub(in crate::nodes) fn work(instr: &Instr, word: u64, attempt: u8) -> Span {
    match instr {
        Instr::Work { dist, name } => dist.span(mix(word, name.wrapping_add(u64::from(attempt)))),
        _ => Span::ZERO,
    }
}

/// So many of a transaction's draws together.
#[inline(never)]
pub(in crate::nodes) fn draws(
    dist: &Dist,
    name: u64,
    word: u64,
    attempt: u8,
    which: std::ops::Range<u64>,
) -> Span {
    let word = mix(word, name);
    which.fold(Span::ZERO, |sum, draw| sum + dist.span(draw_of(word, attempt, draw)))
}

/// One draw of a transaction with this word, at this attempt.
fn draw_of(word: u64, attempt: u8, draw: u64) -> u64 {
    mix(word, (u64::from(attempt) << 32) + draw)
}
