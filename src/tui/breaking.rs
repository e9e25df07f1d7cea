//! What can befall the selected thing: the faults of the language that the scenario's reader accepts there,
//! their settings with what each may be, and the text that they come to. Knows no fault by name.

use super::change::Wanted;
use super::place::Thing;
use super::world::Recipe;
use crate::base::Time;
use crate::scenario::faults::{ROOMS, Room};
use crate::scenario::setting::{Setting, Usual};
use crate::scenario::tree::{NodeIx, Scenario};

/// Whom a fault befalls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Victim {
    /// Instances of a node.
    Node(NodeIx),
    /// Messages: from here to there, or to and from everywhere.
    Way(NodeIx, Option<NodeIx>),
    /// The arrivals of a client.
    Load(NodeIx),
}

/// A setting, and what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name in the file.
    pub name: &'static str,
    /// What it may be, for people.
    pub shown: Vec<String>,
    /// The same as a file writes it; empty where the file says nothing.
    pub written: Vec<String>,
    /// Which it is.
    pub at: usize,
}

/// A fault that can befall a victim.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// Its room in the scenario layer.
    pub room: &'static Room,
    /// Which of the victims, by its place.
    pub victim: usize,
}

/// The victims that a selected thing stands for.
///
/// # Errors
///
/// What to select instead.
pub fn victims(thing: &Thing, scenario: &Scenario) -> Result<Vec<Victim>, String> {
    let is_client = |ix: NodeIx| scenario.nodes[usize::from(ix.0)].kind.about().name == "client";
    let clients = || (0..scenario.nodes.len() as u16).map(NodeIx).filter(|ix| is_client(*ix));
    let mut victims = match *thing {
        Thing::Node(node) | Thing::Instance(node, _) if is_client(node) => {
            return Ok(vec![Victim::Load(node), Victim::Way(node, None)]);
        }
        Thing::Node(node) | Thing::Instance(node, _) => {
            vec![Victim::Node(node), Victim::Way(node, None)]
        }
        Thing::Link(from, to) if is_client(from) => {
            vec![Victim::Node(to), Victim::Way(from, Some(to))]
        }
        Thing::Link(from, to) => vec![Victim::Node(from), Victim::Way(from, Some(to))],
        Thing::Nothing => {
            let load = |client| [Victim::Load(client), Victim::Way(client, None)];
            return Ok(clients().take(1).flat_map(load).collect());
        }
        _ => return Err("select a node or a link on the map: what breaks is there".to_owned()),
    };
    victims.extend(clients().take(1).map(Victim::Load));
    Ok(victims)
}

/// Whom in words: `at orders`, `on orders ▸ inventory`, `to the load`.
pub fn whom(victim: &Victim, scenario: &Scenario, arrow: &str) -> String {
    let name = |ix: NodeIx| &scenario.nodes[usize::from(ix.0)].name;
    match *victim {
        Victim::Node(node) => format!("at {}", name(node)),
        Victim::Way(from, Some(to)) => format!("on {} {arrow} {}", name(from), name(to)),
        Victim::Way(node, None) => format!("around {}", name(node)),
        Victim::Load(client) => format!("to {}", name(client)),
    }
}

/// The faults that the reader accepts there at an instant, those of a victim side by side.
pub fn offers(victims: &[Victim], recipe: &Recipe, at: Time) -> Vec<Offer> {
    let mut offers = Vec::new();
    for (place, victim) in victims.iter().enumerate() {
        for room in ROOMS.iter().copied().filter(|room| befalls(room, victim)) {
            let choices = choices(room, victim, &recipe.scenario, None);
            let wanted = Wanted::Begin {
                what: written(room, victim, &choices, &recipe.scenario),
                lasts: Some("1s".to_owned()),
            };
            if recipe.change(&wanted.text(at, &recipe.scenario), None).is_ok() {
                offers.push(Offer { room, victim: place });
            }
        }
    }
    offers
}

/// Is this a fault of such victims, by what it takes first?
fn befalls(room: &Room, victim: &Victim) -> bool {
    let first = room.settings.first().map_or("", |setting| setting.name);
    match victim {
        Victim::Node(_) => first == "target",
        Victim::Way(..) => first == "from",
        Victim::Load(_) => first == "client",
    }
}

/// The settings that are left to choose, at what is usual.
pub fn choices(
    room: &Room,
    victim: &Victim,
    scenario: &Scenario,
    instance: Option<u32>,
) -> Vec<Choice> {
    let given = ["target", "from", "to", "client"];
    let open = room.settings.iter().filter(|setting| !given.contains(&setting.name));
    open.filter_map(|setting| choice(setting, victim, scenario, instance)).collect()
}

