//! Law 8: the memory of the probes does not grow with the length of the run.

use super::*;

/// Everything that a run of `length` operations leaves behind in the probes, as text.
fn size_after(length: u64) -> usize {
    let mut trace = Trace::new();
    for n in 0..length {
        let (now, session) = (n * 10_000_000, (n % 3) as u32);
        let op = trace.buy(now, session, n + 1);
        trace.instruments.see(
            Time(now),
            COPY,
            Fact::Holds { op: OpId::NONE, entity: STOCK, key: KEY, version: n + 1 },
        );
        trace.view(now, session, ORDER, KeyId::created_by(op), 1);
        trace.view(now, session, STOCK, KeyId(n % 10), 0);
    }
    assert_eq!(trace.instruments.ledger.strays, 0);
    // Sketches and windows are bounded by their own tests.
    let sums = &mut trace.instruments.ledger.books.sums;
    sums.windows = windows::Windows::default();
    sums.flows.iter_mut().for_each(|tally| tally.flow = outcome::FlowOutcome::default());
    format!("{:?}", trace.instruments).len()
}

#[test]
fn law_8_memory_does_not_grow_with_the_length_of_the_run() {
    // Multiples of a page, so that both end with it as full.
    let (short, long) = (size_after(20_480), size_after(102_400));
    assert!(long < short + short / 5, "{short} then {long}");
}
