//! What is asked about runs beside their state: stories, items, counterparts, differences, expectations.
//! Each answer is worked out once, on re-runs that disturb nobody, and is forgotten when the run that it is
//! about is another one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::course::Course;
use super::place::{RunId, WorldId};
use super::query::difference::{Difference, Side};
use super::query::expectations::{ByDesign, Expectations};
use super::query::rerun::{Rerun, Told};
use super::query::telling::Telling;
use super::run::Run;
use super::snapshot::Snapshot;
use super::wish::Wish;
use crate::base::Time;
use crate::probes::OpId;
use crate::probes::witness::{Item, Witness};

/// The runs of which anything is known.
pub type Runs = BTreeMap<RunId, Run>;

/// Stories that are remembered at most.
const STORIES: usize = 64;

/// What was asked, and what is known of it.
#[derive(Debug, Default)]
pub struct Inquiry {
    stories: BTreeMap<(RunId, OpId), Option<Told>>,
    item: Option<((RunId, Item), Arc<Witness>)>,
    difference: Option<((WorldId, WorldId, usize), Arc<Difference>)>,
    expectations: Option<Arc<Expectations>>,
    /// What is being worked out.
    rerun: Option<(Asked, Rerun)>,
}

/// What a re-run is for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    Story(RunId, OpId),
    Item(RunId, Item),
}

impl Inquiry {
    /// This run is another one now.
    pub fn forget(&mut self, run: RunId) {
        self.stories.retain(|(of, _), _| *of != run);
        self.item = self.item.take().filter(|((of, _), _)| *of != run);
        let is_of = |(one, other, design): &(WorldId, WorldId, usize)| {
            *design == run.design && (*one == run.world || *other == run.world)
        };
        self.difference = self.difference.take().filter(|(of, _)| !is_of(of));
        self.rerun = None;
    }

    /// Runs again for what is wished and not known yet. Says whether anything became known.
    pub fn go(&mut self, wish: &Wish, runs: &Runs, purse: &mut u64) -> bool {
        let mut is_news = false;
        while *purse > 0 {
            let Some(asked) = self.next(wish, runs) else { break };
            if self.rerun.as_ref().is_none_or(|(of, _)| *of != asked) {
                self.rerun = Some((asked, begin(asked, runs)));
            }
            let Some((_, mut rerun)) = self.rerun.take() else { break };
            let (Asked::Story(id, _) | Asked::Item(id, _)) = asked;
            if !rerun.go(&runs[&id].plan, purse) {
                self.rerun = Some((asked, rerun));
                break;
            }
            self.learn(asked, rerun);
            is_news = true;
        }
        is_news
    }

    fn learn(&mut self, asked: Asked, rerun: Rerun) {
        match asked {
            Asked::Story(id, op) => {
                if self.stories.len() >= STORIES {
                    self.stories.clear();
                }
                self.stories.insert((id, op), rerun.told());
            }
            Asked::Item(id, item) => {
                self.item = rerun.seen().map(|witness| ((id, item), witness));
            }
        }
    }

    /// The first thing that is wished and needs a re-run.
    fn next(&self, wish: &Wish, runs: &Runs) -> Option<Asked> {
        let is_new = |(id, op): &(RunId, OpId)| {
            runs.contains_key(id) && !self.stories.contains_key(&(*id, *op))
        };
        let own = wish.story.or(wish.counterpart).map(|op| (wish.shown, op));
        let others = wish.columns.iter().filter(|id| **id != wish.shown).filter_map(|id| {
            let op = self.counterpart(wish, runs, *id)?.ok()?;
            Some((*id, op))
        });
        let story = own.into_iter().chain(others).find(is_new);
        let item = wish.item.map(|item| (wish.shown, item));
        let item = item.filter(|asked| self.item.as_ref().is_none_or(|(of, _)| of != asked));
        let story = story.map(|(id, op)| Asked::Story(id, op));
        story.or(item.map(|(id, item)| Asked::Item(id, item)))
    }

    /// Is there something to be worked out that is not known yet?
    pub fn is_done(&self, wish: &Wish, runs: &Runs) -> bool {
        self.next(wish, runs).is_none()
    }

