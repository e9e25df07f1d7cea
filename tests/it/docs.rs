//! Tables of the documentation that come from the program's own tables: figures, faults, exit codes,
//! reasons. `UPDATE_DOCS=1 cargo test docs` writes them anew.
//!
//! The results of `validate` take too long to be made here. What is tested is that every case has
//! its row, and that the row says of it what the plan says. `UPDATE_VALIDATION=FILE cargo test docs`
//! puts the rows of a file, made with `windtunnel validate --full --format markdown -o FILE` or of
//! some cases only, in the place of the old ones.

mod brokers;
mod nodes;
mod paths;
mod semantics;

use std::fmt::Write;
use std::path::Path;

use windtunnel::analysis::metric;
use windtunnel::cli::exit::Exit;
use windtunnel::probes::Reason;
use windtunnel::report::validate_markdown;
use windtunnel::report::validated::number;
use windtunnel::scenario::faults;
use windtunnel::scenario::kinds::KINDS;
use windtunnel::scenario::setting::{Setting, Usual};
use windtunnel::validate::{Case, cases, left_out, lines};

/// Holds the block `name` of a page against `table`, or writes it.
fn hold(page: &str, name: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let text = std::fs::read_to_string(&path).expect("the page is there");
    let from = text.find(&format!("<!-- {name}:")).expect("the block begins");
    let from = from + text[from..].find("-->\n").expect("its comment ends") + 4;
    let to = from + text[from..].find("<!-- end -->").expect("the block ends");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let new = format!("{}{table}{}", &text[..from], &text[to..]);
        std::fs::write(&path, new).expect("the page can be written");
        return;
    }
    assert_eq!(&text[from..to], table, "{page} is out of date: UPDATE_DOCS=1 cargo test docs");
}

#[test]
fn every_figure_is_documented() {
    let mut table = String::from("\n| figure | unit | is |\n| --- | --- | --- |\n");
    for figure in metric::metrics() {
        let windowed = if figure.windowed { " ⏱" } else { "" };
        let unit = figure.unit.article().trim_start_matches("a ");
        writeln!(table, "| `{}`{windowed} | {unit} | {} |", figure.signature(), figure.about)
            .unwrap();
    }
    hold("expectations.md", "figures", &format!("{table}\n"));
}

#[test]
fn every_exit_code_is_documented() {
    let mut table = String::from("\n| code | means |\n| --- | --- |\n");
    for exit in Exit::ALL {
        writeln!(table, "| {} | {} |", exit.code(), exit.meaning()).unwrap();
    }
    hold("output.md", "exits", &format!("{table}\n"));
}

#[test]
fn every_reason_is_documented() {
    let mut table = String::from("\n| reason | means |\n| --- | --- |\n");
    for reason in Reason::ALL {
        writeln!(table, "| `{}` | {} |", reason.name(), reason.about()).unwrap();
    }
    hold("output.md", "reasons", &format!("{table}\n"));
}

#[test]
fn what_each_node_leaves_out_is_documented() {
    let mut table = String::from("\n| node | leaves out |\n| --- | --- |\n");
    for word in KINDS.iter().flat_map(|about| about.words) {
        assert!(word.left_out.ends_with('.'), "{}: a sentence", word.word);
        writeln!(table, "| `{}` | {} |", word.word, word.left_out).unwrap();
    }
    hold("scenario.md", "omissions", &format!("{table}\n"));
}

#[test]
fn every_fault_is_documented() {
    let mut table = String::from("\n| what | arguments | |\n| --- | --- | --- |\n");
    for room in faults::ROOMS {
        let unnamed = ["1st", "2nd", "3rd"].into_iter().take(room.unnamed);
        let mut unnamed = unnamed.map(|place| format!(" *{place}*"));
        let setting = |setting: &Setting| {
            let (name, takes) = (setting.name, setting.takes);
            let place = unnamed.next().unwrap_or_default();
            match setting.default {
                Usual::Is(default) => format!("`{name}`{place} ({takes}, `{default}`)"),
                Usual::Required | Usual::Unset(_) => format!("`{name}`{place} ({takes})"),
            }
        };
        let arguments: Vec<String> = room.settings.iter().map(setting).collect();
        writeln!(table, "| `{}` | {} | {} |", room.word, arguments.join(", "), room.about).unwrap();
    }
    hold("scenario.md", "faults", &format!("{table}\n"));
}

