//! A small world for the engine's tests: instances that ping each other at random, with zero,
//! constant and variable delays, and timers that later pings cancel. What an instance does depends
//! on everything it saw, in order, so that any change of order shows. Knows nothing of the design.

use super::{Class, Ctx, Event, InstanceId, LaneId, Simulation, World};
use crate::base::{Span, Time, mix, name_hash};

/// Lanes of the toy: no delay, a short hop, a long one.
pub(super) const LANES: [Span; 3] = [Span(0), Span(5), Span(40)];

const ZERO: LaneId = LaneId(0);
const HOP: LaneId = LaneId(1);
const FAR: LaneId = LaneId(2);

/// What happens in the toy.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Happening {
    /// A message that causes others while it has hops left.
    Ping { hops: u8, word: u64 },
    /// A timer that the next ping cancels.
    Timer { generation: u64, hops: u8 },
    /// A periodic event: goes on for ever.
    #[default]
    Beat,
}

/// The toy's state.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Toy {
    /// The instances that take part, in the order of their names.
    peers: Vec<InstanceId>,
    /// What the probe saw, by key without instance numbers.
    pub seen: Vec<(Time, u32, u64)>,
}

/// An instance of the toy.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cell {
    state: u64,
    generation: u64,
}

impl World for Toy {
    type Instance = Cell;
    type Message = Happening;
    type Timer = Happening;

    fn receive(&mut self, cell: &mut Cell, event: &Happening, ctx: Ctx<'_, Self>) {
        self.timer(cell, *event, ctx);
    }

    fn timer(&mut self, cell: &mut Cell, event: Happening, mut ctx: Ctx<'_, Self>) -> bool {
        if self.is_stale(cell, event, ctx.now()) {
            return false;
        }
        self.seen.push((ctx.now(), ctx.key().depth(), cell.state));
        match event {
            Happening::Beat => {
                cell.state = mix(cell.state, 1);
                ctx.after(Span(70), Class::Timeout, Happening::Beat);
            }
            Happening::Timer { hops, .. } => {
                cell.state = mix(cell.state, 2);
                self.ping(cell, hops, &mut ctx);
            }
            Happening::Ping { hops, word } => {
                cell.state = mix(cell.state, word);
                cell.generation += 1;
                let generation = cell.generation;
                if hops > 0 {
                    let timer = Happening::Timer { generation, hops: hops - 1 };
                    ctx.after(Span(40), Class::Timeout, timer);
                }
                self.ping(cell, hops, &mut ctx);
                if mix(cell.state, 3).is_multiple_of(3) {
                    self.ping(cell, hops, &mut ctx);
                }
            }
        }
        true
    }

    fn is_stale(&self, cell: &Cell, event: Happening, _: Time) -> bool {
        matches!(event, Happening::Timer { generation, .. } if generation != cell.generation)
    }

    fn fingerprint(&self, event: Event<&Happening, Happening>) -> u64 {
        match event {
            Event::Message(event) => Self::print(*event),
            Event::Timer(event) => Self::print(event),
        }
    }

    fn is_periodic(&self, event: Event<&Happening, Happening>) -> bool {
        event == Event::Timer(Happening::Beat)
    }
}

impl Toy {
    fn print(event: Happening) -> u64 {
        match event {
            Happening::Ping { hops, word } => mix(word, u64::from(hops)),
            Happening::Timer { generation, hops } => mix(generation, u64::from(hops)),
            Happening::Beat => 0,
        }
    }

    /// Sends a ping somewhere, some way.
    fn ping(&self, cell: &mut Cell, hops: u8, ctx: &mut Ctx<'_, Self>) {
        if hops == 0 {
            return;
        }
        cell.state = mix(cell.state, 4);
        let word = cell.state;
        let dest = self.peers[word as usize % self.peers.len()];
        let ping = Happening::Ping { hops: hops - 1, word };
        match word >> 60 {
            0 => ctx.after(Span::ZERO, Class::Completion, ping),
            1 | 2 => ctx.via(ZERO, LANES[0], dest, |it| *it = ping),
            3..=8 => ctx.via(HOP, LANES[1], dest, |it| *it = ping),
            9 => ctx.via(FAR, LANES[2], dest, |it| *it = ping),
            _ => ctx.send(dest, Span(word >> 40 & 7), ping),
        }
    }
}

/// A simulation of instances with these names, in this order, of which those marked `false` never
/// take part; pings start from `starts`: (peer, time, hops). One peer beats.
pub(super) fn simulation(names: &[(&str, bool)], starts: &[(u8, u8, u8)]) -> Simulation<Toy> {
    let peers: Vec<InstanceId> =
        (0..).zip(names).filter(|(_, (_, used))| *used).map(|(id, _)| InstanceId(id)).collect();
    let cells = names.iter().map(|(name, _)| {
        let state = name_hash(name);
        (state, Cell { state, generation: 0 })
    });
    let toy = Toy { peers: peers.clone(), seen: Vec::new() };
    let mut simulation = Simulation::new(toy, cells, &LANES);
    for (at, (peer, time, hops)) in (0..).zip(starts) {
        let dest = peers[*peer as usize % peers.len()];
        let ping = Happening::Ping { hops: *hops, word: at };
        simulation.post(dest, Time(u64::from(*time)), ping);
    }
    simulation.schedule(peers[0], Time(3), Class::Timeout, Happening::Beat);
    simulation
}
