//! When the relay may send the rows of its outbox, where that is not at once.
//!
//! * A relay that **polls** (C. Richardson, microservices.io, "Polling publisher") looks for new rows
//!   every so often, counted from its start. That its query costs the database something is left out;
//!   so is that it may find rows in another order than that of their commits.
//! * A producer that **lingers** (kafka.apache.org/documentation, `linger.ms`, `batch.size`) gathers what
//!   it is given; the first record of a batch starts the clock, and a full batch goes at once. Kafka has
//!   a batch for each partition, but sends together what goes to one broker as soon as one of them is
//!   ready (`RecordAccumulator`, `drain`), and a log is one broker here: so there is one batch for each
//!   producer. Its records travel and are confirmed one by one, at the same time; `batch` counts records
//!   where Kafka counts bytes. What is sent again waits no second time.
//!
//! ```text
//! rows:   released | gathered | not yet seen
//!                    └ linger ┘ └ poll ┘
//! ```

use crate::base::{Span, Time};
use crate::model::Model;
use crate::nodes::env::Env;
use crate::nodes::message::timers;
use crate::probes::{Fact, Probe};
use crate::scenario::tree::{Gather, Relaying};

timers! {
    /// What the gate waits for.
    pub enum Due {
        /// Time to look for new rows of the outbox; counts the looks.
        Poll(look: u32) = 20,
        /// The batch of this number has been gathered for long enough.
        Linger(batch: u32) = 21,
    }
}

/// What stands between the outbox and its broker. Places count from the oldest row on.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate {
    /// `None` sees rows at once.
    poll: Option<Span>,
    linger: Span,
    most: Option<usize>,
    /// Polls are counted from here.
    since: Time,
    /// Rows that were seen.
    seen: usize,
    /// Rows that may be sent.
    released: usize,
    /// The poll that is awaited, and how many were before.
    polls: u32,
    is_polling: bool,
    /// The batch that is gathered, and is it timed already?
    batch: u32,
    is_timed: bool,
}

impl Gate {
    /// That of this design's relays; `None` if it stands open.
    pub(super) fn of(model: &Model) -> Option<Self> {
        let design = model.scenario.designs.get(model.design)?;
        let poll = match design.relay {
            Relaying::Tailing => None,
            Relaying::Polling(every) => Some(every),
        };
        let (linger, most) = match model.terms(design.broker?).produce.gather {
            Some(Gather { linger, batch }) => (linger, batch.map(|most| most as usize)),
            None => (Span::ZERO, None),
        };
        let is_shut = poll.is_some() || linger > Span::ZERO;
        is_shut.then(|| Self { poll, linger, most, ..Self::default() })
    }

    /// How many of so many rows may be sent by now.
    pub(super) fn released<P: Probe>(&mut self, rows: usize, env: &mut Env<'_, '_, P>) -> usize {
        match self.poll {
            None => self.seen = rows,
            Some(every) if rows > self.seen && !self.is_polling => {
                self.is_polling = true;
                let late = env.now().since(self.since).0 % every.0;
                env.wait(Span(every.0 - late), Due::Poll(self.polls));
            }
            Some(_) => {}
        }
        self.gather(env);
        self.released
    }

