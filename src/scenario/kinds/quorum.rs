//! `Quorum`: a replicated store in the manner of Dynamo, as the file describes one, and what cannot be
//! asked of it.

use super::{About, Breakable, NodeKind, Role, Use, Usual, Word, settings};
use crate::base::{Dist, Span};
use crate::scenario::codes::Code;
use crate::scenario::reader::{Fields, Reader};
use crate::scenario::source::Extent;
use crate::scenario::syntax::{Kind, Value};
use crate::scenario::tree::{Change, Design, EntityIx, PolicyIx, Preset};

/// Replicas of one quorum.
const MAX_REPLICAS: u32 = 64;

pub(super) static ABOUT: About = About {
    role: Role::Quorum,
    name: "quorum",
    phrase: "a quorum",
    uses: &[Use::Store],
    breaks: &[Breakable::Process],
    words: &[&WORD],
};

static WORD: Word = Word {
    word: "Quorum",
    about: "A replicated store in the manner of Dynamo: a coordinator (instance 0) and `n` \
        replicas of every item (instances 1 to `n`). A write commits and returns when `w` \
        replicas have acknowledged it, a read returns the newest version among the first `r` \
        responses. The legs are W, A, R and S of the WARS model; they hold all the time that \
        a message takes, a replica's own work included, and the network's latency counts \
        only between the service and the coordinator.",
    settings: &SETTINGS,
    left_out: "Read repair, hinted handoff and other anti-entropy, sloppy quorums, several \
        coordinators and siblings, queues at the replicas, and every guard: a quorum takes \
        blind writes, one item at a time.",
    example: "Quorum(n: 3, r: 2, w: 2, write_leg: Exp(\"2ms\"), ack_leg: \"0.5ms\", read_leg: \"0.5ms\", respond_leg: \"0.5ms\")",
    read: |reader, index, value| Some(NodeKind::Quorum(reader.quorum(index, value)?)),
};

settings! {
    n: "count, up to 64", Usual::Required, "replicas";
    r: "count, up to `n`", Usual::Required, "responses that a read waits for";
    w: "count, up to `n`", Usual::Required, "acknowledgements that a write waits for";
    write_leg: "distribution, or a list with one for each replica", Usual::Required, "a write on its way to a replica", "https://www.vldb.org/pvldb/vol5/p776_peterbailis_vldb2012.pdf";
    ack_leg: "distribution, or a list with one for each replica", Usual::Required, "its acknowledgement on the way back", "https://www.vldb.org/pvldb/vol5/p776_peterbailis_vldb2012.pdf";
    read_leg: "distribution, or a list with one for each replica", Usual::Required, "a read on its way to a replica", "https://www.vldb.org/pvldb/vol5/p776_peterbailis_vldb2012.pdf";
    respond_leg: "distribution, or a list with one for each replica", Usual::Required, "its response on the way back", "https://www.vldb.org/pvldb/vol5/p776_peterbailis_vldb2012.pdf";
    away: "distribution", Usual::Unset("none"), "how much longer each leg takes to all replicas but the one that an operation begins near to, which is drawn at random for each operation: data centres that are apart", "https://www.vldb.org/pvldb/vol5/p776_peterbailis_vldb2012.pdf";
    contact: "`All` or `Enough`", Usual::Is("All"), "`All`: requests go to all replicas; `Enough`: only to as many as are waited for, drawn for each request";
    order: "`Arrival` or `Clocks`", Usual::Is("Arrival"), "which of two writes of an item is the later one, and stays: the one that comes to the coordinator later (`Arrival`), or the one for which the clock of the writing service's instance shows the later time when it comes (`Clocks`: Cassandra's timestamps). What a clock calls older than the newest is acknowledged and kept by nobody (reason `outdated`)";
    timeout: "duration", Usual::Is("\"60s\""), "the coordinator fails a request that has found no quorum";
    policy: "name", Usual::Unset("none"), "the policy of calls to it, over the class's";
}

/// A replicated store in the manner of Dynamo: a coordinator and so many replicas.
#[derive(Clone, Debug, PartialEq)]
pub struct Quorum {
    /// Replicas of every item.
    pub replicas: u32,
    /// A read is answered after so many of them have answered.
    pub read_quorum: u32,
    /// A write commits when so many of them have acknowledged it.
    pub write_quorum: u32,
    /// How a request's four legs take their time.
    pub legs: Legs,
    /// How much longer they take to all replicas but one, drawn for each operation.
    pub away: Option<Dist>,
    /// Do requests go to all replicas, or only to as many as are waited for?
    pub contact: Contact,
    /// Which of two writes of one item is the later one.
    pub order: Order,
    /// The coordinator gives up a request after this.
    pub timeout: Span,
    /// Policy of calls to this node, over the class's.
    pub policy: Option<PolicyIx>,
}
/// The legs of requests between coordinator and replicas: one distribution for all replicas, or
/// one for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Legs {
    /// A write on its way to a replica.
    pub write: Vec<Dist>,
    /// Its acknowledgement on the way back.
    pub ack: Vec<Dist>,
    /// A read on its way to a replica.
    pub read: Vec<Dist>,
    /// Its response on the way back.
    pub respond: Vec<Dist>,
}
/// Which of two writes is the later one, and stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The one that came to the coordinator later.
    Arrival,
    /// The one whose writer's clock showed the later time.
    Clocks,
}
/// Whom a quorum's coordinator sends a request to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// All replicas (expanding quorums): those that are not waited for get it too.
    All,
    /// Only as many as are waited for, drawn at random for each request.
    Enough,
}
impl super::Kind for Quorum {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    /// The coordinator is instance 0, the replicas are counted from 1.
    fn instances(&self) -> u32 {
        self.replicas + 1
    }

