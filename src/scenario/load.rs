//! From a path or a text to a scenario or its diagnostics.

use std::io;
use std::path::{Path, PathBuf};

use super::codes::Code;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::source::Source;
use super::tree::{Place, Scenario};
use super::{file, knob, mistake};

/// No scenario is larger.
const MAX_BYTES: u64 = 8 << 20;

/// A scenario with what it was read from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The checked scenario.
    pub scenario: Scenario,
    /// Warnings; the text and the path, for diagnostics of later layers, are in here.
    pub warnings: Diagnostics,
}

impl Loaded {
    /// The text of the file.
    pub fn source(&self) -> &Source {
        &self.warnings.source
    }

    /// The file, as the user named it.
    pub fn path(&self) -> &Path {
        Path::new(&self.warnings.path)
    }

    /// Diagnostics of a later layer about this file.
    pub fn diagnostics(&self, list: Vec<Diagnostic>) -> Diagnostics {
        Diagnostics { list, omitted: 0, ..self.warnings.clone() }
    }
}

/// Loads a scenario file, with knobs turned by `--set name=value`.
pub fn load(path: &Path, sets: &[(String, String)]) -> Result<Loaded, Diagnostics> {
    let shown = path.display().to_string();
    let bytes = read_bytes(path)
        .map_err(|(code, message)| of_the_file(&shown, Source::default(), code, message))?;
    let stem =
        path.file_stem().map_or_else(|| shown.clone(), |stem| stem.to_string_lossy().into_owned());
    parse_bytes(&stem, &shown, bytes, sets)
}

/// Loads a scenario of this name from a stream; `path` is what diagnostics call the stream.
pub fn load_from(
    stream: impl io::Read,
    name: &str,
    path: &str,
    sets: &[(String, String)],
) -> Result<Loaded, Diagnostics> {
    let bytes = read_stream(stream, path)
        .map_err(|(code, message)| of_the_file(path, Source::default(), code, message))?;
    parse_bytes(name, path, bytes, sets)
}

fn parse_bytes(
    name: &str,
    path: &str,
    bytes: Vec<u8>,
    sets: &[(String, String)],
) -> Result<Loaded, Diagnostics> {
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))?;
    parse_named(name, path, &text, sets)
}

/// Reads a scenario from its text; `name` is its name and what diagnostics call the file.
pub fn parse(name: &str, source: &str, sets: &[(String, String)]) -> Result<Scenario, Diagnostics> {
    let stem = Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy());
    parse_named(&stem, name, source, sets).map(|loaded| loaded.scenario)
}

/// Reads a scenario from its text, warnings included.
pub fn parse_named(
    name: &str,
    path: &str,
    text: &str,
    sets: &[(String, String)],
) -> Result<Loaded, Diagnostics> {
    let source = Source::new(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned());
    if source.text().len() as u64 > MAX_BYTES {
        return Err(of_the_file(path, Source::default(), Code::TooLarge, too_large(path)));
    }
    let (scenario, mistakes) = file::read(name, &source, sets);
    let diagnostics = mistake::diagnostics(path, source, &knob::set_texts(sets), mistakes);
    match scenario {
        Some(scenario) => Ok(Loaded { scenario, warnings: diagnostics }),
        None => Err(diagnostics),
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, (Code, String)> {
    let shown = path.display();
    let unreadable = |error: io::Error| unreadable(&shown.to_string(), &error);
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err((Code::Unreadable, format!("cannot read {shown}: it is a folder")));
    }
    if metadata.len() > MAX_BYTES {
        return Err((Code::TooLarge, too_large(&shown.to_string())));
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    read_stream(file, &shown.to_string())
}

/// What is no plain file (a pipe) does not know its length beforehand.
fn read_stream(stream: impl io::Read, shown: &str) -> Result<Vec<u8>, (Code, String)> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(stream, MAX_BYTES + 1), &mut bytes)
        .map_err(|error| unreadable(shown, &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err((Code::TooLarge, too_large(shown)));
    }
    Ok(bytes)
}

fn unreadable(shown: &str, error: &io::Error) -> (Code, String) {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        kind => kind.to_string(),
    };
    (Code::Unreadable, format!("cannot read {shown}: {reason}"))
}

fn too_large(shown: &str) -> String {
    format!("{shown} is larger than 8 MiB, too large for a scenario")
}

fn of_the_file(path: &str, source: Source, code: Code, message: String) -> Diagnostics {
    let list = vec![Diagnostic::new(code, Place::default(), 0, message)];
    Diagnostics { path: path.to_owned(), source, list, omitted: 0 }
}

fn not_utf8(path: &str, error: &std::string::FromUtf8Error) -> Diagnostics {
    let good = error.utf8_error().valid_up_to();
    let source = Source::new(String::from_utf8_lossy(error.as_bytes()).into_owned());
    let place = source.place(good);
    let list = vec![
        Diagnostic::new(Code::NotUtf8, place, 1, "the scenario is not UTF-8 text")
            .label("this byte"),
    ];
    Diagnostics { path: path.to_owned(), source, list, omitted: 0 }
}

/// The scenario files below a path, in the order of their names: the path itself if it is a file.
pub fn find(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            found.extend(find(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == "ron") {
            found.push(entry);
        }
    }
    Ok(found)
}
