//! Rules about how an operation ended: what its own facts show.

use super::{Case, list, names_of, stay, verb};
use crate::probes::{Reason, Verdict};
use crate::tui::query::telling::names::reason;
use crate::tui::query::telling::{Deed, Effect, Step};
use crate::tui::words;

pub(super) fn half_done_memory(case: &Case<'_>) -> Option<String> {
    let promised = case.any(|deed| matches!(deed, Deed::Promised(_)));
    let crash = case.crash(case.home()?).filter(|_| case.is_half_done() && !promised)?;
    let missing = case.missing();
    let mut owners: Vec<&str> = Vec::new();
    for effect in &missing {
        let owner = case.names.node(effect.owner);
        if !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    let by = if crash.by.is_empty() { "a crash" } else { crash.by };
    Some(format!(
        "Only the memory of {} knew that {} {} still to be called, and {by} took it: {}, {} never {}.",
        case.names.instance(crash.at),
        list(&owners),
        verb(&owners, "was", "were"),
        stay(&case.kept()),
        names_of(&missing),
        verb(&missing, "comes", "come"),
    ))
}

pub(super) fn half_done_gap(case: &Case<'_>) -> Option<String> {
    let (at, _) = case.loss(&[Reason::Unpublished]).filter(|_| case.is_half_done())?;
    Some(format!(
        "{} went down between a commit and its publication: {}, and nobody was ever told of {}.",
        case.names.instance(at),
        stay(&case.kept()),
        names_of(&case.missing()),
    ))
}

pub(super) fn half_done_dead_letter(case: &Case<'_>) -> Option<String> {
    let (at, _) = case.loss(&[Reason::DeadLetter]).filter(|_| case.is_half_done())?;
    Some(format!(
        "{} delivered it as often as it may, and nobody consumes dead letters: {}, {} never {}.",
        case.names.instance(at),
        stay(&case.kept()),
        names_of(&case.missing()),
        verb(&case.missing(), "comes", "come"),
    ))
}

pub(super) fn half_done_undone(case: &Case<'_>) -> Option<String> {
    let is_undone = case.owed().any(|effect| !effect.undone.is_empty());
    let (time, at, to, why) = case.given_up().filter(|_| case.is_half_done() && is_undone)?;
    Some(format!(
        "{} gave up on {}: {}. {} {} taken back, but {} {} there all the same.",
        case.names.instance(at),
        case.names.node(to),
        case.because(time, at, to, why),
        names_of(&case.missing()),
        verb(&case.missing(), "was", "were"),
        list(&case.kept()),
        verb(&case.kept(), "is", "are"),
    ))
}

pub(super) fn half_done_given_up(case: &Case<'_>) -> Option<String> {
    let is_undone = case.owed().any(|effect| !effect.undone.is_empty());
    let (time, at, to, why) = case.given_up().filter(|_| case.is_half_done() && !is_undone)?;
    Some(format!(
        "{} gave up on {}: {}. {} had been done by then, and nobody took it back; {} never {}.",
        case.names.instance(at),
        case.names.node(to),
        case.because(time, at, to, why),
        list(&case.kept()),
        names_of(&case.missing()),
        verb(&case.missing(), "comes", "come"),
    ))
}

/// The effect that is there more than once, and what happened between its first two commits.
fn twice<'a>(case: &Case<'a>) -> Option<(&'a str, Vec<&'a Step>)> {
    let twice = |effect: &&Effect| effect.applied.len() > effect.undone.len() + 1;
    let effect = case.telling.effects.iter().find(twice)?;
    let between = case.telling.steps.iter();
    let (first, last) = (effect.applied[0], *effect.applied.last()?);
    Some((&effect.name, between.filter(|it| first <= it.time && it.time <= last).collect()))
}

pub(super) fn duplicated_by_delivery(case: &Case<'_>) -> Option<String> {
    let (effect, between) = twice(case)?;
    let broker = between.iter().find_map(|step| match step.what {
        Deed::Redelivered(at) => Some(at),
        _ => None,
    })?;
    Some(format!(
        "{} delivered it again, for nobody had acknowledged it, and {effect} was done twice: nothing \
         there recognises a repetition.",
        case.names.instance(broker),
    ))
}

