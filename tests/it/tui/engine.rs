//! The terminal UI from outside: the engine behind the screen.

mod asked;
mod travel;

use std::path::PathBuf;
use std::sync::Arc;

use windtunnel::scenario::tree::Scenario;
use windtunnel::tui::session::Session;
use windtunnel::tui::snapshot::Snapshot;
use windtunnel::tui::wish::Wish;
use windtunnel::tui::worker::Worker;

const MS: u64 = 1_000_000;

fn shop() -> Arc<Scenario> {
    let text = r#"(
        about: "Customers order, and the stock is another service's.",
        run: (length: "4s", warmup: "500ms"),
        nodes: {
            "web":       Client(arrivals: Poisson("80/s"), does: "order"),
            "orders":    Service(workers: 4, work: Exp("2ms"), store: "orders-db"),
            "inventory": Service(instances: 2, workers: 4, work: Exp("2ms"), store: "inventory-db"),
            "orders-db":    Database(read: "1ms", write: "3ms"),
            "inventory-db": Database(read: "1ms", write: "3ms"),
            "log":       Log(),
        },
        data: {
            "order": (owner: "orders"),
            "stock": (owner: "inventory", keys: 100, start: 1_000_000, floor: 0),
        },
        flows: { "order": (home: "orders", steps: [Write("order"), Tell("inventory", Take("stock", 1))]) },
        designs: { "rest": Rest(), "events": Events() },
        faults: [(name: "crash", at: Every(first: "1s", every: "1s"), lasts: "200ms", what: Crash("inventory"))],
        expect: ["lost_effects == 0", "events.p99 < rest.p99"],
    )"#;
    let shop = windtunnel::parse("shop", text, &[]);
    Arc::new(shop.unwrap_or_else(|wrong| panic!("{}", wrong.render(false))))
}

fn session(scenario: &Arc<Scenario>) -> Session {
    Session::new(PathBuf::from("shop.ron"), Arc::clone(scenario), 7, Vec::new())
}

/// Works until all that is wished is known, in parts of so many events.
fn settled(wish: Wish, worker: &mut Worker, slice: u64) -> Arc<Snapshot> {
    worker.wish(wish);
    let mut last = None;
    while !worker.is_idle() {
        last = worker.pump(slice).or(last);
    }
    last.expect("there is news of a wish")
}
