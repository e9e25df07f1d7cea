//! Amazon SQS, as the file describes it. What the consumers of a queue are told to do stands here too.

use super::{
    About, Breakable, Carries, Commit, Consume, Failed, Kind, NodeKind, Polls, Produce, Role,
    Style, Terms, Use, Usual, Word, settings,
};
use crate::base::{Dist, Span};
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::syntax::Value;

pub(super) static ABOUT: About = About {
    role: Role::Sqs,
    name: "sqs",
    phrase: "an SQS queue",
    uses: &[Use::Broker(Carries::Commands), Use::Outlet],
    breaks: &[Breakable::Process, Breakable::Workers],
    words: &[&WORD],
};

static WORD: Word = Word {
    word: "Sqs",
    about: "Amazon SQS: a queue for each consuming service, from which its instances poll. What is \
        received is hidden, not gone: who does not delete it in time sees it again. It is a managed \
        service: a crash means that it cannot be reached, and loses nothing that it has confirmed. \
        `scenarios/brokers/sqs-visibility.ron` and `sqs-poison-group.ron` are examples.",
    settings: &SETTINGS,
    left_out: "Sampling of servers by short polls, the quotas of requests a second, batches of \
        sends and deletes, costs, encryption, per-message delays and visibility timeouts, and fair \
        queues. A dead-letter queue has no consumers: what is in it comes back, or is lost.",
    example: "Sqs(visibility_timeout: \"2m\", max_receive_count: 5, receive_message_wait_time: \"20s\")",
    read: |reader, _, value| Some(NodeKind::Sqs(reader.sqs(value)?)),
};

settings! {
    visibility_timeout: "duration, up to 12 hours", Usual::Is("\"30s\""), "how long a received message is hidden from everybody; one that was not deleted by then is visible again, with its receive count one higher. Work that takes longer is done twice, at the same time", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html";
    extend_every: "duration, shorter than `visibility_timeout`", Usual::Unset("never"), "how often a consumer says of a message in its hands that it needs longer (`ChangeMessageVisibility`): the visibility timeout begins anew, up to 12 hours after the receipt";
    max_receive_count: "count, up to 1,000", Usual::Unset("without limit"), "receives of a message before it is moved to the dead-letter queue, which happens when it would be received once more. A dead letter is lost (reason `dead_letter`), unless it comes back by `redrive_after`", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html";
    redrive_after: "duration", Usual::Unset("never"), "dead letters come back to their queue so long after they died, as new messages; somebody has looked and sends them back", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html";
    dead_letter_retention_period: "duration, a minute to 14 days", Usual::Is("\"96h\""), "the `message_retention_period` of the dead-letter queue: what has not come back by then is lost (reason `retention`). A standard queue's message keeps its age when it is moved, a FIFO queue's begins anew", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html";
    message_retention_period: "duration, a minute to 14 days", Usual::Is("\"96h\""), "how long a message is kept that nobody deletes; then it is lost (reason `retention`)", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html";
    receive_message_wait_time: "duration, up to 20 seconds", Usual::Is("\"0s\""), "how long a poll waits for a message: 0 is a short poll, which is answered at once", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html";
    max_number_of_messages: "count, up to 10", Usual::Is("1"), "messages that a poll asks for. They are hidden from when they are received, and worked on one after the other where workers are few", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html";
    poll_pause: "duration", Usual::Is("\"100ms\""), "from an answer that there is no message to the next poll. An instance polls while it has fewer messages than workers, one poll at a time; of a message that it could not process it says nothing";
    delay: "duration, up to 15 minutes", Usual::Is("\"0s\""), "how long a new message is hidden at first (`DelaySeconds`)", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html";
    fifo: "flag", Usual::Is("false"), "a FIFO queue: in order within each group, of which nothing more is received while a message of it is in flight; and what is sent again within five minutes of its acceptance is accepted and not delivered", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html";
    message_group: "`Item`, `Operation` or `Queue`; needs `fifo`", Usual::Is("Item"), "what the messages of a group have in common: the item that their handler changes first (the operation, where it changes none), the operation, or no more than the queue", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagegroupid-property.html";
    in_flight_limit: "count", Usual::Is("120_000"), "messages that may be received and not yet deleted: then a standard queue answers polls with the error `OverLimit`, and a FIFO queue as if it were empty", "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html";
    duplicates: "ratio; not with `fifo`", Usual::Is("0"), "how often a standard queue delivers a message twice, which AWS says may happen now and then, and not how often";
    late_deletes: "flag; not with `fifo`", Usual::Is("false"), "does a delete with an old receipt, of an earlier receive, work all the same? AWS promises nothing";
    persist: "distribution", Usual::Is("\"5ms\""), "to store a message on several servers before `SendMessage` is answered";
}

