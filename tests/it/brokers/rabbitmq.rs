//! What the settings of `RabbitMq` do.

use super::Product;

pub(super) const IT: Product = Product { word: "RabbitMq", ours: &[], shown: &[], not_yet: &[] };
