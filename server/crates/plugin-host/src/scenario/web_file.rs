//! The TOML of web requests in a scenario.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::asked_file::ExpectedRequest;

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

impl WebCase {
    /// Paths are those of addresses.
    pub(super) fn checked(cases: Vec<WebCase>) -> Result<Vec<WebCase>, String> {
        match cases.iter().find(|case| !case.path.starts_with('/')) {
            Some(case) => Err(format!("web.path: {:?} does not begin with /", case.path)),
            None => Ok(cases),
        }
    }
}
