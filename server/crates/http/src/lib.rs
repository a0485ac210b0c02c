//! The HTTP door: `/api/v1` in Gitea's shapes, git's smart protocol, health and metrics, and the server of the UI's bundle.
//! The only user of axum.
//!
//! Must not know: rules (that is `app`), SQL, git's objects, paths on disk. A handler reads a request, calls one use case and
//! writes what it returns; what a failure means is decided in [`error`], who asks in [`auth`].
//! Start reading at [`Door::router`], then at `api` (the table of addresses) and `git`.

mod api;
mod auth;
mod avatars;
mod blocking;
mod cache;
mod client;
mod config;
mod download;
mod error;
mod followers;
mod front;
mod git;
mod health;
mod hooks;
mod json;
mod large;
mod layers;
mod lfs;
mod limits;
mod links;
mod metrics;
mod multipart;
mod net;
mod oauth;
mod openapi;
mod pages;
mod paging;
mod path;
mod plugins;
mod query;
mod range;
mod raw;
mod reference;
mod serve;
mod show;
mod state;
pub mod ui;

use axum::Router;
use axum::extract::OriginalUri;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use hardie_app::App;
use tokio_util::sync::CancellationToken;

pub use client::Peer;
pub use config::HttpConfig;
pub use hooks::webhook_bodies;
pub use limits::Rates;
pub use net::{Cidr, InvalidCidr};
pub use serve::serve;
pub use show::audit_export;

use crate::error::Refusal;
use crate::layers::{admit, cors, idempotent, identify, limit, render};
use crate::state::Http;

/// The parts of this door, sharing their counters.
pub struct Door {
    http: Http,
}

impl Door {
    /// Joins the use cases with the operator's settings. Answers that would go on end at `stop`.
    pub fn new(app: App, config: HttpConfig, stop: CancellationToken) -> Door {
        Door { http: Http::new(app, config, stop) }
    }

    /// Everything that people and clients reach.
    pub fn router(&self) -> Router {
        let http = &self.http;
        let api = api::table();
        let described = openapi::describe(&api);
        let v1 = api.router().fallback(no_such_address).method_not_allowed_fallback(wrong_method);
        let v1 = v1.layer(from_fn_with_state(http.clone(), idempotent)).layer(from_fn_with_state(http.clone(), admit));
        let raw = Router::new()
            .route("/{owner}/{repo}/raw/{kind}/{ref}/{*path}", get(api::raw_page))
            .route("/{owner}/{repo}/archive/{*archive}", get(api::archive_page))
            .route("/{owner}/{repo}/releases/download/{tag}/{name}", get(api::asset_page));
        let raw = raw.layer(from_fn_with_state(http.clone(), admit));
        let avatars = avatars::routes().layer(from_fn_with_state(http.clone(), admit));
        let lfs = lfs::api_routes().layer(from_fn_with_state(http.clone(), admit));
        let mut router = Router::new()
            .nest("/api/v1", v1)
            .merge(raw)
            .merge(avatars)
            .merge(lfs)
            .merge(lfs::object_routes())
            .merge(plugins::routes())
            .merge(api::documents(&described))
            .merge(reference::routes(described))
            .merge(git::routes())
            .merge(pages::routes(http))
            .merge(oauth::routes(http))
            .merge(health::routes())
            .route("/", get(front::front));
        if http.config.metrics {
            router = router.route("/metrics", get(health::metrics_for_askers));
        }
        self.finish(router)
    }

    /// `/metrics` and the health checks alone, for a listener that only the operator reaches.
    pub fn metrics_router(&self) -> Router {
        self.finish(health::routes().route("/metrics", get(health::metrics)))
    }

    fn finish(&self, router: Router<Http>) -> Router {
        router
            .fallback(no_such_address)
            .method_not_allowed_fallback(wrong_method)
            .layer(from_fn_with_state(self.http.clone(), plugins::by_host))
            .layer(from_fn_with_state(self.http.clone(), limit))
            .layer(from_fn_with_state(self.http.clone(), cors))
            .layer(from_fn_with_state(self.http.clone(), render))
            .layer(from_fn_with_state(self.http.clone(), identify))
            .with_state(self.http.clone())
    }
}

/// The OpenAPI document as it is served, for the snapshot in `docs/api`.
pub fn openapi_json() -> String {
    api::document_text(&openapi::describe(&api::table()))
}

async fn no_such_address(uri: OriginalUri) -> Refusal {
    api::missing(uri.path()).unwrap_or_else(Refusal::nothing_here)
}

async fn wrong_method(uri: OriginalUri) -> Refusal {
    if let Some(refusal) = api::missing(uri.path()) {
        return refusal;
    }
    Refusal::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "this address does not take this method; the header Allow names those that it takes",
    )
}
