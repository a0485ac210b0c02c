//! The TOML of a push in a scenario, and of what a repository has.

use std::collections::BTreeMap;

use serde::Deserialize;

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

impl Expectation {
    /// One of three.
    pub(super) fn checked(self) -> Result<Expectation, String> {
        let wanted = [self.accept, self.reject.is_some(), self.fault.is_some()];
        match wanted.iter().filter(|given| **given).count() {
            1 => Ok(self),
            _ => Err("expect: give exactly one of accept = true, reject = \"rule\", fault = \"class\"".into()),
        }
    }
}
