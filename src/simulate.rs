//! One run from scenario to outcome: the pipeline of the library. Model, world, events, probes.

use std::sync::Arc;

use crate::engine::{Simulation, Stop};
use crate::model::Model;
use crate::model::program::Instr;
use crate::nodes::World;
use crate::probes::layout::{
    ClientPlan, EffectPlan, EntityPlan, FaultPlan, FlowPlan, Layout, NodePlan, SumPlan,
};
use crate::probes::{Instruments, Label, OpId, Outcome, Probe};
use crate::scenario::tree::{Change, Key, NodeIx, NodeKind, Scenario, Step};
use crate::base::{Span, Time, mix, name_hash};

/// Runs `scenario` under its `design`th design from a seed. Pure: same arguments, same outcome.
pub fn run(scenario: &Arc<Scenario>, design: usize, seed: u64) -> Outcome {
    let model = Arc::new(Model::new(scenario, design, seed));
    let instruments = Instruments::new(Arc::new(layout(&model)));
    let mut simulation = World::new(model, instruments).simulate();
    let partial = run_to_audit(&mut simulation);
    audit(simulation, partial, |probe| probe)
}
