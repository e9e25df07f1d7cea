//! Everything that can end a command early, and the one place that turns it into text and an exit
//! code. Mistakes in scenarios arrive as diagnostics of the scenario layer and are only passed on.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::exit::Exit;
use super::output::{Screen, note};
use crate::base::printable;
use crate::report::paint::Tone;

/// Why a command could not do what it was asked.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// The command line asks for something that does not exist or makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A scenario is wrong: diagnostics that are already on stderr.
    #[error("{} found", many(*.0, "mistake"))]
    Invalid(usize),
    /// There is nothing to work on.
    #[error("{0}")]
    Nothing(String),
    /// A replay is not the run that its token names; the comparison is already on stdout.
    #[error("{0}")]
    Diverged(String),
    /// A file or a stream.
    #[error("{}: {why}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// Ctrl-C came before there was anything to show.
    #[error("interrupted before the first run had ended; there is nothing to show")]
    Interrupted,
    /// A mistake of ours.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Failure {
    /// The code it ends with.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Invalid(_) => Exit::Invalid,
            Self::Nothing(_) => Exit::Nothing,
            Self::Diverged(_) => Exit::Diverged,
            Self::Io { .. } | Self::Internal(_) => Exit::Internal,
            Self::Interrupted => Exit::Interrupted,
        }
    }

    /// Says it on stderr and gives its exit code.
    pub(super) fn tell(&self, screen: &Screen) -> Exit {
        let head = screen.err.apply(Tone::Bad, "error");
        note(&format!("{head}: {}\n", printable(&self.to_string())));
        self.exit()
    }
}

/// `1 mistake`, `2 mistakes`.
pub(super) fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
