//! The wall clock, and nowhere else: when the next frame may be drawn, and how much time has passed.

#![expect(clippy::disallowed_methods, reason = "the one place where real time is looked at")]

use std::time::{Duration, Instant};

/// Paces frames.
#[derive(Debug)]
pub struct Clock {
    shortest: Duration,
    drawn: Instant,
    ticked: Instant,
}

impl Clock {
    /// At most so many frames a second.
    pub fn new(fps: u32) -> Self {
        let now = Instant::now();
        let shortest = Duration::from_secs(1) / fps.max(1);
        Self { shortest, drawn: now.checked_sub(shortest).unwrap_or(now), ticked: now }
    }

    /// How long a frame is shown at least.
    pub fn frame(&self) -> Duration {
        self.shortest
    }

    /// How long until a frame may be drawn.
    pub fn until_frame(&self) -> Duration {
        self.shortest.saturating_sub(self.drawn.elapsed())
    }

    /// A frame is drawn.
    pub fn draws(&mut self) {
        self.drawn = Instant::now();
    }

    /// The time since it was last asked.
    pub fn passed(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.ticked, now))
    }
}
