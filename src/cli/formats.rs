//! In which shapes results are given, as the command line names them.

use clap::ValueEnum;

/// For people, for scripts, or for those who run them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum TestFormat {
    /// For people.
    #[default]
    Text,
    /// For scripts.
    Json,
    /// For build servers.
    #[value(help = "JUnit's XML, as build servers read it")]
    Junit,
    /// GitHub's annotations, and a summary of the job.
    Github,
    /// For documents.
    Markdown,
}

/// For people or for scripts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// For scripts.
    Json,
}

/// For people, for scripts or for documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    /// For people.
    #[default]
    Text,
    /// For scripts.
    Json,
    /// For documents.
    Markdown,
}
