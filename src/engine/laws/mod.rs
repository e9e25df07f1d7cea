//! The laws of the engine, each proved on the toy world: the digest is a property of the model and
//! of nothing else.

mod limits;

use proptest::prelude::*;

use super::toy::{Cell, Happening, Toy, simulation};
use super::{Class, Ctx, Event, InstanceId, LaneId, Simulation, Stop, World};
use crate::base::{Span, Time};

const NAMES: [(&str, bool); 4] =
    [("edge", true), ("orders", true), ("payments", true), ("stock", true)];
const END: Time = Time(400);

type Starts = Vec<(u8, u8, u8)>;

fn starts() -> impl Strategy<Value = Starts> {
    // Few times, so that much happens at once.
    prop::collection::vec((0..4u8, 0..8u8, 0..7u8), 0..20)
}

fn fresh(starts: &Starts) -> Simulation<Toy> {
    simulation(&NAMES, starts)
}

fn finished(mut simulation: Simulation<Toy>) -> Simulation<Toy> {
    simulation.run_until(END);
    simulation
}

/// The digest, how many events, when, what is pending, and the world with its cells.
type Outcome = (u64, u64, Time, (usize, usize), (Toy, Vec<Cell>));

/// What two runs must share to be the same run.
fn outcome(simulation: &Simulation<Toy>) -> Outcome {
    let world = (simulation.world().clone(), simulation.instances().copied().collect());
    let (events, now) = (simulation.events(), simulation.now());
    (simulation.digest(), events, now, simulation.pending(), world)
}

