//! What a script says of its tests: the Test Anything Protocol, as git's test library writes it.

use std::collections::BTreeSet;

/// One script's results by the numbers of its tests.
#[derive(Debug, Default)]
pub struct Report {
    pub passed: BTreeSet<u32>,
    /// But for those that git itself marks as known breakages.
    pub failed: BTreeSet<u32>,
    /// How many tests the script has; zero if it ended before it said so.
    pub planned: u32,
    bailed: Option<String>,
    seen: u32,
}

impl Report {
    /// Reads what the script printed.
    pub fn read(text: &str) -> Report {
        let mut report = Report::default();
        for line in text.lines() {
            if let Some(plan) = line.strip_prefix("1..") {
                report.planned = plan.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0);
            } else if let Some(reason) = line.strip_prefix("Bail out!") {
                report.bailed = Some(reason.trim().to_owned());
            } else if let Some((passed, number, rest)) = result(line) {
                report.seen += 1;
                // `ok 3 # skip` did not run; a known breakage is git's own affair.
                if passed && !rest.starts_with("# skip") {
                    report.passed.insert(number);
                } else if !passed && !rest.ends_with(" known breakage") {
                    report.failed.insert(number);
                }
            }
        }
        report
    }

    /// Why the results cannot be relied upon: the script gave up, or ran nothing of what it has.
    pub fn broken(&self) -> Option<String> {
        if let Some(reason) = &self.bailed {
            return Some(format!("bailed out: {reason}"));
        }
        if self.planned == 0 || self.seen != self.planned {
            return Some(format!("ended after {} of {} tests", self.seen, self.planned));
        }
        self.passed.is_empty().then(|| "no test passed".to_owned())
    }
}

/// `ok 12 - title` and `not ok 12 - title`.
fn result(line: &str) -> Option<(bool, u32, &str)> {
    let (passed, rest) = match line.strip_prefix("not ok ") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("ok ")?),
    };
    let (number, rest) = rest.split_once(' ')?;
    Some((passed, number.parse().ok()?, rest))
}

#[test]
fn results_are_told_apart() {
    let text = "ok 1 - a\nnot ok 2 - b\n#\tbody\nok 3 # skip c (missing X)\nnot ok 4 - d # known breakage\nok 5 - e\n# failed 1\n1..5\n";
    let report = Report::read(text);
    assert_eq!(report.passed, BTreeSet::from([1, 5]));
    assert_eq!(report.failed, BTreeSet::from([2]));
    assert_eq!(report.broken(), None);
    assert_eq!(Report::read("ok 1 - a\n").broken().unwrap(), "ended after 1 of 0 tests");
    assert_eq!(Report::read("ok 1 - a\n1..3\n").broken().unwrap(), "ended after 1 of 3 tests");
    assert_eq!(Report::read("Bail out! no git\n").broken().unwrap(), "bailed out: no git");
    let skipped = Report::read("ok 1 # skip a\n1..1\n");
    assert_eq!(skipped.broken().as_deref(), Some("no test passed"));
}
