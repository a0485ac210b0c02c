//! Whether the server lives, whether it can work, and what it counts.

use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hardie_app::health::{Part, check};
use tokio::sync::Mutex;

use crate::auth::Asker;
use crate::state::Http;

/// The last look at the parts. A look writes to the disk and to the database, so there is one at a time, and all who asked
/// before it began share it: a flood of probes costs little more than one.
#[derive(Default)]
pub struct Readiness(Mutex<Option<(Instant, Vec<Part>)>>);

impl Readiness {
    async fn ask(&self, http: &Http) -> Vec<Part> {
        let asked = Instant::now();
        let mut last = self.0.lock().await;
        if let Some((_, parts)) = last.as_ref().filter(|(began, _)| *began >= asked) {
            return parts.clone();
        }
        let began = Instant::now();
        let parts = check(&http.app).await;
        *last = Some((began, parts.clone()));
        parts
    }
}

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
    let parts = http.readiness.ask(&http).await;
    let is_ready = parts.iter().all(|part| part.fault.is_none());
    let lines = parts.iter().map(|part| format!("{}: {}\n", part.name, part.fault.as_deref().unwrap_or("ok")));
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, lines.collect::<String>()).into_response()
}

/// The same at the door that everybody reaches: for those alone who have signed in, where the site asks for that.
pub async fn metrics_for_askers(_: Asker, http: State<Http>) -> Response {
    metrics(http).await
}

/// Prometheus' text format.
pub async fn metrics(State(http): State<Http>) -> Response {
    let damaged = http.app.store.count_damaged_packs().await.ok();
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        http.metrics.render(&http.app.git.collections, &http.app.answers, damaged),
    )
        .into_response()
}
