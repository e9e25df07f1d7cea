//! What the settings of `Kafka` do.

use super::Product;

pub(super) const IT: Product = Product { word: "Kafka", ours: &[], shown: &[], not_yet: &[] };
