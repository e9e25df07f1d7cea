//! A room is added by adding files, and by a row of a table here and there: the patches in
//! `tests/rooms/` add one of each sort. Whether the tree is what they expect is seen each time; that it
//! builds and does what they say, on demand, as it takes a build of the whole program:
//!
//! ```text
//! cargo test --test it -- --ignored rooms
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::root;

/// What each patch adds, and of how many lines of files that are there it may need a change.
const PATCHES: [&str; 5] = ["node-kind", "fault", "policy", "figure", "output"];
const MOST: usize = 3;

/// A patch, by the file that it adds or changes.
type Patch = BTreeMap<String, Change>;

enum Change {
    /// A file of this text.
    Added(String),
    /// Pieces of text, each to be replaced.
    Changed(Vec<Hunk>),
}

#[derive(Default)]
struct Hunk {
    before: String,
    after: String,
    added: usize,
    removed: usize,
}

fn read(name: &str) -> Patch {
    let file = root().join("tests/rooms").join(name).with_extension("patch");
    let text = fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    text.split("diff --git ").skip(1).map(change).collect()
}

/// What a patch does to one file.
fn change(text: &str) -> (String, Change) {
    let name = text.lines().find_map(|line| line.strip_prefix("+++ b/")).expect("a name");
    let mut hunks: Vec<Hunk> = Vec::new();
    for line in text.lines().skip_while(|line| !line.starts_with("@@")) {
        if line.starts_with("@@") {
            hunks.push(Hunk::default());
            continue;
        }
        let hunk = hunks.last_mut().expect("after its head");
        let (sign, rest) = line.split_at(line.len().min(1));
        if sign != "+" {
            hunk.before.extend([rest, "\n"]);
            hunk.removed += usize::from(sign == "-");
        }
        if sign != "-" {
            hunk.after.extend([rest, "\n"]);
            hunk.added += usize::from(sign == "+");
        }
    }
    let is_new = text.lines().any(|line| line == "--- /dev/null");
    let change = if is_new { Change::Added(hunks.remove(0).after) } else { Change::Changed(hunks) };
    (name.to_owned(), change)
}

/// Applies a patch to the tree at this place.
fn apply(patch: &Patch, tree: &Path) {
    for (name, change) in patch {
        let file = tree.join(name);
        match change {
            Change::Added(text) => {
                assert!(!file.exists(), "{name} is there already");
                fs::write(&file, text).expect(name);
            }
            Change::Changed(hunks) => {
                let mut text = fs::read_to_string(&file).expect(name);
                for Hunk { before, after, .. } in hunks {
                    assert_eq!(
                        text.matches(before).count(),
                        1,
                        "{name} has no such place:\n{before}"
                    );
                    text = text.replacen(before, after, 1);
                }
                fs::write(&file, text).expect(name);
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if name != "target" && name != ".git" {
                copy(&path, &to.join(name));
            }
        } else {
            fs::copy(&path, to.join(name)).expect("a copy");
        }
    }
}

/// A copy of the tree, in which every room is added that there is a patch for.
fn patched() -> tempfile::TempDir {
    let tree = tempfile::tempdir().expect("a place");
    copy(root(), tree.path());
    for name in PATCHES {
        apply(&read(name), tree.path());
    }
    tree
}

#[test]
fn a_room_is_added_by_new_files_and_at_most_three_lines() {
    for name in PATCHES {
        let (mut added, mut lines) = (0, 0);
        for change in read(name).values() {
            match change {
                Change::Added(_) => added += 1,
                Change::Changed(hunks) => {
                    lines += hunks.iter().map(|hunk| hunk.added.max(hunk.removed)).sum::<usize>();
                }
            }
        }
        assert!(added > 0 && lines <= MOST, "{name}: {added} files, {lines} lines");
    }
    patched();
}

#[test]
#[ignore = "builds the whole program"]
fn the_rooms_that_patches_add_are_there_and_work() {
    let tree = patched();
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rooms");
    let build = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--quiet", "--target-dir"])
        .arg(&target)
        .current_dir(tree.path())
        .status();
    assert!(build.expect("cargo runs").success());
    let run = |form: &str| {
        let output = Command::new(target.join("debug/windtunnel"))
            .args(["run", "tests/rooms/rooms.ron", "--format", form])
            .current_dir(tree.path())
            .output()
            .expect("the program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let outcome: serde_json::Value = serde_json::from_str(&run("json")).expect("JSON");
    let flow = &outcome["flows"]["place-order"];
    let count = |value: &serde_json::Value| value.as_u64().unwrap_or_else(|| panic!("{value}"));

    // The kind: it passes on what is published, and forgets it: what came while nobody was there.
    assert!(count(&outcome["nodes"]["hub"]["arrivals"]) > 1_000);
    assert_eq!(count(&flow["ends"]["half_done"]), 100, "50 a second for 2 s: {flow}");
    // The policy: of calls every 10 ms each second one comes too soon for a pace of 19 ms.
    assert_eq!(count(&flow["failures"]["throttled"]), count(&flow["offered"]) / 2);
    assert!(outcome["guards"].as_array().expect("a list").iter().any(|guard| guard == "pacing"));
    // The fault: half of what is sent to the database within five seconds gets lost.
    assert!(count(&flow["failures"]["timeout"]) > 50, "{flow}");
    assert!(outcome["recoveries"]["brownout-orders-db"].is_object(), "{outcome}");
    // The figure: one instance crashed once.
    assert_eq!(outcome["measures"]["gone"], 1.0);
    // The output.
    let counts = ["offered", "ok", "late", "refused", "failed"].map(|name| flow[name].to_string());
    let expected = format!("pubsub,place-order,{}\n", counts.join(","));
    assert!(run("csv").ends_with(&expected), "{expected}");
}
