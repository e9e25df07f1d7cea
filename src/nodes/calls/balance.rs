//! Which of a node's instances a caller calls, by its own knowledge alone: in turn, at random, or
//! where it has least outstanding. Of a node that registers it is one of those that the caller has
//! been told of.
//!
//! No choice depends on the numbers of instances: every caller has an order of its own, drawn when it
//! calls first, in which it takes turns, and among equals it draws one.

use std::hint::cold_path;

use super::list::List;
use crate::base::{Span, Stream, Time};
use crate::engine::InstanceId;
use crate::model::{Model, NodeIx};
use crate::scenario::tree::Balance;

/// A node, as one caller knows it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Which.
    pub(super) node: NodeIx,
    first: u32,
    count: u32,
    balance: Balance,
    /// In which order it takes turns; empty where it takes none, or there is but one.
    order: Vec<u32>,
    /// Whose turn it is.
    next: u32,
    /// Which one its connection is with, and until when.
    connected: Option<(u32, Time)>,
    /// Calls to each instance; empty unless the balance asks.
    outstanding: Vec<u32>,
    /// Those that a registry lists, where one does.
    list: Option<Box<List>>,
}

impl Target {
    /// How many instances it has, if a registry lists them.
    pub(super) fn listed(&self) -> Option<usize> {
        Some(self.list.as_ref()?.there().len())
    }

    /// Nothing is outstanding at any that this caller calls. With `is_listed` it will be told who is
    /// there; for now all are.
    pub(super) fn new(
        model: &Model,
        node: NodeIx,
        (caller, index): (NodeIx, u32),
        is_listed: bool,
    ) -> Self {
        let kind = &model.scenario.nodes[usize::from(node.0)].kind;
        let place = &model.nodes[usize::from(node.0)];
        let balance = kind.balance();
        let count = kind.callable().min(place.count);
        let asks = matches!(balance, Balance::LeastOutstanding | Balance::Choices(_));
        Self {
            node,
            first: place.first.0,
            count,
            balance,
            order: match balance {
                Balance::RoundRobin if count > 1 => {
                    let caller = &model.scenario.nodes[usize::from(caller.0)].name;
                    let purpose =
                        format!("turns at {}", model.scenario.nodes[usize::from(node.0)].name);
                    Stream::new(model.seed, &purpose, caller, index).order(count)
                }
                _ => Vec::new(),
            },
            next: match balance {
                Balance::Shards(shards) => index % shards.min(count),
                _ => 0,
            },
            connected: None,
            list: is_listed.then(|| Box::new(List::of_all(count))),
            outstanding: if asks && count > 1 { vec![0; count as usize] } else { Vec::new() },
        }
    }

    /// Does it matter what is outstanding, or who is there?
    pub(super) fn asks(&self) -> bool {
        let connects = matches!(self.balance, Balance::PerConnection(_));
        connects || !self.outstanding.is_empty() || self.list.is_some()
    }

    /// A call there was reset, or not answered in time: the connection is not used any more.
    pub(super) fn disconnect(&mut self, from: InstanceId) {
        if self.connected.is_some_and(|(place, _)| self.first + place == from.0) {
            self.connected = None;
        }
    }

    /// Nothing is outstanding any more, and nobody is known.
    pub(super) fn forget(&mut self) {
        self.outstanding.fill(0);
        self.connected = None;
        if let Some(list) = &mut self.list {
            list.forget();
        }
    }

    /// Does its caller know of nobody there?
    pub(super) fn has_nobody(&self) -> bool {
        self.list.as_ref().is_some_and(|list| list.there().is_empty())
    }

    /// Does its caller know that this instance is there?
    pub(super) fn has(&self, instance: InstanceId) -> bool {
        let place = instance.0 - self.first;
        self.list.as_ref().is_none_or(|list| list.there().binary_search(&place).is_ok())
    }

    /// A registry has said who was there at that instant, of 64 instances from `first` on. Says of
    /// each that has come or gone which, and whether it is there.
    pub(super) fn learn(
        &mut self,
        first: InstanceId,
        bits: u64,
        at: Time,
        mut say: impl FnMut(InstanceId, bool),
    ) {
        let own = self.first;
        if let Some(list) = &mut self.list {
            list.learn(first.0 - own, bits, at, |place, is_there| {
                say(InstanceId(own + place), is_there);
            });
        }
    }

