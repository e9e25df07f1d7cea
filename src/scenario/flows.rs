//! The business operations: their steps, and who may do what where.

use super::codes::Code;
use super::flow_check;
use super::kinds::{Role, Use};
use super::known::{AskFact, JoinFact, Next};
use super::reader::{Fields, Reader};
use super::repeat::MAX_TIMES;
use super::source::Extent;
use super::syntax::Value;
use super::tree::{Change, EntityIx, Flow, FlowIx, NodeIx, Step, Tell};

/// Tells may be nested so deep.
const MAX_TELLS: u32 = 4;
/// Calls may be nested so deep.
const MAX_CALLS: u32 = 16;

const STEPS: &[&str] = &[
    "Ask", "Read", "Write", "Add", "Take", "Put", "Work", "Tell", "Call", "All", "Maybe", "Repeat",
];

/// Where a step stands.
#[derive(Clone, Copy)]
pub(super) struct Scene {
    /// In which flow.
    pub flow: FlowIx,
    /// The service that does it, if its name could be read.
    pub here: Option<NodeIx>,
    /// Tells around it.
    pub tells: u32,
    /// Calls around it.
    pub calls: u32,
    /// Directly in a branch of an `All`, at the same service.
    pub in_all: bool,
    /// How often it is repeated by the `Repeat`s around it.
    pub times: u32,
}

impl<'a> Reader<'a> {
    /// Reads one of the declared flows.
    pub(super) fn read_flow(&mut self, index: usize) -> Option<Flow> {
        let declared = &self.known.flows[index];
        let (name, at, value) = (declared.name, declared.at, declared.value);
        let names = &["home", "deadline", "propagate", "give_up", "work", "fails", "steps"];
        let fields = self.fields(value, "a flow", 0, names)?;
        let home = self.must(&fields, "home", |reader, value| {
            reader.node(value, &Role::that_are(Use::Service))
        });
        let deadline = self.maybe(&fields, "deadline", Self::positive_span);
        let propagate = self.or(&fields, "propagate", false, Self::flag);
        // No saga is given up (docs/semantics.md, rule 21).
        if let Some(value) = fields.get("give_up") {
            self.wrong(Code::Unsupported, value.head(), "`give_up` cannot be simulated yet")
                .help("a flow that is not done goes on; a client gives up by its policy's timeout");
        }
        let work = self.maybe(&fields, "work", Self::dist);
        let fails = self.maybe(&fields, "fails", Self::fails);
        let scene = Scene {
            flow: FlowIx(index as u16),
            here: home,
            tells: 0,
            calls: 0,
            in_all: false,
            times: 1,
        };
        let mut sites = Vec::new();
        let steps = self.or(&fields, "steps", Vec::new(), |reader, value| {
            reader.steps(value, scene, &mut sites)
        });
        if let Some(steps) = &steps {
            flow_check::check(self, at, name, steps, &sites);
            if let Some(home) = home {
                self.known.joins.extend(joins(FlowIx(index as u16), home, steps));
            }
        }
        Some(Flow {
            name: name.to_owned(),
            home: home?,
            deadline: deadline?,
            propagate: propagate?,
            work: work?,
            fails: fails?,
            steps: steps?,
        })
    }

    /// Steps in a row; a single one needs no brackets. `sites` gets the place of each in pre-order.
    fn steps(
        &mut self,
        value: &'a Value,
        scene: Scene,
        sites: &mut Vec<Extent>,
    ) -> Option<Vec<Step>> {
        let items = self.list(value, "steps", true)?;
        let steps: Vec<Option<Step>> =
            items.iter().map(|item| self.step(item, scene, sites)).collect();
        steps.into_iter().collect()
    }

