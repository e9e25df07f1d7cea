//! Every mistake, as one change to a good scenario: the code it must get, what was, what is now.
//! The snapshots beside this file hold what is said about it.

/// A mistake: the codes it must give, in order; the good text and the bad one that replaces it.
pub struct Bad(pub &'static str, pub &'static str, pub &'static str);

/// Broken texts and broken shapes.
pub const SYNTAX: &[Bad] = &[
    Bad(
        "E0105",
        r#"about: "A small shop.","#,
        r#"about: "A small shop.""#,
    ),
    Bad("E0105", r#"latency: "20ms")]),"#, r#"latency: "20ms")"#),
    Bad(
        "E0105",
        "expect: [\"rest.lost == 0\"],\n)",
        "expect: [\"rest.lost == 0\"],\n",
    ),
    Bad("E0105", r#"work: "0.2ms", limit"#, "work: 0.2ms, limit"),
    Bad("E0105", r#""A small shop.""#, "'A small shop.'"),
    Bad("E0105", r#""A small shop.""#, r#""A small \q shop.""#),
    Bad(
        "E0105",
        "expect: [\"rest.lost == 0\"],\n)",
        "expect: [\"rest.lost == 0]\n)",
    ),
    Bad("E0105", "sums:", "/* sums:"),
    Bad("E0105", r#""goods": ["#, r#""goods" ["#),
    Bad(
        "E0301",
        r#"sums: { "goods": ["stock"] }"#,
        r#"sums: ["stock"]"#,
    ),
    Bad(
        "E0301",
        r#"run: (length: "60s", warmup: "5s")"#,
        r#"run: "60s""#,
    ),
    Bad("E0301", r#"workers: 1)"#, r#"workers: [1])"#),
    Bad("E0204 E0301", r#"workers: 1)"#, r#"1)"#),
    Bad("E0301", r#"about: "A small shop.""#, r#"about: shop"#),
];

/// Names and fields.
pub const NAMES: &[Bad] = &[
    Bad(
        "E0201",
        r#""mail": Service(workers: 1),"#,
        r#""mail": Service(workers: 1), "mail": Service(workers: 2),"#,
    ),
    Bad(
        "E0201",
        r#"sums: { "goods": ["stock"] }"#,
        r#"sums: { "goods": ["stock", "stock"] }"#,
    ),
    Bad(
        "E0201",
        r#"(at: "20s", lasts"#,
        r#"(name: "cut", at: "20s", lasts"#,
    ),
    Bad("E0202", "workers: 1)", "workers: 1, workers: 2)"),
    Bad(
        "E0202",
        r#"Take("stock", 1), undo"#,
        r#"Take("stock", 1, entity: "stock"), undo"#,
    ),
    Bad(
        "E0202",
        r#"does: "view-order""#,
        r#"does: "view-order", journeys: {}"#,
    ),
    Bad("E0203", "workers: 1)", "workers: 1, worker: 2)"),
    Bad("E0203", "workers: 1)", "workers: 1, colour: 2)"),
    Bad("E0203", r#"sums: {"#, r#"summs: {"#),
    Bad(
        "E0203",
        r#"think: Exp("1s")), does"#,
        r#"think: Exp("1s")), sessions: 5, does"#,
    ),
    Bad(
        "E0203",
        r#"Events(broker: "log","#,
        r#"Events(broker: "log", outbox: true,"#,
    ),
    Bad(
        "E0204",
        r#""mail": Service(workers: 1)"#,
        r#""mail": Service()"#,
    ),
    Bad("E0204", r#"read: "1ms", "#, ""),
    Bad("E0204", r#"run: (length: "60s", warmup: "5s"),"#, ""),
    Bad("E0204", r#", does: "view-order""#, ""),
    Bad("E0204", r#"home: "orders", steps"#, "steps"),
    Bad("E0205", r#"store: "orders-db""#, r#"store: "order-db""#),
    Bad(
        "E0205",
        r#"Ask("stock", need: 1)"#,
        r#"Ask("shoes", need: 1)"#,
    ),
    Bad("E0205", r#"Do("view-order")"#, r#"Do("view-orders")"#),
    Bad("E0205", r#"policy: "patient""#, r#"policy: "patent""#),
    Bad("E0206", r#"store: "orders-db""#, r#"store: "queue""#),
    Bad("E0206", r#"(owner: "orders")"#, r#"(owner: "orders-db")"#),
    Bad(
        "E0206",
        r#"home: "orders", steps"#,
        r#"home: "edge", steps"#,
    ),
    Bad("E0206", r#"Tell("mail""#, r#"Tell("web""#),
    Bad("E0207", r#"{ "goods""#, r#"{ "the goods""#),
    Bad(
        "E0207",
        r#""mail": Service(workers: 1),"#,
        r#""mail": Service(workers: 1), "": Service(workers: 1),"#,
    ),
    Bad(
        "E0207",
        r#""word": "orders""#,
        r#""word": "orders", "a-b": 1"#,
    ),
    Bad(
        "E0208",
        r#""mail": Service(workers: 1)"#,
        r#""mail": Servce(workers: 1)"#,
    ),
    Bad("E0208", r#"Write("order", undo"#, r#"Wriet("order", undo"#),
    Bad("E0208", r#"balance: "$pick""#, r#"balance: Sticky"#),
    Bad("E0208", r#"Exp("20ms")"#, r#"Gamma("20ms")"#),
    Bad("E0208", r#"Zipf("$skew")"#, r#"Zipf"#),
    Bad(
        "E0208",
        r#"Read("order", key: Own)"#,
        r#"Read("order", key: Mine)"#,
    ),
    Bad("E0208", r#""rest": Rest()"#, r#""rest": Soap()"#),
    Bad(
        "E0208",
        r#"what: Crash("inventory")"#,
        r#"what: Crush("inventory")"#,
    ),
    Bad("E0208", r#"Poisson("$rate")"#, r#"Sometimes("$rate")"#),
    Bad("E0208", r#"cap: "1s")"#, r#"cap: "1s", jitter: Some)"#),
];

/// Numbers and units.
pub const VALUES: &[Bad] = &[
    Bad("E0302", r#"length: "60s""#, r#"length: "60 parsecs""#),
    Bad("E0302", r#"rate: "2000/s""#, r#"rate: "2000/fortnight""#),
    Bad("E0302", r#"length: "60s""#, r#"length: "soon""#),
    Bad("E0303", r#"length: "60s""#, r#"length: 60"#),
    Bad("E0303", r#"length: "60s""#, r#"length: "60/s""#),
    Bad("E0303", r#"rate: "2000/s""#, r#"rate: 2000"#),
    Bad("E0303", r#"work: "0.2ms", limit"#, r#"work: 0.2, limit"#),
    Bad(
        "E0303",
        r#"instances: 2, work:"#,
        r#"instances: "2s", work:"#,
    ),
    Bad("E0304", r#"length: "60s""#, r#"length: "0s""#),
    Bad("E0304", r#"length: "60s""#, r#"length: "-60s""#),
    Bad("E0304", r#"length: "60s""#, r#"length: "1e20h""#),
    Bad("E0304", r#"rate: "2000/s""#, r#"rate: "0/s""#),
    Bad("E0304", r#"workers: 1)"#, r#"workers: 0)"#),
    Bad("E0304", r#"instances: 2, work:"#, r#"instances: 0, work:"#),
    Bad("E0304", r#"instances: 2, work:"#, r#"instances: -2, work:"#),
    Bad("E0304", r#"connections: 32"#, r#"connections: 0"#),
    Bad(
        "E0304",
        r#"partitions: 12"#,
        r#"partitions: 99999999999999999999"#,
    ),
    Bad("E0304", r#"cache: (ttl: "10s")"#, r#"cache: (capacity: 0)"#),
    Bad("E0304", r#"refuses: "2%""#, r#"refuses: 2"#),
    Bad("E0304", r#"weight: 1"#, r#"weight: -1"#),
    Bad("E0304", r#"keys: 1_000"#, r#"keys: 0"#),
    Bad(
        "E0304",
        r#"Poisson("$rate")"#,
        r#"Poisson([("0s", "0/s")])"#,
    ),
    Bad(
        "E0304",
        r#"Poisson("$rate")"#,
        r#"Poisson([("1s", "$rate")])"#,
    ),
    Bad(
        "E0304",
        r#"partitions: 12"#,
        r#"partitions: 12, heartbeat: "1m""#,
    ),
    Bad("E0304", r#"Surge("web", 3)"#, r#"Surge("web", 0)"#),
    Bad("E0305", r#"weight: 1"#, r#"weight: NaN"#),
    Bad("E0305", r#"weight: 1"#, r#"weight: inf"#),
    Bad("E0305", r#"weight: 1"#, r#"weight: 1e999"#),
    Bad("E0306", r#"workers: 1)"#, r#"workers: 1.5)"#),
    Bad(
        "E0307",
        r#"Uniform("1ms", "3ms")"#,
        r#"Uniform("3ms", "1ms")"#,
    ),
    Bad("E0307", r#"p99: "6ms""#, r#"p99: "0.6ms""#),
    Bad("E0307", r#"(0.1, Pareto"#, r#"(0.2, Pareto"#),
    Bad("E0307", r#"Empirical(["1ms", "2ms"])"#, r#"Empirical([])"#),
    Bad("E0204", r#"p99: "6ms""#, r#"cv: 1.5"#),
];

/// Knobs and their expressions.
pub const KNOBS: &[Bad] = &[
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
    Bad(
        "W0401",
        r#""word": "orders""#,
        r#""word": "orders", "idle": 1"#,
    ),
];

/// What the parts mean together.
pub const MEANING: &[Bad] = &[
    Bad(
        "E0501",
        "\"rest\": Rest(),\n        \"pubsub\": PubSub(broker: \"queue\", cache: (ttl: \"10s\")),\n        \"hybrid\": Events(broker: \"log\", except: { \"payments\": Rest() }),",
        "",
    ),
    Bad(
        "E0501",
        r#"[Do("place-order"), Think("50ms"), Do("view-order")]"#,
        r#"[Think("50ms")]"#,
    ),
    Bad("E0501", r#"["stock"] }"#, r#"[] }"#),
    Bad("E0502", r#"warmup: "5s""#, r#"warmup: "1m""#),
    Bad(
        "E0503",
        r#"(owner: "orders")"#,
        r#"(owner: "orders"), "letter": (owner: "mail")"#,
    ),
    Bad("E0504", r#"floor: 0"#, r#"floor: 101"#),
    Bad(
        "E0505 E0505",
        r#""mail": Service(workers: 1),"#,
        r#""mail": Service(workers: 1), "back-door": Gateway(),"#,
    ),
    Bad(
        "E0601",
        r#"Read("order", key: Own)"#,
        r#"Read("payment", key: Own)"#,
    ),
    Bad(
        "E0601",
        r#"Tell("inventory", Take("stock", 1), undo: Add("stock", 1))"#,
        r#"Take("stock", 1)"#,
    ),
    Bad(
        "E0601",
        r#"Tell("payments", Write("payment")"#,
        r#"Tell("mail", Write("payment")"#,
    ),
    Bad(
        "E0602",
        r#"Read("order", key: Own)"#,
        r#"Ask("order", key: Own)"#,
    ),
    Bad(
        "E0603",
        r#"Call("mail", work: "1ms")"#,
        r#"Call("orders", work: "1ms")"#,
    ),
    Bad(
        "E0603",
        r#"Tell("mail", Work("1ms")"#,
        r#"Tell("orders", Work("1ms")"#,
    ),
    Bad(
        "E0604",
        r#"All([Ask("payment", key: Own),"#,
        r#"All([Write("order"),"#,
    ),
    Bad(
        "E0604",
        r#"All([Ask("payment", key: Own),"#,
        r#"All([All([Ask("payment", key: Own)]),"#,
    ),
    Bad(
        "E0604",
        r#"Tell("mail", Work("1ms")"#,
        r#"Tell("mail", All([Call("payments")])"#,
    ),
    Bad(
        "E0604",
        r#"Call("mail", work: "1ms")"#,
        r#"Call("payments", steps: Write("payment"))"#,
    ),
    Bad(
        "E0604",
        r#"Tell("mail", Work("1ms")"#,
        r#"Tell("mail", Tell("orders", Tell("mail", Tell("orders", Tell("mail", Work("1ms")))))"#,
    ),
    Bad(
        "E0501",
        r#"Call("mail", work: "1ms")"#,
        r#"Maybe("5%", [])"#,
    ),
    Bad(
        "E0605",
        r#"Write("order", undo: Write)"#,
        r#"Repeat(9, Write("order", undo: Write))"#,
    ),
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
    Bad(
        "E0608",
        r#"undo: Add("stock", 1)"#,
        r#"undo: Take("stock", 1)"#,
    ),
    Bad(
        "E0608",
        r#"undo: Add("stock", 1)"#,
        r#"undo: Add("order", 1)"#,
    ),
    Bad(
        "E0608 W0601",
        r#"Take("stock", 1), undo"#,
        r#"[Take("stock", 1), Take("stock", 1)], undo"#,
    ),
    Bad(
        "E0609",
        r#"Read("order", key: Own)"#,
        r#"Read("order", key: Same("buy"))"#,
    ),
    Bad(
        "W0601",
        r#"Take("stock", 1), undo: Add("stock", 1)"#,
        r#"Take("stock", 1)"#,
    ),
];

/// Designs, policies and faults.
pub const DESIGNS: &[Bad] = &[
    Bad(
        "E0701",
        r#"PubSub(broker: "queue""#,
        r#"PubSub(broker: "log""#,
    ),
    Bad(
        "E0701",
        r#"Events(broker: "log""#,
        r#"Events(broker: "queue""#,
    ),
    Bad(
        "E0701",
        r#"{ "payments": Rest() }"#,
        r#"{ "payments": PubSub() }"#,
    ),
    Bad(
        "E0701",
        r#"Events(broker: "log", except"#,
        r#"PubSub(broker: "log", except"#,
    ),
    Bad(
        "E0701",
        r#"Rest(),
        "pubsub""#,
        r#"Rest(except: { "mail": Events(), "payments": PubSub() }),
        "pubsub""#,
    ),
    Bad(
        "E0206",
        r#"PubSub(broker: "queue""#,
        r#"PubSub(broker: "orders""#,
    ),
    Bad(
        "E0205",
        r#"PubSub(broker: "queue""#,
        r#"PubSub(broker: "queu""#,
    ),
    Bad(
        "E0702",
        r#"{ "payments": Rest() }"#,
        r#"{ "orders": Rest() }"#,
    ),
    Bad(
        "E0702",
        r#"{ "payments": Rest() }"#,
        r#"{ "view-order/inventory": Rest() }"#,
    ),
    Bad(
        "E0205",
        r#"{ "payments": Rest() }"#,
        r#"{ "view-oder/payments": Rest() }"#,
    ),
    Bad(
        "E0703",
        r#"Call("mail", work: "1ms")"#,
        r#"Call("mail", steps: Ask("stock"))"#,
    ),
    Bad("W0701", r#""patient": ("#, r#""idle": (), "patient": ("#),
    Bad("E0304", r#"tries: 3"#, r#"tries: 0"#),
    Bad("E0204", r#"tries: 3, "#, ""),
    Bad("E0801", r#"(at: "20s""#, r#"(at: "60s""#),
    Bad("E0801", r#"first: "10s""#, r#"first: "90s""#),
    Bad(
        "E0802",
        r#"Crash("inventory")"#,
        r#"Crash("orders", instance: 2)"#,
    ),
    Bad("E0803", r#"Crash("inventory")"#, r#"Crash("web")"#),
    Bad("E0803", r#"Surge("web", 3)"#, r#"Surge("loop", 3)"#),
    Bad("E0206", r#"Surge("web", 3)"#, r#"Surge("orders", 3)"#),
    Bad("E0205", r#"Crash("inventory")"#, r#"Crash("inventroy")"#),
    Bad(
        "E0204",
        r#"Partition("orders", "payments")"#,
        r#"Partition()"#,
    ),
    Bad(
        "E0304",
        r#"Partition("orders", "payments")"#,
        r#"Loss(from: "orders", probability: 1.5)"#,
    ),
    Bad("E0304", r#"every: "20s""#, r#"every: "0s""#),
];
