//! Amazon SNS, as the file describes it: where a topic delivers to, and how often it tries.

use super::{
    About, Breakable, Carries, Commit, Consume, Failed, Kind, NodeKind, Produce, Role, Style,
    Subject, Terms, Use, Usual, Wanted, Word, settings,
};
use crate::base::{Dist, Span};
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;
use crate::scenario::tree::{Node, NodeIx};

pub(super) static ABOUT: About = About {
    role: Role::Sns,
    name: "sns",
    phrase: "an SNS topic",
    uses: &[Use::Broker(Carries::Events), Use::Broker(Carries::Commands)],
    breaks: &[Breakable::Process, Breakable::Workers],
    words: &[&WORD],
};

static WORD: Word = Word {
    word: "Sns",
    about: "Amazon SNS: topics with a subscription for each consuming service, a copy of each message for \
        each. `to` names an `Sqs`, which then has a queue for each subscriber; without it a topic pushes to the \
        services themselves over HTTP, one of their instances after the other, and what is not acknowledged \
        within 15 s is tried again as the delivery policy says. It is a managed service: a crash means that it \
        cannot be reached, and loses nothing that it has confirmed. `scenarios/brokers/sns-http.ron` is an example.",
    settings: &SETTINGS,
    left_out: "Filters by content beyond the attributes of `filter_policy`, and the 15 minutes that a new filter takes, the \
        message group as the scope of quotas and deduplication, the \
        jitter of retries, client-side errors, which are not retried, mobile push, SMS, e-mail and Lambda, archives \
        and their replay, and several accounts.",
    example: "Sns(num_retries: 5, min_delay_target: \"5s\", max_delay_target: \"60s\")",
    read: |reader, _, value| Some(NodeKind::Sns(reader.sns(value)?)),
};

settings! {
    to: "name of an `Sqs`", Usual::Unset("the services themselves, over HTTP"), "where subscriptions deliver to. To queues the delivery policy is Amazon's own: 3 retries at once, 2 a second apart, 10 with exponential back-off from 1 s to 20 s, and 100,000 every 20 s: 100,015 in 23 days", "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html";
    num_retries: "count, up to 100", Usual::Is("3"), "retries of a delivery over HTTP, of all phases together; what fails then is lost (reason `undelivered`), unless it comes back by `redrive_after`", "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html";
    min_delay_target: "duration, 1 s to `max_delay_target`", Usual::Is("\"20s\""), "the shortest pause before a retry", "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html";
    max_delay_target: "duration, up to an hour", Usual::Is("\"20s\""), "the longest pause before a retry. All pauses together are at most an hour", "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html";
    num_no_delay_retries: "count", Usual::Is("0"), "of the retries, those that are made at once: the first ones", "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html";
    num_min_delay_retries: "count", Usual::Is("0"), "of the retries, those with the shortest pause before back-off begins", "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html";
    num_max_delay_retries: "count", Usual::Is("0"), "of the retries, those with the longest pause: the last ones", "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html";
    backoff_function: "`Linear`, `Arithmetic`, `Geometric` or `Exponential`", Usual::Is("Linear"), "how pauses grow from the shortest to the longest in the retries that are left. Amazon draws the curves and gives no formula: here by equal steps, by steps that grow, by equal factors, and by steps that double", "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html";
    max_receives_per_second: "rate", Usual::Unset("no throttle"), "attempts a second that each subscription over HTTP gets at most", "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html";
    fifo: "flag; needs `to`", Usual::Is("false"), "FIFO topics: each subscription gets the messages of a group in order, the next one when the one before has arrived or was given up. Groups are those of the queues behind (`message_group`; items before standard queues, to which they may deliver too). What is published again within five minutes is accepted and not delivered; a topic takes 3,000 messages a second, and refuses more (reason `rate_limited`)", "https://docs.aws.amazon.com/sns/latest/dg/sns-fifo-topics.html";
    filter_policy: "map of attributes by subscriber", Usual::Is("{}"), "what the subscriptions of a service let through, by the attributes that messages have here: `{ \"mail\": (flow: \"place-order\", kind: [\"done\", \"refused\"]) }`. A message must have each of the attributes, `flow` or `entity`, `service` and `kind`, with one of its values. What does not pass is not delivered, and what it would have done is not done (reason `filtered`); what passes and is not handled costs `overhead`. A service of which nothing is said gets what it handles", "https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html";
    redrive_after: "duration", Usual::Unset("there is no dead-letter queue"), "subscriptions have a dead-letter queue, from which what could not be delivered comes back to them so long after it was given up; somebody has looked and sends it again", "https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html";
    persist: "distribution", Usual::Is("\"5ms\""), "to store a message on several servers before `Publish` is answered";
}

