//! When customers come. An open client never waits for answers; what is drawn here comes from a
//! stream of its own, so that all designs see the same arrivals. Knows no journeys.

use super::due::Due;
use super::{Client, settings};
use crate::base::{Span, Time, math};
use crate::engine::Class;
use crate::model::{Model, NodeIx};
use crate::nodes::behaviour::Tables;
use crate::nodes::env::Env;
use crate::probes::Probe;
use crate::scenario::tree::{Arrivals, Client as Settings, Rates};

/// Longer than any run.
const NEVER: Span = Span(u64::MAX);

/// The next arrival, and what it was foreseen from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    /// When it comes; whoever comes at another time is no longer expected.
    due: Time,
    /// The one before it.
    since: Time,
    /// So many arrivals are expected, by the rate as it changes, from the one to the other.
    expected: f64,
}

impl Next {
    /// Nobody is expected.
    pub(super) const NOBODY: Self = Self { due: Time::ZERO, since: Time::ZERO, expected: 1.0 };

    /// Is it then that somebody comes?
    #[inline]
    pub(super) fn is_at(self, now: Time) -> bool {
        self.due == now
    }
}

/// What rates of arrivals depend on: time, and surges.
struct Forecast<'a> {
    per_s: &'a Rates,
    model: &'a Model,
    client: NodeIx,
}

impl Forecast<'_> {
    /// The instant after `now` until which so many arrivals are expected, if it ever comes; or, where
    /// that is after `until`, how many are expected from then on.
    fn foresee(&self, mut expected: f64, mut now: Time, until: Time) -> Result<Option<Time>, f64> {
        let (stretches, faults) = (self.per_s.stretches(), &self.model.faults);
        loop {
            let place = stretches.iter().rposition(|it| it.from.0 <= now.0).unwrap_or(0);
            let next = stretches.get(place + 1).map(|next| next.from);
            let slope = stretches[place].slope(next);
            let since = Span(now.0).as_secs() - stretches[place].from.as_secs();
            let factor = faults.rate_factor(self.client, now);
            let line = Line {
                per_s: (stretches[place].per_s + slope * since).max(0.0) * factor,
                slope: slope * factor,
            };
            let change = next.map_or(Time::NEVER, |from| Time(from.0));
            let change =
                change.min(faults.next_rate_change(self.client, now).unwrap_or(Time::NEVER));
            let change = change.min(until);
            let needs_ns = line.needs_ns(expected);
            if change == Time::NEVER || needs_ns <= change.since(now).0 as f64 {
                return Ok(needs_ns.is_finite().then(|| now + Span::from_ns(needs_ns)));
            }
            expected = (expected - line.expected(change.since(now).as_secs())).max(0.0);
            now = change;
            if now == until {
                return Err(expected);
            }
        }
    }
}

/// A rate from an instant on, which grows as a straight line does.
#[derive(Clone, Copy)]
struct Line {
    per_s: f64,
    /// By so much per second, in a second.
    slope: f64,
}

impl Line {
    /// How many are expected in so many seconds.
    fn expected(self, seconds: f64) -> f64 {
        (self.per_s + self.slope * seconds / 2.0) * seconds
    }

    /// After how many nanoseconds so many are expected, if that comes to pass.
    fn needs_ns(self, expected: f64) -> f64 {
        if self.slope == 0.0 {
            return if self.per_s > 0.0 { expected / self.per_s * 1e9 } else { f64::INFINITY };
        }
        let square = self.per_s * self.per_s + 2.0 * self.slope * expected;
        if square < 0.0 {
            return f64::INFINITY;
        }
        let seconds = 2.0 * expected / (self.per_s + square.sqrt());
        if seconds.is_nan() { 0.0 } else { seconds * 1e9 }
    }
}

impl Client {
    /// Sets the timer of the next arrival, which never comes if it is after the end.
    #[expect(clippy::inline_always, reason = "the timer is written once, where it will lie")]
    #[inline(always)]
    pub(super) fn schedule<P: Probe>(&mut self, next: Span, env: &mut Env<'_, '_, P>) {
        self.next.due = env.now() + next;
        if env.now() + next < env.model.arrivals_end() {
            env.ctx.after(next, Class::Timeout, Due::Arrival.into());
        }
    }

