//! Which attempts led to a message (docs/semantics.md, rule 9). What an operation wants (keys, amounts,
//! counts, branches, refusals) is drawn from its word alone and stays the same however often it is tried;
//! how long its work takes, at whomever it reaches, every attempt draws anew for all that happens because
//! of it:
//!
//! ```text
//! client ──▶ api ──▶ orders ──▶ psp     all are first attempts: what every design shares
//!                      └─▶ psp          `orders` tries again: the psp draws anew
//!            └─▶ orders ──▶ psp         `api` tries again: orders and the psp draw anew
//! ```
//!
//! An attempt is a retry, a second copy, a delivery that is not the first, a publication sent again,
//! a compensation tried again, the network's double of a message, and a customer's next try.

use crate::base::mix;

/// All attempts further out, and this one: as a hash, of which two of one operation are alike once in
/// 32,768 times. Zero where all are first ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lineage(u16);

impl Lineage {
    /// Nothing was tried before.
    pub const FIRST: Self = Self(0);

    /// That of what is tried again: the attempt of this number of what has this stable name. Number 0
    /// is the first one, and changes nothing. Who counts none gives the instant instead.
    #[must_use]
    pub fn again(self, name: u64, attempt: u64) -> Self {
        if attempt == 0 {
            return self;
        }
        let word = mix(mix(name, attempt), u64::from(self.0));
        Self((word >> 48) as u16 | 1)
    }

    /// Tells the draws of this attempt from those of others.
    #[inline]
    pub(super) fn offset(self) -> u64 {
        u64::from(self.0)
    }
}