/// A queue service: a queue for each consuming service, from which its instances poll.
#[derive(Clone, Debug, PartialEq)]
pub struct Sqs {
    /// How long a received message is hidden.
    pub visibility_timeout: Span,
    /// How often consumers extend that for what they have in hand; `None` never.
    pub extend_every: Option<Span>,
    /// Receives of a message before it is a dead letter; `None` is any number.
    pub max_receive_count: Option<u32>,
    /// Dead letters come back so long after they died; `None` never.
    pub redrive_after: Option<Span>,
    /// How long the dead-letter queue keeps a message.
    pub dead_letter_retention_period: Span,
    /// How long a message is kept.
    pub message_retention_period: Span,
    /// How long a poll waits.
    pub receive_message_wait_time: Span,
    /// How many messages a poll asks for.
    pub max_number_of_messages: u32,
    /// From an empty answer to the next poll.
    pub poll_pause: Span,
    /// How long a new message is hidden.
    pub delay: Span,
    /// The groups of a FIFO queue; `None` is a standard queue.
    pub fifo: Option<MessageGroup>,
    /// Messages that may be received and not deleted.
    pub in_flight_limit: u32,
    /// How often a message is delivered twice.
    pub duplicates: f64,
    /// Do deletes with old receipts work?
    pub late_deletes: bool,
    /// Time to store a message before its confirm.
    pub persist: Dist,
}

/// What the messages of a group of a FIFO queue have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageGroup {
    /// The item that their handler changes first, or the operation.
    Item,
    /// The operation.
    Operation,
    /// The queue.
    Queue,
}

impl Kind for Sqs {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// What it has lasts, and its clocks go on, while it cannot be reached.
    fn outlives_itself(&self) -> bool {
        true
    }