    /// So many more calls to an instance are outstanding, if anybody asks.
    pub(super) fn count(&mut self, to: InstanceId, more: i32) {
        if let Some(outstanding) = self.outstanding.get_mut((to.0 - self.first) as usize) {
            *outstanding = outstanding.saturating_add_signed(more);
        }
    }

    /// Which instance is called.
    #[inline]
    pub(super) fn pick(&mut self, now: Time, chance: &mut Stream) -> InstanceId {
        if let Balance::PerConnection(max_age) = self.balance {
            cold_path();
            return InstanceId(self.first + self.connection(max_age, now, chance));
        }
        InstanceId(self.first + self.balance(None, None, chance))
    }

    /// The instance that its connection is with: a new one, if there is none or it is too old. Lists
    /// of who is there are looked at only then.
    fn connection(&mut self, max_age: Option<Span>, now: Time, chance: &mut Stream) -> u32 {
        match self.connected {
            Some((place, until)) if now < until => place,
            _ => {
                let place = self.balance(None, None, chance);
                self.connect(place, max_age, now)
            }
        }
    }

    /// It connects to the instance of this place.
    fn connect(&mut self, place: u32, max_age: Option<Span>, now: Time) -> u32 {
        self.connected = Some((place, max_age.map_or(Time::NEVER, |age| now + age)));
        place
    }

    /// Among how many it is chosen.
    pub(super) fn choices(&self) -> u32 {
        Choices::new(self.list.as_deref(), self.count).count()
    }

    /// The place of this instance among those of the node, if it is one of them.
    pub(super) fn place(&self, instance: InstanceId) -> Option<u32> {
        instance.0.checked_sub(self.first).filter(|place| *place < self.count)
    }

    /// Is there anybody but these?
    pub(super) fn has_other(&self, but_for: &[u32]) -> bool {
        Choices::new(self.list.as_deref(), self.count).but_for(but_for).next().is_some()
    }

    /// Which instance is called: none of these places, if there is any other.
    pub(super) fn pick_but_for(
        &mut self,
        but_for: &[u32],
        now: Time,
        chance: &mut Stream,
    ) -> InstanceId {
        let is_connected = self.connected.is_some_and(|(place, _)| !but_for.contains(&place));
        // An instance of a shard stands for it: there is no other.
        if but_for.is_empty() || is_connected || self.is_sharded() || !self.has_other(but_for) {
            return self.pick(now, chance);
        }
        let choices = Choices::new(self.list.as_deref(), self.count);
        let left: Vec<u32> = choices.but_for(but_for).collect();
        let place = self.balance(Some(&left), None, chance);
        if let Balance::PerConnection(max_age) = self.balance {
            self.connect(place, max_age, now);
        }
        InstanceId(self.first + place)
    }

    /// Do instances stand for shards, so that only some can do what another does?
    pub(super) fn is_sharded(&self) -> bool {
        matches!(self.balance, Balance::Shards(_))
    }

    /// Another instance than this one, for a second copy, and none of these places, if there is any
    /// other. It takes no turn: most copies are never sent.
    pub(super) fn other(
        &mut self,
        than: InstanceId,
        but_for: &[u32],
        chance: &mut Stream,
    ) -> Option<InstanceId> {
        let turn = self.next;
        let other = self.another(than, but_for, chance);
        self.next = turn;
        other
    }

    fn another(
        &mut self,
        than: InstanceId,
        but_for: &[u32],
        chance: &mut Stream,
    ) -> Option<InstanceId> {
        if !but_for.is_empty() && !self.is_sharded() {
            let choices = Choices::new(self.list.as_deref(), self.count);
            let than = than.0 - self.first;
            let left: Vec<u32> = choices.but_for(but_for).filter(|place| *place != than).collect();
            if !left.is_empty() {
                return Some(InstanceId(self.first + self.balance(Some(&left), None, chance)));
            }
        }
        let choices = Choices::new(self.list.as_deref(), self.count);
        let (than, count) = (than.0 - self.first, choices.count());
        let place = match self.balance {
            Balance::Shards(shards) if count > shards => (than + shards) % count,
            Balance::Shards(_) => return None,
            _ if count > 1 => self.balance(None, Some(than), chance),
            _ => return None,
        };
        Some(InstanceId(self.first + place))
    }

