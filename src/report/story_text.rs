//! The story of one operation: what happened for it, in order of time, indented by who acts for whom.
//!
//! ```text
//!    0.000 ms  web  sends place-order
//!    0.512 ms  │ orders#1  begins after 2.10 ms in the queue
//!    3.112 ms  │ orders#1  calls inventory
//!    3.612 ms  │ │ inventory  begins
//! ```
//! A node stands one step to the right of the node whose message reached it first.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::figures::span;
use super::paint::{Paint, Tone};
use super::story_causes;
use super::story_words::{Names, says, verdict_words};
use crate::base::Time;
use crate::engine::InstanceId;
use crate::probes::fact::{Fact, Verdict};
use crate::probes::reason::Reason;
use crate::probes::story::{Line, Story};
use crate::scenario::tree::{NodeIx, Scenario};

/// Deeper nodes stand no further to the right.
const DEEPEST: usize = 6;

/// How wide the times stand.
const TIME: usize = 12;

/// One operation's story, ready to be told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// For names.
    pub scenario: &'a Scenario,
    /// Under which design.
    pub design: &'a str,
    /// With which seed.
    pub seed: u64,
    /// Which operation: `flow#N`, with its client where there are several.
    pub operation: &'a str,
    /// Why the run stopped before its end, if it did.
    pub partial: Option<&'a str>,
    /// What happened.
    pub story: &'a Story,
}

/// The story.
pub fn render(told: &Told, paint: Paint) -> String {
    let Told { design, seed, operation, .. } = told;
    let title = format!("{operation} as {design}, seed {seed}");
    let sent = told.story.lines().iter().find_map(|line| match line.fact {
        Fact::Sent { intended, .. } => Some(intended),
        _ => None,
    });
    let Some(intended) = sent else {
        return paint.apply(Tone::Head, &title)
            + "\n"
            + &paint.wrap("It was never sent in this run.", "");
    };
    let mut text = paint.apply(Tone::Head, &title) + "\n";
    if let Some(why) = told.partial {
        let said = paint.wrap(&format!("PARTIAL: {why}"), "");
        text += &said.replacen("PARTIAL", &paint.apply(Tone::Bad, "PARTIAL"), 1);
    }
    text += &paint
        .wrap(&format!("sent at {}; times count from then", span(intended.since(Time::ZERO))), "");
    text += "\n";
    let names = Names::of(told.scenario);
    let mut depths = Depths::new(told.scenario.nodes.len());
    for (place, &Line { time: at, at: instance, fact, .. }) in lines(told.story).iter().enumerate()
    {
        let depth = depths.see(&names, instance, fact);
        let by_itself = says(&names, instance, fact);
        let Some((tone, what)) =
            by_itself.or_else(|| story_causes::says(&names, told.story, place))
        else {
            continue;
        };
        let time = format!("{:.3} ms", at.since(intended).as_ms());
        text += &line(&time, depth, &names.instance(instance), tone, &what, paint);
    }
    text + "\n" + &paint.wrap(&end(told, &names, intended), "")
}

/// What is told: not how messages are joined, and no instance that goes down or comes up after the last
/// fact that is told of.
fn lines(story: &Story) -> &[Line] {
    let is_told = |line: &Line| {
        let goes_without_saying = matches!(line.fact, Fact::Freed { .. } | Fact::Received { .. });
        line.fact.op().is_some() && !goes_without_saying
    };
    let last = story.lines().iter().rposition(is_told);
    &story.lines()[..last.map_or(0, |last| last + 1)]
}

/// One line, wrapped under its own text.
fn line(time: &str, depth: usize, who: &str, tone: Tone, what: &str, paint: Paint) -> String {
    let rail = format!("{}{who}", "│ ".repeat(depth.min(DEEPEST)));
    let blanks = " ".repeat(TIME.saturating_sub(time.width()));
    let start = format!("{blanks}{time}  {rail}  ");
    let hang = format!("{}{}  ", " ".repeat(TIME + 2), "│ ".repeat(depth.min(DEEPEST)));
    let room = paint.width().saturating_sub(start.width());
    let mut lines = Vec::new();
    let mut rest = String::new();
    for word in what.split(' ') {
        let limit = if lines.is_empty() { room } else { paint.width() - hang.width() };
        if !rest.is_empty() && rest.width() + 1 + word.width() > limit {
            lines.push(std::mem::take(&mut rest));
        }
        if !rest.is_empty() {
            rest.push(' ');
        }
        rest.push_str(word);
    }
    lines.push(rest);
    let painted: Vec<String> = lines.iter().map(|part| paint.apply(tone, part)).collect();
    start + &painted.join(&format!("\n{hang}")) + "\n"
}

/// How it ended, in one sentence.
fn end(told: &Told, names: &Names, intended: Time) -> String {
    let story = told.story;
    let answer = story.lines().iter().find_map(|line| match line.fact {
        Fact::Answered { verdict, .. } => Some((line.time, verdict)),
        _ => None,
    });
    let lands =
        |fact| matches!(fact, Fact::Applied { .. } | Fact::Undone { .. } | Fact::Holds { .. });
    let last = story.lines().iter().rev().find(|line| lands(line.fact));
    let mut text = match answer {
        Some((at, verdict)) => {
            let (told, after) = (verdict_words(verdict), span(at.since(intended)));
            let gave_up = story_causes::gave_up(names, story);
            let because = match (verdict, gave_up) {
                (Verdict::Failed(Reason::Timeout | Reason::Unconfirmed), Some((by, on))) => {
                    format!(": {} gave up on {on}", names.instance(by))
                }
                _ => String::new(),
            };
            format!("The customer was told {told} after {after}{because}.")
        }
        None => "The customer was never told anything.".to_owned(),
    };
    if let Some(last) = last {
        let _ = write!(text, " The last effect landed after {}.", span(last.time.since(intended)));
    }
    if story.left_out() > 0 {
        let _ = write!(text, " {} facts more were left out.", story.left_out());
    }
    text
}

