//! The screen and the history as files, for who goes on with them elsewhere. Never over a file that is
//! there.

use std::fmt::Write as _;
use std::fs;

use super::app::App;
use super::files::beside;
use super::paint;
use super::snapshot::Known;

/// Writes the screen (`svg`, `text`) or the history of the run that is shown (`csv`), and says where.
///
/// # Errors
///
/// Why not.
pub fn export(what: &str, app: &mut App) -> Result<String, String> {
    let (ending, text) = match what {
        "csv" => {
            let known = app.snapshot().run(app.session.place.run);
            ("csv", csv(known.ok_or("the run is not known yet")?))
        }
        "svg" => ("svg", paint::svg(&app.again())),
        _ => ("txt", paint::text(&app.again())),
    };
    let session = &app.session;
    let run = session.place.run;
    let world = &session.worlds.get(run.world).name;
    let design = &session.scenario().designs[run.design].name;
    let named = |number: u32| {
        let number = if number == 1 { String::new() } else { format!("-{number}") };
        beside(&session.file, &format!(".{world}.{design}{number}")).with_extension(ending)
    };
    let path = (1..1000).map(named).find(|path| !path.exists()).ok_or("a thousand are there")?;
    let shown = path.display();
    fs::write(&path, text).map_err(|why| format!("{shown} cannot be written: {}", why.kind()))?;
    Ok(format!("written: {shown}"))
}

/// What happened in each stretch of the history, a line each.
fn csv(known: &Known) -> String {
    let mut text = String::from("from_s,sent,done,refused,failed,open,messages,retries\n");
    let width = known.history.width.0;
    for (at, bucket) in (0u64..).zip(known.history.buckets.iter()) {
        let all = bucket.all();
        let from = (at * width) as f64 / 1e9;
        let _ = writeln!(
            text,
            "{from},{},{},{},{},{},{},{}",
            all.sent, all.done, all.refused, all.failed, all.open, bucket.messages, bucket.retries
        );
    }
    text
}
