//! placeholder until the engine arrives
/// A running copy of a node, numbered in the order of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u32);