/// What is left of an outcome when the order of the probe's records is not part of it.
fn sorted(mut simulation: Simulation<Toy>) -> Outcome {
    simulation.world_mut().seen.sort_unstable();
    outcome(&simulation)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_same_run_twice_has_the_same_digest(starts in starts()) {
        prop_assert_eq!(outcome(&finished(fresh(&starts))), outcome(&finished(fresh(&starts))));
    }

    #[test]
    fn a_run_cut_in_two_is_the_same_run(starts in starts(), cut in 0..400u64, few in 0..5u64) {
        let mut cut_in_three = fresh(&starts);
        cut_in_three.run_events(few);
        cut_in_three.run_until(Time(cut));
        prop_assert_eq!(outcome(&finished(cut_in_three)), outcome(&finished(fresh(&starts))));
    }

    #[test]
    fn a_clone_goes_on_as_its_original_does(starts in starts(), cut in 0..400u64) {
        let mut original = fresh(&starts);
        original.run_until(Time(cut));
        let clone = original.clone();
        let original = finished(original);
        prop_assert_eq!(outcome(&finished(clone)), outcome(&original));
    }

    #[test]
    fn lanes_never_change_a_run(starts in starts()) {
        let without = finished(fresh(&starts).with_lanes(false));
        prop_assert_eq!(outcome(&finished(fresh(&starts))), outcome(&without));
    }

    #[test]
    fn lanes_never_change_where_a_drain_ends(starts in starts()) {
        let (mut with, mut without) = (fresh(&starts), fresh(&starts).with_lanes(false));
        prop_assert_eq!(with.drain(Time(100_000)), Stop::Idle);
        prop_assert_eq!(without.drain(Time(100_000)), Stop::Idle);
        prop_assert_eq!(outcome(&with), outcome(&without));
        prop_assert_eq!(with.pending().1, 0);
    }

    #[test]
    fn the_order_of_visits_within_one_time_and_depth_never_matters(
        starts in starts(), seed in any::<u64>()
    ) {
        let mut shuffled = fresh(&starts);
        shuffled.run_until_shuffled(END, seed);
        prop_assert_eq!(sorted(shuffled), sorted(finished(fresh(&starts))));
    }

    #[test]
    fn an_unused_instance_changes_nothing(starts in starts(), place in 0..5usize) {
        let mut names = NAMES.to_vec();
        names.insert(place, ("unused", false));
        let with = finished(simulation(&names, &starts));
        let without = finished(fresh(&starts));
        prop_assert_eq!(with.digest(), without.digest());
        prop_assert_eq!(with.events(), without.events());
    }

    #[test]
    fn the_digest_notices_one_more_event(starts in starts()) {
        let mut simulation = fresh(&starts);
        let mut digests = vec![simulation.digest()];
        while simulation.events() < 200 {
            simulation.step();
            digests.push(simulation.digest());
        }
        digests.sort_unstable();
        prop_assert!(digests.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn every_event_is_counted_once(starts in starts()) {
        let simulation = finished(fresh(&starts));
        prop_assert_eq!(simulation.world().seen.len() as u64, simulation.events());
    }
}

#[test]
fn renaming_a_used_instance_changes_the_digest() {
    let mut names = NAMES;
    names[3].0 = "store";
    let starts = vec![(3, 0, 0)];
    let renamed = finished(simulation(&names, &starts));
    assert_ne!(renamed.digest(), finished(fresh(&starts)).digest());
}

#[test]
fn a_run_until_a_time_handles_what_is_due_at_that_time() {
    let mut simulation = fresh(&vec![(1, 7, 0)]);
    assert_eq!(simulation.run_until(Time(6)), Stop::Until);
    assert_eq!(simulation.events(), 1, "the beat at 3");
    assert_eq!(simulation.run_until(Time(7)), Stop::Until);
    assert_eq!((simulation.events(), simulation.now()), (2, Time(7)));
    assert_eq!(simulation.next_time(), Some(Time(73)));
}

#[test]
fn what_is_scheduled_for_now_by_hand_happens_after_what_has_happened() {
    let mut simulation = fresh(&vec![(1, 7, 0)]);
    simulation.run_until(Time(7));
    let ping = Happening::Ping { hops: 0, word: 9 };
    simulation.schedule(InstanceId(2), Time(2), Class::Fault, ping);
    simulation.run_until(Time(7));
    assert_eq!((simulation.events(), simulation.now()), (3, Time(7)));
}

#[test]
fn what_is_scheduled_by_hand_has_a_cause_only_if_something_has_happened_by_then() {
    let depth = |at: u64, before: u64| {
        let mut simulation = scribe();
        simulation.run_events(before);
        simulation.schedule(InstanceId(1), Time(at), Class::Fault, "by hand");
        simulation.run_until(Time(99));
        let by_hand = simulation.world().seen.iter().find(|seen| seen.3 == "by hand");
        by_hand.map(|(time, depth, ..)| (*time, *depth))
    };
    assert_eq!(depth(0, 0), Some((0, 0)), "nothing has happened");
    assert_eq!(depth(9, 0), Some((9, 0)));
    assert_eq!(depth(7, 2), Some((7, 2)), "of what happened last at that instant the depth is 1");
    assert_eq!(depth(9, 2), Some((9, 0)));
}

#[test]
fn a_drain_ends_where_an_instant_begins_not_within_one() {
    let mut simulation = fresh(&vec![(1, 3, 0)]);
    assert_eq!(simulation.drain(Time(400)), Stop::Idle);
    assert_eq!(
        (simulation.events(), simulation.now()),
        (2, Time(3)),
        "the ping, and the beat at 3"
    );
}

/// Two instances without any state.
const TWO: [(u64, ()); 2] = [(1, ()), (2, ())];

/// A world that says nothing of itself but what it must, and writes down what happens.
#[derive(Clone, Debug, Default)]
struct Scribe {
    seen: Vec<(u64, u32, u32, &'static str)>,
}

impl World for Scribe {
    type Instance = ();
    type Message = &'static str;
    type Timer = &'static str;

    fn receive(&mut self, (): &mut (), what: &&'static str, mut ctx: Ctx<'_, Self>) {
        self.seen.push((ctx.now().0, ctx.key().depth(), ctx.me().0, what));
        if *what == "begin" {
            ctx.after(Span(5), Class::Timeout, "deadline");
            ctx.send(InstanceId(1), Span(5), "slowly");
            ctx.via(LaneId(0), Span(5), InstanceId(1), |it| *it = "by lane");
            ctx.after(Span(5), Class::Completion, "done");
            ctx.after(Span(5), Class::Fault, "broken");
            ctx.send(InstanceId(1), Span::ZERO, "at once");
        }
        if *what == "by lane" {
            ctx.via(LaneId(1), Span::ZERO, ctx.me(), |it| *it = "to oneself");
        }
    }

    fn timer(&mut self, (): &mut (), what: &'static str, ctx: Ctx<'_, Self>) -> bool {
        self.seen.push((ctx.now().0, ctx.key().depth(), ctx.me().0, what));
        true
    }

    fn fingerprint(&self, event: Event<&&'static str, &'static str>) -> u64 {
        match event {
            Event::Message(what) => what.len() as u64,
            Event::Timer(what) => 100 + what.len() as u64,
        }
    }
}

fn scribe() -> Simulation<Scribe> {
    let mut simulation = Simulation::new(Scribe::default(), TWO, &[Span(5), Span::ZERO]);
    simulation.post(InstanceId(0), Time(7), "begin");
    simulation
}

#[test]
fn at_one_instant_causes_come_first_then_faults_completions_messages_and_deadlines() {
    for lanes in [true, false] {
        let mut simulation = scribe().with_lanes(lanes);
        assert_eq!(simulation.run_until(Time(20)), Stop::Idle);
        let expected = [
            (7, 0, 0, "begin"),
            (7, 1, 1, "at once"),
            (12, 0, 0, "broken"),
            (12, 0, 0, "done"),
            (12, 0, 1, "slowly"),
            (12, 0, 1, "by lane"),
            (12, 0, 0, "deadline"),
            (12, 1, 1, "to oneself"),
        ];
        assert_eq!(simulation.world().seen, expected);
        assert_eq!((simulation.now(), simulation.events()), (Time(12), 8));
    }
}

#[test]
fn what_waits_in_a_lane_is_not_handled_before_its_time() {
    for lanes in [true, false] {
        let scribe = Simulation::new(Scribe::default(), TWO, &[Span(5), Span::ZERO]);
        let mut simulation = scribe.with_lanes(lanes);
        simulation.post(InstanceId(1), Time(7), "by lane");
        assert_eq!(simulation.step(), Stop::Until);
        assert_eq!((simulation.run_until(Time(6)), simulation.events()), (Stop::Until, 1));
        assert_eq!((simulation.run_until(Time(7)), simulation.events()), (Stop::Idle, 2));
    }
}

#[test]
fn what_is_pending_is_counted_and_told_when_it_is_due() {
    let mut simulation = scribe();
    assert_eq!((simulation.next_time(), simulation.pending()), (Some(Time(7)), (1, 1)));
    assert_eq!(simulation.step(), Stop::Until);
    assert_eq!((simulation.next_time(), simulation.in_flight()), (Some(Time(7)), 6));
    assert_eq!(simulation.run_events(2), Stop::Until);
    assert_eq!((simulation.events(), simulation.pending()), (3, (4, 4)));
    assert_eq!(simulation.drain(Time(99)), Stop::Idle);
    assert_eq!((simulation.next_time(), simulation.pending()), (None, (0, 0)));
}

#[test]
fn the_digest_is_of_times_names_and_what_happened() {
    let digest = |names: [u64; 2], at: u64, what| {
        let mut simulation = Simulation::new(Scribe::default(), names.map(|name| (name, ())), &[]);
        simulation.post(InstanceId(0), Time(at), what);
        simulation.run_until(Time(99));
        simulation.digest()
    };
    let digests = [
        digest([1, 2], 7, "one"),
        digest([3, 2], 7, "one"),
        digest([1, 2], 8, "one"),
        digest([1, 2], 7, "three"),
    ];
    for (place, one) in digests.iter().enumerate() {
        assert!(digests[..place].iter().all(|other| other != one), "{digests:?}");
    }
    assert_eq!(digest([1, 2], 7, "one"), digest([1, 4], 7, "one"), "of what took part");
    let nothing: Simulation<Scribe> = Simulation::new(Scribe::default(), TWO, &[]);
    assert_eq!(nothing.digest(), 0);
}
