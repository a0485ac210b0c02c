//! The TOML of a scenario of web requests.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::event_file::{Answer, ExpectedRequest, check_answers, now};
use super::file::Commit;

/// Web requests, one after the other, and what a plugin should answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebScenario {
    /// What it shows, for people.
    #[serde(default)]
    pub description: String,
    /// The plugin's configuration; its own default if absent.
    pub config: Option<toml::Table>,
    /// The time, in milliseconds since 1970-01-01 UTC. It stands still.
    #[serde(default = "now")]
    pub now: i64,
    /// What is kept before the first request: texts by key.
    #[serde(default)]
    pub state: BTreeMap<String, String>,
    /// Whether the server has an origin of its own for plugins, and so sends pages.
    #[serde(default)]
    pub origin: bool,
    /// Commits of the repository `ann/demo`, oldest first.
    #[serde(default)]
    pub commit: Vec<Commit>,
    /// What requests that the plugin sends are answered with, in order. One without an answer fails.
    #[serde(default)]
    pub answer: Vec<Answer>,
    /// The requests.
    pub web: Vec<WebCase>,
}

/// One request and what should come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebCase {
    /// `GET` if absent.
    #[serde(default = "get")]
    pub method: String,
    /// The path behind the plugin's own, and the query.
    pub path: String,
    /// Headers; those that a plugin does not see are left out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// Who sends it; nobody who has signed in if absent.
    pub caller: Option<WebSender>,
    /// The status, such as `200`; `failed` if the plugin says so; or a class of failure.
    pub expect: String,
    /// Texts that the body of the answer, or the reason of the failure, must contain.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Texts that it must not contain.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Some headers of the answer as it is sent, in lower case; an empty text stands for none.
    #[serde(default)]
    pub answered: BTreeMap<String, String>,
    /// The requests that the plugin sends, all of them, in order.
    #[serde(default)]
    pub request: Vec<ExpectedRequest>,
    /// What is kept under these keys afterwards; an empty text stands for nothing.
    #[serde(default)]
    pub state: BTreeMap<String, String>,
}

/// A user.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSender {
    /// The user's name.
    pub name: String,
    /// `read`, `write` or `admin`.
    #[serde(default = "read")]
    pub role: String,
}

fn get() -> String {
    "GET".into()
}

fn read() -> String {
    "read".into()
}

impl WebScenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// A text naming the line or field.
    pub fn parse(text: &str) -> Result<WebScenario, String> {
        let scenario: WebScenario = toml::from_str(text).map_err(|error| error.to_string())?;
        match scenario.web.iter().find(|case| !case.path.starts_with('/')) {
            Some(case) => Err(format!("web.path: {:?} does not begin with /", case.path)),
            None => check_answers(&scenario.answer).map(|()| scenario),
        }
    }
}
