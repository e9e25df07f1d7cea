//! A queue that is not simply first in, first out: whoever has the best turn goes first, and what
//! waits can leave from the middle.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::in_service::Amount;
use super::slab::{Handle, Slab};

/// Whose turn it is: the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    /// The class, 0 the best.
    pub class: u8,
    /// What was interrupted goes before what has not begun.
    pub is_new: bool,
    /// Among those of one class; no two are equal.
    pub order: u64,
}

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The task.
    pub task: Handle,
    /// What is left of its work if it was interrupted.
    pub left: Option<Amount>,
    /// Has nobody begun with the request? Only then it may be given up.
    pub is_fresh: bool,
}

/// The queue. Places are named by handles of its own, so that a task which waits once more is told
/// apart from its earlier wait.
#[derive(Clone, Debug, Default)]
pub struct WaitQueue {
    waits: Slab<Wait>,
    /// By turn; what has left stays in it until it is found or outnumbers the others.
    turns: BinaryHeap<Reverse<(Turn, Handle)>>,
}

impl WaitQueue {
    /// Joins the queue; says where.
    pub fn join(&mut self, turn: Turn, wait: Wait) -> Handle {
        let place = self.waits.insert(wait);
        self.turns.push(Reverse((turn, place)));
        place
    }

    /// Leaves the queue from this place, if it is still there.
    pub fn leave(&mut self, place: Handle) -> Option<Wait> {
        let wait = self.waits.remove(place)?;
        if self.turns.len() > 2 * self.waits.len() + 16 {
            self.turns.retain(|Reverse((_, place))| self.waits.get(*place).is_some());
        }
        Some(wait)
    }

    /// The task leaves the queue, wherever it is. Says whether it was there.
    pub fn leave_by_task(&mut self, task: Handle) -> bool {
        let waits = |place: &Handle| self.waits.get(*place).is_some_and(|wait| wait.task == task);
        let place = self.turns.iter().map(|Reverse((_, place))| *place).find(waits);
        place.is_some_and(|place| self.leave(place).is_some())
    }

    /// Does anybody wait at this place?
    pub fn has(&self, place: Handle) -> bool {
        self.waits.get(place).is_some()
    }

    /// The best turn of all that wait.
    pub fn first(&mut self) -> Option<Turn> {
        while let Some(Reverse((turn, place))) = self.turns.peek() {
            if self.waits.get(*place).is_some() {
                return Some(*turn);
            }
            self.turns.pop();
        }
        None
    }

    /// Takes whoever has the best turn, and says which turn that was.
    pub fn take(&mut self) -> Option<(Turn, Wait)> {
        let turn = self.first()?;
        let Reverse((_, place)) = self.turns.pop()?;
        self.waits.remove(place).map(|wait| (turn, wait))
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waits.len()
    }

    /// Does nobody?
    pub fn is_empty(&self) -> bool {
        self.waits.is_empty()
    }

    /// A crash.
    pub fn forget(&mut self) {
        self.waits.drain();
        self.turns.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(class: u8, order: u64) -> Turn {
        Turn { class, is_new: true, order }
    }

    fn wait(tasks: &mut Slab<u32>, name: u32) -> Wait {
        Wait { task: tasks.insert(name), left: None, is_fresh: true }
    }

    fn names(queue: &mut WaitQueue, tasks: &Slab<u32>) -> Vec<u32> {
        let taken = std::iter::from_fn(|| queue.take());
        taken.map(|(_, wait)| *tasks.get(wait.task).expect("it is named")).collect()
    }

    #[test]
    fn classes_go_before_order_and_the_interrupted_before_the_new() {
        let (mut queue, mut tasks) = (WaitQueue::default(), Slab::default());
        for (name, turn) in [(1, turn(1, 1)), (2, turn(1, 2)), (3, turn(0, 3))] {
            queue.join(turn, wait(&mut tasks, name));
        }
        queue.join(Turn { is_new: false, ..turn(1, 4) }, wait(&mut tasks, 4));
        assert_eq!(names(&mut queue, &tasks), [3, 4, 1, 2]);
        assert!(queue.is_empty());
    }

    #[test]
    fn who_leaves_is_not_taken_and_its_place_is_nobodys() {
        let (mut queue, mut tasks) = (WaitQueue::default(), Slab::default());
        let places: Vec<_> = (0..4u8)
            .map(|name| queue.join(turn(0, name.into()), wait(&mut tasks, name.into())))
            .collect();
        assert!(queue.leave(places[0]).is_some() && queue.leave(places[2]).is_some());
        assert!(queue.leave(places[0]).is_none() && !queue.has(places[0]) && queue.has(places[1]));
        assert_eq!((queue.len(), queue.first()), (2, Some(turn(0, 1))));
        assert_eq!(names(&mut queue, &tasks), [1, 3]);
    }

    #[test]
    fn a_task_leaves_once() {
        let (mut queue, mut tasks) = (WaitQueue::default(), Slab::default());
        let waits = [0, 1, 2].map(|name| wait(&mut tasks, name));
        for (order, wait) in waits.iter().enumerate() {
            queue.join(turn(0, order as u64), *wait);
        }
        assert!(queue.leave_by_task(waits[1].task) && !queue.leave_by_task(waits[1].task));
        assert_eq!(names(&mut queue, &tasks), [0, 2]);
        assert!(!queue.leave_by_task(waits[0].task));
    }

    #[test]
    fn those_who_left_do_not_pile_up_behind_those_who_go_first() {
        let (mut queue, mut tasks) = (WaitQueue::default(), Slab::default());
        for order in (0..10_000).rev() {
            let place = queue.join(turn(0, order), wait(&mut tasks, 0));
            queue.join(turn(0, order + 20_000), wait(&mut tasks, 0));
            queue.leave(place);
            queue.take();
        }
        assert!(queue.is_empty() && queue.turns.len() < 64, "{}", queue.turns.len());
    }
}
