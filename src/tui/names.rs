//! What a name or a word means that somebody typed; and if it means nothing, what was probably meant. One way
//! for the command line, for `:` and for keys.

use crate::scenario::nearest;

/// The place of a name among those that are known.
///
/// # Errors
///
/// What was probably meant, or what there is.
pub fn place<'n>(
    kind: &str,
    name: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Result<usize, String> {
    if let Some(at) = known.clone().position(|it| it == name) {
        return Ok(at);
    }
    let help = match (nearest(name, known.clone()), known.clone().next()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, Some(_)) => format!("there is {}", known.take(12).collect::<Vec<_>>().join(", ")),
        (None, None) => "there is none at all".to_owned(),
    };
    Err(format!("there is no {kind} {name}: {help}"))
}

/// One of a few words, and what it stands for.
///
/// # Errors
///
/// All the words.
pub fn choice<T: Copy>(kind: &str, text: &str, all: &[(&str, T)]) -> Result<T, String> {
    let found = all.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let words: Vec<String> = all.iter().map(|(word, _)| word.to_lowercase()).collect();
        format!("{text} is not {kind}: say {}", words.join(", "))
    })
}

/// A size of memory, in bytes: `512MiB`, `1GiB`.
///
/// # Errors
///
/// How one is written.
pub fn memory(text: &str) -> Result<usize, String> {
    let units =
        [("KiB", 10), ("MiB", 20), ("GiB", 30), ("MB", 20), ("GB", 30), ("M", 20), ("G", 30)];
    let found = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)));
    let bytes = found.and_then(|(digits, shift)| {
        digits.trim().replace('_', "").parse::<usize>().ok()?.checked_mul(1 << shift)
    });
    let fits = |bytes: &usize| (1 << 20..=1 << 38).contains(bytes);
    bytes.filter(fits).ok_or_else(|| {
        format!("{text} is no size of memory: say 512MiB or 1GiB, from 1MiB to 256GiB")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_refused_with_what_was_meant() {
        let known = ["orders", "inventory"];
        let find = |name| place("node", name, known.into_iter());
        assert_eq!(find("inventory"), Ok(1));
        assert_eq!(find("ordrs").unwrap_err(), "there is no node ordrs: did you mean orders?");
        assert_eq!(find("xyz").unwrap_err(), "there is no node xyz: there is orders, inventory");
        let none = place("fault", "x", std::iter::empty()).unwrap_err();
        assert_eq!(none, "there is no fault x: there is none at all");
        assert_eq!(choice("a switch", "On", &[("on", true), ("off", false)]), Ok(true));
        let wrong = choice("a switch", "up", &[("on", true), ("off", false)]).unwrap_err();
        assert_eq!(wrong, "up is not a switch: say on, off");
    }

    #[test]
    fn sizes_have_a_unit_and_bounds() {
        assert_eq!((memory("256MiB"), memory("1G")), (Ok(256 << 20), Ok(1 << 30)));
        for wrong in ["256", "MiB", "1KiB", "99999999999GiB"] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
    }
}