    /// The operation by which the customer of the one that is asked about did the same in another run; or
    /// why there is none; or nothing as long as that is not known.
    fn counterpart(&self, wish: &Wish, runs: &Runs, id: RunId) -> Option<Result<OpId, String>> {
        let op = wish.counterpart?;
        let Told { journey, step, .. } = self.stories.get(&(wish.shown, op))?.as_ref()?;
        let run = runs.get(&id)?;
        let of = |told: &&super::history::Told| {
            told.op.client() == op.client() && told.journey == *journey
        };
        let mut of_customer = run.scout.history.told().filter(of);
        let found = of_customer.find(|told| told.step == *step).map(|told| told.op);
        match found {
            Some(op) => Some(Ok(op)),
            None if run.scout.end().is_none() => None,
            None => {
                let came = run.scout.history.told().filter(of).map(|told| told.step).max();
                if let Some(held) = run.scout.history.bound() {
                    return Some(Err(format!("it is not among {held} there")));
                }
                Some(Err(match came {
                    Some(last) => format!(
                        "there its customer was answered {last} times only, and this is action {step}"
                    ),
                    None => "there its customer was never answered".to_owned(),
                }))
            }
        }
    }

    /// Compares two worlds, and judges the expectations: when figures have changed. Says whether anything became known.
    pub fn compare(&mut self, wish: &Wish, runs: &Runs) -> bool {
        let mut is_news = false;
        if let Some((first, second)) = wish.difference {
            let design = wish.shown.design;
            let name = (first, second, design);
            let side = |world| {
                let run = runs.get(&RunId { world, design })?;
                let outcome = &run.scout.end()?.outcome;
                Some(Side { history: &run.scout.history, outcome })
            };
            if self.difference.as_ref().is_none_or(|(of, _)| *of != name)
                && let (Some(one), Some(other)) = (side(first), side(second))
            {
                let difference = Difference::of((first, second), one, other);
                self.difference = Some((name, Arc::new(difference)));
                is_news = true;
            }
        }
        if wish.expectations && !wish.playing {
            let Some(shown) = runs.get(&wish.shown) else { return is_news };
            let of_world = || runs.iter().filter(|(id, _)| id.world == wish.shown.world);
            let at_end: ByDesign = of_world()
                .filter_map(|(id, run)| Some((id.design, Arc::clone(&run.scout.end()?.outcome))))
                .collect();
            let at = shown.here().map_or(Time::NEVER, Course::at);
            // Before the end of the warm-up nothing is measured that could hold or not.
            let is_measured = at.0 > shown.plan.scenario.run.warmup.0;
            let so_far: ByDesign = of_world()
                .filter(|_| is_measured)
                .filter_map(|(id, run)| Some((id.design, Arc::clone(run.figured(at)?))))
                .collect();
            let judged = Expectations::judge(&shown.plan.scenario, &so_far, &at_end);
            if self.expectations.as_deref() != Some(&judged) {
                self.expectations = Some(Arc::new(judged));
                is_news = true;
            }
        }
        is_news
    }

    /// Puts what is known into a snapshot.
    pub fn tell(&self, wish: &Wish, runs: &Runs, snapshot: &mut Snapshot) {
        let telling = |id, op| -> Option<Arc<Telling>> {
            Some(Arc::clone(&self.stories.get(&(id, op))?.as_ref()?.telling))
        };
        let own = wish.story.and_then(|op| telling(wish.shown, op));
        snapshot.stories.extend(own.map(|own| (wish.shown, Ok(own))));
        for id in wish.columns.iter().filter(|id| **id != wish.shown) {
            let found = match self.counterpart(wish, runs, *id) {
                Some(Ok(op)) => telling(*id, op).map(Ok),
                Some(Err(why)) => Some(Err(why)),
                None => None,
            };
            snapshot.stories.extend(found.map(|found| (*id, found)));
        }
        let item = wish.item.map(|item| (wish.shown, item));
        let witness = self.item.as_ref().filter(|(of, _)| Some(*of) == item);
        snapshot.witness = witness.map(|(_, witness)| Arc::clone(witness));
        let name = wish.difference.map(|(one, other)| (one, other, wish.shown.design));
        let difference = self.difference.as_ref().filter(|(of, _)| Some(*of) == name);
        snapshot.difference = difference.map(|(_, difference)| Arc::clone(difference));
        snapshot.expectations = self.expectations.clone().filter(|_| wish.expectations);
    }
}

fn begin(asked: Asked, runs: &Runs) -> Rerun {
    match asked {
        Asked::Story(id, op) => Rerun::story(&runs[&id], op),
        Asked::Item(id, item) => {
            let cursor = runs[&id].here().map_or(Time::ZERO, Course::at);
            Rerun::witness(&runs[&id], item, cursor)
        }
    }
}
