//! A replay against the token that it was made from: what is the same and what is not.

use super::paint::{Paint, Tone};
use super::table::{Cell, Table};
use crate::analysis::token::ReplayToken;

/// What the token names, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// What was promised.
    pub token: &'a ReplayToken,
    /// The hash of the model that was run.
    pub model: u64,
    /// The run's digest.
    pub digest: u64,
    /// The version that ran it.
    pub engine: &'a str,
}

impl Comparison<'_> {
    /// Is it the run that the token names? Another engine that gives the same digest is no matter.
    pub fn is_same(&self) -> bool {
        self.digest == self.token.digest && self.model == self.token.model
    }

    /// Why it is another, as well as can be told.
    pub fn reason(&self) -> String {
        let name = &self.token.scenario;
        if self.model != self.token.model {
            format!(
                "the replay diverged: the model is not the one of the token; `{name}` was changed since"
            )
        } else if self.engine != self.token.engine {
            let (now, then) = (self.engine, &self.token.engine);
            format!("the replay diverged: the token is of version {then}, this is version {now}")
        } else {
            "the replay diverged: same model, same version, another digest; this is a mistake of windtunnel".to_owned()
        }
    }
}

/// One sentence if it is the same, else a table.
pub fn render(it: &Comparison, paint: Paint) -> String {
    if it.is_same() {
        return paint.apply(Tone::Good, "replayed")
            + &format!(": the same run, digest {:016x}\n", it.digest);
    }
    let mut table = Table::new(["", "token", "replay", ""]);
    let mut row = |what: &str, then: String, now: String| {
        let verdict = if then == now {
            Cell::new(Tone::Good, "same")
        } else {
            Cell::new(Tone::Bad, "differs")
        };
        table.row(vec![what.into(), then.into(), now.into(), verdict]);
    };
    row("engine", it.token.engine.clone(), it.engine.to_owned());
    row("model", format!("{:016x}", it.token.model), format!("{:016x}", it.model));
    row("digest", format!("{:016x}", it.token.digest), format!("{:016x}", it.digest));
    table.render(paint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::synthetic;

    #[test]
    fn what_differs_is_named() {
        let token = synthetic::token(&synthetic::outcome("rest", 1));
        let same =
            Comparison { token: &token, model: token.model, digest: token.digest, engine: "0.1.0" };
        assert!(same.is_same());
        assert!(Comparison { engine: "9.9.9", ..same }.is_same(), "the digest decides");
        let changed = Comparison { model: 1, digest: 2, ..same };
        assert!(!changed.is_same() && changed.reason().contains("was changed"));
        let other = Comparison { digest: 2, engine: "9.9.9", ..same };
        assert!(!other.is_same() && other.reason().contains("version 0.1.0"));
        insta::assert_snapshot!(render(&changed, Paint::plain()));
    }
}
