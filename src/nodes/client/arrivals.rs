//! When customers come. An open client never waits for answers; what is drawn here comes from a
//! stream of its own, so that all designs see the same arrivals. Knows no journeys.

use super::Client;
use crate::base::{Span, Time, math};
use crate::engine::Class;
use crate::model::{Model, NodeIx};
use crate::nodes::env::Env;
use crate::nodes::message::Timer;
use crate::probes::Probe;
use crate::scenario::tree::{Arrivals, Client as Settings};

/// Longer than any run.
const NEVER: Span = Span(u64::MAX);

impl Client {
    /// Sets the timer of the next arrival, which never comes if it is after the end.
    #[expect(clippy::inline_always, reason = "the timer is written once, where it will lie")]
    #[inline(always)]
    pub(super) fn schedule<P: Probe>(next: Span, env: &mut Env<'_, '_, P>) {
        if env.now() + next < env.model.arrivals_end() {
            env.ctx.after(next, Class::Timeout, Timer::Arrival);
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
                Self::after_expecting(expected, rates, env)
            }
            Arrivals::Constant(rates) => match rates.as_slice() {
                [(_, rate)] if never_surges(env.model, env.node()) => {
                    Some(Time(Span::from_secs((self.started + 1) as f64 / rate).0))
                }
                _ => Self::after_expecting(1.0, rates, env),
            },
            Arrivals::Closed { .. } => None,
        }
    }

    /// The instant until which the rate, as it changes, makes so many arrivals expected.
    fn after_expecting<P: Probe>(
        mut expected: f64,
        rates: &[(Span, f64)],
        env: &Env<'_, '_, P>,
    ) -> Option<Time> {
        let faults = &env.model.faults;
        let mut now = env.now();
        loop {
            let stretch = rates.iter().rposition(|(from, _)| from.0 <= now.0).unwrap_or(0);
            let rate_per_s = rates[stretch].1 * faults.rate_factor(env.node(), now);
            let change = rates.get(stretch + 1).map_or(Time::NEVER, |(from, _)| Time(from.0));
            let change =
                change.min(faults.next_rate_change(env.node(), now).unwrap_or(Time::NEVER));
            let needs_ns =
                if rate_per_s > 0.0 { expected / rate_per_s * 1e9 } else { f64::INFINITY };
            if change == Time::NEVER || needs_ns <= change.since(now).0 as f64 {
                return needs_ns.is_finite().then(|| now + Span::from_ns(needs_ns));
            }
            expected -= rate_per_s * change.since(now).as_secs();
            now = change;
        }
    }
}

/// The one rate of Poisson arrivals, if there is but one and no surge.
pub(super) fn steady_per_s(model: &Model, client: NodeIx, arrivals: &Arrivals) -> Option<f64> {
    match arrivals {
        Arrivals::Poisson(rates) if rates.len() == 1 && never_surges(model, client) => {
            Some(rates[0].1).filter(|rate| *rate > 0.0)
        }
        _ => None,
    }
}

fn never_surges(model: &Model, client: NodeIx) -> bool {
    let faults = &model.faults;
    faults.next_rate_change(client, Time::ZERO).is_none()
        && faults.rate_factor(client, Time::ZERO) == 1.0
}
