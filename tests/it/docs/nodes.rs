//! A page for each kind of node, made from its rooms: its words and settings (`src/scenario/kinds/`), and
//! what of it is modelled, after which pages (the header of its room in `src/nodes/`).

use std::fmt::Write;
use std::path::{Path, PathBuf};

use windtunnel::scenario::kinds::{About, KINDS, Word};
use windtunnel::scenario::setting::{Setting, Usual};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The room of a kind in `src/nodes/`.
fn room(about: &About) -> PathBuf {
    let room = match about.name {
        "gateway" | "service" => "server",
        "cache" => "cache_server",
        name => name,
    };
    root().join("src/nodes").join(room).join("mod.rs")
}

/// What the header of a source says, without what it leaves out: that stands with the words.
fn header(source: &Path) -> String {
    let text = std::fs::read_to_string(source)
        .unwrap_or_else(|wrong| panic!("{}: {wrong}", source.display()));
    let lines = text.lines().take_while(|line| line.starts_with("//!"));
    let lines: Vec<&str> = lines.map(|line| line[3..].strip_prefix(' ').unwrap_or("")).collect();
    let paragraphs = lines.split(|line| line.is_empty());
    let kept = paragraphs.filter(|it| {
        !it.first()
            .is_none_or(|line| line.starts_with("Left out") || line.starts_with("What is left out"))
    });
    let kept: Vec<String> = kept.map(|paragraph| paragraph.join("\n")).collect();
    kept.join("\n\n")
}

fn row(setting: &Setting) -> String {
    let default = match setting.default {
        Usual::Required => "required".to_owned(),
        Usual::Is(text) => format!("`{text}`"),
        Usual::Unset(words) => words.to_owned(),
    };
    let page = match setting.source {
        "" => String::new(),
        page => format!(" ([page]({page}))"),
    };
    let cell = |text: &str| text.replace('|', "\\|");
    format!(
        "| `{}` | {} | {} | {}{page} |",
        setting.name,
        cell(setting.takes),
        cell(&default),
        cell(setting.about)
    )
}

fn word(word: &Word) -> String {
    let Word { word, about, settings, left_out, example, .. } = word;
    let mut text = format!("## `{word}`\n\n{about}\n\n```ron\n{example}\n```\n\n");
    text.push_str("| setting | takes | default | means |\n| --- | --- | --- | --- |\n");
    for setting in *settings {
        writeln!(text, "{}", row(setting)).unwrap();
    }
    write!(text, "\n**Left out.** {left_out}\n").unwrap();
    text
}

fn page(about: &About) -> String {
    let words: Vec<String> = about.words.iter().map(|it| word(it)).collect();
    let mut title = about.phrase.trim_start_matches("an ").trim_start_matches("a ").to_owned();
    title[..1].make_ascii_uppercase();
    format!(
        "# {title}\n\n\
         <!-- made by `UPDATE_DOCS=1 cargo test docs`, of src/scenario/kinds/ and src/nodes/ -->\n\n\
         {}\n## How it behaves\n\n{}\n",
        words.join("\n"),
        header(&room(about))
    )
}

#[test]
fn every_kind_has_a_page() {
    let folder = root().join("docs/nodes");
    let updates = std::env::var_os("UPDATE_DOCS").is_some();
    let mut names = Vec::new();
    for about in KINDS {
        let file = folder.join(format!("{}.md", about.name));
        let text = page(about);
        if updates {
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(&file, &text).expect("it can be written");
        }
        let there = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(there, text, "{}: UPDATE_DOCS=1 cargo test docs", file.display());
        names.push(format!("{}.md", about.name));
    }
    for entry in std::fs::read_dir(&folder).expect("a folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        assert!(names.contains(&name), "docs/nodes/{name} is of no kind");
    }
}
