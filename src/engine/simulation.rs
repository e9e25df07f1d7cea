//! The run loop: takes the first event, folds it into the digest, hands it to the world. Knows
//! when to stop and why; nothing of what the events mean.

use super::stop::{Limits, Stop};
use super::{Class, Context, Event, InstanceId, Key, Queue, Turn, World};
use crate::base::{Span, Time, mix};

/// A world, its pending events and its digest: a value that can be cloned, and the clone goes on
/// exactly as the original does.
#[derive(Clone, Debug)]
pub struct Simulation<W: World> {
    pub(super) world: W,
    pub(super) queue: Queue<W::Message, W::Timer>,
    pub(super) seats: Vec<Seat<W::Instance>>,
    limits: Limits,
    /// The key of the last event handled.
    last: Key,
    events: u64,
    /// How many events were scheduled by interventions.
    interventions: u64,
    /// The instant at which it was last looked how much there is, and the events of that instant
    /// until then, in units of [`LOOK`].
    looked_at: (Time, u64),
    /// Is more than [`CROWD`] pending?
    is_crowded: bool,
    over: Option<Stop>,
}

/// How much there is at once and in flight is looked at each time so many events have been handled.
const LOOK: u64 = 1024;

/// If more than this is pending, what an event is about is seldom still in the processor's caches when
/// the event comes. Then it is fetched before: for some [`AHEAD`] events at a time, so that they need
/// not wait for memory one after the other, and for twice as many of each lane, as nobody knows from
/// which lane those will be.
const CROWD: usize = 4096;
const AHEAD: u64 = 32;

/// An instance, and what the engine keeps of it.
#[derive(Clone, Debug)]
pub(super) struct Seat<I> {
    ledger: Ledger,
    pub(super) instance: I,
}

/// What the engine keeps of an instance.
#[derive(Clone, Copy, Debug)]
struct Ledger {
    name: u64,
    /// See [`Key::renames`].
    renames: u64,
    next: Turn,
    /// Of what it has handled; zero if that is nothing.
    digest: u64,
}

impl<W: World> Simulation<W> {
    /// A simulation at time zero with nothing pending: instances with the hashes of their names, in
    /// the order of their names, and lanes by their constant delays.
    pub fn new(
        world: W,
        instances: impl IntoIterator<Item = (u64, W::Instance)>,
        lanes: &[Span],
    ) -> Self {
        let seat = |(ix, (name, instance))| {
            let renames = Key::renames(InstanceId(ix), name);
            let next = Turn::new(InstanceId(ix), 0);
            Seat { ledger: Ledger { name, renames, next, digest: 0 }, instance }
        };
        let seats: Vec<Seat<W::Instance>> = (0..).zip(instances).map(seat).collect();
        assert!(seats.len() <= Key::MAX_INSTANCES, "{} instances are too many", seats.len());
        Self {
            world,
            queue: Queue::new(lanes),
            seats,
            limits: Limits::default(),
            last: Key(0),
            events: 0,
            interventions: 0,
            looked_at: (Time::ZERO, 0),
            is_crowded: false,
            over: None,
        }
    }

    /// With or without lanes, which is to be said before anything is sent: the same digest at another
    /// speed. With them by default.
    #[must_use]
    pub fn with_lanes(mut self, on: bool) -> Self {
        self.queue.use_lanes(on);
        self
    }

    /// With other limits than the default ones.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets a timer of an instance from outside, as if it had set it itself. A time in the past
    /// becomes now, after everything handled so far.
    pub fn schedule(&mut self, at: InstanceId, time: Time, class: Class, timer: W::Timer) {
        let key = self.key_of(at, time, class);
        self.queue.push_timer(key, at, timer);
    }

    /// Brings a message to an instance from outside, as if the instance had sent it to itself. A
    /// time in the past becomes now, after everything handled so far.
    pub fn post(&mut self, dest: InstanceId, time: Time, message: W::Message) {
        let key = self.key_of(dest, time, Class::Message);
        self.queue.push(key, dest, message);
    }

