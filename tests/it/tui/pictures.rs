//! The pictures in the documentation are screens of the real program: `UPDATE_DOCS=1 cargo test pictures`
//! makes them anew.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Each picture and the address of its screen.
const PICTURES: &[(&str, &str)] = &[
    ("map.svg", "--design events --at 21.4s --view map --screen 120x34"),
    ("compare.svg", "--at 21.4s --view compare --screen 100x26"),
    ("time.svg", "--at 21.4s --view time --screen 100x28"),
    ("request.svg", "--at 7.004s --open place-order#5638 --screen 160x48"),
    ("lanes.svg", "--at 7.004s --open lanes:place-order#5638 --screen 100x30"),
    ("truth.svg", "--at 21.4s --view truth --screen 100x26"),
];

#[test]
fn the_pictures_of_the_documentation_are_what_the_program_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, address) in PICTURES {
        let run = Command::new(env!("CARGO_BIN_EXE_windtunnel"))
            .current_dir(root)
            .env_remove("NO_COLOR")
            .args(["scenarios/checkout.ron", "--format", "svg", "--glyphs", "block"])
            .args(address.split(' '))
            .output()
            .expect("it runs");
        assert!(run.status.success(), "{address}: {}", String::from_utf8_lossy(&run.stderr));
        let (made, place) =
            (String::from_utf8(run.stdout).expect("text"), root.join("docs/pictures").join(name));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::create_dir_all(place.parent().expect("a folder")).expect("it can be made");
            fs::write(&place, made).expect("it can be written");
            continue;
        }
        let kept = fs::read_to_string(&place).unwrap_or_default();
        assert!(
            kept == made,
            "docs/pictures/{name} is out of date: UPDATE_DOCS=1 cargo test pictures"
        );
    }
}

#[test]
fn every_picture_is_shown_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = ["README.md", "docs/tui.md"]
        .map(|page| fs::read_to_string(root.join(page)).expect("it is there"));
    for (name, _) in PICTURES {
        assert!(pages.iter().any(|page| page.contains(&format!("pictures/{name}"))), "{name}");
    }
}
