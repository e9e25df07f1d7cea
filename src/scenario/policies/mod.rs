//! The policies, one room each: what a caller does about answers that do not come. A room holds the
//! word and the settings of its policy as files write them, their reader, an example, and the names
//! by which outputs show it. What callers do about it is in `nodes/calls/`, in files of the same
//! names. This file holds the table of the rooms, and refuses to know what is in any of them.

mod backoff;

pub use backoff::{Backoff, Jitter};
pub use breaker::Breaker;
pub use cancel::Cancel;
pub use hedge::Hedge;
pub use outlier_detection::OutlierDetection;
pub use throttle::Throttle;

use super::reader::{Fields, Reader};
use super::syntax::Value;
use super::tree::{PolicyIx, Scenario};
use crate::base::Span;

/// Policies of these names are the defaults of their class of call.
pub const CLASSES: &[&str] = &["client", "call", "store", "publish"];

/// The most calls that a policy may count.
const MAX_CALLS: u32 = 1_000_000;

/// What everybody else needs to know about one policy.
#[derive(Debug)]
pub struct Room {
    /// The field of a policy that sets it.
    pub word: &'static str,
    /// A policy that has it, as a file writes it.
    pub example: &'static str,
    /// The names by which outputs show it.
    pub guards: &'static [Guard],
    /// Reads it into a policy of which the rooms before this one have been read. `None` after it has
    /// noted what is wrong.
    read: for<'a> fn(&mut Reader<'a>, &Fields<'a>, &mut Policy) -> Option<()>,
}

/// What protects callers or those they call, as outputs name it.
#[derive(Debug)]
pub struct Guard {
    /// Its name.
    pub name: &'static str,
    /// Does this policy have it?
    pub is_in_force: fn(&Policy) -> bool,
}

/// Writes [`Policy`] and [`ROOMS`] from the table of rooms and what each adds to a policy.
macro_rules! policies {
    ($($room:ident { $($(#[$doc:meta])* $field:ident: $settings:ty),* $(,)? })*) => {
        $(mod $room;)*

        /// What a caller does about an answer that does not come. The default is what nothing has
        /// been read into yet: it makes no try.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Policy {
            /// Its name. `client`, `call`, `store` and `publish` are the defaults of their class of
            /// call.
            pub name: String,
            $($($(#[$doc])* pub $field: $settings,)*)*
        }

        /// All rooms, in the order in which they are read and shown.
        pub const ROOMS: &[Room] = &[$($room::ROOM),*];
    };
}

policies! {
    timeout {
        /// Gives up an attempt after this.
        timeout: Option<Span>,
    }
    retry {
        /// Tries in all, at least 1.
        tries: u32,
        /// Pause before the next try.
        backoff: Backoff,
        /// Retries per call at most, as a share (token bucket per caller); `None` is unlimited.
        budget: Option<f64>,
        /// Does the answer to a try that was given up end the call as well?
        late_answers: bool,
        /// Does a retry go to another instance than the tries before it, where there is one?
        elsewhere: bool,
    }
    hedge {
        /// Sends second copies.
        hedge: Option<Hedge>,
    }
    cancel {
        /// What becomes of work whose answer is of no use any more.
        cancel: Cancel,
    }
    breaker {
        /// Stops calling what fails.
        breaker: Option<Breaker>,
    }
    throttle {
        /// Calls less often what does not accept.
        throttle: Option<Throttle>,
    }
    outlier_detection {
        /// Leaves out for a while the instances that fail.
        outlier_detection: Option<OutlierDetection>,
    }
    bulkhead {
        /// So many calls of one caller to one node at once; `None` is unlimited.
        bulkhead: Option<u32>,
    }
}

impl<'a> Reader<'a> {
    /// Reads one of the declared policies.
    pub(super) fn read_policy(&mut self, index: usize) -> Option<Policy> {
        let declared = &self.known.policies[index];
        let (name, value) = (declared.name, declared.value);
        let words: Vec<&'static str> = ROOMS.iter().map(|room| room.word).collect();
        let fields = self.fields(value, "a policy", 0, &words)?;
        let mut policy = Policy { name: name.to_owned(), ..Policy::default() };
        let mut is_sound = true;
        for room in ROOMS {
            is_sound &= (room.read)(self, &fields, &mut policy).is_some();
        }
        is_sound.then_some(policy)
    }

    /// A number of calls that a policy counts.
    fn calls(&mut self, value: &'a Value) -> Option<u32> {
        self.count(value, 1..=MAX_CALLS)
    }
}

impl Scenario {
    /// The policy that is the default of this class of call, if there is one.
    pub fn class_policy(&self, class: &str) -> Option<PolicyIx> {
        let found = self.policies.iter().position(|policy| policy.name == class);
        found.map(|ix| PolicyIx(ix as u16))
    }

    /// What its policies have in force, as outputs name it.
    pub fn policies_in_force(&self) -> impl Iterator<Item = &'static str> {
        let guards = ROOMS.iter().flat_map(|room| room.guards);
        let in_force = guards.filter(|guard| self.policies.iter().any(guard.is_in_force));
        in_force.map(|guard| guard.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse;

    /// A scenario with this policy and no other.
    fn with(policy: &str) -> Scenario {
        let text = format!(
            r#"(
                run: (length: "1s"),
                nodes: {{
                    "users": Client(arrivals: Poisson("1/s"), journeys: {{ "one": (steps: [Do("order")]) }}),
                    "shop": Service(workers: 1, work: "1ms"),
                }},
                flows: {{ "order": (home: "shop", steps: [Work("1ms")]) }},
                designs: {{ "rest": Rest() }},
                policies: {{ "client": {policy} }},
            )"#
        );
        parse("example.ron", &text, &[]).unwrap_or_else(|wrong| panic!("{policy}: {wrong}"))
    }

    #[test]
    fn every_example_puts_its_own_policy_in_force() {
        for room in ROOMS {
            assert!(room.example.contains(&format!("{}:", room.word)), "{}", room.word);
            let scenario = with(room.example);
            let in_force: Vec<_> = scenario.policies_in_force().collect();
            let own = room.guards.iter().filter(|guard| in_force.contains(&guard.name));
            assert!(own.count() > 0, "{}: {in_force:?}", room.word);
        }
    }

    #[test]
    fn a_policy_that_says_nothing_tries_once_and_has_nothing_in_force() {
        let scenario = with("()");
        assert_eq!(scenario.policies_in_force().count(), 0);
        let tries_once = Policy { name: "client".into(), tries: 1, ..Policy::default() };
        assert_eq!(scenario.policies, [tries_once]);
    }

    #[test]
    fn words_and_names_are_each_given_once() {
        let mut words: Vec<_> = ROOMS.iter().map(|room| room.word).collect();
        let mut names: Vec<_> =
            ROOMS.iter().flat_map(|room| room.guards).map(|guard| guard.name).collect();
        let counts = (words.len(), names.len());
        for list in [&mut words, &mut names] {
            list.sort_unstable();
            list.dedup();
        }
        assert_eq!((words.len(), names.len()), counts);
    }

    #[test]
    fn every_word_is_in_the_manual() {
        let manual = include_str!("../../../docs/scenario.md");
        for room in ROOMS {
            assert!(manual.contains(&format!("| `{}` |", room.word)), "{}", room.word);
        }
    }
}
