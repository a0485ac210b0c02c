//! The settings.

use hardie_plugin::FieldError;
use serde::{Deserialize, Serialize};

/// What is built, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// The build server's address; a part of its path that is secret stands as `{secret:NAME}`.
    pub url: String,
    /// The name of the secret by which requests are signed.
    pub secret: String,
    /// The name of a secret that goes along as a bearer token; none if empty.
    pub token: String,
    /// Where the build server sees this server, for the addresses in a request; paths alone if empty.
    pub server: String,
    /// Branches that are built, as patterns over their whole names; all if empty.
    pub branches: Vec<String>,
    /// Tags that are built, likewise; none if empty.
    pub tags: Vec<String>,
    /// A branch is built if one of these changed; always if empty.
    pub paths: Vec<String>,
    /// Which check the build is; the plugin's name there and a slash stand before it.
    pub context: String,
    /// Whether the commit is marked.
    pub status: bool,
    /// Whether `[skip ci]` in the last commit's message, and `git push -o ci.skip`, are heeded.
    pub skip: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            url: String::new(),
            secret: "ci".into(),
            token: String::new(),
            server: String::new(),
            branches: Vec::new(),
            tags: Vec::new(),
            paths: Vec::new(),
            context: "build".into(),
            status: true,
            skip: true,
        }
    }
}

/// Patterns in one list.
const PATTERNS: usize = 100;
/// Characters of a context: the plugin's name has room before it.
const CONTEXT: usize = 150;

impl Config {
    /// What is wrong with them.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, what: &str| errors.push(FieldError::new(field, what));
        if !is_web(&self.url) {
            wrong("url", "must be the build server's address, beginning with https:// (or http://, where that is granted)");
        }
        let linkable = is_web(&self.server) && self.server.bytes().all(|byte| byte.is_ascii_graphic());
        if !linkable && !self.server.is_empty() {
            wrong("server", "must be an address such as https://git.example.org, or empty");
        }
        if !is_secret(&self.secret) {
            wrong("secret", "must name the secret by which requests are signed: a-z, 0-9 and -");
        }
        if !self.token.is_empty() && !is_secret(&self.token) {
            wrong("token", "must name a secret, a-z, 0-9 and -, or be empty");
        }
        for (field, patterns) in [("branches", &self.branches), ("tags", &self.tags), ("paths", &self.paths)] {
            if patterns.len() > PATTERNS || patterns.iter().any(|pattern| pattern.is_empty() || pattern.len() > 200) {
                wrong(field, "holds at most 100 patterns of 1 to 200 characters");
            }
        }
        let context = self.context.trim();
        if context.is_empty() || context.chars().count() > CONTEXT || context.chars().any(char::is_control) {
            wrong("context", "must have 1 to 150 characters");
        }
        errors
    }
}

/// Whether it begins as an address of the web does.
pub fn is_web(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty())
}

fn is_secret(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
