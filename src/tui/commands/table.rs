//! The table of commands: name, what stands behind it, what it does. Palette and documentation are made of
//! it; it knows no scenario.

/// What may stand behind a command, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or what nobody can guess.
    Free,
    /// Names of nodes.
    Nodes,
    /// Names of flows.
    Flows,
    /// Names of faults.
    Faults,
    /// A fault that begins.
    Harms,
    /// Knobs.
    Knobs,
    /// Kinds of anomalies.
    Kinds,
    /// Worlds.
    Worlds,
    /// Designs.
    Designs,
    /// Conditions.
    Conditions,
    /// Data.
    Items,
    /// One of these.
    Words(&'static [&'static str]),
}

/// A command, described.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name.
    pub name: &'static str,
    /// What stands behind it, for people.
    pub usage: &'static str,
    /// What it does.
    pub words: &'static str,
    /// What may stand behind it.
    pub takes: Takes,
}

const fn about(
    name: &'static str,
    usage: &'static str,
    takes: Takes,
    words: &'static str,
) -> About {
    About { name, usage, words, takes }
}

/// The names of the themes; `Theme::ALL` has the same.
pub(super) const THEMES: &[&str] = &["default", "light", "colour-blind", "mono"];
pub(super) const SWITCH: &[&str] = &["on", "off"];
const SPEEDS: &[&str] = &["0.001x", "0.01x", "0.1x", "1x", "10x", "100x", "max"];

/// All commands that are no keys.
pub const ALL: &[About] = &[
    about(
        "goto",
        "21.4s | #374850 | place-order#5638 | end",
        Takes::Words(&["end"]),
        "to a time, an event, an operation",
    ),
    about("run-until", "COND", Takes::Conditions, "stop where it first holds"),
    about("run-back-until", "COND", Takes::Conditions, "back to where it last held"),
    about("step", "100", Takes::Free, "events on, or back if negative"),
    about("speed", "0.1x | max", Takes::Words(SPEEDS), "how fast time passes"),
    about(
        "open",
        "node orders | orders#0 | link web edge | FILE.ron",
        Takes::Nodes,
        "open a node, a link, another file",
    ),
    about("op", "place-order#5638", Takes::Flows, "the way of one operation"),
    about("item", "stock 1", Takes::Items, "everything about an item of data"),
    about("slowest", "view-order", Takes::Flows, "the slowest operation of a flow"),
    about(
        "inject",
        "Crash(\"orders\", instance: 0) for 3s",
        Takes::Harms,
        "break something, from now on",
    ),
    about("end", "inventory-crash", Takes::Faults, "a fault that acts ends now"),
    about(
        "without",
        "inventory-crash | orders-restarts@7s",
        Takes::Faults,
        "what if not: a fault, one occurrence",
    ),
    about("set", "rate=600/s", Takes::Knobs, "turn a knob from now on"),
    about("set!", "static_members=false", Takes::Knobs, "turn a knob from the start"),
    about("seed", "2", Takes::Free, "other customers, from the start"),
    about("world", "NAME", Takes::Worlds, "go to a world"),
    about("design", "NAME", Takes::Designs, "the same under another design"),
    about("write", "[FILE]", Takes::Free, "write the world as a scenario file"),
    about("diff", "base no-crash", Takes::Worlds, "two worlds side by side"),
    about(
        "export",
        "csv | svg | text",
        Takes::Words(&["csv", "svg", "text"]),
        "write history or screen to a file",
    ),
    about("filter", "half-done", Takes::Kinds, "show these marks and rows only"),
    about("columns", "designs | WORLD", Takes::Worlds, "what Compare has side by side"),
    about("theme", "NAME", Takes::Words(THEMES), "colours"),
    about(
        "glyphs",
        "braille | block | ascii",
        Takes::Words(&["braille", "block", "ascii"]),
        "signs",
    ),
    about("mouse", "on | off", Takes::Words(SWITCH), "off: the terminal selects text"),
    about(
        "memory",
        "512MiB",
        Takes::Words(&["256MiB", "512MiB", "1GiB"]),
        "for keyframes: more, faster back",
    ),
    about("ahead", "on | off", Takes::Words(SWITCH), "compute ahead, or hide the future"),
    about("reload", "", Takes::Free, "read the scenario's file anew"),
    about("address", "", Takes::Free, "the command line that opens this screen"),
];