    fn terms(&self) -> Option<Terms> {
        let style = Style::Polled(Polls {
            wait: self.receive_message_wait_time,
            batch: self.max_number_of_messages,
            pause: self.poll_pause,
            extend: self.extend_every,
        });
        let consume = Consume { style, failed: Failed::Leave, commit: Commit::Each, beat: None };
        let produce = Produce { gather: None, confirm: true, overdue: None };
        Some(Terms { produce, consume, has_topics: false, dead_letters: None })
    }
}

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl<'a> Reader<'a> {
    fn sqs(&mut self, value: &'a Value) -> Option<Sqs> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let retention = MINUTE..=14 * DAY;
        let visibility_timeout = self.bounded(&fields, "visibility_timeout", 0..=12 * HOUR);
        let extend_every = self.optional(&fields, "extend_every", Self::positive_span);
        let max_receive_count = self
            .optional(&fields, "max_receive_count", |reader, value| reader.count(value, 1..=1_000));
        let redrive_after = self.optional(&fields, "redrive_after", Self::positive_span);
        let dead_letter_retention_period =
            self.bounded(&fields, "dead_letter_retention_period", retention.clone());
        let message_retention_period = self.bounded(&fields, "message_retention_period", retention);
        let receive_message_wait_time =
            self.bounded(&fields, "receive_message_wait_time", 0..=20 * SECOND);
        let max_number_of_messages =
            self.setting(&fields, "max_number_of_messages", |reader, value| {
                reader.count(value, 1..=10)
            });
        let poll_pause = self.setting(&fields, "poll_pause", Self::span);
        let delay = self.bounded(&fields, "delay", 0..=15 * MINUTE);
        let is_fifo = self.setting(&fields, "fifo", Self::flag);
        let group = self.setting(&fields, "message_group", Self::message_group);
        let in_flight_limit = self
            .setting(&fields, "in_flight_limit", |reader, value| reader.count(value, 1..=u32::MAX));
        let duplicates = self.setting(&fields, "duplicates", Self::ratio);
        let late_deletes = self.setting(&fields, "late_deletes", Self::flag);
        let persist = self.setting(&fields, "persist", Self::dist);
        let sqs = Sqs {
            visibility_timeout: visibility_timeout?,
            extend_every: extend_every?,
            max_receive_count: max_receive_count?,
            redrive_after: redrive_after?,
            dead_letter_retention_period: dead_letter_retention_period?,
            message_retention_period: message_retention_period?,
            receive_message_wait_time: receive_message_wait_time?,
            max_number_of_messages: max_number_of_messages?,
            poll_pause: poll_pause?,
            delay: delay?,
            fifo: is_fifo?.then_some(group?),
            in_flight_limit: in_flight_limit?,
            duplicates: duplicates?,
            late_deletes: late_deletes?,
            persist: persist?,
        };
        self.check_sqs(&fields, &sqs, group?);
        Some(sqs)
    }

    /// A duration within the bounds that AWS sets, in nanoseconds.
    fn bounded(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        bounds: std::ops::RangeInclusive<u64>,
    ) -> Option<Span> {
        self.setting(fields, name, |reader, value| {
            let (ns, at) = reader.nanoseconds(value, "a duration")?;
            let span = Span::from_ns(ns);
            if bounds.contains(&span.0) {
                return Some(span);
            }
            let (least, most) = (Span(*bounds.start()), Span(*bounds.end()));
            let message = format!("SQS wants a `{name}` of {least} to {most}");
            reader.wrong(Code::OutOfRange, at, message);
            None
        })
    }

    fn message_group(&mut self, value: &'a Value) -> Option<MessageGroup> {
        let value = self.follow(value)?;
        match value.word() {
            Some("Item") => Some(MessageGroup::Item),
            Some("Operation") => Some(MessageGroup::Operation),
            Some("Queue") => Some(MessageGroup::Queue),
            _ => {
                self.unknown_word(value, "a message group", &["Item", "Operation", "Queue"]);
                None
            }
        }
    }

    /// Settings of a queue that mean nothing without another, or beside it.
    fn check_sqs(&mut self, fields: &Fields<'a>, sqs: &Sqs, group: MessageGroup) {
        let Some(given) = SETTINGS.iter().find_map(|setting| {
            let name = setting.name;
            let value = fields.get(name)?;
            let (message, help) = match name {
                "message_group" if sqs.fifo.is_none() && group != MessageGroup::Item => {
                    ("a standard queue has no message groups", "say fifo: true")
                }
                "duplicates" if sqs.fifo.is_some() && sqs.duplicates > 0.0 => {
                    ("a FIFO queue delivers no duplicates", "leave out `duplicates`, or `fifo`")
                }
                "late_deletes" if sqs.fifo.is_some() && sqs.late_deletes => (
                    "a FIFO queue refuses to delete by an old receipt",
                    "leave out `late_deletes`, or `fifo`",
                ),
                "redrive_after" | "dead_letter_retention_period"
                    if sqs.max_receive_count.is_none() =>
                {
                    (
                        "there is no dead-letter queue",
                        "say how often it may fail, max_receive_count: 5",
                    )
                }
                "extend_every" if sqs.extend_every >= Some(sqs.visibility_timeout) => (
                    "a message is visible again before its consumer extends its time",
                    "`extend_every` must be shorter than `visibility_timeout`",
                ),
                _ => return None,
            };
            Some((value.head(), message, help))
        }) else {
            return;
        };
        let (at, message, help) = given;
        self.wrong(Code::OutOfRange, at, message).help(help);
    }
}
