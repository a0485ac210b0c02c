//! `A..B`, as people write a range of commits.

/// What is to be judged as if it were pushed: `new` onto `old`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// `None` before the first push.
    pub old: Option<String>,
    /// The new tip.
    pub new: String,
}

impl Range {
    /// As git reads it: either end is HEAD if left out; a name alone is everything that it reaches.
    ///
    /// # Errors
    /// A text that says what to write instead.
    pub fn parse(text: &str) -> Result<Range, String> {
        if text.contains("...") {
            return Err("three dots compare two sides; a push goes from A to B, so write A..B".into());
        }
        let head = |end: &str| if end.is_empty() { "HEAD".to_owned() } else { end.to_owned() };
        let range = match text.split_once("..") {
            Some((old, new)) => Range { old: Some(head(old)), new: head(new) },
            None => Range { old: None, new: text.to_owned() },
        };
        let is_name = |end: &str| !end.is_empty() && !end.starts_with(['-', '^']) && !end.contains("..");
        match is_name(&range.new) && range.old.as_deref().is_none_or(is_name) {
            true => Ok(range),
            false => Err(format!("{text:?} is not a range: write A..B, such as origin/main..HEAD, or one name for all that it reaches")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    #[test]
    fn ranges_are_read_as_git_reads_them() {
        let range = |old: Option<&str>, new: &str| Ok(Range { old: old.map(Into::into), new: new.into() });
        assert_eq!(Range::parse("HEAD~5..HEAD"), range(Some("HEAD~5"), "HEAD"));
        assert_eq!(Range::parse("origin/main.."), range(Some("origin/main"), "HEAD"));
        assert_eq!(Range::parse("..topic"), range(Some("HEAD"), "topic"));
        assert_eq!(Range::parse("main"), range(None, "main"));
        for bad in ["", "a...b", "a..b..c", "--all", "a..--all", "^main", "a..^b"] {
            assert!(Range::parse(bad).is_err(), "{bad}");
        }
    }
}
