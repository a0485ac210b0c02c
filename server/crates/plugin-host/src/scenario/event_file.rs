//! The TOML of events in a scenario.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::asked_file::ExpectedRequest;

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