    /// Sets a timer of an instance by an intervention: the instance's own counter stays as it is, so
    /// that all that it schedules keeps its key. The time must be later than everything handled.
    pub fn intervene(&mut self, at: InstanceId, time: Time, class: Class, timer: W::Timer) {
        assert!(self.events == 0 || time > self.now(), "an intervention in the past");
        let turn = Turn::from_outside(at, self.interventions);
        self.interventions += 1;
        self.queue.push_timer(Key::new(time.min(Key::HORIZON), 0, class, turn), at, timer);
    }

    fn key_of(&mut self, origin: InstanceId, time: Time, class: Class) -> Key {
        let time = time.clamp(self.now(), Key::HORIZON);
        let is_now = self.events > 0 && time == self.now();
        let depth = if is_now { (self.last.depth() + 1).min(Key::MAX_DEPTH) } else { 0 };
        let key = Key::new(time, depth, class, self.seats[origin.0 as usize].ledger.next.take());
        if depth == Key::MAX_DEPTH {
            self.queue.never(key);
        }
        key
    }

    /// Handles everything due at `until` or before.
    pub fn run_until(&mut self, until: Time) -> Stop {
        self.run(Key::end_of(until), u64::MAX, false)
    }

    /// Handles everything due at `until` or before, but ends as soon as an instant would begin
    /// with nothing but periodic events (and stale timers) left.
    pub fn drain(&mut self, until: Time) -> Stop {
        self.drain_events(u64::MAX, until)
    }

    /// The same, and at most this many events.
    pub fn drain_events(&mut self, count: u64, until: Time) -> Stop {
        self.run(Key::end_of(until), count, true)
    }

    /// Handles this many events.
    pub fn run_events(&mut self, count: u64) -> Stop {
        self.run(Key::LAST, count, false)
    }

    /// Handles this many events, but none that is due after `until`.
    pub fn run_events_until(&mut self, count: u64, until: Time) -> Stop {
        self.run(Key::end_of(until), count, false)
    }

    /// Handles one event.
    pub fn step(&mut self) -> Stop {
        self.run_events(1)
    }

    /// Handles what is due at `until` or before as long as, after each event, `goes_on` says so of the
    /// world. [`Stop::Until`] says both that it did not and that the time is reached.
    pub fn run_while(&mut self, until: Time, mut goes_on: impl FnMut(&W) -> bool) -> Stop {
        loop {
            let before = self.events;
            let stop = self.run(Key::end_of(until), 1, false);
            let has_come_to_it = stop == Stop::Until && self.events > before;
            if !has_come_to_it || !goes_on(&self.world) {
                return stop;
            }
        }
    }

    fn run(&mut self, end: Key, count: u64, draining: bool) -> Stop {
        let enough = self.events.saturating_add(count);
        self.queue.stop_at(end);
        while self.over.is_none() && self.events < enough {
            if draining && self.next_time() > Some(self.now()) && !self.has_work() {
                return Stop::Idle;
            }
            // From one look at how much there is to the next; in a drain, event by event.
            let most = if draining { 1 } else { LOOK - self.events % LOOK };
            let mut most = most.min(enough - self.events);
            if self.is_crowded && most > 1 {
                self.prefetch();
                most = most.min(AHEAD);
            }
            let before = self.events;
            let Some(busy) = self.run_some(most) else {
                return self.nothing_due();
            };
            if self.events > before && self.events.is_multiple_of(LOOK) {
                self.look(busy);
            }
        }
        self.over.unwrap_or(Stop::Until)
    }

    /// Lets be fetched what the next events are about.
    #[inline(never)]
    fn prefetch(&mut self) {
        let (world, seats) = (&self.world, &self.seats);
        self.queue.announce(2 * AHEAD as usize, |at, event, again| {
            let instance = &seats[at.0 as usize].instance;
            if again {
                world.prefetch_further(instance, event);
            } else {
                world.prefetch(instance, event);
            }
        });
    }

