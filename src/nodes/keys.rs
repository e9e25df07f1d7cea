//! Which item a step means: arithmetic over the message's header, the same at every node.

use super::message::Op;
use crate::base::mix;
use crate::model::program::KeyRule;
use crate::model::{EntityIx, Model};
use crate::probes::KeyId;

/// The item of `entity` that `rule` means for this operation.
///
/// Two names of one operation may mean the same item, as two customers may.
#[inline]
pub fn item(model: &Model, rule: KeyRule, entity: EntityIx, op: &Op) -> KeyId {
    let entity = || &model.entities[entity.0 as usize];
    match rule {
        KeyRule::New => KeyId::created_by(op.id),
        KeyRule::Own if op.own.creator().is_some() => op.own,
        KeyRule::Own => KeyId(op.own.0 % entity().keys.max(1)),
        KeyRule::Popular(name) => KeyId(entity().popularity.pick(mix(op.word, name))),
        KeyRule::Session => KeyId(u64::from(op.session) % entity().keys.max(1)),
        KeyRule::Named => op.named,
    }
}
