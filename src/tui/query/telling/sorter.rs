//! Sorts facts into tasks. Messages join by their names, so causes are exact. What an instance does by
//! itself, when a timer is due, belongs to the task that waits for it; where one instance has several,
//! the one whose state fits.

use std::collections::{BTreeMap, BTreeSet};

use super::Doing;
use super::task::Task;
use super::trace::{Cause, Moment, Sending, Trace};
use crate::base::Time;
use crate::engine::{InstanceId, Key, Turn};
use crate::model::Model;
use crate::probes::Carrier;
use crate::probes::fact::Fact;
use crate::probes::story::{Line, Story};
use crate::scenario::tree::NodeKind;

/// A story, sorted.
pub(super) fn sort(story: &Story, model: &Model) -> Trace {
    let mut sorter = Sorter {
        model,
        trace: Trace::default(),
        names: BTreeMap::new(),
        down: BTreeSet::new(),
        event: None,
        current: None,
    };
    for line in story.lines() {
        sorter.see(line);
    }
    sorter.trace
}

struct Sorter<'a> {
    model: &'a Model,
    trace: Trace,
    names: BTreeMap<Turn, usize>,
    down: BTreeSet<InstanceId>,
    /// The event that is going on, and where; the task and the moment that it is about.
    event: Option<(Key, Time, InstanceId)>,
    current: Option<(usize, usize)>,
}

