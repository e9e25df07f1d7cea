//! `windtunnel completions` and `windtunnel man`: made from the definition of the command line.

use clap::CommandFactory;

use super::args::{Completions, Line};
use super::exit::Exit;
use super::failure::Failure;
use super::output::show;

/// A completion script.
pub(super) fn completions(args: &Completions) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Line::command(), "windtunnel", &mut text);
    show(&String::from_utf8_lossy(&text), None)?;
    Ok(Exit::Well)
}

/// The manual page: the program's own, then one section for each command.
pub(super) fn manual() -> Result<Exit, Failure> {
    let mut line = Line::command();
    line.build();
    let mut text = Vec::new();
    let mut pages = vec![clap_mangen::Man::new(line.clone()).render(&mut text)];
    for command in line.get_subcommands() {
        let man = clap_mangen::Man::new(command.clone());
        pages.push(man.render_name_section(&mut text));
        pages.push(man.render_synopsis_section(&mut text));
        pages.push(man.render_options_section(&mut text));
        pages.push(man.render_extra_section(&mut text));
    }
    if pages.into_iter().any(|page| page.is_err()) {
        return Err(Failure::Internal("the manual page cannot be made".to_owned()));
    }
    show(&String::from_utf8_lossy(&text), None)?;
    Ok(Exit::Well)
}
