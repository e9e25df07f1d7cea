//! A run on its way under a recipe: a timeline, and the changes that people made, each added when its time
//! comes. What has happened does not depend on what is still to come, so that a course can be continued
//! under any plan that has the same changes up to where it stands. A clone is a keyframe.

use std::sync::Arc;

use super::lens::Lens;
use super::place::Cursor;
use super::snapshot::Here;
use super::world::Recipe;
use crate::analysis;
use crate::base::Time;
use crate::engine::{Simulation, Stop};
use crate::model::Model;
use crate::nodes::World;
use crate::probes::outcome::FlowOutcome;
use crate::probes::{Extras, Outcome};
use crate::scenario::tree::{Intervention, Scenario};
use crate::simulate::{Timeline, audit, label, why_partial};

/// What a run is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// From the start.
    pub scenario: Arc<Scenario>,
    /// The design, by its place in the scenario.
    pub design: usize,
    /// The seed.
    pub seed: u64,
    /// What people did to it, in order of time.
    pub changes: Vec<Intervention>,
}

impl Plan {
    /// Of this recipe under a design.
    pub fn of(recipe: &Recipe, design: usize) -> Self {
        let befalls = |only: Option<usize>| only.is_none_or(|only| only == design);
        let changes = recipe.changes.iter().filter(|change| befalls(change.only));
        Self {
            scenario: Arc::clone(&recipe.scenario),
            design,
            seed: recipe.seed,
            changes: changes.map(|change| change.what.clone()).collect(),
        }
    }

    /// The latest that the audit can be.
    pub fn horizon(&self) -> Time {
        Time(self.scenario.run.length.0) + self.scenario.run.drain
    }

    /// The instant up to which runs of both have the same past, this one excluded: [`Time::NEVER`] if they
    /// are the same altogether, zero if they never are.
    pub fn parts_from(&self, other: &Self) -> Time {
        let same = Arc::ptr_eq(&self.scenario, &other.scenario)
            && (self.design, self.seed) == (other.design, other.seed);
        if !same {
            return Time::ZERO;
        }
        let mut pairs = self.changes.iter().zip(&other.changes);
        let common = pairs.position(|(one, another)| one != another);
        let common = common.unwrap_or(self.changes.len().min(other.changes.len()));
        let next = [&self.changes, &other.changes].map(|list| list.get(common));
        next.into_iter().flatten().map(|change| Time(change.at.0)).min().unwrap_or(Time::NEVER)
    }

    /// Why it cannot be: what is wrong with the first change that cannot be made.
    ///
    /// # Errors
    ///
    /// That reason.
    pub fn check(&self) -> Result<(), String> {
        if self.changes.is_empty() {
            return Ok(());
        }
        let mut timeline = self.timeline();
        self.changes.iter().try_for_each(|change| timeline.change(change.clone()))
    }

    fn timeline(&self) -> Timeline<Lens> {
        let extras: Extras = analysis::extras(&self.scenario);
        Lens::on(Arc::new(Model::new(&self.scenario, self.design, self.seed)), extras)
    }
}

/// A run on its way.
#[derive(Clone, Debug)]
pub struct Course {
    timeline: Timeline<Lens>,
    /// Everything has happened that is due until then; of that instant, if it stands in the middle of one,
    /// only what it says itself.
    at: Time,
    /// Does it stand in the middle of an instant?
    is_inside: bool,
    /// So many of the plan's changes were made, or refused.
    made: usize,
    /// When it was audited, if it has come to its end.
    audit: Option<Time>,
    partial: Option<String>,
    /// The first change that was refused, and why.
    refused: Option<String>,
}

impl Course {
    /// At the start.
    pub fn new(plan: &Plan) -> Self {
        Self {
            timeline: plan.timeline(),
            at: Time::ZERO,
            is_inside: true,
            made: 0,
            audit: None,
            partial: None,
            refused: None,
        }
    }

