//! The graph that is laid out: named nodes, links. In order of names, whatever the order in which they come.

/// What has a card.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Node {
    /// Its name, unique.
    pub name: String,
    /// How many rows its card has to say, borders left out.
    pub rows: u16,
    /// Does it carry messages between others?
    pub is_broker: bool,
}

/// A link, by the places of its nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// From.
    pub from: usize,
    /// To.
    pub to: usize,
}

/// Nodes and links, both sorted; no link twice and none from a node to itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    nodes: Vec<Node>,
    links: Vec<Link>,
}

impl Graph {
    /// Of nodes in any order, and links by their names.
    ///
    /// # Panics
    ///
    /// If a link names none of the nodes.
    pub fn new<'a>(
        mut nodes: Vec<Node>,
        links: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        nodes.sort_unstable();
        nodes.dedup_by(|one, other| one.name == other.name);
        let place = |name: &str| {
            let found = nodes.binary_search_by(|node| node.name.as_str().cmp(name));
            found.expect("links are between nodes")
        };
        let links = links.into_iter().map(|(from, to)| Link { from: place(from), to: place(to) });
        let mut links: Vec<Link> = links.filter(|link| link.from != link.to).collect();
        links.sort_unstable();
        links.dedup();
        Self { nodes, links }
    }

    /// The nodes, by name.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The links, by their nodes.
    pub fn links(&self) -> &[Link] {
        &self.links
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Of links, each two names; every card has four rows, and a broker is called `queue`.
    pub fn graph(links: &[&str]) -> Graph {
        let links: Vec<_> = links.iter().map(|it| it.split_once(' ').expect("two names")).collect();
        let names = links.iter().flat_map(|(from, to)| [*from, *to]);
        let nodes = names
            .map(|name| Node { name: name.to_owned(), rows: 4, is_broker: name == "queue" })
            .collect();
        Graph::new(nodes, links)
    }

    #[test]
    fn the_order_in_which_nodes_and_links_come_does_not_matter() {
        assert_eq!(graph(&["b a", "a c", "b a", "c c"]), graph(&["c c", "a c", "b a"]));
    }
}
