//! How text and JSON become HTML.

use serde_json::Value;

/// A text as it is.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

/// What stands between backticks is code; brackets around it are a link of Rust's that leads nowhere here.
pub fn prose(words: &str) -> String {
    let plain = words.replace("[`", "`").replace("`]", "`");
    let mut out = String::with_capacity(plain.len() + 32);
    for (number, part) in plain.split('`').enumerate() {
        match number % 2 {
            0 => out.push_str(&text(part)),
            _ => out.push_str(&format!("<code>{}</code>", text(part))),
        }
    }
    out
}

/// A value over several lines.
pub fn json(value: &Value) -> String {
    format!("<pre>{}</pre>", text(&serde_json::to_string_pretty(value).unwrap_or_default()))
}

/// What a schema is, in a word, with a link to what it names.
pub fn kind(schema: &Value) -> String {
    if let Some(name) = named(schema) {
        return format!("<a href=\"#body-{0}\">{0}</a>", text(name));
    }
    if let Some(kinds) = ["oneOf", "anyOf"].iter().find_map(|word| schema.get(*word)).and_then(Value::as_array) {
        return kinds.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let word = match schema.get("type") {
        Some(Value::String(word)) => word.clone(),
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    };
    match (schema.get("items"), schema.get("format").and_then(Value::as_str)) {
        (Some(items), _) => format!("{} of {}", text(&word), kind(items)),
        (None, Some(format)) => format!("{} ({})", text(&word), text(format)),
        (None, None) => text(&word),
    }
}

/// The body that a reference names.
pub fn named(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}
