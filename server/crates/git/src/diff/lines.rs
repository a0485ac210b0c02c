//! Lines that differ between two texts, in hunks with context.

use gix::diff::blob::{Algorithm, InternedInput, Token, diff_with_slider_heuristics};

/// A run of changed lines with the unchanged ones around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// First line of the old text, from 1; with no old lines, the line after which the hunk stands.
    pub old_start: u32,
    /// Lines of the old text.
    pub old_lines: u32,
    /// First line of the new text, from 1; with no new lines, the line after which the hunk stands.
    pub new_start: u32,
    /// Lines of the new text.
    pub new_lines: u32,
    /// The lines, removed ones before added ones.
    pub lines: Vec<Line>,
}

/// One line of a hunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Kept, removed or added.
    pub kind: LineKind,
    /// The bytes without the final newline.
    pub text: Vec<u8>,
    /// Whether it is the last of its file and has no newline.
    pub no_newline: bool,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// In both texts.
    Context,
    /// Only in the old text.
    Removed,
    /// Only in the new text.
    Added,
}

/// The hunks and the numbers of added and removed lines.
#[derive(Debug, Default)]
pub(crate) struct LineDiff {
    pub(crate) hunks: Vec<Hunk>,
    pub(crate) additions: u32,
    pub(crate) deletions: u32,
}

/// Lines of both texts together up to which the histogram is used: it may take the square of them, and nothing can stop it.
const MOST_FOR_HISTOGRAM: usize = 20_000;

/// Histogram is what git's users see, the other has heuristics that keep it from taking for ever.
fn affordable(input: &InternedInput<&[u8]>) -> Algorithm {
    match input.before.len() + input.after.len() > MOST_FOR_HISTOGRAM {
        true => Algorithm::Myers,
        false => Algorithm::Histogram,
    }
}

/// Compares two texts line by line as git does by default (histogram for speed, indentation for looks).
pub(crate) fn compare(old: &[u8], new: &[u8], context: u32) -> LineDiff {
    let input = InternedInput::new(old, new);
    let diff = diff_with_slider_heuristics(affordable(&input), &input);
    let mut out = LineDiff { hunks: Vec::new(), additions: diff.count_additions(), deletions: diff.count_removals() };
    let mut group: Vec<gix::diff::blob::Hunk> = Vec::new();
    for change in diff.hunks() {
        let near = |last: &gix::diff::blob::Hunk| change.before.start - last.before.end <= context.saturating_mul(2);
        if !group.last().is_none_or(near) {
            out.hunks.extend(hunk(&input, &group, context));
            group.clear();
        }
        group.push(change);
    }
    out.hunks.extend(hunk(&input, &group, context));
    out
}

/// Lines that two texts have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Common {
    /// First line in the old text, from 0.
    pub(crate) old: u32,
    /// First line in the new text, from 0.
    pub(crate) new: u32,
    /// How many.
    pub(crate) lines: u32,
}

/// What two texts have in common, in order, as `git blame` finds it: by the fewest changes.
pub(crate) fn common(old: &[u8], new: &[u8]) -> Vec<Common> {
    common_by(|_| Algorithm::Myers, old, new)
}

/// The same as `git merge` finds it.
pub(crate) fn common_for_merge(old: &[u8], new: &[u8]) -> Vec<Common> {
    common_by(affordable, old, new)
}

fn common_by(algorithm: fn(&InternedInput<&[u8]>) -> Algorithm, old: &[u8], new: &[u8]) -> Vec<Common> {
    let input = InternedInput::new(old, new);
    let diff = diff_with_slider_heuristics(algorithm(&input), &input);
    let (mut out, mut old_at, mut new_at) = (Vec::new(), 0, 0);
    let end = u32::try_from(input.before.len()).unwrap_or(u32::MAX);
    for (old_from, old_to, new_to) in diff.hunks().map(|h| (h.before.start, h.before.end, h.after.end)).chain([(end, end, 0)]) {
        if old_from > old_at {
            out.push(Common { old: old_at, new: new_at, lines: old_from - old_at });
        }
        (old_at, new_at) = (old_to, new_to);
    }
    out
}

/// The lines of a text, as a diff counts them.
pub(crate) fn count(text: &[u8]) -> u32 {
    let ends = text.iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(ends + usize::from(!text.is_empty() && !text.ends_with(b"\n"))).unwrap_or(u32::MAX)
}

/// Joins changes that lie so near to each other that their context meets.
fn hunk(input: &InternedInput<&[u8]>, changes: &[gix::diff::blob::Hunk], context: u32) -> Option<Hunk> {
    let (first, last) = (changes.first()?, changes.last()?);
    let lead = context.min(first.before.start);
    let rest = u32::try_from(input.before.len()).unwrap_or(u32::MAX) - last.before.end;
    let (old_from, new_from) = (first.before.start - lead, first.after.start - lead);
    let tail = context.min(rest);
    let (old_to, new_to) = (last.before.end + tail, last.after.end + tail);
    let mut lines = Vec::new();
    let mut push = |kind, tokens: &[Token], from: u32, to: u32| {
        for token in tokens.get(from as usize..to as usize).unwrap_or_default() {
            lines.push(line(kind, input.interner[*token]));
        }
    };
    let mut at = old_from;
    for change in changes {
        push(LineKind::Context, &input.before, at, change.before.start);
        push(LineKind::Removed, &input.before, change.before.start, change.before.end);
        push(LineKind::Added, &input.after, change.after.start, change.after.end);
        at = change.before.end;
    }
    push(LineKind::Context, &input.before, at, old_to);
    let start = |from: u32, to: u32| if from == to { from } else { from + 1 };
    Some(Hunk {
        old_start: start(old_from, old_to),
        old_lines: old_to - old_from,
        new_start: start(new_from, new_to),
        new_lines: new_to - new_from,
        lines,
    })
}

fn line(kind: LineKind, text: &[u8]) -> Line {
    match text.strip_suffix(b"\n") {
        Some(text) => Line { kind, text: text.to_vec(), no_newline: false },
        None => Line { kind, text: text.to_vec(), no_newline: true },
    }
}

/// Whether git would call it binary: a NUL among the first 8,000 bytes.
pub fn is_binary(data: &[u8]) -> bool {
    data.iter().take(8000).any(|b| *b == 0)
}

/// How much of the smaller text's lines the two share, in percent of the larger one. For renames.
pub(crate) fn similarity(old: &[u8], new: &[u8]) -> u8 {
    let larger = old.len().max(new.len());
    if larger == 0 {
        return 100;
    }
    let mut bytes: std::collections::HashMap<&[u8], usize> = std::collections::HashMap::new();
    for line in old.split_inclusive(|b| *b == b'\n') {
        *bytes.entry(line).or_default() += line.len();
    }
    let mut shared = 0;
    for line in new.split_inclusive(|b| *b == b'\n') {
        if let Some(left) = bytes.get_mut(line).filter(|left| **left >= line.len()) {
            *left -= line.len();
            shared += line.len();
        }
    }
    u8::try_from(shared * 100 / larger).unwrap_or(100)
}