    /// How long it is until the next arrival; [`NEVER`] if there is none any more.
    #[expect(clippy::inline_always, reason = "called in one place that is not cold")]
    #[inline(always)]
    pub(super) fn next_arrival<P: Probe>(
        &mut self,
        settings: &Settings,
        env: &Env<'_, '_, P>,
    ) -> Span {
        if let (Some(rate), Some(gap)) = (self.steady_per_s, &mut self.gap) {
            let drawn = math::neg_ln_unit(self.arrivals.next_u64());
            let expected = std::mem::replace(gap, drawn);
            self.next = Next { due: Time::NEVER, since: env.now(), expected };
            return Span::from_ns(expected / rate * 1e9);
        }
        self.next_of(&settings.arrivals, env).map_or(NEVER, |next| next.since(env.now()))
    }

    /// The instant of the next one of arrivals of any kind.
    #[inline(never)]
    fn next_of<P: Probe>(&mut self, arrivals: &Arrivals, env: &Env<'_, '_, P>) -> Option<Time> {
        match arrivals {
            Arrivals::Gaps(gap) => {
                let factor = env.model.faults.rate_factor(env.node(), env.now());
                let gap = gap.sample(self.arrivals.next_u64());
                Some(env.now() + Span::from_ns(gap / factor))
            }
            Arrivals::Poisson(rates) => {
                let drawn = math::neg_ln_unit(self.arrivals.next_u64());
                let expected = match &mut self.gap {
                    Some(gap) => std::mem::replace(gap, drawn),
                    None => drawn,
                };
                self.after_expecting(expected, rates, env)
            }
            Arrivals::Constant(rates) => match rates.only() {
                Some(rate) if !self.is_turned && never_surges(env.model, env.node()) => {
                    self.next = Next { due: Time::NEVER, since: env.now(), expected: 1.0 };
                    Some(Time(Span::from_secs((self.started + 1) as f64 / rate).0))
                }
                _ => self.after_expecting(1.0, rates, env),
            },
            Arrivals::Closed { .. } => None,
        }
    }

    /// The instant until which the rate, as it changes, makes so many arrivals expected.
    fn after_expecting<P: Probe>(
        &mut self,
        expected: f64,
        rates: &Rates,
        env: &Env<'_, '_, P>,
    ) -> Option<Time> {
        self.next = Next { due: Time::NEVER, since: env.now(), expected };
        let rates = Forecast { per_s: rates, model: env.model, client: env.node() };
        rates.foresee(expected, env.now(), Time::NEVER).ok().flatten()
    }

    /// The tables are changed at this instant, before anything happens in it. Says when the next
    /// arrival comes now, if that is another time than it was.
    pub(super) fn rates_change(&mut self, tables: &Tables<'_>) -> Option<Time> {
        let &Tables { before, after, at, me } = tables;
        let client = before.node_of(me);
        let (old, new) = (&settings(before, client).arrivals, &settings(after, client).arrivals);
        self.steady_per_s = steady_per_s(after, client, new);
        if old == new && after.faults.has_surges_of(&before.faults, client) {
            return None;
        }
        self.is_turned = true;
        let (
            Arrivals::Poisson(old) | Arrivals::Constant(old),
            Arrivals::Poisson(new) | Arrivals::Constant(new),
        ) = (old, new)
        else {
            // A gap that was drawn stays as it is: no rate is integrated over it.
            return None;
        };
        if self.next.due <= at {
            return None;
        }
        let old = Forecast { per_s: old, model: before, client };
        let new = Forecast { per_s: new, model: after, client };
        let left = old.foresee(self.next.expected, self.next.since, at).err()?;
        let due = new.foresee(left, at, Time::NEVER).ok().flatten().unwrap_or(Time::NEVER);
        // Later changes go on from here: what was expected before is over.
        self.next = Next { due, since: at, expected: left };
        Some(due)
    }
}

/// The one rate of Poisson arrivals, if there is but one and no surge.
pub(super) fn steady_per_s(model: &Model, client: NodeIx, arrivals: &Arrivals) -> Option<f64> {
    match arrivals {
        Arrivals::Poisson(rates) if never_surges(model, client) => {
            rates.only().filter(|rate| *rate > 0.0)
        }
        _ => None,
    }
}

fn never_surges(model: &Model, client: NodeIx) -> bool {
    let faults = &model.faults;
    faults.next_rate_change(client, Time::ZERO).is_none()
        && faults.rate_factor(client, Time::ZERO) == 1.0
}
