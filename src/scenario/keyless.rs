//! What a design may publish without a key, which a log that is compacted refuses. An event has the item that its
//! service changed last before it as its key; commands and replies, refusals, and events of whoever changes nothing
//! have none.
//!
//! ```text
//! steps:   Write, Tell("a", [Write, Work]), Tell("b", [Write])
//! says:    ───────▶ key    ────────────────▶ no key    ──▶ nobody listens
//! ```
//!
//! Which of that a run publishes depends on more than is looked at here: a `Maybe` may be passed by, refusals are heard only
//! by who has something to take back. So more is warned of than happens, and never less.

use super::codes::Code;
use super::reader::Reader;
use super::source::Extent;
use super::tree::{Change, Design, Flow, FlowIx, NodeIx, Preset, Step};

impl Reader<'_> {
    /// Warns of records without a key where a log is compacted.
    pub(super) fn check_keys(&mut self, at: Extent, design: &Design, flows: &[Flow]) {
        let Some(broker) = design.broker.filter(|broker| self.known.node(*broker).compacts) else {
            return;
        };
        let mut all = (0..).map(FlowIx).zip(flows);
        let Some((flow, _)) = all.find(|(ix, flow)| is_keyless(design, *ix, flow)) else {
            return;
        };
        let (name, log) = (design.name.as_str(), &self.known.nodes[usize::from(broker.0)]);
        let (log, compacts, forgets) = (log.name, log.at, log.fact.forgets);
        let flow = &self.known.flows[usize::from(flow.0)];
        let (flow, begins) = (flow.name, flow.at);
        let (code, message) = if design.outbox && !forgets {
            let what = "an outbox sends it again and again, and what is behind it waits";
            (
                Code::ForEver,
                format!("{log:?} refuses what design {name:?} sends without a key: {what}"),
            )
        } else {
            let what = "what it tells is never done";
            (
                Code::Keyless,
                format!("{log:?} refuses what design {name:?} sends without a key: {what}"),
            )
        };
        self.wrong(code, at, message)
            .note(
                compacts,
                "Compacted topic cannot accept message without key in topic partition ... (InvalidRecordException)",
            )
            .note(begins, format!("such as in flow {flow:?}"))
            .help(
                "leave out `cleanup_policy: Compact`, or let each event follow a change, whose item is its \
                 key; commands, replies and refusals have none",
            );
    }
}

/// May a flow publish something without a key?
fn is_keyless(design: &Design, flow: FlowIx, it: &Flow) -> bool {
    let route = |step: &Step| match step {
        Step::Tell(tell) => Some(design.route(flow, tell.service)),
        _ => None,
    };
    let has = |preset| Step::walk(&it.steps).any(|step| route(step) == Some(preset));
    let refuses = Step::walk(&it.steps).any(may_refuse);
    let mut walk = Walk { route: &route, home: it.home, who: Some(it.home), has_changed: false };
    has(Preset::PubSub) || has(Preset::Events) && (refuses || walk.steps(&it.steps, it.home))
}

/// From one service to the next, as events go.
struct Walk<'a> {
    route: &'a dyn Fn(&Step) -> Option<Preset>,
    home: NodeIx,
    /// Who is at work; `None` if there are several, or nobody waits for them.
    who: Option<NodeIx>,
    /// Is what was done last a change?
    has_changed: bool,
}

impl Walk<'_> {
    /// A service does these steps. May it hear, or say, something without a key?
    fn steps(&mut self, steps: &[Step], who: NodeIx) -> bool {
        steps.iter().any(|step| match step {
            Step::Effect(_) => self.is_told(who) || self.does(true),
            Step::Tell(tell) if (self.route)(step) == Some(Preset::Events) => {
                let before = self.has_changed;
                let is_keyless = self.tells(tell.service) || self.steps(&tell.steps, tell.service);
                if tell.best_effort {
                    (self.who, self.has_changed) = (None, before && who == self.home);
                }
                is_keyless
            }
            Step::Repeat(_, steps) => self.steps(steps, who) || self.steps(steps, who),
            Step::All(branches) if self.travels(step) && !self.calls(branches) => {
                let before = (self.who, self.has_changed);
                let is_keyless = branches.iter().any(|branch| {
                    (self.who, self.has_changed) = before;
                    self.steps(std::slice::from_ref(branch), who)
                });
                (self.who, self.has_changed) = (None, false);
                is_keyless
            }
            // What is perhaps passed by, or told within a call or beside one, has no key.
            step if self.travels(step) => true,
            // An excepted tell is a call of the home's.
            Step::Tell(_) => self.is_told(self.home) || self.does(false),
            _ => self.is_told(who) || self.does(false),
        })
    }

    /// Somebody goes on, who has heard what was done before if others did that.
    fn is_told(&mut self, who: NodeIx) -> bool {
        self.who != Some(who) && self.tells(who)
    }

    fn tells(&mut self, who: NodeIx) -> bool {
        self.who = Some(who);
        !std::mem::take(&mut self.has_changed)
    }

    fn does(&mut self, changes: bool) -> bool {
        self.has_changed = changes;
        false
    }

    /// Is somebody called in these who would be told, were it not for an exception?
    fn calls(&self, steps: &[Step]) -> bool {
        Step::walk(steps).any(|step| (self.route)(step) == Some(Preset::Rest))
    }

    /// Is something told by an event in it?
    fn travels(&self, step: &Step) -> bool {
        let mut all = Step::walk(std::slice::from_ref(step));
        all.any(|step| (self.route)(step) == Some(Preset::Events))
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
