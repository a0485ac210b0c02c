//! Patterns over branch names: `*` within one part, `**` across `/`, `?` one character. Anything else stands for itself.

use crate::error::Invalid;

/// A pattern such as `main`, `release/*` or `**/stable`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glob {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Byte(u8),
    /// One byte but `/`.
    One,
    /// Any bytes but `/`.
    Part,
    /// Any bytes.
    Any,
}

impl Glob {
    /// The most bytes of a pattern; with it, matching takes at most pattern × name steps.
    pub const MAX_BYTES: usize = 255;

    /// Checks a pattern: what no branch name can hold is refused, so that a typing error does not protect nothing.
    pub fn parse(text: &str) -> Result<Glob, Invalid> {
        let refuse = |why: String| Err(Invalid::new("rule_name", why));
        if text.is_empty() || text.len() > Self::MAX_BYTES {
            return refuse(format!("a pattern has 1 to {} bytes, this one {}", Self::MAX_BYTES, text.len()));
        }
        if let Some(c) = text.chars().find(|c| c.is_control() || " ~^:\\[]{}".contains(*c)) {
            return refuse(format!("{c:?} is not taken: use a branch name, with '*', '**' or '?' as wildcards"));
        }
        if text.starts_with("refs/") {
            return refuse("is matched against the branch's short name: leave out refs/heads/".to_owned());
        }
        if text.starts_with('/') || text.ends_with('/') || text.contains("//") || text.contains("..") {
            return refuse("no branch name begins or ends with '/' or holds '//' or '..'".to_owned());
        }
        let mut steps = Vec::with_capacity(text.len());
        for byte in text.bytes() {
            match (byte, steps.last()) {
                (b'*', Some(Step::Part | Step::Any)) => {
                    steps.pop();
                    steps.push(Step::Any);
                }
                (b'*', _) => steps.push(Step::Part),
                (b'?', _) => steps.push(Step::One),
                _ => steps.push(Step::Byte(byte)),
            }
        }
        Ok(Glob { text: text.to_owned(), steps })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a short branch name (without `refs/heads/`) fits. Bytes, since git does not promise UTF-8.
    pub fn matches(&self, name: &[u8]) -> bool {
        // `reached[i]`: the steps so far can end after `i` bytes of the name.
        let mut reached = vec![false; name.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        for step in &self.steps {
            let mut next = Vec::with_capacity(reached.len());
            for (i, here) in reached.iter().enumerate() {
                let before = i.checked_sub(1);
                let byte = before.and_then(|b| name.get(b).copied());
                let one_less = before.and_then(|b| reached.get(b).copied()).unwrap_or(false);
                let grown = next.last().copied().unwrap_or(false);
                next.push(match step {
                    Step::Byte(want) => one_less && byte == Some(*want),
                    Step::One => one_less && byte != Some(b'/'),
                    Step::Part => *here || (grown && byte != Some(b'/')),
                    Step::Any => *here || grown,
                });
            }
            reached = next;
        }
        reached.last().copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    fn fits(pattern: &str, name: &str) -> bool {
        Glob::parse(pattern).unwrap().matches(name.as_bytes())
    }

    #[test]
    fn wildcards_stay_within_a_part_unless_doubled() {
        assert!(fits("main", "main") && !fits("main", "mains") && !fits("main", "mai") && !fits("main", ""));
        assert!(fits("release/*", "release/1.0") && !fits("release/*", "release/1/0") && !fits("release/*", "release"));
        assert!(fits("release/**", "release/1/0") && fits("**", "a/b/c") && fits("*", "a") && !fits("*", "a/b"));
        assert!(fits("**/stable", "a/b/stable") && !fits("**/stable", "stable"));
        assert!(fits("v?.?", "v1.2") && !fits("v?", "v/") && !fits("v?", "v"));
        assert!(fits("a*b*c", "aXbYc") && fits("***", "x/y"));
    }

    #[test]
    fn a_name_that_is_not_utf8_can_be_protected() {
        assert!(Glob::parse("feature/**").unwrap().matches(b"feature/\xff\xfe"));
    }

    #[test]
    fn what_no_branch_can_be_called_is_refused() {
        for bad in ["", "a b", "refs/heads/main", "[ab]", "{a,b}", "a\\b", "/a", "a/", "a//b", "a..b", "a\n", &"a".repeat(256)] {
            assert!(Glob::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        let pattern = "*a".repeat(127);
        assert!(!fits(&pattern, &"a".repeat(1000).replace("aaaaaaaaaa", "aaaaaaaaab")));
    }
}
