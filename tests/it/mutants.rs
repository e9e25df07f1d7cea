//! The deliberate mistakes of `tests/mutants/` still fit the tree. Whether they are noticed is for
//! `tests/mutants/run` to see, which builds each of them.

use std::fs;
use std::path::Path;

/// The text that a patch looks for, hunk by hunk, each with its file.
fn hunks(patch: &str) -> Vec<(String, String)> {
    let mut hunks: Vec<(String, String)> = Vec::new();
    let mut file = String::new();
    for line in patch.lines() {
        if let Some(name) = line.strip_prefix("--- a/") {
            name.clone_into(&mut file);
        } else if line.starts_with("@@") {
            hunks.push((file.clone(), String::new()));
        } else if let Some((_, text)) = hunks.last_mut()
            && let Some(kept) = line.strip_prefix(' ').or(line.strip_prefix('-'))
            && !line.starts_with("---")
        {
            text.push_str(kept);
            text.push('\n');
        }
    }
    hunks
}

#[test]
fn every_deliberate_mistake_fits_the_tree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("tests/mutants/README.md")).expect("a text");
    let mut seen = 0;
    for entry in fs::read_dir(root.join("tests/mutants")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|ending| ending != "patch") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let patch = fs::read_to_string(&path).expect("a text");
        assert!(readme.contains(&format!("`{name}`")), "{name} is not in the README");
        assert!(patch.starts_with("What: ") && patch.contains("\nTest: --"), "{name}");
        let hunks = hunks(&patch);
        assert!(!hunks.is_empty(), "{name} changes nothing");
        for (file, wanted) in hunks {
            let text = fs::read_to_string(root.join(&file)).expect("a source");
            assert_eq!(text.matches(&wanted).count(), 1, "{name} does not fit {file}:\n{wanted}");
        }
        seen += 1;
    }
    assert!(seen >= 7, "{seen}");
}
