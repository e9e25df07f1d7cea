//! The rules of the house, checked in the text of its sources: who may know whom, and what no
//! source may contain. docs quote the tables of this file; it refuses to know any behaviour.

mod rooms;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each layer and what it may know, a layer as a whole or one name of it. Who is not listed is not
/// known: nobody below knows `simulate`, `report` or `cli`. Tests inside a layer may know more.
const LAYERS: &[(&str, &[&str])] = &[
    // Time, chance and mathematics know nothing.
    ("base", &[]),
    // Recorded histories are judged by themselves: nobody else is known.
    ("history", &[]),
    // The engine knows no node, no file and no figure; the scenario knows no engine.
    ("engine", &["base"]),
    ("scenario", &["base"]),
    // Faults are consulted; they know places and times, and nothing of what they break.
    ("faults", &["base", "engine::InstanceId", "scenario::tree"]),
    // The model is tables: no time passes, no node acts.
    (
        "model",
        &["base", "engine::InstanceId", "engine::LaneId", "scenario::tree", "faults::Faults"],
    ),
    // Probes hear facts, in the order of the events' keys; they know no node, no model and no way
    // to schedule anything.
    ("probes", &["base", "engine::InstanceId", "engine::Key", "engine::Turn", "scenario::tree"]),
    // Nodes act, and tell the probes.
    ("nodes", &["base", "engine", "scenario::tree", "faults", "model", "probes"]),
    // A run: everything above, put together.
    ("simulate", &["base", "engine", "scenario::tree", "model", "nodes", "probes"]),
    // An analysis reads what was measured.
    (
        "analysis",
        &[
            "base",
            "scenario::tree",
            "scenario::nearest",
            "scenario::Outline",
            "scenario::Code",
            "scenario::Diagnostic",
            "scenario::Diagnostics",
            "probes::Extra",
            "probes::Extras",
            "probes::Reason",
            "probes::outcome",
            "probes::sketch",
        ],
    ),
    // The cases of theory are run as anybody would run them, and read as anybody would read them.
    // Recorded histories are judged by their checkers.
    ("validate", &["base", "history", "scenario", "probes", "analysis", "simulate"]),
    // A report shows what was analysed, and what is wrong with a scenario.
    (
        "report",
        &[
            "base",
            "engine::InstanceId",
            "scenario::tree",
            "scenario::Diagnostic",
            "scenario::Diagnostics",
            "scenario::Origin",
            "scenario::Severity",
            "scenario::Site",
            "probes",
            "analysis",
            "validate",
        ],
    ),
    // The command line starts runs, shows reports and opens the terminal UI; it knows no engine, no model
    // and no node.
    ("cli", &["base", "scenario", "probes", "analysis", "report", "simulate", "validate", "tui"]),
    // The terminal UI looks at runs as they go on: it reads everything, and only the program starts it.
    (
        "tui",
        &[
            "base", "engine", "scenario", "model", "nodes", "probes", "analysis", "report",
            "simulate",
        ],
    ),
];

/// Words that no source may contain, comments left out, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    ("HashMap", "unordered: a result must not depend on it"),
    ("HashSet", "unordered: a result must not depend on it"),
    ("Instant", "no wall clock in a result"),
    ("SystemTime", "no wall clock in a result"),
    ("thread_rng", "chance comes from the seed"),
    (".ln()", "platform dependent; use base::math"),
    (".log2()", "platform dependent; use base::math"),
    (".log10()", "platform dependent; use base::math"),
    (".exp()", "platform dependent; use base::math"),
    (".powf(", "platform dependent; use base::math"),
    (".powi(", "platform dependent; use base::math"),
    (".sin()", "platform dependent; use base::math"),
    (".cos()", "platform dependent; use base::math"),
    ("todo!", "unfinished"),
    ("unimplemented!", "unfinished"),
    ("dbg!", "unfinished"),
];

/// Words that no file may contain, comments included. (In two halves, so that this one does not.)
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

