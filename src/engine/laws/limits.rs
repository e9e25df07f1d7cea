//! When a run is given up, where it is idle, and what happens where much is pending.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::TWO;
use crate::base::{Span, Time, mix};
use crate::engine::{Class, Ctx, Event, InstanceId, LaneId, Limits, Simulation, Stop, World};

/// Events that beget `children` at once, or fork after a while.
#[derive(Clone, Debug)]
struct Hydra {
    delay: Span,
    children: u32,
}

impl World for Hydra {
    type Instance = ();
    type Message = ();
    type Timer = ();

    fn receive(&mut self, (): &mut (), (): &(), mut ctx: Ctx<'_, Self>) {
        for _ in 0..self.children {
            ctx.send(InstanceId(1 - ctx.me().0), self.delay, ());
        }
    }

    fn timer(&mut self, (): &mut (), (): (), _: Ctx<'_, Self>) -> bool {
        true
    }

    fn fingerprint(&self, _: Event<&(), ()>) -> u64 {
        0
    }
}

fn hydra(delay: u64, children: u32, limits: Limits) -> Simulation<Hydra> {
    let hydra = Hydra { delay: Span(delay), children };
    let mut simulation = Simulation::new(hydra, TWO, &[]).with_limits(limits);
    simulation.post(InstanceId(0), Time(5), ());
    simulation
}

#[test]
fn an_endless_chain_within_an_instant_is_diagnosed() {
    let mut simulation = hydra(0, 1, Limits::default());
    let stop = Stop::TooManyAtOnce { time: Time(5), busy: InstanceId(1) };
    assert_eq!(simulation.run_until(Time(9)), stop);
    assert_eq!(simulation.run_until(Time(99)), stop, "it stays over");
    assert_eq!(simulation.events(), 4095);
}

#[test]
fn too_many_events_at_one_instant_are_diagnosed() {
    let mut simulation = hydra(0, 2, Limits { at_once: 5_000, ..Limits::default() });
    let stop = simulation.run_until(Time(9));
    assert!(matches!(stop, Stop::TooManyAtOnce { time: Time(5), .. }), "{stop:?}");
    let events = simulation.events();
    assert!((5_000..7_200).contains(&events), "soon after: {events}");
}

/// A world in which nobody waits for any timer.
#[derive(Clone, Debug)]
struct Deserted;

impl World for Deserted {
    type Instance = ();
    type Message = ();
    type Timer = ();

