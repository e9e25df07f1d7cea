//! A small business that other tests look at through the screen.

use std::sync::{Arc, OnceLock};

use windtunnel::tui::app::App;
use windtunnel::tui::session::Session;
use windtunnel::tui::snapshot::Snapshot;
use windtunnel::tui::start::settle;
use windtunnel::tui::worker::Worker;

/// A business that is small, has two designs, and breaks.
pub(super) const SHOP: &str = r#"(
    about: "Customers order, and the stock is another service's.",
    knobs: { "rate": "60/s" },
    run: (length: "6s", warmup: "1s"),
    nodes: {
        "web":       Client(arrivals: Poisson("$rate"), does: "order"),
        "orders":    Service(workers: 4, work: Exp("2ms"), store: "orders-db"),
        "inventory": Service(workers: 4, work: Exp("2ms"), store: "inventory-db"),
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
    faults: [
        (name: "crash", at: "2s", lasts: "500ms", what: Crash("orders")),
        (name: "often", at: Every(first: "1s", every: "2s"), lasts: "100ms", what: Crash("inventory")),
    ],
    expect: ["rest.half_done(order) >= 0", "events.failed(order) >= 0"],
)"#;

/// The session at three seconds, and what is known there; made once.
pub(super) fn known() -> &'static (Session, Arc<Snapshot>) {
    static KNOWN: OnceLock<(Session, Arc<Snapshot>)> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut session = session();
        session.seek_time(windtunnel::Time(3_000_000_000));
        let mut app = App::new(session);
        settle(&mut app, &mut Worker::new());
        (app.session.clone(), Arc::clone(app.snapshot()))
    })
}

fn session() -> Session {
    let loaded = windtunnel::scenario::parse_named("shop", "shop.ron", SHOP, &[])
        .unwrap_or_else(|wrong| panic!("{}", wrong.render(false)));
    Session::open_file(loaded, 1, Vec::new())
}

pub(super) fn app() -> App {
    let (session, snapshot) = known();
    let mut app = App::new(session.clone());
    app.known(Arc::clone(snapshot));
    app
}
