//! The settings.

use hardie_plugin::FieldError;
use serde::{Deserialize, Serialize};

/// The chats whose form is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Slack's incoming webhooks, and what takes their form.
    Slack,
    /// Mattermost's incoming webhooks: Markdown.
    Mattermost,
    /// Discord's webhooks.
    Discord,
    /// Matrix, as a user with an access token.
    Matrix,
}

/// Where to tell what.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// Which form a message has.
    pub format: Format,
    /// Where it goes: the webhook's address with its secret part as `{secret:NAME}`; for Matrix the home server's.
    pub url: String,
    /// Matrix: the name of the secret that holds the access token.
    pub token: String,
    /// Matrix: the room's id, `!abc:example.org`.
    pub room: String,
    /// Where people see this server, for links; none if empty.
    pub server: String,
    /// Whether pushes are told.
    pub pushes: bool,
    /// Branches whose pushes are told, as patterns over their whole names; all if empty.
    pub branches: Vec<String>,
    /// Whether tags are told too.
    pub tags: bool,
    /// Commits that are named in one message.
    pub commits: usize,
    /// Statuses that are told, by their states.
    pub statuses: Vec<String>,
    /// Whether it is told that a repository is made, renamed, transferred, deleted or restored.
    pub repositories: bool,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            format: Format::Slack,
            url: "https://hooks.slack.com/services/{secret:chat}".into(),
            token: "chat".into(),
            room: String::new(),
            server: String::new(),
            pushes: true,
            branches: Vec::new(),
            tags: true,
            commits: 5,
            statuses: vec!["failure".into(), "error".into()],
            repositories: true,
        }
    }
}

/// States of a commit.
const STATES: &[&str] = &["pending", "success", "skipped", "warning", "failure", "error"];
/// The most that one message should hold.
const COMMITS: usize = 20;

impl Config {
    /// What is wrong with them.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, what: &str| errors.push(FieldError::new(field, what));
        let web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        if !web(&self.url) {
            wrong("url", "must begin with https:// (or http://, where that is granted)");
        }
        if !self.server.is_empty() && !is_base(&self.server) {
            wrong("server", "must be an address such as https://git.example.org, or empty");
        }
        if self.format == Format::Matrix {
            if !self.room.starts_with('!') || self.room.len() > 255 {
                wrong("room", "must be the room's id, such as !abc:example.org");
            }
            if self.token.is_empty() {
                wrong("token", "must name the secret that holds the access token");
            }
            if self.url.contains('{') || self.url.contains('?') {
                wrong("url", "must be the address of the home server alone; the token goes by a header");
            }
        }
        if self.commits > COMMITS {
            wrong("commits", "may be 20 at most");
        }
        if self.branches.len() > 100 || self.branches.iter().any(|pattern| pattern.is_empty() || pattern.len() > 200) {
            wrong("branches", "holds at most 100 patterns of 1 to 200 characters");
        }
        if let Some(unknown) = self.statuses.iter().find(|state| !STATES.contains(&state.as_str())) {
            wrong("statuses", &format!("{unknown:?} is none of {}", STATES.join(", ")));
        }
        errors
    }
}

/// Whether it may stand in a link in every format.
fn is_base(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:/[]".contains(&byte)))
}
