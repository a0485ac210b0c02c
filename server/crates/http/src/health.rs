//! Whether the server lives, whether it can work, and what it counts.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::state::Http;

/// `/healthz` and `/readyz`.
pub fn routes() -> Router<Http> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

/// Answers as long as the process does; asks nobody.
async fn alive() -> &'static str {
    "ok\n"
}

/// 200 when requests can be served; 503 naming the part that cannot work.
async fn ready(State(http): State<Http>) -> Response {
    let parts = hardie_app::health::check(&http.app).await;
    let is_ready = parts.iter().all(|part| part.fault.is_none());
    let lines = parts.iter().map(|part| format!("{}: {}\n", part.name, part.fault.as_deref().unwrap_or("ok")));
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, lines.collect::<String>()).into_response()
}

/// Prometheus' text format.
pub async fn metrics(State(http): State<Http>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], http.metrics.render()).into_response()
}
