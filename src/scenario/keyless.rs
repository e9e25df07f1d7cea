//! What a design publishes without a key, which a log that is compacted refuses. An event names the item that
//! the commit before it changed first, and has that as its key; commands and replies, refusals, and events
//! of whoever changes nothing name none.
//!
//! ```text
//! steps:   Write, Tell("a", [Write, Work]), Tell("b", [Write])
//! says:    ───────▶ key    ────────────────▶ no key    ──▶ nobody listens
//! ```

use super::codes::Code;
use super::flows::flatten;
use super::known::Known;
use super::mistake::Mistake;
use super::reader::Reader;
use super::source::Extent;
use super::tree::{Change, Design, Flow, FlowIx, NodeIx, Preset, Step, Tell};

/// What becomes of who publishes without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Refused {
    /// Its flow fails, or nobody hears of it: what it tells is never done.
    Once,
    /// It tries again, and all that is behind it waits.
    Again,
}

impl Reader<'_> {
    /// Warns of records without a key where a log is compacted.
    pub(super) fn check_keys(&mut self, at: Extent, design: &Design, flows: &[Flow]) {
        let Some(broker) = design.broker.filter(|broker| self.known.node(*broker).compacts) else {
            return;
        };
        // Where something is wrong, that is to be mended first.
        if self.mistakes.iter().any(Mistake::is_error) {
            return;
        }
        let refused = (0..)
            .map(FlowIx)
            .zip(flows)
            .filter_map(|(ix, flow)| Some((keyless(&self.known, design, ix, flow)?, ix)));
        let Some((refused, flow)) = refused.min_by_key(|(refused, _)| std::cmp::Reverse(*refused))
        else {
            return;
        };
        let (name, broker) = (design.name.as_str(), &self.known.nodes[usize::from(broker.0)]);
        let (log, compacts) = (broker.name, broker.at);
        let forgets = broker.fact.forgets;
        let flow = &self.known.flows[usize::from(flow.0)];
        let (flow, begins) = (flow.name, flow.at);
        let (code, message) = match refused {
            Refused::Again if !forgets => (
                Code::ForEver,
                format!(
                    "design {name:?} sends records without a key to {log:?} again and again, and what is \
                     behind them waits"
                ),
            ),
            _ => (
                Code::Keyless,
                format!(
                    "{log:?} refuses the records without a key of design {name:?}: what they tell is never done"
                ),
            ),
        };
        self.wrong(code, at, message)
            .note(
                compacts,
                "Compacted topic cannot accept message without key in topic partition ... (InvalidRecordException)",
            )
            .note(begins, format!("in flow {flow:?}"))
            .help(
                "leave out `cleanup_policy: Compact`, or let each event follow a change, whose item is its \
                 key; commands, replies and refusals have none",
            );
    }
}

/// Goes through a flow from one service to the next, as its events do.
struct Walk<'a> {
    known: &'a Known<'a>,
    design: &'a Design,
    flow: FlowIx,
    home: NodeIx,
    /// Who is at work.
    turn: Turn,
    /// Counts the `Maybe`s around tells.
    maybes: u32,
    /// Is it in a tell by message that nobody waits for?
    is_left: bool,
    /// Can anything be taken back that was done in it?
    is_owed: bool,
    refused: Option<Refused>,
}

/// Where a step stands.
#[derive(Clone, Copy)]
struct Place {
    /// Who does it.
    who: NodeIx,
    /// In which `Maybe`, or 0.
    maybe: u32,
    nobody_waits: bool,
    /// Is it part of a call? What it changes is not the caller's.
    is_call: bool,
}

/// What one service does between two messages.
#[derive(Clone, Copy)]
struct Turn {
    /// Who; `None` if its turn is over, or there are several.
    who: Option<NodeIx>,
    /// As of a place.
    maybe: u32,
    /// May it be passed by? Then what it says has no key.
    is_optional: bool,
    /// Is what it did last a change?
    has_changed: bool,
    /// Can it take back what it did?
    has_undo: bool,
    begins: Begins,
}

