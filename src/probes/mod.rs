//! Probes: listeners to [`fact::Fact`]s. They see everything and schedule nothing; what they
//! measured becomes an [`outcome::Outcome`].

pub mod fact;
pub mod outcome;
pub mod sketch;

pub use fact::{Carrier, Fact, KeyId, OpId, Reason, Verdict};

use crate::base::Time;
use crate::engine::InstanceId;

/// A listener.
pub trait Probe {
    /// `fact` happened at instance `at`, at the instant `now`.
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deaf;

impl Probe for Deaf {
    #[inline]
    fn see(&mut self, _: Time, _: InstanceId, _: Fact) {}
}
