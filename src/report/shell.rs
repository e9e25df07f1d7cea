//! Commands that can be pasted into a shell, whatever things are called.

/// As one word of a POSIX shell.
pub fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "=/._-%:+,@".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// A file as one word, and never as a flag.
pub fn file(path: &std::path::Path) -> String {
    let shown = path.display().to_string();
    if shown.starts_with('-') { quoted(&format!("./{shown}")) } else { quoted(&shown) }
}

/// An operation as one word: the number needs no quotes.
pub fn operation(named: &str) -> String {
    match named.rsplit_once('#') {
        Some((flow, number)) => format!("{}#{number}", quoted(flow)),
        None => quoted(named),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn odd_names_are_quoted_and_plain_ones_are_not() {
        let names = ["scenarios/checkout.ron", "my shop.ron", "it's.ron", "$(x).ron", "", "é.ron"];
        assert_eq!(
            names.map(quoted),
            [
                "scenarios/checkout.ron",
                "'my shop.ron'",
                "'it'\\''s.ron'",
                "'$(x).ron'",
                "''",
                "'é.ron'"
            ]
        );
        assert_eq!(file(Path::new("-v.ron")), "./-v.ron");
        assert_eq!(operation("web:place-order#7"), "web:place-order#7");
        assert_eq!(operation("place order#7"), "'place order'#7");
    }
}
