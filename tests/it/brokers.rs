//! The brokers by name: every setting of every one is documented, with its default and its page, and shows
//! an effect when it is turned. A file for each product tells, setting by setting, in which world, by which
//! figure and in which direction; a setting that no file tells of is a failure.

/// A world in which `a` tells `b` to do something, once each `gap`, over a broker of this word.
macro_rules! world {
    ($word:literal, $faults:literal) => {
        concat!(
            r#"(
    run: (length: "$length", drain: "10m"),
    network: (latency: "1ms"),
    knobs: { "length": "10s", "gap": "1s", "work": "10ms", "workers": 1, "fails": "0%", "items": 1, "away": "2m" },
    nodes: {
        "web": Client(arrivals: Gaps(Const("$gap")), does: "f"),
        "a": Service(workers: 4, work: "1ms", store: "a-db"),
        "b": Service(workers: "$workers", work: "$work", store: "b-db"),
        "a-db": Database(read: "1ms", write: "1ms"),
        "b-db": Database(read: "1ms", write: "1ms"),
        "it": "#,
            $word,
            r#"(IT_IS),
        "queue": Sqs(),
    },
    data: { "x": (owner: "a"), "y": (owner: "b", keys: "$items", start: 0) },
    flows: { "f": (home: "a", steps: [
        Write("x"),
        Tell("b", Add("y", 1), fails: "$fails"),
    ]) },
    designs: { "one": PubSub(broker: "it", dedup: false) },
    faults: ["#,
            $faults,
            r#"],
)"#
        )
    };
}

mod exchanges;
mod held_up;
mod kafka;
mod rabbitmq;
mod recoveries;
mod redis_pubsub;
mod sns;
mod sqs;

use std::sync::Arc;

use rayon::prelude::*;
use windtunnel::analysis::{extras, measures};
use windtunnel::scenario::kinds::{KINDS, Word};
use windtunnel::scenario::parse;
use windtunnel::scenario::setting::Usual;
use windtunnel::simulate::run_with;

/// A product, by its word in the file.
struct Product {
    word: &'static str,
    /// Settings that are windtunnel's own: no page of the product has them.
    ours: &'static [&'static str],
    /// What each setting does, at least one a setting.
    shown: &'static [Shown],
    /// Settings of which nothing is shown yet. It is to become empty.
    not_yet: &'static [&'static str],
}

/// What happens when a setting is turned.
#[derive(Clone, Copy)]
struct Shown {
    setting: &'static str,
    /// The scenario, with [`IT`] where the node's settings stand.
    world: &'static str,
    /// Knobs of it, with their values.
    sets: &'static [(&'static str, &'static str)],
    /// Further settings of the node, the same both times.
    beside: &'static str,
    /// The setting's first value; empty for its default.
    usual: &'static str,
    /// Its second value.
    turned: &'static str,
    /// What is looked at.
    figure: &'static str,
    /// What becomes of it.
    turns: Turns,
}

/// What becomes of a figure.
#[derive(Clone, Copy, Debug)]
enum Turns {
    /// It is larger.
    Up,
    /// It is smaller.
    Down,
    /// It is this, and then that; times are in milliseconds.
    FromTo(f64, f64),
}

/// Where the settings of the node stand in a world.
const IT: &str = "IT_IS";

const PRODUCTS: &[&Product] = &[&rabbitmq::IT, &kafka::IT, &sqs::IT, &sns::IT, &redis_pubsub::IT];

impl Product {
    /// Its word, with its settings, once there is one.
    fn word(&self) -> Option<&'static Word> {
        KINDS.iter().flat_map(|kind| kind.words).find(|word| word.word == self.word).copied()
    }
}

impl Shown {
    /// The figure where the setting has this value.
    fn figure(&self, value: &str) -> f64 {
        let given =
            if value.is_empty() { String::new() } else { format!("{}: {value}", self.setting) };
        let settings =
            [self.beside, &given].iter().filter(|it| !it.is_empty()).copied().collect::<Vec<_>>();
        let text = self.world.replace(IT, &settings.join(", "));
        let end = text.trim_end().strip_suffix(')').expect("a scenario ends with a parenthesis");
        let text = format!("{end}    measures: {{ \"it\": {:?} }},\n)", self.figure);
        let sets: Vec<_> =
            self.sets.iter().map(|(knob, to)| ((*knob).to_owned(), (*to).to_owned())).collect();
        let scenario = parse("brokers.ron", &text, &sets);
        let scenario = Arc::new(scenario.unwrap_or_else(|wrong| panic!("{wrong}\n{text}")));
        let outcome = run_with(&scenario, 0, 1, extras(&scenario));
        let taken = measures(&scenario, &outcome).expect("a figure");
        taken["it"].presented().unwrap_or(f64::NAN)
    }

