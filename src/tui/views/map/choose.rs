//! Which card or link the selection goes to: the nearest one that way.

use ratatui::layout::Rect;

use crate::tui::place::Thing;

/// Something that can be selected, and where it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spot {
    /// What.
    pub thing: Thing,
    /// Where.
    pub area: Rect,
}

/// Where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Left.
    Left,
    /// Right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
}

/// The next spot that way, if there is one; from nothing, the first.
pub(super) fn next(spots: &[Spot], from: &Thing, way: Way) -> Option<Thing> {
    let Some(here) = spots.iter().find(|spot| spot.thing == *from) else {
        return spots.first().map(|spot| spot.thing.clone());
    };
    let (x, y) = middle(here.area);
    let reach = |spot: &&Spot| {
        let (dx, dy) = (middle(spot.area).0 - x, middle(spot.area).1 - y);
        let (along, aside) = match way {
            Way::Left => (-dx, dy.abs()),
            Way::Right => (dx, dy.abs()),
            Way::Up => (-dy, dx.abs()),
            Way::Down => (dy, dx.abs()),
        };
        // What lies rather aside than that way comes last.
        (along > 0).then_some((aside > 2 * along, along + 2 * aside))
    };
    let there = spots.iter().filter(|spot| spot.thing != *from && reach(spot).is_some());
    there.min_by_key(|spot| reach(spot)).map(|spot| spot.thing.clone())
}

/// Of an area, in halves of a column; a row is as high as two columns are wide.
fn middle(area: Rect) -> (i32, i32) {
    let x = 2 * i32::from(area.x) + i32::from(area.width);
    let y = 2 * (2 * i32::from(area.y) + i32::from(area.height));
    (x, y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NodeIx;

    fn spot(node: u16, x: u16, y: u16) -> Spot {
        Spot { thing: Thing::Node(NodeIx(node)), area: Rect::new(x, y, 10, 4) }
    }

    #[test]
    fn the_selection_goes_to_the_nearest_that_way_and_nowhere_if_there_is_none() {
        let spots = [spot(0, 0, 8), spot(1, 20, 8), spot(2, 40, 0), spot(3, 40, 16)];
        let to = |from: u16, way: Way| next(&spots, &Thing::Node(NodeIx(from)), way);
        assert_eq!(to(0, Way::Right), Some(Thing::Node(NodeIx(1))));
        assert_eq!(to(0, Way::Left), None);
        assert_eq!(to(2, Way::Down), Some(Thing::Node(NodeIx(3))));
        assert_eq!(to(3, Way::Left), Some(Thing::Node(NodeIx(1))));
        assert_eq!(next(&spots, &Thing::Nothing, Way::Up), Some(Thing::Node(NodeIx(0))));
    }
}
