//! Second copies of requests: hedged and tied requests, as files write them. What callers do about
//! them, and where that comes from, is in `nodes/calls/hedge.rs`.

use super::{Guard, Policy, Room};
use crate::base::Span;
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

/// Most second copies of one request.
const MAX_COPIES: u32 = 63;

/// Second copies of a request, each to another instance; the first answer wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// So long after the first.
    pub after: Span,
    /// Does the copy that begins first call the other one off?
    pub tied: bool,
    /// So many copies beside the first, each so long after the one before.
    pub copies: u32,
}

pub(super) const ROOM: Room = Room {
    word: "hedge",
    example: r#"(hedge: (after: "20ms"))"#,
    guards: &[
        Guard {
            name: "hedging",
            is_in_force: |policy| policy.hedge.is_some_and(|hedge| !hedge.tied),
        },
        Guard {
            name: "tied requests",
            is_in_force: |policy| policy.hedge.is_some_and(|hedge| hedge.tied),
        },
    ],
    read,
};

fn read<'a>(reader: &mut Reader<'a>, fields: &Fields<'a>, policy: &mut Policy) -> Option<()> {
    let hedge = reader.maybe(fields, "hedge", Reader::hedge)?.flatten();
    if let (Some(hedge), Some(timeout), Some(value)) = (hedge, policy.timeout, fields.get("hedge"))
        && hedge.after >= timeout
    {
        let message = format!(
            "a second copy after {} comes too late for a timeout of {timeout}",
            hedge.after
        );
        reader
            .wrong(Code::OutOfRange, value.head(), message)
            .help("hedge well before the timeout, at a high percentile of the latency");
        return None;
    }
    policy.hedge = hedge;
    Some(())
}

impl<'a> Reader<'a> {
    /// `(after:, tied:, copies:)`; nothing where neither of the first two is set.
    #[expect(clippy::option_option, reason = "the outer one says whether it could be read")]
    fn hedge(&mut self, value: &'a Value) -> Option<Option<Hedge>> {
        let fields = self.fields(value, "a hedge", 0, &["after", "tied", "copies"])?;
        if fields.get("tied").is_none() {
            self.must(&fields, "after", |_, _| Some(()))?;
        }
        let after = self.maybe(&fields, "after", Self::span);
        let tied = self.or(&fields, "tied", false, Self::flag);
        let copies =
            self.or(&fields, "copies", 1, |reader, value| reader.count(value, 1..=MAX_COPIES));
        let (after, tied, copies) = (after?, tied?, copies?);
        if let Some(value) = fields.get("copies").filter(|_| tied && copies > 1) {
            self.wrong(Code::Unsupported, value.head(), "only two copies can be tied")
                .help("leave out `tied`, and call the others off when one has answered: `cancel: Running`");
            return None;
        }
        let is_on = tied || after.is_some();
        Some(is_on.then_some(Hedge { after: after.unwrap_or(Span::ZERO), tied, copies }))
    }
}
