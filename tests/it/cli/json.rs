//! The JSON that scripts rely on: its keys, its sums, its nulls.

use serde_json::Value;

use super::Place;

fn json(place: &Place, line: &str) -> Value {
    let ended = place.run(line);
    assert_eq!(ended.code, 0, "{line}: {}", ended.err);
    serde_json::from_str(&ended.out).unwrap_or_else(|why| panic!("{line}: {why}"))
}

fn count(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap_or_else(|| panic!("{key} is {}", value[key]))
}

fn sum(value: &Value) -> u64 {
    value.as_object().expect("an object").values().map(|it| it.as_u64().expect("a count")).sum()
}

/// A figure: a number or null.
fn is_figure(value: &Value) -> bool {
    value.is_null() || value.as_f64().is_some_and(f64::is_finite)
}

fn has_times(value: &Value) {
    for key in ["mean", "p50", "p90", "p99", "p999", "max"] {
        assert!(value.get(key).is_some_and(is_figure), "{key} of {value}");
    }
}

#[test]
fn validated_rows_have_the_keys_of_the_contract() {
    let shape = json(&Place::empty(), "validate Q-ErlB --quick --format json");
    assert_eq!((&shape["schema"], &shape["partial"]), (&1.into(), &false.into()));
    let rows = shape["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!((&row["area"], &row["verdict"]), (&"queueing".into(), &"ok".into()));
        assert!(row["id"].as_str().is_some_and(|id| id.starts_with("Q-ErlB-a/")));
        for key in ["expected", "measured", "half_width", "tolerance"] {
            assert!(row[key].as_f64().is_some_and(f64::is_finite), "{key} of {row}");
        }
    }
    let left = json(&Place::empty(), "validate RULE-little --format json");
    let row = &left["rows"][0];
    assert_eq!((&row["verdict"], &row["measured"]), (&"not covered".into(), &Value::Null));
    assert!(row["reason"].is_string());
}

#[test]
fn a_run_has_the_keys_of_the_contract() {
    let place = Place::new();
    let run = json(&place, "run scenarios/shop.ron --design rest --seed 7 --format json");
    assert_eq!(
        (&run["schema"], &run["scenario"], &run["design"], &run["seed"]),
        (&1.into(), &"shop".into(), &"rest".into(), &7.into())
    );
    assert!(
        run["digest"]
            .as_str()
            .is_some_and(|it| it.len() == 16 && it.bytes().all(|byte| byte.is_ascii_hexdigit()))
    );
    assert!(run["engine"].is_string() && run["replay"].is_string() && run["guards"].is_array());
    assert!(
        count(&run, "events") > 0
            && run["simulated_s"].as_f64().is_some()
            && run["partial"] == false
    );
    for (name, flow) in run["flows"].as_object().unwrap() {
        let told = ["ok", "late", "refused", "failed"].map(|key| count(flow, key));
        assert_eq!(count(flow, "offered"), told.iter().sum::<u64>(), "{name}");
        assert_eq!(count(flow, "offered"), sum(&flow["ends"]), "{name}");
        assert_eq!(count(flow, "failed"), sum(&flow["failures"]), "{name}");
        for key in ["kept", "retracted", "half_done", "unannounced", "clean", "pending"] {
            assert!(flow["ends"][key].is_u64(), "{key}");
        }
        for key in ["rate_per_s", "goodput_per_s", "availability"] {
            assert!(flow.get(key).is_some_and(is_figure), "{key}");
        }
        has_times(&flow["latency_ms"]);
        has_times(&flow["convergence_ms"]);
    }
    for node in run["nodes"].as_object().unwrap().values() {
        assert!(
            node["arrivals"].is_u64()
                && is_figure(&node["utilization"])
                && is_figure(&node["queue_mean"])
        );
        has_times(&node["wait_ms"]);
    }
    let consistency = &run["consistency"];
    assert!(count(consistency, "reads") >= count(consistency, "stale_reads"));
    has_times(&consistency["staleness_ms"]);
    for key in ["read_your_writes", "monotonic_reads", "monotonic_writes", "writes_follow_reads"] {
        assert!(consistency["violations"][key].is_u64(), "{key}");
    }
    let effects = &consistency["effects"];
    let parts = ["once", "duplicated", "undone", "lost", "pending", "dropped", "void"];
    assert_eq!(count(effects, "told"), parts.iter().map(|key| count(effects, key)).sum::<u64>());
    assert!(consistency["invariants_broken"].is_object());
    assert!(run["cost"]["messages"].is_u64() && is_figure(&run["cost"]["messages_per_flow"]));
    assert!(run["measures"].get("spread").is_some_and(is_figure));
    assert!(run.get("series").is_none());
}

#[test]
fn all_designs_are_a_list_in_the_order_of_the_file() {
    let runs = json(&Place::new(), "run scenarios/shop.ron --design all --format json");
    let designs: Vec<&str> =
        runs.as_array().unwrap().iter().map(|run| run["design"].as_str().unwrap()).collect();
    assert_eq!(designs, ["rest", "pubsub", "events"]);
}

#[test]
fn keys_come_in_the_same_order_and_values_without_a_trace_of_where_and_when() {
    let place = Place::new();
    let absolute = place.path().join("scenarios/shop.ron");
    let ended = place.run(&format!("run {} --format json", absolute.display()));
    assert_eq!(ended.code, 0);
    assert!(
        !ended.out.contains(&place.path().display().to_string()),
        "an absolute path in a result"
    );
    let keys: Vec<usize> =
        ["\"schema\"", "\"flows\"", "\"nodes\"", "\"consistency\"", "\"cost\"", "\"measures\""]
            .iter()
            .map(|key| ended.out.find(key).unwrap())
            .collect();
    assert!(keys.is_sorted());
}

