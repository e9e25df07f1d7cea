//! How long the work takes that an entry begins with: a function of the model and the header
//! alone, the same at every node. So whoever sends a request draws it, long before it is needed: a
//! logarithm takes some hundred cycles, and on arrival everything would wait for it.

use crate::base::{Dist, Span, mix};
use crate::model::Model;
use crate::model::demand::{Demand, Start};
use crate::model::program::{EntryIx, Instr};
use crate::nodes::message::Op;

/// The first work of a program, or all reads of a transaction, unless something is slow; zero for
/// everything else. An attempt draws anew; designs that do the same draw the same.
#[inline]
pub(in crate::nodes) fn first(model: &Model, entry: EntryIx, op: &Op) -> Span {
    first_of(&model.programs.starts[entry.0 as usize], op)
}

/// The same of what is known already.
#[inline]
pub(in crate::nodes) fn first_of(start: &Start, op: &Op) -> Span {
    match &start.demand {
        Demand::Const(span) => *span,
        drawn => draw(drawn, op),
    }
}

#[inline(never)]
fn draw(demand: &Demand, op: &Op) -> Span {
    match demand {
        Demand::Const(span) => *span,
        Demand::Work { dist, name } => dist.span(op.drawn_anew(*name)),
        Demand::Reads { count: 1, dist, name } => dist.span(mix(op.drawn_anew(*name), 0)),
        Demand::Reads { count, dist, name } => draws(dist, *name, op, 0..u64::from(*count)),
    }
}

/// How long the work of this instruction takes, if it is work.
#[inline]
pub(in crate::nodes) fn work(instr: &Instr, op: &Op) -> Span {
    match instr {
        Instr::Work { dist, name } => dist.span(op.drawn_anew(*name)),
        _ => Span::ZERO,
    }
}

/// So many of a transaction's draws together.
#[inline(never)]
pub(in crate::nodes) fn draws(
    dist: &Dist,
    name: u64,
    op: &Op,
    which: std::ops::Range<u64>,
) -> Span {
    let word = op.drawn_anew(name);
    which.fold(Span::ZERO, |sum, draw| sum + dist.span(mix(word, draw)))
}