    fn callable(&self) -> u32 {
        1
    }

    fn policy(&self) -> Option<PolicyIx> {
        self.policy
    }

    fn is_durable(&self) -> bool {
        true
    }
}

impl<'a> Reader<'a> {
    fn quorum(&mut self, index: usize, value: &'a Value) -> Option<Quorum> {
        let fields = self.settings(value, ABOUT.phrase, &SETTINGS)?;
        let replicas =
            self.setting(&fields, "n", |reader, value| reader.count(value, 1..=MAX_REPLICAS));
        let most = replicas.unwrap_or(MAX_REPLICAS);
        let read_quorum = self.setting(&fields, "r", |reader, value| reader.count(value, 1..=most));
        let write_quorum =
            self.setting(&fields, "w", |reader, value| reader.count(value, 1..=most));
        let write = self.leg(&fields, "write_leg", replicas);
        let ack = self.leg(&fields, "ack_leg", replicas);
        let read = self.leg(&fields, "read_leg", replicas);
        let respond = self.leg(&fields, "respond_leg", replicas);
        let away = self.optional(&fields, "away", Self::dist);
        let contact = self.setting(&fields, "contact", Self::contact);
        let order = self.setting(&fields, "order", Self::order);
        let timeout = self.setting(&fields, "timeout", Self::positive_span);
        let policy = self.optional(&fields, "policy", Self::policy);
        // The coordinator is instance 0, the replicas are counted from 1.
        self.known.nodes[index].fact.instances = replicas.map_or(u32::MAX, |n| n + 1);
        let legs = Legs { write: write?, ack: ack?, read: read?, respond: respond? };
        Some(Quorum {
            replicas: replicas?,
            read_quorum: read_quorum?,
            write_quorum: write_quorum?,
            legs,
            away: away?,
            contact: contact?,
            order: order?,
            timeout: timeout?,
            policy: policy?,
        })
    }

    /// One distribution for all replicas, or a list with one for each.
    fn leg(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        replicas: Option<u32>,
    ) -> Option<Vec<Dist>> {
        self.setting(fields, name, |reader, value| {
            let value = reader.follow(value)?;
            if !matches!(value.kind, Kind::List(_)) {
                return reader.dist(value).map(|dist| vec![dist]);
            }
            let items = reader.list(value, "distributions", false)?;
            let legs: Vec<_> = items.iter().map(|item| reader.dist(item)).collect();
            if let Some(replicas) = replicas.filter(|replicas| *replicas as usize != legs.len()) {
                let message = format!("{} legs for {replicas} replicas", legs.len());
                reader
                    .wrong(Code::OutOfRange, value.head(), message)
                    .help("give one distribution for all replicas, or a list with one for each");
                return None;
            }
            legs.into_iter().collect()
        })
    }

    fn contact(&mut self, value: &'a Value) -> Option<Contact> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("All"), Kind::Word(_)) => Some(Contact::All),
            (Some("Enough"), Kind::Word(_)) => Some(Contact::Enough),
            _ => {
                self.unknown_word(value, "whom to contact", &["All", "Enough"]);
                None
            }
        }
    }

    fn order(&mut self, value: &'a Value) -> Option<Order> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Arrival"), Kind::Word(_)) => Some(Order::Arrival),
            (Some("Clocks"), Kind::Word(_)) => Some(Order::Clocks),
            _ => {
                self.unknown_word(value, "an order of writes", &["Arrival", "Clocks"]);
                None
            }
        }
    }

    /// A quorum keeps what is written last. It reads nothing before it writes, so it can neither
    /// count nor compare.
    pub(in crate::scenario) fn check_blind(
        &mut self,
        at: Extent,
        entity: EntityIx,
        change: Option<Change>,
        undo: Option<Change>,
    ) {
        let owner = self.known.entities[usize::from(entity.0)].fact.owner;
        let Some(store) = owner.and_then(|owner| self.known.node(owner).quorum) else { return };
        let is_blind = |change: Change| {
            matches!(change, Change::Write | Change::Put { if_unchanged: false, .. })
        };
        if change.into_iter().chain(undo).all(is_blind) {
            return;
        }
        let declared = self.known.nodes[usize::from(store.0)].at;
        let message = format!(
            "{:?} is a quorum: it takes blind writes, and this depends on what it holds",
            self.known.node_name(store)
        );
        self.wrong(Code::NotBlind, at, message)
            .note(declared, "declared here")
            .help("write Write, or Read and then Put without `if_unchanged`; undo by Write");
    }

    /// A quorum keeps no outbox, no inbox and no rows of sagas: only plain calls can use it.
    pub(in crate::scenario) fn check_quorums(&mut self, at: Extent, design: &Design) {
        let quorum = self.known.nodes.iter().find_map(|node| node.fact.quorum);
        let Some(store) = quorum else { return };
        let travels = |preset: Preset| preset != Preset::Rest;
        let needs = if travels(design.preset) || design.except.iter().any(|it| travels(it.preset)) {
            "messages that leave with a commit"
        } else if design.dedup {
            "deduplication"
        } else {
            return;
        };
        let declared = self.known.nodes[usize::from(store.0)].at;
        let message = format!(
            "design {:?} needs {needs}, for which the quorum {:?} has no transactions",
            design.name,
            self.known.node_name(store)
        );
        self.wrong(Code::QuorumDesign, at, message)
            .note(declared, "declared here")
            .help("a scenario with a quorum has designs Rest() without `dedup`");
    }
}
