//! The closed table of exit codes. Scripts rely on them; nothing else may end the program.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All well.
    Well,
    /// Internal or I/O error.
    Internal,
    /// The command line is wrong.
    Usage,
    /// A scenario is invalid.
    Invalid,
    /// Nothing was selected: no scenario below a path, no operation of that name.
    Nothing,
    /// Shards are missing or do not fit together.
    Shards,
    /// A replay diverged from the run that its token names.
    Diverged,
    /// A regression against a baseline.
    Regression,
    /// An expectation failed.
    Unmet,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// All of them, in order of their codes.
    pub const ALL: [Self; 10] = [
        Self::Well,
        Self::Internal,
        Self::Usage,
        Self::Invalid,
        Self::Nothing,
        Self::Shards,
        Self::Diverged,
        Self::Regression,
        Self::Unmet,
        Self::Interrupted,
    ];

    /// The code that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Internal => 1,
            Self::Usage => 2,
            Self::Invalid => 3,
            Self::Nothing => 4,
            Self::Shards => 5,
            Self::Diverged => 6,
            Self::Regression => 7,
            Self::Unmet => 99,
            Self::Interrupted => 130,
        }
    }

    /// What the code means, as the help says it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Well => "all well",
            Self::Internal => "internal or I/O error",
            Self::Usage => "usage",
            Self::Invalid => "invalid scenario",
            Self::Nothing => "nothing selected",
            Self::Shards => "shards missing or incompatible",
            Self::Diverged => "replay diverged",
            Self::Regression => "regression against a baseline",
            Self::Unmet => "an expectation failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// The worse of two ends, for commands that judge several things: an invalid scenario outweighs
    /// a failed expectation, which outweighs a file that was skipped.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if self.weight() >= other.weight() { self } else { other }
    }

    fn weight(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Nothing => 1,
            Self::Regression => 2,
            Self::Unmet => 3,
            Self::Diverged => 4,
            Self::Invalid => 5,
            Self::Shards => 6,
            Self::Usage => 7,
            Self::Internal => 8,
            Self::Interrupted => 9,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The table as the long help shows it.
pub fn table() -> String {
    let rows = Exit::ALL.iter().map(|exit| format!("  {:>3}  {}", exit.code(), exit.meaning()));
    rows.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_scripts_rely_on() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 99, 130]);
    }

    #[test]
    fn the_worse_end_wins_whatever_the_order() {
        for a in Exit::ALL {
            for b in Exit::ALL {
                assert_eq!(a.worse(b), b.worse(a));
            }
        }
        assert_eq!(Exit::Unmet.worse(Exit::Invalid), Exit::Invalid);
    }
}
