//! Where results go: stdout, a file that is written beside its place and renamed, or a device or pipe,
//! which is written into. Diagnostics and notes go to stderr. A closed pipe is nobody's mistake: what it
//! cuts off is dropped quietly.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::color::{Color, Environment};
use super::failure::Failure;
use super::load::STANDARD;
use crate::report::paint::Paint;

/// The two streams, and how to paint on each.
#[derive(Clone, Debug)]
pub(super) struct Screen {
    /// For results.
    pub out: Paint,
    /// For diagnostics.
    pub err: Paint,
    /// May something on stderr be redrawn?
    pub lively: bool,
}

impl Screen {
    /// Decides for this process.
    pub(super) fn new(color: Color) -> Self {
        let environment = Environment::read();
        let (out_is_terminal, err_is_terminal) =
            (io::stdout().is_terminal(), io::stderr().is_terminal());
        let out = Paint::new(color.decide(environment, out_is_terminal));
        // Some terminals do not know, and say that they have none.
        let columns = out_is_terminal.then(|| crossterm::terminal::size().ok()).flatten();
        let columns = columns.filter(|(columns, _)| *columns > 0);
        Self {
            out: columns.map_or(out, |(columns, _)| out.wide(usize::from(columns))),
            err: Paint::new(color.decide(environment, err_is_terminal)),
            lively: err_is_terminal && !environment.is_dumb(),
        }
    }

    /// The paint for a result that goes there.
    pub(super) fn paint(&self, to: Option<&Path>) -> Paint {
        if to.is_some_and(is_file) { Paint::plain() } else { self.out }
    }
}

/// Is it a place of its own, and not `-`, which is standard output?
fn is_file(path: &Path) -> bool {
    path != Path::new(STANDARD)
}

/// A result, to stdout or to a file.
pub(super) fn show(text: &str, to: Option<&Path>) -> Result<(), Failure> {
    let (path, written) = match to.filter(|path| is_file(path)) {
        Some(path) => (path, put(path, text)),
        None => (Path::new("standard output"), quietly(io::stdout().lock(), text)),
    };
    written.map_err(|why| Failure::Io { path: path.to_path_buf(), why })
}

/// A note or a diagnostic, to stderr. Nobody can be told if that fails.
pub(super) fn note(text: &str) {
    let _ = quietly(io::stderr().lock(), text);
}

/// Writes all of it; a reader that has gone away is no error.
fn quietly(mut to: impl Write, text: &str) -> io::Result<()> {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Writes to where the path leads. Only a file may be replaced: a device (`/dev/null`), a pipe or a
/// link that leads somewhere stays what it is.
fn put(path: &Path, text: &str) -> io::Result<()> {
    match std::fs::canonicalize(path) {
        Ok(place) if place.is_file() => replace(&place, text),
        Ok(place) => quietly(File::options().write(true).open(place)?, text),
        Err(_) => replace(path, text),
    }
}

/// Writes beside the place and renames, so that nobody ever sees half a file.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("names no file"))?;
    let mut beside = name.to_os_string();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let done = written.and_then(|()| std::fs::rename(&beside, path));
    if done.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        assert!(quietly(Closed, "text").is_ok());
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        replace(&path, "old").unwrap();
        replace(&path, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_written_into_and_a_link_followed() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("result.json"), folder.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        put(&link, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());

        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).unwrap()
        });
        put(&pipe, "result").unwrap();
        assert_eq!(reader.join().unwrap(), "result");
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(replace(&folder.path().join("no/such/folder.json"), "x").is_err());
    }
}