    fn step(&mut self, value: &'a Value, scene: Scene, sites: &mut Vec<Extent>) -> Option<Step> {
        let value = self.follow(value)?;
        sites.push(value.head());
        let Some(word) = value.word() else {
            self.unknown_word(value, "a step", STEPS);
            return None;
        };
        match word {
            "Ask" | "Read" => self.look(value, word == "Ask", scene),
            "Write" | "Add" | "Take" | "Put" => self.effect(value, scene).map(Step::Effect),
            "Work" => {
                let fields = self.fields(value, "Work", 1, &["time"])?;
                if scene.in_all {
                    let message = "branches of an `All` hold asks, reads, tells and calls, no work of the service itself";
                    self.misplaced(fields.head, message, "put it before or after the `All`");
                }
                self.must(&fields, "time", Self::dist).map(Step::Work)
            }
            "Tell" => self.tell(value, scene, sites).map(Step::Tell),
            "Call" => self.call(value, scene, sites),
            "All" => self.all(value, scene, sites),
            "Maybe" => {
                let fields = self.fields(value, "Maybe", 2, &["probability", "steps"])?;
                let probability = self.must(&fields, "probability", Self::ratio);
                let steps = self.body(&fields, scene, sites);
                Some(Step::Maybe(probability?, steps?))
            }
            "Repeat" => self.repeat(value, scene, sites),
            _ => {
                self.unknown_word(value, "a step", STEPS);
                None
            }
        }
    }

    /// The field `steps`, which must hold some.
    pub(super) fn body(
        &mut self,
        fields: &Fields<'a>,
        scene: Scene,
        sites: &mut Vec<Extent>,
    ) -> Option<Vec<Step>> {
        let steps =
            self.must(fields, "steps", |reader, value| reader.steps(value, scene, sites))?;
        if steps.is_empty() {
            self.wrong(Code::NothingToDo, fields.head, "there are no steps in here");
            return None;
        }
        Some(steps)
    }

    /// `Ask` and `Read`: the same need, of others or of one's own.
    fn look(&mut self, value: &'a Value, ask: bool, scene: Scene) -> Option<Step> {
        let what = if ask { "Ask" } else { "Read" };
        let fields = self.fields(value, what, 1, &["entity", "key", "need"])?;
        let entity = self.must(&fields, "entity", Self::entity);
        let key = self.key(&fields, entity, false);
        let need =
            self.maybe(&fields, "need", |reader, value| reader.integer(value, i64::MIN..=i64::MAX));
        let entity = entity?;
        let (name, owner) = self.owner(entity);
        if let (Some(owner), Some(here)) = (owner, scene.here) {
            if ask && owner == here {
                let message = format!("{:?} owns {name:?} itself", self.known.node_name(here));
                self.wrong(Code::OwnData, fields.head, message)
                    .help(format!("write Read({name:?})"));
            } else if ask {
                self.known.asks.push(AskFact {
                    flow: scene.flow,
                    asker: here,
                    owner,
                    at: fields.head,
                });
                self.known.edges.push((scene.flow, owner));
            } else if owner != here {
                self.foreign(fields.head, here, owner, name, &format!("write Ask({name:?})"));
            }
        }
        let (key, need) = (key?, need?);
        Some(if ask { Step::Ask { entity, key, need } } else { Step::Read { entity, key, need } })
    }

    /// An entity's name, and its owner if that could be read.
    pub(super) fn owner(&self, entity: EntityIx) -> (&'a str, Option<NodeIx>) {
        let declared = &self.known.entities[entity.0 as usize];
        (declared.name, declared.fact.owner)
    }

    /// Notes data of others.
    pub(super) fn foreign(
        &mut self,
        at: Extent,
        here: NodeIx,
        owner: NodeIx,
        name: &str,
        help: &str,
    ) {
        let (here, owner) = (self.known.node_name(here), self.known.node_name(owner));
        let message =
            format!("{name:?} belongs to {owner:?}, not to {here:?}, which does this step");
        self.wrong(Code::ForeignData, at, message).help(help);
    }

    /// Notes a step that may not stand where it does.
    pub(super) fn misplaced(&mut self, at: Extent, message: &str, help: &str) {
        self.wrong(Code::Misplaced, at, message).help(help);
    }

