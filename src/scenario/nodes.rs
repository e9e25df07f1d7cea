//! The architecture: its nodes, each read in the room of its kind, and the network between them.

use super::kinds::{KINDS, Role};
use super::reader::Reader;
use super::syntax::Value;
use super::tree::{Link, Network, Node, NodeIx};
use crate::base::Dist;

const MS: f64 = 1e6;

impl<'a> Reader<'a> {
    /// Notes of each declared node what it is, before any is read.
    pub(super) fn assign_roles(&mut self) {
        for index in 0..self.known.nodes.len() {
            let Some(value) = self.follow(self.known.nodes[index].value) else {
                continue;
            };
            let word = value.word().and_then(Role::of);
            if word.is_none() {
                let words = KINDS.iter().flat_map(|kind| kind.words).map(|it| it.word);
                self.unknown_word(value, "a kind of node", &words.collect::<Vec<_>>());
            }
            let fact = &mut self.known.nodes[index].fact;
            fact.role = word.map(|(role, _)| role);
            fact.instances = 1;
        }
    }

    /// Reads one of the declared nodes, in the room of its kind.
    pub(super) fn read_node(&mut self, index: usize) -> Option<Node> {
        let declared = &self.known.nodes[index];
        let (name, value) = (declared.name, self.follow(declared.value)?);
        let (_, word) = value.word().and_then(Role::of)?;
        let kind = (word.read)(self, index, value)?;
        Some(Node { name: name.to_owned(), kind })
    }

    /// `network: (latency:, links: [...])`.
    pub(super) fn network(&mut self, value: Option<&'a Value>) -> Option<Network> {
        let default = Dist::Const(0.5 * MS);
        let Some(value) = value else {
            return Some(Network { latency: default, links: Vec::new() });
        };
        let fields = self.fields(value, "the network", 0, &["latency", "links"])?;
        let latency = self.or(&fields, "latency", default, Self::dist);
        let links = self.or(&fields, "links", Vec::new(), |reader, value| {
            let links: Vec<_> =
                reader.list(value, "links", false)?.iter().map(|link| reader.link(link)).collect();
            links.into_iter().collect::<Option<Vec<_>>>().map(|links| links.concat())
        });
        Some(Network { latency: latency?, links: links? })
    }

    fn link(&mut self, value: &'a Value) -> Option<Vec<Link>> {
        let fields = self.fields(value, "a link", 2, &["from", "to", "latency", "both"])?;
        let from = self.must(&fields, "from", |reader, value| reader.node(value, &[]));
        let to = self.must(&fields, "to", |reader, value| reader.node(value, &[]));
        let latency = self.must(&fields, "latency", Self::dist);
        let both = self.or(&fields, "both", true, Self::flag);
        let (from, to, latency) = (from?, to?, latency?);
        let mut links = vec![link(from, to, &latency)];
        if both? {
            links.push(link(to, from, &latency));
        }
        Some(links)
    }
}

fn link(from: NodeIx, to: NodeIx, latency: &Dist) -> Link {
    Link { from, to, latency: latency.clone() }
}
