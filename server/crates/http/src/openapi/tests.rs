//! The description as it is committed: every change of the API shows as a difference of this file.

use std::path::PathBuf;

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../docs/api/openapi.json")
}

#[test]
fn the_committed_description_is_the_one_that_is_served() {
    let served = crate::openapi_json();
    if std::env::var_os("HARDIE_UPDATE").is_some() {
        std::fs::write(committed(), &served).unwrap();
    }
    let known = std::fs::read_to_string(committed()).unwrap_or_default();
    assert!(known == served, "the API's description changed: run with HARDIE_UPDATE=1 and commit docs/api/openapi.json");
}

#[test]
fn every_operation_has_an_id_of_its_own_and_every_reference_leads_somewhere() {
    let document: serde_json::Value = serde_json::from_str(&crate::openapi_json()).unwrap();
    let mut ids = Vec::new();
    for item in document["paths"].as_object().unwrap().values() {
        ids.extend(item.as_object().unwrap().values().filter_map(|o| o["operationId"].as_str()));
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an operation id is used twice");
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name} is not described");
    }
}

#[test]
fn every_operation_says_how_it_refuses_and_every_body_has_an_example() {
    let document: serde_json::Value = serde_json::from_str(&crate::openapi_json()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap();
            let has = |status: &str| answers.contains_key(status);
            let what = format!("{method} {path}: {answers:?}");
            assert!(["401", "403", "429", "default"].iter().all(|status| has(status)), "{what}");
            assert!(has("404") || !path.contains('{'), "{what}");
            assert!(operation["requestBody"].is_null() || (has("422") && has("413") && has("400")), "{what}");
            assert!(answers.keys().any(|status| status.starts_with('2') || status.starts_with('3')), "{what}");
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{what}");
        }
    }
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        assert!(response["content"]["application/json"]["example"]["message"].is_string(), "{name}");
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let example = &schema["examples"][0];
        assert!(!example.is_null(), "{name} has no example");
        for field in schema["required"].as_array().into_iter().flatten() {
            assert!(!example[field.as_str().unwrap()].is_null(), "the example of {name} lacks {field}: {example}");
        }
    }
}
