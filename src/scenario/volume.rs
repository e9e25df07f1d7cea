//! How much a scenario asks for: a run of very many customers takes hours, and `max_in_flight` does
//! not stop it before they pile up. That is told beforehand.

use super::codes::Code;
use super::reader::Reader;
use super::tree::{Arrivals, Batch, Node, NodeKind};
use crate::base::Span;

/// So many journeys are simulated within minutes; more are warned of.
const MANY: f64 = 20e6;

impl Reader<'_> {
    /// Warns of clients that start very many journeys.
    pub(super) fn warn_of_volume(&mut self, nodes: &[Node], length: Span) {
        for (place, node) in nodes.iter().enumerate() {
            let NodeKind::Client(client) = &node.kind else { continue };
            let journeys =
                journeys(&client.arrivals, length) * client.batch.map_or(1.0, Batch::mean);
            if journeys <= MANY {
                continue;
            }
            let (at, millions) = (self.known.nodes[place].at, (journeys / 1e6).round());
            let message = if journeys.is_finite() {
                format!("about {millions} million journeys start in a run of {length}")
            } else {
                "endlessly many journeys start at one instant".to_owned()
            };
            self.wrong(Code::ManyArrivals, at, message).help(
                "a tenth of the rate and of the capacities shows the same in a tenth of the time",
            );
        }
    }
}

/// How many journeys an open client starts, in the mean; closed ones start no more than they end.
fn journeys(arrivals: &Arrivals, length: Span) -> f64 {
    match arrivals {
        Arrivals::Poisson(rates) | Arrivals::Constant(rates) => {
            let ends = rates.iter().skip(1).map(|(start, _)| *start).chain([length]);
            let stretch =
                |from: Span, to: Span| to.min(length).as_secs() - from.min(length).as_secs();
            rates.iter().zip(ends).map(|((from, rate), to)| rate * stretch(*from, to)).sum()
        }
        Arrivals::Gaps(gap) => length.0 as f64 / gap.mean(),
        Arrivals::Closed { .. } => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dist;

    #[test]
    fn journeys_are_rate_times_time() {
        let seconds = |seconds: f64| Span::from_secs(seconds);
        let rates = vec![(Span::ZERO, 100.0), (seconds(10.0), 5.0), (seconds(90.0), 1e9)];
        assert!((journeys(&Arrivals::Poisson(rates), seconds(60.0)) - 1_250.0).abs() < 1e-6);
        let gaps = Arrivals::Gaps(Dist::Const(2e6));
        assert!((journeys(&gaps, seconds(1.0)) - 500.0).abs() < 1e-6);
    }
}
