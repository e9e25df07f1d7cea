//! `windtunnel validate`: the simulator against theory and published results.

use super::args::Validate;
use super::batch::{self, Ending, Pulse};
use super::exit::Exit;
use super::failure::Failure;
use super::formats::TableFormat;
use super::interrupt::Interrupt;
use super::output::{Screen, note, show};
use super::shipped;
use crate::report::validated::Validated;
use crate::report::{json, validate_json, validate_markdown, validate_text};
use crate::validate::{
    Campaign, Case, Figures, Mode, Replication, Row, Verdict, cases, read_cases,
};

/// Runs the cases that are selected, round by round, and shows how they came out.
pub(super) fn validate(
    args: &Validate,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<Exit, Failure> {
    let how = (mode(args), args.seed);
    let mut campaign = Campaign::new(selected(args)?, how, shipped::text);
    run(&mut campaign, args, screen, interrupt)?;
    let validated =
        Validated { rows: campaign.rows(), mode: mode(args), partial: interrupt.is_asked() };
    let to = args.place.output.as_deref();
    let result = match args.format {
        TableFormat::Text => validate_text::render(&validated, screen.paint(to)),
        TableFormat::Json => json::text(&validate_json::ValidateJson::of(&validated)),
        TableFormat::Markdown => validate_markdown::render(&validated),
    };
    show(&result, to)?;
    if validated.partial {
        note("interrupted: what had not been run is listed as not covered\n");
        return Ok(Exit::Interrupted);
    }
    Ok(exit(&validated.rows))
}

/// How a campaign ends.
fn exit(rows: &[Row]) -> Exit {
    let failed = rows.iter().any(|row| matches!(row.verdict, Verdict::Miss | Verdict::Broken));
    if failed { Exit::Unmet } else { Exit::Well }
}

fn selected(args: &Validate) -> Result<Vec<Case>, Failure> {
    let filter = args.filter.as_deref().unwrap_or_default();
    let all = match &args.cases {
        None => cases().to_vec(),
        Some(path) => {
            let io = |why| Failure::Io { path: path.clone(), why };
            let text = std::fs::read_to_string(path).map_err(io)?;
            let wrong =
                |why| Failure::Usage(format!("{}: no list of cases: {why}", path.display()));
            read_cases(&text).map_err(wrong)?
        }
    };
    let found: Vec<Case> = all.into_iter().filter(|case| case.fits(filter)).collect();
    if found.is_empty() {
        return Err(Failure::Nothing(format!(
            "no case has `{filter}` in its name or is of such an area"
        )));
    }
    Ok(found)
}

fn mode(args: &Validate) -> Mode {
    match (args.quick, args.full) {
        (true, _) => Mode::Quick,
        (_, true) => Mode::Full,
        _ => Mode::Usual,
    }
}

/// Runs until nothing more is wanted, or somebody interrupts.
fn run(
    campaign: &mut Campaign,
    args: &Validate,
    screen: &Screen,
    interrupt: &Interrupt,
) -> Result<(), Failure> {
    loop {
        let round = campaign.round();
        if round.is_empty() {
            return Ok(());
        }
        let bar = batch::bar(args.progress, screen);
        let work = |replication: Replication, _: &mut Pulse| replication.run();
        let results = batch::each(round.clone(), work, &bar, interrupt, Ending::AtOnce)?;
        bar.finish_and_clear();
        // A round that was interrupted is judged by what had been run before it.
        let Some(results) = results.into_iter().collect::<Option<Vec<Figures>>>() else {
            return Ok(());
        };
        campaign.record(&round, results);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(expected: f64) -> Vec<Row> {
        let mut case = cases().iter().find(|case| case.id == "Q-MD1-a/mean_wait_ms").cloned();
        case.as_mut().expect("it is there").expected = expected.into();
        let mut campaign = Campaign::new(case, (Mode::Quick, 1), shipped::text);
        let round = campaign.round();
        campaign.record(&round, round.iter().map(Replication::run).collect());
        campaign.rows()
    }

    #[test]
    fn a_miss_ends_with_99_and_shows_the_line_that_repeats_it() {
        assert_eq!(exit(&rows(20.0)), Exit::Well);
        let missed = rows(30.0);
        assert_eq!(exit(&missed).code(), 99);
        let validated = Validated { rows: missed, mode: Mode::Quick, partial: false };
        let text = validate_text::render(&validated, crate::report::paint::Paint::plain());
        assert!(
            text.contains("MISS") && text.contains("windtunnel run scenarios/theory/queue.ron")
        );
        assert!(text.ends_with("0 ok, 1 missed, 0 cannot tell, 0 not covered\n"));
    }
}
