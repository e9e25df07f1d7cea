//! Changes of data: effects, what takes them back, and which item they mean.

use super::codes::Code;
use super::flows::Scene;
use super::reader::{Fields, Reader};
use super::syntax::{Kind, Value};
use super::tree::{Change, Effect, EntityIx, Key};

impl<'a> Reader<'a> {
    /// `Write`, `Add`, `Take` or `Put`.
    pub(super) fn effect(&mut self, value: &'a Value, scene: Scene) -> Option<Effect> {
        let (what, names, positional): (&'static str, &[&'static str], usize) =
            match value.word()? {
                "Write" => ("Write", &["entity", "key", "undo"], 1),
                "Add" => ("Add", &["entity", "amount", "key", "undo"], 2),
                "Take" => ("Take", &["entity", "amount", "key", "undo"], 2),
                _ => ("Put", &["entity", "add", "if_unchanged", "key", "undo"], 2),
            };
        let fields = self.fields(value, what, positional, names)?;
        let entity = self.must(&fields, "entity", Self::entity);
        let key = self.key(&fields, entity, what == "Write");
        let change = self.change(&fields, what);
        let undo = self.maybe(&fields, "undo", |reader, value| reader.undo(value, entity));
        let entity = entity?;
        self.check_effect(&fields, entity, scene);
        self.check_blind(fields.head, entity, change, undo.flatten());
        Some(Effect { entity, key: key?, change: change?, undo: undo? })
    }

    fn change(&mut self, fields: &Fields<'a>, what: &str) -> Option<Change> {
        match what {
            "Write" => Some(Change::Write),
            "Add" => self.must(fields, "amount", Self::amount).map(Change::Add),
            "Take" => self
                .must(fields, "amount", |reader, value| reader.integer(value, 1..=i64::MAX))
                .map(Change::Take),
            _ => {
                let add = self.or(fields, "add", 0, Self::amount);
                let if_unchanged = self.or(fields, "if_unchanged", false, Self::flag);
                Some(Change::Put { add: add?, if_unchanged: if_unchanged? })
            }
        }
    }

    fn amount(&mut self, value: &'a Value) -> Option<i64> {
        self.integer(value, -i64::MAX..=i64::MAX)
    }

    fn check_effect(&mut self, fields: &Fields<'a>, entity: EntityIx, scene: Scene) {
        let (name, owner) = self.owner(entity);
        if let (Some(owner), Some(here)) = (owner, scene.here)
            && owner != here
        {
            let help = format!("write Tell({:?}, ...) around it", self.known.node_name(owner));
            self.foreign(fields.head, here, owner, name, &help);
        }
        if scene.calls > 0 {
            self.misplaced(fields.head, "a call only answers: it changes nothing", "use a Tell");
        } else if scene.in_all {
            self.misplaced(
                fields.head,
                "branches of an `All` hold asks, reads, tells and calls, no effects of the service itself",
                "put it before or after the `All`",
            );
        }
    }

    /// `Write`, `Add(1)`, or with the entity for symmetry, `Add("stock", 1)`.
    pub(super) fn undo(&mut self, value: &'a Value, effect: Option<EntityIx>) -> Option<Change> {
        let value = self.follow(value)?;
        let short = matches!(&value.kind, Kind::Group { args, .. } if args.len() == 1 && args[0].name.is_none());
        let (fields, change) = match value.word() {
            Some("Write") => (self.fields(value, "Write", 1, &["entity"])?, Some(Change::Write)),
            Some("Add") => {
                let fields = if short {
                    self.fields(value, "Add", 1, &["amount", "entity"])?
                } else {
                    self.fields(value, "Add", 2, &["entity", "amount"])?
                };
                let change = self.must(&fields, "amount", Self::amount).map(Change::Add);
                (fields, change)
            }
            Some("Take" | "Put") => {
                self.wrong(
                    Code::BadUndo,
                    value.head(),
                    "an undo is unguarded: it can neither be refused nor depend on what was seen",
                )
                .help("write undo: Add(...) or undo: Write");
                return None;
            }
            _ => {
                self.unknown_word(value, "an undo", &["Write", "Add"]);
                return None;
            }
        };
        if let Some(named) = fields.get("entity") {
            let entity = self.entity(named)?;
            if effect.is_some_and(|effect| effect != entity) {
                self.wrong(
                    Code::BadUndo,
                    named.head(),
                    "an undo changes the same entity as its effect",
                );
            }
        }
        change
    }

    /// Which item: `New` for a `Write` of what is no number, by popularity otherwise.
    pub(super) fn key(
        &mut self,
        fields: &Fields<'a>,
        entity: Option<EntityIx>,
        write: bool,
    ) -> Option<Key> {
        let Some(value) = fields.get("key") else {
            let declared = &self.known.entities[entity?.0 as usize];
            let new = write && !declared.fact.numeric;
            return Some(if new { Key::New } else { Key::Popular(declared.name.to_owned()) });
        };
        self.key_said(value, entity)
    }

    /// A key as the file says it, of an item of this entity.
    fn key_said(&mut self, value: &'a Value, entity: Option<EntityIx>) -> Option<Key> {
        let value = self.follow(value)?;
        match (value.word(), &value.kind) {
            (Some("New"), Kind::Word(_)) => Some(Key::New),
            (Some("Own"), Kind::Word(_)) => Some(Key::Own),
            (Some("Session"), Kind::Word(_)) => Some(Key::Session),
            (Some("Popular"), Kind::Word(_)) => {
                Some(Key::Popular(self.known.entities[entity?.0 as usize].name.to_owned()))
            }
            (Some("Popular"), _) => {
                let named = self.fields(value, "Popular", 1, &["draw"])?;
                let (draw, at) = self.must(&named, "draw", Self::text)?;
                self.check_name(draw, at);
                Some(Key::Popular(draw.to_owned()))
            }
            (Some("Another"), Kind::Word(_)) => Some(Key::Another),
            (Some("Each"), _) => self.key_of_list(value),
            (Some("Same"), _) => {
                self.wrong(Code::Unsupported, value.head(), "`Same` cannot be simulated yet")
                    .help("steps with the same Popular(\"name\") mean the same item");
                None
            }
            _ => {
                self.unknown_word(
                    value,
                    "a key",
                    &[
                        "New",
                        "Own",
                        "Session",
                        "Popular",
                        "Popular(\"draw\")",
                        "Another",
                        "Each(\"entity\")",
                    ],
                );
                None
            }
        }
    }

    /// `Each("hall")`, `Each("hall", of: Session)`, `Each("hall", of: Popular("draw"))`.
    fn key_of_list(&mut self, value: &'a Value) -> Option<Key> {
        let fields = self.fields(value, "Each", 1, &["entity", "of"])?;
        let of = self.must(&fields, "entity", Self::entity)?;
        let draw = match fields.get("of") {
            None => Some(self.known.entities[of.0 as usize].name.to_owned()),
            Some(value) => match self.key_said(value, Some(of))? {
                Key::Popular(draw) => Some(draw),
                Key::Session => None,
                _ => {
                    self.unknown_word(
                        value,
                        "whose list",
                        &["Popular", "Popular(\"draw\")", "Session"],
                    );
                    return None;
                }
            },
        };
        Some(Key::Each { of, draw })
    }
}