    fn tell(&mut self, value: &'a Value, scene: Scene, sites: &mut Vec<Extent>) -> Option<Tell> {
        let names = &["service", "steps", "work", "refuses", "fails", "best_effort", "undo"];
        let fields = self.fields(value, "Tell", 2, names)?;
        let service = self.other_service(&fields, scene, "tells");
        if scene.calls > 0 {
            self.misplaced(
                fields.head,
                "a call only answers: it tells nobody",
                "tell before or after the call",
            );
        }
        if scene.tells >= MAX_TELLS {
            self.misplaced(
                fields.head,
                &format!("tells are nested more than {MAX_TELLS} deep"),
                "flatten the flow",
            );
            return None;
        }
        let inner = Scene { here: service, tells: scene.tells + 1, in_all: false, ..scene };
        let steps = self.body(&fields, inner, sites);
        let work = self.maybe(&fields, "work", Self::dist);
        let refuses = self.or(&fields, "refuses", 0.0, Self::ratio);
        let fails = self.maybe(&fields, "fails", Self::fails);
        let best_effort = self.or(&fields, "best_effort", false, Self::flag);
        let mut steps = steps?;
        if let Some(value) = fields.get("undo") {
            self.undo_of_tell(value, &mut steps);
        }
        Some(Tell {
            service: service?,
            steps,
            work: work?,
            refuses: refuses?,
            fails: fails?,
            best_effort: best_effort?,
        })
    }

    /// An undo beside a bare effect is that effect's.
    fn undo_of_tell(&mut self, value: &'a Value, steps: &mut [Step]) {
        let [Step::Effect(effect)] = steps else {
            self.wrong(
                Code::BadUndo,
                value.head(),
                "a tell of several steps has no undo of its own",
            )
            .help("give each effect its undo: Take(\"stock\", 1, undo: Add(1))");
            return;
        };
        if effect.undo.is_some() {
            self.wrong(Code::DuplicateField, value.head(), "the effect has an undo of its own");
        }
        // Where the undo is wrong, that has been said; what follows should not say there is none.
        effect.undo = self.undo(value, Some(effect.entity)).or(Some(Change::Write));
    }

    fn call(&mut self, value: &'a Value, scene: Scene, sites: &mut Vec<Extent>) -> Option<Step> {
        let fields = self.fields(value, "Call", 2, &["service", "work", "fails", "steps"])?;
        let service = self.other_service(&fields, scene, "calls");
        if scene.calls >= MAX_CALLS {
            self.misplaced(
                fields.head,
                &format!("calls are nested more than {MAX_CALLS} deep"),
                "flatten the flow",
            );
            return None;
        }
        let inner = Scene { here: service, calls: scene.calls + 1, in_all: false, ..scene };
        let work = self.maybe(&fields, "work", Self::dist);
        let fails = self.maybe(&fields, "fails", Self::fails);
        let steps = self
            .or(&fields, "steps", Vec::new(), |reader, value| reader.steps(value, inner, sites));
        Some(Step::Call { service: service?, work: work?, fails: fails?, steps: steps? })
    }

    /// The field `service`: one that is not the teller itself.
    fn other_service(&mut self, fields: &Fields<'a>, scene: Scene, verb: &str) -> Option<NodeIx> {
        let service = self.must(fields, "service", |reader, value| {
            reader.node(value, &Role::that_are(Use::Service))
        })?;
        self.known.edges.push((scene.flow, service));
        if scene.here == Some(service) {
            let name = self.known.node_name(service);
            self.wrong(Code::TalksToItself, fields.head, format!("{name:?} {verb} itself"))
                .help("write the steps without it");
        }
        Some(service)
    }

