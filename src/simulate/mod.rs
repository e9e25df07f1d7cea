//! From scenario to outcome: what the library is asked for. [`run()`] is the pipeline, and
//! [`Timeline`] the run that it lets pass; beside them stand what probes know beforehand, the guards
//! in force and the name of a model.

mod guards;
mod hash;
mod layout;
mod run;
mod standing;
mod timeline;

pub use guards::guards;
pub use hash::model_hash;
pub use layout::{layout, senders};
pub use run::{
    Reached, Watch, audit, explain, label, run, run_beside, run_to_audit, run_watched, run_with,
    why_partial,
};
pub use timeline::Timeline;