/// How a turn begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// With the client's request, which its answer refuses.
    Asked,
    /// With a tell that nobody waits for, who would hear of a refusal.
    BestEffort,
    /// With another one within it: a refusal changes nothing for those behind.
    Shrugs,
    /// With what others have said, who hear of its refusal.
    Told,
}

impl Turn {
    fn of(at: Place, begins: Begins) -> Self {
        let (who, maybe, is_optional) = (Some(at.who), at.maybe, at.maybe != 0);
        Self { who, maybe, is_optional, has_changed: false, has_undo: false, begins }
    }
}

/// What becomes of a flow's records without a key, if it has some.
fn keyless(known: &Known<'_>, design: &Design, ix: FlowIx, flow: &Flow) -> Option<Refused> {
    let is_command = |step: &Step| matches!(step, Step::Tell(tell) if design.route(ix, tell.service) == Preset::PubSub);
    if Step::walk(&flow.steps).any(is_command) {
        // Commands go first: nothing comes of replies without them.
        let is_in_outbox = design.outbox && known.node(flow.home).store;
        return Some(if is_in_outbox { Refused::Again } else { Refused::Once });
    }
    let at = Place { who: flow.home, maybe: 0, nobody_waits: false, is_call: false };
    let mut walk = Walk {
        known,
        design,
        flow: ix,
        home: flow.home,
        turn: Turn::of(at, Begins::Asked),
        maybes: 0,
        is_left: false,
        is_owed: false,
        refused: None,
    };
    walk.steps(&flow.steps, at);
    walk.refused
}

