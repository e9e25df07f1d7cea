//! Crowds: open arrivals that come more often for a while. Factors multiply. Knows no arrivals.

use super::windows::Windows;
use crate::base::Time;
use crate::scenario::tree::FaultKind;
use crate::scenario::tree::NodeIx;

/// All surges.
#[derive(Clone, Debug, Default)]
pub struct Surges(Vec<(NodeIx, Windows, f64)>);

impl Surges {
    /// Takes a fault in, if it is a surge.
    pub fn add(&mut self, kind: &FaultKind, windows: &Windows) {
        if let FaultKind::Surge { client, factor } = kind {
            self.0.push((*client, windows.clone(), *factor));
        }
    }

    fn of(&self, client: NodeIx) -> impl Iterator<Item = (&Windows, f64)> {
        let mine = self.0.iter().filter(move |surge| surge.0 == client);
        mine.map(|(_, windows, factor)| (windows, *factor))
    }

    /// How many times as often this client's open arrivals come now.
    pub fn factor(&self, client: NodeIx, now: Time) -> f64 {
        let active = self.of(client).filter(|(windows, _)| windows.active(now));
        active.fold(1.0, |product, (_, factor)| product * factor)
    }

    /// Is this client surged by others in the same way?
    pub fn are_those_of(&self, other: &Self, client: NodeIx) -> bool {
        self.of(client).eq(other.of(client))
    }

    /// The next instant after now at which that may change.
    pub fn next_change(&self, client: NodeIx, now: Time) -> Option<Time> {
        self.of(client).filter_map(|(windows, _)| windows.next_change(now)).min()
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
        let surge = |factor| FaultKind::Surge { client: WEB, factor };
        surges.add(&surge(2.0), &windows(&[(10, 30)]));
        surges.add(&surge(5.0), &windows(&[(20, 40)]));
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
