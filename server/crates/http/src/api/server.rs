//! The server itself: its version and what clients must know of it before anybody signs in.

use axum::Json;
use axum::extract::State;
use hardie_api_types::server::{GeneralApiSettings, HardieSettings, ServerVersion};
use hardie_app::state::PluginPolicy;
use hardie_domain::page::Page;
use hardie_domain::sign_up::SignUpMode;

use crate::openapi::{Api, Op};
use crate::state::Http;

/// What Gitea's clients compare: the version whose API this server follows, then our own as semver's build metadata.
/// It must not hold `gitea-`, by which Renovate tells Forgejo.
const VERSION: &str = concat!("1.24.0+hardie.", env!("CARGO_PKG_VERSION"));

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    api.get("/version", Op::new("getVersion", "miscellaneous", "Says which version this is").gives::<ServerVersion>(200), get_version)
        .get(
            "/settings/api",
            Op::new("getGeneralAPISettings", "settings", "Says the API's bounds").gives::<GeneralApiSettings>(200),
            get_api_settings,
        )
        .get(
            "/settings/hardie",
            Op::new("getHardieSettings", "settings", "Says what a UI must know").gives::<HardieSettings>(200),
            get_settings,
        )
}

async fn get_version() -> Json<ServerVersion> {
    Json(ServerVersion { version: VERSION.to_owned() })
}

async fn get_api_settings() -> Json<GeneralApiSettings> {
    Json(GeneralApiSettings {
        max_response_items: Page::MAX_LIMIT,
        default_paging_num: Page::DEFAULT_LIMIT,
        default_git_trees_per_page: super::trees::ENTRIES,
        default_max_blob_size: hardie_app::browse::MAX_SHOWN_BYTES,
    })
}

async fn get_settings(State(http): State<Http>) -> Json<HardieSettings> {
    let plugins = match http.app.config.plugins {
        PluginPolicy::Open => "open",
        PluginPolicy::Listed => "listed",
        PluginPolicy::Closed => "closed",
    };
    Json(HardieSettings {
        public_url: http.links.public().to_owned(),
        ssh_address: http.app.config.ssh_address.clone(),
        plugins: plugins.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        mail: http.app.mailer.is_there(),
        sign_up: http.app.config.sign_up.mode != SignUpMode::Closed,
    })
}
