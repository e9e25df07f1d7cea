//! Operations on items whose versions are in a known order: the system says which version each
//! write made and each read saw, as a simulator and many stores can. Nothing is judged here.

/// What an operation did to one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whose session it belongs to.
    pub client: u32,
    /// Which item.
    pub key: u32,
    /// Did it write?
    pub kind: Kind,
    /// Which version it saw or made, in the item's total order; 0 is the item as it was at the
    /// start. No two writes make the same version.
    pub version: u64,
}

/// Reading or writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It saw a version.
    Read,
    /// It made a version.
    Write,
}

/// An access with the interval from its call to its return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed {
    /// What it did.
    pub access: Access,
    /// When it was called.
    pub call: u64,
    /// When it returned; `None` if its caller never learnt that it did. A write that is named here
    /// took effect nevertheless; a read without return is of no interest.
    pub ret: Option<u64>,
}
