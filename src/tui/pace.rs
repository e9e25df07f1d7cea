//! How fast virtual time passes: speeds, and how far the cursor goes with each tick of the real one. It is
//! told how much real time has passed; it reads no clock.

use std::time::Duration;

use super::place::Cursor;
use super::session::{Session, Speed};
use super::snapshot::{Progress, Snapshot};
use super::wish::Goal;
use crate::base::Time;

/// Speeds, in thousandths of real time.
const SPEEDS: [u32; 16] =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

/// Real time that one step of playing stands for at most: what comes later is not made up for.
const LONGEST: Duration = Duration::from_millis(50);

/// How playing goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    /// Real time since the last step.
    waited: Duration,
    /// At [`Speed::Max`]: the last step, in nanoseconds.
    stride: u64,
    /// Real and virtual nanoseconds of the stretch that is measured, and of the one before.
    now: (u64, u64),
    before: (u64, u64),
}

impl Speed {
    /// The next faster.
    #[must_use]
    pub fn faster(self) -> Self {
        match self {
            Self::Times(times) => SPEEDS
                .iter()
                .find(|speed| **speed > times)
                .map_or(Self::Max, |next| Self::Times(*next)),
            Self::Max => Self::Max,
        }
    }

    /// The next slower.
    #[must_use]
    pub fn slower(self) -> Self {
        let below = |times: u32| SPEEDS.iter().rev().find(|speed| **speed < times);
        match self {
            Self::Times(times) => Self::Times(below(times).copied().unwrap_or(SPEEDS[0])),
            Self::Max => Self::Times(SPEEDS[SPEEDS.len() - 1]),
        }
    }

    /// `0.1x`, `20x`, `max`
    pub fn name(self) -> String {
        match self {
            Self::Times(times) => format!("{}x", f64::from(times) / 1000.0),
            Self::Max => "max".to_owned(),
        }
    }
}

impl Pace {
    /// Virtual over real time lately, if both have passed.
    pub fn actual(&self) -> Option<f64> {
        let (real, virtual_) = (self.now.0 + self.before.0, self.now.1 + self.before.1);
        (real > 200_000_000).then(|| virtual_ as f64 / real as f64)
    }

    fn measure(&mut self, real: Duration, virtual_: u64) {
        self.now.0 += real.as_nanos() as u64;
        self.now.1 += virtual_;
        if self.now.0 > 1_000_000_000 {
            self.before = std::mem::take(&mut self.now);
        }
    }
}

impl Session {
    /// So much real time has passed. Says whether the cursor moves.
    pub fn tick(&mut self, passed: Duration, snapshot: &Snapshot) -> bool {
        if !self.playing {
            self.pace = Pace::default();
            return false;
        }
        self.pace.waited += passed;
        let is_there = snapshot.ticket == self.ticket && snapshot.progress == Progress::There;
        let Some(known) = snapshot.run(self.place.run) else { return false };
        if !is_there {
            return false;
        }
        let end = known.audit.unwrap_or(known.horizon);
        let waited = std::mem::take(&mut self.pace.waited);
        let step = match self.speed {
            Speed::Times(times) => waited.min(LONGEST).as_nanos() as u64 * u64::from(times) / 1_000,
            Speed::Max => {
                let took = waited.as_nanos() as u64;
                let stride = self.pace.stride.max(1_000_000);
                // So long that it takes some thirty milliseconds.
                self.pace.stride = if took > 40_000_000 { stride / 2 } else { stride * 3 / 2 };
                stride
            }
        };
        let from = self.place.cursor.time;
        let to = Time(from.0.saturating_add(step.max(1))).min(end);
        self.pace.measure(waited, to.0.saturating_sub(from.0));
        if from >= end {
            self.playing = false;
            return true;
        }
        self.seek_time(to);
        true
    }

    /// A snapshot has come: where a goal that was only described has led is where the cursor is now.
    pub fn adopt(&mut self, snapshot: &Snapshot) {
        if snapshot.ticket != self.ticket {
            return;
        }
        if let Some(note) = &snapshot.note {
            self.say(note.clone());
        }
        match (snapshot.progress, &snapshot.state, &self.goal) {
            (
                Progress::There,
                Some(state),
                Goal::Event(_) | Goal::Next { .. } | Goal::Until { .. },
            ) => {
                let here = state.here;
                self.place.cursor = Cursor { time: here.time, within: Some(here.events) };
                self.goal = Goal::At(self.place.cursor);
            }
            (Progress::There, _, Goal::End) => {
                let known = snapshot.run(self.place.run);
                if let Some(audit) = known.and_then(|known| known.audit) {
                    self.place.cursor = Cursor::at(audit);
                    self.goal = Goal::At(self.place.cursor);
                }
            }
            (Progress::Search(at), ..) => self.place.cursor = Cursor::at(at),
            (Progress::Nowhere, _, Goal::Next { from, .. } | Goal::Until { from, .. }) => {
                self.place.cursor = *from;
                self.goal = Goal::At(*from);
            }
            _ => {}
        }
        let world = self.worlds.get_mut(self.place.run.world);
        world.frontier = world.frontier.max(self.place.cursor.time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_go_up_and_down_the_same_steps() {
        let mut speed = Speed::Times(1);
        let mut up = vec![speed];
        while speed != Speed::Max {
            speed = speed.faster();
            up.push(speed);
        }
        let mut down = vec![speed];
        while speed != Speed::Times(1) {
            speed = speed.slower();
            down.push(speed);
        }
        down.reverse();
        assert_eq!(up, down);
        assert_eq!((Speed::Max.faster(), Speed::Times(1).slower()), (Speed::Max, Speed::Times(1)));
        assert_eq!(Speed::Times(100).name(), "0.1x");
        assert_eq!(Speed::Times(100_000).name(), "100x");
    }
}
