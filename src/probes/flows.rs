//! docs/semantics.md, rules 30 to 32: what an operation was told against the truth, once nothing
//! can act for it any more or at the audit; and the sums of that per flow.

use indexmap::IndexMap;

use super::entry::{Deed, Entry, Flag};
use super::layout::{EffectPlan, FlowPlan};
use super::outcome::{Effects, Ends, FlowOutcome, Reads, Violations};
use super::reason::Reason;
use super::sketch::Sketch;
use crate::base::{Span, Time};

/// How an operation ended (docs/semantics.md, rule 30).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Told done; all effects are there.
    Kept,
    /// Told done; none is left.
    Retracted,
    /// Some effects are there, others are not.
    HalfDone,
    /// Told otherwise; all effects are there.
    Unannounced,
    /// Told otherwise; none is left.
    Clean,
    /// Something can still act for it.
    Pending,
}

/// An operation, judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Its end.
    pub end: End,
    /// Its effects.
    pub effects: Effects,
}

/// One flow's sums.
#[derive(Clone, Debug)]
pub struct Tally {
    /// A later answer is late.
    pub deadline: Span,
    /// What is already in its final shape.
    pub(super) flow: FlowOutcome,
    failures: [u64; Reason::ALL.len()],
    losses: [u64; Reason::ALL.len()],
    /// How many never converged.
    strayed: u64,
}

/// Judge an operation by what was applied of it.
///
/// A write that is there more than once is there once, unless it creates. A number that was undone
/// more often than changed is neither there nor gone: such a flow is half done.
pub fn judge(entry: &Entry, deeds: &[Deed], plan: &FlowPlan) -> Judgement {
    let pending = entry.is_pending();
    let mut effects = Effects::default();
    let (mut there, mut gone, mut askew) = (false, false, false);
    let owed = (entry.is(Flag::Promised) || entry.is(Flag::Done))
        && !entry.is(Flag::Refused)
        && !entry.is(Flag::Compensated);
    for (effect, deed) in plan.effects.iter().zip(deeds).filter(|(_, deed)| deed.is_told) {
        let net = deed.net;
        effects.told += 1;
        classify(&mut effects, *effect, *deed, pending, owed);
        if !effect.best_effort {
            there |= net > 0;
            gone |= net <= 0;
            askew |= net < 0 && !effect.idempotent;
        }
    }
    let done = entry.is(Flag::Done);
    let end = match (there, gone) {
        _ if pending => End::Pending,
        (true, true) => End::HalfDone,
        _ if askew => End::HalfDone,
        (false, true) => {
            if done {
                End::Retracted
            } else {
                End::Clean
            }
        }
        (true, false) => {
            if done {
                End::Kept
            } else {
                End::Unannounced
            }
        }
        (false, false) => {
            if done {
                End::Kept
            } else {
                End::Clean
            }
        }
    };
    Judgement { end, effects }
}

/// Count one effect in its class (docs/semantics.md, rule 32).
fn classify(
    effects: &mut Effects,
    effect: EffectPlan,
    Deed { net, is_applied, .. }: Deed,
    pending: bool,
    owed: bool,
) {
    let class = match net {
        2.. if effect.accumulates => &mut effects.duplicated,
        1.. => &mut effects.once,
        _ if is_applied => &mut effects.undone,
        _ if pending => &mut effects.pending,
        _ if effect.best_effort => &mut effects.dropped,
        _ if owed => &mut effects.lost,
        _ => &mut effects.void,
    };
    *class += 1;
    effects.harmless += u64::from(net > 1 && !effect.accumulates);
}

impl Tally {
    /// Bytes that it holds beside itself.
    pub(super) fn weight(&self) -> usize {
        let FlowOutcome { latency, to_failure, convergence, slowdown, .. } = &self.flow;
        let sketches = [latency, to_failure, convergence, slowdown];
        sketches.map(Sketch::weight).iter().sum()
    }

    /// Nothing was sent.
    pub fn new(plan: &FlowPlan) -> Self {
        Self {
            deadline: plan.deadline.unwrap_or(Span(u64::MAX)),
            flow: FlowOutcome::default(),
            failures: [0; Reason::ALL.len()],
            losses: [0; Reason::ALL.len()],
            strayed: 0,
        }
    }

    /// An operation was done.
    #[inline]
    pub fn done(&mut self, in_time: bool, latency: Span) {
        *(if in_time { &mut self.flow.ok } else { &mut self.flow.late }) += 1;
        self.flow.latency.record(latency);
    }

    /// It failed, or stayed without an answer until the audit.
    pub fn failed(&mut self, why: Reason, latency: Span) {
        self.flow.failed += 1;
        self.failures[why as usize] += 1;
        self.flow.to_failure.record(latency);
    }

