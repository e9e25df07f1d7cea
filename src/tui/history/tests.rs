//! Classes, widths, cuts, and where lists end.

use super::*;
use crate::probes::anomalies::Detail;
use crate::probes::journal::Finding;

fn run(length: u64) -> Run {
    let (length, drain) = (Span(length), Span::ZERO);
    Run { length, warmup: Span::ZERO, drain, max_in_flight: 1, seed: 1 }
}

#[test]
fn classes_double_from_an_eighth_of_a_millisecond_on() {
    let at = [0, 124_999, 125_000, 249_999, 250_000, 1_000_000, u64::MAX].map(Span);
    assert_eq!(at.map(class_of), [0, 0, 1, 1, 2, 4, CLASSES - 1]);
}

#[test]
fn a_second_is_whole_buckets_however_long_the_run() {
    let minute = 60_000_000_000;
    assert_eq!(widths(&run(minute)), (Span(100_000_000), Span(1_000_000_000)));
    for minutes in [1, 6, 7, 8, 9, 14, 60, 600, 6_000] {
        let (width, second) = widths(&run(minutes * minute));
        assert!(second.0.is_multiple_of(width.0), "{width} {second}");
        assert!(minutes * minute / width.0 < BUCKETS && minutes * minute / second.0 < SECONDS);
    }
}

#[test]
fn a_history_is_cut_where_it_had_its_edge() {
    let judged = |time| Judged {
        time: Time(time),
        op: OpId::new(0, time),
        flow: FlowIx(0),
        what: Finding::Anomaly(Kind::Lost, Detail::Nothing),
    };
    let (mut whole, mut parted) = (History::new(), History::new());
    let width = whole.width.0;
    for bucket in 0..30 {
        let part = Part {
            buckets: vec![Arc::new(Bucket { messages: bucket as u32, ..Bucket::default() })],
            sketches: vec![Arc::default(); usize::from(bucket % 10 == 9)],
            journal: vec![judged(bucket * width), judged(bucket * width + 1)],
            told: Vec::new(),
        };
        if bucket < 12 {
            parted.extend(part.clone());
        }
        whole.extend(part);
    }
    let cut = whole.until(Time(12 * width));
    assert_eq!(cut.buckets, parted.buckets);
    assert_eq!((cut.edge(), cut.sketches.len()), (Time(12 * width), 1));
    assert!(cut.judged().eq(parted.judged()));
    assert_eq!(cut.stretch(Time(width), Time(3 * width)).sums.messages, 1 + 2);
}

#[test]
fn the_last_second_is_a_bucket_where_buckets_are_longer() {
    let mut history = History::of(&run(100 * 60_000_000_000));
    assert!(history.width > Span(1_000_000_000));
    let bucket = |messages| Arc::new(Bucket { messages, ..Bucket::default() });
    history.extend(Part { buckets: vec![bucket(3), bucket(5)], ..Part::default() });
    let last = history.last_second(Time(2 * history.width.0 + 1));
    assert_eq!((last.sums.messages, last.to.since(last.from)), (5, history.width));
}

#[test]
fn lists_end_where_they_are_full() {
    let mut history = History::new();
    let one = Judged {
        time: Time(1),
        op: OpId::new(0, 1),
        flow: FlowIx(0),
        what: Finding::Anomaly(Kind::Lost, Detail::Nothing),
    };
    for _ in 0..3 {
        history.extend(Part { journal: vec![one; JOURNAL / 2 + 1], ..Part::default() });
    }
    assert_eq!(history.judged().count(), JOURNAL);
    let answer = Told {
        op: OpId::new(0, 1),
        flow: FlowIx(0),
        journey: 0,
        step: 0,
        intended: Time(0),
        answered: Time(1),
        verdict: Verdict::Done,
    };
    for _ in 0..3 {
        assert!(history.bound().is_none() || history.weight() < 100 << 20);
        history.extend(Part { told: vec![answer; ANSWERS / 2 + 1], ..Part::default() });
    }
    assert_eq!(
        (history.told().count(), history.bound().as_deref()),
        (ANSWERS, Some("the first 1 048 576 answers"))
    );
}
