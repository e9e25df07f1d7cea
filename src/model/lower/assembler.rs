//! The assembler: instructions, entries, transactions and publications as they are emitted, and
//! the labels that are patched when it is known where they land.

use super::super::program::{
    Act, Channel, Entry, EntryIx, Instr, Pc, PubIx, Publication, Subscriber, Txn, TxnIx,
};
use super::Lower;
use super::routing::Said;
use crate::base::Dist;
use crate::scenario::tree::{NodeIx, PolicyIx};

impl<'a> Lower<'a> {
    pub(super) fn here(&self) -> Pc {
        Pc(self.programs.code.len() as u32)
    }

    pub(super) fn emit(&mut self, instr: Instr) -> Pc {
        let pc = self.here();
        self.programs.code.push(instr);
        pc
    }

    /// Lets the jump at `pc` go on here.
    pub(super) fn land(&mut self, pc: Pc) {
        let here = self.here();
        match &mut self.programs.code[pc.0 as usize] {
            Instr::Maybe { to, .. } | Instr::IfDone { to, .. } | Instr::Jump { to } => *to = here,
            Instr::Store { idle, .. } => *idle = here,
            Instr::Lookup { hit, .. } => *hit = here,
            other => unreachable!("{other:?} does not jump"),
        }
    }

    pub(super) fn label(&self, what: &str) -> String {
        format!("{}: {what}", self.scenario.flows[self.flow.0 as usize].name)
    }

    pub(super) fn node_name(&self, node: NodeIx) -> &'a str {
        &self.scenario.nodes[node.0 as usize].name
    }

    /// An entry at `node` whose program is assembled by `job`, once the one at hand is complete.
    pub(super) fn later(
        &mut self,
        node: NodeIx,
        label: String,
        job: impl FnOnce(&mut Lower<'_>, EntryIx) + 'static,
    ) -> EntryIx {
        let entry = self.reserve(node, label);
        let best_effort = self.best_effort;
        let job =
            move |lower: &mut Lower<'_>| lower.as_best_effort(best_effort, |it| job(it, entry));
        self.pending.push(Box::new(job));
        entry
    }

    /// Assembles what belongs to a best-effort tell, or does not.
    pub(super) fn as_best_effort<T>(&mut self, is_it: bool, job: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.best_effort, is_it);
        let done = job(self);
        self.best_effort = before;
        done
    }

    /// An entry at `node` whose program comes later.
    pub(super) fn reserve(&mut self, node: NodeIx, label: String) -> EntryIx {
        let entry = EntryIx(self.programs.entries.len() as u32);
        let nowhere = Pc(u32::MAX);
        let act = Act::Run { start: nowhere, refused: nowhere, failed: nowhere };
        let best_effort = self.best_effort;
        self.programs.entries.push(Entry {
            node,
            label,
            sees_item: false,
            keyed: false,
            best_effort,
            act,
        });
        entry
    }

    /// What is emitted next is the program of `entry`.
    pub(super) fn begin(&mut self, entry: EntryIx) {
        let start = self.here();
        self.programs.entries[entry.0 as usize].act =
            Act::Run { start, refused: start, failed: start };
    }

    /// What calls of this entry change is guarded by the operation's key while they run, if the
    /// design has keys.
    pub(super) fn hold_key(&mut self, entry: EntryIx) {
        self.programs.entries[entry.0 as usize].keyed = self.design.dedup;
    }

    /// What is emitted next is done when the task was refused.
    pub(super) fn on_refused(&mut self, entry: EntryIx) {
        let here = self.here();
        if let Act::Run { refused, .. } = &mut self.programs.entries[entry.0 as usize].act {
            *refused = here;
        }
    }

    /// What is emitted next is done when the task failed.
    pub(super) fn on_failed(&mut self, entry: EntryIx) {
        self.on_failed_at(entry, self.here());
    }

    /// A failed task goes on there.
    pub(super) fn on_failed_at(&mut self, entry: EntryIx, there: Pc) {
        if let Act::Run { failed, .. } = &mut self.programs.entries[entry.0 as usize].act {
            *failed = there;
        }
    }

    /// What is emitted next is done when the task was refused, or failed.
    pub(super) fn on_trouble(&mut self, entry: EntryIx) {
        self.on_refused(entry);
        self.on_failed(entry);
    }

    pub(super) fn transaction(&mut self, store: NodeIx, label: String, txn: Txn) -> EntryIx {
        let ix = TxnIx(self.programs.transactions.len() as u32);
        let best_effort = self.best_effort;
        self.programs.transactions.push(Txn { best_effort, ..txn });
        let entry = EntryIx(self.programs.entries.len() as u32);
        let act = Act::Transact(ix);
        self.programs.entries.push(Entry {
            node: store,
            label,
            sees_item: false,
            keyed: false,
            best_effort,
            act,
        });
        entry
    }

    pub(super) fn store_of(&self, service: NodeIx) -> Option<NodeIx> {
        self.scenario.nodes[service.0 as usize].kind.store()
    }

    pub(super) fn overhead(&self, service: NodeIx) -> Dist {
        self.scenario.nodes[service.0 as usize].kind.overhead()
    }

    pub(super) fn broker(&self) -> NodeIx {
        self.design.broker.expect("the scenario layer wants a broker where messages need one")
    }

    /// The policy of calls to `to`: its own, else the class's.
    pub(super) fn policy(&self, class: &str, to: NodeIx) -> Option<PolicyIx> {
        let own = self.scenario.nodes[to.0 as usize].kind.policy();
        own.or_else(|| self.scenario.class_policy(class))
    }

    /// The channel into which `producer` publishes for `consumer`, at the broker, or where that hands on
    /// to: what services publish is kept apart where they have topics.
    pub(super) fn channel(&mut self, producer: Option<NodeIx>, consumer: NodeIx) -> u32 {
        let kind = |node: NodeIx| &self.scenario.nodes[usize::from(node.0)].kind;
        let broker = self.broker();
        let broker = kind(broker).hands_on_to().unwrap_or(broker);
        let has_topics = kind(broker).terms().is_some_and(|terms| terms.has_topics);
        let producer = producer.filter(|producer| has_topics || *producer == broker);
        let channel = Channel { broker, consumer, producer };
        let found = self.programs.channels.iter().position(|known| *known == channel);
        let ix = found.unwrap_or_else(|| {
            self.programs.channels.push(channel);
            self.programs.channels.len() - 1
        });
        ix as u32
    }

    /// A publication that nobody has subscribed to yet.
    pub(super) fn publication(&mut self, label: String, said: Said) -> PubIx {
        let ix = PubIx(self.programs.publications.len() as u32);
        let broker = self.broker();
        self.said.push(said);
        self.programs.publications.push(Publication {
            broker,
            label,
            subscribers: Vec::new(),
            missed: 0,
            caches: Vec::new(),
        });
        ix
    }

    pub(super) fn subscribe(
        &mut self,
        publication: PubIx,
        producer: Option<NodeIx>,
        consumer: NodeIx,
        entry: EntryIx,
    ) {
        let channel = self.channel(producer, consumer);
        self.programs.publications[publication.0 as usize]
            .subscribers
            .push(Subscriber { channel, entry });
    }
}