/// How far to the right each node stands.
struct Depths(Vec<Option<usize>>);

impl Depths {
    fn new(nodes: usize) -> Self {
        Self(vec![None; nodes])
    }

    /// The depth of the node where the fact happened; a message places its receiver.
    fn see(&mut self, names: &Names, at: InstanceId, fact: Fact) -> usize {
        let depth = *self.of(names.node(at)).get_or_insert(0);
        if let Fact::Message { to, .. } | Fact::HandedOn { to, .. } = fact {
            self.of(names.node(to)).get_or_insert(depth + 1);
        }
        depth
    }

    fn of(&mut self, node: NodeIx) -> &mut Option<usize> {
        &mut self.0[usize::from(node.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::probes::{Carrier, KeyId, OpId, Probe, Reason, Verdict};
    use crate::report::paint::WIDTH;
    use crate::report::synthetic;
    use crate::scenario::tree::{EntityIx, FlowIx};

    const OP: OpId = OpId(42);

    /// An order at `orders`, which asks `inventory`; the second try is answered.
    fn story(scenario: &Scenario) -> Story {
        let node = |name: &str| {
            NodeIx(scenario.nodes.iter().position(|node| node.name == name).expect("a node") as u16)
        };
        let at = |name: &str| {
            let names = Names::of(scenario);
            let of_node = |at: &u32| names.node(InstanceId(*at)) == node(name);
            InstanceId((0..9).find(of_node).expect("an instance"))
        };
        let (web, orders, inventory) = (at("web"), at("orders"), at("inventory"));
        let request =
            |to: &str| Fact::Message { op: OP, to: at(to), carrier: Carrier::Request, leg: None };
        let answer =
            |to: &str| Fact::Message { op: OP, to: at(to), carrier: Carrier::Answer, leg: None };
        let key = KeyId::created_by(OP);
        let (stock, order) = (EntityIx(1), EntityIx(0));
        let facts = [
            (
                0,
                web,
                Fact::Sent {
                    op: OP,
                    flow: FlowIx(0),
                    session: 7,
                    intended: Time(1_000_000),
                    told: 1,
                    journey: 0,
                    step: 1,
                },
            ),
            (0, web, request("orders")),
            (500, orders, Fact::Arrived { op: OP }),
            (500, orders, Fact::Waits { op: OP }),
            (
                2_600,
                orders,
                Fact::Began { op: OP, waited: Span(2_100_000), queued: true, arrives: false },
            ),
            (2_700, orders, request("inventory")),
            (3_200, inventory, Fact::Down),
            (
                502_700,
                orders,
                Fact::AttemptFailed { op: OP, to: node("inventory"), why: Reason::Timeout },
            ),
            (520_000, orders, Fact::Retried { op: OP, to: node("inventory"), attempt: 1 }),
            (520_000, orders, request("inventory")),
            (
                520_500,
                inventory,
                Fact::Began { op: OP, waited: Span::ZERO, queued: false, arrives: true },
            ),
            (
                521_000,
                inventory,
                Fact::Saw {
                    op: OP,
                    entity: stock,
                    key: KeyId(3),
                    version: 4,
                    value: 96,
                    issued: Time(0),
                },
            ),
            (
                522_000,
                inventory,
                Fact::Applied {
                    op: OP,
                    effect: 0,
                    entity: stock,
                    key: KeyId(3),
                    version: 5,
                    before: 96,
                    value: 95,
                },
            ),
            (522_000, inventory, Fact::Freed { op: OP }),
            (522_000, inventory, answer("orders")),
            (
                523_000,
                orders,
                Fact::Applied {
                    op: OP,
                    effect: 1,
                    entity: order,
                    key,
                    version: 1,
                    before: 0,
                    value: 0,
                },
            ),
            (523_000, orders, answer("web")),
            (523_500, web, Fact::Answered { op: OP, verdict: Verdict::Done }),
        ];
        let mut story = Story::of(OP);
        for (us, at, fact) in facts {
            story.see(Time(1_000_000 + us * 1_000), at, fact);
        }
        story
    }

    fn told(scenario: &Scenario, paint: Paint) -> String {
        let story = story(scenario);
        render(
            &Told {
                scenario,
                design: "rest",
                seed: 7,
                operation: "place-order#42",
                partial: None,
                story: &story,
            },
            paint,
        )
    }

    #[test]
    fn a_story_is_a_timeline_of_eighty_columns() {
        let text = told(&synthetic::scenario(), Paint::plain());
        synthetic::assert_narrow(&text);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn long_texts_hang_under_their_rail() {
        let text = line("1 ms", 3, "orders#1", Tone::Plain, &"word ".repeat(40), Paint::plain());
        assert!(text.lines().count() > 2 && text.lines().all(|line| line.width() <= WIDTH));
    }

    #[test]
    fn colour_adds_nothing_but_colour() {
        let painted = told(&synthetic::scenario(), Paint::new(true));
        assert_eq!(
            anstream::adapter::strip_str(&painted).to_string(),
            told(&synthetic::scenario(), Paint::plain())
        );
    }
}
