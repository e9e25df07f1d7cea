//! The quorum store: what it takes, and what cannot be asked of it.

use super::codes::Code;
use super::known::Role;
use super::reader::{Fields, Reader};
use super::source::Extent;
use super::syntax::{Kind, Value};
use super::tree::{Change, Contact, Design, EntityIx, Legs, NodeIx, Order, Preset, Quorum};
use crate::base::{Dist, Span};

/// Replicas of one quorum.
const MAX_REPLICAS: u32 = 64;

impl<'a> Reader<'a> {
    /// `Quorum(n:, r:, w:, write_leg:, ...)`.
    pub(super) fn quorum(&mut self, index: usize, value: &'a Value) -> Option<Quorum> {
        let names = &[
            "n",
            "r",
            "w",
            "write_leg",
            "ack_leg",
            "read_leg",
            "respond_leg",
            "contact",
            "order",
            "timeout",
            "policy",
        ];
        let fields = self.fields(value, "a quorum", 0, names)?;
        let replicas =
            self.must(&fields, "n", |reader, value| reader.count(value, 1..=MAX_REPLICAS));
        let most = replicas.unwrap_or(MAX_REPLICAS);
        let read_quorum = self.must(&fields, "r", |reader, value| reader.count(value, 1..=most));
        let write_quorum = self.must(&fields, "w", |reader, value| reader.count(value, 1..=most));
        let write = self.leg(&fields, "write_leg", replicas);
        let ack = self.leg(&fields, "ack_leg", replicas);
        let read = self.leg(&fields, "read_leg", replicas);
        let respond = self.leg(&fields, "respond_leg", replicas);
        let contact = self.or(&fields, "contact", Contact::All, Self::contact);
        let order = self.or(&fields, "order", Order::Arrival, Self::order);
        let timeout = self.or(&fields, "timeout", Span::from_secs(60.0), Self::positive_span);
        let policy = self.maybe(&fields, "policy", Self::policy);
        // The coordinator is instance 0, the replicas are counted from 1.
        self.known.nodes[index].fact.instances = replicas.map_or(u32::MAX, |n| n + 1);
        let legs = Legs { write: write?, ack: ack?, read: read?, respond: respond? };
        Some(Quorum {
            replicas: replicas?,
            read_quorum: read_quorum?,
            write_quorum: write_quorum?,
            legs,
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
        self.must(fields, name, |reader, value| {
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
    pub(super) fn check_blind(
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

    /// A pause stops workers, and neither a quorum nor a registry has any.
    pub(super) fn check_pause(&mut self, at: Extent, node: NodeIx) {
        let name = self.known.node_name(node);
        if self.known.node(node).role == Some(Role::Registry) {
            self.wrong(
                Code::NotBreakable,
                at,
                format!("{name:?} is a registry: it has no workers"),
            )
            .help("a Crash or a Partition makes it silent");
        }
        if self.known.node(node).role == Some(Role::Quorum) {
            self.wrong(Code::NotBreakable, at, format!("{name:?} is a quorum: it has no workers"))
                .help("Crash or Slow befall its coordinator (instance 0) and replicas (from 1)");
        }
    }

    /// A quorum keeps no outbox, no inbox and no rows of sagas: only plain calls can use it.
    pub(super) fn check_quorums(&mut self, at: Extent, design: &Design) {
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
