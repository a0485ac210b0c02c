//! The last rule that a file matches, without trying them all: large files of this kind have thousands of rules, nearly all of them
//! plain paths, names and endings.

use std::collections::BTreeMap;

use crate::pattern::{DOTS, Pattern};

/// Two places of rules under one key: for the thing itself, and for what is below it.
type Places = BTreeMap<Vec<u8>, (Option<usize>, Option<usize>)>;

/// Rules by what is looked up.
#[derive(Clone, Debug, Default)]
pub struct Index {
    all: Option<usize>,
    paths: Places,
    names: Places,
    endings: Places,
    /// The others, by place.
    tried: Vec<(usize, Pattern)>,
}

impl Index {
    /// Adds a rule at a place higher than those before.
    pub fn add(&mut self, place: usize, pattern: Pattern) {
        let put = |places: &mut Places, key: Vec<u8>, itself: bool, below: bool| {
            let slot = places.entry(key).or_default();
            *slot = (if itself { Some(place) } else { slot.0 }, if below { Some(place) } else { slot.1 });
        };
        match pattern {
            Pattern::All => self.all = Some(place),
            Pattern::Path(path, itself, below) => put(&mut self.paths, path, itself, below),
            Pattern::Name(name, folder) => put(&mut self.names, name, !folder, true),
            Pattern::Ending(ending, folder) => put(&mut self.endings, ending, !folder, true),
            tried => self.tried.push((place, tried)),
        }
    }

    /// The highest place whose rule a file matches. `steps` grows by what it took.
    pub fn last(&self, path: &[u8], steps: &mut usize) -> Option<usize> {
        let mut best = self.all.max(self.paths.get(path).and_then(|found| found.0));
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        for at in slashes {
            best = best.max(path.get(..at).and_then(|folder| self.paths.get(folder)).and_then(|found| found.1));
        }
        let mut parts = path.split(|byte| *byte == b'/').peekable();
        while let Some(part) = parts.next() {
            let is_file = parts.peek().is_none();
            let pick = |found: &(Option<usize>, Option<usize>)| if is_file { found.0 } else { found.1 };
            best = best.max(self.names.get(part).and_then(pick));
            if !self.endings.is_empty() {
                let dots = part.iter().enumerate().rev().filter(|(_, byte)| **byte == b'.').take(DOTS);
                let found = dots.filter_map(|(at, _)| pick(self.endings.get(part.get(at..)?)?)).max();
                best = best.max(found);
            }
            *steps += 8;
        }
        for (place, pattern) in self.tried.iter().rev().take_while(|(place, _)| Some(*place) > best) {
            let (hit, took) = pattern.tried(path);
            *steps += 4 + took;
            if hit {
                return Some(*place);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let mut index = Index::default();
        index.add(0, Pattern::new(pattern));
        index.last(path.as_bytes(), &mut 0).is_some()
    }

    #[test]
    fn patterns_mean_what_they_mean_on_other_forges() {
        for (pattern, path) in [
            ("*", "a/b/c.txt"),
            ("*.js", "a/b.js"),
            ("*.js", "x.js/b"),
            ("*.tar.gz", "a/b.c.tar.gz"),
            ("*.js", "a.b.c.d.e.f.g.h.i.js"),
            ("*.1.2.3.4.5.6.7.8.9", "x.0.1.2.3.4.5.6.7.8.9"),
            ("te?t", "a/test/x"),
            ("/build/logs/", "build/logs/a/b.txt"),
            ("docs/*", "docs/a.md"),
            ("apps/", "x/apps/y/z"),
            ("apps", "x/apps/y"),
            ("apps", "x/apps"),
            ("/docs", "docs/a/b"),
            ("/docs", "docs"),
            ("/docs/", "docs/a/b"),
            ("**/logs", "build/logs"),
            ("**/logs", "logs/x"),
            ("/apps/**/x", "apps/a/b/x"),
            ("/src/*/api/", "src/v1/api/a.rs"),
            ("src/v*", "src/v1/api/a.rs"),
            ("path with spaces/", "path with spaces/a"),
            ("/", "a/b"),
            ("**", "a/b"),
            ("**/*", "a/b"),
        ] {
            assert!(matches(pattern, path), "{pattern} should match {path}");
        }
        for (pattern, path) in [
            ("*.js", "a/b.jsx"),
            ("*.js", "js"),
            ("*.js/", "a.js"),
            ("/build/logs/", "x/build/logs/a"),
            ("docs/*", "docs/a/b.md"),
            ("docs/*", "x/docs/a.md"),
            ("apps/", "x/apps"),
            ("/docs", "x/docs/a"),
            ("/docs/", "docs"),
            ("/README.md", "docs/README.md"),
            ("/*", "a/b"),
            ("ap*/", "apps"),
        ] {
            assert!(!matches(pattern, path), "{pattern} should not match {path}");
        }
    }

    #[test]
    fn the_last_of_all_kinds_of_rules_counts() {
        let rules = ["*", "/a/", "b", "*.c", "/a/*/d.c", "a/", "*.c", "d?c"];
        for last in 0..rules.len() {
            let mut index = Index::default();
            rules.iter().take(last + 1).enumerate().for_each(|(place, rule)| index.add(place, Pattern::new(rule)));
            assert_eq!(index.last(b"a/b/d.c", &mut 0), Some(last), "{}", rules[last]);
            assert_eq!(index.last(b"x", &mut 0), Some(0));
        }
    }
}
