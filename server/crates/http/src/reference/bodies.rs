//! Refusals and bodies: what operations name, described once.

use serde_json::Value;

use super::operations::example;
use super::write::{kind, named, prose, text};

/// Adds both sections.
pub fn write(document: &Value, html: &mut String) {
    html.push_str("<section id=\"refusals\"><h2>refusals</h2>\n");
    html.push_str("<p>Every refusal has the body <a href=\"#body-ApiError\">ApiError</a>. <code>default</code> stands for any that is not listed, such as 503.</p>\n");
    let statuses = statuses(document);
    for (name, response) in document["components"]["responses"].as_object().into_iter().flatten() {
        let status = statuses.iter().find(|(_, of)| of == name).map(|(status, _)| status.as_str()).unwrap_or_default();
        html.push_str(&format!(
            "<article><h3>{} {}</h3><p>{}</p>",
            text(status),
            text(name),
            prose(response["description"].as_str().unwrap_or_default())
        ));
        html.push_str(&format!("{}</article>\n", example(&response["content"]["application/json"]["example"])));
    }
    html.push_str("</section>\n<section id=\"bodies\"><h2>bodies</h2>\n");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        body(name, schema, html);
    }
    html.push_str("</section>\n");
}

/// With which status each refusal comes.
fn statuses(document: &Value) -> Vec<(String, String)> {
    let operations = document["paths"].as_object().into_iter().flatten().flat_map(|(_, item)| item.as_object().into_iter().flatten());
    let mut found = Vec::new();
    for (status, answer) in operations.flat_map(|(_, about)| about["responses"].as_object().into_iter().flatten()) {
        let name = answer.get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next());
        if let Some(name) = name.filter(|name| !found.iter().any(|(_, known)| known == name)) {
            found.push((status.clone(), name.to_owned()));
        }
    }
    found
}

fn body(name: &str, schema: &Value, html: &mut String) {
    html.push_str(&format!(
        "<article id=\"body-{0}\"><h3>{0}</h3><p>{1}</p>\n",
        text(name),
        prose(schema["description"].as_str().unwrap_or_default())
    ));
    let parts = schema["allOf"].as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(schema));
    let whole: Vec<String> = parts.iter().filter(|part| named(part).is_some() || part.get("oneOf").is_some()).map(kind).collect();
    if !whole.is_empty() {
        html.push_str(&format!("<p>All fields of {}, and:</p>\n", whole.join(", ")));
    }
    html.push_str("<table>");
    for part in parts {
        let required = part["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (field, of) in part["properties"].as_object().into_iter().flatten() {
            let always = if required.iter().any(|one| one == field) { "" } else { " <small>optional</small>" };
            let meaning =
                of["description"].as_str().or_else(|| of["oneOf"].as_array()?.iter().find_map(|kind| kind["description"].as_str()));
            html.push_str(&format!(
                "<tr><td><code>{}</code></td><td>{}{always}</td><td>{}</td></tr>",
                text(field),
                kind(of),
                prose(meaning.unwrap_or_default())
            ));
        }
    }
    html.push_str(&format!("</table>\n{}</article>\n", example(&schema["examples"][0])));
}
