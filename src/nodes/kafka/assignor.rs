//! Who is to have which partitions: a function of who is there, and of who has what now. Knows no
//! sessions, no rebalances and no records.

/// Who has this one of so many partitions: consecutive ranges in the order of members' ids, the first
/// ones longer (`RangeAssignor`).
pub(super) fn range(members: &[u32], partition: u32, partitions: u32) -> Option<u32> {
    let count = members.len() as u32;
    let (length, longer) = (partitions.checked_div(count)?, partitions % count);
    let in_longer = longer * (length + 1);
    let share = if partition < in_longer {
        partition / (length + 1)
    } else {
        longer + (partition - in_longer) / length
    };
    Some(members[share as usize])
}

/// Who is to have each partition: as evenly as it can be, and else who has it now
/// (`CooperativeStickyAssignor`; `UniformAssignor` of brokers). Where shares cannot be the same, the
/// first members with more keep one more; what is free is dealt out in the order of members' ids.
pub(super) fn sticky(members: &[u32], owners: &[Option<u32>]) -> Vec<Option<u32>> {
    let Some(least) = owners.len().checked_div(members.len()) else {
        return vec![None; owners.len()];
    };
    let mut with_more = owners.len() % members.len();
    let mut shares = vec![0; members.len()];
    let mut dealt: Vec<Option<u32>> = vec![None; owners.len()];
    for (share, member) in shares.iter_mut().zip(members) {
        let mut owned: Vec<usize> = positions(owners, *member);
        let has_more = with_more > 0 && owned.len() > least;
        with_more -= usize::from(has_more);
        owned.truncate(least + usize::from(has_more));
        *share = owned.len();
        for at in owned {
            dealt[at] = Some(*member);
        }
    }
    let mut next = 0;
    for place in dealt.iter_mut().filter(|place| place.is_none()) {
        let takes = |share: usize| share < least || (share == least && with_more > 0);
        // Whoever has less than everybody comes before whoever gets one more.
        let is_short = shares.iter().any(|share| *share < least);
        while !takes(shares[next]) || (is_short && shares[next] >= least) {
            next = (next + 1) % members.len();
        }
        with_more -= usize::from(shares[next] == least);
        shares[next] += 1;
        *place = Some(members[next]);
        next = (next + 1) % members.len();
    }
    dealt
}

fn positions(owners: &[Option<u32>], member: u32) -> Vec<usize> {
    (0..owners.len()).filter(|at| owners[*at] == Some(member)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(members: &[u32], dealt: &[Option<u32>]) -> Vec<usize> {
        members.iter().map(|member| positions(dealt, *member).len()).collect()
    }

    #[test]
    fn a_fourth_member_is_given_three_of_twelve_and_nothing_else_moves() {
        // KIP-429, the case that range assignment is held against.
        let first = sticky(&[0, 1, 2], &[None; 12]);
        assert_eq!(of(&[0, 1, 2], &first), [4, 4, 4]);
        let second = sticky(&[0, 1, 2, 3], &first);
        let moved = (0..12).filter(|at| first[*at] != second[*at]).count();
        assert_eq!((moved, of(&[0, 1, 2, 3], &second)), (3, vec![3; 4]));
    }

    #[test]
    fn who_goes_leaves_its_share_to_the_others() {
        let first = sticky(&[7, 5, 6], &[None; 7]);
        assert_eq!(of(&[7, 5, 6], &first), [3, 2, 2]);
        let without: Vec<_> = first.iter().map(|it| it.filter(|it| *it != 7)).collect();
        let second = sticky(&[5, 6], &without);
        let kept = (0..7).filter(|at| without[*at].is_some());
        assert!(kept.into_iter().all(|at| first[at] == second[at]));
        assert_eq!(of(&[5, 6], &second), [4, 3]);
        assert_eq!(sticky(&[], &first), [None; 7], "nobody is left");
    }

    proptest! {
        /// Shares are even, nobody who is gone has anything, nobody gives up more than it must, and a
        /// second time nothing moves.
        #[test]
        fn shares_are_even_and_sticky(
            owners in prop::collection::vec(prop::option::of(0..9u32), 0..40),
            count in 1..8u32,
        ) {
            let members: Vec<u32> = (0..count).rev().collect();
            let dealt = sticky(&members, &owners);
            let shares = of(&members, &dealt);
            let (least, most) = (owners.len() / members.len(), owners.len().div_ceil(members.len()));
            prop_assert!(shares.iter().all(|share| (least..=most).contains(share)));
            prop_assert_eq!(shares.iter().sum::<usize>(), owners.len());
            for (member, share) in members.iter().zip(of(&members, &owners)) {
                let kept = (0..owners.len())
                    .filter(|at| owners[*at] == Some(*member) && dealt[*at] == Some(*member));
                let kept = kept.count();
                prop_assert!(kept == share || kept >= least);
            }
            prop_assert_eq!(sticky(&members, &dealt), dealt);
        }
    }
}
