//! Lines that hold what somebody looked for.

use hardie_api_types::search::{CodeSearch, CodeSearchFile, CodeSearchLine, CodeSearchPart};
use hardie_app::browse::{CodeFound, FoundFile, FoundLine};
use hardie_app::render::seen;

use super::git::{number, text};
use crate::links::encode;

/// A search's answer.
pub fn code_search(answer: &CodeFound) -> CodeSearch {
    CodeSearch {
        ref_name: answer.rev.name.clone(),
        ref_kind: answer.rev.kind.as_str().to_owned(),
        commit_sha: answer.rev.commit.to_hex(),
        files: answer.found.files.iter().map(file).collect(),
        more: answer.found.more,
        cut_short: answer.found.cut_short,
        passed_over: number(answer.found.passed_over),
    }
}

fn file(found: &FoundFile) -> CodeSearchFile {
    CodeSearchFile {
        path: text(&found.path),
        url_path: encode(&found.path),
        sha: found.blob.to_hex(),
        lines: found.lines.iter().map(line).collect(),
        more: found.more,
    }
}

fn line(found: &FoundLine) -> CodeSearchLine {
    let mut parts = Vec::new();
    let mut push = |from: usize, to: usize, is_match| {
        if let Some(piece) = found.text.get(from..to).filter(|piece| !piece.is_empty()) {
            // A line must read as it does on the file's page, where these are named.
            parts.push(CodeSearchPart { text: seen(&text(piece)), is_match });
        }
    };
    let mut at = 0;
    for (from, to) in &found.matches {
        push(at, *from, false);
        push(*from, *to, true);
        at = *to;
    }
    push(at, found.text.len(), false);
    CodeSearchLine { number: i64::from(found.number), parts, cut_before: found.cut.0, cut_after: found.cut.1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_parted_at_its_matches() {
        let found = FoundLine { number: 7, text: b"aXbXX".to_vec(), cut: (true, false), matches: vec![(1, 2), (3, 4), (4, 5)] };
        let shown = line(&found);
        let parts: Vec<_> = shown.parts.iter().map(|part| (part.text.as_str(), part.is_match)).collect();
        assert_eq!(parts, [("a", false), ("X", true), ("b", false), ("X", true), ("X", true)]);
        let hidden = FoundLine { number: 1, text: "a\u{202e}b".into(), cut: (false, false), matches: Vec::new() };
        assert_eq!(line(&hidden).parts.first().map(|part| part.text.as_str()), Some("a\u{fffd}b"));
        assert_eq!((shown.number, shown.cut_before, shown.cut_after), (7, true, false));
    }
}
