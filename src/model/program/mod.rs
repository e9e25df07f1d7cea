//! What the three lowerings produce and the nodes interpret: flat programs over dense ids.
//!
//! An *entry* is a place where a message makes an instance start a task: a request, a command, a
//! reply, a record. Its program runs until `End`; when an instruction is refused or fails, the task
//! goes on at the entry's `refused` or `failed` place, where effects are taken back.

mod transaction;

use std::collections::BTreeSet;

pub use transaction::{Outgoing, Part, Read, Row, Txn, Write};

use crate::base::{Dist, Span};
use crate::model::demand::Start;
use crate::model::{NodeIx, NodeModel};
use crate::scenario::tree::{EntityIx, Life, PolicyIx, Scenario};

/// Index into [`Programs::entries`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryIx(pub u32);

/// Index into [`Programs::publications`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PubIx(pub u32);

/// Index into [`Programs::transactions`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxnIx(pub u32);

/// Index into [`Programs::code`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pc(pub u32);

/// Everything that was lowered for one design.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    /// All instructions.
    pub code: Vec<Instr>,
    /// Where tasks start.
    pub entries: Vec<Entry>,
    /// Per entry: what whoever sends a request wants to know of it.
    pub starts: Vec<Start>,
    /// What stores do.
    pub transactions: Vec<Txn>,
    /// What brokers pass on to whom.
    pub publications: Vec<Publication>,
    /// Per broker node (others empty): its channels.
    pub channels: Vec<Channel>,
    /// Who consumes dead letters, and what it runs.
    pub dead_letters: Option<Subscriber>,
    /// Who consumes from which broker: each pair once, in order.
    pub consumers: Vec<(NodeIx, NodeIx)>,
}

impl Programs {
    /// Is there work at this place of a program?
    #[inline]
    pub fn begins_with_work(&self, place: Pc) -> bool {
        matches!(self.code[place.0 as usize], Instr::Work { .. })
    }

    /// Everything is written down: makes ready what follows from it.
    pub(crate) fn make_ready(&mut self, scenario: &Scenario, nodes: &[NodeModel]) {
        let start = |entry| Start::of(entry, self, scenario, nodes);
        self.starts = self.entries.iter().map(start).collect();
        for txn in &mut self.transactions {
            txn.only_reads = txn.does_nothing_but_read();
        }
        let pairs = self.channels.iter().map(|channel| (channel.consumer, channel.broker));
        self.consumers = pairs.collect::<BTreeSet<_>>().into_iter().collect();
    }

    /// The `nth` subscriber of a publication.
    pub fn subscriber(&self, publication: PubIx, nth: u16) -> Subscriber {
        self.publications[publication.0 as usize].subscribers[usize::from(nth)]
    }

    /// All instructions, each with the node that runs it. The code of an entry goes from where it starts
    /// to where the next one does.
    pub fn instructions(&self) -> impl Iterator<Item = (NodeIx, &Instr)> {
        let entries = self.entries.iter().filter_map(|entry| match entry.act {
            Act::Run { start, .. } if (start.0 as usize) < self.code.len() => {
                Some((start, entry.node))
            }
            _ => None,
        });
        let mut starts: Vec<_> = entries.collect();
        starts.sort_unstable();
        (0..).zip(&self.code).filter_map(move |(pc, instr)| {
            let place = starts.partition_point(|(start, _)| start.0 <= pc).checked_sub(1)?;
            Some((starts[place].1, instr))
        })
    }

    /// The item that whoever runs this entry changes first, if it changes any.
    pub fn changes_first(&self, entry: EntryIx) -> Option<(EntityIx, KeyRule)> {
        let Act::Run { start, .. } = self.entries[entry.0 as usize].act else { return None };
        let code = self.code[start.0 as usize..].iter();
        let own = code.take_while(|instr| !matches!(instr, Instr::Answer | Instr::End));
        own.filter_map(|instr| match instr {
            Instr::Store { entry, .. } => match self.entries[entry.0 as usize].act {
                Act::Transact(txn) => self.transactions[txn.0 as usize].writes.first(),
                _ => None,
            },
            _ => None,
        })
        .map(|write| (write.entity, write.key))
        .next()
    }

    /// The brokers from which this node consumes, in order.
    pub fn brokers_of(&self, consumer: NodeIx) -> impl Iterator<Item = NodeIx> {
        let first = self.consumers.partition_point(|(node, _)| *node < consumer);
        let own = self.consumers[first..].iter().take_while(move |(node, _)| *node == consumer);
        own.map(|(_, broker)| *broker)
    }
}

