//! What can only be judged over a flow as a whole: how many effects it unrolls into, what a
//! transaction holds, what it saw before it overwrites, and what a late refusal would leave behind.

use super::codes::Code;
use super::reader::Reader;
use super::source::Extent;
use super::tree::{Change, EntityIx, Key, Step, Tell};

/// Effects of one flow.
const MAX_EFFECTS: u64 = 64;
/// Consecutive effects at one service.
const MAX_TRANSACTION: u64 = 8;
/// Entities of which a flow means the session's own item: what its messages carry.
const MAX_OWN: usize = 2;
/// Steps of one flow.
pub(super) const MAX_STEPS: u64 = 4096;

/// Checks a flow whose steps could all be read; `sites` are their places in pre-order.
pub(super) fn check(
    reader: &mut Reader<'_>,
    at: Extent,
    name: &str,
    steps: &[Step],
    sites: &[Extent],
) {
    let size = size(steps);
    if size.steps > MAX_STEPS {
        let message =
            format!("flow {name:?} unrolls into {} steps, more than {MAX_STEPS}", size.steps);
        reader.wrong(Code::TooLong, at, message);
    } else if size.effects > MAX_EFFECTS {
        let message =
            format!("flow {name:?} unrolls into {} effects, more than {MAX_EFFECTS}", size.effects);
        reader.wrong(Code::TooManyEffects, at, message);
    }
    let own = Step::entities_by(steps, &Key::Own);
    if own.len() > MAX_OWN {
        let message =
            format!("flow {name:?} means the session's own item of {} entities", own.len());
        reader
            .wrong(Code::Unsupported, at, message)
            .help("a flow carries at most two such items: split it, or let a key be Popular");
    }
    let mut walk = Walk {
        reader,
        sites: sites.iter().copied(),
        seen: Vec::new(),
        latest: None,
        told: None,
        warned: false,
        branch: Branch::None,
    };
    walk.transactions(steps, at);
    walk.steps(steps);
    debug_assert_eq!(walk.sites.len(), 0, "every step has its place");
}

#[derive(Clone, Copy, Default)]
struct Size {
    steps: u64,
    effects: u64,
}

fn size(steps: &[Step]) -> Size {
    steps.iter().fold(Size::default(), |sum, step| {
        let times = if let Step::Repeat(times, _) = step { u64::from(*times) } else { 1 };
        let inner = match step {
            Step::Effect(_) => Size { steps: 0, effects: 1 },
            _ => size(step.children()),
        };
        Size {
            steps: sum.steps.saturating_add(1).saturating_add(inner.steps.saturating_mul(times)),
            effects: sum.effects.saturating_add(inner.effects.saturating_mul(times)),
        }
    })
}

/// The longest rows of effects in some steps: from the start, up to the end, anywhere, and (if
/// effects are all there is) from start to end. Branches count whichever way is longer.
#[derive(Clone, Copy, Default)]
struct Rows {
    lead: u64,
    tail: u64,
    longest: u64,
    whole: Option<u64>,
}

impl Rows {
    const NOTHING: Self = Self { lead: 0, tail: 0, longest: 0, whole: Some(0) };
    const BREAK: Self = Self { lead: 0, tail: 0, longest: 0, whole: None };
    const EFFECT: Self = Self { lead: 1, tail: 1, longest: 1, whole: Some(1) };

    fn then(self, next: Self) -> Self {
        let across =
            |whole: Option<u64>, row: u64| whole.map_or(0, |whole| whole.saturating_add(row));
        Self {
            lead: self.lead.max(across(self.whole, next.lead)),
            tail: next.tail.max(across(next.whole, self.tail)),
            longest: self.longest.max(next.longest).max(self.tail.saturating_add(next.lead)),
            whole: self.whole.zip(next.whole).map(|(a, b)| a.saturating_add(b)),
        }
    }

    fn or_nothing(self) -> Self {
        Self { whole: Some(self.whole.unwrap_or(0)), ..self }
    }

