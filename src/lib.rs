//! A wind tunnel for microservice designs: describe a business once, run it wired three ways, and
//! see what each wiring costs in latency and in consistency.
//!
//! The library is what the `windtunnel` program is made of: load a scenario, run it, read figures,
//! or go through the run event by event, fork it and change one of the two.
//!
//! # Load, run, read
//!
//! A [`scenario`](mod@scenario) comes from a file ([`load`]) or from a text ([`parse`]); a mistake in
//! it is a diagnostic with its place. [`run()`] is a pure function of scenario, design and seed.
//!
//! ```
//! use std::sync::Arc;
//!
//! let text = r#"(
//!     about: "Customers order, and the stock is another service's.",
//!     run: (length: "20s", warmup: "2s"),
//!     nodes: {
//!         "web":       Client(arrivals: Poisson("50/s"), does: "order"),
//!         "orders":    Service(workers: 4, work: Exp("2ms"), store: "orders-db"),
//!         "inventory": Service(workers: 4, work: Exp("2ms"), store: "inventory-db"),
//!         "orders-db":    Database(read: "1ms", write: "3ms"),
//!         "inventory-db": Database(read: "1ms", write: "3ms"),
//!         "log":       Log(),
//!     },
//!     data: {
//!         "order": (owner: "orders"),
//!         "stock": (owner: "inventory", keys: 100, start: 1_000_000, floor: 0),
//!     },
//!     flows: { "order": (home: "orders", steps: [Write("order"), Tell("inventory", Take("stock", 1))]) },
//!     designs: { "rest": Rest(), "events": Events() },
//! )"#;
//! let shop = Arc::new(windtunnel::parse("shop", text, &[]).map_err(|wrong| wrong.render(false))?);
//!
//! // Both designs face the same customers: those that the seed, here 7, sends.
//! let rest = windtunnel::run(&shop, 0, 7);
//! let events = windtunnel::run(&shop, 1, 7);
//! let (by_calls, by_log) = (&rest.flows["order"], &events.flows["order"]);
//! assert_eq!(by_calls.offered, by_log.offered);
//!
//! // Who waits for the effect answers later; who does not is answered before it is there.
//! assert!(by_calls.latency.quantile(0.99) > by_log.latency.quantile(0.99));
//! assert!(by_log.convergence.quantile(0.5) > by_log.latency.quantile(0.5));
//! # Ok::<(), String>(())
//! ```
//!
//! # Step, fork, change
//!
//! A [`Timeline`] is a run on its way, and a value: its clone goes on as it does, event for event.
//!
//! ```
//! # use std::sync::Arc;
//! use windtunnel::{Time, Timeline};
//! # let text = r#"(
//! #     about: "A request is worked on.",
//! #     run: (length: "2s"),
//! #     nodes: {
//! #         "web": Client(arrivals: Poisson("50/s"), does: "ask"),
//! #         "api": Service(workers: 1, work: Exp("10ms")),
//! #     },
//! #     flows: { "ask": (home: "api", steps: []) },
//! #     designs: { "rest": Rest() },
//! # )"#;
//! # let shop = Arc::new(windtunnel::parse("shop", text, &[]).map_err(|wrong| wrong.render(false))?);
//! let mut run = Timeline::new(&shop, 0, 7);
//! run.run_to(Time(1_000_000_000));
//! let fork = run.clone();
//! run.step();
//!
//! // However a run is cut, it ends as the run in one go: its digest folds every event.
//! let straight = windtunnel::run(&shop, 0, 7);
//! assert_eq!(run.outcome().digest, straight.digest);
//! assert_eq!(fork.outcome().digest, straight.digest);
//! # Ok::<(), String>(())
//! ```
//!
//! # What is inside
//!
//! | module | is |
//! | --- | --- |
//! | [`scenario`](mod@scenario) | the file format: from a text to a checked tree, or to diagnostics |
//! | [`simulate`] | runs, from a scenario to an [`Outcome`] |
//! | [`probes`] | what was measured: outcomes, sketches of distributions, the story of one operation |
//! | [`analysis`] | what outcomes mean: expectations, measures, intervals over seeds, designs compared |
//! | [`history`] | checkers for recorded histories of any system |
//! | [`base`] | time, distributions, chance |
//!
//! The engine, the nodes and the program's own parts are reachable for the benchmarks, and promise
//! nothing. Without the feature `cli` (on by default) the program and what only it needs are left out.

pub mod analysis;
pub mod base;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod faults;
pub mod history;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod nodes;
pub mod probes;
#[doc(hidden)]
pub mod report;
pub mod scenario;
pub mod simulate;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod tui;
#[doc(hidden)]
pub mod validate;

pub use base::{Span, Time};
pub use probes::outcome::Outcome;
pub use scenario::tree::Scenario;
pub use scenario::{Diagnostics, load, parse};
pub use simulate::{Timeline, explain, run};
