//! Why things fail: a closed list, and how outputs spell it.

/// Why something was refused, lost or given up. A closed list: also the keys of `failures`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reason {
    /// No answer in time.
    Timeout,
    /// The other side's process died: connection reset.
    Crashed,
    /// No room in the queue.
    Rejected,
    /// The rate limit said no.
    RateLimited,
    /// The broker's confirm did not come.
    Unconfirmed,
    /// The deadline had passed (propagated).
    Expired,
    /// Still unanswered when the drain ended.
    Unanswered,
    /// Lost on the way.
    LostMessage,
    /// Memory lost in a crash between a commit and its publication.
    Unpublished,
    /// Delivered too often; no consumer for dead letters.
    DeadLetter,
    /// A retry of what was already taken back.
    TakenBack,
    /// Lost with a write-behind cache that had not handed it on.
    Unflushed,
    /// The caller's circuit breaker is open.
    CircuitOpen,
    /// The caller holds back what would probably not be accepted.
    Throttled,
    /// The caller has too many calls under way there.
    BulkheadFull,
    /// It was withdrawn from the queue: it had waited longer than its patience.
    Abandoned,
    /// When its turn came it had waited too long.
    Shed,
    /// Lost with the leader of a log, or with the master of a cache, before its followers had it.
    Unreplicated,
    /// The caller knows of no instance there: its registry lists none, or has not told it yet.
    NoInstance,
    /// It could not be done there: an internal error.
    Error,
    /// It waited too long for a lock.
    LockTimeout,
    /// Acknowledged by a store that orders writes by clocks, and not kept: another clock was ahead.
    Outdated,
    /// A broker kept it no longer.
    Retention,
    /// It made room in a queue that was full.
    Overflow,
    /// It could be routed to no queue.
    Unroutable,
    /// It was published while its subscriber was away, and nobody keeps it.
    NoSubscriber,
    /// A topic has tried for as long as it should, and nobody keeps what it could not deliver.
    Undelivered,
    /// A consumer's place in a log was behind it before it was handled.
    Skipped,
    /// A group's place in a log was gone, and it went on at the end.
    OffsetReset,
    /// A subscription's filter policy did not let it through.
    Filtered,
    /// A log kept only a later record of its key.
    Compacted,
}

impl Reason {
    /// All of them, in order.
    pub const ALL: [Self; 31] = [
        Self::Timeout,
        Self::Crashed,
        Self::Rejected,
        Self::RateLimited,
        Self::Unconfirmed,
        Self::Expired,
        Self::Unanswered,
        Self::LostMessage,
        Self::Unpublished,
        Self::DeadLetter,
        Self::TakenBack,
        Self::Unflushed,
        Self::CircuitOpen,
        Self::Throttled,
        Self::BulkheadFull,
        Self::Abandoned,
        Self::Shed,
        Self::Unreplicated,
        Self::NoInstance,
        Self::Error,
        Self::LockTimeout,
        Self::Outdated,
        Self::Retention,
        Self::Overflow,
        Self::Unroutable,
        Self::NoSubscriber,
        Self::Undelivered,
        Self::Skipped,
        Self::OffsetReset,
        Self::Filtered,
        Self::Compacted,
    ];

    /// As outputs spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Crashed => "crashed",
            Self::Rejected => "rejected",
            Self::RateLimited => "rate_limited",
            Self::Unconfirmed => "unconfirmed",
            Self::Expired => "expired",
            Self::Unanswered => "unanswered",
            Self::LostMessage => "lost_message",
            Self::Unpublished => "unpublished",
            Self::DeadLetter => "dead_letter",
            Self::TakenBack => "taken_back",
            Self::Unflushed => "unflushed",
            Self::CircuitOpen => "circuit_open",
            Self::Throttled => "throttled",
            Self::BulkheadFull => "bulkhead_full",
            Self::Abandoned => "abandoned",
            Self::Shed => "shed",
            Self::Unreplicated => "unreplicated",
            Self::NoInstance => "no_instance",
            Self::Error => "error",
            Self::LockTimeout => "lock_timeout",
            Self::Outdated => "outdated",
            Self::Retention => "retention",
            Self::Overflow => "overflow",
            Self::Unroutable => "unroutable",
            Self::NoSubscriber => "no_subscriber",
            Self::Undelivered => "undelivered",
            Self::Skipped => "skipped",
            Self::OffsetReset => "offset_reset",
            Self::Filtered => "filtered",
            Self::Compacted => "compacted",
        }
    }

    /// What it means, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Self::Timeout => "no answer came in time",
            Self::Crashed => "the process on the other side died: connection reset",
            Self::Rejected => "the queue had no room",
            Self::RateLimited => "the rate limit said no",
            Self::Unconfirmed => "the broker's confirm did not come",
            Self::Expired => "the propagated deadline had passed",
            Self::Unanswered => "still unanswered when the drain ended",
            Self::LostMessage => "a message was lost on the way",
            Self::Unpublished => "memory was lost in a crash between a commit and its publication",
            Self::DeadLetter => "delivered too often, and nobody consumes dead letters",
            Self::TakenBack => "it failed and is taken back: trying again is of no use",
            Self::Unflushed => "a write-behind cache crashed before the database had it",
            Self::CircuitOpen => "the caller's circuit breaker was open",
            Self::Throttled => "the caller held it back: too little had been accepted lately",
            Self::BulkheadFull => "the caller had too many calls under way there",
            Self::Abandoned => "withdrawn from the queue: it waited longer than its patience",
            Self::Shed => "thrown away when its turn came: it had waited too long",
            Self::Unreplicated => {
                "the leader of a log, or the master of a cache, crashed before its followers had it"
            }
            Self::NoInstance => "the caller's list of instances there was empty",
            Self::LockTimeout => "it waited too long for a lock of the database",
            Self::Error => "an internal error: it could not be done there",
            Self::Overflow => "dropped from a full queue, to make room for a newer message",
            Self::Unroutable => "there was no queue that it could be routed to",
            Self::Outdated => {
                "acknowledged and not kept: a clock that is ahead had called another newer"
            }
            Self::NoSubscriber => "published while its subscriber was away, and kept by nobody",
            Self::Undelivered => {
                "it could not be delivered in as many tries as there are, and there is no dead-letter queue"
            }
            Self::Retention => "the broker kept it no longer: its retention period was over",
            Self::Skipped => "it was acknowledged before it was handled, and its consumer died",
            Self::Compacted => "a compacted log kept only a later record of its key",
            Self::Filtered => "the filter policy of a subscription did not let it through",
            Self::OffsetReset => {
                "its consumer's place in the log was deleted, and the consumer went on at the end"
            }
        }
    }
}
