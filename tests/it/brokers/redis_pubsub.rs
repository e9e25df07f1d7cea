//! What the setting of `RedisPubSub` does.

use super::{ANY, Product, Shown, Turns};

pub(super) const IT: Product = Product {
    word: "RedisPubSub",
    ours: &["work"],
    not_yet: &[],
    shown: &[Shown {
        setting: "work",
        world: world!("RedisPubSub", ""),
        turned: r#""1s""#,
        figure: "p50",
        turns: Turns::Up,
        ..ANY
    }],
};