/// A place where a message makes an instance act.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Who acts.
    pub node: NodeIx,
    /// For people: `place-order: payments`.
    pub label: String,
    /// Is what it sees the item that the delivered record names (copies), rather than what its
    /// flow saw last?
    pub sees_item: bool,
    /// Does an operation hold its key while this runs for it, so that a second attempt joins the
    /// first?
    pub keyed: bool,
    /// Does it belong to a best-effort tell, so that its refusal is not the flow's?
    pub best_effort: bool,
    /// What it does.
    pub act: Act,
}

/// What an entry does, by kind of node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Services and gateways run a program.
    Run {
        /// First instruction.
        start: Pc,
        /// Where a refused task goes on.
        refused: Pc,
        /// Where a failed task goes on.
        failed: Pc,
    },
    /// Databases run a transaction.
    Transact(TxnIx),
    /// Caches carry out a command.
    Keep {
        /// Which.
        command: Command,
        /// Names the draw of how long it takes.
        name: u64,
    },
}

/// What a cache is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Say what you have of this item: `Done` with what it holds, or `Idle`.
    Get(EntityIx, KeyRule),
    /// Keep this item, as the header has it in `seen`; this becomes of its time to live.
    Set(EntityIx, KeyRule, Life),
    /// Forget this item: the header has its newest version in `seen`.
    Delete(EntityIx, KeyRule),
    /// Take the writes of a transaction, and let the database run it later.
    Take {
        /// The transaction.
        commit: EntryIx,
        /// How the call to the database is guarded.
        policy: Option<PolicyIx>,
    },
    /// Count a request at this gateway: `Done`, or `Idle` where it is one too many.
    Admit(NodeIx),
}

/// What a transaction changes, as far as its answer tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Makes {
    /// Nothing.
    Nothing,
    /// One item, whose new version it tells.
    One,
    /// Several items, of which it tells but one.
    Several,
}

impl Makes {
    /// What transactions that write this make.
    pub fn of(writes: &[Write]) -> Self {
        match writes.len() {
            0 => Self::Nothing,
            1 => Self::One,
            _ => Self::Several,
        }
    }
}