    fn receive(&mut self, (): &mut (), (): &(), _: Ctx<'_, Self>) {}

    fn timer(&mut self, (): &mut (), (): (), _: Ctx<'_, Self>) -> bool {
        false
    }

    fn is_stale(&self, (): &(), (): (), _: Time) -> bool {
        true
    }

    fn fingerprint(&self, _: Event<&(), ()>) -> u64 {
        0
    }
}

#[test]
fn timers_that_nobody_waits_for_are_no_events_at_one_instant() {
    let limits = Limits { at_once: 2_048, ..Limits::default() };
    let mut simulation = Simulation::new(Deserted, [(1, ())], &[]).with_limits(limits);
    for time in 0..100 {
        simulation.schedule(InstanceId(0), Time(time), Class::Timeout, ());
    }
    simulation.post(InstanceId(0), Time(200), ());
    let mut stepped = simulation.clone();
    assert_eq!(simulation.drain(Time(300)), Stop::Idle);
    assert_eq!((simulation.events(), simulation.now()), (1, Time(200)));
    assert_eq!(stepped.step(), Stop::Until);
    assert_eq!(stepped.digest(), simulation.digest());
}

#[test]
fn too_many_pending_events_are_diagnosed() {
    let mut simulation = hydra(1, 2, Limits { in_flight: 1_000, ..Limits::default() });
    let stop = simulation.run_until(Time(99));
    assert!(matches!(stop, Stop::TooManyInFlight { .. }), "{stop:?}");
    let in_flight = simulation.in_flight();
    assert!((1_001..=2_048).contains(&in_flight), "soon after: {in_flight}");
}

#[test]
fn the_event_at_hand_is_not_in_flight_and_a_world_holds_nothing_unless_it_says_so() {
    let mut simulation = hydra(1, 1, Limits { in_flight: 0, ..Limits::default() });
    assert_eq!(simulation.run_events(5_000), Stop::Until);
    assert_eq!(simulation.events(), 5_000);
}

#[test]
fn events_past_the_horizon_wait_at_the_horizon() {
    let mut simulation = hydra(u64::MAX, 1, Limits::default());
    assert_eq!(simulation.run_until(Time(1 << 55)), Stop::Until);
    assert_eq!((simulation.events(), simulation.in_flight()), (1, 1));
}

#[test]
fn an_empty_simulation_is_idle() {
    let mut simulation = hydra(1, 0, Limits::default());
    assert_eq!(simulation.run_until(Time(99)), Stop::Idle);
    assert_eq!((simulation.events(), simulation.now()), (1, Time(5)));
}

/// A world of many timers and messages, each of which causes another. Hears which are about to come.
#[derive(Clone, Debug, Default)]
struct Crowd {
    handled: u64,
    foretold: u64,
    coming: RefCell<BTreeSet<u64>>,
    coming_again: RefCell<BTreeSet<u64>>,
}

impl Crowd {
    /// This one happens; the number of the next.
    fn happens(&mut self, number: u64) -> u64 {
        self.handled += 1;
        let was_foretold = self.coming.get_mut().remove(&number);
        self.foretold += u64::from(was_foretold);
        let again = self.coming_again.get_mut().remove(&number);
        assert_eq!(was_foretold, again, "first all once, then all again");
        mix(number, 1)
    }
}

impl World for Crowd {
    type Instance = ();
    type Message = u64;
    type Timer = u64;

    fn receive(&mut self, (): &mut (), message: &u64, mut ctx: Ctx<'_, Self>) {
        let next = self.happens(*message);
        ctx.after(Span(1 + next % 50_000), Class::Completion, next);
    }

    fn timer(&mut self, (): &mut (), timer: u64, mut ctx: Ctx<'_, Self>) -> bool {
        let next = self.happens(timer);
        let (lane, delay) = [(0, 5_000), (1, 40_000)][next as usize % 2];
        ctx.via(LaneId(lane), Span(delay), InstanceId(next as u32 % 3), |it| *it = next);
        true
    }

    fn fingerprint(&self, event: Event<&u64, u64>) -> u64 {
        match event {
            Event::Message(number) => *number,
            Event::Timer(number) => number,
        }
    }

    fn prefetch(&self, (): &(), event: Event<&u64, u64>) {
        self.coming.borrow_mut().insert(self.fingerprint(event));
    }

    fn prefetch_further(&self, (): &(), event: Event<&u64, u64>) {
        self.coming_again.borrow_mut().insert(self.fingerprint(event));
    }
}

#[test]
fn in_a_crowd_nearly_every_event_is_foretold_and_none_changed() {
    let crowd = |people: u64| {
        let delays = [Span(5_000), Span(40_000)];
        let mut crowd =
            Simulation::new(Crowd::default(), [1, 2, 3].map(|name| (name, ())), &delays);
        for number in 0..people {
            let (at, time) = (InstanceId(number as u32 % 3), Time(mix(1, number) % 50_000));
            crowd.schedule(at, time, Class::Completion, number);
        }
        crowd
    };
    let mut straight = crowd(10_000);
    straight.run_until(Time(150_000));
    let mut shuffled = crowd(10_000);
    shuffled.run_until_shuffled(Time(150_000), 7);
    assert_eq!((straight.digest(), straight.events()), (shuffled.digest(), shuffled.events()));
    assert_eq!(shuffled.world().foretold, 0);
    let Crowd { handled, foretold, .. } = straight.world();
    assert!(foretold * 10 > handled * 9, "{foretold} of {handled}");

    let mut few = crowd(1_000);
    few.run_until(Time(150_000));
    assert_eq!(few.world().foretold, 0, "nobody waits for memory");
}
