//! The valid name that a mistyped one, or the first words of one, probably meant.

/// The candidate with the smallest edit distance, if it is close enough to be meant; the first of
/// equals. A swap of neighbours counts as one edit; capitals and the choice between `-` and `_` as
/// none.
pub fn nearest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let allowed = (wrong.chars().count() / 3).max(1);
    let near = candidates
        .iter()
        .copied()
        .filter(|candidate| *candidate != wrong)
        .map(|candidate| (distance(&plain(wrong), &plain(candidate)), candidate))
        .filter(|&(edits, _)| edits <= allowed)
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, candidate)| candidate);
    near.or_else(|| begun(wrong, &candidates))
}

/// The only candidate that goes on with another word.
fn begun<'a>(wrong: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let goes_on = |candidate: &&&str| {
        let rest = candidate.strip_prefix(wrong).filter(|_| !wrong.is_empty());
        rest.is_some_and(|rest| rest.starts_with(['_', '-']))
    };
    let mut begun = candidates.iter().filter(goes_on);
    begun.next().copied().filter(|_| begun.next().is_none())
}

fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let left: Vec<char> = left.chars().collect();
    if left.len().abs_diff(right.len()) > 8 || left.len() > 64 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut next = vec![i];
        for j in 1..=right.len() {
            let replace = row[j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut best = replace.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant_and_nothing_far_off() {
        let names = ["inventory", "orders", "payments"];
        assert_eq!(nearest("inventroy", names), Some("inventory"));
        assert_eq!(nearest("Orders", names), Some("orders"));
        assert_eq!(nearest("order", names), Some("orders"));
        assert_eq!(nearest("shipping", names), None);
        let metrics = ["place-order", "view-order", "p99", "p999"];
        assert_eq!(nearest("place_order", metrics), Some("place-order"));
        assert_eq!(nearest("Veiw-Order", metrics), Some("view-order"));
        assert_eq!(nearest("p98", metrics), Some("p99"));
        assert_eq!(nearest("", names), None);
        let settings = ["prefetch_count", "delivery_limit", "delivery_timeout"];
        assert_eq!(nearest("prefetch", settings), Some("prefetch_count"));
        assert_eq!(nearest("delivery", settings), None, "it could be either");
    }
}
