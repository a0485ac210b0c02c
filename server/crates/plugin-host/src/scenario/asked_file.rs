//! The TOML of what a plugin asks others in a scenario, and of what it is told.

use std::collections::BTreeMap;

use serde::Deserialize;

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

/// An error of an answer is one that a plugin may meet.
pub(super) fn check_answers(answers: &[Answer]) -> Result<(), String> {
    let known = ["denied", "invalid", "failed"];
    match answers.iter().filter_map(|answer| answer.error.as_deref()).find(|error| !known.contains(error)) {
        Some(error) => Err(format!("answer.error: {error:?} is none of {}", known.join(", "))),
        None => Ok(()),
    }
}
