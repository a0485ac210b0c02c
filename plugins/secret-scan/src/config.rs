//! The settings.

use hardie_plugin::FieldError;
use hardie_plugin::size::Size;
use serde::{Deserialize, Serialize};

use crate::assigned::Measure;
use crate::formats::FORMATS;
use crate::shown::SHORT_DIGITS;

/// Patterns or fingerprints in one list.
const ENTRIES: usize = 500;
/// The largest `max-file`.
const LARGEST: u64 = 8 << 20;

/// What is looked for, and where not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// How much of a file is read, as bytes or `"1 MiB"`; the pusher is told which files were read in part.
    pub max_file: Size,
    /// Paths that are not read, as in `.gitattributes`: `tests/fixtures/**`.
    pub allow_paths: Vec<String>,
    /// Rules that are off, such as `web-token`.
    pub allow_rules: Vec<String>,
    /// Secrets that are known and none: what a refusal calls fingerprint, the SHA-256 of the secret in hexadecimal digits, or the first ten of
    /// one that is short.
    pub allow_fingerprints: Vec<String>,
    /// Bytes that the value of something called password, secret, token or key must have to count.
    pub min_length: usize,
    /// Bits of entropy for each byte that such a value must have, 0 to 8.
    pub min_entropy: f64,
    /// Whether a push of which something is not read is refused, instead of the pusher being told.
    pub refuse_unread: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_file: Size(1 << 20),
            allow_paths: Vec::new(),
            allow_rules: Vec::new(),
            allow_fingerprints: Vec::new(),
            min_length: 14,
            min_entropy: 3.4,
            refuse_unread: false,
        }
    }
}

/// Rules that are not in [`FORMATS`].
const OTHERS: [&str; 5] = ["private-key", "url-password", "web-token", "assigned-secret", "aws-secret-key"];

impl Config {
    /// When an assigned value counts.
    pub fn measure(&self) -> Measure {
        Measure { length: self.min_length, entropy: self.min_entropy }
    }

    /// Whether the settings can be followed.
    ///
    /// # Errors
    /// One for each that cannot.
    pub fn validate(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        if !(1..=LARGEST).contains(&self.max_file.0) {
            errors.push(FieldError::new("max-file", format!("is 1 byte to {}", Size(LARGEST))));
        }
        if self.min_length < 6 {
            errors.push(FieldError::new("min-length", "is 6 at least: shorter values cannot be told from words"));
        }
        if !(0.0..=8.0).contains(&self.min_entropy) {
            errors.push(FieldError::new("min-entropy", "is 0 to 8 bits for each byte"));
        }
        for (at, rule) in self.allow_rules.iter().enumerate() {
            if !OTHERS.contains(&rule.as_str()) && !FORMATS.iter().any(|format| format.rule == rule) {
                errors.push(FieldError::new(
                    format!("allow-rules[{at}]"),
                    format!("{rule:?} is no rule; a refusal names the rule in brackets"),
                ));
            }
        }
        for (at, print) in self.allow_fingerprints.iter().enumerate() {
            if (print.len() != 64 && print.len() != SHORT_DIGITS) || !print.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                errors.push(FieldError::new(
                    format!("allow-fingerprints[{at}]"),
                    "is not 64 or 10 hexadecimal digits, as a refusal shows them",
                ));
            }
        }
        for (at, pattern) in self.allow_paths.iter().enumerate() {
            if pattern.is_empty() || pattern == "/" || pattern.len() > 200 {
                errors.push(FieldError::new(format!("allow-paths[{at}]"), "has 1 to 200 characters"));
            }
        }
        for (field, count) in [("allow-paths", self.allow_paths.len()), ("allow-fingerprints", self.allow_fingerprints.len())] {
            if count > ENTRIES {
                errors.push(FieldError::new(field, format!("has {count} entries; {ENTRIES} are the most")));
            }
        }
        FieldError::all(errors)
    }
}
