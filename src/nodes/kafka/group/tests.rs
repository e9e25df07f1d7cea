//! Members, sessions, rebalances and shares of one group, event by event.

use super::super::assignor::range;
use super::*;

const TIMEOUT: Span = Span(100);

fn group(is_static: bool) -> Group {
    that(is_static, Protocol::Eager, Span::ZERO)
}

fn that(is_static: bool, protocol: Protocol, initial_delay: Span) -> Group {
    let (session_timeout, rebalance_timeout) = (TIMEOUT, Span(1_000));
    let settings =
        Settings { protocol, session_timeout, rebalance_timeout, initial_delay, is_static };
    Group::new(InstanceId(5), &[1, 2, 3], settings)
}

fn owners(group: &Group, partitions: u32) -> Vec<u32> {
    (0..partitions).filter_map(|partition| range(group.shares(), partition, partitions)).collect()
}

#[test]
fn ranges_are_consecutive_and_the_first_ones_longer() {
    // Kafka's documentation of RangeAssignor: "if the number of partitions is not divisible,
    // the first consumers have one more".
    let mut group = group(false);
    assert_eq!(owners(&group, 7), [0, 0, 0, 1, 1, 2, 2]);
    assert_eq!(owners(&group, 2), [0, 1], "more members than partitions: one idles");
    group.heartbeat(0, Time(50));
    group.heartbeat(2, Time(50));
    assert_eq!(group.expire(Time(100), true), Consequence::Rebalance(Time(100)));
    group.share_out();
    assert_eq!(owners(&group, 5), [0, 0, 0, 2, 2]);
    group.expire(Time(150), true);
    group.share_out();
    assert_eq!(range(group.shares(), 0, 5), None, "nobody is left");
}

#[test]
fn a_session_lives_until_its_timeout_and_no_longer() {
    let mut group = group(false);
    for at in 0..3 {
        group.heartbeat(at, Time(10));
    }
    assert_eq!(group.next_end(), Some(Time(110)));
    assert_eq!(group.expire(Time(110), false), Consequence::None);
    assert_eq!(group.heartbeat(1, Time(110)), Consequence::None, "in time");
    assert_eq!(group.expire(Time(110), true), Consequence::Rebalance(Time(110)));
    assert_eq!(group.heartbeat(1, Time(111)), Consequence::None);
    assert_eq!(
        group.heartbeat(0, Time(111)),
        Consequence::Rebalance(Time(111)),
        "late: it joins again"
    );
}

#[test]
fn a_stranger_waits_for_the_old_session_and_a_static_member_does_not() {
    let (mut dynamic, mut fixed) = (group(false), group(true));
    assert_eq!(dynamic.join(1, 1, Time(30)), Consequence::Rebalance(Time(30)));
    dynamic.begin(Time(30));
    assert_eq!(dynamic.next_end(), Some(Time(100)));
    for at in 0..3 {
        dynamic.heartbeat(at, Time(90));
    }
    assert!(!dynamic.have_joined(Time(0)));
    assert_eq!(dynamic.expire(Time(100), true), Consequence::Rebalance(Time(100)));
    assert!(dynamic.have_joined(Time(0)));

    assert_eq!(fixed.join(1, 1, Time(30)), Consequence::Resumes);
}

#[test]
fn a_rebalance_waits_for_the_heartbeats_of_all_members_and_no_longer_than_it_may() {
    let mut group = group(false);
    group.begin(Time(50));
    assert!(!group.have_joined(Time(0)));
    for (at, now) in [(0, 50), (2, 60)] {
        group.heartbeat(at, Time(now));
    }
    assert!(!group.have_joined(Time(0)), "one has not been heard of");
    group.expire(Time(100), true);
    assert!(group.have_joined(Time(0)), "its session is over");
    group.heartbeat(1, Time(900));
    group.begin(Time(900));
    assert!(group.have_joined(Time(0)), "it is one rebalance, since 50");
    assert!(!group.is_overdue(Time(1_049)) && group.is_overdue(Time(1_050)));
    group.expel(&[2]);
    assert_eq!([0, 1, 2].map(|at| group.is_enrolled(at)), [true, true, false]);
}

#[test]
fn a_member_that_leaves_is_no_member_at_once_unless_it_is_static() {
    for (is_static, consequence) in
        [(false, Consequence::Rebalance(Time(30))), (true, Consequence::None)]
    {
        let mut group = group(is_static);
        group.close(1, 0, Time(20));
        assert!(!group.reaches(1) && group.is_enrolled(1), "it finishes what it holds");
        assert_eq!(group.closing().collect::<Vec<_>>(), [1]);
        assert_eq!(group.leave(1, Time(30)), consequence);
        assert_eq!((group.is_enrolled(1), group.closing().count()), (is_static, 0));
        assert_eq!(group.heartbeat(1, Time(40)), Consequence::None, "one that was under way");
        assert_eq!(group.is_enrolled(1), is_static);
    }
}

#[test]
fn after_its_session_has_ended_either_joins_at_once() {
    for is_static in [false, true] {
        let mut group = group(is_static);
        group.expire(Time(100), true);
        assert_eq!(group.join(1, 1, Time(130)), Consequence::Rebalance(Time(130)));
        group.begin(Time(130));
        assert!(group.have_joined(Time(0)));
    }
}

#[test]
fn old_news_of_an_earlier_start_changes_nothing() {
    let mut group = group(true);
    group.join(1, 2, Time(10));
    group.gone(1, 1);
    assert!(group.reaches(1), "the reset of start 1 was overtaken by the join of start 2");
    group.gone(1, 2);
    assert!(!group.reaches(1));
    assert_eq!(
        group.join(1, 2, Time(20)),
        Consequence::None,
        "the join was overtaken by its reset"
    );
    assert_eq!(group.heartbeat(1, Time(20)), Consequence::None);
    assert!(!group.reaches(1));
}