#[test]
fn layers_know_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for source in sources("src") {
        let layer = source.layer();
        if matches!(layer.as_str(), "lib" | "main") {
            continue;
        }
        let Some((_, known)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            wrong.push(format!("{}: `{layer}` is no layer of the table", source.name));
            continue;
        };
        for path in paths(&source.shipped()) {
            let inside = path == layer || path.starts_with(&format!("{layer}::"));
            if !inside && !known.iter().any(|may| is_within(&path, may)) {
                wrong.push(format!("{}: {layer} must not know {path}", source.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_layers_has_no_entry_that_nobody_needs() {
    let all = sources("src");
    let mut spare = Vec::new();
    for (layer, known) in LAYERS {
        let used: BTreeSet<String> = all
            .iter()
            .filter(|source| source.layer() == *layer)
            .flat_map(|source| paths(&source.shipped()))
            .collect();
        let unused = known.iter().filter(|may| !used.iter().any(|path| is_within(path, may)));
        spare.extend(unused.map(|may| format!("{layer} does not use {may}")));
    }
    assert!(spare.is_empty(), "{}", spare.join("\n"));
}

/// A path that climbs to the crate's root by `super` would escape the table.
#[test]
fn nobody_climbs_out_of_a_layer_by_super() {
    for source in sources("src") {
        let is_mod = source.name.ends_with("/mod.rs");
        let depth = source.name.matches('/').count() - usize::from(is_mod);
        let climb = "super::".repeat(depth);
        assert!(!source.shipped().contains(&climb), "{}: {climb}", source.name);
    }
}

/// What a fault does is said in its room; everybody else asks for what is done, not for the fault.
#[test]
fn nobody_asks_a_fault_for_its_kind() {
    for source in sources("src") {
        let is_room = source.name.starts_with("src/scenario/faults/");
        assert!(is_room || !source.shipped().contains("FaultKind::"), "{}", source.name);
    }
}

#[test]
fn every_file_says_what_lives_in_it() {
    for source in all_rust() {
        assert!(source.text.starts_with("//! "), "{} has no header", source.name);
    }
}

/// More than this in one file is two subjects.
const MOST_LINES: usize = 450;

#[test]
fn no_source_is_too_long_to_be_read_at_once() {
    for source in all_rust() {
        let lines = source.text.lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", source.name);
    }
}

#[test]
fn nothing_is_left_for_later() {
    for source in all_rust() {
        for word in UNFINISHED {
            assert!(!has_word(&source.text, word), "{}: {word}", source.name);
        }
    }
}

#[test]
fn no_source_uses_what_would_make_a_result_differ() {
    for source in sources("src") {
        let code = without_comments(&source.text);
        // The terminal UI paces its frames by the wall clock, in one file.
        let is_clock = source.name == "src/tui/clock.rs";
        for (word, why) in FORBIDDEN {
            let may = is_clock && *word == "Instant";
            assert!(may || !has_word(&code, word), "{}: {word}: {why}", source.name);
        }
    }
}

#[test]
fn every_scenario_is_shipped_inside_the_program() {
    let list = fs::read_to_string(root().join("src/cli/shipped.rs")).unwrap();
    for file in files("scenarios", "ron") {
        let name = relative(&file);
        let line = format!("include_str!(\"../../{name}\")");
        assert!(list.contains(&line), "src/cli/shipped.rs misses {name}");
    }
}

#[test]
fn the_reference_of_the_benchmark_is_what_it_was() {
    let text = fs::read(root().join("benches/bare.rs")).unwrap();
    let sum = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    assert_eq!(format!("{sum:016x}"), "b9848d048293dfbf", "the yardstick must not change");
}

/// One file of Rust, named from the root of the tree.
struct Source {
    name: String,
    text: String,
}

impl Source {
    /// `src/nodes/queue/mod.rs` belongs to `nodes`, `src/simulate/run.rs` to `simulate`.
    fn layer(&self) -> String {
        let below = self.name.trim_start_matches("src/").trim_end_matches(".rs");
        below.split('/').next().unwrap_or_default().to_owned()
    }

    /// The code that ships: without comments and without what only tests compile.
    fn shipped(&self) -> String {
        if self.is_test() {
            return String::new();
        }
        let code = without_comments(&self.text);
        let tests = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
        code[..tests].to_owned()
    }

    /// Is this file, or a folder it lies in, declared under `#[cfg(test)]`?
    fn is_test(&self) -> bool {
        let path = Path::new(&self.name);
        path.ancestors().skip(1).filter(|folder| folder.starts_with("src")).any(|folder| {
            let below = path.strip_prefix(folder).expect("an ancestor");
            let module = below.components().next().expect("a file").as_os_str().to_string_lossy();
            let module = module.trim_end_matches(".rs");
            let parents = [folder.join("mod.rs"), folder.with_extension("rs")];
            parents.iter().filter_map(|parent| fs::read_to_string(root().join(parent)).ok()).any(
                |parent| {
                    let vis = ["", "pub ", "pub(crate) "];
                    vis.iter()
                        .any(|vis| parent.contains(&format!("#[cfg(test)]\n{vis}mod {module};")))
                },
            )
        })
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// With `/` on every system.
fn relative(file: &Path) -> String {
    let below = file.strip_prefix(root()).expect("below the root");
    below.to_string_lossy().replace('\\', "/")
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                // What was built there (`benches/peers` has a target of its own) is no source.
                if !path.ends_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|it| it == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sources(folder: &str) -> Vec<Source> {
    let read = |file: PathBuf| Source {
        name: relative(&file),
        text: fs::read_to_string(&file).expect("UTF-8"),
    };
    files(folder, "rs").into_iter().map(read).collect()
}

fn all_rust() -> Vec<Source> {
    let mut all = sources("src");
    all.extend(sources("tests"));
    // The reference is taken over as it is.
    all.extend(sources("benches").into_iter().filter(|it| it.name != "benches/bare.rs"));
    all
}

/// Good enough for this tree: a line's text before `//`.
fn without_comments(text: &str) -> String {
    let code =
        |line: &str| line.split("//").next().unwrap_or_default().trim_end().to_owned() + "\n";
    text.lines().map(code).collect()
}

/// Not as a part of a longer name.
fn has_word(text: &str, word: &str) -> bool {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut rest = text;
    let mut before = ' ';
    while let Some(at) = rest.find(word) {
        let left = rest[..at].chars().next_back().unwrap_or(before);
        let right = rest[at + word.len()..].chars().next().unwrap_or(' ');
        let whole = |edge: Option<char>, other| !(edge.is_some_and(is_name) && is_name(other));
        if whole(word.chars().next(), left) && whole(word.chars().next_back(), right) {
            return true;
        }
        before = rest[at..].chars().next().unwrap_or(' ');
        rest = &rest[at + before.len_utf8()..];
    }
    false
}

fn is_within(path: &str, may: &str) -> bool {
    path == may || path.starts_with(&format!("{may}::"))
}

/// Every path from the crate's root: `use crate::a::{b, c::d}` names `a::b` and `a::c::d`.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        tree(&code[at + "crate::".len()..], "", &mut found);
    }
    found
}

/// Reads one use tree, adds its paths, and returns what follows it.
fn tree<'a>(code: &'a str, above: &str, found: &mut Vec<String>) -> &'a str {
    let code = code.trim_start();
    let join =
        |name: &str| if above.is_empty() { name.to_owned() } else { format!("{above}::{name}") };
    if let Some(mut rest) = code.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let after = tree(rest, above, found).trim_start();
            let after = after.strip_prefix(',').unwrap_or(after);
            assert!(after.len() < rest.len(), "a use tree that this test cannot read: {rest:.60}");
            rest = after;
        }
    }
    let end = code.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    let (name, rest) = code.split_at(end.unwrap_or(code.len()));
    let is_path = |rest: &&str| rest.starts_with(|it: char| it.is_alphabetic() || it == '{');
    if let Some(below) = rest.strip_prefix("::").filter(is_path) {
        return tree(below, &join(name), found);
    }
    found.push(if name == "self" { above.to_owned() } else { join(name) });
    let rest = rest.trim_start();
    match rest.strip_prefix("as ") {
        Some(renamed) => renamed
            .trim_start_matches(|letter: char| letter != ',' && letter != '}' && letter != ';'),
        None => rest,
    }
}

#[test]
fn use_trees_are_read() {
    let code = "use crate::a::{self, b, c::{D, E as F}, g::H}; x: crate::y::Z<crate::v::w(1)>";
    assert_eq!(paths(code), ["a", "a::b", "a::c::D", "a::c::E", "a::g::H", "y::Z", "v::w"]);
    assert!(has_word("a HashMap<b>", "HashMap") && !has_word("MyHashMap HashMaps", "HashMap"));
    assert!(has_word("x.ln()", ".ln()") && !has_word("x.sinh()", ".sin()"));
}
