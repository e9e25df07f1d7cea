//! A registry: it finds out which instances are there, and callers learn that from it. How it finds
//! out is in files of its own, `leases` in the manner of Netflix Eureka, `probes` in that of
//! Kubernetes and of `HashiCorp` Consul; what instances and callers do is in `instance.rs`.
//!
//! ```text
//! Eureka      instance ──renewal──▶ leases ─evictor─▶ list ─response cache─▶ fetched by callers
//! Kubernetes  instance ◀──probe──── thresholds ─────▶ list ─────────────────▶ pushed to callers
//! Consul      instance ◀──check──── thresholds ─────▶ list ─────────────────▶ pushed to callers
//! ```
//!
//! Callers are told whom the registry lists of the nodes that they call, 64 instances a message, and
//! not what has changed. With Eureka each caller fetches now and then (`registryFetchIntervalSeconds`,
//! 30 s) and is told what a response cache holds that is brought up to date now and then
//! (`responseCacheUpdateIntervalMs`, 30 s); with Kubernetes (a watch on its `EndpointSlice`s) and
//! Consul (a blocking query, or a DNS answer whose TTL is 0) it is told of each change.
//!
//! A crash loses Eureka's leases; it answers no fetch then for five minutes, so that callers go on
//! with what they have (`getWaitTimeInMsWhenSyncEmpty`). What Kubernetes and Consul list is durable.
//!
//! Left out: several servers of one registry and their replication (so of Consul also stale reads
//! and elections), statuses beside there and not there, weights, zones, Ribbon's own cache of
//! Eureka's lists (30 s more), delta fetches, and the work and queueing of the registry itself.

mod due;
mod frame;
pub mod instance;
mod leases;
mod probes;

pub use self::frame::Frame;

use self::instance::settings;

use self::due::Due;
use self::leases::Renewals;
use super::behaviour::Behaviour;
use super::env::Env;
use super::message::{Body, Message, Op};
use super::readings::{Readings, What, Whom};
use crate::base::{Span, Stream, Time};
use crate::engine::InstanceId;
use crate::model::{Model, NodeIx};
use crate::probes::{Fact, Probe};
use crate::scenario::tree::{Checks, Registry as Settings, Spread};

/// After a restart Eureka waits so long before it tells anybody who is there (5 minutes).
const WAITS_WHEN_EMPTY: Span = Span(300_000_000_000);

/// One registry.
#[derive(Clone, Debug)]
pub struct Registry {
    settings: Settings,
    services: Vec<Service>,
    members: Vec<Member>,
    /// Of leases.
    renewals: Renewals,
    /// When what callers are told was so; `None` is always.
    told_at: Option<Time>,
    /// No fetch is answered before.
    opens: Time,
    /// Counts the starts.
    incarnation: u32,
    chance: Stream,
}

/// A node whose instances register.
#[derive(Clone, Debug)]
struct Service {
    node: NodeIx,
    first: InstanceId,
    count: u32,
    /// The place of the first of them among the members.
    at: usize,
    /// Who is told of changes.
    watchers: Vec<InstanceId>,
}

/// One instance.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent states of an instance")]
struct Member {
    instance: InstanceId,
    /// Which of the services it is of.
    service: usize,
    /// Which start of it is known.
    incarnation: u32,
    is_registered: bool,
    is_listed: bool,
    /// Was it listed when the response cache was brought up to date?
    is_told: bool,
    /// The end of its lease.
    expires: Time,
    /// Probes of it, and whether the last one is not answered.
    probes: u32,
    is_asked: bool,
    /// Failures and successes since the last of the other kind.
    failures: u32,
    successes: u32,
    /// Since when it has failed often enough to be off the list.
    failing: Option<Time>,
}

impl Behaviour for Registry {
    type Due = Due;

