//! The lines of a diff with their colours.

use hardie_api_types::diff::{DiffHunk, DiffLine};
use hardie_app::browse::{FileDiff, Hunk, Line, LineKind};
use hardie_app::render::highlight;

use super::git::text;

/// Both contents of a file, coloured as far down as lines are shown. A hunk alone does not tell whether it begins within a string
/// or a comment.
pub struct Sides {
    old: Vec<String>,
    new: Vec<String>,
}

impl Sides {
    /// Without colours.
    pub fn plain() -> Sides {
        Sides { old: Vec::new(), new: Vec::new() }
    }

    /// Colours what is shown of each side; nothing of a file whose contents were too large to keep.
    pub fn of(file: &FileDiff) -> Sides {
        let Some((old, new)) = &file.sides else { return Sides::plain() };
        let shows = |kind: LineKind| file.hunks.iter().flat_map(|hunk| &hunk.lines).any(|line| line.kind == kind);
        let side = |path: &[u8], content: &[u8], last: u32| highlight(&text(path), first_lines(content, last)).lines;
        let old_end = file.hunks.last().map_or(0, |hunk| hunk.old_start.saturating_add(hunk.old_lines));
        let new_end = file.hunks.last().map_or(0, |hunk| hunk.new_start.saturating_add(hunk.new_lines));
        // Lines in both are taken from the new side.
        Sides {
            old: if shows(LineKind::Removed) { side(&file.old_path, old, old_end) } else { Vec::new() },
            new: if shows(LineKind::Added) || shows(LineKind::Context) { side(&file.path, new, new_end) } else { Vec::new() },
        }
    }
}

/// A text up to the end of this line.
fn first_lines(content: &[u8], last: u32) -> &[u8] {
    let mut ends = content.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let end = usize::try_from(last).ok().and_then(|last| ends.nth(last.saturating_sub(1)));
    end.and_then(|end| content.get(..end)).unwrap_or(content)
}

/// One hunk.
pub fn diff_hunk(hunk: &Hunk, sides: &Sides) -> DiffHunk {
    let (mut old_number, mut new_number) = (hunk.old_start, hunk.new_start);
    let mut lines = Vec::with_capacity(hunk.lines.len());
    for line in &hunk.lines {
        let (in_old, in_new) = (line.kind != LineKind::Added, line.kind != LineKind::Removed);
        let (side, number) = if in_new { (&sides.new, new_number) } else { (&sides.old, old_number) };
        let coloured = usize::try_from(number).ok().and_then(|number| side.get(number.checked_sub(1)?)).cloned();
        let kind = match line.kind {
            LineKind::Context => "context",
            LineKind::Added => "add",
            LineKind::Removed => "del",
        };
        lines.push(DiffLine {
            kind: kind.to_owned(),
            old: in_old.then_some(i64::from(old_number)),
            new: in_new.then_some(i64::from(new_number)),
            html: coloured.unwrap_or_else(|| plain(line)),
        });
        old_number = old_number.saturating_add(u32::from(in_old));
        new_number = new_number.saturating_add(u32::from(in_new));
        if line.no_newline {
            lines.push(DiffLine { kind: "eof".to_owned(), old: None, new: None, html: "No newline at end of file".to_owned() });
        }
    }
    DiffHunk {
        header: format!("@@ -{},{} +{},{} @@", hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines),
        old_start: i64::from(hunk.old_start),
        old_lines: i64::from(hunk.old_lines),
        new_start: i64::from(hunk.new_start),
        new_lines: i64::from(hunk.new_lines),
        lines,
    }
}

/// A line without colours. A NUL in it must not make it count as binary.
fn plain(line: &Line) -> String {
    let clean: Vec<u8> = line.text.iter().map(|byte| if *byte == 0 { b'?' } else { *byte }).collect();
    highlight("", &clean).lines.into_iter().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hardie_app::browse::Status;

    use super::*;

    fn line(kind: LineKind, text: &str) -> Line {
        Line { kind, text: text.as_bytes().to_vec(), no_newline: false }
    }

    fn change(sides: Option<(Bytes, Bytes)>) -> FileDiff {
        let lines = vec![
            line(LineKind::Context, "return what is said"),
            line(LineKind::Removed, "if old"),
            line(LineKind::Added, "if new"),
            line(LineKind::Context, "\"\"\""),
        ];
        FileDiff {
            status: Status::Modified,
            old_path: b"a.py".to_vec(),
            path: b"a.py".to_vec(),
            old: None,
            new: None,
            similarity: 0,
            binary: false,
            too_large: false,
            additions: 1,
            deletions: 1,
            hunks: vec![Hunk { old_start: 3, old_lines: 3, new_start: 3, new_lines: 3, lines }],
            sides,
        }
    }

    #[test]
    fn a_line_within_a_long_string_has_the_colour_that_it_has_in_the_whole_file() {
        let whole = |word: &str| format!("x = 1\ntext = \"\"\"begins\nreturn what is said\nif {word}\n\"\"\"\nreturn x\n");
        let (old, new) = (whole("old"), whole("new"));
        let file = change(Some((old.clone().into(), new.clone().into())));
        let shown: Vec<String> = diff_hunk(&file.hunks[0], &Sides::of(&file)).lines.into_iter().map(|line| line.html).collect();
        let (old, new) = (highlight("a.py", old.as_bytes()).lines, highlight("a.py", new.as_bytes()).lines);
        assert_eq!(shown, [new[2].clone(), old[3].clone(), new[3].clone(), new[4].clone()]);
        assert_ne!(shown[0], highlight("a.py", b"return what is said").lines[0], "a keyword outside of a string");
    }

    #[test]
    fn a_file_whose_contents_are_not_there_is_shown_plain() {
        let file = change(None);
        let shown = diff_hunk(&file.hunks[0], &Sides::of(&file));
        assert_eq!(shown.lines[1].html, "if old");
        assert_eq!((shown.lines[1].old, shown.lines[2].new, shown.lines[3].old), (Some(4), Some(4), Some(5)));
    }

    #[test]
    fn only_what_is_shown_is_coloured() {
        assert_eq!(first_lines(b"a\nb\nc\n", 2), b"a\nb\n");
        assert_eq!(first_lines(b"a\nb", 7), b"a\nb");
    }
}