    /// Handles so many events, or drops a stale timer if it is but one. Says where the last of them
    /// happened, or that nothing more is due.
    fn run_some(&mut self, most: u64) -> Option<InstanceId> {
        let (mut left, mut message) = (most, W::Message::default());
        let busy = loop {
            let Some((key, at, event)) = self.queue.pop(&mut message) else { break None };
            match event {
                Event::Message(message) => self.receive(key, at, message),
                Event::Timer(timer) => {
                    if !self.timer(key, at, timer) {
                        if most == 1 {
                            break Some(at);
                        }
                        continue;
                    }
                }
            }
            left -= 1;
            if left == 0 {
                break Some(at);
            }
        };
        self.events += most - left;
        busy
    }

    /// Why nothing is due, though it is not over yet.
    fn nothing_due(&mut self) -> Stop {
        match self.queue.first() {
            None => Stop::Idle,
            Some(first) if first.depth() == Key::MAX_DEPTH => {
                let mut pending = self.queue.iter();
                let busy = pending.find(|(key, ..)| *key == first).map(|(_, at, _)| at);
                let busy = busy.expect("the first is pending");
                *self.over.insert(Stop::TooManyAtOnce { time: first.time(), busy })
            }
            Some(_) => Stop::Until,
        }
    }

    /// Like [`run_until`](Self::run_until), but visits the instances of each (time, depth) in an
    /// order shuffled by `seed`. The digest must not notice; that is how a world proves that its
    /// instances meet only through messages.
    pub fn run_until_shuffled(&mut self, until: Time, seed: u64) -> Stop {
        let (mut beside, mut message) = (Vec::new(), W::Message::default());
        self.queue.stop_at(Key::end_of(until));
        while self.over.is_none() {
            let first = self.queue.first();
            while self.queue.first().zip(first).is_some_and(|(next, first)| next.is_beside(first)) {
                let Some((key, at, event)) = self.queue.pop(&mut message) else { break };
                beside.push((key, at, event.copied()));
            }
            if beside.is_empty() {
                return self.nothing_due();
            }
            let turn = mix(seed, self.events);
            beside.sort_unstable_by_key(|(key, at, _)| (mix(turn, u64::from(at.0)), *key));
            for (key, at, event) in beside.drain(..) {
                match event {
                    _ if self.over.is_some() => continue,
                    Event::Message(message) => self.receive(key, at, &message),
                    Event::Timer(timer) => {
                        if !self.timer(key, at, timer) {
                            continue;
                        }
                    }
                }
                self.events += 1;
                if self.events.is_multiple_of(LOOK) {
                    self.look(at);
                }
            }
            self.world.settle();
        }
        self.over.unwrap_or(Stop::Until)
    }

    /// A message arrives.
    #[expect(clippy::inline_always, reason = "called in the run loop, for every message")]
    #[inline(always)]
    fn receive(&mut self, key: Key, at: InstanceId, message: &W::Message) {
        self.last = key;
        let fingerprint = self.world.fingerprint(Event::Message(message));
        let renames = self.seats[key.origin().0 as usize].ledger.renames;
        let Seat { ledger, instance } = &mut self.seats[at.0 as usize];
        ledger.fold(key, renames, fingerprint);
        let ctx = Context::new(&mut self.queue, &mut ledger.next, key, at);
        self.world.receive(instance, message, ctx);
    }

