//! Commands that can be pasted into a shell, whatever things are called.

use crate::base::is_obeyed;

/// As one word of a POSIX shell.
pub fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "=/._-%:+,@".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with("::") {
        text.to_owned()
    } else if text.chars().any(is_obeyed) {
        spelled(text)
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// What a terminal would obey is spelled out, as shells read it between `$'` and `'`.
fn spelled(text: &str) -> String {
    let mut word = "$'".to_owned();
    for letter in text.chars() {
        match letter {
            '\'' | '\\' => word.extend(['\\', letter]),
            letter if is_obeyed(letter) => {
                let mut bytes = [0; 4];
                let bytes = letter.encode_utf8(&mut bytes).bytes();
                word.extend(bytes.map(|byte| format!("\\{byte:03o}")));
            }
            letter => word.push(letter),
        }
    }
    word + "'"
}

/// A file as one word, and never as a flag.
pub fn file(path: &std::path::Path) -> String {
    let shown = path.display().to_string();
    if shown == "-" {
        // Standard input.
        shown
    } else if shown.starts_with('-') {
        quoted(&format!("./{shown}"))
    } else {
        quoted(&shown)
    }
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
        assert_eq!(quoted("a\u{1b}[2J'\u{9b}\n.ron"), "$'a\\033[2J\\'\\302\\233\\012.ron'");
        assert_eq!(quoted("::error::.ron"), "'::error::.ron'");
        assert_eq!(file(Path::new("-v.ron")), "./-v.ron");
        assert_eq!(operation("web:place-order#7"), "web:place-order#7");
        assert_eq!(operation("place order#7"), "'place order'#7");
    }
}
