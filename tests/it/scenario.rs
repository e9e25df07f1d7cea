//! The scenario language from outside: what loads, what is refused and what is said about it.

mod bad;
mod keyless;
pub(crate) mod mutation;

use std::fmt::Write;
use std::path::Path;

use bad::Bad;
use windtunnel::scenario::{self, Code};

const GOOD: &str = include_str!("scenario/good.ron");

fn sets(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What is said about a text, and the codes of it.
fn said(source: &str, turned: &[(&str, &str)]) -> (String, String) {
    let diagnostics = match scenario::parse_named("shop", "shop.ron", source, &sets(turned)) {
        Ok(loaded) => loaded.warnings,
        Err(diagnostics) => diagnostics,
    };
    let codes: Vec<&str> = diagnostics.list.iter().map(|one| one.code.text()).collect();
    (
        codes.join(" "),
        if diagnostics.list.is_empty() { String::new() } else { diagnostics.render(false) },
    )
}

#[test]
fn shipped_scenarios_load_without_a_warning() {
    for path in scenario::find(Path::new("scenarios")).expect("scenarios") {
        match scenario::load(&path, &[]) {
            Ok(loaded) => assert!(loaded.warnings.list.is_empty(), "{}", loaded.warnings),
            Err(diagnostics) => panic!("{diagnostics}"),
        }
    }
}

#[test]
fn the_good_scenario_of_these_tests_is_good() {
    assert_eq!(said(GOOD, &[]), (String::new(), String::new()));
    insta::assert_debug_snapshot!(scenario::parse("shop.ron", GOOD, &[]).unwrap());
}

/// The fenced blocks of the documentation, by what stands after the fence.
fn documented(kind: &str) -> Vec<&'static str> {
    let page = include_str!("../../docs/scenario.md");
    page.split("\n```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(kind)?.strip_prefix('\n'))
        .collect()
}

#[test]
fn the_documentation_is_a_scenario() {
    let blocks = documented("ron");
    assert_eq!(blocks.len(), 10);
    let whole = format!("({})", blocks.join("\n"));
    assert_eq!(said(&whole, &[]).1, "");
}

#[test]
fn documented_distributions_and_arrivals_are_read() {
    let (lists, arrivals) =
        (documented("ron distributions").join("\n"), documented("ron arrivals").join("\n"));
    let lines = |text: &str| {
        let lines = text
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default().trim().trim_end_matches(','));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(lines(&lists).len() == 14 && lines(&arrivals).len() == 7);
    for line in lines(&lists) {
        let text = GOOD.replacen("work: \"0.2ms\"", &format!("work: {line}"), 1);
        assert_eq!(said(&text, &[]).1, "", "{line}");
    }
    for line in lines(&arrivals) {
        let text = GOOD.replacen("Closed(customers: 10, think: Exp(\"1s\"))", &line, 1);
        // The customers of that line are more than one worker can serve.
        let text =
            text.replacen("\"mail\": Service(workers: 1)", "\"mail\": Service(workers: 9)", 1);
        assert_eq!(said(&text, &[]).1, "", "{line}");
    }
}

#[test]
fn documented_nodes_are_read() {
    let nodes = documented("ron nodes").join("\n");
    assert_eq!(nodes.lines().count(), 6);
    for line in nodes.lines() {
        let text = GOOD.replacen("\"log\": Log(", &format!("\"one\": {line}, \"log\": Log("), 1);
        assert_eq!(said(&text, &[]).1, "", "{line}");
    }
}

#[test]
fn a_scenario_needs_somebody_who_does_something() {
    let bare = |nodes: &str, flows: &str| {
        format!(
            "(run: (length: \"1s\"), nodes: {{ {nodes} }}, flows: {{ {flows} }}, designs: {{ \"rest\": Rest() }})"
        )
    };
    let (client, service) =
        ("\"c\": Client(arrivals: Poisson(\"1/s\"), does: \"f\"),", "\"s\": Service(workers: 1),");
    let flow = "\"f\": (home: \"s\")";
    assert_eq!(said(&bare(&format!("{client}{service}"), flow), &[]).1, "");
    let texts = [bare(service, flow), bare(service, ""), "()".to_owned(), "[]".to_owned()];
    insta::assert_snapshot!(
        texts.map(|text| format!("{text}\n\n{}", said(&text, &[]).1)).join("\n")
    );
}

/// Makes each change, wants its codes, and collects what is said.
fn judge(table: &[Bad]) -> String {
    let (mut report, mut surprises) = (String::new(), String::new());
    for Bad(codes, good, bad) in table {
        assert!(GOOD.contains(good), "{good} is not in the good scenario");
        let (found, text) = said(&GOOD.replacen(good, bad, 1), &[]);
        writeln!(report, "- {good}\n+ {bad}\n\n{text}").unwrap();
        if codes.contains("E0303") {
            let said = text.lines().filter(|line| line.contains("E0303") || line.contains("help:"));
            let wide: Vec<&str> = said.filter(|line| line.chars().count() > 80).collect();
            assert!(wide.is_empty(), "wider than a terminal: {wide:#?}");
        }
        if found != *codes {
            writeln!(surprises, "+ {bad}\nexpected {codes}\n{text}").unwrap();
        }
    }
    assert!(surprises.is_empty(), "{surprises}");
    report
}

#[test]
fn syntax() {
    insta::assert_snapshot!(judge(bad::SYNTAX));
}

#[test]
fn names() {
    insta::assert_snapshot!(judge(bad::NAMES));
}

#[test]
fn values() {
    insta::assert_snapshot!(judge(bad::VALUES));
}

#[test]
fn knobs() {
    insta::assert_snapshot!(judge(bad::KNOBS));
}

#[test]
fn meaning() {
    insta::assert_snapshot!(judge(bad::MEANING));
}

#[test]
fn designs_policies_and_faults() {
    insta::assert_snapshot!(judge(bad::DESIGNS));
}

#[test]
fn brokers() {
    insta::assert_snapshot!(judge(bad::BROKERS));
}

#[test]
fn copies() {
    insta::assert_snapshot!(judge(bad::COPIES));
}

#[test]
fn changes() {
    insta::assert_snapshot!(judge(bad::CHANGES));
}

#[test]
fn amazon() {
    insta::assert_snapshot!(judge(bad::AMAZON));
}

#[test]
fn registries() {
    insta::assert_snapshot!(judge(bad::REGISTRIES));
}

#[test]
fn who_is_told_within_a_best_effort_call_counts_branches_too() {
    let two = r#"All([Tell("inventory", Write("stock")), Tell("mail", Work("1ms"))])"#;
    let call = r#"Tell("payments", Tell("mail", Work("1ms")), best_effort: true)"#;
    let flow = r#""view-order": (home: "orders", steps: ["#;
    let text = GOOD.replacen(flow, &format!("{flow} {two}, {call},"), 1);
    let (codes, text) = said(&text, &[]);
    assert_eq!(codes, "E0704", "{text}");
    assert!(text.contains(r#""mail" waits for several branches in design "hybrid""#), "{text}");
}

/// Values of `--set`, and what becomes of them.
#[test]
fn sets_that_are_refused() {
    let table = [
        ("E0401", "rat", "400/s"),
        ("E0401", "", ""),
        ("E0301", "rate", "fast"),
        ("E0402", "rate", "400"),
        ("E0301", "skew", "Exp(\"1ms\")"),
        ("E0403 E0301", "timeout", "Exp(\"1ms\")"),
        ("E0303", "service", "2"),
        ("E0208", "service", "Expo(\"1ms\")"),
        ("E0404", "service", "Exp(\"1ms\""),
        ("E0404", "rate", ""),
        ("E0403", "rate", "$skew"),
        ("E0304", "rate", "0/s"),
        ("E0305", "skew", "inf"),
        ("E0304", "skew", "-1"),
        ("E0208", "pick", "Sticky"),
        ("E0304", "pick", "Shards(9)"),
        ("E0306", "room", "2.5"),
        ("E0205", "word", "order"),
        ("E0304 E0304", "timeout", "-5ms"),
    ];
    let mut report = String::new();
    for (codes, name, value) in table {
        let (found, text) = said(GOOD, &[(name, value)]);
        writeln!(report, "--set {name}={value}\n\n{text}").unwrap();
        assert_eq!(found, codes, "{report}");
    }
    insta::assert_snapshot!(report);
}

#[test]
fn sets_that_are_taken() {
    let table = [
        ("rate", "20/ms", "\"20/ms\""),
        ("rate", "\"20/ms\"", "\"20/ms\""),
        ("skew", "2", "2"),
        ("skew", "50%", "\"50%\""),
        ("service", "5ms", "\"5ms\""),
        (
            "service",
            "Mix([(0.5,Exp(\"1ms\")),(0.5,\"2ms\")])",
            "Mix([(0.5, Exp(\"1ms\")), (0.5, \"2ms\")])",
        ),
        ("room", "7", "7"),
        ("room", "Some( 7 )", "Some(7)"),
        ("room", "None", "None"),
        ("pick", "Choices(2)", "Choices(2)"),
        ("word", "orders", "\"orders\""),
    ];
    for (name, value, normal) in table {
        let scenario = scenario::parse("shop.ron", GOOD, &sets(&[(name, value)]))
            .unwrap_or_else(|said| panic!("{said}"));
        let knob = scenario.knobs.iter().find(|(knob, _)| knob == name);
        assert_eq!(knob.map(|(_, value)| value.as_str()), Some(normal), "{name}={value}");
    }
}

#[test]
fn the_last_set_of_a_knob_counts() {
    let twice = sets(&[("skew", "1"), ("skew", "2")]);
    let scenario = scenario::parse("shop.ron", GOOD, &twice).unwrap();
    assert_eq!(scenario.knobs[1], ("skew".to_owned(), "2".to_owned()));
}

#[test]
fn all_mistakes_are_reported_in_their_order() {
    let bad = GOOD
        .replacen("workers: 16", "workers: 0, color: 1", 1)
        .replacen("Ask(\"stock\"", "Ask(\"stick\"", 1)
        .replacen("warmup: \"5s\"", "warmup: 5", 1)
        .replacen("Rest()", "Rst()", 1);
    insta::assert_snapshot!(said(&bad, &[]).1);
}

#[test]
fn line_ends_tabs_and_byte_order_marks_do_not_move_places() {
    let place = |text: &str| {
        let said = scenario::parse("x", text, &[]).unwrap_err();
        said.list.iter().map(|one| (one.site.place.line, one.site.place.column)).collect::<Vec<_>>()
    };
    let text = "(\n  run: (length: 5),\n)";
    let wanted = place(text);
    assert!(wanted.contains(&(2, 17)), "{wanted:?}");
    assert_eq!(place(&text.replace('\n', "\r\n")), wanted);
    assert_eq!(place(&format!("\u{feff}{text}")), wanted);
    assert_eq!(place(&text.replace("  ", "\t\t")), wanted);
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let deep = format!("(about: {}{})", "[".repeat(500), "]".repeat(500));
    let paths = [
        folder.path().join("missing.ron"),
        folder.path().to_owned(),
        file("latin1.ron", b"(\n  about: \"caf\xe9\",\n)"),
        file("empty.ron", b""),
        file("blank.ron", b" \n\n"),
        file("huge.ron", &vec![b' '; (8 << 20) + 1]),
        file("deep.ron", deep.as_bytes()),
        file("bomb.ron", "(".repeat(1 << 20).as_bytes()),
        file("comment.ron", b"// nothing but this"),
    ];
    let mut report = String::new();
    for path in paths {
        let said = scenario::load(&path, &[]).unwrap_err();
        let text: String = said
            .render(false)
            .lines()
            .map(|line| line.chars().take(120).collect::<String>() + "\n")
            .collect();
        report += &text;
        report.push('\n');
    }
    let report = report.replace(&folder.path().display().to_string(), "DIR");
    insta::assert_snapshot!(report);
}

#[test]
fn colour_only_adds_escapes() {
    let said =
        scenario::parse("x.ron", &GOOD.replacen("workers: 1)", "workers: 0)", 1), &[]).unwrap_err();
    let (plain, coloured) = (said.render(false), said.render(true));
    assert!(plain.starts_with("error[E0304]: ") && !plain.contains('\u{1b}'), "{plain}");
    assert!(plain.contains("x.ron:14:34"), "{plain}");
    assert!(coloured.contains('\u{1b}'), "{coloured}");
}

/// Each code is provoked by some test above (those of the expectations' language by its own).
#[test]
fn every_code_is_provoked() {
    let tables = [
        bad::SYNTAX,
        bad::NAMES,
        bad::VALUES,
        bad::KNOBS,
        bad::MEANING,
        bad::DESIGNS,
        bad::COPIES,
        bad::BROKERS,
        bad::CHANGES,
        bad::REGISTRIES,
    ];
    let provoked: Vec<&str> =
        tables.iter().flat_map(|table| table.iter().flat_map(|bad| bad.0.split(' '))).collect();
    let elsewhere =
        ["E0101", "E0102", "E0103", "E0104", "E0106", "E0402", "E0404", "E0901", "E0902"];
    for code in Code::ALL {
        assert!(
            provoked.contains(&code.text()) || elsewhere.contains(&code.text()),
            "{code} is never provoked"
        );
    }
}

/// What a few words write out many times takes memory before it could be counted in the end.
#[test]
fn what_all_flows_repeat_is_bounded() {
    let calls = vec![r#"Call("mail")"#; 60].join(", ");
    for steps in
        [format!(r#"Repeat(64, [{calls}], again: "50%")"#), format!("All([{calls}], times: 64)")]
    {
        let flow = |number| format!(r#""more-{number}": (home: "orders", steps: {steps}), "#);
        let with = |flows| {
            let all: String = (0..flows).map(flow).collect();
            said(&GOOD.replacen("flows: {", &format!("flows: {{ {all}"), 1), &[]).1
        };
        assert!(!with(40).contains("E0304"), "{steps}");
        assert_eq!(with(80).matches("repeat more than 200000 steps").count(), 1, "{steps}");
    }
}
