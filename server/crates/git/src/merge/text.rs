//! Three versions of a text joined into one.

use crate::diff::lines::{Common, common_for_merge};

/// Lines of the base that one side changed, and what stands there instead.
#[derive(Clone, Copy)]
struct Change {
    from: usize,
    to: usize,
    new_from: usize,
    new_to: usize,
}

/// What both sides made of the base; `None` if they changed the same lines, or lines beside each other, in different ways.
pub(super) fn joined(base: &[u8], ours: &[u8], theirs: &[u8]) -> Option<Vec<u8>> {
    let lines = |text| -> Vec<&[u8]> { <[u8]>::split_inclusive(text, |byte| *byte == b'\n').collect() };
    let (base_lines, our_lines, their_lines) = (lines(base), lines(ours), lines(theirs));
    let mut left = changes(&common_for_merge(base, ours), base_lines.len(), our_lines.len()).into_iter().peekable();
    let mut right = changes(&common_for_merge(base, theirs), base_lines.len(), their_lines.len()).into_iter().peekable();
    let (mut out, mut at): (Vec<&[u8]>, usize) = (Vec::new(), 0);
    while let Some(begin) = left.peek().map(|c| c.from).into_iter().chain(right.peek().map(|c| c.from)).min() {
        // All that overlaps or touches, on either side, is settled together.
        let (mut end, mut ours, mut theirs) = (begin, Side::default(), Side::default());
        loop {
            if let Some(change) = left.next_if(|c| c.from <= end) {
                end = end.max(change.to);
                ours.add(change);
            } else if let Some(change) = right.next_if(|c| c.from <= end) {
                end = end.max(change.to);
                theirs.add(change);
            } else {
                break;
            }
        }
        out.extend(base_lines.get(at..begin)?);
        let (mine, other) = (ours.lines(&our_lines, begin, end), theirs.lines(&their_lines, begin, end));
        match (mine, other) {
            (Some(mine), None) => out.extend(mine?),
            (None, Some(other)) => out.extend(other?),
            (Some(mine), Some(other)) if mine == other => out.extend(mine?),
            _ => return None,
        }
        at = end;
    }
    out.extend(base_lines.get(at..)?);
    Some(out.concat())
}

/// One side's changes within a stretch of the base: the first and the last.
#[derive(Default)]
struct Side(Option<(Change, Change)>);

impl Side {
    fn add(&mut self, change: Change) {
        self.0 = Some((self.0.map_or(change, |(first, _)| first), change));
    }

    /// What this side has for the stretch; `None` if it left it alone.
    fn lines<'a, 'b>(&self, lines: &'b [&'a [u8]], begin: usize, end: usize) -> Option<Option<&'b [&'a [u8]]>> {
        let (first, last) = self.0?;
        let from = first.new_from.checked_sub(first.from.checked_sub(begin)?);
        Some(from.and_then(|from| lines.get(from..last.new_to + end.checked_sub(last.to)?)))
    }
}

fn changes(common: &[Common], old_lines: usize, new_lines: usize) -> Vec<Change> {
    let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let ends = common.iter().map(|c| (size(c.old), size(c.new), size(c.lines))).chain([(old_lines, new_lines, 0)]);
    let (mut out, mut old_at, mut new_at) = (Vec::new(), 0, 0);
    for (old, new, lines) in ends {
        if old > old_at || new > new_at {
            out.push(Change { from: old_at, to: old, new_from: new_at, new_to: new });
        }
        (old_at, new_at) = (old + lines, new + lines);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::joined;

    fn told(base: &str, ours: &str, theirs: &str) -> Option<String> {
        let spaced = |text: &str| text.split_terminator(' ').map(|word| format!("{word}\n")).collect::<String>();
        let merged = joined(spaced(base).as_bytes(), spaced(ours).as_bytes(), spaced(theirs).as_bytes())?;
        Some(String::from_utf8(merged).unwrap().trim_end().replace('\n', " "))
    }

    #[test]
    fn changes_apart_from_each_other_are_both_taken() {
        assert_eq!(told("a b c d e", "A b c d e", "a b c d E").as_deref(), Some("A b c d E"));
        assert_eq!(told("a b c d e", "x a b d e", "a b c d e y z").as_deref(), Some("x a b d e y z"));
        assert_eq!(told("a b c d e", "a b c d e", "q").as_deref(), Some("q"));
        assert_eq!(told("a b c", "a X c", "a X c").as_deref(), Some("a X c"));
        assert_eq!(told("a b c d e f", "A b C d e f", "A b C d e F").as_deref(), Some("A b C d e F"));
    }

    #[test]
    fn changes_that_touch_each_other_are_a_conflict() {
        assert_eq!(told("a b c", "a X c", "a Y c"), None);
        assert_eq!(told("a b c d", "a X c d", "a b Y d"), None, "beside each other");
        assert_eq!(told("a b", "a x b", "a y b"), None);
        assert_eq!(told("a b c", "a c", "a B c"), None);
    }
}