    /// Lets at most so many events happen that are due until then. Says how many did: fewer than allowed
    /// if it has come there, or to its end.
    pub fn go(&mut self, plan: &Plan, count: u64, until: Time) -> u64 {
        let before = self.events();
        let enough = before.saturating_add(count);
        while self.audit.is_none() && self.events() < enough {
            let left = enough - self.events();
            let next = plan.changes.get(self.made).filter(|change| Time(change.at.0) <= until);
            let Some(change) = next else {
                let stop = self.timeline.go(left, until);
                self.came_to(stop, enough, until, plan.horizon());
                break;
            };
            if let Some(just_before) = change.at.0.checked_sub(1).map(Time)
                && just_before > self.at
            {
                let stop = self.timeline.go(left, just_before);
                self.came_to(stop, enough, just_before, plan.horizon());
            }
            if self.audit.is_none() && self.events() < enough {
                if let Err(why) = self.timeline.change(change.clone()) {
                    self.refused.get_or_insert(why);
                }
                self.made += 1;
            }
        }
        self.events() - before
    }

    fn came_to(&mut self, stop: Stop, enough: u64, until: Time, horizon: Time) {
        let simulation = self.timeline.simulation();
        self.partial = why_partial(simulation.world().model(), stop);
        let is_cut = simulation.events() == enough && stop == Stop::Until;
        if self.partial.is_some() || stop == Stop::Idle || (!is_cut && until >= horizon) {
            let audit = audit(simulation, self.partial.is_some());
            self.audit = Some(audit);
            (self.at, self.is_inside) = (audit, false);
            self.timeline.probe_mut().end(audit);
        } else if is_cut {
            (self.at, self.is_inside) = (simulation.now(), true);
        } else {
            (self.at, self.is_inside) = (until, false);
            // Nothing that is due by then is to come.
            self.timeline.probe_mut().reach(Time(self.at.0.saturating_add(1)));
        }
    }

    /// Goes where the cursor is, or to the end if that is before it. Says whether it has come there for so
    /// many events at most, and takes off what it needed.
    pub fn seek(&mut self, plan: &Plan, cursor: Cursor, purse: &mut u64) -> bool {
        let left = cursor.within.map_or(u64::MAX, |within| within.saturating_sub(self.events()));
        if left == 0 {
            return true;
        }
        let most = left.min(*purse);
        let spent = self.go(plan, most, cursor.time);
        *purse -= spent.min(*purse);
        spent < most || most == left
    }

    /// May it go on to this cursor? Not if it stands beyond.
    pub fn is_before(&self, cursor: Cursor) -> bool {
        let at = self.audit.unwrap_or(self.at);
        match cursor.within {
            None => at <= cursor.time,
            Some(within) => at <= cursor.time && self.events() <= within,
        }
    }

    /// Has everything happened that is due until then, or all that ever will?
    pub fn has_passed(&self, until: Time) -> bool {
        self.audit.is_some() || self.at > until || (self.at == until && !self.is_inside)
    }

    /// Everything has happened that is due until then; of that instant itself perhaps not all.
    pub fn at(&self) -> Time {
        self.at
    }

    /// Events handled.
    pub fn events(&self) -> u64 {
        self.timeline.simulation().events()
    }

    /// Where it stands.
    pub fn here(&self) -> Here {
        let simulation = self.simulation();
        Here { time: self.at, events: simulation.events(), digest: simulation.digest() }
    }

    /// When it was audited, if it has come to its end.
    pub fn audit(&self) -> Option<Time> {
        self.audit
    }

    /// Why it stopped by itself, if it did.
    pub fn partial(&self) -> Option<&str> {
        self.partial.as_deref()
    }

    /// Why a change could not be made, if one could not.
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// All figures as if it were audited where it stands.
    pub fn outcome(&self) -> Outcome {
        let simulation = self.simulation();
        let label = label(simulation, self.partial.clone());
        simulation.world().probe().instruments.outcome(label, self.at)
    }

    /// All figures as [`Self::outcome`] has them, but that what is under way has not failed, where an audit
    /// would find it unanswered.
    pub fn so_far(&self) -> Outcome {
        let mut outcome = self.outcome();
        if self.audit().is_none() {
            outcome.flows.values_mut().for_each(FlowOutcome::leave_out_unanswered);
        }
        outcome
    }

    /// The run as it is.
    pub fn simulation(&self) -> &Simulation<World<Lens>> {
        self.timeline.simulation()
    }

    /// Its tables, as they are now.
    pub fn model(&self) -> &Arc<Model> {
        self.simulation().world().model()
    }

    /// What looks at it.
    pub fn lens(&self) -> &Lens {
        self.simulation().world().probe()
    }

    /// What looks at it, to be asked something else.
    pub fn lens_mut(&mut self) -> &mut Lens {
        self.timeline.probe_mut()
    }
}
