//! From a value that was read to the operation that wrote it. Who wrote what is known after a run was
//! played again with an eye on the item: the first press asks for that, the next one goes there.

use crate::probes::Fact;
use crate::probes::witness::Item;
use crate::tui::place::{Thing, View};
use crate::tui::query::telling::names::Names;
use crate::tui::session::Session;
use crate::tui::snapshot::Snapshot;
use crate::tui::views::Answer;

/// Goes to the write of this version of an item, or has it looked for.
pub fn follow(item: Item, version: u64, session: &mut Session, snapshot: &Snapshot) -> Answer {
    let Some(known) = snapshot.run(session.place.run) else { return Answer::Pass };
    let name =
        Names { model: &known.model, op: crate::probes::OpId::NONE }.item(item.entity, item.key);
    if version == 0 {
        return Answer::Not(format!("nothing had written {name}: it was as at the start"));
    }
    let of_item = |fact: Fact| match fact {
        Fact::Applied { op, entity, key, version, .. }
        | Fact::Undone { op, entity, key, version, .. }
        | Fact::Reverted { op, entity, key, version, .. }
            if (Item { entity, key }) == item =>
        {
            Some((op, version))
        }
        _ => None,
    };
    let lines = snapshot.witness.as_deref().map_or(&[][..], |witness| witness.lines());
    let mut writes = lines.iter().filter_map(|line| of_item(line.fact)).peekable();
    let is_known = writes.peek().is_some();
    match writes.find(|(_, wrote)| *wrote == version) {
        Some((op, _)) => {
            session.views.request.sought = None;
            session.open(View::Request, Thing::Op(op), false);
            Answer::Done
        }
        None if is_known => {
            Answer::Not(format!("the write of {name} v{version} lies after the cursor: > goes on"))
        }
        None => {
            session.views.request.sought = Some(item);
            session
                .say(format!("the write of {name} v{version} is looked for: o again goes there"));
            Answer::Done
        }
    }
}
