//! The settings.

use hardie_plugin::FieldError;
use serde::{Deserialize, Serialize};

/// Patterns in one list.
const PATTERNS: usize = 100;
/// Characters of one pattern.
const PATTERN_LENGTH: usize = 200;

/// What refs may be called and what may become of them. Patterns are matched against the whole name without `refs/heads/` or
/// `refs/tags/`: `main`, `feature/*`, `**`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// Branches that may be made; all if empty.
    pub branches: Vec<String>,
    /// Branches that may not.
    pub forbid_branches: Vec<String>,
    /// Tags that may be made; all if empty.
    pub tags: Vec<String>,
    /// Tags that may not.
    pub forbid_tags: Vec<String>,
    /// What the names follow, shown to the pusher: `branches are called feature/TICKET-text`.
    pub hint: String,
    /// Characters of a new name; 0 for no limit.
    pub max_length: usize,
    /// Whether new names have no capital letters: `Fix` and `fix` are one file on some systems.
    pub lower_case: bool,
    /// Whether tags must be tag objects (`git tag -a`).
    pub annotated_tags: bool,
    /// Whether a tag that exists stays what it is: it is neither moved nor deleted.
    pub fixed_tags: bool,
    /// Branches that cannot be deleted.
    pub keep_branches: Vec<String>,
    /// Tags that cannot be deleted.
    pub keep_tags: Vec<String>,
    /// Users whom no rule is for.
    pub exempt: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        // What a slip of the command line makes: `git push origin HEAD:refs/heads/HEAD`, `… main:refs/heads/origin/main`.
        let slips = ["HEAD", "refs/**", "heads/**", "remotes/**", "origin/**", "-**"].map(ToOwned::to_owned).to_vec();
        Config {
            branches: Vec::new(),
            forbid_branches: slips.clone(),
            tags: Vec::new(),
            forbid_tags: slips,
            hint: String::new(),
            max_length: 100,
            lower_case: false,
            annotated_tags: false,
            fixed_tags: true,
            keep_branches: Vec::new(),
            keep_tags: Vec::new(),
            exempt: Vec::new(),
        }
    }
}

impl Config {
    /// Whether the patterns are patterns.
    ///
    /// # Errors
    /// One for each that is not.
    pub fn validate(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let lists = [
            ("branches", &self.branches),
            ("forbid-branches", &self.forbid_branches),
            ("tags", &self.tags),
            ("forbid-tags", &self.forbid_tags),
            ("keep-branches", &self.keep_branches),
            ("keep-tags", &self.keep_tags),
        ];
        for (field, patterns) in lists {
            if patterns.len() > PATTERNS {
                errors.push(FieldError::new(field, format!("has {} patterns; {PATTERNS} are the most", patterns.len())));
            }
            for (at, pattern) in patterns.iter().enumerate() {
                let wrong = match pattern.as_str() {
                    "" => "is empty".to_owned(),
                    text if text.chars().count() > PATTERN_LENGTH => format!("is longer than {PATTERN_LENGTH} characters"),
                    text if text.starts_with("refs/heads/") || text.starts_with("refs/tags/") => {
                        "is matched against the name behind it: leave out refs/heads/ and refs/tags/".to_owned()
                    }
                    text if text.starts_with('/') || text.ends_with('/') => "begins or ends with a slash, and no name does".to_owned(),
                    _ => continue,
                };
                errors.push(FieldError::new(format!("{field}[{at}]"), wrong));
            }
        }
        if self.hint.chars().count() > PATTERN_LENGTH {
            errors.push(FieldError::new("hint", format!("is longer than {PATTERN_LENGTH} characters")));
        }
        FieldError::all(errors)
    }
}
