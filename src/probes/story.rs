//! The story of one operation: every fact about it, in order, and the crashes around it. What
//! `explain` tells; how it is told is not decided here.

use std::collections::BTreeMap;

use super::Probe;
use super::fact::{Fact, OpId};
use crate::base::Time;
use crate::engine::{InstanceId, Key};
use crate::scenario::tree::FlowIx;

/// Facts kept at most.
const MOST: usize = 100_000;

/// Records one operation's facts.
#[derive(Clone, Debug)]
pub struct Story {
    op: OpId,
    lines: Vec<Line>,
    left_out: u64,
    event: Key,
    /// Whose message the event brought, where it is another operation's.
    stranger: Option<Other>,
    /// The events of the story that the message of another operation brought about, in order.
    strangers: Vec<(Key, Other)>,
    /// What those operations execute that nobody has been answered for yet.
    open: BTreeMap<OpId, FlowIx>,
}

/// Another operation, which did something that this one had waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// Which.
    pub op: OpId,
    /// What it executes; not known once it has been answered.
    pub flow: Option<FlowIx>,
}

/// One fact of a story.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Of which event it is part.
    pub event: Key,
    /// When.
    pub time: Time,
    /// Where.
    pub at: InstanceId,
    /// What.
    pub fact: Fact,
}

impl Story {
    /// Of this operation.
    pub fn of(op: OpId) -> Self {
        Self {
            op,
            lines: Vec::new(),
            left_out: 0,
            event: Key(0),
            stranger: None,
            strangers: Vec::new(),
            open: BTreeMap::new(),
        }
    }

    /// Whose story it is.
    pub fn op(&self) -> OpId {
        self.op
    }

    /// What happened, in order, from the sending to the last fact about the operation. Instances
    /// that were down when it was sent, or went down or came up meanwhile, are told as well.
    pub fn lines(&self) -> &[Line] {
        let last = self.lines.iter().rposition(|line| line.fact.op().is_some());
        &self.lines[..last.map_or(0, |last| last + 1)]
    }

    /// Whose message brought this event about, where that is another operation's.
    pub fn other(&self, event: Key) -> Option<Other> {
        self.strangers.iter().find(|(its, _)| *its == event).map(|(_, other)| *other)
    }

    /// Facts that there was no room for.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn tell(&mut self, line: Line) {
        if self.lines.len() < MOST {
            self.lines.push(line);
            if let Some(other) = self.stranger.take_if(|_| line.fact.op().is_some()) {
                self.strangers.push((line.event, other));
            }
        } else {
            self.left_out += 1;
        }
    }
}

impl Probe for Story {
    const TRACES: bool = true;

    fn begins(&mut self, key: Key) {
        self.event = key;
        self.stranger = None;
    }

    #[inline]
    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        let line = Line { event: self.event, time: now, at, fact };
        match fact {
            Fact::Sent { op, flow, .. } if op != self.op => {
                self.open.insert(op, flow);
            }
            Fact::Answered { op, .. } if op != self.op => {
                self.open.remove(&op);
            }
            Fact::Received { op, .. } if op != self.op && op.is_some() => {
                self.stranger = Some(Other { op, flow: self.open.get(&op).copied() });
            }
            Fact::Up if self.lines.iter().all(|line| line.fact.op().is_none()) => {
                // Not begun yet: an instance that is up again is of no interest.
                self.lines.retain(|line| line.at != at);
            }
            Fact::Down | Fact::Up => self.tell(line),
            _ if fact.op() == Some(self.op) => self.tell(line),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::Verdict;

    #[test]
    fn it_tells_of_its_own_operation_and_of_crashes() {
        let (mine, other) = (OpId::new(0, 3), OpId::new(0, 4));
        let (a, b) = (InstanceId(0), InstanceId(1));
        let mut story = Story::of(mine);
        story.see(Time(1), a, Fact::Down);
        story.see(Time(2), a, Fact::Up);
        story.see(Time(3), b, Fact::Down);
        story.see(Time(5), a, Fact::Arrived { op: mine });
        story.see(Time(6), a, Fact::Arrived { op: other });
        story.see(Time(7), a, Fact::Freed { op: other });
        story.see(Time(8), b, Fact::Up);
        story.see(Time(9), a, Fact::Answered { op: mine, verdict: Verdict::Done });
        story.see(Time(10), b, Fact::Down);
        let told: Vec<u64> = story.lines().iter().map(|line| line.time.0).collect();
        assert_eq!(told, [3, 5, 8, 9]);
    }

    #[test]
    fn it_knows_whose_message_brought_an_event_about() {
        let (mine, other) = (OpId::new(0, 3), OpId::new(0, 2));
        let (at, name) = (InstanceId(0), Key(1).turn());
        let mut story = Story::of(mine);
        let sent = Fact::Sent {
            op: other,
            flow: FlowIx(4),
            session: 0,
            intended: Time(0),
            told: 0,
            journey: 0,
            step: 1,
        };
        story.see(Time(0), at, sent);
        story.begins(Key(1));
        story.see(Time(1), at, Fact::Received { op: other, name });
        story.see(Time(1), at, Fact::Redelivered { op: mine });
        story.begins(Key(2));
        story.see(Time(2), at, Fact::Redelivered { op: mine });
        story.see(Time(2), at, Fact::Answered { op: other, verdict: Verdict::Done });
        story.begins(Key(3));
        story.see(Time(3), at, Fact::Received { op: other, name });
        story.see(Time(3), at, Fact::Redelivered { op: mine });
        story.begins(Key(4));
        story.see(Time(4), at, Fact::Received { op: mine, name });
        story.see(Time(4), at, Fact::Redelivered { op: mine });
        let others = [1, 2, 3, 4].map(|event| story.other(Key(event)));
        let known = Some(Other { op: other, flow: Some(FlowIx(4)) });
        assert_eq!(others, [known, None, Some(Other { op: other, flow: None }), None]);
    }

    #[test]
    fn it_is_bounded() {
        let mut story = Story::of(OpId::new(0, 0));
        let op = OpId::new(0, 0);
        for n in 0..MOST as u64 + 7 {
            story.see(Time(n), InstanceId(0), Fact::Redelivered { op });
        }
        assert_eq!((story.lines().len(), story.left_out()), (MOST, 7));
    }
}