pub(super) fn duplicated_by_retry(case: &Case<'_>) -> Option<String> {
    let (effect, _) = twice(case)?;
    let effect_times = case.telling.effects.iter().find(|it| it.name == effect)?;
    let before = *effect_times.applied.last()?;
    let (at, to) = case.telling.steps.iter().rev().find_map(|step| match step.what {
        Deed::Retries { at, to, .. } if step.time <= before => Some((at, to)),
        _ => None,
    })?;
    Some(format!(
        "{} heard nothing of the first try and asked {} again: both did it, so {effect} was done \
         twice. Nothing there recognises a repetition.",
        case.names.instance(at),
        case.names.node(to),
    ))
}

pub(super) fn lost(case: &Case<'_>) -> Option<String> {
    let missing = case.missing();
    let promised = case.any(|deed| matches!(deed, Deed::Promised(_)))
        || matches!(case.told(), Some((_, Verdict::Done)));
    let is_undone = case.owed().any(|effect| !effect.undone.is_empty());
    if missing.is_empty() || !promised || is_undone {
        return None;
    }
    let (at, why) = case.loss(&[
        Reason::Unpublished,
        Reason::DeadLetter,
        Reason::Unreplicated,
        Reason::Unflushed,
        Reason::LostMessage,
        Reason::Outdated,
        Reason::Retention,
        Reason::Overflow,
        Reason::Unroutable,
        Reason::NoSubscriber,
        Reason::Undelivered,
        Reason::Skipped,
        Reason::OffsetReset,
        Reason::Filtered,
        Reason::Compacted,
    ])?;
    Some(format!(
        "{} {} promised and will never happen. At {} {}.",
        names_of(&missing),
        verb(&missing, "was", "were"),
        case.names.instance(at),
        why.about(),
    ))
}

fn is_taken_back(case: &Case<'_>) -> bool {
    let mut owed = case.owed().peekable();
    owed.peek().is_some() && case.kept().is_empty() && owed.any(|it| !it.undone.is_empty())
}

pub(super) fn retracted_by_no(case: &Case<'_>) -> Option<String> {
    let (told, _) =
        case.told().filter(|(_, verdict)| *verdict == Verdict::Done && is_taken_back(case))?;
    let (time, at) = case.telling.steps.iter().find_map(|step| match step.what {
        Deed::Refused(at) => Some((step.time, at)),
        _ => None,
    })?;
    Some(format!(
        "The customer was told done; {} later {} said no, and what had been done was taken back.",
        words::span(time.since(told.min(time))),
        case.names.node(case.names.model.node_of(at)),
    ))
}

pub(super) fn retracted_given_up(case: &Case<'_>) -> Option<String> {
    case.told().filter(|(_, verdict)| *verdict == Verdict::Done && is_taken_back(case))?;
    let (time, at, to, why) = case.given_up()?;
    Some(format!(
        "The customer was told done; then {} gave up on {}: {}, and what had been done was taken back.",
        case.names.instance(at),
        case.names.node(to),
        case.because(time, at, to, why),
    ))
}

pub(super) fn unannounced(case: &Case<'_>) -> Option<String> {
    let (told, verdict) = case.told().filter(|(_, verdict)| *verdict != Verdict::Done)?;
    if !case.missing().is_empty() || case.kept().is_empty() {
        return None;
    }
    let last = case.owed().filter_map(|it| Some((*it.applied.last()?, &it.name))).max()?;
    let because = match (verdict, case.given_up()) {
        (Verdict::Failed(_), Some((time, at, to, why))) => format!(
            "{} gave up on {}: {}",
            case.names.instance(at),
            case.names.node(to),
            case.because(time, at, to, why)
        ),
        (Verdict::Failed(why), None) => format!("The customer was told failed: {}", reason(why)),
        _ => "The customer was told no".to_owned(),
    };
    let when = if last.0 <= told {
        format!("{} before the customer was told", words::span(told.since(last.0)))
    } else {
        format!("{} after the customer was told", words::span(last.0.since(told)))
    };
    Some(format!("{because}. All of it is there nevertheless, the last, {}, {when}.", last.1))
}
