//! The TOML of a scenario.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::event_file::{Answer, ExpectedRequest, check_answers, now};

/// A push and what a policy should say about it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, for people.
    #[serde(default)]
    pub description: String,
    /// The plugin's configuration; its own default if absent.
    pub config: Option<toml::Table>,
    /// Who pushes what.
    #[serde(default)]
    pub push: Push,
    /// Commits that the branch has before the push, oldest first.
    #[serde(default)]
    pub base: Vec<Commit>,
    /// Commits that are pushed, oldest first.
    #[serde(default)]
    pub commit: Vec<Commit>,
    /// For a policy that asks others: what its requests are answered with, in order.
    #[serde(default)]
    pub answer: Vec<Answer>,
    /// For a policy that asks others: the requests that it sends, all of them, in order. Absent: not compared.
    pub request: Option<Vec<ExpectedRequest>>,
    /// For a policy that asks for it: the time, in milliseconds since 1970-01-01 UTC. It stands still.
    #[serde(default = "now")]
    pub now: i64,
    /// What should come out.
    pub expect: Expectation,
}

/// Who pushes what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Push {
    /// Full name of the ref.
    pub r#ref: String,
    /// Take the ref away instead.
    pub delete: bool,
    /// The pusher's name.
    pub actor: String,
    /// `read`, `write` or `admin`.
    pub role: String,
    /// As given by `git push -o`.
    pub options: Vec<String>,
}

impl Default for Push {
    fn default() -> Self {
        Push { r#ref: "refs/heads/main".into(), delete: false, actor: "ann".into(), role: "write".into(), options: Vec::new() }
    }
}

/// One commit on top of the one before.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// The whole message.
    pub message: String,
    /// `Name <address>`.
    #[serde(default = "author")]
    pub author: String,
    /// Paths that are written.
    #[serde(default)]
    pub files: BTreeMap<String, File>,
    /// Paths that go away.
    #[serde(default)]
    pub delete: Vec<String>,
}

fn author() -> String {
    "Ann Author <ann@example.org>".into()
}

/// What is at a path.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum File {
    /// `"text"`.
    Text(String),
    /// `{ text = "…", executable = true }`, `{ size = 1000 }`, `{ symlink = "target" }`, `{ submodule = "<40 hex digits>" }`.
    Special(SpecialFile),
}

/// A file that is more than text.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpecialFile {
    /// Its content.
    pub text: Option<String>,
    /// That many zero bytes.
    pub size: Option<usize>,
    /// Executable.
    pub executable: bool,
    /// A symbolic link to this.
    pub symlink: Option<String>,
    /// A submodule at this commit.
    pub submodule: Option<String>,
}

/// What should come out. Exactly one of `accept`, `reject` and `fault`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// Accepted.
    pub accept: bool,
    /// Refused by the rule of this name.
    pub reject: Option<String>,
    /// Failed with this class.
    pub fault: Option<String>,
    /// Texts that the pusher must see.
    pub contains: Vec<String>,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// A text naming the line or field.
    pub fn parse(text: &str) -> Result<Scenario, String> {
        let scenario: Scenario = toml::from_str(text).map_err(|error| error.to_string())?;
        let wanted = [scenario.expect.accept, scenario.expect.reject.is_some(), scenario.expect.fault.is_some()];
        if wanted.iter().filter(|given| **given).count() != 1 {
            return Err("expect: give exactly one of accept = true, reject = \"rule\", fault = \"class\"".into());
        }
        check_answers(&scenario.answer)?;
        Ok(scenario)
    }
}