    /// Everybody is there.
    fn new(model: &Model, me: InstanceId) -> Self {
        let node = model.node_of(me);
        let name = &model.scenario.nodes[usize::from(node.0)].name;
        let settings = settings(model, node).clone();
        let mut chance = Stream::new(model.seed, "registry", name, 0);
        let (mut services, mut members) = (Vec::new(), Vec::new());
        for registered in model.directory.members(node) {
            let place = &model.nodes[usize::from(registered.0)];
            let callers = model.directory.callers_of(registered);
            let service = services.len();
            services.push(Service {
                node: registered,
                first: place.first,
                count: place.count,
                at: members.len(),
                watchers: match settings.spread {
                    Spread::Pushed { .. } => callers
                        .flat_map(|node| model.nodes[usize::from(node.0)].instances())
                        .collect(),
                    Spread::Fetched { .. } => Vec::new(),
                },
            });
            members.extend(place.instances().map(|instance| Member::new(instance, service)));
        }
        let renewals = Renewals::new(&settings.checks, members.len(), &mut chance);
        if let Checks::Leases(leases) = &settings.checks {
            let expires = Time::ZERO + leases::renewed(leases);
            for member in &mut members {
                member.expires = expires;
            }
        }
        let has_cache = matches!(settings.spread, Spread::Fetched { cache: Some(_), .. });
        Self {
            settings,
            services,
            members,
            renewals,
            told_at: has_cache.then_some(Time::ZERO),
            opens: Time::ZERO,
            incarnation: 0,
            chance,
        }
    }

    fn wants_start(&self) -> bool {
        self.has_members()
    }

    /// The run begins, or it is up again: its periods begin, anywhere within them.
    fn start<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if self.has_members() {
            self.start_checks(env);
            if let Spread::Fetched { cache: Some(period), .. } = self.settings.spread {
                let first = instance::phase(period, &mut self.chance);
                env.wait(first, Due::Refresh(self.incarnation));
            }
        }
    }

    fn readings(&self, _model: &Model, now: Time, into: &mut Readings) {
        let preserves = self.preserves(now);
        for (at, service) in self.services.iter().enumerate() {
            let its = || self.members.iter().filter(|it| it.service == at && it.is_listed);
            into.of(What::Listed, Whom::Node(service.node), its().count());
            let kept = its().filter(|it| preserves && it.expires < now).count();
            if kept > 0 {
                into.of(What::Kept, Whom::Node(service.node), kept);
            }
        }
    }

    #[inline(never)]
    fn receive<P: Probe>(&mut self, message: &Message, env: &mut Env<'_, '_, P>) {
        env.fact(Fact::Dropped { op: message.op.id, why: None });
        let from = message.from;
        match message.body {
            Body::Registry(Frame::Renew { incarnation }) => {
                self.renewed(self.place_of(from), incarnation, env);
            }
            Body::Registry(Frame::Leave { incarnation }) => {
                self.left(self.place_of(from), incarnation, env);
            }
            Body::Registry(Frame::Fetch { .. }) => self.tell(from, env),
            Body::Registry(Frame::Probed { round, ready }) => {
                self.answered(self.place_of(from), round, ready, env);
            }
            body => unreachable!("a registry is not told {body:?}"),
        }
    }

    #[inline(never)]
    fn timer<P: Probe>(&mut self, due: Due, env: &mut Env<'_, '_, P>) {
        match due {
            Due::Sweep(_) => self.sweep(env),
            Due::Refresh(_) => self.refresh(env),
            Due::Probe { place, .. } => self.probe(place as usize, env),
            Due::Unanswered { place, .. } => self.unanswered(place as usize, env),
        }
    }

    fn is_stale(&self, due: Due, _at: Time, _incarnation: u32) -> bool {
        match due {
            Due::Sweep(start) | Due::Refresh(start) | Due::Probe { start, .. } => {
                start != self.incarnation
            }
            Due::Unanswered { place, round } => {
                let member = &self.members[place as usize];
                !member.is_asked || member.probes != round
            }
        }
    }

    /// Its process goes, and with it what is no more than memory.
    fn crash<P: Probe>(&mut self, _host: bool, _env: &mut Env<'_, '_, P>) {
        self.incarnation += 1;
        for member in &mut self.members {
            member.is_asked = false;
            if let Checks::Leases(_) = self.settings.checks {
                (member.is_registered, member.is_listed, member.is_told) = (false, false, false);
            }
        }
        self.renewals.forget();
    }

    fn restart<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        if let Checks::Leases(_) = self.settings.checks {
            self.opens = env.now() + WAITS_WHEN_EMPTY;
        }
        self.start(env);
        // Who watches does so again, and is told what has changed.
        for service in &self.services {
            for page in 0..service.count.div_ceil(u64::BITS) {
                self.push(service, page, env);
            }
        }
    }
}

impl Registry {
    /// Does anybody register here?
    fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    // -- who is there --------------------------------------------------------------------------------

    fn place_of(&self, instance: InstanceId) -> usize {
        let of = |service: &&Service| {
            (0..service.count).contains(&instance.0.wrapping_sub(service.first.0))
        };
        let service = self.services.iter().find(of).expect("only members say so");
        service.at + (instance.0 - service.first.0) as usize
    }