#[test]
fn every_key_is_documented() {
    use windtunnel::tui::action::{ALL, Group};

    let mut table = String::new();
    let groups = [
        (Group::Anywhere, "Anywhere"),
        (Group::Time, "Time"),
        (Group::Selection, "What is selected"),
        (Group::Worlds, "Worlds and changes"),
    ];
    for (group, title) in groups {
        write!(table, "\n| {title} | | does |\n| --- | --- | --- |\n").unwrap();
        for about in ALL.iter().filter(|about| about.group == group) {
            let keys: Vec<String> = about.keys.iter().map(|key| format!("`{key}`")).collect();
            let only: Vec<&str> = about.only.iter().map(|view| view.name()).collect();
            let only =
                if only.is_empty() { String::new() } else { format!(" ({})", only.join(", ")) };
            let words = about.words.replace('|', "\\|");
            writeln!(table, "| {} | `{}` | {words}{only} |", keys.join(" "), about.name).unwrap();
        }
    }
    hold("tui.md", "keys", &format!("{table}\n"));
}

#[test]
fn every_command_is_documented() {
    let mut table = String::from("\n| command | does |\n| --- | --- |\n");
    for about in windtunnel::tui::commands::ALL {
        let usage = about.usage.replace('|', "\\|");
        let line = format!("{} {usage}", about.name);
        writeln!(table, "| `{}` | {} |", line.trim_end(), about.words).unwrap();
    }
    hold("tui.md", "commands", &format!("{table}\n"));
}

#[test]
fn what_the_plan_reads_is_documented() {
    let code = |words: &mut dyn Iterator<Item = String>| {
        words.map(|word| format!("`{}`", word.replace('|', "\\|"))).collect::<Vec<_>>().join(", ")
    };
    let mut table = String::from(
        "\n| groups, models | reads | has to be | metrics |\n| --- | --- | --- | --- |\n",
    );
    for line in lines() {
        let names = code(&mut line.groups.iter().chain(&line.models).cloned());
        let optional = line.optional.iter().map(|name| format!("{name}?"));
        let reads = code(&mut line.reads.iter().cloned().chain(optional));
        let given = code(&mut line.given.iter().map(|(name, must)| match must.as_bytes()[0] {
            b'=' | b'<' | b'>' => format!("{name} {must}"),
            _ => format!("{name} = {must}"),
        }));
        let metrics = code(&mut line.metrics.iter().cloned());
        writeln!(table, "| {names} | {reads} | {given} | {metrics} |").unwrap();
    }
    hold("validation.md", "lines", &format!("{table}\n"));
}

/// The row of each case within a text, by its id.
fn rows(text: &str) -> Vec<(&str, &str)> {
    text.lines()
        .filter_map(|line| Some((line.strip_prefix("| `")?.split_once('`')?.0, line)))
        .collect()
}

/// The tables with the rows of `new`, where it has them, else those of `old`.
fn merged(old: &str, new: &str) -> String {
    let (old, new) = (rows(old), rows(new));
    let of = |case: &Case| {
        let found = new.iter().chain(&old).find(|(id, _)| *id == case.id);
        found.map_or_else(|| format!("| `{}` |", case.id), |(_, line)| (*line).to_owned())
    };
    let mut text = String::new();
    let mut area = "";
    for case in cases() {
        if case.title() != area {
            area = case.title();
            write!(text, "\n### {area}\n\n{}", validate_markdown::HEAD).unwrap();
        }
        writeln!(text, "{}", of(case)).unwrap();
    }
    text + "\n"
}

#[test]
fn every_case_has_its_row_among_the_results() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation.md");
    let page = std::fs::read_to_string(path).expect("the page is there");
    if let Some(file) = std::env::var_os("UPDATE_VALIDATION") {
        let new = std::fs::read_to_string(file).expect("the new rows");
        let old = &page[page.find("<!-- results:").expect("the block begins")..];
        let old = &old[old.find("-->\n").expect("its comment ends") + 4..];
        let (old, _) = old.split_once("<!-- end -->").expect("the block ends");
        let updated = page.replace(old, &merged(old, &new));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation.md");
        std::fs::write(path, updated).expect("the page can be written");
        return;
    }
    let rows = rows(&page[page.find("<!-- results:").expect("the block begins")..]);
    let ids: Vec<&str> = rows.iter().map(|(id, _)| *id).collect();
    let known: Vec<&str> = cases().iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, known);
    for (case, (_, row)) in cases().iter().zip(rows) {
        let says = match left_out(case) {
            Some(why) => row.contains(&format!("not covered: {why}")),
            None => row.contains("| ok, "),
        };
        assert!(says, "{}: run it again, see the head of this file: {row}", case.id);
        let expected = number(&case.expected);
        assert!(!case.expected.is_number() || row.contains(&format!("| {expected} |")), "{row}");
    }
}
