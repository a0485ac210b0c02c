//! Decision records are numbered without gaps, and a number is given once.

use std::path::PathBuf;

const FOLDER: &str = "docs/decisions";

/// Reads the names.
pub fn check(files: &[PathBuf]) -> Vec<String> {
    let mut numbers: Vec<(String, u32)> = Vec::new();
    let mut problems = Vec::new();
    for name in files.iter().filter_map(|file| file.strip_prefix(FOLDER).ok()).filter_map(|name| name.to_str()) {
        match name.split_once('-').and_then(|(number, _)| (number.len() == 4).then(|| number.parse().ok())?) {
            Some(number) if name.ends_with(".md") => numbers.push((name.to_owned(), number)),
            _ => problems.push(format!("{FOLDER}/{name}: a record is named NNNN-title.md")),
        }
    }
    numbers.sort_by_key(|(_, number)| *number);
    for ((name, number), expected) in numbers.iter().zip(1..) {
        if *number != expected {
            problems.push(format!("{FOLDER}/{name}: the next number is {expected:04}"));
            break;
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Vec<String> {
        check(&names.iter().map(|name| PathBuf::from(FOLDER).join(name)).collect::<Vec<_>>())
    }

    #[test]
    fn a_gap_a_double_and_a_stray_name_are_refused() {
        assert!(of(&["0001-a.md", "0002-b.md"]).is_empty());
        assert!(of(&["0001-a.md", "0003-b.md"])[0].contains("next number is 0002"));
        assert!(of(&["0001-a.md", "0001-b.md"])[0].contains("next number is 0002"));
        assert!(of(&["notes.md"])[0].contains("NNNN-title.md"));
    }
}
