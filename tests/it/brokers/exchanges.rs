//! Which queues get what is published to an exchange of RabbitMQ, type by type.

use super::{IT, Shown, Turns};

/// Orders, to which `bill` and `mail` react, and `audit` only if it is let have something. `bill` refuses
/// half of them, which `shop` hears of.
const SHOP: &str = r#"(
    run: (length: "20s", drain: "1m"),
    nodes: {
        "users": Client(arrivals: Constant("10/s"), does: "order"),
        "shop": Service(workers: 100, store: "shop-db"),
        "bill": Service(workers: 100, store: "bill-db"),
        "mail": Service(workers: 100, store: "mail-db"),
        "audit": Service(workers: 100, store: "audit-db"),
        "shop-db": Database(read: "0s", write: "0s"),
        "bill-db": Database(read: "0s", write: "0s"),
        "mail-db": Database(read: "0s", write: "0s"),
        "audit-db": Database(read: "0s", write: "0s"),
        "rabbit": RabbitMq(IT_IS),
    },
    network: (latency: "0s"),
    data: { "order": (owner: "shop"), "bill": (owner: "bill"), "letter": (owner: "mail"), "entry": (owner: "audit") },
    flows: {
        "order": (home: "shop", steps: [
            Write("order", undo: Write),
            All([Tell("bill", Write("bill"), refuses: "50%"), Tell("mail", Write("letter"))]),
        ]),
        "look": (home: "audit", steps: [Write("entry"), Tell("shop", Write("order"))]),
    },
    designs: { "it": Events(broker: "rabbit", dedup: false) },
)"#;

/// What this service hears of 199 orders.
const fn hears(turned: &'static str, figure: &'static str, turns: Turns) -> Shown {
    Shown {
        world: SHOP,
        turned,
        figure,
        turns,
        setting: "exchanges",
        sets: &[],
        beside: "",
        usual: "",
    }
}

const ALL: f64 = 199.0;

const SHOWN: &[Shown] = &[
    // Whoever reacts has a queue that is bound.
    hears("{}", "arrivals(mail)", Turns::FromTo(ALL, ALL)),
    hears("{}", "arrivals(audit)", Turns::FromTo(0.0, 0.0)),
    // A fanout goes to whoever is bound, needed or not.
    hears(
        r#"{ "shop": Fanout(["bill", "mail", "audit"]) }"#,
        "arrivals(audit)",
        Turns::FromTo(0.0, ALL),
    ),
    hears(r#"{ "shop": Fanout(["bill", "audit"]) }"#, "arrivals(mail)", Turns::FromTo(ALL, 0.0)),
    hears(r#"{ "shop": Fanout(["bill", "audit"]) }"#, "lost_effects(order)", Turns::Up),
    // A direct exchange wants the very key.
    hears(
        r#"{ "shop": Direct({ "bill": "order.shop.done", "mail": "order.shop.refused" }) }"#,
        "arrivals(mail)",
        Turns::FromTo(ALL, 0.0),
    ),
    hears(
        r#"{ "shop": Direct({ "bill": "order.shop.done", "mail": ["order.shop.refused", "order.shop.done"] }) }"#,
        "arrivals(mail)",
        Turns::FromTo(ALL, ALL),
    ),
    // A topic exchange takes words.
    hears(
        r##"{ "shop": Topic({ "mail": "*.*.done", "bill": "#", "audit": "look.#" }) }"##,
        "arrivals(audit)",
        Turns::FromTo(0.0, 0.0),
    ),
    hears(
        r##"{ "shop": Topic({ "mail": "*.*.done", "bill": "#", "audit": "#.done" }) }"##,
        "arrivals(audit)",
        Turns::FromTo(0.0, ALL),
    ),
    // Two bindings of one queue make no second copy.
    hears(
        r##"{ "shop": Topic({ "mail": ["#", "*.shop.done"], "bill": "#" }) }"##,
        "arrivals(mail)",
        Turns::FromTo(ALL, ALL),
    ),
    // What a service says that has an exchange of which nothing is said goes where it is handled.
    hears(r#"{ "audit": Fanout([]) }"#, "arrivals(mail)", Turns::FromTo(ALL, ALL)),
    // Headers: all of them, or one.
    hears(
        r#"{ "shop": Headers({ "mail": All(flow: "order", kind: "done"), "bill": All() }) }"#,
        "arrivals(mail)",
        Turns::FromTo(ALL, ALL),
    ),
    hears(
        r#"{ "shop": Headers({ "mail": All(flow: "order", kind: "refused"), "bill": All() }) }"#,
        "arrivals(mail)",
        Turns::FromTo(ALL, 0.0),
    ),
    hears(
        r#"{ "shop": Headers({ "mail": Any(flow: "look", service: "shop"), "bill": Any() }) }"#,
        "arrivals(mail)",
        Turns::FromTo(ALL, ALL),
    ),
    hears(
        r#"{ "shop": Headers({ "mail": Any(flow: "look", service: "shop"), "bill": Any() }) }"#,
        "arrivals(bill)",
        Turns::FromTo(ALL, 0.0),
    ),
];

#[test]
fn a_queue_gets_what_its_bindings_take() {
    let wrong: Vec<String> = SHOWN.iter().filter_map(Shown::fails).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn refusals_reach_who_is_to_take_back_only_by_a_binding() {
    let undone = |exchanges: &'static str| Shown {
        figure: "undone_effects(order)",
        ..hears(exchanges, "", Turns::Down)
    };
    assert!(SHOP.contains(IT));
    assert_eq!(undone(r#"{ "bill": Fanout([]) }"#).fails(), None, "nobody hears of it");
    let bound = r#"{ "bill": Topic({ "shop": "*.bill.refused", "mail": "*.bill.refused" }) }"#;
    let same = undone(bound).fails().expect("the same as without a word");
    assert!(same.contains("not Down"), "{same}");
}
