//! The story's steps, for those who tell it themselves.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

const STORY: &str = include_str!("story.json");

/// One request.
#[derive(Deserialize)]
pub struct Step {
    #[serde(rename = "do")]
    asks: String,
    #[serde(default, rename = "in")]
    parts: BTreeMap<String, Value>,
    #[serde(default)]
    query: BTreeMap<String, Value>,
    #[serde(default)]
    body: Value,
    /// The bytes of a file, in place of a body: clients send a form.
    file: Option<String>,
    /// The status that it is answered with.
    pub status: u16,
    #[serde(default)]
    keep: BTreeMap<String, String>,
}

/// The story as it is.
pub fn all() -> Value {
    serde_json::from_str(STORY).unwrap()
}

/// The story in order.
pub fn list() -> Vec<Step> {
    parse(STORY)
}

/// The steps of a text.
pub fn parse(text: &str) -> Vec<Step> {
    serde_json::from_str(text).unwrap()
}

impl Step {
    /// `POST /repos/{owner}/{repo}/hooks`, as the description has it.
    pub fn operation(&self) -> &str {
        &self.asks
    }

    /// Method, address and body, with what was kept in the place of each `$name`.
    pub fn request(&self, kept: &Map<String, Value>) -> (String, String, Value) {
        let (method, template) = self.asks.split_once(' ').unwrap();
        let mut path = template.to_owned();
        let usual = [("owner", "ann"), ("repo", "tool"), ("org", "smiths"), ("username", "bob")];
        let usual = usual.map(|(name, value)| (name.to_owned(), Value::from(value)));
        for (name, value) in usual.into_iter().filter(|(name, _)| !self.parts.contains_key(name)).chain(self.parts.clone()) {
            path = path.replace(&format!("{{{name}}}"), &text(&filled(&value, kept)).replace('/', "%2F"));
        }
        let query: Vec<String> = self.query.iter().map(|(name, value)| format!("{name}={}", text(value).replace('/', "%2F"))).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let body = self.file.clone().map_or_else(|| filled(&self.body, kept), Value::String);
        (method.to_owned(), format!("{path}{query}"), body)
    }

    /// Keeps what later steps name.
    pub fn keep(&self, answer: &Value, kept: &mut Map<String, Value>) {
        for (name, place) in &self.keep {
            let value = place.split('.').fold(answer, |value, part| &value[part]);
            kept.insert(name.clone(), value.clone());
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn filled(value: &Value, kept: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => text.strip_prefix('$').map_or_else(|| value.clone(), |name| kept[name].clone()),
        Value::Array(items) => items.iter().map(|item| filled(item, kept)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), filled(field, kept))).collect::<Map<_, _>>().into(),
        other => other.clone(),
    }
}
