//! What breaks, when and for how long.

use std::collections::BTreeMap;

use super::codes::Code;
use super::kinds::{Breakable, Role};
use super::reader::{Fields, Reader};
use super::source::Extent;
use super::syntax::Value;
use super::tree::{Fault, FaultKind, NodeIx, Path, Target, When};
use crate::base::{Dist, Span};

const KINDS: &[&str] = &[
    "Crash",
    "Shutdown",
    "Slow",
    "Pause",
    "Freeze",
    "Skew",
    "Latency",
    "Loss",
    "Duplicate",
    "Reorder",
    "Partition",
    "Surge",
];
/// A fault that begins more often than this says nothing, and takes for ever to draw.
const MOST_TIMES: f64 = 1e6;

/// The names of faults: those that the file gives, with their places, and all that are taken.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    given: Vec<(&'a str, Extent)>,
    taken: Vec<String>,
}

impl Names<'_> {
    /// All faults that there are so far.
    pub(super) fn taken(&self) -> &[String] {
        &self.taken
    }

    /// Every fault with a name of its own: the usual one is numbered where it is taken.
    fn apart(&mut self, read: Vec<(Fault, bool)>) -> Vec<Fault> {
        let named = read.iter().filter(|(_, is_named)| *is_named);
        self.taken.extend(named.map(|(fault, _)| fault.name.clone()));
        // The number that a usual name was given last: those before it are taken.
        let mut numbered: BTreeMap<String, u32> = BTreeMap::new();
        let apart = read.into_iter().map(|(mut fault, is_named)| {
            if !is_named {
                let usual = std::mem::take(&mut fault.name);
                let n = numbered.entry(usual.clone()).or_insert(1);
                fault.name.clone_from(&usual);
                while self.taken.contains(&fault.name) {
                    *n += 1;
                    fault.name = format!("{usual}-{n}");
                }
                self.taken.push(fault.name.clone());
            }
            fault
        });
        apart.collect()
    }

    /// A single one more.
    pub(super) fn one_more(&mut self, fault: Fault, is_named: bool) -> Fault {
        self.apart(vec![(fault, is_named)]).remove(0)
    }
}

impl<'a> Reader<'a> {
    /// Reads all faults; their names are unique in the end.
    pub(super) fn faults(
        &mut self,
        value: Option<&'a Value>,
        length: Option<Span>,
        names: &mut Names<'a>,
    ) -> Option<Vec<Fault>> {
        let Some(value) = value else {
            return Some(Vec::new());
        };
        let items = self.list(value, "faults", false)?;
        let read: Vec<_> = items.iter().map(|item| self.fault(item, length, names)).collect();
        let read: Vec<(Fault, bool)> = read.into_iter().collect::<Option<_>>()?;
        Some(names.apart(read))
    }

    /// A fault, and whether the file gives it a name.
    fn fault(
        &mut self,
        value: &'a Value,
        length: Option<Span>,
        names: &mut Names<'a>,
    ) -> Option<(Fault, bool)> {
        let fields = self.fields(value, "a fault", 0, &["name", "at", "lasts", "what"])?;
        let when = self.must(&fields, "at", |reader, value| reader.when(value, length));
        self.fault_at(&fields, when, length, names)
    }

    /// A fault that comes then, and whether the file gives it a name.
    pub(super) fn fault_at(
        &mut self,
        fields: &Fields<'a>,
        when: Option<When>,
        length: Option<Span>,
        names: &mut Names<'a>,
    ) -> Option<(Fault, bool)> {
        let name = self.maybe(fields, "name", Self::text);
        if let Some(Some((name, at))) = name {
            self.check_name(name, at);
            if let Some(&(_, first)) = names.given.iter().find(|(other, _)| *other == name) {
                self.wrong(Code::DuplicateName, at, format!("two faults are called {name:?}"))
                    .note(first, "first called so here");
            } else if names.taken.iter().any(|taken| taken == name) {
                self.wrong(Code::DuplicateName, at, format!("two faults are called {name:?}"))
                    .help("one without a `name` is called after its kind and its target");
            }
            names.given.push((name, at));
        }
        let lasts = self.maybe(fields, "lasts", Self::dist);
        if let (Some(when), Some(lasts), Some(length)) = (&when, &lasts, length) {
            let cycle = match when {
                When::At(_) => f64::INFINITY,
                When::Every { every, .. } => every.0 as f64,
                When::Random(gap) => gap.mean() + lasts.as_ref().map_or(f64::INFINITY, Dist::mean),
            };
            if length.0 as f64 / cycle.max(1.0) > MOST_TIMES {
                self.wrong(
                    Code::OutOfRange,
                    fields.head,
                    format!("the fault would begin more than a million times in {length}"),
                );
            }
        }
        let what = self.must(fields, "what", Self::fault_kind);
        let (what, usual_name) = what?;
        let name = name?.map(|(name, _)| name.to_owned());
        let is_named = name.is_some();
        let name = name.unwrap_or_else(|| usual_name.to_lowercase());
        Some((Fault { name, when: when?, lasts: lasts?, what }, is_named))
    }

