//! Tables of the documentation that come from the program's own tables: figures, exit codes,
//! reasons. `UPDATE_DOCS=1 cargo test docs` writes them anew.

use std::fmt::Write;
use std::path::Path;

use windtunnel::analysis::metric;
use windtunnel::cli::exit::Exit;
use windtunnel::probes::Reason;

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
