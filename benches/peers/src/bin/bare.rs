//! The yardstick: the bare loop of `benches/bare.rs`, unchanged.

#[expect(dead_code, clippy::disallowed_methods, reason = "the yardstick is taken over unchanged")]
#[path = "../../../bare.rs"]
#[rustfmt::skip]
mod bare;

fn main() {
    peers::main(|requests, seed| bare::run(requests, seed).latency);
}