    fn all(&mut self, value: &'a Value, scene: Scene, sites: &mut Vec<Extent>) -> Option<Step> {
        let fields = self.fields(value, "All", 1, &["steps", "times", "enough"])?;
        let times =
            self.or(&fields, "times", 1, |reader, value| reader.count(value, 1..=MAX_TIMES));
        if scene.in_all {
            self.misplaced(
                fields.head,
                "an `All` inside an `All`",
                "put its branches into the outer one",
            );
        } else if scene.tells > 0 {
            self.misplaced(
                fields.head,
                "an `All` in the body of a tell",
                "only the home runs branches together",
            );
        } else if scene.calls > 0 {
            self.misplaced(
                fields.head,
                "an `All` in the body of a call",
                "only the home runs branches together",
            );
        }
        let before = sites.len();
        let branches = self.body(&fields, Scene { in_all: true, ..scene }, sites)?;
        // What unrolls into too many steps is refused later, and need not be written out before.
        let times =
            (times? as usize).min(flow_check::MAX_STEPS as usize / branches.len().max(1) + 1);
        let (count, own) = (branches.len() * times, sites[before..].to_vec());
        if times > 1 && own.len() * times <= flow_check::MAX_STEPS as usize {
            self.write_out(own.len(), times, fields.head)?;
        }
        (1..times).for_each(|_| sites.extend_from_slice(&own));
        let enough = self.maybe(&fields, "enough", |reader, value| reader.enough(value, count))?;
        let branches: Vec<Step> = branches.into_iter().cycle().take(count).collect();
        let Some(enough) = enough else { return Some(Step::All(branches)) };
        if may_change_or_refuse(&branches) {
            self.misplaced(
                fields.head,
                "an `All` for which some of its branches are enough leaves the others behind, so they may neither tell nor refuse",
                "leave out `enough`, or the tells and `need` in it",
            );
            return None;
        }
        Some(Step::Enough(enough, branches))
    }

    /// How many of these branches are enough.
    fn enough(&mut self, value: &'a Value, branches: usize) -> Option<u32> {
        let enough = self.count(value, 1..=MAX_TIMES)?;
        if enough as usize > branches {
            let message = format!("{enough} branches cannot be done: there are {branches}");
            self.wrong(Code::OutOfRange, value.head(), message)
                .help("write how many are enough to go on, or leave `enough` out to wait for all");
            return None;
        }
        Some(enough)
    }
}

/// May these steps change something, or refuse the flow?
fn may_change_or_refuse(steps: &[Step]) -> bool {
    Step::walk(steps).any(|step| match step {
        Step::Tell(_) | Step::Effect(_) => true,
        Step::Ask { need, .. } | Step::Read { need, .. } => need.is_some(),
        _ => false,
    })
}

/// Where the flow waits for several tells, and who goes on after each.
fn joins(flow: FlowIx, home: NodeIx, steps: &[Step]) -> Vec<JoinFact> {
    let mut flat = Vec::new();
    flatten(steps, &mut flat);
    let waits = flat.iter().enumerate().filter_map(|(place, step)| {
        let Step::All(branches) = step else { return None };
        let awaited = told(branches, true);
        let mut next = Vec::new();
        let alone = |who| Next { who, tells: Vec::new() };
        for step in &flat[place + 1..] {
            match step {
                Step::Tell(tell) => {
                    let tells =
                        if tell.best_effort { told(&tell.steps, false) } else { Vec::new() };
                    next.push(Next { who: tell.service, tells });
                }
                Step::All(branches) => {
                    next.extend(told_by_all(branches, home).into_iter().map(alone));
                }
                _ => next.push(alone(home)),
            }
            if !matches!(step, Step::Tell(tell) if tell.best_effort) {
                break;
            }
        }
        (awaited.len() > 1).then_some(JoinFact { flow, home, told: awaited, next })
    });
    waits.collect()
}

fn told_by_all(branches: &[Step], home: NodeIx) -> Vec<NodeIx> {
    let mut services = told(branches, false);
    if services.len() < branches.len() {
        services.push(home);
    }
    services
}

/// Whom the branches of an `All` tell; with `awaited` only if the flow waits for it.
fn told(branches: &[Step], awaited: bool) -> Vec<NodeIx> {
    let mut flat = Vec::new();
    flatten(branches, &mut flat);
    let tells = flat.into_iter().filter_map(|step| match step {
        Step::Tell(tell) if !(awaited && tell.best_effort) => Some(tell.service),
        _ => None,
    });
    tells.collect()
}

/// These steps without the words that only say whether and how often.
pub(super) fn flatten<'s>(steps: &'s [Step], into: &mut Vec<&'s Step>) {
    for step in steps {
        match step {
            Step::Maybe(_, steps) => flatten(steps, into),
            Step::Repeat(times, steps) => (0..(*times).min(2)).for_each(|_| flatten(steps, into)),
            step => into.push(step),
        }
    }
}
