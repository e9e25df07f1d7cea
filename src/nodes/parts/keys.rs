//! Which item a step means: arithmetic over the message's header, the same at every node.

use crate::base::mix;
use crate::model::program::KeyRule;
use crate::model::{EntityIx, Model};
use crate::nodes::message::Op;
use crate::probes::KeyId;

/// The item of `entity` that `rule` means for this operation.
///
/// Two names of one operation may mean the same item, as two customers may.
#[expect(clippy::inline_always, reason = "it is short, and asked for every read")]
#[inline(always)]
pub fn item(model: &Model, rule: KeyRule, entity: EntityIx, op: &Op) -> KeyId {
    match rule {
        KeyRule::New => KeyId::created_by(op.id),
        KeyRule::Own => own(model, entity, op.own),
        KeyRule::OtherOwn => own(model, entity, op.named),
        KeyRule::Popular(name) => {
            let popularity = &model.entities[entity.0 as usize].popularity;
            KeyId(popularity.pick(mix(op.word, name)))
        }
        KeyRule::Each { name, of, at, count } => {
            let popularity = &model.entities[of.0 as usize].popularity;
            listed(model, entity, popularity.pick(mix(op.word, name)), (at, count))
        }
        KeyRule::EachOfSession { at, count } => {
            listed(model, entity, u64::from(op.session), (at, count))
        }
        KeyRule::Session => preloaded(model, entity, u64::from(op.session)),
        KeyRule::Named => op.named,
    }
}

#[inline]
fn own(model: &Model, entity: EntityIx, own: KeyId) -> KeyId {
    if own.creator().is_some() { own } else { preloaded(model, entity, own.0) }
}

/// The one at this place of the list of this number: lists are of one length and follow one another.
#[inline(never)]
fn listed(model: &Model, entity: EntityIx, list: u64, (at, count): (u16, u16)) -> KeyId {
    preloaded(model, entity, list.wrapping_mul(u64::from(count)).wrapping_add(u64::from(at)))
}

/// The preloaded item of this number, counted round and round.
#[inline(never)]
fn preloaded(model: &Model, entity: EntityIx, number: u64) -> KeyId {
    KeyId(number % model.entities[entity.0 as usize].keys.max(1))
}
