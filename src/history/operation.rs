//! What a client did to a register, as its caller saw it. Nothing is judged here.

/// What a register holds; `None` is "nothing was written yet".
pub type Value = Option<i64>;

/// An operation on one register, with the interval from its call to its return.
///
/// Times are whole numbers of any unit. Intervals are closed: an operation that is called at the
/// very instant at which another returns overlaps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// Who called it.
    pub client: u32,
    /// Which register.
    pub key: u32,
    /// What was asked, and what came back.
    pub action: Action,
    /// When it was called.
    pub call: u64,
    /// When it returned; `None` if nobody knows what came of it: it may have taken effect at any
    /// time after its call, or never.
    pub ret: Option<u64>,
}

/// What was asked, and what came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A read that gave this. (What an unfinished read would have given is of no interest.)
    Read(Value),
    /// A write of this.
    Write(Value),
    /// Compare-and-set.
    Cas {
        /// What was expected.
        from: Value,
        /// What was to be written then.
        to: Value,
        /// Was it as expected? Of no interest if the operation did not finish.
        done: bool,
    },
}

impl Op {
    /// Is it known what came of it?
    pub fn is_known(&self) -> bool {
        self.ret.is_some()
    }

    /// What the register holds after this operation took effect on `value`; `None` if it cannot
    /// have taken effect there.
    pub fn apply(&self, value: Value) -> Option<Value> {
        match self.action {
            Action::Read(seen) => (seen == value || !self.is_known()).then_some(value),
            Action::Write(written) => Some(written),
            Action::Cas { from, to, done } if done || !self.is_known() => {
                (value == from).then_some(to)
            }
            Action::Cas { from, .. } => (value != from).then_some(value),
        }
    }

    /// Can it change the register at all, as far as is known?
    pub fn may_change(&self) -> bool {
        match self.action {
            Action::Read(_) => false,
            Action::Write(_) => true,
            Action::Cas { done, .. } => done || !self.is_known(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(action: Action, ret: Option<u64>) -> Op {
        Op { client: 0, key: 0, action, call: 0, ret }
    }

    #[test]
    fn a_compare_and_set_is_what_came_back() {
        let cas = |done, ret| op(Action::Cas { from: Some(1), to: Some(2), done }, ret);
        assert_eq!(cas(true, Some(9)).apply(Some(1)), Some(Some(2)));
        assert_eq!(cas(true, Some(9)).apply(Some(3)), None);
        assert_eq!(cas(false, Some(9)).apply(Some(1)), None);
        assert_eq!(cas(false, Some(9)).apply(Some(3)), Some(Some(3)));
        assert_eq!(cas(false, None).apply(Some(1)), Some(Some(2)), "who knows");
        assert!(!cas(false, Some(9)).may_change() && cas(false, None).may_change());
    }
}