    fn times(self, times: u32) -> Self {
        match (times, self.whole) {
            (0, _) => Self::NOTHING,
            (1, _) | (_, None) if times == 1 => self,
            (_, Some(whole)) => {
                let all = whole.saturating_mul(u64::from(times));
                Self {
                    lead: self.lead.max(all),
                    tail: self.tail.max(all),
                    longest: self.longest.max(all),
                    whole: Some(all),
                }
                .max_with(self.then(self))
            }
            (_, None) => self.then(self),
        }
    }

    fn max_with(self, other: Self) -> Self {
        Self {
            lead: self.lead.max(other.lead),
            tail: self.tail.max(other.tail),
            longest: self.longest.max(other.longest),
            whole: self.whole.max(other.whole),
        }
    }
}

fn rows(steps: &[Step]) -> Rows {
    steps.iter().fold(Rows::NOTHING, |before, step| {
        before.then(match step {
            Step::Effect(_) => Rows::EFFECT,
            Step::Maybe(_, steps) => rows(steps).or_nothing(),
            Step::Repeat(times, steps) => rows(steps).times(*times),
            _ => Rows::BREAK,
        })
    })
}

struct Walk<'r, 'a, S> {
    reader: &'r mut Reader<'a>,
    sites: S,
    /// Items read so far.
    seen: Vec<(EntityIx, Key)>,
    /// The item read last, if that is certain: all that a flow keeps in mind
    /// (docs/semantics.md, rule 7).
    latest: Option<(EntityIx, Key)>,
    /// The first tell whose effects have no undo.
    told: Option<Extent>,
    warned: bool,
    branch: Branch,
}

/// Where in a branch of an `All` the walk is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Branch {
    /// In none.
    None,
    /// Before its tell, if it has one.
    Begun,
    /// In the body of its tell.
    Tell,
    /// Behind its tell: nothing may stand there.
    Told,
}

impl<S: ExactSizeIterator<Item = Extent>> Walk<'_, '_, S> {
    fn transactions(&mut self, steps: &[Step], at: Extent) {
        let longest = rows(steps).longest;
        if longest > MAX_TRANSACTION {
            let message = format!(
                "{longest} consecutive effects would be one transaction; at most {MAX_TRANSACTION} may be"
            );
            self.reader.wrong(Code::TooManyEffects, at, message);
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            let at = self.sites.next().unwrap_or_default();
            self.ends_with_its_tell(step, at);
            match step {
                Step::Ask { entity, key, need } | Step::Read { entity, key, need } => {
                    self.seen.push((*entity, key.clone()));
                    self.latest = Some((*entity, key.clone()));
                    self.may_refuse(need.is_some(), at);
                }
                Step::Effect(effect) => {
                    let compare = matches!(effect.change, Change::Put { if_unchanged: true, .. });
                    self.may_refuse(compare || matches!(effect.change, Change::Take(_)), at);
                    let item = (effect.entity, effect.key.clone());
                    if matches!(effect.change, Change::Put { .. }) && !self.seen.contains(&item) {
                        let mistake = self.reader.wrong(Code::PutUnseen, at, "`Put` overwrites from what the flow has seen of this item, which is nothing");
                        mistake.help("put a Read or an Ask of the same entity and key before it");
                    } else if matches!(effect.change, Change::Put { .. })
                        && self.latest.as_ref() != Some(&item)
                    {
                        let mistake = self.reader.wrong(Code::PutUnseen, at, "`Put` overwrites from what the flow has read last, and that may be another item");
                        mistake.help("read this item after all others, and not in an `All`");
                    }
                }
                Step::Work(_) => {}
                Step::Tell(tell) => self.tell(tell, at),
                Step::Call { steps, .. } => self.steps(steps),
                Step::All(branches) | Step::Enough(_, branches) => {
                    for branch in branches {
                        self.branch = Branch::Begun;
                        self.steps(std::slice::from_ref(branch));
                    }
                    self.branch = Branch::None;
                    self.unless_certain(branches);
                }
                Step::Repeat(times, steps) => {
                    let before = self.branch;
                    self.perhaps(steps, *times > 0);
                    if *times > 1 && before == Branch::Begun && self.branch == Branch::Told {
                        self.tells_too_much(at);
                    }
                }
                Step::Maybe(_, steps) => self.perhaps(steps, false),
            }
        }
    }

