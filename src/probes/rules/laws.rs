//! What holds whatever happens: the books balance.

use proptest::prelude::*;

use super::*;

/// One thing that may happen to an operation.
#[derive(Clone, Copy, Debug)]
enum Move {
    Answer(u8),
    Apply(u8),
    Undo(u8),
    Promise,
    Refuse,
    Carry,
    Drop,
    Saw(u64),
}

fn moves() -> impl Strategy<Value = (usize, Move)> {
    let what = prop_oneof![
        (0_u8..3).prop_map(Move::Answer),
        (0_u8..3).prop_map(Move::Apply),
        (0_u8..3).prop_map(Move::Undo),
        Just(Move::Promise),
        Just(Move::Refuse),
        Just(Move::Carry),
        Just(Move::Drop),
        (0_u64..4).prop_map(Move::Saw),
    ];
    (0_usize..12, what)
}

/// Play the moves that the nodes' contract allows on twelve operations sent beforehand.
fn play(moves: &[(usize, Move)]) -> Outcome {
    let mut trace = Trace::new();
    let ops: Vec<OpId> =
        (0..12).map(|n| trace.send(n, if n % 3 == 0 { VIEW } else { BUY }, n as u32 % 3)).collect();
    let (mut counts, mut answered) = ([1_u32; 12], [false; 12]);
    for (step, &(n, what)) in moves.iter().enumerate() {
        let (op, now, version) = (ops[n], 20 + step as u64, step as u64 + 1);
        // Nothing acts without something that can act, and the views have no effects.
        let acts = counts[n] > 0;
        let buys = n % 3 != 0 && acts;
        match what {
            Move::Answer(told) if !answered[n] => {
                answered[n] = true;
                trace.answer(now, op, [Verdict::Done, Verdict::Refused, FAILED][usize::from(told)]);
            }
            Move::Apply(effect) if buys => drop(trace.apply(now, op, effect, version)),
            Move::Undo(effect) if buys => drop(trace.undo(now, op, effect, version)),
            Move::Promise if acts => drop(trace.at(now, Fact::Promised { op })),
            Move::Refuse if acts => drop(trace.at(now, Fact::Refused { op, node: NodeIx(1) })),
            Move::Carry if acts => {
                counts[n] += 1;
                trace.at(now, Fact::Carried { op });
            }
            Move::Drop if acts => {
                counts[n] -= 1;
                trace.drop(now, op);
            }
            Move::Saw(version) if acts => drop(trace.saw(now, op, STOCK, KEY, version)),
            _ => {}
        }
    }
    assert_eq!(trace.instruments.ledger.strays, 0);
    trace.outcome()
}

proptest! {
    #[test]
    fn whatever_happens_the_books_balance(moves in prop::collection::vec(moves(), 0..200)) {
        for flow in play(&moves).flows.values() {
            let outcome::Ends { kept, retracted, half_done, unannounced, clean, pending } = flow.ends;
            prop_assert_eq!(kept + retracted + half_done + unannounced + clean + pending, flow.offered);
            prop_assert_eq!(flow.ok + flow.late + flow.refused + flow.failed, flow.offered);
            prop_assert_eq!(flow.failures.values().sum::<u64>(), flow.failed);
            prop_assert_eq!(flow.latency.count(), flow.ok + flow.late);
            let effects = &flow.effects;
            let classes = effects.once + effects.duplicated + effects.undone + effects.lost;
            let classes = classes + effects.pending + effects.dropped + effects.void;
            prop_assert_eq!(classes, effects.told);
            prop_assert!(flow.good <= flow.ok.min(kept));
            prop_assert!(flow.reads.stale <= flow.reads.reads);
            prop_assert!(flow.unconverged <= flow.convergence.count());
        }
    }

    #[test]
    fn the_same_facts_make_the_same_outcome(moves in prop::collection::vec(moves(), 0..60)) {
        prop_assert_eq!(format!("{:?}", play(&moves)), format!("{:?}", play(&moves)));
    }
}