    fn when(&mut self, value: &'a Value, length: Option<Span>) -> Option<When> {
        let value = self.follow(value)?;
        match value.word() {
            Some("Every") => {
                let fields = self.fields(value, "Every", 0, &["first", "every"])?;
                let first =
                    self.must(&fields, "first", |reader, value| reader.instant(value, length));
                let every = self.must(&fields, "every", Self::positive_span);
                Some(When::Every { first: first?, every: every? })
            }
            Some("Random") => {
                let fields = self.fields(value, "Random", 1, &["gap"])?;
                self.must(&fields, "gap", Self::dist).map(When::Random)
            }
            Some(_) => {
                self.unknown_word(value, "a time for a fault", &["Every", "Random"]);
                None
            }
            None => self.instant(value, length).map(When::At),
        }
    }

    /// An instant at which arrivals have not ended.
    pub(super) fn instant(&mut self, value: &'a Value, length: Option<Span>) -> Option<Span> {
        let (ns, at) = self.nanoseconds(value, "the time since the run began")?;
        let instant = Span::from_ns(ns);
        if let Some(length) = length.filter(|length| instant >= *length) {
            self.wrong(
                Code::OutsideRun,
                at,
                format!("the fault would start at {instant}, when the run of {length} is over"),
            );
        }
        Some(instant)
    }

