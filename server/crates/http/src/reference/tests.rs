use serde_json::{Value, json};

use super::*;

fn document() -> Value {
    serde_json::from_str(&crate::openapi_json()).unwrap()
}

#[test]
fn every_operation_and_every_body_is_on_the_page_and_every_link_leads_to_it() {
    let document = document();
    let html = whole(&document);
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert_eq!(html.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        }
    }
    for link in html.split("href=\"#").skip(1) {
        let to = link.split('"').next().unwrap();
        assert!(html.contains(&format!("id=\"{to}\"")), "#{to} leads nowhere");
    }
    assert!(html.contains("409 Conflict") && html.contains("curl -X POST"));
    assert!(html.len() < 2 << 20, "{} bytes", html.len());
}

#[test]
fn nothing_on_the_page_runs_or_comes_from_elsewhere() {
    let page = make(&document());
    let html = String::from_utf8(page.html.to_vec()).unwrap();
    for word in ["<script", " src=", "onclick", "javascript:", "@import", "url("] {
        assert!(!html.contains(word), "{word}");
    }
    let policy = page.policy.to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
}

#[test]
fn what_the_document_says_cannot_leave_its_place() {
    let evil = "</code><img src=x onerror=alert(1)>`\"'&";
    let document = json!({
        "info": { "version": evil, "description": evil },
        "paths": { evil: { "get": {
            "tags": [evil], "operationId": evil, "summary": evil,
            "parameters": [{ "name": evil, "in": evil, "description": evil }],
            "requestBody": { "content": { evil: { "schema": { "type": evil, "format": evil } } } },
            "responses": { evil: { "description": evil, "content": { evil: {} } } },
        } } },
        "components": { "schemas": { evil: { "description": evil, "properties": { evil: { "type": [evil] } }, "examples": [evil] } }, "responses": {} },
    });
    assert!(!whole(&document).contains("<img"));
}