    /// An operation that tells nothing is over: says how it ended.
    #[inline]
    pub fn ended_without_effects(&mut self, entry: &Entry) -> End {
        let ends = &mut self.flow.ends;
        let is_done = entry.is(Flag::Done);
        *(if is_done { &mut ends.kept } else { &mut ends.clean }) += 1;
        self.flow.good += u64::from(entry.is(Flag::InTime));
        if is_done { End::Kept } else { End::Clean }
    }

    /// An operation was judged.
    pub fn ended(&mut self, entry: &Entry, judgement: &Judgement) {
        let flow = &mut self.flow;
        let Judgement { end, effects } = judgement;
        *(match end {
            End::Kept => &mut flow.ends.kept,
            End::Retracted => &mut flow.ends.retracted,
            End::HalfDone => &mut flow.ends.half_done,
            End::Unannounced => &mut flow.ends.unannounced,
            End::Clean => &mut flow.ends.clean,
            End::Pending => &mut flow.ends.pending,
        }) += 1;
        flow.good += u64::from(*end == End::Kept && entry.is(Flag::InTime));
        if effects.told > 0 {
            flow.effects.add(effects);
        }
        if let Some(why) = entry.loss_of_effects().filter(|_| effects.lost > 0) {
            self.losses[why as usize] += effects.lost;
        }
        if matches!(end, End::Pending | End::HalfDone) || effects.lost > 0 {
            if effects.told > 0 {
                self.strayed += 1;
            }
        } else if entry.changed > Time::ZERO {
            flow.convergence.record(entry.changed.since(entry.intended));
        }
    }

    /// The flow's figures at the audit (docs/semantics.md, rule 36: what never converges has no time,
    /// and counts).
    pub fn outcome(&self) -> FlowOutcome {
        let mut flow = self.flow.clone();
        let Ends { kept, retracted, half_done, unannounced, clean, pending } = flow.ends;
        flow.offered = kept + retracted + half_done + unannounced + clean + pending;
        flow.unconverged = self.strayed;
        flow.convergence.record_never(self.strayed);
        let counts = Reason::ALL.into_iter().zip(self.failures).filter(|(_, count)| *count > 0);
        flow.failures = counts.collect::<IndexMap<_, _>>();
        let losses = Reason::ALL.into_iter().zip(self.losses).filter(|(_, count)| *count > 0);
        flow.losses = losses.collect::<IndexMap<_, _>>();
        flow
    }

    /// What has been counted so far: answers as they come, ends and effects as operations settle. What
    /// only an audit can say (`offered`, reasons, what never converged) is not in it.
    pub fn figures(&self) -> &FlowOutcome {
        &self.flow
    }
}

impl Effects {
    /// Add the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        self.told += other.told;
        self.once += other.once;
        self.duplicated += other.duplicated;
        self.undone += other.undone;
        self.lost += other.lost;
        self.pending += other.pending;
        self.dropped += other.dropped;
        self.void += other.void;
        self.harmless += other.harmless;
    }
}

impl Violations {
    /// Add the counts of `other`.
    pub fn add(&mut self, other: Self) {
        self.read_your_writes += other.read_your_writes;
        self.monotonic_reads += other.monotonic_reads;
        self.monotonic_writes += other.monotonic_writes;
        self.writes_follow_reads += other.writes_follow_reads;
    }
}

impl Reads {
    /// How many were at least so many versions behind.
    pub fn behind_by(&self, versions: u64) -> u64 {
        let mut reads = 0;
        self.behind.for_each(|behind, times| reads += if behind >= versions { times } else { 0 });
        if versions == 0 { self.reads } else { reads }
    }

    /// Count one read that saw the newest version.
    #[inline]
    pub fn count_fresh(&mut self) {
        self.reads += 1;
        self.staleness.record(Span::ZERO);
    }

    /// Count one read.
    pub fn count(&mut self, staleness: Span, behind: u64) {
        self.reads += 1;
        self.stale += u64::from(behind > 0);
        self.versions_behind += behind;
        self.staleness.record(staleness);
        if behind > 0 {
            self.behind.record(Span(behind));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_counted_by_how_far_they_were_behind() {
        let mut reads = Reads::default();
        for (staleness, behind) in [(0, 0), (5, 1), (9, 3)] {
            reads.count(Span(staleness), behind);
        }
        assert_eq!((reads.reads, reads.stale, reads.versions_behind), (3, 2, 4));
        let at_least = [0, 1, 2, 3, 4].map(|versions| reads.behind_by(versions));
        assert_eq!(at_least, [3, 2, 1, 1, 0]);
        assert_eq!((reads.staleness.count(), reads.behind.count()), (3, 2));
    }
}
