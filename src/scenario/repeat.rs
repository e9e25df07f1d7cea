//! `Repeat`: the same steps so many times in a row, or (`again`) after each time only perhaps once more,
//! which is unrolled here into a `Maybe` within a `Maybe`. Refuses to know what is repeated.

use super::codes::Code;
use super::flow_check::MAX_STEPS;
use super::flows::Scene;
use super::reader::Reader;
use super::source::Extent;
use super::syntax::Value;
use super::tree::Step;

/// A `Repeat` counts so far, as does an `All`, ...
pub(super) const MAX_TIMES: u32 = 10_000;
/// ... and so far where each time is a chance.
const MAX_AGAIN: u32 = 64;
/// In all flows together so many steps are written out once more for each time.
const MAX_WRITTEN_OUT: usize = 200_000;

impl<'a> Reader<'a> {
    /// `Repeat(times, steps, again:)`. `sites` gets the place of each step in pre-order.
    pub(super) fn repeat(
        &mut self,
        value: &'a Value,
        scene: Scene,
        sites: &mut Vec<Extent>,
    ) -> Option<Step> {
        let fields = self.fields(value, "Repeat", 2, &["times", "steps", "again"])?;
        let again = self.maybe(&fields, "again", Self::ratio)?;
        let most = if again.is_some() { MAX_AGAIN } else { MAX_TIMES };
        let times = self.must(&fields, "times", |reader, value| reader.count(value, 0..=most));
        // What is repeated never is nothing, and nested words multiply.
        let all = scene.times.saturating_mul(times.unwrap_or(1).max(1));
        if all > MAX_TIMES {
            let message = format!(
                "with the `Repeat`s around it this is done {all} times, and at most {MAX_TIMES}"
            );
            self.wrong(Code::OutOfRange, fields.head, message)
                .help("repeat less often, or in one `Repeat` instead of nested ones");
            return None;
        }
        let before = sites.len();
        let steps = self.body(&fields, Scene { times: all, ..scene }, sites);
        let (times, steps) = (times?, steps?);
        self.check_repeat(times, &steps, fields.head);
        let Some(again) = again.filter(|_| times > 0) else {
            return Some(Step::Repeat(times, steps));
        };
        let inner = sites.split_off(before);
        self.write_out(inner.len(), times as usize, fields.head)?;
        sites.extend(&inner);
        for _ in 1..times {
            sites.push(fields.head);
            sites.extend(&inner);
        }
        Some(Step::Repeat(1, once_more(times - 1, &steps, again)))
    }

    /// So many steps are about to be written out so many times, unless that is more than a flow, or all
    /// of them, can be asked for.
    pub(super) fn write_out(&mut self, steps: usize, times: usize, at: Extent) -> Option<()> {
        let more = steps.saturating_mul(times);
        let before = self.known.written_out;
        self.known.written_out = before.saturating_add(more);
        let message = if more > MAX_STEPS as usize {
            format!("this unrolls into {more} steps, more than {MAX_STEPS}")
        } else if before > MAX_WRITTEN_OUT {
            // That was said where it came about.
            return None;
        } else if self.known.written_out > MAX_WRITTEN_OUT {
            format!("with this, all flows repeat more than {MAX_WRITTEN_OUT} steps")
        } else {
            return Some(());
        };
        self.wrong(Code::OutOfRange, at, message).help("do it fewer times, or less in each");
        None
    }
}

/// These steps, and up to so many times more with this probability each.
fn once_more(times: u32, steps: &[Step], again: f64) -> Vec<Step> {
    let mut all = steps.to_vec();
    if times > 0 {
        all.push(Step::Maybe(again, once_more(times - 1, steps, again)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dist;

    #[test]
    fn each_time_may_be_the_last() {
        let work = || Step::Work(Dist::Const(1.0));
        let last = Step::Maybe(0.3, vec![work()]);
        let second = Step::Maybe(0.3, vec![work(), last]);
        assert_eq!(once_more(2, &[work()], 0.3), [work(), second]);
        assert_eq!(once_more(0, &[work()], 0.3), [work()]);
    }
}
