//! The expectations of a scenario: as they stand at the cursor, and at the end.

/// All of them, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// One each.
    pub list: Vec<Expected>,
}

/// An expectation.
#[derive(Clone, Debug)]
pub struct Expected {
    /// As the file says it.
    pub text: String,
    /// At the cursor, if all runs that it speaks of are known there.
    pub so_far: Option<Judged>,
    /// At the audit, if they are.
    pub at_end: Option<Judged>,
}

/// How it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Does it hold?
    pub holds: bool,
    /// Its two sides with their values: `17.8 ms < 35.8 ms`; or why it cannot be judged.
    pub values: String,
}