/// Topics, with a subscription for each consuming service.
#[derive(Clone, Debug, PartialEq)]
pub struct Sns {
    /// Whose queues it delivers into; `None`: to the services, over HTTP.
    pub to: Option<NodeIx>,
    /// How often, and when, a delivery is tried again.
    pub retries: DeliveryPolicy,
    /// The shortest time from one attempt at a subscription to the next.
    pub spacing: Option<Span>,
    /// What was given up comes back so long after; `None` never.
    pub redrive_after: Option<Span>,
    /// Are its topics FIFO topics?
    pub fifo: bool,
    /// What the subscriptions of some services let through.
    pub filters: Vec<Filter>,
    /// Time to store a message before its confirm.
    pub persist: Dist,
}

/// A filter policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Of whose subscriptions.
    pub of: NodeIx,
    /// What a message must have.
    pub wanted: Vec<Wanted>,
}

/// When a delivery is tried again: phase after phase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeliveryPolicy {
    /// Retries without a pause.
    pub no_delay: u32,
    /// Retries after the shortest pause.
    pub min_delay: u32,
    /// Retries after pauses that grow.
    pub backoff: u32,
    /// Retries after the longest pause.
    pub max_delay: u32,
    /// The shortest pause.
    pub shortest: Span,
    /// The longest pause.
    pub longest: Span,
    /// How pauses grow.
    pub function: BackoffFunction,
}

/// How pauses grow from the shortest to the longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackoffFunction {
    /// By equal steps.
    Linear,
    /// By steps that grow.
    Arithmetic,
    /// By equal factors.
    Geometric,
    /// By steps that double.
    Exponential,
}

impl DeliveryPolicy {
    /// That of deliveries to queues, which is Amazon's own.
    pub const QUEUES: Self = Self {
        no_delay: 3,
        min_delay: 2,
        backoff: 10,
        max_delay: 100_000,
        shortest: Span(1_000_000_000),
        longest: Span(20_000_000_000),
        function: BackoffFunction::Exponential,
    };

    /// How many retries there are.
    pub fn retries(&self) -> u32 {
        self.no_delay + self.min_delay + self.backoff + self.max_delay
    }

    /// The pause before this retry, counted from 0; `None` if there is none any more.
    pub fn pause(&self, retry: u32) -> Option<Span> {
        let begins = self.no_delay + self.min_delay;
        Some(match retry {
            _ if retry >= self.retries() => return None,
            _ if retry < self.no_delay => Span::ZERO,
            _ if retry < begins => self.shortest,
            _ if retry >= begins + self.backoff => self.longest,
            _ => self.grown(retry - begins),
        })
    }

    /// The pause at this place of those that grow.
    fn grown(&self, at: u32) -> Span {
        let last = self.backoff - 1;
        if last == 0 || at == 0 {
            return self.shortest;
        }
        let (at, last) = (f64::from(at), f64::from(last));
        let (shortest, longest) = (self.shortest.0 as f64, self.longest.0 as f64);
        let doubled = |steps: f64| (1u64 << (steps as u32).min(62)) as f64 - 1.0;
        let share = match self.function {
            BackoffFunction::Linear => at / last,
            BackoffFunction::Arithmetic => at * (at + 1.0) / (last * (last + 1.0)),
            BackoffFunction::Exponential => doubled(at) / doubled(last),
            BackoffFunction::Geometric => {
                let factor = crate::base::math::ln(longest / shortest) * at / last;
                return Span::from_ns(shortest * crate::base::math::exp(factor));
            }
        };
        Span::from_ns(shortest + (longest - shortest) * share)
    }
}

impl Kind for Sns {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// What it has lasts, and its clocks go on, while it cannot be reached.
    fn outlives_itself(&self) -> bool {
        true
    }

    fn hands_on_to(&self) -> Option<NodeIx> {
        self.to
    }

    fn bound(&self) -> Vec<NodeIx> {
        self.filters.iter().map(|filter| filter.of).collect()
    }

