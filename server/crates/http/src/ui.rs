//! What `hardie web` serves: the UI's static bundle, and a streaming reverse proxy for everything that is the server's.
//!
//! Nothing here knows use cases: the bundle is files, the proxy moves bytes. The client that reaches the server is handed
//! in as a [`Forward`], so that this crate opens no connection itself.
//! Start reading at [`routes::target`] (which path is whose) and [`proxy`].

mod answer;
pub mod bundle;
mod csp;
mod proxy;
mod routes;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::response::Response;

use crate::plugins::names_origin;

pub use bundle::{Bundle, BundleError};
pub use proxy::{ByteStream, Forward, Unreachable};

#[derive(Clone)]
struct Ui {
    bundle: Arc<Bundle>,
    forward: Forward,
    plugin_web_origin: Option<Arc<str>>,
}

/// The whole web front: every path is either the server's (passed on), a file of the bundle, or a page of the UI. What is asked of the host of
/// plugins is the server's, all of it.
pub fn router(bundle: Bundle, forward: Forward, plugin_web_origin: Option<&str>) -> Router {
    let ui = Ui { bundle: Arc::new(bundle), forward, plugin_web_origin: plugin_web_origin.map(Arc::from) };
    Router::new().fallback(dispatch).with_state(ui)
}

async fn dispatch(State(ui): State<Ui>, request: Request) -> Response {
    // Which of two hosts is meant must not depend on which of two lines is read (RFC 9112, section 3.2).
    if request.headers().get_all(HOST).iter().count() > 1 {
        return answer::text(StatusCode::BAD_REQUEST, "a request names one host, in one Host header\n");
    }
    if ui.plugin_web_origin.as_ref().is_some_and(|origin| names_origin(&request, origin)) {
        return proxy::pass(&ui.forward, request).await;
    }
    match routes::target(request.uri().path()) {
        routes::Target::Server => proxy::pass(&ui.forward, request).await,
        routes::Target::File(name) => answer::file(&ui.bundle, name, request.method(), request.headers()),
        routes::Target::Page => answer::page(&ui.bundle, request.method(), request.headers()),
        routes::Target::Health => answer::text(StatusCode::OK, "ok\n"),
        routes::Target::Nothing => answer::text(StatusCode::NOT_FOUND, "no such file\n"),
    }
}

#[cfg(test)]
mod tests;
