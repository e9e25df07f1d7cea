//! What the settings of `Sqs` do.

use super::Product;

pub(super) const IT: Product = Product { word: "Sqs", ours: &[], shown: &[], not_yet: &[] };
