//! The scenario language from outside: what loads, what is refused and what is said about it.

use std::path::Path;

use windtunnel::scenario;

const SHIPPED: &[&str] =
    &["scenarios/checkout.ron", "scenarios/transfer.ron", "scenarios/theory/tiers.ron", "scenarios/theory/queue.ron"];

#[test]
fn shipped_scenarios_load_without_a_warning() {
    for path in SHIPPED {
        match scenario::load(Path::new(path), &[]) {
            Ok(loaded) => assert!(loaded.warnings.list.is_empty(), "{}", loaded.warnings),
            Err(diagnostics) => panic!("{diagnostics}"),
        }
    }
}