#[test]
fn series_are_lists_of_one_length() {
    let run = json(&Place::new(), "run scenarios/shop.ron --series 1s --format json");
    let series = run["series"].as_object().unwrap();
    let lengths: Vec<usize> = series.values().filter_map(Value::as_array).map(Vec::len).collect();
    assert!(
        lengths.len() > 5 && lengths[0] > 0 && lengths.iter().all(|it| *it == lengths[0]),
        "{lengths:?}"
    );
    // By flow as well; together they are all.
    let flows = series["flows"].as_object().unwrap();
    assert_eq!(flows.keys().collect::<Vec<_>>(), ["place-order", "view-order"]);
    for key in ["offered", "ok", "failed", "reads", "stale_reads", "backlog"] {
        let of = |figures: &Value| -> Vec<u64> {
            figures[key].as_array().unwrap().iter().map(|it| it.as_u64().unwrap()).collect()
        };
        let all = of(&run["series"]);
        let sum: Vec<u64> =
            (0..all.len()).map(|at| flows.values().map(|figures| of(figures)[at]).sum()).collect();
        assert_eq!(sum, all, "{key}");
    }
}

#[test]
fn a_figure_may_be_asked_of_a_flow_in_a_stretch_of_time() {
    let place = Place::new();
    let early = "\"early\": \"offered(view-order) from 1s to 3s\", \"spread\"";
    place.write("scenarios/shop.ron", &super::SHOP.replace("\"spread\"", early));
    let run = json(&place, "run scenarios/shop.ron --series 1s --format json");
    let offered = run["series"]["flows"]["view-order"]["offered"].as_array().unwrap();
    let sum: u64 = offered[1..3].iter().map(|it| it.as_u64().unwrap()).sum();
    assert!(sum > 0);
    assert_eq!(run["measures"]["early"], sum as f64);
    // Whether somebody asks for it makes no difference to the run.
    place.write("scenarios/shop.ron", super::SHOP);
    let plain = json(&place, "run scenarios/shop.ron --format json");
    assert_eq!((&plain["digest"], &plain["flows"]), (&run["digest"], &run["flows"]));
}

#[test]
fn compare_has_a_value_for_each_seed() {
    let place = Place::new();
    let all = json(
        &place,
        "compare scenarios/shop.ron --designs rest,events --seeds 3 --seed 5 --format json",
    );
    assert_eq!(all["seeds"], serde_json::json!([5, 6, 7]));
    assert_eq!((all["schema"].as_u64(), all["partial"].as_bool()), (Some(1), Some(false)));
    assert!(all["engine"].is_string() && all["reading"].is_array());
    for row in all["rows"].as_array().unwrap() {
        let cells = row["cells"].as_array().unwrap();
        assert_eq!((cells.len(), cells[0]["difference"].is_null()), (2, true));
        assert!(cells.iter().all(|cell| cell["values"].as_array().unwrap().len() == 3));
    }
}

#[test]
fn test_has_a_row_for_each_expectation_and_design() {
    let place = Place::new();
    let all = json(&place, "test --seeds 2 --format json");
    let rows = all["rows"].as_array().unwrap();
    let designs: Vec<&str> = rows.iter().map(|row| row["design"].as_str().unwrap()).collect();
    assert_eq!(designs, ["rest", "pubsub", "events"]);
    assert!(
        rows.iter().all(|row| row["verdict"] == "pass" && row["seeds"] == 2 && row["held"] == 2)
    );
    assert_eq!(all["tally"]["passed"], 3);
}

#[test]
fn check_has_an_item_for_each_mistake_with_its_place() {
    // Editors and build servers put marks at lines; nobody should have to read them out of a text.
    let place = Place::new();
    let wrong = super::SHOP
        .replace("Rest()", "Rset()")
        .replace("\"rate\": \"50/s\"", "\"rate\": \"50/s\", \"idle\": 1");
    let row = wrong.lines().position(|line| line.contains("Rset")).expect("a line");
    let column = wrong.lines().nth(row).and_then(|line| line.find("Rset")).expect("a column");
    place.write("scenarios/wrong.ron", &wrong);
    place.write("scenarios/idle.ron", &wrong.replace("Rset()", "Rest()"));
    let ended = place.run("check --format json");
    assert_eq!((ended.code, ended.err.as_str()), (3, ""));
    let shape: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!((count(&shape, "schema"), count(&shape, "files")), (1, 3));
    assert_eq!((count(&shape, "errors"), count(&shape, "warnings")), (1, 1));
    let [idle, wrong] = &shape["diagnostics"].as_array().expect("a list")[..] else {
        panic!("two: {}", ended.out)
    };
    assert_eq!((&idle["severity"], &idle["code"]), (&"warning".into(), &"W0401".into()));
    assert_eq!(idle["notes"], serde_json::json!([]), "no other place has to do with it");
    assert_eq!(
        (&wrong["severity"], &wrong["file"]),
        (&"error".into(), &"scenarios/wrong.ron".into())
    );
    assert_eq!(
        (count(&wrong["at"], "line"), count(&wrong["at"], "column")),
        (row as u64 + 1, column as u64 + 1)
    );
    assert!(wrong["help"].as_str().is_some_and(|help| help.contains("Rest")), "{wrong}");
    let sound = json(&place, "check scenarios/shop.ron --format json -o -");
    assert_eq!((count(&sound, "errors"), &sound["diagnostics"]), (0, &serde_json::json!([])));
    let gone = place.run("check gone.ron --format json");
    assert!(gone.code == 3 && gone.out.contains("\"at\": null"), "{}", gone.out);
}
