//! The silences of one member of a cluster. Others notice one only after some time, and by then the member
//! may be back, or silent anew: so silences have numbers. Knows neither why somebody is silent nor
//! for how long that goes unnoticed.
//!
//! ```text
//! heard of ──begins (1)──▶ silent ──ends──▶ heard of ──begins (2)──▶ silent
//!                │                                          │
//!                └─ timer of 1 ·························▶ stale └─ timer of 2 ──▶ noticed
//! ```

/// Whether a member is silent, and how often it was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silence {
    is_silent: bool,
    number: u32,
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The silence of this number begins.
    Begins(u32),
    /// It is heard of again.
    Ends,
}

impl Silence {
    /// Is it silent?
    pub fn is_silent(self) -> bool {
        self.is_silent
    }

    /// Whoever looks finds it silent, or not; says what that changes.
    pub fn found(&mut self, is_silent: bool) -> Option<Change> {
        if std::mem::replace(&mut self.is_silent, is_silent) == is_silent {
            return None;
        }
        self.number = self.number.wrapping_add(u32::from(is_silent));
        Some(if is_silent { Change::Begins(self.number) } else { Change::Ends })
    }

    /// Does the silence of this number last?
    pub fn lasts(self, number: u32) -> bool {
        self.is_silent && self.number == number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_begins_and_ends_once_however_often_one_looks() {
        let mut member = Silence::default();
        let found = [false, true, true, false, false, true].map(|it| member.found(it));
        let (first, second) = (Some(Change::Begins(1)), Some(Change::Begins(2)));
        assert_eq!(found, [None, first, None, Some(Change::Ends), None, second]);
    }

    #[test]
    fn a_silence_lasts_until_the_member_is_heard_of_and_is_not_the_next_one() {
        let mut member = Silence::default();
        let lasts = |member: Silence| [0, 1, 2].map(|number| member.lasts(number));
        assert_eq!(lasts(member), [false; 3]);
        member.found(true);
        assert_eq!((member.is_silent(), lasts(member)), (true, [false, true, false]));
        member.found(false);
        assert_eq!((member.is_silent(), lasts(member)), (false, [false; 3]));
        member.found(true);
        assert_eq!((member.is_silent(), lasts(member)), (true, [false, false, true]));
    }
}
