//! What Amazon's brokers refuse, and what means nothing there.

use super::Bad;

pub(in crate::scenario) const AMAZON: &[Bad] = &[
    Bad("E0701", r#""log": Log(partitions: 12),"#, r#""log": Sqs(),"#),
    Bad("E0304", r#""queue": Queue("#, r#""q": Sqs(visibility_timeout: "13h"), "queue": Queue("#),
    Bad("E0304", r#""queue": Queue("#, r#""q": Sqs(delay: "16m"), "queue": Queue("#),
    Bad("E0304", r#""queue": Queue("#, r#""q": Sqs(max_number_of_messages: 11), "queue": Queue("#),
    Bad("E0304", r#""queue": Queue("#, r#""q": Sqs(extend_every: "30s"), "queue": Queue("#),
    Bad(
        "E0304",
        r#""queue": Queue("#,
        r#""q": Sqs(fifo: true, duplicates: "1%"), "queue": Queue("#,
    ),
    Bad(
        "E0304",
        r#""queue": Queue("#,
        r#""q": Sqs(fifo: true, late_deletes: true), "queue": Queue("#,
    ),
    Bad("E0304", r#""queue": Queue("#, r#""q": Sqs(message_group: Queue), "queue": Queue("#),
    Bad("E0304", r#""queue": Queue("#, r#""q": Sqs(redrive_after: "1h"), "queue": Queue("#),
    Bad(
        "E0208",
        r#""queue": Queue("#,
        r#""q": Sqs(fifo: true, message_group: Key), "queue": Queue("#,
    ),
    Bad("E0206", r#""queue": Queue("#, r#""t": Sns(to: "orders"), "queue": Queue("#),
    Bad("E0304", r#""queue": Queue("#, r#""t": Sns(num_no_delay_retries: 4), "queue": Queue("#),
    Bad("E0304", r#""queue": Queue("#, r#""t": Sns(min_delay_target: "30s"), "queue": Queue("#),
    Bad("E0304", r#""queue": Queue("#, r#""t": Sns(max_delay_target: "1h"), "queue": Queue("#),
    Bad(
        "E0304",
        r#""queue": Queue("#,
        r#""q": Sqs(), "t": Sns(to: "q", num_retries: 5), "queue": Queue("#,
    ),
    Bad("E0706", r#""queue": Queue("#, r#""t": Sns(fifo: true), "queue": Queue("#),
    Bad(
        "E0706",
        r#""queue": Queue("#,
        r#""q": Sqs(fifo: true), "t": Sns(to: "q"), "queue": Queue("#,
    ),
    Bad(
        "E0205",
        r#""queue": Queue("#,
        r#""t": Sns(filter_policy: { "mail": (flow: "place-oder") }), "queue": Queue("#,
    ),
    Bad(
        "E0203",
        r#""queue": Queue("#,
        r#""t": Sns(filter_policy: { "mail": (colour: "red") }), "queue": Queue("#,
    ),
    Bad("E0208", r#""queue": Queue("#, r#""t": Sns(backoff_function: Squared), "queue": Queue("#),
];
