//! Files and folders that the pages name: a newcomer who follows them finds something.

use std::fs;
use std::path::{Path, PathBuf};

/// Everything below a folder, itself included.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_path_buf()];
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        found.extend(if path.is_dir() { below(&path) } else { vec![path] });
    }
    found
}

/// The sources and folders that a page names in backquotes, examples left out: by a whole path or
/// by its end, as in `parts/slab.rs`.
fn named(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    let quoted = prose.flat_map(|text| text.split('`').skip(1).step_by(2));
    let is_path = |name: &&str| {
        let is_plain = !name.contains(['*', '<', ' ', '\n']);
        is_plain
            // A slash alone is a key.
            && (name.len() > 1 && name.ends_with('/') || Path::new(name).extension().is_some_and(|it| it == "rs"))
    };
    quoted.filter(is_path).collect()
}

#[test]
fn every_source_that_a_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["benches", "docs", "scenarios", "src", "tests"];
    let all: Vec<PathBuf> = folders.iter().flat_map(|folder| below(&root.join(folder))).collect();
    let mut pages = below(&root.join("docs"));
    pages.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    pages.push(root.join("README.md"));
    let mut count = 0;
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        for name in named(&text) {
            count += 1;
            let is_there = all.iter().any(|path| path.ends_with(name));
            assert!(is_there, "{} names {name}, which is not there", page.display());
        }
    }
    assert!(count > 100, "{count} names: they are not found any more");
}