impl Sorter<'_> {
    fn see(&mut self, line: &Line) {
        let Line { time, at, fact, .. } = *line;
        match fact {
            Fact::Down => return self.goes_down(time, at),
            Fact::Up => {
                self.down.remove(&at);
                return;
            }
            _ => {}
        }
        let event = (line.event, time, at);
        if self.event != Some(event) || matches!(fact, Fact::Received { .. }) {
            self.event = Some(event);
            self.current = None;
        }
        let (task, moment) = match fact {
            Fact::Received { name, .. } => self.receive(name, time, at),
            Fact::Sent { intended, .. } => self.sends(intended, time, at),
            _ => {
                let Some(task) = self.whose(fact, time, at) else { return };
                let moment = match self.current {
                    Some((current, moment)) if current == task => moment,
                    _ => self.moment(time, task, Cause::Own(self.trace.tasks[task].doing_since)),
                };
                (task, moment)
            }
        };
        self.current = Some((task, moment));
        self.tell(task, moment, time, fact);
    }

    fn is_broker(&self, at: InstanceId) -> bool {
        self.kind(at).terms().is_some()
    }

    fn kind(&self, at: InstanceId) -> &NodeKind {
        &self.model.scenario.nodes[usize::from(self.model.node_of(at).0)].kind
    }

    fn is_client(&self, at: InstanceId) -> bool {
        matches!(self.kind(at), NodeKind::Client(_))
    }

    fn goes_down(&mut self, time: Time, at: InstanceId) {
        self.down.insert(at);
        if self.is_broker(at) {
            return;
        }
        let open = self.trace.tasks.iter_mut().filter(|task| task.at == at && !task.is_over);
        for task in open {
            (task.is_over, task.is_lost, task.to) = (true, true, time);
            task.facts.push((time, Fact::Down));
        }
    }

    fn begin(&mut self, at: InstanceId, begun_by: Option<usize>, from: Time) -> usize {
        let first = self.trace.moments.len();
        self.trace.tasks.push(Task::new(at, begun_by, from, first));
        self.trace.tasks.len() - 1
    }

    fn moment(&mut self, time: Time, task: usize, cause: Cause) -> usize {
        let before = self.trace.tasks[task].doing();
        self.trace.moments.push(Moment { time, task, before, cause });
        self.trace.moments.len() - 1
    }

    fn sends(&mut self, intended: Time, time: Time, at: InstanceId) -> (usize, usize) {
        let task = self.begin(at, None, intended.min(time));
        self.trace.tasks[task].doings[0].1 = Doing::Queues;
        let first = self.moment(intended.min(time), task, Cause::Customer);
        (task, self.moment(time, task, Cause::Own(first)))
    }

    fn receive(&mut self, name: Turn, time: Time, at: InstanceId) -> (usize, usize) {
        // One that a fault doubled comes a second time under a name of its own, right after the first.
        let mut known = self.names.range(..=name).rev();
        let sending = known.next().filter(|(known, _)| known.origin() == name.origin());
        let Some((_, &sending)) = sending else {
            let task = self.begin(at, None, time);
            return (task, self.moment(time, task, Cause::Own(self.trace.moments.len())));
        };
        let is_refused = self.down.contains(&at);
        let sent = &mut self.trace.sendings[sending];
        if sent.arrives.is_none() {
            sent.arrives = Some((time, at));
            sent.is_refused = is_refused;
        }
        let (sender, carrier) = (sent.task, sent.carrier);
        let comes_back = matches!(
            carrier,
            Carrier::Answer | Carrier::Acknowledge | Carrier::Replicate | Carrier::Control
        );
        let back = self.trace.ancestors(sender).find(|task| self.trace.tasks[*task].at == at);
        let task = match back.filter(|_| comes_back) {
            Some(task) => {
                let answers = self.chain(sender, task);
                self.trace.tasks[task].open.retain(|sending| !answers.contains(sending));
                task
            }
            None => self.begin(at, Some(sending), time),
        };
        (task, self.moment(time, task, Cause::Message(sending)))
    }

    /// The messages by which one task made another act.
    fn chain(&self, from: usize, to: usize) -> Vec<usize> {
        let ancestors = self.trace.ancestors(from).take_while(|task| *task != to);
        let tasks = std::iter::once(from).chain(ancestors);
        tasks.filter_map(|task| self.trace.tasks[task].begun_by).collect()
    }

    /// Whose fact this is.
    fn whose(&self, fact: Fact, time: Time, at: InstanceId) -> Option<usize> {
        let current = self.current.map(|(task, _)| task);
        let tasks = self.trace.tasks.iter().enumerate();
        let here = || tasks.clone().filter(|(_, task)| task.at == at);
        let open = || here().filter(|(_, task)| !task.is_over);
        let found = match fact {
            Fact::Answered { .. } => return Some(0),
            Fact::Began { waited, queued: true, .. } => {
                let since = Time(time.0.saturating_sub(waited.0));
                let mut queued = open().filter(|(_, task)| task.doing() == Doing::Queues);
                let is_it = |task: &Task| task.doings.last().is_some_and(|last| last.0 == since);
                queued.clone().find(|(_, task)| is_it(task)).or_else(|| queued.next())
            }
            Fact::Began { arrives: false, .. } | Fact::Waits { .. } => {
                open().find(|(_, task)| !task.has_begun)
            }
            Fact::Message { to, carrier: Carrier::Answer, .. }
            | Fact::HandedOn { to, carrier: Carrier::Answer, .. } => {
                let is_for = |task: usize| {
                    self.trace.parent(task).is_some_and(|it| self.trace.tasks[it].at == to)
                };
                let fits = current.filter(|current| is_for(*current));
                let crashed = |task: &Task| task.is_lost && task.to == time;
                let mut candidates = here().filter(|(_, task)| !task.is_over || crashed(task));
                return fits
                    .or_else(|| candidates.find(|(at, _)| is_for(*at)).map(|(at, _)| at))
                    .or(current)
                    .or_else(|| self.likely(time, at));
            }
            Fact::AttemptFailed { to, .. } | Fact::Retried { to, .. } if current.is_none() => {
                let asks =
                    |sending: &usize| self.model.node_of(self.trace.sendings[*sending].to) == to;
                here().find(|(_, task)| task.open.iter().any(asks))
            }
            Fact::Message { to, .. } | Fact::HandedOn { to, .. } if current.is_none() => {
                let node = self.model.node_of(to);
                let retries = |task: &Task| task.retry.is_some_and(|retry| retry.to == node);
                here().find(|(_, task)| retries(task))
            }
            _ => None,
        };
        found.map(|(at, _)| at).or(current).or_else(|| self.likely(time, at))
    }

    /// Which task of an instance does something by itself at this instant.
    fn likely(&self, time: Time, at: InstanceId) -> Option<usize> {
        let tasks = self.trace.tasks.iter().enumerate();
        let rank = |task: &Task| match task.doing() {
            _ if task.is_over => 5,
            _ if task.due == Some(time) => 0,
            Doing::Works => 1,
            Doing::Pauses => 2,
            Doing::Waits | Doing::Travels => 3,
            Doing::Queues => 4,
        };
        // Of those that are over the last one.
        let last = |ix: usize, task: &Task| if task.is_over { usize::MAX - ix } else { ix };
        tasks
            .filter(|(_, task)| task.at == at)
            .min_by_key(|(ix, task)| (rank(task), last(*ix, task)))
            .map(|(ix, _)| ix)
    }

    fn tell(&mut self, ix: usize, moment: usize, time: Time, fact: Fact) {
        let at = self.trace.tasks[ix].at;
        let (is_broker, is_client) = (self.is_broker(at), self.is_client(at));
        match fact {
            Fact::Message { to, carrier, leg, .. } | Fact::HandedOn { to, carrier, leg, .. } => {
                let sending = self.trace.sendings.len();
                let node = self.model.node_of(to);
                let task = &mut self.trace.tasks[ix];
                let retry = task.retry.filter(|retry| retry.to == node);
                if retry.is_some() {
                    task.retry = None;
                }
                self.trace.sendings.push(Sending {
                    task: ix,
                    moment,
                    time,
                    to,
                    carrier,
                    arrives: None,
                    is_refused: false,
                    attempt: retry.map_or(1, |retry| retry.attempt + 1),
                    paused_since: retry.map(|retry| retry.since),
                    is_hedge: std::mem::take(&mut task.is_hedging),
                });
                if let Some(leg) = leg {
                    self.names.insert(leg.name, sending);
                }
                self.sent(ix, moment, sending);
            }
            Fact::Received { .. } => {
                let arrived = match self.trace.moments[moment].cause {
                    Cause::Message(sending) => Some(self.trace.sendings[sending].carrier),
                    _ => None,
                };
                let task = &mut self.trace.tasks[ix];
                if arrived == Some(Carrier::Acknowledge) {
                    task.is_over = true;
                }
                let comes_back = task.from < time || task.begun_by.is_none();
                if comes_back && !task.is_over && !is_broker && !is_client {
                    task.to = time;
                    let doing = if task.open.is_empty() { Doing::Works } else { task.doing() };
                    task.turns(time, moment, doing);
                }
            }
            _ => {
                let to = match fact {
                    Fact::AttemptFailed { to, .. } => Some(to),
                    _ => None,
                };
                let given_up = to.and_then(|to| {
                    let mut open = self.trace.tasks[ix].open.iter().copied();
                    open.find(|sending| self.model.node_of(self.trace.sendings[*sending].to) == to)
                });
                let task = &mut self.trace.tasks[ix];
                if let Some(sending) = given_up {
                    task.open.remove(&sending);
                }
                task.tell(moment, time, fact, is_broker);
                if matches!(fact, Fact::Answered { .. }) {
                    (task.is_over, task.to) = (true, time);
                    self.trace.answered = Some(moment);
                }
            }
        }
    }

    fn sent(&mut self, ix: usize, moment: usize, sending: usize) {
        let Sending { time, carrier, to, .. } = self.trace.sendings[sending];
        let at = self.trace.tasks[ix].at;
        let asker = self.trace.parent(ix).map(|parent| self.trace.tasks[parent].at);
        let (is_broker, is_store) = (self.is_broker(at), self.is_store(at));
        let task = &mut self.trace.tasks[ix];
        match carrier {
            Carrier::Request | Carrier::Replicate => {
                task.open.insert(sending);
                if !task.is_lost {
                    (task.is_over, task.to) = (false, time);
                    task.turns(time, moment, Doing::Waits);
                }
            }
            Carrier::Publish if !is_store && !is_broker => {
                task.open.insert(sending);
                if !task.is_over {
                    task.to = time;
                    task.turns(time, moment, Doing::Waits);
                }
            }
            Carrier::Invalidate if is_broker => {
                (task.has_begun, task.is_over) = (true, true);
                task.turns(time, moment, Doing::Waits);
            }
            Carrier::Deliver => {
                (task.to, task.has_begun, task.is_over) = (time, true, false);
                task.turns(time, moment, Doing::Waits);
            }
            Carrier::Answer | Carrier::Acknowledge
                if !is_broker && !task.is_over && asker == Some(to) =>
            {
                (task.is_over, task.to) = (true, time);
            }
            _ => {}
        }
    }

    fn is_store(&self, at: InstanceId) -> bool {
        let node = Some(self.model.node_of(at));
        self.model.scenario.nodes.iter().any(|other| other.kind.store() == node)
    }
}
