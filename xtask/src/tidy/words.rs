//! Words that have no place in a repository: folders of somebody's machine, work left for later, conflict marks.

use std::path::PathBuf;

use crate::house::House;

/// Each is written in two parts, so that this file does not contain it.
const WORDS: &[(&str, &str, &str)] = &[
    ("/wo", "rk/", "a folder of somebody's machine"),
    ("/ro", "ot/", "a folder of somebody's machine"),
    ("/home/", "user", "a folder of somebody's machine"),
    ("FIX", "ME", "mend it or write an issue"),
    ("TO", "DO", "do it or write an issue"),
    ("XX", "X:", "mend it or write an issue"),
    ("<<<<", "<<< ", "a conflict mark"),
    (">>>>", ">>> ", "a conflict mark"),
];

/// Files longer than this are data.
const LIMIT: u64 = 1 << 20;

/// Reads every text file.
pub fn check(house: &House, files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let words: Vec<(String, &str)> = WORDS.iter().map(|(a, b, why)| (format!("{a}{b}"), *why)).collect();
    let mut problems = Vec::new();
    for file in files {
        let path = house.root.join(file);
        let metadata = path.symlink_metadata()?;
        if !metadata.is_file() || metadata.len() > LIMIT || file.file_name().is_some_and(|name| name == "Cargo.lock") {
            continue;
        }
        let Ok(text) = String::from_utf8(std::fs::read(&path)?) else { continue };
        problems.extend(find(&text, &words).into_iter().map(|(line, word, why)| format!("{}:{line}: {word:?}: {why}", file.display())));
    }
    Ok(problems)
}

fn find<'a>(text: &str, words: &'a [(String, &'a str)]) -> Vec<(usize, &'a str, &'a str)> {
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(at, line)| {
            words.iter().filter(move |(word, _)| contains(line, word)).map(move |(word, why)| (at + 1, word.as_str(), *why))
        })
        .collect()
}

/// A word of letters counts only where it stands alone: a constant may end in one.
fn contains(line: &str, word: &str) -> bool {
    let alone = |at: usize| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        let part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        !part(before) && !part(after)
    };
    let letters = word.chars().all(|c| c.is_ascii_alphabetic());
    line.match_indices(word).any(|(at, _)| {
        if letters { alone(at) } else { line.get(..at).is_none_or(|text| !text.ends_with(|c: char| c.is_ascii_alphanumeric())) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_s_folder_is_found_with_its_line() {
        let words = vec![(format!("/wo{}", "rk/"), "why")];
        assert_eq!(find(&format!("a\nsee /wo{}x\n", "rk/"), &words).first().map(|hit| hit.0), Some(2));
        assert!(find("https://example.org/network/x\n./artwork/x", &words).is_empty());
    }

    #[test]
    fn a_mark_counts_only_as_a_word_of_its_own() {
        let word = format!("TO{}", "DO");
        assert!(contains(&format!("// {word}: later"), &word));
        assert!(!contains(&format!("MAS{word}N"), &word));
    }
}
