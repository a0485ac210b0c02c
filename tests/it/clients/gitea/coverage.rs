//! Whether a client was told of everything that it and the server have.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

/// What became of the story.
#[derive(Deserialize)]
pub struct Told {
    /// All that the client has: `GET /repos/{}/{}`.
    pub operations: BTreeSet<String>,
    driven: BTreeSet<String>,
    problems: Vec<String>,
    /// `Model.field` of what an answer did not have.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// The lines of a reviewed list, and those of them that end in `**` and stand for all that begins so. `#` begins a reason.
pub fn reviewed(list: &str) -> (Vec<&str>, Vec<&str>) {
    let lines = list.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty());
    let (families, lines): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.ends_with("**"));
    (lines, families.into_iter().map(|line| line.trim_end_matches('*')).collect())
}

/// The operations of the description, with `{}` for each part of an address that varies.
pub fn described(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, _) in item.as_object().unwrap().iter().filter(|(_, operation)| operation["operationId"].is_string()) {
            found.insert(format!("{} {}", method.to_ascii_uppercase(), shape(path)));
        }
    }
    found
}

/// An address without the names of its parts.
pub fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// Fails where a step went wrong, an operation of both was not driven, or one that the client lacks is not on the list.
pub fn check(client: &str, told: &Told, document: &Value, lacking: &str) {
    let ours = described(document);
    let (single, families) = reviewed(lacking);
    let is_listed = |operation: &str| {
        let path = operation.split_once(' ').map_or("", |(_, path)| path);
        single.contains(&operation) || families.iter().any(|family| path.starts_with(family))
    };
    let mut wrong = told.problems.clone();
    for operation in &ours {
        match (told.operations.contains(operation), told.driven.contains(operation)) {
            (true, false) => wrong.push(format!("{operation}: {client} has it; add a step to story.json")),
            (false, _) if !is_listed(operation) => wrong.push(format!("{operation}: {client} lacks it; name it in lacking.txt")),
            _ => {}
        }
    }
    for listed in single.iter().filter(|listed| !ours.contains(**listed)) {
        wrong.push(format!("{listed}: lacking.txt names what the server does not have"));
    }
    assert!(wrong.is_empty(), "{client}:\n{}", wrong.join("\n"));
}
