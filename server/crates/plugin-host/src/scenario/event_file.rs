//! The TOML of a scenario of events.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::file::{Commit, Push};

/// Events, one after the other, and what a handler should make of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventScenario {
    /// What it shows, for people.
    #[serde(default)]
    pub description: String,
    /// The plugin's configuration; its own default if absent.
    pub config: Option<toml::Table>,
    /// The time, in milliseconds since 1970-01-01 UTC. It stands still.
    #[serde(default = "now")]
    pub now: i64,
    /// What is kept before the first event: texts by key.
    #[serde(default)]
    pub state: BTreeMap<String, String>,
    /// The push that an event of the kind `push` is about.
    #[serde(default)]
    pub push: Push,
    /// Commits that the branch has before the push, oldest first.
    #[serde(default)]
    pub base: Vec<Commit>,
    /// Commits that are pushed, oldest first.
    #[serde(default)]
    pub commit: Vec<Commit>,
    /// What requests are answered with, in order. One without an answer fails.
    #[serde(default)]
    pub answer: Vec<Answer>,
    /// The events.
    pub event: Vec<EventCase>,
}

/// The time in a scenario that does not say.
pub(super) fn now() -> i64 {
    1_700_000_000_000
}

/// What a request gets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// Three digits; 200 if absent.
    pub status: Option<u16>,
    /// Names in lower case, and values.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
    /// No answer: `denied`, `invalid` or `failed`.
    pub error: Option<String>,
}

/// One event and what should come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventCase {
    /// `push`, `status`, `repository.created` or another.
    pub kind: String,
    /// What happened. A push's is made from the scenario's; others get `repository` and `actor` if they have none. `{tip}` stands for
    /// the id of the last commit.
    #[serde(default)]
    pub payload: toml::Table,
    /// Which attempt it is.
    #[serde(default = "first")]
    pub attempt: u32,
    /// Whether the repository is gone by now.
    #[serde(default)]
    pub gone: bool,
    /// `done`, `retry`, `failed`, or a class of failure.
    pub expect: String,
    /// Texts that the reason must contain.
    #[serde(default)]
    pub contains: Vec<String>,
    /// The requests that it sends, all of them, in order.
    #[serde(default)]
    pub request: Vec<ExpectedRequest>,
    /// The statuses that it sets, all of them, in order.
    #[serde(default)]
    pub status: Vec<ExpectedStatus>,
    /// What is kept under these keys afterwards; an empty text stands for nothing.
    #[serde(default)]
    pub state: BTreeMap<String, String>,
}

fn first() -> u32 {
    1
}

/// A request that should be sent. What is absent is not compared.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectedRequest {
    /// Such as `POST`.
    pub method: Option<String>,
    /// The whole address. Secrets stand by their names.
    pub url: Option<String>,
    /// Some of its headers. Secrets stand by their names: `Bearer {secret:token}`, `sha256={hmac-sha256:key}`.
    pub headers: BTreeMap<String, String>,
    /// Texts that the body must contain.
    pub contains: Vec<String>,
    /// Texts that it must not contain.
    pub lacks: Vec<String>,
}

/// A status that should be set. What is absent is not compared.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExpectedStatus {
    /// The commit, hexadecimal or `{tip}`.
    pub commit: Option<String>,
    /// Such as `success`.
    pub state: Option<String>,
    /// Which check it is.
    pub context: Option<String>,
    /// The whole description.
    pub description: Option<String>,
}

impl EventScenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// A text naming the line or field.
    pub fn parse(text: &str) -> Result<EventScenario, String> {
        let scenario: EventScenario = toml::from_str(text).map_err(|error| error.to_string())?;
        check_answers(&scenario.answer)?;
        Ok(scenario)
    }
}

/// An error of an answer is one that a plugin may meet.
pub(super) fn check_answers(answers: &[Answer]) -> Result<(), String> {
    let known = ["denied", "invalid", "failed"];
    match answers.iter().filter_map(|answer| answer.error.as_deref()).find(|error| !known.contains(error)) {
        Some(error) => Err(format!("answer.error: {error:?} is none of {}", known.join(", "))),
        None => Ok(()),
    }
}
