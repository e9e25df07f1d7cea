//! A cache between a service and its database: reads look there first and fill it (cache-aside),
//! writes delete or set what it holds after their commit, or are taken by the cache and reach the
//! database later (write-behind).
//!
//! ```text
//! read:   service ──get──▶ cache: hit ─────────────────────────────▶ go on
//!                             └ miss ──read──▶ database ──set──▶ cache ▶ go on
//! write:  service ──commit──▶ database ──delete (or set)──▶ cache ▶ go on
//! behind: service ──take──▶ cache ▶ go on          cache ──commit──▶ database, later
//! ```
//!
//! A cache that does not answer is a miss, and a delete that does not arrive is forgotten: the item
//! stays until its time to live is over.

use super::super::program::{
    Act, Command, Entry, EntryIx, Instr, KeyRule, Makes, Part, Pc, Read, Txn, Write,
};
use super::Lower;
use crate::base::name_hash;
use crate::scenario::tree::{CacheServer, Change, EntityIx, Life, NodeIx, NodeKind, Writes};

impl Lower<'_> {
    /// Reads an item of the service's own: from its cache, else from its database.
    pub(super) fn read(&mut self, service: NodeIx, entity: EntityIx, key: KeyRule, name: u64) {
        let txn = Txn { name, reads: vec![Read { entity, key, copy: false }], ..Txn::default() };
        let Some((cache, _)) = self.cache_of(service) else {
            self.store(service, "read", txn);
            return;
        };
        let policy = self.policy("store", cache);
        let entry = self.command(cache, "get", Command::Get(entity, key));
        let lookup = self.emit(Instr::Lookup { entry, policy, hit: Pc::default() });
        self.store(service, "read", txn);
        let entry = self.command(cache, "set", Command::Set(entity, key, Life::Renew));
        self.emit(Instr::Keep { entry, policy, made: false });
        self.land(lookup);
    }

    /// What this transaction changes of what the service's cache may hold, and is told about.
    pub(super) fn cached_writes(&self, service: NodeIx, txn: &Txn) -> Vec<Write> {
        match self.cache_of(service) {
            None => Vec::new(),
            Some((_, settings)) if settings.writes == Writes::Around => Vec::new(),
            Some(_) => txn.writes.iter().filter(|it| it.part != Part::Copy).copied().collect(),
        }
    }

    /// Tells the service's cache of what has just been committed. Only the last of several items is
    /// known in its new version: then all are deleted. Where setting an item takes its time to live
    /// away, counting it up or down does not (Redis documentation: SET against INCR and DECR).
    pub(super) fn tell_cache(&mut self, service: NodeIx, changed: &[Write]) {
        let Some((cache, settings)) = self.cache_of(service) else { return };
        let policy = self.policy("store", cache);
        let life = match settings.writes {
            Writes::Through(life) if changed.len() == 1 => Some(life),
            _ => None,
        };
        for &Write { entity, key, change, .. } in changed {
            let counts = matches!(change, Change::Add(_) | Change::Take(_));
            let life = life.map(|it| if counts && it == Life::Remove { Life::Keep } else { it });
            let entry = match life {
                Some(life) => self.command(cache, "set", Command::Set(entity, key, life)),
                None => self.command(cache, "delete", Command::Delete(entity, key)),
            };
            self.emit(Instr::Keep { entry, policy, made: true });
        }
    }

    /// Lets a write-behind cache take the transaction, if there is one and if it can: what may be
    /// refused, or is one with a row, a message or the memory of repetitions, is the database's.
    pub(super) fn takes_behind(&mut self, service: NodeIx, txn: &Txn) -> bool {
        let Some((cache, settings)) = self.cache_of(service) else { return false };
        let is_plain = txn.row.is_none() && txn.outbox.is_empty() && !txn.dedup && !txn.promises;
        let is_free = |write: &Write| {
            let takes = matches!(
                write.change,
                Change::Write | Change::Add(_) | Change::Put { if_unchanged: true, .. }
            );
            write.part == Part::Do && takes
        };
        if !matches!(settings.writes, Writes::Behind { .. })
            || !is_plain
            || !txn.writes.iter().all(is_free)
        {
            return false;
        }
        let store = self.store_of(service).expect("a cache stands before a database");
        let effects = txn.writes.iter().fold(0, |bits, write| bits | 1u64 << write.effect);
        let label = self.label(&format!("{} commit", self.node_name(store)));
        let commit = self.transaction(store, label, txn.clone());
        let policy = self.policy("store", store);
        let entry = self.command(cache, "take", Command::Take { commit, policy });
        let policy = self.policy("store", cache);
        let idle = Pc(self.here().0 + 1);
        let makes = Makes::of(&txn.writes);
        self.emit(Instr::Store { entry, policy, effects, makes, idle });
        true
    }

    fn cache_of(&self, service: NodeIx) -> Option<(NodeIx, &CacheServer)> {
        let NodeKind::Service(service) = &self.scenario.nodes[service.0 as usize].kind else {
            return None;
        };
        let cache = service.cache?;
        let NodeKind::Cache(settings) = &self.scenario.nodes[cache.0 as usize].kind else {
            unreachable!("a service's cache is a cache")
        };
        Some((cache, settings))
    }

    pub(super) fn command(&mut self, cache: NodeIx, what: &str, command: Command) -> EntryIx {
        let label = self.label(&format!("{} {what}", self.node_name(cache)));
        let entry = EntryIx(self.programs.entries.len() as u32);
        let alike = self.programs.entries.iter().filter(|entry| entry.label == label).count();
        let act = Act::Keep { command, name: name_hash(&format!("{label}/{alike}")) };
        self.programs.entries.push(Entry {
            node: cache,
            label,
            sees_item: false,
            keyed: false,
            best_effort: false,
            act,
        });
        entry
    }
}
