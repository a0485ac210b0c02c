//! What bodies look like: an example of each, made from what its fields are and what is said of them. People read them, and programs try them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

/// The id of a commit that everybody knows: the empty tree's.
const ID: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
/// How a reference begins.
const BODIES: &str = "#/components/schemas/";

/// Fields whose names say what stands in them.
const NAMED: &[(&str, &str)] = &[
    ("branch", "main"),
    ("branch_filter", ""),
    ("code", "123456"),
    ("content", "aGVsbG8K"),
    ("content_type", "json"),
    ("default_branch", "main"),
    ("description", "Makes things"),
    ("digest", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("email", "alice@example.org"),
    ("events", "push"),
    ("host", "chat.example"),
    ("hosts", "chat.example"),
    ("id", ID),
    ("key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI…"),
    ("kinds", "push"),
    ("login", "alice"),
    ("message", "feat: say hello"),
    ("name", "tool"),
    ("new_branch_name", "topic"),
    ("new_owner", "smiths"),
    ("old_ref_name", "main"),
    ("path", "src/main.rs"),
    ("ref", "refs/heads/main"),
    ("refs", "refs/heads/main"),
    ("repositories", "alice/tool"),
    ("repository", "alice/tool"),
    ("scopes", "read:repository"),
    ("sha", ID),
    ("tag_name", "v1.0.0"),
    ("title", "laptop"),
    ("user", "alice"),
    ("username", "alice"),
    ("version", "1.0.0"),
];

/// Gives each body an example.
pub(super) fn give(schemas: &mut BTreeMap<String, RefOr<Schema>>) {
    let bodies: BTreeMap<String, Value> =
        schemas.iter().filter_map(|(name, schema)| Some((name.clone(), serde_json::to_value(schema).ok()?))).collect();
    for (name, schema) in schemas {
        let Some(example) = bodies.get(name).and_then(|body| Maker { bodies: &bodies, above: vec![name.as_str()] }.of(body, "")) else {
            continue;
        };
        let examples = vec![example];
        match schema {
            RefOr::T(Schema::Object(one)) => one.examples = examples,
            RefOr::T(Schema::AllOf(one)) => one.examples = examples,
            RefOr::T(Schema::OneOf(one)) => one.examples = examples,
            RefOr::T(Schema::Array(one)) => one.examples = examples,
            _ => {}
        }
    }
}

struct Maker<'a> {
    bodies: &'a BTreeMap<String, Value>,
    /// In whose examples this one stands: what holds itself is left out.
    above: Vec<&'a str>,
}

impl<'a> Maker<'a> {
    fn of(&mut self, schema: &'a Value, field: &str) -> Option<Value> {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix(BODIES)) {
            let body = self.bodies.get(name).filter(|_| !self.above.contains(&name))?;
            self.above.push(name);
            let example = self.of(body, field);
            self.above.pop();
            return example;
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let mut whole = Map::new();
            for part in parts {
                if let Some(Value::Object(fields)) = self.of(part, field) {
                    whole.extend(fields);
                }
            }
            return Some(Value::Object(whole));
        }
        if let Some(kinds) = ["oneOf", "anyOf"].iter().find_map(|word| schema.get(*word)).and_then(Value::as_array) {
            return self.of(kinds.iter().find(|kind| kind.get("type") != Some(&json!("null")))?, field);
        }
        if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
            return Some(first.clone());
        }
        let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        match kind(schema) {
            "object" => Some(self.object(schema)),
            "array" => Some(Value::Array(schema.get("items").and_then(|items| self.of(items, field)).into_iter().collect())),
            "string" if schema.get("format") == Some(&json!("date-time")) => Some(json!("2026-01-31T08:15:00Z")),
            "string" => Some(Value::String(text(field, about))),
            "integer" | "number" => Some(json!(1)),
            "boolean" => Some(json!(about.starts_with("True") || matches!(field, "active" | "pull" | "push"))),
            _ => Some(json!({})),
        }
    }

    fn object(&mut self, schema: &'a Value) -> Value {
        let mut fields = Map::new();
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if let Some(value) = self.of(field, name) {
                fields.insert(name.clone(), value);
            }
        }
        if let Some(any) = schema.get("additionalProperties").filter(|any| any.is_object()) {
            fields.extend(self.of(any, "url").map(|value| ("url".to_owned(), value)));
        }
        Value::Object(fields)
    }
}

/// The type that is not null.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or_default(),
        _ => "",
    }
}

/// A text for a field: what its description names first, else what its name says.
fn text(field: &str, about: &str) -> String {
    let spelled = about.strip_prefix('`').and_then(|rest| rest.split('`').next());
    if let Some(spelled) = spelled.filter(|word| !word.is_empty() && word.len() < 60 && !word.contains([' ', '…', '<'])) {
        return spelled.replace("owner/name", "alice/tool");
    }
    if about.ends_with("; empty.") || about.starts_with("Empty") {
        return String::new();
    }
    if let Some((_, text)) = NAMED.iter().find(|(name, _)| *name == field) {
        return (*text).to_owned();
    }
    match field {
        "url" | "website" => "https://forge.example/alice/tool".to_owned(),
        "full_name" => "Alice".to_owned(),
        _ if field.ends_with("_url") => "https://forge.example/alice/tool".to_owned(),
        _ if field.ends_with("sha") => ID.to_owned(),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(bodies: Value, of: &str) -> Value {
        let bodies: BTreeMap<String, Value> = serde_json::from_value(bodies).unwrap();
        Maker { bodies: &bodies, above: vec![of] }.of(&bodies[of], "").unwrap()
    }

    #[test]
    fn what_holds_itself_ends() {
        let bodies = json!({
            "Tree": { "type": "object", "properties": {
                "name": { "type": "string" }, "kind": { "type": "string", "description": "`blob` or `tree`." },
                "below": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } },
                "parent": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Tree" }] },
            } },
        });
        assert_eq!(example(bodies, "Tree"), json!({ "name": "tool", "kind": "blob", "below": [] }));
    }

    #[test]
    fn parts_make_a_whole() {
        let bodies = json!({
            "User": { "type": "object", "properties": { "login": { "type": "string" }, "id": { "type": "integer" } } },
            "Member": { "allOf": [{ "$ref": "#/components/schemas/User" }, { "type": "object", "properties": { "role": { "type": ["string", "null"], "description": "`owner` or `read`." } } }] },
        });
        assert_eq!(example(bodies, "Member"), json!({ "login": "alice", "id": 1, "role": "owner" }));
    }
}
