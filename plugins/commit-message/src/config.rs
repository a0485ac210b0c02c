//! The settings.

use hardie_plugin::FieldError;
use regex_lite::Regex;
use serde::{Deserialize, Serialize};

use crate::rules::Rules;

/// What is asked of a message. A number of 0 turns its rule off.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// Characters of the first line.
    pub max_subject: usize,
    /// Characters of any other line; lines that hold a link, are indented or quoted, and trailers may be longer.
    pub max_body_width: usize,
    /// Whether a blank line must follow the subject.
    pub blank_second_line: bool,
    /// Whether subjects such as `WIP`, `draft:` are refused.
    pub forbid_wip: bool,
    /// Whether `fixup!`, `squash!` and `amend!` are refused.
    pub forbid_fixup: bool,
    /// A regular expression that must occur in the message, such as `\b[A-Z]+-[0-9]+\b`; empty for none.
    pub require_pattern: String,
    /// What the pattern stands for, shown to the pusher: `a ticket, such as ABC-123`.
    pub pattern_hint: String,
    /// Whether the subject must follow Conventional Commits 1.0.0.
    pub conventional: bool,
    /// The types that are then allowed.
    pub types: Vec<String>,
    /// The scopes that are allowed; any if empty.
    pub scopes: Vec<String>,
    /// Whether there must be a scope.
    pub require_scope: bool,
    /// Whether `!` must be explained by a line `BREAKING CHANGE: …`.
    pub explain_breaking: bool,
    /// How the subject begins, behind type and scope if it has them.
    pub subject_case: Case,
    /// Whether the subject may not end in a full stop.
    pub forbid_full_stop: bool,
    /// Trackers' keys of which an issue must be named: `ABC` for `ABC-123`, `#` for `#123`; none if empty.
    pub issue_keys: Vec<String>,
    /// Whether a `Signed-off-by:` trailer is asked for.
    pub sign_off: bool,
    /// Whether it must be the author's own, as the Developer Certificate of Origin has it.
    pub sign_off_by_author: bool,
    /// Whether merge commits are left alone.
    pub skip_merges: bool,
    /// Whether what `git revert` writes is left alone.
    pub skip_reverts: bool,
    /// Authors whose commits are left alone, as patterns over addresses, which are what a commit claims: `*[[]bot]@users.noreply.example.org`.
    pub exempt_authors: Vec<String>,
    /// Users whose pushes are left alone.
    pub exempt_users: Vec<String>,
    /// Which branches: patterns over whole names such as `main`, `release/*`; all if empty.
    pub branches: Vec<String>,
    /// New commits of one push that are checked; more are refused.
    pub max_commits: usize,
}

/// How a subject begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// Either way.
    #[default]
    Any,
    /// With a small letter.
    Lower,
    /// With a capital letter.
    Upper,
}

/// Commits whose authors are asked for, in one push: a fourth of the 10,000 reads.
const WITH_AUTHORS: usize = 2300;

impl Default for Config {
    fn default() -> Self {
        let types = ["build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test"];
        Config {
            max_subject: 72,
            max_body_width: 100,
            blank_second_line: true,
            forbid_wip: true,
            forbid_fixup: true,
            require_pattern: String::new(),
            pattern_hint: String::new(),
            conventional: false,
            types: types.map(ToOwned::to_owned).to_vec(),
            scopes: Vec::new(),
            require_scope: false,
            explain_breaking: false,
            subject_case: Case::Any,
            forbid_full_stop: false,
            issue_keys: Vec::new(),
            sign_off: false,
            sign_off_by_author: false,
            skip_merges: true,
            skip_reverts: false,
            exempt_authors: Vec::new(),
            exempt_users: Vec::new(),
            branches: Vec::new(),
            max_commits: 3000,
        }
    }
}

impl Config {
    /// How many new commits of one push are checked; 0 for all.
    pub fn most(&self) -> usize {
        if !self.asks_authors() {
            self.max_commits
        } else if self.max_commits == 0 {
            WITH_AUTHORS
        } else {
            self.max_commits.min(WITH_AUTHORS)
        }
    }

    /// Whether it matters who wrote a commit.
    pub fn asks_authors(&self) -> bool {
        self.sign_off_by_author || !self.exempt_authors.is_empty()
    }

    /// The rules, ready to use.
    ///
    /// # Errors
    /// One for each setting that makes no sense.
    pub fn compile(&self) -> Result<Rules<'_>, Vec<FieldError>> {
        let mut errors = Vec::new();
        let pattern = match self.require_pattern.as_str() {
            "" => None,
            text if text.len() > 500 => {
                errors.push(FieldError::new("require-pattern", "is longer than 500 characters"));
                None
            }
            text => Regex::new(text)
                .map_err(|error| errors.push(FieldError::new("require-pattern", format!("is not a regular expression: {error}"))))
                .ok(),
        };
        if self.conventional && self.types.is_empty() {
            errors.push(FieldError::new("types", "is empty, so that no subject could ever be right"));
        }
        if let Some(bad) = self.types.iter().find(|kind| kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_lowercase())) {
            errors.push(FieldError::new("types", format!("{bad:?} is not a word of small letters")));
        }
        if let Some(bad) = self.scopes.iter().find(|scope| scope.trim() != **scope || scope.is_empty() || scope.contains(['(', ')'])) {
            errors.push(FieldError::new("scopes", format!("{bad:?} is no scope: write it without brackets and blanks around it")));
        }
        for (field, is_on) in
            [("scopes", !self.scopes.is_empty()), ("require-scope", self.require_scope), ("explain-breaking", self.explain_breaking)]
        {
            if is_on && !self.conventional {
                errors.push(FieldError::new(field, "means nothing without conventional"));
            }
        }
        let is_key = |key: &String| {
            key == "#"
                || (key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        };
        if let Some(bad) = self.issue_keys.iter().find(|key| !is_key(key)) {
            errors.push(FieldError::new("issue-keys", format!("{bad:?} is no key: write ABC for ABC-123, # for #123")));
        }
        if let Some(at) = self.exempt_authors.iter().position(|pattern| pattern.is_empty() || pattern.len() > 200) {
            errors.push(FieldError::new(format!("exempt-authors[{at}]"), "has 1 to 200 characters"));
        }
        for (field, count) in
            [("scopes", self.scopes.len()), ("issue-keys", self.issue_keys.len()), ("exempt-authors", self.exempt_authors.len())]
        {
            if count > 100 {
                errors.push(FieldError::new(field, format!("has {count} entries; 100 are the most")));
            }
        }
        if self.max_commits > 3000 {
            errors.push(FieldError::new("max-commits", "is at most 3000, since each commit takes three of the 10,000 reads of a push"));
        }
        if errors.is_empty() { Ok(Rules { config: self, pattern }) } else { Err(errors) }
    }
}