    fn passes(&self, _from: NodeIx, subject: &Subject<'_>, to: NodeIx) -> Option<bool> {
        let filter = self.filters.iter().find(|filter| filter.of == to)?;
        Some(filter.wanted.iter().all(|wanted| subject.has(wanted)))
    }

    fn terms(&self) -> Option<Terms> {
        let produce = Produce { gather: None, confirm: true, overdue: None };
        let failed = Failed::Return(Span::ZERO);
        let consume = Consume { style: Style::Pushed, failed, commit: Commit::Each, beat: None };
        Some(Terms { produce, consume, has_topics: true, dead_letters: None })
    }
}

const HOUR: Span = Span(3_600_000_000_000);

impl<'a> Reader<'a> {
    fn sns(&mut self, value: &'a Value) -> Option<Sns> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let to = self.optional(&fields, "to", |reader, value| {
            reader.node(value, &Role::that_are(Use::Outlet))
        });
        let mut count =
            |name| self.setting(&fields, name, |reader, value| reader.count(value, 0..=100));
        let (retries, no_delay) = (count("num_retries"), count("num_no_delay_retries"));
        let (min_delay, max_delay) =
            (count("num_min_delay_retries"), count("num_max_delay_retries"));
        let shortest = self.setting(&fields, "min_delay_target", Self::positive_span);
        let longest = self.setting(&fields, "max_delay_target", Self::positive_span);
        let function = self.setting(&fields, "backoff_function", Self::backoff_function);
        let rate = self.optional(&fields, "max_receives_per_second", Self::positive_rate);
        let redrive_after = self.optional(&fields, "redrive_after", Self::positive_span);
        let fifo = self.setting(&fields, "fifo", Self::flag);
        self.check_fifo_topic(&fields, fifo);
        let filters = self.setting(&fields, "filter_policy", Self::filters);
        let persist = self.setting(&fields, "persist", Self::dist);
        let (no_delay, min_delay, max_delay) = (no_delay?, min_delay?, max_delay?);
        let backoff = retries?.checked_sub(no_delay + min_delay + max_delay);
        let retries = DeliveryPolicy {
            no_delay,
            min_delay,
            backoff: backoff.unwrap_or(0),
            max_delay,
            shortest: shortest?,
            longest: longest?,
            function: function?,
        };
        let sns = Sns {
            to: to?,
            retries,
            spacing: rate?.map(|rate| Span::from_ns(1e9 / rate)),
            redrive_after: redrive_after?,
            fifo: fifo?,
            filters: filters?,
            persist: persist?,
        };
        self.check_sns(&fields, &sns, backoff.is_none());
        Some(sns)
    }

    /// `{ "mail": (kind: "done") }`.
    fn filters(&mut self, value: &'a Value) -> Option<Vec<Filter>> {
        let services = Role::that_are(Use::Service);
        let read = self.entries(value, "filter policies").into_iter().map(|(name, at, value)| {
            let of = self.node_named(name, at, &services);
            let wanted = self.wanted(value, "a filter policy");
            Some(Filter { of: of?, wanted: wanted? })
        });
        read.collect::<Vec<_>>().into_iter().collect()
    }

    /// FIFO queues take from FIFO topics only.
    pub(in crate::scenario) fn refuse_unordered_topics(&mut self, nodes: &[Node]) {
        for (place, node) in nodes.iter().enumerate() {
            let NodeKind::Sns(Sns { to: Some(to), fifo: false, .. }) = &node.kind else { continue };
            let NodeKind::Sqs(queue) = &nodes[usize::from(to.0)].kind else { continue };
            if queue.fifo.is_some() {
                let (at, there) =
                    (self.known.nodes[place].at, &self.known.nodes[usize::from(to.0)]);
                let (name, there) = (there.name, there.at);
                let message =
                    format!("FIFO queues, as those of {name:?}, subscribe to FIFO topics only");
                self.wrong(Code::ProductRefuses, at, message)
                    .note(there, "FIFO queues")
                    .help("say fifo: true of both, or of neither (https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html)");
            }
        }
    }

    fn backoff_function(&mut self, value: &'a Value) -> Option<BackoffFunction> {
        let value = self.follow(value)?;
        match value.word() {
            Some("Linear") => Some(BackoffFunction::Linear),
            Some("Arithmetic") => Some(BackoffFunction::Arithmetic),
            Some("Geometric") => Some(BackoffFunction::Geometric),
            Some("Exponential") => Some(BackoffFunction::Exponential),
            _ => {
                let words = ["Linear", "Arithmetic", "Geometric", "Exponential"];
                self.unknown_word(value, "a back-off function", &words);
                None
            }
        }
    }

    /// What Amazon refuses, and what means nothing.
    fn check_sns(&mut self, fields: &Fields<'a>, sns: &Sns, has_too_many: bool) {
        let policy = &sns.retries;
        let pauses = (0..policy.retries()).filter_map(|retry| policy.pause(retry));
        let in_all = Span(pauses.map(|pause| pause.0).sum());
        let given = |name: &'static str| fields.get(name).map(Value::head);
        let only_http = SETTINGS[1..SETTINGS.len() - 4].iter().find_map(|it| given(it.name));
        let (at, message, help) = if has_too_many {
            let message = "`num_retries` counts the retries of all phases".to_owned();
            let at = given("num_retries").or(given("num_no_delay_retries"));
            (at, message, "make it as large as the others together")
        } else if policy.shortest > policy.longest || policy.shortest < Span(1_000_000_000) {
            let message = "SNS wants a `min_delay_target` of 1 s to `max_delay_target`".to_owned();
            (given("min_delay_target").or(given("max_delay_target")), message, "give both")
        } else if in_all > HOUR {
            let message = format!("retries that last {in_all}: SNS wants at most an hour in all");
            (
                given("num_retries").or(given("max_delay_target")),
                message,
                "make them fewer, or sooner",
            )
        } else if sns.to.is_some()
            && let Some(at) = only_http
        {
            let message = "to queues the delivery policy is Amazon's own".to_owned();
            (Some(at), message, "leave it out, or leave out `to`")
        } else {
            return;
        };
        self.wrong(Code::OutOfRange, at.unwrap_or(fields.head), message).help(help);
    }

    /// A FIFO topic knows queues only.
    fn check_fifo_topic(&mut self, fields: &Fields<'a>, fifo: Option<bool>) {
        if let (Some(true), Some(value), None) = (fifo, fields.get("fifo"), fields.get("to")) {
            self.wrong(Code::ProductRefuses, value.head(), "FIFO topics deliver to queues only")
                .help("say to: \"queue\", an `Sqs` (https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html)");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_queues_there_are_100_015_retries_in_23_days() {
        let policy = DeliveryPolicy::QUEUES;
        let pause = |retry| policy.pause(retry).map(Span::as_secs);
        assert_eq!(policy.retries(), 100_015);
        let first: Vec<_> = (0..6).filter_map(pause).collect();
        assert_eq!(first, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!((pause(14), pause(15), pause(100_014)), (Some(20.0), Some(20.0), Some(20.0)));
        assert_eq!(pause(100_015), None);
        let days: f64 = (0..100_015).filter_map(pause).sum::<f64>() / 86_400.0;
        assert!((23.0..23.2).contains(&days), "{days}");
    }

    #[test]
    fn pauses_grow_from_the_shortest_to_the_longest_by_their_function() {
        let of = |function| {
            let (shortest, longest) = (Span(1_000_000_000), Span(16_000_000_000));
            let phases = DeliveryPolicy::QUEUES;
            let policy =
                DeliveryPolicy { no_delay: 0, min_delay: 0, backoff: 5, max_delay: 0, ..phases };
            let policy = DeliveryPolicy { shortest, longest, function, ..policy };
            (0..5).filter_map(|retry| Some(policy.pause(retry)?.as_secs())).collect::<Vec<_>>()
        };
        assert_eq!(of(BackoffFunction::Linear), [1.0, 4.75, 8.5, 12.25, 16.0]);
        assert_eq!(of(BackoffFunction::Arithmetic), [1.0, 2.5, 5.5, 10.0, 16.0]);
        assert_eq!(of(BackoffFunction::Exponential), [1.0, 2.0, 4.0, 8.0, 16.0]);
        let geometric = of(BackoffFunction::Geometric);
        let wanted = [1.0, 2.0, 4.0, 8.0, 16.0];
        assert!(geometric.iter().zip(wanted).all(|(is, wanted)| (is - wanted).abs() < 1e-6));
    }
}
