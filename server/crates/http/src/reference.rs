//! `/api/docs`: the description of the API for people. One page without a script, made of the same document that programs read, so that a browser's
//! own search finds everything in it.

mod bodies;
mod operations;
mod write;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::auth::Asker;
use crate::cache;
use crate::state::Http;
use write::prose;
pub use write::text;

const STYLE: &str = include_str!("reference/style.css");

/// The page as it is sent, made when it is first asked for.
struct Page {
    html: Bytes,
    etag: String,
    policy: HeaderValue,
}

/// The page, and where Gitea has its own.
pub fn routes(described: utoipa::openapi::OpenApi) -> Router<Http> {
    let made: Arc<OnceLock<Page>> = Arc::default();
    let described = Arc::new(described);
    let page = move |_: Asker, headers: HeaderMap| {
        let (made, described) = (made.clone(), described.clone());
        async move {
            let page = made.get_or_init(|| make(&serde_json::to_value(&*described).unwrap_or_default()));
            cache::conditional(&headers, &page.etag, || answer(page))
        }
    };
    // Relative, so that it holds behind any prefix.
    Router::new().route("/api/docs", get(page)).route("/api/swagger", get(|| async { Redirect::permanent("docs") }))
}

fn answer(page: &Page) -> Response {
    let mut response = page.html.clone().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, page.policy.clone());
    response
}

fn make(document: &Value) -> Page {
    let html = whole(document);
    // Nothing runs and nothing is loaded; the one style is known by its hash.
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let etag = cache::etag(&[&URL_SAFE_NO_PAD.encode(Sha256::digest(&html))]);
    Page { html: html.into(), etag, policy }
}

fn whole(document: &Value) -> String {
    let groups = operations::groups(document);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>API of Hardie</title><style>{STYLE}</style></head>\n<body><nav aria-label=\"Contents\"><h2>API</h2>\n<ul>"
    );
    for (tag, operations) in &groups {
        html.push_str(&format!("<li><a href=\"#{0}\">{0}</a> <small>{1}</small></li>", text(tag), operations.len()));
    }
    html.push_str(
        "<li><a href=\"#refusals\">refusals</a></li><li><a href=\"#bodies\">bodies</a></li></ul></nav>\n<main><h1>API of Hardie ",
    );
    html.push_str(&format!("{}</h1>\n", text(document["info"]["version"].as_str().unwrap_or_default())));
    for paragraph in document["info"]["description"].as_str().unwrap_or_default().split("\n\n") {
        html.push_str(&format!("<p>{}</p>\n", prose(paragraph)));
    }
    html.push_str("<p>Addresses are below <code>/api/v1</code>. For programs: <a href=\"openapi.json\">openapi.json</a>.</p>\n");
    for (tag, operations) in &groups {
        html.push_str(&format!("<section id=\"{0}\"><h2>{0}</h2>\n", text(tag)));
        for operation in operations {
            operation.write(&mut html);
        }
        html.push_str("</section>\n");
    }
    bodies::write(document, &mut html);
    html.push_str("</main></body></html>\n");
    html
}

#[cfg(test)]
mod tests;
