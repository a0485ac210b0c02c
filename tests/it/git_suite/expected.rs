//! Which of git's tests fail with our engine, and why: `expected.txt`, checked in both directions.

use std::collections::BTreeSet;

const LIST: &str = include_str!("expected.txt");

/// The list, parsed.
pub struct Expected(Vec<Line>);

struct Line {
    script: &'static str,
    versions: &'static str,
    numbers: BTreeSet<u32>,
}

impl Expected {
    /// Reads the list; a line that says nothing is refused.
    pub fn read() -> Expected {
        let lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Expected(lines.map(|line| parse(line).unwrap_or_else(|| panic!("SCRIPT VERSIONS NUMBERS REASON, not {line:?}"))).collect())
    }

    /// The tests of a script that fail over a version of the protocol.
    pub fn of(&self, script: &str, version: u8) -> BTreeSet<u32> {
        let version = version.to_string();
        let lines = self.0.iter().filter(|line| line.script == script && line.versions.contains(&version));
        lines.flat_map(|line| line.numbers.iter().copied()).collect()
    }

    /// The scripts that it speaks of.
    #[cfg(test)]
    fn scripts(&self) -> BTreeSet<&'static str> {
        self.0.iter().map(|line| line.script).collect()
    }
}

/// `t5500-fetch-pack 012 3,5-7 why`.
fn parse(line: &'static str) -> Option<Line> {
    let mut words = line.splitn(4, ' ');
    let (script, versions, numbers) = (words.next()?, words.next()?, words.next()?);
    let sound = !versions.is_empty() && versions.chars().all(|version| "012".contains(version)) && !words.next()?.trim().is_empty();
    let numbers = numbers.split(',').map(range).collect::<Option<Vec<_>>>()?;
    sound.then(|| Line { script, versions, numbers: numbers.into_iter().flatten().collect() })
}

fn range(text: &str) -> Option<std::ops::RangeInclusive<u32>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(first..=last)
}

#[test]
fn every_line_is_about_a_script_that_runs_and_says_why() {
    let scripts: BTreeSet<&str> = super::FETCHES.iter().chain(super::PUSHES).map(|script| script.name).collect();
    let listed = Expected::read().scripts();
    assert!(listed.is_subset(&scripts), "{:?}", listed.difference(&scripts));
    assert!(parse("t 2 1-3,7 why").is_some_and(|line| line.numbers == BTreeSet::from([1, 2, 3, 7])));
    for bad in ["t 2 1", "t 2 1 ", "t 3 1 why", "t 2 3-1 why", "t 2 x why"] {
        assert!(parse(bad).is_none(), "{bad}");
    }
}