    /// What is wrong, if the figure does not do what is said of it.
    fn fails(&self) -> Option<String> {
        let (usual, turned) = (self.figure(self.usual), self.figure(self.turned));
        let holds = match self.turns {
            Turns::Up => usual < turned,
            Turns::Down => usual > turned,
            Turns::FromTo(from, to) => {
                let is = |value: f64, wanted: f64| (value - wanted).abs() <= 1e-9 * wanted.abs();
                is(usual, from) && is(turned, to)
            }
        };
        let Self { setting, turned: to, figure, turns, .. } = self;
        (!holds)
            .then(|| format!("{setting}: {to}: {figure} from {usual} to {turned}, not {turns:?}"))
    }
}

/// Nothing is turned.
const ANY: Shown = Shown {
    setting: "",
    world: "",
    sets: &[],
    beside: "",
    usual: "",
    turned: "",
    figure: "",
    turns: Turns::Up,
};

#[test]
fn every_setting_has_a_default_and_a_page_or_is_our_own() {
    for product in PRODUCTS {
        let settings = product.word().map_or(&[][..], |word| word.settings);
        for setting in settings {
            let name = format!("{}.{}", product.word, setting.name);
            assert!(!setting.about.is_empty() && !setting.takes.is_empty(), "{name}");
            assert!(!matches!(setting.default, Usual::Is("") | Usual::Unset("")), "{name}");
            let is_ours = product.ours.contains(&setting.name);
            assert_eq!(setting.source.starts_with("https://"), !is_ours, "{name}: its page");
        }
        for ours in product.ours {
            assert!(settings.iter().any(|it| it.name == *ours), "{}.{ours}", product.word);
        }
    }
}

#[test]
fn every_setting_is_shown_or_said_not_to_be_yet() {
    for product in PRODUCTS {
        let Some(word) = product.word() else {
            assert!(product.shown.is_empty() && product.not_yet.is_empty(), "{}", product.word);
            continue;
        };
        let known = |name: &str| word.settings.iter().any(|it| it.name == name);
        let is_shown = |name: &str| product.shown.iter().any(|it| it.setting == name);
        for Shown { setting, .. } in product.shown {
            assert!(known(setting), "{} has no {setting}", product.word);
        }
        for name in product.not_yet {
            assert!(known(name), "{} has no {name}", product.word);
            assert!(!is_shown(name), "{}.{name} is shown by now", product.word);
        }
        for setting in word.settings {
            let name = setting.name;
            let is_known_about = is_shown(name) || product.not_yet.contains(&name);
            assert!(is_known_about, "nothing shows what {}.{name} does", product.word);
        }
    }
}

#[test]
fn a_setting_that_is_turned_does_what_is_said_of_it() {
    let shown: Vec<_> = PRODUCTS.iter().flat_map(|product| product.shown).collect();
    let wrong: Vec<String> = shown.par_iter().filter_map(|shown| shown.fails()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_stays_as_it_was_is_noticed() {
    let idle = Shown {
        setting: "prefetch",
        world: r#"(
            run: (length: "1s"),
            nodes: {
                "web": Client(arrivals: Constant("10/s"), does: "f"),
                "a": Service(workers: 1, store: "db"),
                "db": Database(read: "1ms", write: "1ms"),
                "it": Queue(IT_IS),
            },
            data: { "x": (owner: "a") },
            flows: { "f": (home: "a", steps: [Write("x")]) },
            designs: { "one": PubSub() },
        )"#,
        sets: &[],
        beside: "",
        usual: "",
        turned: "1",
        figure: "offered",
        turns: Turns::Up,
    };
    let said = idle.fails().expect("nothing is different");
    assert_eq!(said, "prefetch: 1: offered from 9 to 9, not Up");
    assert!(Shown { turns: Turns::Down, ..idle }.fails().is_some());
    assert_eq!(Shown { turns: Turns::FromTo(9.0, 9.0), ..idle }.fails(), None);
}
