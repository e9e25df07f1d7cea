//! What the settings of `Sns` do.

use super::Product;

pub(super) const IT: Product = Product { word: "Sns", ours: &[], shown: &[], not_yet: &[] };
