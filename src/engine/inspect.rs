//! What can be seen of a simulation from outside: the next event, what is pending, what is on its way.
//! Looks at every pending event and changes nothing; the run loop knows nothing of it.

use super::{Event, InstanceId, Key, Simulation, Turn, World};
use crate::base::{Time, weight};

/// An event that is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending<'a, M, T> {
    /// When, and whose it is: events happen in this order.
    pub key: Key,
    /// Where it happens.
    pub at: InstanceId,
    /// What it is.
    pub event: Event<&'a M, T>,
}

/// A message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transit<'a, M> {
    /// Its name, from its sending to its arrival.
    pub name: Turn,
    /// Who sent it.
    pub from: InstanceId,
    /// Where it goes.
    pub to: InstanceId,
    /// When it arrives.
    pub due: Time,
    /// What it says.
    pub message: &'a M,
}

impl<W: World> Simulation<W> {
    /// All that is pending, in no particular order; stale timers left out.
    pub fn live(&self) -> impl Iterator<Item = Pending<'_, W::Message, W::Timer>> {
        self.queue.iter().filter_map(|(key, at, event)| {
            let event = match event {
                Event::Message(message) => Event::Message(message),
                Event::Timer(timer) => {
                    let instance = &self.seats[at.0 as usize].instance;
                    if self.world.is_stale(instance, *timer, key.time()) {
                        return None;
                    }
                    Event::Timer(*timer)
                }
            };
            Some(Pending { key, at, event })
        })
    }

    /// The event that is handled next, if any is pending that is not stale.
    pub fn next_event(&self) -> Option<Pending<'_, W::Message, W::Timer>> {
        self.live().min_by_key(|pending| pending.key)
    }

    /// How many events are pending that are not stale: all, and those that are not periodic.
    pub fn pending(&self) -> (usize, usize) {
        self.live().fold((0, 0), |(all, work), pending| {
            (all + 1, work + usize::from(!self.world.is_periodic(pending.event)))
        })
    }

    /// Bytes that it holds, about: of what clones share, its share, so that the weights of a run and of
    /// its clones add up to what they hold together.
    pub fn weight(&self) -> usize {
        let instances = self.instances().map(|instance| self.world.weight(instance));
        let seats = weight::vec(&self.seats) + instances.sum::<usize>();
        size_of::<Self>() + self.queue.weight() + seats + self.world.own_weight()
    }

    /// All messages on their way, in no particular order.
    pub fn in_transit(&self) -> impl Iterator<Item = Transit<'_, W::Message>> {
        self.queue.iter().filter_map(|(key, to, event)| match event {
            Event::Message(message) => {
                Some(Transit { name: key.turn(), from: key.origin(), to, due: key.time(), message })
            }
            Event::Timer(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Time;
    use crate::engine::toy::{Happening, Toy, simulation};
    use crate::engine::{Event, Simulation, Stop};

    fn fresh() -> Simulation<Toy> {
        simulation(&[("a", true), ("b", true), ("c", true)], &[(0, 0, 12), (1, 5, 12), (2, 9, 12)])
    }

    fn under_way() -> Simulation<Toy> {
        let mut simulation = fresh();
        simulation.run_until(Time(40));
        simulation
    }

    #[test]
    fn the_next_event_is_the_one_that_is_handled_next() {
        let mut simulation = under_way();
        for _ in 0..200 {
            let Some(next) = simulation.next_event() else { break };
            let (key, now) = (next.key, next.key.time());
            let seen = simulation.world().seen.len();
            simulation.step();
            assert_eq!(simulation.now(), now);
            let last = simulation.world().seen.last().expect("it was seen");
            assert_eq!((last.0, last.1), (now, key.depth()));
            assert_eq!(simulation.world().seen.len(), seen + 1);
        }
    }

    #[test]
    fn what_is_in_transit_is_what_is_pending_and_no_timer() {
        let simulation = under_way();
        let messages = simulation.live().filter(|it| matches!(it.event, Event::Message(_)));
        let mut pending: Vec<_> =
            messages.map(|it| (it.key.turn(), it.at, it.key.time())).collect();
        let mut sent: Vec<_> = simulation.in_transit().map(|it| (it.name, it.to, it.due)).collect();
        pending.sort_unstable();
        sent.sort_unstable();
        assert_eq!(pending, sent);
        assert!(!sent.is_empty());
        assert!(simulation.in_transit().all(|it| it.from == it.name.origin()));
        assert!(simulation.in_transit().all(|it| matches!(it.message, Happening::Ping { .. })));
    }

    #[test]
    fn a_run_goes_on_while_it_is_told_to_and_no_further() {
        let (mut whole, mut parted) = (fresh(), fresh());
        whole.run_until(Time(300));
        let mut asked = 0;
        let stop = parted.run_while(Time(300), |world| {
            asked += 1;
            world.seen.len() < 20
        });
        assert_eq!((stop, parted.world().seen.len(), asked), (Stop::Until, 20, 20));
        assert_eq!(parted.events(), 20);
        parted.run_while(Time(300), |_| true);
        assert_eq!((parted.digest(), parted.events()), (whole.digest(), whole.events()));
    }
}