fn choice(
    setting: &Setting,
    victim: &Victim,
    scenario: &Scenario,
    instance: Option<u32>,
) -> Option<Choice> {
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let kind = setting.takes.split(' ').next().unwrap_or_default();
    let (shown, written, at) = match kind {
        "count" => {
            let Victim::Node(node) = victim else { return None };
            let count = scenario.nodes[usize::from(node.0)].kind.instances().min(32);
            let mut written: Vec<String> = (0..count).map(|ix| ix.to_string()).collect();
            if setting.default == Usual::Required {
                // How many are left: one fewer than there are.
                (written.clone(), written, count.saturating_sub(1) as usize)
            } else {
                let mut shown = written.clone();
                shown.insert(0, "all".to_owned());
                written.insert(0, String::new());
                (shown, written, instance.map_or(0, |ix| ix as usize + 1))
            }
        }
        "flag" => {
            let usual = setting.default == Usual::Is("true");
            (texts(&["no", "yes"]), texts(&["false", "true"]), usize::from(usual))
        }
        "number" => (texts(&["2", "3", "5", "10", "100"]), texts(&["2", "3", "5", "10", "100"]), 1),
        "ratio" => {
            let all = ["1%", "10%", "50%", "100%"];
            (texts(&all), all.iter().map(|text| format!("{text:?}")).collect(), 1)
        }
        _ => {
            let mut all = vec!["10ms", "50ms", "200ms", "1s", "5s"];
            let mut at = 1;
            if let Usual::Is(usual) = setting.default {
                all.insert(0, usual.trim_matches('"'));
                at = 0;
            }
            (texts(&all), all.iter().map(|text| format!("{text:?}")).collect(), at)
        }
    };
    let last: usize = <[String]>::len(&shown) - 1;
    let mut choice = Choice { name: setting.name, shown, written, at: at.min(last) };
    // What is usual is left unsaid.
    if let Usual::Is(usual) = setting.default {
        choice.written.iter_mut().filter(|text| *text == usual).for_each(String::clear);
    }
    Some(choice)
}

/// The fault as a file writes it.
pub fn written(room: &Room, victim: &Victim, choices: &[Choice], scenario: &Scenario) -> String {
    let name = |ix: NodeIx| format!("{:?}", scenario.nodes[usize::from(ix.0)].name);
    let mut parts = match *victim {
        Victim::Node(node) | Victim::Load(node) | Victim::Way(node, None) => vec![name(node)],
        Victim::Way(from, Some(to)) => vec![name(from), name(to)],
    };
    for choice in choices {
        let text = &choice.written[choice.at];
        if text.is_empty() {
            continue;
        }
        // The first settings may stand without their names, as long as none before them is left out.
        let place = room.settings.iter().position(|setting| setting.name == choice.name);
        let is_bare = place == Some(parts.len()) && parts.len() < room.unnamed;
        parts.push(if is_bare { text.clone() } else { format!("{}: {text}", choice.name) });
    }
    format!("{}({})", room.word, parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::place::WorldId;
    use super::super::world::Worlds;
    use super::*;
    use crate::scenario::parse_named;

    fn recipe() -> Recipe {
        let text = crate::cli::shipped::text("checkout").unwrap();
        let loaded = parse_named("checkout", "scenarios/checkout.ron", text, &[]).unwrap();
        Recipe::clone(&Worlds::open(loaded, 1, Vec::new()).get(WorldId(0)).recipe)
    }

    fn node(recipe: &Recipe, name: &str) -> NodeIx {
        let place = recipe.scenario.nodes.iter().position(|node| node.name == name).unwrap();
        NodeIx(place as u16)
    }

    fn offered(thing: &Thing) -> Vec<String> {
        let recipe = recipe();
        let victims = victims(thing, &recipe.scenario).unwrap();
        let offers = offers(&victims, &recipe, Time(21_400_000_001)).into_iter();
        let text = |offer: Offer| {
            let victim = &victims[offer.victim];
            let choices = choices(offer.room, victim, &recipe.scenario, None);
            written(offer.room, victim, &choices, &recipe.scenario)
        };
        offers.map(text).collect()
    }

    #[test]
    fn only_what_can_befall_a_thing_is_offered() {
        let recipe = recipe();
        let (orders, inventory, web, log) = (
            node(&recipe, "orders"),
            node(&recipe, "inventory"),
            node(&recipe, "web"),
            node(&recipe, "log"),
        );
        assert_eq!(
            offered(&Thing::Link(orders, inventory)),
            [
                "Crash(\"orders\")",
                "Shutdown(\"orders\")",
                "Slow(\"orders\", 3)",
                "Pause(\"orders\")",
                "Skew(\"orders\", \"50ms\")",
                "Errors(\"orders\", \"10%\")",
                "Scale(\"orders\", 1)",
                "Latency(\"orders\", \"inventory\", add: \"50ms\")",
                "Loss(\"orders\", \"inventory\", probability: \"10%\")",
                "Duplicate(\"orders\", \"inventory\", probability: \"10%\")",
                "Reorder(\"orders\", \"inventory\", probability: \"10%\", by: \"50ms\")",
                "Partition(\"orders\", \"inventory\")",
                "Surge(\"web\", 3)",
            ]
        );
        let customers = offered(&Thing::Node(web));
        assert_eq!(customers[0], "Surge(\"web\", 3)");
        assert!(customers.iter().all(|text| !text.starts_with("Crash")));
        let broker = offered(&Thing::Node(log));
        assert!(!broker.iter().any(|text| text.starts_with("Shutdown")), "{broker:?}");
        assert!(victims(&Thing::Knob("rate".into()), &recipe.scenario).is_err());
    }

    #[test]
    fn settings_are_said_where_they_are_not_as_usual() {
        let recipe = recipe();
        let victim = Victim::Node(node(&recipe, "orders"));
        let crash = ROOMS.iter().find(|room| room.word == "Crash").unwrap();
        let mut choices = choices(crash, &victim, &recipe.scenario, Some(1));
        assert_eq!(choices[0].shown, ["all", "0", "1"]);
        choices[1].at = 1;
        let text = written(crash, &victim, &choices, &recipe.scenario);
        assert_eq!(text, "Crash(\"orders\", instance: 1, host: true)");
    }
}
