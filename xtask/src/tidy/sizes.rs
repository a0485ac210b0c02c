//! How long files are. One idea a file; what grows past a bound is two ideas.

use std::path::PathBuf;

use crate::house::House;

use super::files::is_rust;

/// A warning from here on.
const LONG: usize = 500;
/// Refused from here on.
const TOO_LONG: usize = 800;

/// Lines of every Rust file, shortest first.
#[derive(Debug)]
pub struct Sizes(Vec<(usize, PathBuf)>);

/// Counts them.
pub fn measure(house: &House, files: &[PathBuf]) -> anyhow::Result<Sizes> {
    let mut sizes = Vec::new();
    for file in files.iter().filter(|file| is_rust(file)) {
        let text = std::fs::read_to_string(house.root.join(file))?;
        // Generated files say so in their first line and have the length that they have.
        if !text.lines().next().is_some_and(|line| line.starts_with("// @generated")) {
            sizes.push((text.lines().count(), file.clone()));
        }
    }
    sizes.sort();
    Ok(Sizes(sizes))
}

impl Sizes {
    /// One line for the person in front, then the files that grow.
    pub fn summary(&self) -> String {
        let at = |part: usize| self.0.get(self.0.len() * part / 100).map_or(0, |(lines, _)| *lines);
        let mut text = format!("  {} Rust files: median {} lines, 95th percentile {}", self.0.len(), at(50), at(95));
        for (lines, file) in self.0.iter().filter(|(lines, _)| (LONG..TOO_LONG).contains(lines)) {
            text.push_str(&format!("\n  warning: {} has {lines} lines", file.display()));
        }
        text
    }

    /// The files that are refused.
    pub fn problems(&self) -> Vec<String> {
        let long = self.0.iter().filter(|(lines, _)| *lines >= TOO_LONG);
        long.map(|(lines, file)| format!("{}: {lines} lines, and {TOO_LONG} are too many: split it by idea", file.display())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_warned_of_and_a_longer_one_refused() {
        let sizes = Sizes(vec![(10, "a.rs".into()), (499, "b.rs".into()), (500, "c.rs".into()), (800, "d.rs".into())]);
        assert!(sizes.summary().contains("c.rs has 500 lines") && !sizes.summary().contains("b.rs"));
        assert_eq!(sizes.problems().len(), 1);
        assert!(sizes.problems()[0].starts_with("d.rs: 800 lines"));
    }
}
