//! Texts of others (a scenario's, a path's, a token's) as they may be printed: no character that a
//! terminal obeys, none that turns the order of what is read, and nothing that a build server takes for
//! a command. A text without such things stays what it is. Knows no format.

use std::borrow::Cow;

/// The text on one line: what a terminal would obey stands there as a picture of itself (`␛`, `␊`), what
/// has no picture as `�`; `::` at the start of a word and `##` before a letter or bracket, with which
/// build servers begin their commands, are spaced out.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) && !text.contains("::") && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        shown.push(picture(letter));
        let next = letters.peek().copied().unwrap_or(' ');
        let is_github = letter == ':' && next == ':' && !before.is_alphanumeric();
        let is_azure = letter == '#' && next == '#' && begins_command(letters.clone().nth(1));
        if is_github || is_azure {
            shown.push(' ');
        }
        before = letter;
    }
    Cow::Owned(shown)
}

/// The lines of a text that is laid out already, without what a terminal would obey; line breaks stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    let is_ours = |letter: char| letter == '\n';
    if !text.chars().any(|letter| is_obeyed(letter) && !is_ours(letter)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|it| if is_ours(it) { it } else { picture(it) }).collect())
}

/// Does a terminal, or the order of reading, obey it?
pub fn is_obeyed(letter: char) -> bool {
    letter.is_control() || is_unseen(letter)
}

/// Marks that turn the direction of a text, break lines, or take no room.
fn is_unseen(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn begins_command(letter: Option<char>) -> bool {
    letter.is_some_and(|letter| letter == '[' || letter.is_alphabetic())
}

fn picture(letter: char) -> char {
    match letter {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or('�'),
        '\u{7f}' => '␡',
        letter if is_obeyed(letter) => '�',
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harmless_text_is_itself() {
        for text in
            ["plain", "Bestellung – 注文", "rest.p99(f) < 1s", "a::b", "## two", "# one", ""]
        {
            assert!(
                matches!(printable(text), Cow::Borrowed(_)) || printable(text) == text,
                "{text}"
            );
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_shown_as_a_picture() {
        assert_eq!(printable("a\u{1b}[2Jb\u{7}\r\n\u{7f}"), "a␛[2Jb␇␍␊␡");
        assert_eq!(printable("\u{9b}31m\u{202e}rev\u{200b}"), "�31m�rev�");
        assert_eq!(printable_lines("one\n\u{1b}two\n"), "one\n␛two\n");
        for number in 0..0x11_0000 {
            let Some(letter) = char::from_u32(number) else { continue };
            assert!(!printable(&letter.to_string()).chars().any(is_obeyed), "{number:x}");
        }
    }

    #[test]
    fn no_build_server_sees_a_command() {
        assert_eq!(printable("::error file=x::no"), ": :error file=x::no");
        assert_eq!(printable("a ::set-output name=x::y"), "a : :set-output name=x::y");
        assert_eq!(
            printable("##vso[task.x] ##[error] ##teamcity[x]"),
            "# #vso[task.x] # #[error] # #teamcity[x]"
        );
        assert!(
            !printable(":::::error").contains(" ::") && !printable(":::::error").starts_with("::")
        );
    }
}
