//! Rules about what a customer read and was told, and how long it took.

use super::Case;
use crate::probes::Verdict;
use crate::tui::query::telling::{Deed, Doing, Source};
use crate::tui::words;

/// The last read of a copy or of a cache: what it saw, where, and why that can be old.
fn behind(case: &Case<'_>) -> Option<String> {
    case.telling.steps.iter().rev().find_map(|step| {
        let Deed::Saw { at, item, version, source, .. } = &step.what else { return None };
        let item_name = case.names.item(item.entity, item.key);
        let what = match version {
            0 => format!("found no {item_name} in"),
            _ => format!("read {item_name} v{version} from"),
        };
        let owner = case.names.model.entities[usize::from(item.entity.0)].owner;
        let (at, owner) = (case.names.instance(*at), case.names.node(owner));
        Some(match source {
            Source::Owner => return None,
            Source::Copy => format!(
                "{what} the copy at {at}, which follows {owner} by events: the one that was missing \
                 had not come yet."
            ),
            Source::Cache => format!(
                "{what} the cache of {at}: it had not heard yet that {owner} holds a newer one."
            ),
        })
    })
}

pub(super) fn stale(case: &Case<'_>) -> Option<String> {
    Some(format!("It {}", behind(case)?))
}

pub(super) fn own_write_unseen(case: &Case<'_>) -> Option<String> {
    Some(format!("The customer had been told that it was done, but {}", behind(case)?))
}

/// What was told done is done later, and the owner itself has it not yet.
pub(super) fn own_write_undone(case: &Case<'_>) -> Option<String> {
    case.telling.steps.iter().rev().find_map(|step| {
        let Deed::Saw { at, item, version: 0, source: Source::Owner, .. } = &step.what else {
            return None;
        };
        item.key.creator()?;
        Some(format!(
            "The customer had been told done before all was done: {}, where it belongs, had no {} yet.",
            case.names.instance(*at),
            case.names.item(item.entity, item.key),
        ))
    })
}

pub(super) fn went_back(case: &Case<'_>) -> Option<String> {
    Some(format!("The session had seen a newer version before; now it {}", behind(case)?))
}

pub(super) fn dangling(case: &Case<'_>) -> Option<String> {
    case.telling.steps.iter().rev().find_map(|step| {
        let Deed::Saw { at, item, version: 0, source, .. } = &step.what else { return None };
        let what = case.names.item(item.entity, item.key);
        let at = case.names.instance(*at);
        Some(match source {
            Source::Owner => format!(
                "There was no {what} at {at}, where it belongs: it had not been created by then, or never was."
            ),
            _ => format!("There was no {what} at {at}, which holds a copy: its event had not come by then."),
        })
    })
}

pub(super) fn failed(case: &Case<'_>) -> Option<String> {
    let (_, verdict) = case.told()?;
    let Verdict::Failed(told) = verdict else { return None };
    let Some((time, at, to, why)) = case.given_up() else {
        return Some(format!("The customer was told failed: {}.", told.about()));
    };
    let tries = case.telling.steps.iter().filter(
        |step| matches!(step.what, Deed::GaveUp { at: who, to: whom, .. } if (who, whom) == (at, to)),
    );
    let tries = match tries.count() {
        1 => String::new(),
        count => format!(" after {count} tries"),
    };
    Some(format!(
        "{} gave up on {}{tries}: {}.",
        case.names.instance(at),
        case.names.node(to),
        case.because(time, at, to, why),
    ))
}

pub(super) fn refused(case: &Case<'_>) -> Option<String> {
    case.told().filter(|(_, verdict)| *verdict == Verdict::Refused)?;
    let at = case.telling.steps.iter().find_map(|step| match step.what {
        Deed::Refused(at) => Some(at),
        _ => None,
    })?;
    Some(format!("{} said no: a decision of the business.", case.names.instance(at)))
}

pub(super) fn turned_away(case: &Case<'_>) -> Option<String> {
    case.told().filter(|(_, verdict)| *verdict == Verdict::Refused)?;
    case.telling.steps.iter().rev().find_map(|step| match step.what {
        Deed::TurnedAway(at, why) => {
            Some(format!("{} turned it away: {}.", case.names.instance(at), why.about()))
        }
        _ => None,
    })
}

/// What the largest term of the critical path is, and where it is longest.
pub(super) fn took(case: &Case<'_>) -> Option<String> {
    let (told, _) = case.told().filter(|(_, verdict)| *verdict == Verdict::Done)?;
    let all = [Doing::Works, Doing::Travels, Doing::Queues, Doing::Pauses, Doing::Waits];
    let largest = all.into_iter().max_by_key(|what| case.telling.term(*what))?;
    let longest = case.telling.critical.iter().filter(|it| it.what == largest);
    let longest = longest.max_by_key(|it| it.to.since(it.from))?;
    let what = match largest {
        Doing::Works => "work",
        Doing::Travels => "network",
        Doing::Queues => "queues",
        Doing::Pauses => "pauses before another try",
        Doing::Waits => "waiting in vain",
    };
    let again = case.telling.steps.iter().filter_map(|step| match step.what {
        Deed::Redelivered(at) => Some(at),
        _ => None,
    });
    let again = match (again.clone().count(), again.clone().next()) {
        (0, _) | (_, None) => String::new(),
        (1, Some(at)) => format!(" Later {} delivered once more.", case.names.instance(at)),
        (count, Some(at)) => {
            format!(" Later {} delivered {count} times more.", case.names.instance(at))
        }
    };
    Some(format!(
        "Of {} most is {what}, {}; the longest piece is {}, {} {}.{again}",
        words::span(told.since(case.telling.sent)),
        words::span(case.telling.term(largest)),
        words::span(longest.to.since(longest.from)),
        if largest == Doing::Travels { "to" } else { "at" },
        case.names.instance(longest.at),
    ))
}
