//! Leases in the manner of Netflix Eureka (1.x): an instance is listed while it renews its lease.
//!
//! From its source (`com.netflix.eureka` of Netflix/eureka):
//!
//! * `lease.Lease`: a registration lasts `duration` (90 s). `renew()` sets `lastUpdateTimestamp` to now
//!   plus `duration`, and `isExpired` adds `duration` to it once more: a renewed lease lasts 180 s. The
//!   comment there owns up to the mistake, which stays for the sake of its users (`lease_twice`).
//! * `registry.AbstractInstanceRegistry.evict`: run every 60 s (`evictionIntervalTimerInMs`), evicts at
//!   most the registry's size less the whole part of 85 % of it (`renewalPercentThreshold`), drawn at
//!   random from the expired leases; the others wait for the next run.
//! * `registry.PeerAwareInstanceRegistryImpl.isLeaseExpirationEnabled`: with self-preservation nothing is
//!   evicted unless the renewals of the last whole minute (`MeasuredRate`) were more than expected: the
//!   whole part of the clients, times renewals a minute, times 85 %. Registrations count clients up,
//!   cancellations and evictions down; every 15 minutes they are counted anew, unless there are
//!   suddenly as few as 85 %.
//!
//! The expected renewals a minute follow from `heartbeat` (`expectedClientRenewalIntervalSeconds` is a
//! setting of its own there). Left out: the compensation for late runs of the evictor, as virtual time
//! has none.

use super::due::Due;
use super::instance::phase;
use super::{Member, Registry};
use crate::base::{Span, Stream, Time};
use crate::nodes::env::Env;
use crate::probes::Probe;
use crate::scenario::tree::{Checks, Leases};

const MINUTE: Span = Span(60_000_000_000);
/// `renewalThresholdUpdateIntervalMs`.
const COUNTS_ANEW: Span = Span(15 * MINUTE.0);

/// What self-preservation looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Renewals {
    /// `expectedNumberOfClientsSendingRenews`.
    clients: u64,
    /// Renewals in the minute that runs, and in the last whole one.
    now: u64,
    last: u64,
    /// Minutes end so long after those of the clock.
    offset: Span,
    /// Which minute runs.
    minute: u64,
    /// When the clients are counted anew.
    counts: Time,
    /// The first run of the evictor, at the end of a minute.
    first_run: Span,
}

impl Renewals {
    /// Of so many clients that have long been there.
    pub(super) fn new(checks: &Checks, clients: usize, chance: &mut Stream) -> Self {
        let mut renewals = Self {
            clients: clients as u64,
            now: 0,
            last: 0,
            offset: Span::ZERO,
            minute: 0,
            counts: Time::ZERO + COUNTS_ANEW,
            first_run: Span::ZERO,
        };
        if let Checks::Leases(leases) = checks {
            renewals.first_run = phase(leases.evict_every, chance);
            renewals.offset = Span(renewals.first_run.0 % MINUTE.0);
            // What came in the minute that ends then, before the run began.
            let gone = MINUTE.0 - renewals.offset.0;
            let renewed = |span: u64| renewals.clients * span / leases.heartbeat.0;
            (renewals.now, renewals.last) = (renewed(gone), renewed(MINUTE.0));
        }
        renewals
    }

    /// Nothing is known any more.
    pub(super) fn forget(&mut self) {
        (self.clients, self.now, self.last) = (0, 0, 0);
    }

    pub(super) fn expects_one_less(&mut self) {
        self.clients = self.clients.saturating_sub(1);
    }

    /// A new client is expected to renew; where none was, it is noticed at the next count only.
    fn expects_one_more(&mut self) {
        self.clients += u64::from(self.clients > 0);
    }

    fn renewed(&mut self, now: Time) {
        self.turn(now);
        self.now += 1;
    }

    /// Ends the minutes that are over.
    fn turn(&mut self, now: Time) {
        let minute = (now.0 + MINUTE.0 - self.offset.0) / MINUTE.0;
        if minute > self.minute {
            self.last = if minute == self.minute + 1 { self.now } else { 0 };
            (self.now, self.minute) = (0, minute);
        }
    }

    /// Did more come in the last minute than have to?
    fn suffice(&mut self, leases: &Leases, now: Time) -> bool {
        self.turn(now);
        let per_minute = MINUTE.as_secs() / leases.heartbeat.as_secs();
        let least = (self.clients as f64 * per_minute * leases.renewal_threshold) as u64;
        least > 0 && self.last > least
    }

    /// Counts the clients anew if it is time to.
    fn count_anew(&mut self, leases: &Leases, clients: u64, now: Time) {
        if now < self.counts {
            return;
        }
        self.counts += COUNTS_ANEW;
        let are_enough = clients as f64 > leases.renewal_threshold * self.clients as f64;
        if are_enough || !leases.self_preservation {
            self.clients = clients;
        }
    }
}