    /// Who is next, among all that are known to be there or only those `left`, but for one; the first
    /// where there is no choice.
    fn balance(&mut self, left: Option<&[u32]>, but_for: Option<u32>, chance: &mut Stream) -> u32 {
        let there = match left {
            None => Choices::new(self.list.as_deref(), self.count),
            Some(_) => Choices { there: left, count: self.count },
        };
        let (count, but_for) = (there.count(), but_for.and_then(|place| there.rank(place)));
        if count <= 1 {
            return there.at(0);
        }
        let (others, outstanding) = (count - u32::from(but_for.is_some()), &self.outstanding);
        let other = |drawn| there.at(drawn + u32::from(but_for.is_some_and(|but| drawn >= but)));
        match self.balance {
            Balance::RoundRobin => loop {
                let place = self.order[self.next as usize];
                self.next = if self.next + 1 < self.count { self.next + 1 } else { 0 };
                if there.rank(place).is_some_and(|rank| Some(rank) != but_for) {
                    return place;
                }
            },
            Balance::Shards(shards) => {
                let picked = self.next;
                self.next = (picked + 1) % shards.min(count);
                there.at(picked % count)
            }
            Balance::Random | Balance::PerConnection(_) => {
                other(chance.below(u64::from(others)) as u32)
            }
            Balance::LeastOutstanding => {
                let asked = |drawn: u32| outstanding[other(drawn) as usize];
                let least = (0..others).map(asked).min().expect("there is a choice");
                let equals = || (0..others).filter(|drawn| asked(*drawn) == least);
                let drawn = match equals().count() {
                    1 => 0,
                    equals => chance.below(equals as u64) as usize,
                };
                other(equals().nth(drawn).expect("it was counted"))
            }
            Balance::Choices(choices) => {
                let drawn = draw(choices.min(others), others, chance);
                let drawn = drawn.iter().take(choices.min(others) as usize);
                // The first of equals: they come in the order in which they were drawn.
                let least = drawn.min_by_key(|drawn| outstanding[other(**drawn) as usize]);
                other(*least.expect("there is a choice"))
            }
        }
    }
}

/// Those among whom a caller chooses, by their places among the instances of the node.
#[derive(Clone, Copy)]
struct Choices<'a> {
    /// Who is known to be there, in order; all, where none says so.
    there: Option<&'a [u32]>,
    count: u32,
}

impl<'a> Choices<'a> {
    fn new(list: Option<&'a List>, count: u32) -> Self {
        Self { there: list.map(List::there), count }
    }

    fn count(self) -> u32 {
        self.there.map_or(self.count, |there| there.len() as u32)
    }

    /// The place of this one of them; the first where nobody is there.
    fn at(self, rank: u32) -> u32 {
        self.there.map_or(rank, |there| there.get(rank as usize).copied().unwrap_or_default())
    }

    /// Their places, but for these.
    fn but_for(self, but_for: &[u32]) -> impl Iterator<Item = u32> {
        let all = (0..self.count()).map(move |rank| self.at(rank));
        all.filter(|place| !but_for.contains(place))
    }

    /// Which of them has this place, if any.
    fn rank(self, place: u32) -> Option<u32> {
        self.there.map_or(Some(place), |there| Some(there.binary_search(&place).ok()? as u32))
    }
}

/// So many different numbers below `among`, in the order in which they are drawn.
fn draw(choices: u32, among: u32, chance: &mut Stream) -> [u32; MAX_CHOICES] {
    let (mut drawn, mut sorted) = ([0; MAX_CHOICES], [0; MAX_CHOICES]);
    for place in 0..(choices as usize).min(MAX_CHOICES) {
        // The n-th of those not yet drawn.
        let mut pick = chance.below(u64::from(among) - place as u64) as u32;
        for taken in &sorted[..place] {
            pick += u32::from(pick >= *taken);
        }
        (drawn[place], sorted[place]) = (pick, pick);
        sorted[..=place].sort_unstable();
    }
    drawn
}

/// More choices than this are not drawn.
const MAX_CHOICES: usize = 16;
