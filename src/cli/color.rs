//! Whether to colour: the flag first, then the conventions of the environment, then whether a
//! person is looking. Knows no style; colour never carries meaning alone.

use std::ffi::OsString;

use clap::ValueEnum;

/// What `--color` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// Where a person looks, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the environment says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Environment {
    no_color: bool,
    force: bool,
    dumb: bool,
}

impl Environment {
    /// Reads `NO_COLOR`, `CLICOLOR_FORCE` and `TERM`.
    pub(super) fn read() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            no_color: set("NO_COLOR").is_some(),
            force: set("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
            dumb: set("TERM").is_some_and(|value| value == "dumb"),
        }
    }

    /// Does somebody want no colour?
    pub(super) fn wants_no_color(self) -> bool {
        self.no_color
    }

    /// Is this a terminal that cannot redraw?
    pub(super) fn is_dumb(self) -> bool {
        self.dumb
    }
}

impl Color {
    /// The decision for one stream.
    pub(super) fn decide(self, environment: Environment, is_terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if environment.no_color => false,
            Self::Auto if environment.force => true,
            Self::Auto => is_terminal && !environment.dumb,
        }
    }

    /// What the command line asks for, read before it is parsed: for help and usage errors.
    pub(super) fn asked(args: impl Iterator<Item = OsString>) -> Self {
        let mut asked =
            std::env::var("WINDTUNNEL_COLOR").ok().and_then(|word| read(&word)).unwrap_or_default();
        let mut follows = false;
        for arg in args {
            let Some(arg) = arg.to_str() else { continue };
            let word = if follows { Some(arg) } else { arg.strip_prefix("--color=") };
            follows = arg == "--color";
            asked = word.and_then(read).unwrap_or(asked);
        }
        asked
    }
}

fn read(word: &str) -> Option<Color> {
    Color::from_str(word, false).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Environment = Environment { no_color: false, force: false, dumb: false };

    #[test]
    fn the_flag_outranks_the_environment() {
        let against = Environment { no_color: true, dumb: true, ..PLAIN };
        assert!(Color::Always.decide(against, false));
        assert!(!Color::Never.decide(Environment { force: true, ..PLAIN }, true));
    }

    #[test]
    fn no_color_outranks_force_and_force_outranks_dumb() {
        assert!(!Color::Auto.decide(Environment { no_color: true, force: true, ..PLAIN }, true));
        assert!(Color::Auto.decide(Environment { force: true, dumb: true, ..PLAIN }, false));
        assert!(!Color::Auto.decide(Environment { dumb: true, ..PLAIN }, true));
        assert!(Color::Auto.decide(PLAIN, true));
        assert!(!Color::Auto.decide(PLAIN, false));
    }

    #[test]
    fn the_flag_is_found_in_both_spellings() {
        let asked = |line: &str| Color::asked(line.split(' ').map(OsString::from));
        assert_eq!(asked("run --color never"), Color::Never);
        assert_eq!(asked("--color=always run"), Color::Always);
        assert_eq!(asked("run x"), Color::Auto);
    }
}
