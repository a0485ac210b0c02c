//! One request: JSON in, JSON or a [`Failure`] out.

use std::pin::Pin;

use hardie_api_types::error::ApiError;
use leptos::prelude::window;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use super::{Failure, json};
use crate::text::sentence;

/// One page of a list, and how many there are in all.
#[derive(Clone, Debug, PartialEq)]
pub struct Paged<T> {
    /// This page.
    pub items: Vec<T>,
    /// In all pages.
    pub total: i64,
}

/// The answer of a request whose body does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done;

/// GET.
pub async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    read(&ask("GET", path, None, true).await?)
}

/// GET of a list with `X-Total-Count`.
pub async fn get_page<T: DeserializeOwned>(path: &str) -> Result<Paged<T>, Failure> {
    let answer = ask("GET", path, None, true).await?;
    let items: Vec<T> = read(&answer)?;
    let here = i64::try_from(items.len()).unwrap_or(i64::MAX);
    Ok(Paged { items, total: answer.total.unwrap_or(here) })
}

/// A request with a JSON body and an answer that matters.
pub async fn send<B: Serialize, T: DeserializeOwned>(method: &'static str, path: &str, body: &B) -> Result<T, Failure> {
    read(&ask(method, path, Some(text_of(body)?), true).await?)
}

/// A request with a JSON body whose answer does not matter.
pub async fn send_only<B: Serialize>(method: &'static str, path: &str, body: &B) -> Result<Done, Failure> {
    ask(method, path, Some(text_of(body)?), false).await.map(|_| Done)
}

/// DELETE.
pub async fn delete(path: &str) -> Result<Done, Failure> {
    ask("DELETE", path, None, false).await.map(|_| Done)
}

/// POST of a file as it is.
pub async fn upload<T: DeserializeOwned>(path: &str, content_type: &'static str, file: &web_sys::File) -> Result<T, Failure> {
    read(&ask("POST", path, Some((content_type, file.into())), true).await?)
}

fn text_of<B: Serialize>(body: &B) -> Result<Body, Failure> {
    let text = serde_json::to_string(body).map_err(|error| Failure::misread(&error.to_string()))?;
    Ok(("application/json", JsValue::from_str(&text)))
}

/// Content type and bytes.
type Body = (&'static str, JsValue);

/// A good answer.
struct Answer {
    /// `null` where nobody wants it.
    body: Value,
    /// `X-Total-Count`.
    total: Option<i64>,
}

/// The answer, if it is a good one. `path` is below `/api/v1`. Boxed, so that the calls of all pages share what is compiled of it.
fn ask(method: &'static str, path: &str, body: Option<Body>, wanted: bool) -> Pin<Box<dyn Future<Output = Result<Answer, Failure>>>> {
    let address = format!("/api/v1{path}");
    Box::pin(async move {
        let answer = fetch(method, &address, body).await?;
        let total = answer.headers().get("x-total-count").ok().flatten().and_then(|total| total.parse().ok());
        let body = match wanted {
            true => json::parse(&text(&answer).await?).map_err(misread)?,
            false => Value::Null,
        };
        Ok(Answer { body, total })
    })
}

async fn fetch(method: &str, address: &str, body: Option<Body>) -> Result<Response, Failure> {
    let setup = |_: JsValue| Failure::offline();
    let headers = Headers::new().map_err(setup)?;
    headers.set("accept", "application/json").map_err(setup)?;
    // Proof that our own script asks: a form of another site cannot set a header.
    headers.set("x-hardie-csrf", "1").map_err(setup)?;
    let init = RequestInit::new();
    init.set_method(method);
    if let Some((content_type, body)) = &body {
        headers.set("content-type", content_type).map_err(setup)?;
        init.set_body(body);
    }
    init.set_headers(&headers);
    let answer = JsFuture::from(window().fetch_with_str_and_init(address, &init)).await.map_err(setup)?;
    let answer: Response = answer.dyn_into().map_err(setup)?;
    if answer.ok() { Ok(answer) } else { Err(failure(&answer).await) }
}

async fn failure(answer: &Response) -> Failure {
    let status = answer.status();
    let envelope: Option<ApiError> = match text(answer).await {
        Ok(text) => json::parse(&text).and_then(|body| json::read(&body)).ok(),
        Err(_) => None,
    };
    let request_id = answer.headers().get("x-request-id").ok().flatten().unwrap_or_default();
    match envelope {
        Some(said) => {
            let request_id = if said.request_id.is_empty() { request_id } else { said.request_id };
            Failure { status, message: sentence(&said.message), field: said.field, permissions: said.permissions, request_id }
        }
        None => Failure {
            status,
            message: format!("The server answered with status {status}."),
            field: None,
            permissions: Vec::new(),
            request_id,
        },
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    json::read(&answer.body).map_err(misread)
}

fn misread(why: json::Misread) -> Failure {
    Failure::misread(&why.to_string())
}

async fn text(answer: &Response) -> Result<String, Failure> {
    let text = answer.text().map_err(|_| Failure::offline())?;
    let text = JsFuture::from(text).await.map_err(|_| Failure::offline())?;
    text.as_string().ok_or_else(Failure::offline)
}
