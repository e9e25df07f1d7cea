//! The data: entities with their owners, and the sums that should not change.

use super::codes::Code;
use super::kinds::{Role, Use};
use super::reader::Reader;
use super::syntax::{Kind, Value};
use super::tree::{Entity, EntityIx, Popular, Sum};

/// Items of one entity.
const MAX_KEYS: i64 = 10_000_000;

impl<'a> Reader<'a> {
    /// Reads one of the declared entities.
    pub(super) fn read_entity(&mut self, index: usize) -> Option<Entity> {
        let (name, value) = (self.known.entities[index].name, self.known.entities[index].value);
        let fields =
            self.fields(value, "an entity", 0, &["owner", "keys", "popularity", "start", "floor"])?;
        let owner = self.must(&fields, "owner", |reader, value| {
            let owner = reader.node(value, &Role::that_are(Use::Service))?;
            if !reader.known.node(owner).store {
                let message = format!(
                    "{:?} owns {name:?} but has no store to keep it in",
                    reader.known.node_name(owner)
                );
                let declared = reader.known.nodes[owner.0 as usize].at;
                let mistake = reader.wrong(Code::NoStore, value.head(), message);
                mistake
                    .note(declared, "declared here")
                    .help("give the service a store: \"database\"");
            }
            Some(owner)
        });
        let popularity = self.or(&fields, "popularity", Popular::Uniform, Self::popularity);
        let weighed = match &popularity {
            Some(Popular::Weights(weights)) => Some(weights.len() as i64),
            _ => None,
        };
        let keys = self.or(&fields, "keys", weighed.unwrap_or(1), |reader, value| {
            reader.integer(value, 1..=MAX_KEYS)
        });
        if let (Some(keys), Some(weighed)) =
            (keys, weighed.filter(|weighed| keys != Some(*weighed)))
        {
            let at = fields.get("popularity").map_or(fields.head, Value::head);
            let message = format!("there are {weighed} weights for the {keys} items of {name:?}");
            self.wrong(Code::OutOfRange, at, message)
                .help("leave `keys` out: the weights say how many items there are");
        }
        let start = self
            .or(&fields, "start", 0, |reader, value| reader.integer(value, i64::MIN..=i64::MAX));
        let floor = self
            .maybe(&fields, "floor", |reader, value| reader.integer(value, i64::MIN..=i64::MAX));
        let fact = &mut self.known.entities[index].fact;
        fact.owner = owner;
        fact.numeric = fields.get("start").is_some();
        let (start, floor) = (start?, floor?);
        if let Some(floor) = floor.filter(|floor| *floor > start) {
            let at = fields.get("floor").map_or(fields.head, Value::head);
            self.wrong(
                Code::FloorAboveStart,
                at,
                format!("{name:?} starts at {start}, below its floor of {floor}"),
            );
        }
        Some(Entity {
            name: name.to_owned(),
            owner: owner?,
            keys: keys? as u64,
            popularity: popularity?,
            start,
            floor,
        })
    }

    fn popularity(&mut self, value: &'a Value) -> Option<Popular> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("Uniform"), Kind::Word(_)) => Some(Popular::Uniform),
            (Some("Zipf"), Kind::Group { .. }) => {
                let fields = self.fields(value, "Zipf", 1, &["exponent"])?;
                let (exponent, at) = self.must(&fields, "exponent", |reader, value| {
                    reader.number(value, "an exponent")
                })?;
                if !(0.0..=10.0).contains(&exponent) {
                    self.wrong(
                        Code::OutOfRange,
                        at,
                        format!("expected an exponent between 0 and 10, found {exponent}"),
                    );
                    return None;
                }
                Some(Popular::Zipf(exponent))
            }
            (Some("Weights"), Kind::Group { .. }) => {
                let fields = self.fields(value, "Weights", 1, &["weights"])?;
                self.must(&fields, "weights", Self::weights).map(Popular::Weights)
            }
            _ => {
                let words = ["Uniform", "Zipf(0.99)", "Weights([5, 3, 2])"];
                self.unknown_word(value, "a popularity", &words);
                None
            }
        }
    }

    fn weights(&mut self, value: &'a Value) -> Option<Vec<f64>> {
        let items = self.list(value, "weights", false)?;
        let weights: Vec<_> = items.iter().map(|item| self.number(item, "a weight")).collect();
        let weights: Vec<_> = weights.into_iter().collect::<Option<_>>()?;
        if let Some((weight, at)) = weights.iter().find(|(weight, _)| *weight < 0.0) {
            let message = format!("expected a weight of at least 0, found {weight}");
            self.wrong(Code::OutOfRange, *at, message);
            return None;
        }
        if weights.iter().all(|(weight, _)| *weight == 0.0) {
            let message = "expected at least one weight above 0";
            self.wrong(Code::OutOfRange, value.head(), message);
            return None;
        }
        Some(weights.into_iter().map(|(weight, _)| weight).collect())
    }

    /// `sums: { "money": ["a", "b"] }`.
    pub(super) fn sums(&mut self, value: Option<&'a Value>) -> Option<Vec<Sum>> {
        let Some(value) = value else {
            return Some(Vec::new());
        };
        let sums: Vec<_> = self
            .entries(value, "sums")
            .into_iter()
            .map(|(name, at, value)| {
                self.check_name(name, at);
                self.sum(name, value)
            })
            .collect();
        sums.into_iter().collect()
    }

    fn sum(&mut self, name: &str, value: &'a Value) -> Option<Sum> {
        let mut entities: Vec<EntityIx> = Vec::new();
        let items = self.list(value, "entities", true)?;
        for item in items {
            let entity = self.entity(item)?;
            if entities.contains(&entity) {
                self.wrong(Code::DuplicateName, item.head(), "an entity is added twice");
            }
            entities.push(entity);
        }
        if entities.is_empty() {
            self.wrong(Code::NothingToDo, value.head(), "a sum needs at least one entity");
            return None;
        }
        Some(Sum { name: name.to_owned(), entities })
    }
}