    /// Full batches go at once, others when they have lingered.
    fn gather<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        while let Some(most) = self.most.filter(|most| self.seen - self.released >= *most) {
            self.release(most, env);
        }
        if self.seen > self.released && self.linger == Span::ZERO {
            self.release(self.seen - self.released, env);
        } else if self.seen > self.released && !self.is_timed {
            self.is_timed = true;
            env.wait(self.linger, Due::Linger(self.batch));
        }
    }

    fn release<P: Probe>(&mut self, rows: usize, env: &mut Env<'_, '_, P>) {
        self.released += rows;
        self.batch = self.batch.wrapping_add(1);
        self.is_timed = false;
        env.fact(Fact::Batched { records: rows as u32 });
    }

    /// A timer that is not stale, while there are so many rows.
    pub(super) fn timer<P: Probe>(&mut self, due: Due, rows: usize, env: &mut Env<'_, '_, P>) {
        if let Due::Poll(_) = due {
            self.polls = self.polls.wrapping_add(1);
            self.is_polling = false;
            self.seen = rows;
            self.gather(env);
        } else {
            self.release(self.seen - self.released, env);
        }
    }

    /// Is this timer of no interest any more?
    pub(super) fn is_stale(&self, due: Due) -> bool {
        match due {
            Due::Poll(poll) => poll != self.polls || !self.is_polling,
            Due::Linger(batch) => batch != self.batch || !self.is_timed,
        }
    }

    /// The oldest row is gone.
    pub(super) fn shift(&mut self) {
        self.seen = self.seen.saturating_sub(1);
        self.released = self.released.saturating_sub(1);
    }

    /// The relay dies: what it had seen it will have to see again.
    pub(super) fn crash(&mut self) {
        (self.seen, self.released) = (0, 0);
        (self.is_polling, self.is_timed) = (false, false);
        self.polls = self.polls.wrapping_add(1);
        self.batch = self.batch.wrapping_add(1);
    }

    /// It begins anew.
    pub(super) fn restart(&mut self, now: Time) {
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::super::harness::{Bench, Broker, HOP, Town, WRITE, op};
    use super::super::relay::PAUSE;
    use super::*;
    use crate::model::program::{Outgoing, PubIx, Txn};
    use crate::probes::Fact;

    /// Rows that are committed at these instants.
    fn rows(instants: &[u64]) -> Bench {
        let posts = Outgoing { publication: PubIx(0), write: None, when_refused: false };
        let txn = Txn { outbox: vec![posts], ..Txn::default() };
        let asked = (0..).zip(instants);
        asked.fold(Bench::new(vec![txn]), |bench, (n, at)| bench.ask(at - WRITE, op(n), 0))
    }

    /// When each row was sent, in order.
    fn sent(town: &Town) -> Vec<u64> {
        town.published.iter().map(|row| row.0 - HOP).collect()
    }

    fn batches(town: &Town) -> Vec<u32> {
        town.facts(|fact| match fact {
            Fact::Batched { records } => Some(*records),
            _ => None,
        })
    }

    fn polling(instants: &[u64]) -> Bench {
        let mut bench = rows(instants);
        bench.relay = Relaying::Polling(Span(1_000));
        bench
    }

    fn lingering(mut bench: Bench, batch: Option<u32>) -> Bench {
        (bench.linger, bench.batch) = (Span(100), batch);
        bench
    }

    #[test]
    fn rows_wait_for_the_next_look_at_the_outbox() {
        let town = polling(&[2_100, 2_900, 3_500, 5_000, 7_001]).run();
        assert_eq!(sent(&town), [3_000, 3_000, 4_000, 6_000, 8_000]);
        assert_eq!(batches(&town), [2, 1, 1, 1]);
        assert!((0..5).all(|n| town.references(op(n).id) == 0));
    }

    #[test]
    fn looks_are_counted_from_the_relays_start() {
        let town = polling(&[2_100, 2_200]).crash(2_500, 10_300, false).run();
        assert_eq!(sent(&town), [11_300, 11_300]);
    }

    #[test]
    fn the_first_record_of_a_batch_starts_the_clock() {
        let town = lingering(rows(&[2_000, 2_050, 2_099, 2_150, 2_400]), None).run();
        assert_eq!(sent(&town), [2_100, 2_100, 2_100, 2_250, 2_500]);
        assert_eq!(batches(&town), [3, 1, 1]);
    }

    #[test]
    fn a_full_batch_goes_at_once() {
        let town = lingering(rows(&[2_000, 2_010, 2_020, 2_030, 2_040]), Some(2)).run();
        assert_eq!(sent(&town), [2_010, 2_010, 2_030, 2_030, 2_140]);
        assert_eq!(batches(&town), [2, 2, 1]);
    }

    #[test]
    fn what_a_poll_finds_is_gathered() {
        let town = lingering(polling(&[2_100, 2_200, 2_300]), Some(2)).run();
        assert_eq!(sent(&town), [3_000, 3_000, 3_100]);
    }

    #[test]
    fn what_is_sent_again_waits_no_second_time() {
        let mut bench = lingering(rows(&[2_000, 2_050]), None);
        bench.broker = vec![(0, Broker::Fails), (10_000, Broker::Confirms)];
        let town = bench.run();
        let again = 2_100 + 2 * HOP + PAUSE.0;
        assert_eq!(sent(&town), [2_100, 2_100, again, again]);
        assert_eq!(batches(&town), [2], "it is the same batch");
        assert!((0..2).all(|n| town.references(op(n).id) == 0));
    }
}