/// How long a renewed lease lasts.
pub(super) fn renewed(leases: &Leases) -> Span {
    if leases.doubled { leases.lease + leases.lease } else { leases.lease }
}

impl Registry {
    /// The evictor's first run, or the first probes.
    pub(super) fn start_checks<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        match &self.settings.checks {
            Checks::Leases(leases) => {
                let first = if self.incarnation == 0 {
                    self.renewals.first_run
                } else {
                    leases.evict_every
                };
                env.wait(first, Due::Sweep(self.incarnation));
            }
            Checks::Probes(_) => self.start_probes(env),
        }
    }

    /// A registration or a renewal.
    pub(super) fn renew_lease(&mut self, place: usize, leases: &Leases, is_new: bool, now: Time) {
        let member = &mut self.members[place];
        member.expires = now + if is_new { leases.lease } else { renewed(leases) };
        match (is_new, member.is_listed) {
            (true, false) => self.renewals.expects_one_more(),
            (true, true) => {}
            (false, _) => self.renewals.renewed(now),
        }
    }

    /// Is it so that too few renew for anybody to be struck off?
    pub(super) fn preserves(&self, now: Time) -> bool {
        let Checks::Leases(leases) = &self.settings.checks else { return false };
        let mut renewals = self.renewals;
        leases.self_preservation && !renewals.suffice(leases, now)
    }

    /// Looks for those that were silent for too long.
    pub(super) fn sweep<P: Probe>(&mut self, env: &mut Env<'_, '_, P>) {
        match self.settings.checks.clone() {
            Checks::Leases(leases) => {
                self.evict(&leases, env);
                env.wait(leases.evict_every, Due::Sweep(self.incarnation));
            }
            Checks::Probes(probes) => self.reap(&probes, env),
        }
    }

    /// One run of the evictor.
    fn evict<P: Probe>(&mut self, leases: &Leases, env: &mut Env<'_, '_, P>) {
        let now = env.now();
        let size = self.members.iter().filter(|member| member.is_registered).count();
        self.renewals.count_anew(leases, size as u64, now);
        if leases.self_preservation && !self.renewals.suffice(leases, now) {
            return;
        }
        let spared = (size as f64 * leases.renewal_threshold) as usize;
        let is_over = |member: &Member| member.is_registered && member.expires < now;
        let members = self.members.iter().enumerate();
        let mut expired: Vec<usize> =
            members.filter(|(_, member)| is_over(member)).map(|(place, _)| place).collect();
        for turn in 0..expired.len().min(size - spared) {
            let left = (expired.len() - turn) as u64;
            expired.swap(turn, turn + self.chance.below(left) as usize);
            self.remove(expired[turn], env);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn leases() -> Leases {
        Leases {
            heartbeat: Span(30 * SECOND),
            lease: Span(90 * SECOND),
            doubled: true,
            evict_every: Span(60 * SECOND),
            self_preservation: true,
            renewal_threshold: 0.85,
        }
    }

    fn renewals(clients: usize) -> Renewals {
        let mut chance = Stream::new(1, "registry", "test", 0);
        Renewals {
            offset: Span::ZERO,
            now: 0,
            ..Renewals::new(&Checks::Leases(leases()), clients, &mut chance)
        }
    }

    /// Do so many renewals in each of the last minutes suffice for 100 clients?
    fn suffices(in_a_minute: u64) -> bool {
        let mut renewals = renewals(100);
        for at in 0..2 * in_a_minute {
            renewals.renewed(Time(at * 60 * SECOND / in_a_minute));
        }
        renewals.suffice(&leases(), Time(120 * SECOND))
    }

    #[test]
    fn more_than_170_renewals_a_minute_are_expected_of_100_clients() {
        assert_eq!([200, 172, 171, 170, 100].map(suffices), [true, true, true, false, false]);
    }

    #[test]
    fn a_minute_without_renewals_counts_none() {
        let mut renewals = renewals(1);
        for at in 0..2 {
            renewals.renewed(Time(at * SECOND));
        }
        assert!(renewals.suffice(&leases(), Time(60 * SECOND)));
        assert!(!renewals.suffice(&leases(), Time(120 * SECOND)));
        assert!(!renewals.suffice(&leases(), Time(600 * SECOND)));
    }

    #[test]
    fn clients_are_counted_anew_unless_they_are_suddenly_few() {
        let counted = |clients| {
            let mut renewals = renewals(100);
            renewals.count_anew(&leases(), clients, Time(900 * SECOND - 1));
            assert_eq!(renewals.clients, 100);
            renewals.count_anew(&leases(), clients, Time(900 * SECOND));
            renewals.clients
        };
        assert_eq!([120, 86, 85].map(counted), [120, 86, 100]);
    }
}
