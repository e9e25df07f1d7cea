//! Crowds: open arrivals that come more often for a while. Factors multiply. Knows no arrivals.

use super::windows::Windows;
use crate::base::Time;
use crate::scenario::tree::{Crowd, NodeIx};

/// All surges.
#[derive(Clone, Debug, Default)]
pub struct Surges(Vec<Surge>);

/// A crowd, and when it comes.
#[derive(Clone, Debug, PartialEq)]
struct Surge {
    crowd: Crowd,
    windows: Windows,
}

impl Surges {
    /// Takes a crowd in that comes then.
    pub fn add(&mut self, crowd: Crowd, windows: &Windows) {
        self.0.push(Surge { crowd, windows: windows.clone() });
    }

    fn of(&self, client: NodeIx) -> impl Iterator<Item = &Surge> {
        self.0.iter().filter(move |surge| surge.crowd.client == client)
    }

    /// How many times as often this client's open arrivals come now.
    pub fn factor(&self, client: NodeIx, now: Time) -> f64 {
        let active = self.of(client).filter(|surge| surge.windows.active(now));
        active.fold(1.0, |product, surge| product * surge.crowd.factor)
    }

    /// Is this client surged by others in the same way?
    pub fn are_those_of(&self, other: &Self, client: NodeIx) -> bool {
        self.of(client).eq(other.of(client))
    }

    /// The next instant after now at which that may change.
    pub fn next_change(&self, client: NodeIx, now: Time) -> Option<Time> {
        self.of(client).filter_map(|surge| surge.windows.next_change(now)).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::tests::windows;

    const WEB: NodeIx = NodeIx(0);

    #[test]
    fn surges_multiply_and_say_when_they_change() {
        let mut surges = Surges::default();
        let crowd = |factor| Crowd { client: WEB, factor };
        surges.add(crowd(2.0), &windows(&[(10, 30)]));
        surges.add(crowd(5.0), &windows(&[(20, 40)]));
        let factors = [0, 10, 20, 30, 40].map(|now| surges.factor(WEB, Time(now)));
        assert_eq!(factors, [1.0, 2.0, 10.0, 5.0, 1.0]);
        let mut changes = vec![Time(0)];
        while let Some(next) = surges.next_change(WEB, changes[changes.len() - 1]) {
            changes.push(next);
        }
        assert_eq!(changes, [0, 10, 20, 30, 40].map(Time));
        assert_eq!(surges.factor(NodeIx(1), Time(20)), 1.0);
        assert_eq!(surges.next_change(NodeIx(1), Time(0)), None);
    }
}