impl Walk<'_> {
    fn steps(&mut self, steps: &[Step], at: Place) {
        for step in steps {
            match step {
                Step::Tell(tell) => match self.route(tell) {
                    Preset::Rest => self.call(tell, step, at),
                    Preset::PubSub | Preset::Events => self.tell(tell, at),
                },
                Step::Maybe(_, steps) if self.travels(step) => {
                    self.maybes += 1;
                    self.steps(steps, Place { maybe: self.maybes, ..at });
                }
                Step::All(branches) if self.travels(step) => self.together(branches, at),
                Step::Repeat(times, steps) => {
                    (0..(*times).min(2)).for_each(|_| self.steps(steps, at));
                }
                _ => self.local(step, at),
            }
        }
    }

    fn route(&self, tell: &Tell) -> Preset {
        self.design.route(self.flow, tell.service)
    }

    /// Is this a tell by message?
    fn is_told(&self, step: &Step) -> bool {
        matches!(step, Step::Tell(tell) if self.route(tell) != Preset::Rest)
    }

    /// Is there one in it?
    fn travels(&self, step: &Step) -> bool {
        Step::walk(std::slice::from_ref(step)).any(|step| self.is_told(step))
    }

    /// A service does a step by itself.
    fn local(&mut self, step: &Step, at: Place) {
        if !self.takes_turn(at) {
            return;
        }
        let steps = || Step::walk(std::slice::from_ref(step));
        let has_undo = |step: &Step| matches!(step, Step::Effect(it) if it.undo.is_some());
        let changed = self.ends_with_change(std::slice::from_ref(step), at.who);
        self.turn.has_changed = changed && !at.is_call;
        self.turn.has_undo |= steps().any(has_undo);
        if steps().any(may_refuse) {
            self.says_no();
        }
    }

    /// Somebody does something, unless nobody waits for it: then nobody hears of it either.
    fn takes_turn(&mut self, at: Place) -> bool {
        if (self.turn.who, self.turn.maybe) != (Some(at.who), at.maybe) {
            self.goes_on();
            self.turn.who = None;
            if at.nobody_waits && !self.is_left {
                return false;
            }
            self.turn = Turn::of(at, Begins::Told);
        }
        self.turn.has_changed = false;
        true
    }

    /// The home calls, and tells what is told within that.
    fn call(&mut self, tell: &Tell, step: &Step, at: Place) {
        let nobody_waits = at.nobody_waits || tell.best_effort;
        let at = Place { who: self.home, is_call: true, nobody_waits, ..at };
        if !self.travels(step) {
            return self.local(step, at);
        }
        if self.takes_turn(at) && tell.refuses > 0.0 {
            self.says_no();
        }
        self.steps(&tell.steps, at);
    }

    fn tell(&mut self, tell: &Tell, at: Place) {
        self.goes_on();
        let nobody_waits = at.nobody_waits || tell.best_effort;
        let (before, was_left) = (self.turn, self.is_left);
        self.is_left = nobody_waits;
        let begins = match (was_left, nobody_waits) {
            (false, true) => Begins::BestEffort,
            (true, _) if tell.best_effort => Begins::Shrugs,
            _ => Begins::Told,
        };
        let at = Place { who: tell.service, is_call: false, nobody_waits, ..at };
        self.turn = Turn::of(at, begins);
        if tell.refuses > 0.0 {
            self.says_no();
        }
        self.steps(&tell.steps, at);
        self.is_left = was_left;
        if begins == Begins::BestEffort {
            self.is_owed = false;
            self.turn = Turn { who: None, ..before };
        }
    }

    /// Branches: who is told together hears the same, and is heard by whoever comes next.
    fn together<'s>(&mut self, branches: &'s [Step], at: Place) {
        let mut all = Vec::new();
        flatten(branches, &mut all);
        let (told, own): (Vec<_>, Vec<_>) = all.into_iter().partition(|step| self.is_told(step));
        for step in own {
            self.local(step, at);
        }
        self.goes_on();
        self.turn.who = None;
        let waited = |step: &'s Step| match step {
            Step::Tell(tell) if !tell.best_effort => Some(tell),
            _ => None,
        };
        let waited: Vec<&Tell> = told.into_iter().filter_map(waited).collect();
        if waited.is_empty() {
            return;
        }
        let is_chance = |step: &Step| matches!(step, Step::Maybe(..)) && self.travels(step);
        let is_optional = at.maybe != 0 || Step::walk(branches).any(is_chance);
        let changed = |tell: &&Tell| self.ends_with_change(&tell.steps, tell.service);
        let has_changed = waited.iter().all(changed);
        self.turn = Turn { who: None, is_optional, has_changed, ..Turn::of(at, Begins::Told) };
        if waited.iter().any(|tell| tell.refuses > 0.0 || Step::walk(&tell.steps).any(may_refuse)) {
            self.says_no();
        }
    }

    /// Is the last of these steps a change of what this service owns?
    fn ends_with_change(&self, steps: &[Step], at: NodeIx) -> bool {
        match steps.last() {
            Some(Step::Repeat(_, steps)) => self.ends_with_change(steps, at),
            Some(Step::Effect(it)) => {
                self.known.entities[usize::from(it.entity.0)].fact.owner == Some(at)
            }
            _ => false,
        }
    }

    /// Others go on when this turn is over: they are told what was changed.
    fn goes_on(&mut self) {
        let Turn { who, is_optional, has_changed, has_undo, begins, .. } = self.turn;
        self.is_owed |= self.is_left && has_undo;
        if has_changed && !is_optional {
            return;
        }
        // Who fails on a client's request says so, and all others try again.
        let has_outbox = who.is_none_or(|who| self.known.node(who).store);
        let is_again = has_outbox || begins != Begins::Asked;
        self.refuses(if is_again { Refused::Again } else { Refused::Once });
    }

    /// The service at work may refuse, and tells others so who have something to take back.
    fn says_no(&mut self) {
        match self.turn.begins {
            Begins::Told if !self.is_left || self.is_owed => self.refuses(Refused::Again),
            Begins::Shrugs => self.turn.is_optional = true,
            _ => {}
        }
    }

    fn refuses(&mut self, what: Refused) {
        self.refused = self.refused.max(Some(what));
    }
}

/// May this step refuse the flow?
fn may_refuse(step: &Step) -> bool {
    match step {
        Step::Ask { need, .. } | Step::Read { need, .. } => need.is_some(),
        Step::Effect(it) => {
            matches!(it.change, Change::Take(_) | Change::Put { if_unchanged: true, .. })
        }
        Step::Tell(tell) => tell.refuses > 0.0,
        _ => false,
    }
}
