//! Settings that several kinds share, or that are long enough for a file of their own: what they
//! mean, and how they are read. Knows no kind.

mod arrivals;
mod followers;
mod instances;
mod keeping;
mod rates;
mod subject;
mod terms;
mod turns;

pub(super) use arrivals::MAX_SESSIONS;
pub use arrivals::{Arrivals, Batch};
pub use followers::{Followers, Readers};
pub use instances::Balance;
pub(in crate::scenario) use keeping::KEEPING;
pub use keeping::{Cache, Evict, Expiry, Keeping, Life};
pub use rates::{Rates, Stretch};
pub use subject::{Header, Says, Subject, Wanted};
pub use terms::{Carries, Commit, Consume, Failed, Gather, Polls, Produce, Style, Terms};
pub use turns::Discipline;