    /// A timer is due. Says whether anybody waited for it.
    #[expect(clippy::inline_always, reason = "called in the run loop, for every timer")]
    #[inline(always)]
    fn timer(&mut self, key: Key, at: InstanceId, timer: W::Timer) -> bool {
        let Seat { ledger, instance } = &mut self.seats[at.0 as usize];
        let is_stale = cfg!(debug_assertions) && self.world.is_stale(instance, timer, key.time());
        let ctx = Context::new(&mut self.queue, &mut ledger.next, key, at);
        let handled = self.world.timer(instance, timer, ctx);
        debug_assert!(handled != is_stale, "the world says two things of a timer");
        if handled {
            self.last = key;
            let fingerprint = self.world.fingerprint(Event::Timer(timer));
            ledger.fold(key, ledger.renames, fingerprint);
        }
        handled
    }

    /// Is there too much, now or at once?
    #[cold]
    fn look(&mut self, busy: InstanceId) {
        let now = self.now();
        let looks = if self.looked_at.0 == now { self.looked_at.1 + 1 } else { 0 };
        self.looked_at = (now, looks);
        if looks * LOOK >= self.limits.at_once {
            self.over = Some(Stop::TooManyAtOnce { time: now, busy });
        }
        // The next event is as good as at hand.
        let pending = self.queue.len().saturating_sub(1);
        self.is_crowded = pending > CROWD;
        let held: usize = self.instances().map(|instance| self.world.held(instance)).sum();
        if pending + held > self.limits.in_flight {
            self.over = Some(Stop::TooManyInFlight { time: self.now(), busy });
        }
    }

    /// Whether anything is pending that is neither periodic nor stale, or waits for what is periodic.
    fn has_work(&self) -> bool {
        self.live().any(|pending| !self.world.is_periodic(pending.event))
            || self.seats.iter().any(|seat| self.world.awaits(&seat.instance))
    }

    /// The time of the last event handled.
    pub fn now(&self) -> Time {
        self.last.time()
    }

    /// When the first pending event is due, even if it turns out to be stale.
    pub fn next_time(&self) -> Option<Time> {
        self.queue.first().map(Key::time)
    }

    /// How many events have been handled.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// How many events are pending, stale timers that were not dropped yet included.
    pub fn in_flight(&self) -> usize {
        self.queue.len()
    }

    /// Everything handled so far in one word: same digest, same run. An instance at which nothing
    /// happened leaves no trace in it.
    pub fn digest(&self) -> u64 {
        let ledgers = self.seats.iter().map(|seat| &seat.ledger);
        let used = ledgers.filter(|ledger| ledger.digest != 0);
        used.fold(0, |digest, ledger| mix(mix(digest, ledger.name), ledger.digest))
    }

    /// The instances, in the order of their names.
    pub fn instances(&self) -> impl Iterator<Item = &W::Instance> {
        self.seats.iter().map(|seat| &seat.instance)
    }

    /// The instances, to be changed by an intervention.
    pub fn instances_mut(&mut self) -> impl Iterator<Item = &mut W::Instance> {
        self.seats.iter_mut().map(|seat| &mut seat.instance)
    }

    /// One of them.
    pub fn instance(&self, at: InstanceId) -> &W::Instance {
        &self.seats[at.0 as usize].instance
    }

    /// The world.
    pub fn world(&self) -> &W {
        &self.world
    }

    /// The world, to be changed from outside: probes, and by interventions the tables.
    pub fn world_mut(&mut self) -> &mut W {
        &mut self.world
    }

    /// The world, when the simulation is no longer needed.
    pub fn into_world(self) -> W {
        self.world
    }
}

impl Ledger {
    /// Folds an event into the digest. The event's own hash does not wait for the events before
    /// it; the step that does is a bijection of the old digest, so that a difference never fades.
    fn fold(&mut self, key: Key, renames: u64, fingerprint: u64) {
        let [high, low] = key.named(renames);
        let event = multiply(high ^ fingerprint ^ 0xa076_1d64_78bd_642f, low);
        self.digest = (self.digest.rotate_left(23) ^ event).wrapping_mul(0x5895_58cf_5b4f_9e05);
    }
}

/// The two halves of the product, folded: every bit of both factors reaches every bit.
fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}