    /// An instance says that it is there: it registers, or stays.
    fn renewed<P: Probe>(&mut self, place: usize, incarnation: u32, env: &mut Env<'_, '_, P>) {
        let member = &mut self.members[place];
        if incarnation < member.incarnation {
            return;
        }
        let is_new = !member.is_registered || incarnation > member.incarnation;
        (member.incarnation, member.is_registered) = (incarnation, true);
        match &self.settings.checks {
            Checks::Leases(leases) => {
                let (leases, is_listed) = (leases.clone(), member.is_listed);
                self.renew_lease(place, &leases, is_new, env.now());
                if !is_listed {
                    self.list(place, true, env);
                }
            }
            Checks::Probes(_) if is_new => {
                (member.failures, member.successes, member.failing) = (0, 0, None);
                self.list(place, false, env);
            }
            Checks::Probes(_) => {}
        }
    }

    /// An instance goes, or has gone, and somebody says so.
    fn left<P: Probe>(&mut self, place: usize, incarnation: u32, env: &mut Env<'_, '_, P>) {
        let member = &self.members[place];
        if member.is_registered && incarnation >= member.incarnation {
            self.remove(place, env);
        }
    }

    /// It is to register again.
    fn remove<P: Probe>(&mut self, place: usize, env: &mut Env<'_, '_, P>) {
        self.members[place].is_registered = false;
        self.renewals.expects_one_less();
        self.list(place, false, env);
    }

    /// It is listed from now on, or not.
    fn list<P: Probe>(&mut self, place: usize, is_listed: bool, env: &mut Env<'_, '_, P>) {
        let member = &mut self.members[place];
        if std::mem::replace(&mut member.is_listed, is_listed) == is_listed {
            return;
        }
        let (instance, service) = (member.instance, member.service);
        env.fact(Fact::Listed { instance, is_listed });
        let service = &self.services[service];
        self.push(service, (instance.0 - service.first.0) / u64::BITS, env);
    }

    // -- what callers are told -------------------------------------------------------------------------

    /// What callers are told is brought up to date.
    fn refresh<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        for member in &mut self.members {
            member.is_told = member.is_listed;
        }
        self.told_at = Some(env.now());
        if let Spread::Fetched { cache: Some(period), .. } = self.settings.spread {
            env.wait(period, Due::Refresh(self.incarnation));
        }
    }

    /// A caller asks who is there of those that it calls.
    fn tell<P: Probe>(&self, caller: InstanceId, env: &mut Env<'_, '_, P>) {
        if env.now() < self.opens {
            return;
        }
        let called = env.model.directory.called_by(env.model.node_of(caller));
        for service in self.services.iter().filter(|service| called.contains(&service.node)) {
            for page in 0..service.count.div_ceil(u64::BITS) {
                env.send(caller, &Op::NONE, self.page(service, page, env.now()));
            }
        }
    }

    /// Everybody who calls it, and is told of changes, is told who is there of 64 instances.
    fn push<P: Probe>(&self, service: &Service, page: u32, env: &mut Env<'_, '_, P>) {
        let page = self.page(service, page, env.now());
        let Spread::Pushed { after } = &self.settings.spread else { return };
        for watcher in &service.watchers {
            match after {
                Some(after) => env.send_along(after, *watcher, &Op::NONE, page),
                None => env.send(*watcher, &Op::NONE, page),
            }
        }
    }

    /// Who is there of 64 instances of a service.
    fn page(&self, service: &Service, page: u32, now: Time) -> Frame {
        let from = page * u64::BITS;
        let to = service.count.min(from + u64::BITS);
        let members = &self.members[service.at + from as usize..service.at + to as usize];
        let is_there = |member: &Member| match self.told_at {
            Some(_) => member.is_told,
            None => member.is_listed,
        };
        let bits = (0..).zip(members).filter(|(_, member)| is_there(member));
        Frame::Listed {
            first: InstanceId(service.first.0 + from),
            bits: bits.fold(0, |bits, (bit, _)| bits | 1 << bit),
            at: self.told_at.unwrap_or(now),
        }
    }
}

impl Member {
    /// It is there, and has been.
    fn new(instance: InstanceId, service: usize) -> Self {
        Self {
            instance,
            service,
            incarnation: 0,
            is_registered: true,
            is_listed: true,
            is_told: true,
            expires: Time::ZERO,
            probes: 0,
            is_asked: false,
            failures: 0,
            successes: 0,
            failing: None,
        }
    }
}
