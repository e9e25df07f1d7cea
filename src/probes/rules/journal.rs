//! The journal: every judgement as it falls, none where nobody keeps it.

use super::*;
use crate::probes::anomalies::Kind;
use crate::probes::flows::End;
use crate::probes::journal::Finding;

fn told(trace: &mut Trace) -> Vec<(Time, OpId, Finding)> {
    let judged = trace.instruments.ledger.books.sums.take_journal();
    judged.into_iter().map(|judged| (judged.time, judged.op, judged.what)).collect()
}

#[test]
fn judgements_are_told_in_order_of_time_and_counted_all_the_same() {
    let mut trace = Trace::new();
    trace.instruments.ledger.books.sums.keep_journal();
    let kept = trace.buy(10, 0, 1);
    let viewed = trace.view(20, 1, STOCK, KEY, 0);
    let judged = told(&mut trace);
    assert_eq!(judged[0], (Time(10), kept, Finding::Ended(End::Kept)));
    let Finding::Anomaly(kind, _) = judged[1].2 else { panic!("{judged:?}") };
    assert_eq!((judged[1].0, judged[1].1, kind), (Time(20), viewed, Kind::StaleRead));
    assert_eq!(judged[2], (Time(20), viewed, Finding::Ended(End::Kept)));
    assert_eq!((judged.len(), told(&mut trace)), (3, vec![]));
    // An outcome in between judges what is open, for itself alone.
    let open = trace.send(30, BUY, 0);
    assert_eq!(trace.ends().pending, 1);
    assert_eq!(told(&mut trace), []);
    trace.answer(40, open, FAILED).drop(50, open);
    assert_eq!(told(&mut trace), [(Time(50), open, Finding::Ended(End::Clean))]);
}

#[test]
fn nobody_who_has_not_asked_is_told() {
    let mut trace = Trace::new();
    trace.buy(10, 0, 1);
    assert_eq!(told(&mut trace), []);
}
