//! placeholder
/// A streaming sketch.
#[derive(Clone, Debug, Default)]
pub struct Sketch;
