//! What holds of every plan: of the shipped scenarios, and of any graph.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use ratatui::layout::{Position, Rect};

use super::graph::{Graph, Node};
use super::plan::{Outline, SIZES};
use super::{Plan, Wiring};
use crate::scenario::tree::Scenario;
use crate::scenario::{find, load};
use crate::tui::widgets::wire::cells;

fn touches(card: Rect, at: Position) -> bool {
    card.y <= at.y && at.y < card.bottom() && (at.x + 1 == card.x || at.x == card.right())
}

fn check(graph: &Graph, plan: &Plan) {
    for (at, card) in plan.cards.iter().enumerate() {
        assert_eq!(card.union(plan.area), plan.area, "within its area");
        assert_eq!(card.width, plan.size.width);
        for other in &plan.cards[at + 1..] {
            assert!(card.intersection(*other).is_empty(), "{card:?} {other:?}");
        }
    }
    for routes in &plan.routes {
        let routes = graph.links().iter().zip(routes).filter(|(_, route)| !route.is_empty());
        let used: Vec<usize> = routes.clone().flat_map(|(link, _)| [link.from, link.to]).collect();
        for (link, route) in routes {
            let cells = cells(route);
            let straight = |pair: &[Position]| pair[0].x == pair[1].x || pair[0].y == pair[1].y;
            assert!(route.windows(2).all(straight), "along rows and columns: {route:?}");
            for at in &cells {
                assert!(plan.area.contains(*at), "within its area");
                for card in &used {
                    let is_met = plan.cards[*card].contains(*at);
                    assert!(!is_met, "{link:?} crosses the card of {card}: {route:?}");
                }
            }
            assert!(touches(plan.cards[link.from], cells[0]), "begins there: {link:?} {route:?}");
            let end = cells.last().expect("it has cells");
            assert!(touches(plan.cards[link.to], *end), "ends there: {link:?} {route:?}");
        }
    }
}

/// The scenario of a file.
pub fn scenario(path: &Path) -> Arc<Scenario> {
    Arc::new(load(path, &[]).expect("it is right").scenario)
}

#[test]
fn the_shipped_scenarios_fit_and_keep_the_laws() {
    for path in find(Path::new("scenarios")).expect("they are there") {
        let wiring = Wiring::of(&scenario(&path));
        let uses: Vec<Vec<bool>> = wiring.designs.iter().map(|it| it.links.clone()).collect();
        let outline = Outline::new(&wiring.graph, &uses);
        for plan in SIZES.iter().filter_map(|size| outline.fit(*size, 133, 34)) {
            check(&wiring.graph, &plan);
        }
        let least = Plan::new(&wiring.graph, 80, 18);
        if let Some(plan) = &least {
            check(&wiring.graph, plan);
        }
        let is_flagship = ["checkout", "transfer"]
            .map(Path::new)
            .iter()
            .any(|it| path.with_extension("") == Path::new("scenarios").join(it));
        assert!(least.is_some() || !is_flagship, "{} has no map at 80 x 24", path.display());
        let wide = Plan::new(&wiring.graph, 200, 54);
        check(&wiring.graph, &wide.expect("all of them fit into a large screen"));
    }
}

prop_compose! {
    fn any_graph()(count in 1..40usize)(
        count in Just(count),
        rows in prop::collection::vec(0..9u16, count),
        links in prop::collection::vec((0..count, 0..count), 0..60),
    ) -> (Vec<Node>, Vec<(String, String)>) {
        let name = |at: usize| format!("node-{at}");
        let nodes = (0..count).zip(rows).map(|(at, rows)| Node {
            name: name(at),
            rows,
            is_broker: rows > 6,
        });
        let links = links.into_iter().map(|(from, to)| (name(from), name(to)));
        (nodes.collect(), links.collect())
    }
}

fn made(nodes: Vec<Node>, links: &[(String, String)]) -> Graph {
    Graph::new(nodes, links.iter().map(|(from, to)| (from.as_str(), to.as_str())))
}

proptest! {
    #[test]
    fn any_graph_keeps_the_laws((nodes, links) in any_graph(), width in 1..400u16, height in 1..200u16) {
        let graph = made(nodes, &links);
        if let Some(plan) = Plan::new(&graph, width, height) {
            check(&graph, &plan);
        }
        let roomy = Plan::new(&graph, 2000, 1000).expect("there is room");
        check(&graph, &roomy);
    }

    #[test]
    fn the_order_in_which_nodes_and_links_come_moves_nothing((nodes, links) in any_graph(), turn in 0..40usize) {
        let plan = Plan::new(&made(nodes.clone(), &links), 1000, 500);
        let (mut nodes, mut links) = (nodes, links);
        nodes.reverse();
        let turn = turn % links.len().max(1);
        let turn = turn.min(links.len());
        links.rotate_left(turn);
        prop_assert_eq!(plan, Plan::new(&made(nodes, &links), 1000, 500));
    }
}
