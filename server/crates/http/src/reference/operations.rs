//! Operations: what each takes, answers and refuses, with a call that can be copied.

use serde_json::Value;

use super::write::{json, kind, named, prose, text};

/// One method of one address.
pub struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    about: &'a Value,
    document: &'a Value,
}

/// All of them by the group they are shown in, in the order of the document.
pub fn groups(document: &Value) -> Vec<(&str, Vec<Operation<'_>>)> {
    let mut groups: Vec<(&str, Vec<Operation<'_>>)> = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, about) in item.as_object().into_iter().flatten() {
            let tag = about["tags"][0].as_str().unwrap_or("other");
            let operation = Operation { method, path, about, document };
            match groups.iter_mut().find(|(known, _)| *known == tag) {
                Some((_, operations)) => operations.push(operation),
                None => groups.push((tag, vec![operation])),
            }
        }
    }
    groups.sort_by_key(|(tag, _)| *tag);
    groups
}

impl Operation<'_> {
    /// Adds its article.
    pub fn write(&self, html: &mut String) {
        let id = text(self.about["operationId"].as_str().unwrap_or_default());
        let (method, path) = (text(&self.method.to_uppercase()), text(self.path));
        html.push_str(&format!("<article id=\"{id}\"><h3><b class=\"{method}\">{method}</b> <code>{path}</code> <a href=\"#{id}\" aria-label=\"Link to {id}\">#</a></h3>\n"));
        html.push_str(&format!("<p>{} <small>{id}</small></p>\n", prose(self.about["summary"].as_str().unwrap_or_default())));
        self.parameters(html);
        self.answers(html);
        html.push_str(&format!("<pre>{}</pre></article>\n", text(&self.call())));
    }

    fn parameters(&self, html: &mut String) {
        let parameters = self.about["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let body = &self.about["requestBody"]["content"];
        if parameters.is_empty() && body.is_null() {
            return;
        }
        html.push_str("<table><tr><th>takes</th><th>in</th><th></th></tr>");
        for one in parameters {
            let (name, place) = (one["name"].as_str().unwrap_or_default(), one["in"].as_str().unwrap_or_default());
            let meaning = prose(one["description"].as_str().unwrap_or_default());
            html.push_str(&format!("<tr><td><code>{}</code></td><td>{}</td><td>{meaning}</td></tr>", text(name), text(place)));
        }
        for (media, content) in body.as_object().into_iter().flatten() {
            html.push_str(&format!("<tr><td>{}</td><td>body</td><td>{}</td></tr>", kind(&content["schema"]), text(media)));
        }
        html.push_str("</table>\n");
    }

    fn answers(&self, html: &mut String) {
        html.push_str("<table><tr><th>answers</th><th></th><th></th></tr>");
        let mut refusals = Vec::new();
        for (status, answer) in self.about["responses"].as_object().into_iter().flatten() {
            if answer.get("$ref").is_some() || status == "default" {
                refusals.push(format!("<a href=\"#refusals\">{}</a>", text(status)));
                continue;
            }
            let meaning = prose(answer["description"].as_str().unwrap_or_default());
            let contents: Vec<String> = answer["content"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(media, content)| match media.as_str() {
                    "application/json" => kind(&content["schema"]),
                    media => text(media),
                })
                .collect();
            html.push_str(&format!("<tr><td>{}</td><td>{meaning}</td><td>{}</td></tr>", text(status), contents.join(", ")));
        }
        html.push_str(&format!("<tr><td colspan=\"3\">refuses with {}</td></tr></table>\n", refusals.join(", ")));
    }

    /// A line for a shell.
    fn call(&self) -> String {
        let method = match self.method {
            "get" => String::new(),
            other => format!(" -X {}", other.to_uppercase()),
        };
        let body = &self.about["requestBody"]["content"];
        let body = match body.as_object().and_then(|all| all.iter().next()) {
            None => String::new(),
            Some((media, content)) => match named(&content["schema"]) {
                // A quote within quotes of a shell.
                Some(name) if media == "application/json" => {
                    let example = self.document["components"]["schemas"][name]["examples"][0].to_string().replace('\'', "'\\''");
                    format!(" \\\n  -H 'Content-Type: application/json' \\\n  -d '{example}'")
                }
                _ => format!(" \\\n  -H 'Content-Type: {media}' --data-binary @FILE"),
            },
        };
        format!("curl{method} -H \"Authorization: token $HARDIE_TOKEN\" \"$HARDIE_SERVER/api/v1{}\"{body}", self.path)
    }
}

/// A refusal or a body, shown once.
pub fn example(of: &Value) -> String {
    if of.is_null() { String::new() } else { json(of) }
}
