//! A diff as text that `git apply` takes: the `.diff` and `.patch` of a commit.

use std::io::Write as _;

use hardie_domain::oid::Oid;

use super::files::{Diff, FileDiff, Status};
use super::lines::LineKind;

/// Writes the files in git's extended format. Files without hunks because of a bound are named in a comment line.
pub fn write_unified(diff: &Diff) -> Vec<u8> {
    let mut out = Vec::new();
    for file in &diff.files {
        head(&mut out, file);
        body(&mut out, file);
    }
    out
}

fn head(out: &mut Vec<u8>, file: &FileDiff) {
    let (old, new) = (quoted(b"a/", &file.old_path), quoted(b"b/", &file.path));
    line(out, &[b"diff --git ", &old, b" ", &new]);
    match (file.old, file.new) {
        (None, Some((mode, _))) => line(out, &[format!("new file mode {mode:06o}").as_bytes()]),
        (Some((mode, _)), None) => line(out, &[format!("deleted file mode {mode:06o}").as_bytes()]),
        (Some((before, _)), Some((after, _))) if before != after => {
            line(out, &[format!("old mode {before:06o}\nnew mode {after:06o}").as_bytes()]);
        }
        _ => {}
    }
    if file.status == Status::Renamed {
        line(out, &[format!("similarity index {}%", file.similarity).as_bytes()]);
        line(out, &[b"rename from ", &quoted(b"", &file.old_path)]);
        line(out, &[b"rename to ", &quoted(b"", &file.path)]);
    }
    let id = |side: Option<(u32, Oid)>| side.map_or(Oid::ZERO, |(_, id)| id);
    if id(file.old) != id(file.new) {
        let mode = match (file.old, file.new) {
            (Some((before, _)), Some((after, _))) if before == after => format!(" {after:06o}"),
            _ => String::new(),
        };
        line(out, &[format!("index {}..{}{mode}", id(file.old), id(file.new)).as_bytes()]);
    }
}

fn body(out: &mut Vec<u8>, file: &FileDiff) {
    let name = |present: bool, prefix: &[u8], path: &[u8]| if present { quoted(prefix, path) } else { b"/dev/null".to_vec() };
    let old = name(file.old.is_some(), b"a/", &file.old_path);
    let new = name(file.new.is_some(), b"b/", &file.path);
    if file.binary {
        line(out, &[b"Binary files ", &old, b" and ", &new, b" differ"]);
    }
    if file.too_large {
        line(out, &[b"# too large to show in full: ", &new]);
    }
    if file.hunks.is_empty() {
        return;
    }
    line(out, &[b"--- ", &old]);
    line(out, &[b"+++ ", &new]);
    for hunk in &file.hunks {
        let range = |start: u32, lines: u32| if lines == 1 { start.to_string() } else { format!("{start},{lines}") };
        let (old, new) = (range(hunk.old_start, hunk.old_lines), range(hunk.new_start, hunk.new_lines));
        line(out, &[format!("@@ -{old} +{new} @@").as_bytes()]);
        for text in &hunk.lines {
            let mark: &[u8] = match text.kind {
                LineKind::Context => b" ",
                LineKind::Removed => b"-",
                LineKind::Added => b"+",
            };
            line(out, &[mark, &text.text]);
            if text.no_newline {
                line(out, &[b"\\ No newline at end of file"]);
            }
        }
    }
}

fn line(out: &mut Vec<u8>, parts: &[&[u8]]) {
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out.push(b'\n');
}

/// Git's C-style quoting, for names that hold control characters, quotes, backslashes or bytes above 0x7f.
fn quoted(prefix: &[u8], path: &[u8]) -> Vec<u8> {
    let odd = |b: &u8| *b < 0x20 || *b >= 0x7f || *b == b'"' || *b == b'\\';
    if !path.iter().any(odd) {
        return [prefix, path].concat();
    }
    let mut out = [b"\"", prefix].concat();
    for byte in path {
        match byte {
            b'\n' => out.extend(b"\\n"),
            b'\t' => out.extend(b"\\t"),
            b'"' => out.extend(b"\\\""),
            b'\\' => out.extend(b"\\\\"),
            b if odd(b) => drop(write!(out, "\\{b:03o}")),
            b => out.push(*b),
        }
    }
    out.push(b'"');
    out
}