    /// Branches run together, one message each: a tell is the end of its branch.
    fn ends_with_its_tell(&mut self, step: &Step, at: Extent) {
        let is_nested = self.branch == Branch::Tell && matches!(step, Step::Tell(_));
        if is_nested || self.branch == Branch::Told {
            self.tells_too_much(at);
        }
    }

    fn tells_too_much(&mut self, at: Extent) {
        let message = "a branch of an `All` holds at most one tell, and ends with it";
        self.reader
            .wrong(Code::Misplaced, at, message)
            .help("put what follows behind the `All`, or make it a branch of its own");
    }

    /// What is only perhaps done was only perhaps seen.
    fn perhaps(&mut self, steps: &[Step], surely: bool) {
        let seen = self.seen.len();
        self.steps(steps);
        if !surely {
            self.seen.truncate(seen);
            self.unless_certain(steps);
        }
    }

    /// After these steps nobody can say what was read last, if they read at all.
    fn unless_certain(&mut self, steps: &[Step]) {
        if reads(steps) {
            self.latest = None;
        }
    }

    fn tell(&mut self, tell: &Tell, at: Extent) {
        self.may_refuse(tell.refuses > 0.0 && !tell.best_effort, at);
        self.transactions(&tell.steps, at);
        let is_branch = self.branch == Branch::Begun;
        if is_branch {
            self.branch = Branch::Tell;
        }
        self.steps(&tell.steps);
        if is_branch {
            self.branch = Branch::Told;
        }
        if tell.best_effort {
            self.unless_certain(&tell.steps);
        }
        if self.told.is_none() && !tell.best_effort && !all_undone(&tell.steps) {
            self.told = Some(at);
        }
    }

    fn may_refuse(&mut self, may: bool, at: Extent) {
        let Some(told) = self.told.filter(|_| may && !self.warned) else {
            return;
        };
        self.warned = true;
        let message =
            "this may refuse the flow after a tell that has no undo: it would be left half done";
        let mistake = self.reader.wrong(Code::RefusalAfterTell, at, message);
        mistake
            .label("may refuse")
            .note(told, "has no undo")
            .help("give the tell's effects an undo, or put this first");
    }
}

impl Reader<'_> {
    /// What is read and not changed is the same each time, unless another item is drawn.
    pub(super) fn check_repeat(&mut self, times: u32, steps: &[Step], at: Extent) {
        let changes = |step: &Step| matches!(step, Step::Effect(_) | Step::Tell(_));
        let same = |step: &Step| {
            matches!(
                step,
                Step::Ask { key: Key::Popular(_), .. } | Step::Read { key: Key::Popular(_), .. }
            )
        };
        if times > 1 && Step::walk(steps).any(same) && !Step::walk(steps).any(changes) {
            let message = format!("this reads the same item {times} times");
            self.wrong(Code::SameItem, at, message).help(
                "a Popular key is drawn once per operation; key: Another draws one each time, Each(\"entity\") goes through a list",
            );
        }
    }
}

/// Do these steps read anything, here or further on?
fn reads(steps: &[Step]) -> bool {
    Step::walk(steps).any(|step| matches!(step, Step::Ask { .. } | Step::Read { .. }))
}

/// Do all effects at this service have an undo? (Those further on are judged by their own tells.)
fn all_undone(steps: &[Step]) -> bool {
    steps.iter().all(|step| match step {
        Step::Effect(effect) => effect.undo.is_some(),
        Step::Maybe(_, steps) | Step::Repeat(_, steps) | Step::All(steps) => all_undone(steps),
        _ => true,
    })
}
