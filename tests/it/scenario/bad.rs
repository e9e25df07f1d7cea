//! Every mistake, as one change to a good scenario: the code it must get, what was, what is now.
//! The snapshots beside this file hold what is said about it.

#![expect(clippy::needless_raw_string_hashes, reason = "one form for all rows")]

/// A mistake: the codes it must give, in order; the good text and the bad one that replaces it.
pub(super) struct Bad(pub &'static str, pub &'static str, pub &'static str);

/// A mistake in one of the changes, of which the good scenario has none.
macro_rules! change {
    ($code:literal, $changes:literal) => {
        Bad($code, "expect: [", concat!("changes: [", $changes, "], expect: ["))
    };
}

/// Broken texts and broken shapes.
pub(super) const SYNTAX: &[Bad] = &[
    Bad("E0105", r#"about: "A small shop.","#, r#"about: "A small shop.""#),
    Bad("E0105", r#"latency: "20ms")]),"#, r#"latency: "20ms")"#),
    Bad("E0105", "expect: [\"rest.lost == 0\"],\n)", "expect: [\"rest.lost == 0\"],\n"),
    Bad("E0105", r#"work: "0.2ms", limit"#, "work: 0.2ms, limit"),
    Bad("E0105", r#""A small shop.""#, "'A small shop.'"),
    Bad("E0105", r#""A small shop.""#, r#""A small \q shop.""#),
    Bad("E0105", "expect: [\"rest.lost == 0\"],\n)", "expect: [\"rest.lost == 0]\n)"),
    Bad("E0105", "sums:", "/* sums:"),
    Bad("E0105", r#""goods": ["#, r#""goods" ["#),
    Bad("E0301", r#"sums: { "goods": ["stock"] }"#, r#"sums: ["stock"]"#),
    Bad("E0301", r#"run: (length: "60s", warmup: "5s")"#, r#"run: "60s""#),
    Bad("E0301", r#"workers: 1)"#, r#"workers: [1])"#),
    Bad("E0204 E0301", r#"workers: 1)"#, r#"1)"#),
    Bad("E0301", r#"about: "A small shop.""#, r#"about: shop"#),
];

/// Names and fields.
pub(super) const NAMES: &[Bad] = &[
    Bad(
        "E0201",
        r#""mail": Service(workers: 1),"#,
        r#""mail": Service(workers: 1), "mail": Service(workers: 2),"#,
    ),
    Bad("E0201", r#"sums: { "goods": ["stock"] }"#, r#"sums: { "goods": ["stock", "stock"] }"#),
    Bad("E0201", r#"(at: "20s", lasts"#, r#"(name: "cut", at: "20s", lasts"#),
    Bad("E0202", "workers: 1)", "workers: 1, workers: 2)"),
    Bad("E0202", r#"Take("stock", 1), undo"#, r#"Take("stock", 1, entity: "stock"), undo"#),
    Bad("E0202", r#"does: "view-order""#, r#"does: "view-order", journeys: {}"#),
    Bad("E0203", "workers: 1)", "workers: 1, worker: 2)"),
    Bad("E0203", "workers: 1)", "workers: 1, colour: 2)"),
    Bad("E0203", r#"sums: {"#, r#"summs: {"#),
    Bad("E0203", r#"think: Exp("1s")), does"#, r#"think: Exp("1s")), sessions: 5, does"#),
    Bad("E0203", r#"Events(broker: "log","#, r#"Events(broker: "log", outbox: true,"#),
    Bad("E0204", r#""mail": Service(workers: 1)"#, r#""mail": Service()"#),
    Bad("E0204", r#"read: "1ms", "#, ""),
    Bad("E0204", r#"run: (length: "60s", warmup: "5s"),"#, ""),
    Bad("E0204", r#", does: "view-order""#, ""),
    Bad("E0204", r#"home: "orders", steps"#, "steps"),
    Bad("E0205", r#"store: "orders-db""#, r#"store: "order-db""#),
    Bad("E0205", r#"Ask("stock", need: 1)"#, r#"Ask("shoes", need: 1)"#),
    Bad("E0204", r#"Do("view-order")"#, r#"Do("view-order", again: (backoff: "1ms"))"#),
    Bad("E0205", r#"Do("view-order")"#, r#"Do("view-orders")"#),
    Bad("E0205", r#"policy: "patient""#, r#"policy: "patent""#),
    Bad("E0206", r#"store: "orders-db""#, r#"store: "queue""#),
    Bad("E0206", r#"(owner: "orders")"#, r#"(owner: "orders-db")"#),
    Bad("E0206", r#"home: "orders", steps"#, r#"home: "edge", steps"#),
    Bad("E0206", r#"Tell("mail""#, r#"Tell("web""#),
    Bad("E0207", r#"{ "goods""#, r#"{ "the goods""#),
    Bad(
        "E0207",
        r#""mail": Service(workers: 1),"#,
        r#""mail": Service(workers: 1), "": Service(workers: 1),"#,
    ),
    Bad("E0207", r#""word": "orders""#, r#""word": "orders", "a-b": 1"#),
    Bad("E0208", r#""mail": Service(workers: 1)"#, r#""mail": Servce(workers: 1)"#),
    Bad("E0208", r#"Write("order", undo"#, r#"Wriet("order", undo"#),
    Bad("E0208", r#"balance: "$pick""#, r#"balance: Sticky"#),
    Bad("E0208", r#"Exp("20ms")"#, r#"Gamma("20ms")"#),
    Bad("E0208", r#"Zipf("$skew")"#, r#"Zipf"#),
    Bad("E0208", r#"Read("order", key: Own)"#, r#"Read("order", key: Mine)"#),
    Bad("E0208", r#""rest": Rest()"#, r#""rest": Soap()"#),
    Bad("E0208", r#"what: Crash("inventory")"#, r#"what: Crush("inventory")"#),
    Bad("E0208", r#"Poisson("$rate")"#, r#"Sometimes("$rate")"#),
    Bad("E0208", r#"cap: "1s")"#, r#"cap: "1s", jitter: Some)"#),
    Bad(
        "E0201",
        r#""mail": Service(workers: 1)"#,
        r#""mail": Service(workers: 1, discipline: Priority(["view-order", ["place-order", "view-order"]]))"#,
    ),
    Bad(
        "E0203",
        r#""mail": Service(workers: 1)"#,
        r#""mail": Service(workers: 1, discipline: ProcessorSharing, patience: "1s")"#,
    ),
    Bad("E0203", r#"think: Exp("1s"))"#, r#"think: Exp("1s")), batch: 2"#),
    Bad(
        "E0205",
        r#""mail": Service(workers: 1)"#,
        r#""mail": Service(workers: 1, discipline: Priority(["view-ordr"]))"#,
    ),
    Bad(
        "E0208",
        r#""mail": Service(workers: 1)"#,
        r#""mail": Service(workers: 1, discipline: Lifoo)"#,
    ),
    Bad("E0208", r#"Poisson("$rate")"#, r#"Poisson("$rate"), batch: Exp("2s")"#),
];

/// Numbers and units.
pub(super) const VALUES: &[Bad] = &[
    Bad("E0302", r#"length: "60s""#, r#"length: "60 parsecs""#),
    Bad("E0302", r#"rate: "2000/s""#, r#"rate: "2000/fortnight""#),
    Bad("E0302", r#"length: "60s""#, r#"length: "soon""#),
    Bad("W0201", r#"Poisson("$rate")"#, r#"Poisson("$rate * 10_000")"#),
    Bad("E0303", r#"length: "60s""#, r#"length: 60"#),
    Bad("E0303", r#"length: "60s""#, r#"length: "60/s""#),
    Bad("E0303", r#"rate: "2000/s""#, r#"rate: 2000"#),
    Bad("E0303", r#"work: "0.2ms", limit"#, r#"work: 0.2, limit"#),
    Bad("E0303", r#"instances: 2, work:"#, r#"instances: "2s", work:"#),
    Bad("E0304", r#"length: "60s""#, r#"length: "0s""#),
    Bad("E0304", r#"length: "60s""#, r#"length: "-60s""#),
    Bad("E0304", r#"length: "60s""#, r#"length: "1e20h""#),
    Bad("E0304", r#"rate: "2000/s""#, r#"rate: "0/s""#),
    Bad("E0304", r#"workers: 1)"#, r#"workers: 0)"#),
    Bad("E0304", r#"instances: 2, work:"#, r#"instances: 0, work:"#),
    Bad("E0304", r#"instances: 2, work:"#, r#"instances: -2, work:"#),
    Bad("E0304", r#"connections: 32"#, r#"connections: 0"#),
    Bad("E0304", r#"partitions: 12"#, r#"partitions: 99999999999999999999"#),
    Bad("E0304", r#"cache: (ttl: "10s")"#, r#"cache: (capacity: 0)"#),
    Bad("E0304", r#"refuses: "2%""#, r#"refuses: 2"#),
    Bad("E0304", r#"weight: 1"#, r#"weight: -1"#),
    Bad(
        "E0304",
        r#"All([Ask("payment", key: Own),"#,
        r#"All(enough: 3, steps: [Ask("payment", key: Own),"#,
    ),
    Bad("E0304", r#"keys: 1_000"#, r#"keys: 0"#),
    Bad("E0304", r#"Poisson("$rate")"#, r#"Poisson([("0s", "0/s")])"#),
    Bad("E0304", r#"Poisson("$rate")"#, r#"Poisson([("1s", "$rate")])"#),
    Bad("E0304", r#"partitions: 12"#, r#"partitions: 12, heartbeat: "1m""#),
    Bad("E0304", r#"Surge("web", 3)"#, r#"Surge("web", 0)"#),
    Bad(
        "E0304",
        r#""mail": Service(workers: 1)"#,
        r#""mail": Service(workers: 1, discipline: Priority([]))"#,
    ),
    Bad("E0304", r#"Poisson("$rate")"#, r#"Poisson("$rate"), batch: 0"#),
    Bad("E0304", r#"Poisson("$rate")"#, r#"Poisson("$rate"), batch: Geometric(0.5)"#),
    Bad("E0305", r#"weight: 1"#, r#"weight: NaN"#),
    Bad("E0305", r#"weight: 1"#, r#"weight: inf"#),
    Bad("E0305", r#"weight: 1"#, r#"weight: 1e999"#),
    Bad("E0306", r#"workers: 1)"#, r#"workers: 1.5)"#),
    Bad("E0307", r#"Poisson("$rate")"#, r#"Poisson("$rate"), batch: Uniform(5, 2)"#),
    Bad("E0307", r#"Uniform("1ms", "3ms")"#, r#"Uniform("3ms", "1ms")"#),
    Bad("E0307", r#"p99: "6ms""#, r#"p99: "0.6ms""#),
    Bad("E0307", r#"(0.1, Pareto"#, r#"(0.2, Pareto"#),
    Bad("E0307", r#"Empirical(["1ms", "2ms"])"#, r#"Empirical([])"#),
    Bad("E0204", r#"p99: "6ms""#, r#"cv: 1.5"#),
    Bad("E0204", r#"partitions: 12"#, r#"partitions: 12, acks: Leader"#),
    Bad("E0208", r#"partitions: 12"#, r#"partitions: 12, acks: Some"#),
    Bad("E0204", r#"partitions: 12"#, r#"partitions: 12, batch: 100"#),
    Bad("E0304", r#"partitions: 12"#, r#"partitions: 12, auto_commit: "0s""#),
    Bad("E0307", r#"Uniform("1ms", "3ms")"#, r#"Between(Uniform("1ms", "3ms"), "4ms", "5ms")"#),
    Bad("E0307", r#"Uniform("1ms", "3ms")"#, r#"Between(Erlang(2, "3ms"), high: "5ms")"#),
];

/// Knobs and their expressions.
pub(super) const KNOBS: &[Bad] = &[
    Bad("E0401", r#"Poisson("$rate")"#, r#"Poisson("$rat")"#),
    Bad("E0401", r#""$timeout * 2""#, r#""$time * 2""#),
    Bad("E0403", r#""$timeout * 2""#, r#""$timeout + 2""#),
    Bad("E0403", r#""$timeout * 2""#, r#""$timeout * (2""#),
    Bad("E0403", r#""$timeout * 2""#, r#""$timeout / 0""#),
    Bad("E0403", r#""$timeout * 2""#, r#""$service * 2""#),
    Bad("E0403", r#""skew": 0.99"#, r#""skew": "$rate / 400""#),
    Bad("E0303", r#""$timeout * 2""#, r#""$timeout * $rate""#),
    Bad("E0306", r#"workers: 1)"#, r#"workers: "$skew * 2")"#),
    Bad("E0303 E0303", r#""timeout": "500ms""#, r#""timeout": 500"#),
    Bad("E0205", r#""word": "orders""#, r#""word": "order""#),
    Bad("W0401", r#""word": "orders""#, r#""word": "orders", "idle": 1"#),
];

/// What the parts mean together.
pub(super) const MEANING: &[Bad] = &[
    Bad(
        "E0501",
        "\"rest\": Rest(),\n        \"pubsub\": PubSub(broker: \"queue\", cache: (ttl: \"10s\")),\n        \"hybrid\": Events(broker: \"log\", except: { \"payments\": Rest() }),",
        "",
    ),
    Bad("E0501", r#"[Do("place-order"), Think("50ms"), Do("view-order")]"#, r#"[Think("50ms")]"#),
    Bad("E0501", r#"["stock"] }"#, r#"[] }"#),
    Bad("E0502", r#"warmup: "5s""#, r#"warmup: "1m""#),
    Bad("E0503", r#"(owner: "orders")"#, r#"(owner: "orders"), "letter": (owner: "mail")"#),
    Bad("E0504", r#"floor: 0"#, r#"floor: 101"#),
    Bad(
        "E0505 E0505",
        r#""mail": Service(workers: 1),"#,
        r#""mail": Service(workers: 1), "back-door": Gateway(),"#,
    ),
    Bad("E0601", r#"Read("order", key: Own)"#, r#"Read("payment", key: Own)"#),
    Bad(
        "E0601",
        r#"Tell("inventory", Take("stock", 1), undo: Add("stock", 1))"#,
        r#"Take("stock", 1)"#,
    ),
    Bad("E0601", r#"Tell("payments", Write("payment")"#, r#"Tell("mail", Write("payment")"#),
    Bad("E0602", r#"Read("order", key: Own)"#, r#"Ask("order", key: Own)"#),
    Bad("E0603", r#"Call("mail", work: "1ms")"#, r#"Call("orders", work: "1ms")"#),
    Bad("E0603", r#"Tell("mail", Work("1ms")"#, r#"Tell("orders", Work("1ms")"#),
    Bad("E0604", r#"All([Ask("payment", key: Own),"#, r#"All([Write("order"),"#),
    Bad("E0604", r#"All([Ask("payment", key: Own),"#, r#"All([All([Ask("payment", key: Own)]),"#),
    Bad("E0604", r#"Tell("mail", Work("1ms")"#, r#"Tell("mail", All([Call("payments")])"#),
    Bad(
        "E0604",
        r#"All([Ask("payment", key: Own),"#,
        r#"All(enough: 1, steps: [Ask("payment", key: Own, need: 1),"#,
    ),
    Bad("E0604", r#"Call("mail", work: "1ms")"#, r#"Call("payments", steps: Write("payment"))"#),
    Bad(
        "E0604",
        r#"Tell("mail", Work("1ms")"#,
        r#"Tell("mail", Tell("orders", Tell("mail", Tell("orders", Tell("mail", Work("1ms")))))"#,
    ),
    Bad("E0604", r#"Call("mail", work: "1ms")"#, r#"Work("1ms")"#),
    Bad(
        "E0604",
        r#"Call("mail", work: "1ms")"#,
        r#"Tell("mail", Tell("inventory", Add("stock", 1)))"#,
    ),
    Bad(
        "E0604",
        r#"Call("mail", work: "1ms")"#,
        r#"Maybe("5%", [Tell("mail", Work("1ms")), Call("mail")])"#,
    ),
    Bad("E0604", r#"Call("mail", work: "1ms")"#, r#"Repeat(2, Tell("mail", Work("1ms")))"#),
    Bad("E0501", r#"Call("mail", work: "1ms")"#, r#"Maybe("5%", [])"#),
    Bad("E0605", r#"Write("order", undo: Write)"#, r#"Repeat(9, Write("order", undo: Write))"#),
    Bad(
        "E0605",
        r#"Tell("mail", Work("1ms")"#,
        r#"Repeat(63, Tell("payments", Write("payment"), best_effort: true)), Tell("mail", Work("1ms")"#,
    ),
    Bad(
        "E0606",
        r#"Tell("mail", Work("1ms")"#,
        r#"Repeat(5_000, Work("1ms")), Tell("mail", Work("1ms")"#,
    ),
    Bad(
        "E0607",
        r#"Take("stock", 1), undo: Add("stock", 1)"#,
        r#"Put("stock", -1, key: Popular("other"), undo: Write)"#,
    ),
    Bad("E0608", r#"undo: Add("stock", 1)"#, r#"undo: Take("stock", 1)"#),
    Bad("E0608", r#"undo: Add("stock", 1)"#, r#"undo: Add("order", 1)"#),
    Bad(
        "E0608 W0601",
        r#"Take("stock", 1), undo"#,
        r#"[Take("stock", 1), Take("stock", 1)], undo"#,
    ),
    Bad("E0609", r#"Read("order", key: Own)"#, r#"Read("order", key: Same("buy"))"#),
    Bad("W0601", r#"Take("stock", 1), undo: Add("stock", 1)"#, r#"Take("stock", 1)"#),
];

/// Designs, policies and faults.
pub(super) const DESIGNS: &[Bad] = &[
    Bad("E0701", r#"PubSub(broker: "queue""#, r#"PubSub(broker: "log""#),
    Bad("E0701", r#"Events(broker: "log""#, r#"Events(broker: "queue""#),
    Bad("E0701", r#"{ "payments": Rest() }"#, r#"{ "payments": PubSub() }"#),
    Bad("E0701", r#"Events(broker: "log", except"#, r#"PubSub(broker: "log", except"#),
    Bad(
        "E0701",
        r#"Rest(),
        "pubsub""#,
        r#"Rest(except: { "mail": Events(), "payments": PubSub() }),
        "pubsub""#,
    ),
    Bad("E0206", r#"PubSub(broker: "queue""#, r#"PubSub(broker: "orders""#),
    Bad("E0205", r#"PubSub(broker: "queue""#, r#"PubSub(broker: "queu""#),
    Bad("E0204", r#"PubSub(broker: "queue""#, r#"PubSub(relay: Tailing, broker: "queue""#),
    Bad("E0208", r#"Events(broker: "log""#, r#"Events(relay: Pushing, broker: "log""#),
    Bad("E0304", r#"Events(broker: "log""#, r#"Events(relay: Polling("0s"), broker: "log""#),
    Bad("E0702", r#"{ "payments": Rest() }"#, r#"{ "orders": Rest() }"#),
    Bad("E0702", r#"{ "payments": Rest() }"#, r#"{ "view-order/inventory": Rest() }"#),
    Bad("E0205", r#"{ "payments": Rest() }"#, r#"{ "view-oder/payments": Rest() }"#),
    Bad("E0609", r#""$word", deadline: "2s""#, r#""$word", deadline: "2s", give_up: "5s""#),
    Bad(
        "E0607",
        r#"Write("order", undo"#,
        r#"Read("order", key: Own), Read("order", key: Popular), Put("order", 1, key: Own), Write("order", undo"#,
    ),
    Bad("E0703", r#"Call("mail", work: "1ms")"#, r#"Call("mail", steps: Ask("stock"))"#),
    Bad(
        "E0704",
        r#""view-order": (home: "orders""#,
        r#""pair": (home: "mail", steps: All([Tell("orders", Write("order")), Tell("payments", Write("payment"))])), "view-order": (home: "orders""#,
    ),
    Bad("W0701", r#""patient": ("#, r#""idle": (), "patient": ("#),
    Bad("E0304", r#"tries: 3"#, r#"tries: 0"#),
    Bad("E0204", r#"tries: 3, "#, ""),
    Bad("E0203", r#""patient": ("#, r#""patient": (hedged: true, "#),
    Bad("E0204", r#""patient": ("#, r#""patient": (hedge: (), "#),
    Bad("E0304", r#""patient": ("#, r#""patient": (hedge: (after: "1s"), "#),
    Bad("E0208", r#""patient": ("#, r#""patient": (cancel: Waiting, "#),
    Bad(
        "E0203",
        r#""patient": ("#,
        r#""patient": (cancel: Queued, retry: (tries: 2, late_answers: true), "#,
    ),
    Bad("E0304", r#""patient": ("#, r#""patient": (breaker: (threshold: 0), "#),
    Bad("E0304", r#""patient": ("#, r#""patient": (breaker: (window: 0), "#),
    Bad("E0304", r#""patient": ("#, r#""patient": (throttle: (k: 0), "#),
    Bad("E0304", r#""patient": ("#, r#""patient": (bulkhead: 0, "#),
    Bad("E0801", r#"(at: "20s""#, r#"(at: "60s""#),
    Bad("E0801", r#"first: "10s""#, r#"first: "90s""#),
    Bad("E0802", r#"Crash("inventory")"#, r#"Crash("orders", instance: 2)"#),
    Bad("E0803", r#"Crash("inventory")"#, r#"Crash("web")"#),
    Bad("E0803", r#"Crash("inventory")"#, r#"Freeze("inventory-db")"#),
    Bad("E0803", r#"Crash("inventory")"#, r#"Skew("inventory-db", "100ms")"#),
    Bad("E0803", r#"Surge("web", 3)"#, r#"Surge("loop", 3)"#),
    Bad("E0206", r#"Surge("web", 3)"#, r#"Surge("orders", 3)"#),
    Bad("E0205", r#"Crash("inventory")"#, r#"Crash("inventroy")"#),
    Bad("E0204", r#"Partition("orders", "payments")"#, r#"Partition()"#),
    Bad("E0304", r#"Partition("orders", "payments")"#, r#"Loss(from: "orders", probability: 1.5)"#),
    Bad("E0304", r#"every: "20s""#, r#"every: "0s""#),
    Bad(
        "E0506",
        r#""mail": Service(workers: 1)"#,
        r#""r": Cache(), "mail": Service(workers: 1, cache: "r")"#,
    ),
    Bad("E0206", r#"store: "payments-db","#, r#"store: "payments-db", cache: "queue","#),
    Bad("E0208", r#""log": Log("#, r#""r": Cache(evict: LRU), "log": Log("#),
    Bad("E0208", r#""log": Log("#, r#""r": Cache(writes: Back), "log": Log("#),
    Bad("E0304", r#""log": Log("#, r#""r": Cache(capacity: 0), "log": Log("#),
    Bad("E0304", r#""log": Log("#, r#""r": Cache(evict: SampledLru(0)), "log": Log("#),
    Bad("E0304", r#""log": Log("#, r#""r": Cache(writes: Behind("0s")), "log": Log("#),
    Bad("E0203", r#""log": Log("#, r#""r": Cache(size: 5), "log": Log("#),
    Bad("E0208", r#""log": Log("#, r#""r": Cache(expiry: Lazy), "log": Log("#),
    Bad("E0208", r#""log": Log("#, r#""r": Cache(writes: Through(ttl: Forget)), "log": Log("#),
    Bad("E0303", r#""log": Log("#, r#""r": Cache(ttl: 30), "log": Log("#),
    Bad("W0301", r#""log": Log("#, r#""r": Cache(ttl: Exptime(2592001)), "log": Log("#),
    Bad("E0204", r#""log": Log("#, r#""r": Cache(replicas: (count: 2)), "log": Log("#),
    Bad("E0304", r#""log": Log("#, r#""r": Cache(writes: Behind("1s", wait: 1)), "log": Log("#),
    Bad(
        "E0204",
        r#""log": Log("#,
        r#""r": Cache(writes: Behind("1s", timeout: "1s")), "log": Log("#,
    ),
    Bad(
        "E0304",
        r#"keys: 1_000, popularity: Zipf("$skew")"#,
        r#"keys: 3, popularity: Weights([1, "$skew"])"#,
    ),
    Bad(
        "E0304",
        r#"keys: 1_000, popularity: Zipf("$skew")"#,
        r#"popularity: Weights([1, -1, "$skew"])"#,
    ),
    Bad("E0304", r#"popularity: Zipf("$skew")"#, r#"popularity: Weights([0])"#),
    Bad("E0304", r#"every: "20s""#, r#"every: "1us""#),
    Bad("E0304", r#"(at: "20s", lasts: "3s""#, r#"(at: Random("0s"), lasts: "0s""#),
];

/// Stores of several copies.
pub(super) const COPIES: &[Bad] = &[
    Bad(
        "E0705 E0705",
        r#"Database(connections: 32, read: LogNormal(median: "0.8ms", p99: "6ms"), write: "2ms")"#,
        r#"Quorum(n: 3, r: 2, w: 2, write_leg: "1ms", ack_leg: "1ms", read_leg: "1ms", respond_leg: "1ms")"#,
    ),
    Bad(
        "E0304 E0705 E0705",
        r#"Database(connections: 32, read: LogNormal(median: "0.8ms", p99: "6ms"), write: "2ms")"#,
        r#"Quorum(n: 3, r: 4, w: 2, write_leg: "1ms", ack_leg: "1ms", read_leg: "1ms", respond_leg: "1ms")"#,
    ),
    Bad(
        "E0208 E0304 E0705 E0705",
        r#"Database(connections: 32, read: LogNormal(median: "0.8ms", p99: "6ms"), write: "2ms")"#,
        r#"Quorum(contact: Some, n: 3, r: 2, w: 2, write_leg: ["1ms", "2ms"], ack_leg: "1ms", read_leg: "1ms", respond_leg: "1ms")"#,
    ),
    Bad(
        "E0610 E0705 E0705",
        r#"Database(read: Uniform("1ms", "3ms"), write: Mix([(0.9, "2ms"), (0.1, Pareto("2ms", 1.5))]))"#,
        r#"Quorum(n: 3, r: 2, w: 2, write_leg: "1ms", ack_leg: "1ms", read_leg: "1ms", respond_leg: "1ms")"#,
    ),
    Bad("E0204", r#"connections: 32"#, r#"followers: (count: 2)"#),
    Bad("E0304", r#"connections: 32"#, r#"followers: (count: 0, lag: "1s")"#),
    Bad("E0208", r#"connections: 32"#, r#"followers: (lag: "1s", reads: Nobody)"#),
];

/// Registries, and who registers where.
pub(super) const REGISTRIES: &[Bad] = &[
    Bad("E0205", MAIL, r#""mail": Service(workers: 1, registry: "names"),"#),
    Bad("E0206", MAIL, r#""mail": Service(workers: 1, registry: "log"),"#),
    Bad("E0203", r#"Queue(prefetch: 16)"#, r#"Queue(prefetch: 16, registry: "names")"#),
    Bad("E0203", r#"does: "view-order""#, r#"does: "view-order", registry: "names""#),
    Bad("E0203", r#"read: "1ms", "#, r#"read: "1ms", registry: "names", "#),
    Bad(
        "E0304",
        MAIL,
        r#""mail": Service(workers: 1, instances: 2, balance: Shards(2), registry: "names"), "names": Eureka(),"#,
    ),
    Bad("E0208", MAIL, r#""mail": Service(workers: 1), "names": Eurika(),"#),
    Bad("E0304", MAIL, r#""mail": Service(workers: 1), "names": Eureka(heartbeat: "90s"),"#),
    Bad("E0304", MAIL, r#""mail": Service(workers: 1), "names": Eureka(evict_every: "0s"),"#),
    Bad("E0304", MAIL, r#""mail": Service(workers: 1), "names": Eureka(fetch: "0s"),"#),
    Bad("E0304", MAIL, r#""mail": Service(workers: 1), "names": Kubernetes(period: "0s"),"#),
    Bad("E0304", MAIL, r#""mail": Service(workers: 1), "names": Kubernetes(timeout: "11s"),"#),
    Bad(
        "E0304",
        MAIL,
        r#""mail": Service(workers: 1), "names": Kubernetes(failure_threshold: 0),"#,
    ),
    Bad(
        "E0304",
        MAIL,
        r#""mail": Service(workers: 1), "names": Kubernetes(success_threshold: 0),"#,
    ),
    Bad(
        "E0304",
        MAIL,
        r#""mail": Service(workers: 1), "names": Consul(interval: "5s", timeout: "10s"),"#,
    ),
    Bad(
        "E0304",
        MAIL,
        r#""mail": Service(workers: 1), "names": Consul(deregister_critical_service_after: "59s"),"#,
    ),
    Bad("E0803", r#"Crash("inventory")"#, r#"Shutdown("inventory-db")"#),
    Bad("E0803", r#"Crash("inventory")"#, r#"Shutdown("web")"#),
];

/// What is done on the way.
pub(super) const CHANGES: &[Bad] = &[
    change!("E0204", r#"(at: "20s")"#),
    change!("E0204", r#"(what: Crash("orders"))"#),
    change!("E0301", r#"(at: "20s", what: Crash("orders"), end: "crash-inventory")"#),
    change!("E0301", r#"(at: Random("20s"), what: Crash("orders"))"#),
    change!("E0801", r#"(at: "60s", what: Crash("orders"))"#),
    change!("E0803", r#"(at: "20s", what: Crash("web"))"#),
    change!("E0803", r#"(at: "20s", lasts: "1s", what: Freeze("orders"))"#),
    change!("E0203", r#"(at: "20s", lasts: "1s", end: "crash-inventory")"#),
    change!("E0205", r#"(at: "20s", end: "crash-inventroy")"#),
    change!("E0205", r#"(at: "20s", without: "fire")"#),
    change!(
        "E0205",
        r#"(at: "20s", without: "late"), (name: "late", at: "21s", what: Crash("orders"))"#
    ),
    change!(
        "E0201",
        r#"(name: "a", at: "20s", what: Crash("orders")), (name: "a", at: "21s", what: Crash("mail"))"#
    ),
    change!("E0401", r#"(at: "20s", set: { "ratte": "800/s" })"#),
    change!("E0402", r#"(at: "20s", set: { "rate": 800 })"#),
    change!("E0804", r#"(at: "20s", set: { "room": 7 })"#),
    change!("E0201", r#"(name: "crash-inventory", at: "20s", what: Crash("orders"))"#),
];

const MAIL: &str = r#""mail": Service(workers: 1),"#;
