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
    /// Whether a `Signed-off-by:` trailer is asked for.
    pub sign_off: bool,
    /// Whether merge commits are left alone.
    pub skip_merges: bool,
    /// Which branches: patterns such as `main`, `release/*`; all if empty.
    pub branches: Vec<String>,
    /// New commits of one branch in one push that are checked; more are refused.
    pub max_commits: usize,
}

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
            sign_off: false,
            skip_merges: true,
            branches: Vec::new(),
            max_commits: 3000,
        }
    }
}

impl Config {
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
        if self.max_commits > 3000 {
            errors.push(FieldError::new("max-commits", "is at most 3000, since each commit takes three of the 10,000 reads of a push"));
        }
        if errors.is_empty() { Ok(Rules { config: self, pattern }) } else { Err(errors) }
    }
}