    /// What breaks, and `kind-target` for its name.
    fn fault_kind(&mut self, value: &'a Value) -> Option<(FaultKind, String)> {
        let value = self.follow(value)?;
        let Some(word) = value.word().filter(|word| KINDS.contains(word)) else {
            self.unknown_word(value, "a fault", KINDS);
            return None;
        };
        let path: &[&'static str] = &["from", "to", "both"];
        let shares: &[&'static str] = &["from", "to", "probability", "both"];
        match word {
            "Crash" => {
                let fields = self.fields(value, "Crash", 1, &["target", "instance", "host"])?;
                let target = self.target(&fields);
                let host = self.or(&fields, "host", false, Self::flag);
                Some((
                    FaultKind::Crash { target: target?, host: host? },
                    self.name_on(word, target?),
                ))
            }
            "Shutdown" => {
                let fields = self.fields(value, "Shutdown", 1, &["target", "instance", "drain"])?;
                let target = self.target(&fields);
                let drain = self.or(&fields, "drain", Span::ZERO, Self::span);
                self.check_shutdown(fields.head, target?.node);
                Some((
                    FaultKind::Shutdown { target: target?, drain: drain? },
                    self.name_on(word, target?),
                ))
            }
            "Slow" => {
                let fields = self.fields(value, "Slow", 2, &["target", "factor", "instance"])?;
                let target = self.target(&fields);
                let factor = self.must(&fields, "factor", Self::factor);
                Some((
                    FaultKind::Slow { target: target?, factor: factor? },
                    self.name_on(word, target?),
                ))
            }
            "Pause" => {
                let fields = self.fields(value, "Pause", 1, &["target", "instance"])?;
                let target = self.target(&fields);
                self.check_pause(fields.head, target?.node);
                Some((FaultKind::Pause { target: target? }, self.name_on(word, target?)))
            }
            "Freeze" => {
                let fields = self.fields(value, "Freeze", 1, &["target", "instance"])?;
                let target = self.target(&fields)?;
                self.check_freeze(fields.head, target.node);
                Some((FaultKind::Freeze { target }, self.name_on(word, target)))
            }
            "Skew" => {
                let fields = self.fields(value, "Skew", 2, &["target", "ahead", "instance"])?;
                let target = self.target(&fields);
                let ahead = self.must(&fields, "ahead", Self::positive_span);
                let target = target?;
                self.check_skew(fields.head, target.node);
                Some((FaultKind::Skew { target, ahead: ahead? }, self.name_on(word, target)))
            }
            "Surge" => {
                let fields = self.fields(value, "Surge", 2, &["client", "factor"])?;
                let client = self.must(&fields, "client", Self::open_client);
                let factor = self.must(&fields, "factor", Self::factor);
                let (client, factor) = (client?, factor?);
                Some((
                    FaultKind::Surge { client, factor },
                    format!("surge-{}", self.known.node_name(client)),
                ))
            }
            "Latency" => {
                let fields = self.fields(value, "Latency", 2, &["from", "to", "add", "both"])?;
                let path = self.path(&fields);
                let add = self.must(&fields, "add", Self::dist);
                let path = path?;
                let name = self.path_name(word, &path);
                Some((FaultKind::Latency { path, add: add? }, name))
            }
            "Reorder" => {
                let fields =
                    self.fields(value, "Reorder", 2, &["from", "to", "probability", "by", "both"])?;
                let path = self.path(&fields);
                let probability = self.must(&fields, "probability", Self::ratio);
                let by = self.must(&fields, "by", Self::dist);
                let path = path?;
                let name = self.path_name(word, &path);
                Some((FaultKind::Reorder { path, probability: probability?, by: by? }, name))
            }
            "Partition" => {
                let fields = self.fields(value, "Partition", 2, path)?;
                let path = self.path(&fields)?;
                if path.from.is_empty() && path.to.is_empty() {
                    self.wrong(
                        Code::MissingField,
                        fields.head,
                        "a partition needs `from` or `to`: who is cut off",
                    );
                    return None;
                }
                let name = self.path_name(word, &path);
                Some((FaultKind::Partition { path }, name))
            }
            _ => {
                let what = if word == "Loss" { "Loss" } else { "Duplicate" };
                let fields = self.fields(value, what, 2, shares)?;
                let path = self.path(&fields);
                let probability = self.must(&fields, "probability", Self::ratio);
                let (path, probability) = (path?, probability?);
                let name = self.path_name(word, &path);
                let loss = word == "Loss";
                Some((
                    if loss {
                        FaultKind::Loss { path, probability }
                    } else {
                        FaultKind::Duplicate { path, probability }
                    },
                    name,
                ))
            }
        }
    }

    /// Has the node such a thing that breaks? Of one that could not be read nothing is known.
    fn can_break(&self, node: NodeIx, what: Breakable) -> bool {
        self.known.node(node).role.is_some_and(|role| role.about().can_break(what))
    }

    fn check_freeze(&mut self, at: Extent, node: NodeIx) {
        if !self.can_break(node, Breakable::Work) {
            let name = self.known.node_name(node);
            let message = format!("{name:?} is no service: only workers of services stand still");
            self.wrong(Code::NotBreakable, at, message)
                .help("a Pause takes up no new work and lets finish what runs");
        }
    }

    fn check_shutdown(&mut self, at: Extent, node: NodeIx) {
        if !self.can_break(node, Breakable::Exit) {
            let name = self.known.node_name(node);
            let message =
                format!("{name:?} is no service: only services and gateways are shut down");
            self.wrong(Code::NotBreakable, at, message).help("a Crash stops anything");
        }
    }

    fn check_skew(&mut self, at: Extent, node: NodeIx) {
        let name = self.known.node_name(node);
        if !self.can_break(node, Breakable::Clock) {
            let message = format!("{name:?} is no service: only the clocks of writers are read");
            self.wrong(Code::NotBreakable, at, message).help(
                "a Quorum with `order: Clocks` goes by the clocks of the services that write",
            );
        }
    }

    fn name_on(&self, word: &str, target: Target) -> String {
        format!("{word}-{}", self.known.node_name(target.node))
    }

    fn path_name(&self, word: &str, path: &Path) -> String {
        let ends = path.from.iter().chain(&path.to).take(2);
        ends.fold(word.to_owned(), |name, &node| format!("{name}-{}", self.known.node_name(node)))
    }

    fn factor(&mut self, value: &'a Value) -> Option<f64> {
        let (factor, at) = self.number(value, "a factor")?;
        if factor > 0.0 && factor <= 1e6 {
            return Some(factor);
        }
        self.wrong(
            Code::OutOfRange,
            at,
            format!("expected a factor above 0 and up to a million, found {factor}"),
        );
        None
    }

    fn target(&mut self, fields: &Fields<'a>) -> Option<Target> {
        let node = self.must(fields, "target", |reader, value| {
            let (name, at) = reader.text(value)?;
            let node = reader.node_named(name, at, &[])?;
            if !reader.known.node(node).role?.about().can_break(Breakable::Process) {
                reader
                    .wrong(
                        Code::NotBreakable,
                        at,
                        format!("{name:?} is a client: customers do not break"),
                    )
                    .help("a Surge sends more of them");
                return None;
            }
            Some(node)
        });
        let instance =
            self.maybe(fields, "instance", |reader, value| reader.count(value, 0..=u32::MAX));
        let (node, instance) = (node?, instance?);
        let instances = self.known.node(node).instances;
        if let Some(instance) = instance.filter(|instance| *instance >= instances) {
            let at = fields.get("instance").map_or(fields.head, Value::head);
            let name = self.known.node_name(node);
            self.wrong(Code::NoInstance, at, format!("{name:?} has no instance {instance}"))
                .help(format!("it has {instances}, counted from 0"));
            return None;
        }
        Some(Target { node, instance })
    }

    fn open_client(&mut self, value: &'a Value) -> Option<NodeIx> {
        let client = self.node(value, &Role::that_can_break(Breakable::Arrivals))?;
        if self.known.node(client).closed {
            let name = self.known.node_name(client);
            self.wrong(
                Code::NotBreakable,
                value.head(),
                format!("{name:?} is a closed loop: no surge makes it come more often"),
            );
            return None;
        }
        Some(client)
    }

    fn path(&mut self, fields: &Fields<'a>) -> Option<Path> {
        let from = self.or(fields, "from", Vec::new(), Self::some_nodes);
        let to = self.or(fields, "to", Vec::new(), Self::some_nodes);
        let both = self.or(fields, "both", true, Self::flag);
        Some(Path { from: from?, to: to?, both: both? })
    }

    fn some_nodes(&mut self, value: &'a Value) -> Option<Vec<NodeIx>> {
        let items = self.list(value, "nodes", true)?;
        let nodes: Vec<_> = items.iter().map(|item| self.node(item, &[])).collect();
        nodes.into_iter().collect()
    }
}
