//! Registries: how one learns who is there, and how callers learn it from the registry. Each product
//! is a word with settings of its own, in a file of its own.

mod consul;
mod eureka;
mod kubernetes;

use super::{About, Breakable, Kind, NodeKind, Role, Use, Usual, Word, settings};
use crate::base::{Dist, Span};
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

/// Failures or successes in a row.
const MAX_THRESHOLD: u32 = 1_000_000;

pub(super) static ABOUT: About = About {
    role: Role::Registry,
    name: "registry",
    phrase: "a registry",
    uses: &[Use::Registry],
    breaks: &[Breakable::Process],
    words: &[&eureka::WORD, &kubernetes::WORD, &consul::WORD],
};

/// A registry of instances.
#[derive(Clone, Debug, PartialEq)]
pub struct Registry {
    /// How it learns who is there.
    pub checks: Checks,
    /// How callers learn of it.
    pub spread: Spread,
}

/// How a registry learns who is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Checks {
    /// Instances say so again and again.
    Leases(Leases),
    /// It asks them again and again.
    Probes(Probes),
}

/// Leases in the manner of Netflix Eureka.
#[derive(Clone, Debug, PartialEq)]
pub struct Leases {
    /// From one renewal of an instance to the next.
    pub heartbeat: Span,
    /// How long a lease lasts.
    pub lease: Span,
    /// Does a renewal count the lease twice, as Eureka's does?
    pub doubled: bool,
    /// From one run of the evictor to the next.
    pub evict_every: Span,
    /// Is nothing evicted while fewer renewals come than expected?
    pub self_preservation: bool,
    /// What share of the renewals is expected, and of the registry spared by each run.
    pub renewal_threshold: f64,
}

/// Probes in the manner of Kubernetes and Consul.
#[derive(Clone, Debug, PartialEq)]
pub struct Probes {
    /// From one probe of an instance to the next.
    pub period: Span,
    /// A probe without an answer has failed after this.
    pub timeout: Span,
    /// So many failures running take an instance off the list, at least 1.
    pub failures: u32,
    /// So many successes running put it (back) on, at least 1.
    pub successes: u32,
    /// How long until it is told that a process has exited; `None` is never.
    pub exits: Option<Dist>,
    /// An instance that has failed for so long is forgotten: it has to register again.
    pub deregister_after: Option<Span>,
}

/// How callers learn what a registry lists.
#[derive(Clone, Debug, PartialEq)]
pub enum Spread {
    /// Each asks again and again.
    Fetched {
        /// From one time to the next.
        every: Span,
        /// What they are told is so often brought up to date; `None` is always.
        cache: Option<Span>,
    },
    /// They are told of each change.
    Pushed {
        /// How long that takes; `None` is the way there.
        after: Option<Dist>,
    },
}

impl Kind for Registry {
    fn about(&self) -> &'static About {
        &ABOUT
    }
}

impl<'a> Reader<'a> {
    /// One probe at a time.
    fn check_timeout(&mut self, fields: &Fields<'a>, probes: &Probes, period: &str) -> Option<()> {
        if probes.timeout <= probes.period {
            return Some(());
        }
        let at = fields.get("timeout").or(fields.get(period));
        let message = format!(
            "a probe is given up after {}, when the next one has begun: they come every {}",
            probes.timeout, probes.period
        );
        self.wrong(Code::OutOfRange, at.map_or(fields.head, Value::head), message)
            .help(format!("`timeout` must not be longer than `{period}`"));
        None
    }
}
