//! How much a scenario asks for: a run of very many customers takes hours, and `max_in_flight` does
//! not stop it before they pile up; instances, and the times at which each of them breaks, take memory. That is
//! told beforehand.

use super::codes::Code;
use super::faults::MOST_TIMES;
use super::reader::Reader;
use super::tree::{Arrivals, Batch, Fault, Harm, Node, NodeKind};
use crate::base::Span;

/// So many journeys are simulated within minutes; more are warned of.
const MANY: f64 = 20e6;

/// So many instances there may be in all.
const INSTANCES: u32 = 100_000;

impl Reader<'_> {
    /// Refuses more instances, or more times at which some of them break, than a run has memory for.
    pub(super) fn refuse_volume(&mut self, nodes: &[Node], faults: &[Fault], length: Span) {
        let mut all = 0;
        for (place, node) in nodes.iter().enumerate() {
            let before = all;
            all += node.kind.instances();
            if before <= INSTANCES && all > INSTANCES {
                let at = self.known.nodes[place].at;
                let message =
                    format!("with these there are {all} instances, and at most {INSTANCES} in all");
                self.wrong(Code::OutOfRange, at, message).help(
                    "a tenth of the rate and of the instances shows the same in a tenth of the time",
                );
            }
        }
        let mut outages = vec![0.0; nodes.len()];
        // One that by itself begins too often was refused where it stands.
        for fault in faults
            .iter()
            .filter(|fault| fault.when.begins(fault.lasts.as_ref(), length) <= MOST_TIMES)
        {
            for harm in fault.what.harms() {
                let Harm::Instances(target, _) = harm else { continue };
                let node = usize::from(target.node.0);
                let hit = target.instance.map_or(nodes[node].kind.instances(), |_| 1);
                outages[node] += fault.when.begins(fault.lasts.as_ref(), length) * f64::from(hit);
            }
        }
        for (place, outages) in outages.iter().enumerate().filter(|(_, it)| **it > MOST_TIMES) {
            let (name, at) = (&nodes[place].name, self.known.nodes[place].at);
            let millions = (outages / 1e6).ceil();
            let message = format!(
                "faults of {name} begin about {millions} million times in a run of {length}, counted by \
                 instance, and may one million times"
            );
            self.wrong(Code::OutOfRange, at, message)
                .help("let them begin more rarely, or break one `instance` instead of all");
        }
    }

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
pub(super) fn journeys(arrivals: &Arrivals, length: Span) -> f64 {
    match arrivals {
        Arrivals::Poisson(rates) | Arrivals::Constant(rates) => rates.expected(length),
        Arrivals::Gaps(gap) => length.0 as f64 / gap.mean(),
        Arrivals::Closed { .. } => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dist;
    use crate::scenario::tree::Rates;

    #[test]
    fn journeys_are_rate_times_time() {
        let seconds = |seconds: f64| Span::from_secs(seconds);
        let steps = [(Span::ZERO, 100.0), (seconds(10.0), 5.0), (seconds(90.0), 1e9)];
        let rates = Rates::steps(&steps);
        assert!((journeys(&Arrivals::Poisson(rates), seconds(60.0)) - 1_250.0).abs() < 1e-6);
        let gaps = Arrivals::Gaps(Dist::Const(2e6));
        assert!((journeys(&gaps, seconds(1.0)) - 500.0).abs() < 1e-6);
    }

    /// A scenario with these nodes, steps and faults; its mistakes.
    fn mistakes(nodes: &str, steps: &str, faults: &str) -> String {
        let text = format!(
            r#"(
                run: (length: "1s"),
                nodes: {{
                    "c": Client(arrivals: Poisson("10/s"), does: "f"),
                    "s": Service(workers: 1, instances: 10_000),
                    {nodes}
                }},
                flows: {{ "f": (home: "s", steps: [{steps}]) }},
                designs: {{ "rest": Rest() }},
                faults: [{faults}],
            )"#
        );
        match crate::scenario::parse("volume", &text, &[]) {
            Ok(_) => String::new(),
            Err(wrong) => wrong.render(false),
        }
    }

    #[test]
    fn what_no_memory_holds_is_refused() {
        let many = |count: u32| {
            let node = |it| format!("\"n{it}\": Service(workers: 1, instances: 10_000), ");
            (0..count).map(node).collect::<Vec<_>>().concat()
        };
        assert_eq!(mistakes(&many(8), "", ""), "");
        let told = mistakes(&many(12), "", "");
        assert!(told.contains("with these there are 100001 instances"), "{told}");
        assert_eq!(told.matches("error[").count(), 1, "{told}");

        let crash = |every, instance| {
            format!(
                "(at: Every(first: \"0s\", every: \"{every}\"), lasts: \"1us\", what: Crash(\"s\"{instance}))"
            )
        };
        let told = mistakes("", "", &crash("100us", ""));
        assert!(told.contains("faults of s begin about 100 million times"), "{told}");
        assert_eq!(mistakes("", "", &crash("100us", ", instance: 3")), "");
        assert_eq!(mistakes("", "", &crash("100ms", "")), "");

        let nested = |depth: usize| {
            format!("{}Work(\"1ms\"){}", "Repeat(2, [".repeat(depth), "])".repeat(depth))
        };
        assert_eq!(mistakes("", &nested(11), ""), "");
        let told = mistakes("", &nested(40), "");
        assert!(told.contains("this is done 16384 times, and at most 10000"), "{told}");
        assert_eq!(told.matches("error[").count(), 1, "{told}");
    }
}