/// One instruction of a service's or gateway's program. All but `Work` take no time of their own.
// With a tag of its own: a task asks for it at every step.
#[derive(Clone, Debug, PartialEq)]
#[repr(u8)]
pub enum Instr {
    /// Hold a worker for a demand drawn from the operation's word and `name`.
    Work {
        /// How long.
        dist: Dist,
        /// Names its draw.
        name: u64,
    },
    /// Be refused with this probability, drawn from the operation's word and `name`.
    Refuse {
        /// How often.
        probability: f64,
        /// Names its draw.
        name: u64,
    },
    /// Fail, with this probability, drawn from the operation's word and `name`.
    Fail {
        /// How often.
        probability: f64,
        /// Names its draw.
        name: u64,
        /// Does the process die of it, and how long is it gone then?
        restart: Option<Span>,
    },
    /// Be refused if the value seen last is below this.
    Need {
        /// The least that will do.
        least: i64,
    },
    /// Go to `to` with probability `1 - probability`, drawn from the operation's word and `name`.
    Maybe {
        /// How often it goes straight on.
        probability: f64,
        /// Names its draw.
        name: u64,
        /// Where it goes otherwise.
        to: Pc,
    },
    /// Go to `to` unless one of these effects is done.
    IfDone {
        /// Their bits.
        effects: u64,
        /// Where it goes if none is.
        to: Pc,
    },
    /// Go on there.
    Jump {
        /// Where.
        to: Pc,
    },
    /// Call `entry` and wait. `effects`: what is done when it answers `Done`; with `unknown_is_done`
    /// also when its outcome is unknown (so that it is taken back too). With `best_effort`
    /// refusals and failures change nothing.
    Call {
        /// What the callee runs.
        entry: EntryIx,
        /// How the call is guarded.
        policy: Option<PolicyIx>,
        /// Bits of what is done when it answers `Done`.
        effects: u64,
        /// Is an unknown outcome counted as done?
        unknown_is_done: bool,
        /// Do refusals and failures change nothing?
        best_effort: bool,
    },
    /// Run a transaction at the own store and wait; `Answer::Idle` goes to `idle`.
    /// What it `makes` is not what the flow has seen.
    Store {
        /// Which transaction.
        entry: EntryIx,
        /// How the call is guarded.
        policy: Option<PolicyIx>,
        /// Bits of what it does.
        effects: u64,
        /// What it changes.
        makes: Makes,
        /// Where `Answer::Idle` goes.
        idle: Pc,
    },
    /// Read through this instance's cache; on a miss call `entry` (once for all that wait) and keep
    /// the answer.
    Cached {
        /// Of what.
        entity: EntityIx,
        /// Which item.
        key: KeyRule,
        /// What the owner runs on a miss.
        entry: EntryIx,
        /// How the call is guarded.
        policy: Option<PolicyIx>,
    },
    /// Look into the service's cache: go to `hit` with what it has, or else (it has nothing, or does
    /// not answer) straight on.
    Lookup {
        /// The command there.
        entry: EntryIx,
        /// How the call is guarded.
        policy: Option<PolicyIx>,
        /// Where a hit goes on.
        hit: Pc,
    },
    /// Tell the service's cache, and wait; whatever comes of it changes nothing.
    Keep {
        /// The command there.
        entry: EntryIx,
        /// How the call is guarded.
        policy: Option<PolicyIx>,
        /// Is it about what the last transaction made, rather than what the flow saw last?
        made: bool,
    },
    /// Ask a cache that keeps count of requests, and go on if it admits this one.
    Admit {
        /// The command there.
        entry: EntryIx,
        /// How the call is guarded.
        policy: Option<PolicyIx>,
        /// Does it go on where nothing is heard?
        fault_tolerant: bool,
    },
    /// Publish and wait for the confirm.
    Publish {
        /// What is published.
        publication: PubIx,
        /// How long the confirm may take.
        policy: Option<PolicyIx>,
        /// Bits of what it tells that nobody reports on: from now on it may be done.
        effects: u64,
    },
    /// Publish what the last transaction made of this item to the caches, and do not wait.
    Invalidate {
        /// Which caches are told.
        publication: PubIx,
        /// Of what.
        entity: EntityIx,
        /// Which item.
        key: KeyRule,
    },
    /// Run these branches together; each ends with `Join`. Go on behind when all have ended, or
    /// enough of them are done.
    Fork {
        /// Where each begins.
        branches: Vec<Pc>,
        /// So many done are enough; all ended where there is none.
        enough: Option<u32>,
    },
    /// The end of a branch.
    Join,
    /// Answer the caller, if it was not answered yet: done, or what became of the task. Then end.
    Answer,
    /// Acknowledge the delivery (if one started the task) and end.
    End,
    /// Return the delivery after the broker's pause and end.
    Return,
}

/// Which item a step means, as arithmetic over the message's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRule {
    /// The item that the operation creates.
    New,
    /// [`crate::nodes::message::Op::own`].
    Own,
    /// The same of a second entity: [`crate::nodes::message::Op::named`].
    OtherOwn,
    /// By the entity's popularity, drawn from the operation's word and this name.
    Popular(u64),
    /// The item of the session's number.
    Session,
    /// The one at this place of a list of so many: that of the item of another entity that is drawn under
    /// this name.
    Each {
        /// Names the draw.
        name: u64,
        /// Of which entity that is.
        of: EntityIx,
        /// Which of the list.
        at: u16,
        /// How long the list is.
        count: u16,
    },
    /// The same of the session's own list.
    EachOfSession {
        /// Which of the list.
        at: u16,
        /// How long the list is.
        count: u16,
    },
    /// The item that the record names (copy updates).
    Named,
}

const _: () = assert!(size_of::<KeyRule>() == 16, "as small as without lists");

/// What a broker does with a published message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Which broker.
    pub broker: NodeIx,
    /// For people: `place-order: payments`.
    pub label: String,
    /// To whom: channel and the entry that the consumer runs.
    pub subscribers: Vec<Subscriber>,
    /// How many more would handle it, and are not let have it by the broker's rules.
    pub missed: u32,
    /// Nodes whose instances are told [`crate::nodes::broker::Frame::Invalidate`] without
    /// acknowledgement (caches); then `subscribers` is empty.
    pub caches: Vec<NodeIx>,
}

/// One subscriber of a publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// Index into the broker's channels ([`Programs::channels`]).
    pub channel: u32,
    /// What the consumer runs.
    pub entry: EntryIx,
}

/// A queue of a queue broker, or a (topic, consumer group) of a log broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Which broker.
    pub broker: NodeIx,
    /// Whose instances consume it.
    pub consumer: NodeIx,
    /// Who produces into it, where that is one alone: the service whose topic it is, or for dead letters
    /// the broker.
    pub producer: Option<NodeIx>,
}
