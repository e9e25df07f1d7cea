//! What holds for every operation of every shipped scenario in every design: the critical path has no gap
//! and adds up to what the customer waited, and spans do one thing at a time.

use std::sync::Arc;

use super::*;
use crate::base::Span as Length;
use crate::cli::shipped::SHIPPED;
use crate::engine::Key;
use crate::nodes::World;
use crate::probes::Probe;
use crate::scenario::parse_named;
use crate::scenario::tree::Scenario;
use crate::simulate::Timeline;

/// Several stories at once.
#[derive(Clone, Debug)]
struct Stories(Vec<Story>);

impl Probe for Stories {
    const TRACES: bool = true;

    fn begins(&mut self, key: Key) {
        self.0.iter_mut().for_each(|story| story.begins(key));
    }

    fn see(&mut self, now: Time, at: InstanceId, fact: Fact) {
        self.0.iter_mut().for_each(|story| story.see(now, at, fact));
    }
}

/// The stories of some operations of the first second or two of a scenario.
fn stories(scenario: &Scenario, design: usize) -> (Arc<Model>, Vec<Story>) {
    let mut scenario = scenario.clone();
    scenario.run.length = Length(scenario.run.length.0.min(2_000_000_000));
    scenario.changes.clear();
    let model = Arc::new(Model::new(&Arc::new(scenario), design, 1));
    let numbers = [0, 1, 5, 20, 60, 150, 151, 152, 300, 500];
    let stories = numbers.map(|number| Story::of(OpId::new(0, number))).to_vec();
    let mut timeline = Timeline::of(World::new(Arc::clone(&model), Stories(stories)));
    timeline.run_to_audit();
    let stories = timeline.into_simulation().into_world().into_probe().0;
    (model, stories)
}

/// What does not hold of it.
fn broken(telling: &Telling) -> Vec<String> {
    let mut broken = Vec::new();
    let mut law = |holds: bool, what: String| {
        if !holds {
            broken.push(what);
        }
    };
    if let Some((told, _)) = telling.told {
        let mut at = telling.sent;
        for part in &telling.critical {
            law(part.from == at, format!("a gap in the critical path, at {at}"));
            at = part.to;
        }
        law(at == told, format!("the critical path ends at {at} instead of {told}"));
    }
    let mut depth = 0;
    for span in &telling.spans {
        law(span.depth <= depth + 1, format!("{} hangs on nothing", span.label));
        depth = span.depth;
        let Some(to) = span.to else { continue };
        law(span.from <= to, format!("{} ends before it begins", span.label));
        let mut at = span.from;
        for part in &span.parts {
            law(at <= part.from, format!("{} does two things at {at}", span.label));
            law(part.from < part.to, format!("{} does something in no time", span.label));
            at = part.to;
        }
        law(at <= to, format!("{} does something after its end", span.label));
    }
    law(telling.steps.is_sorted_by_key(|step| step.time), "steps out of order".to_owned());
    broken
}

#[test]
fn every_story_of_every_scenario_hangs_together() {
    let (mut count, mut all) = (0, Vec::new());
    for (name, source) in SHIPPED {
        let scenario = parse_named(name, name, source, &[]).expect("it is in order").scenario;
        for design in 0..scenario.designs.len() {
            let (model, stories) = stories(&scenario, design);
            for story in stories.iter().filter(|story| !story.lines().is_empty()) {
                let telling = Telling::of(story, &model);
                let found = broken(&telling).into_iter();
                all.extend(found.map(|what| format!("{name} {design}, {}: {what}", telling.name)));
                count += 1;
            }
        }
    }
    assert!(all.is_empty(), "{}:\n{}", all.len(), all[..all.len().min(40)].join("\n"));
    assert!(count > 200, "{count} stories");
}
