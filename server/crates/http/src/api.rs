//! `/api/v1`: one table of addresses, each with its handler. A handler extracts, calls one use case and converts.

mod admin;
mod applications;
mod archives;
mod assets;
mod audit;
mod avatars;
mod code;
mod collaborators;
mod commits;
mod components;
mod contents;
mod contributors;
mod deliveries;
mod deploy_keys;
mod dry_run;
mod emails;
mod events;
mod follow;
mod forks;
mod gpg_keys;
mod hook_deliveries;
mod hooks;
mod imports;
mod keys;
mod labels;
mod marks;
mod milestones;
mod missing;
mod objects;
mod orgs;
mod passkeys;
mod path_rules;
mod plugin_requests;
mod plugins;
mod protections;
mod public_members;
mod publishers;
mod pushes;
mod quotas;
mod refs;
mod releases;
mod repo_lists;
mod repos;
mod second_factor;
mod secrets;
mod server;
mod sessions;
mod sign_ups;
mod statuses;
mod tag_protections;
mod team_parts;
mod teams;
mod templates;
mod tokens;
mod topics;
mod trees;
mod users;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use axum::routing::get;

pub use archives::download as archive_page;
pub use assets::{asset_page, brings_asset};
pub use components::UPLOAD;
pub use contents::{brings_files, raw_page};
pub use missing::missing;
pub use sessions::set_session_cookie;

use crate::auth::Asker;
use crate::openapi::Api;
use crate::state::Http;

/// Every address below `/api/v1`.
pub fn table() -> Api {
    let parts = [
        server::add,
        sessions::add,
        second_factor::add,
        passkeys::add,
        users::add,
        emails::add,
        avatars::add,
        sign_ups::add,
        tokens::add,
        keys::add,
        applications::add,
        gpg_keys::add,
        orgs::add,
        public_members::add,
        teams::add,
        team_parts::add,
        repo_lists::add,
        repos::add,
        collaborators::add,
        protections::add,
        tag_protections::add,
        path_rules::add,
        deploy_keys::add,
        publishers::add,
        refs::add,
        commits::add,
        statuses::add,
        releases::add,
        assets::add,
        topics::add,
        contributors::add,
        labels::add,
        milestones::add,
        marks::add,
        forks::add,
        templates::add,
        imports::add,
        objects::add,
        trees::add,
        contents::add,
        archives::add,
        code::add,
        quotas::add,
        pushes::add,
        components::add,
        dry_run::add,
        plugins::add,
        deliveries::add,
        plugin_requests::add,
        secrets::add,
        hooks::add,
        hook_deliveries::add,
        events::add,
        follow::add,
        admin::add,
        audit::add,
    ];
    parts.into_iter().fold(Api::default(), |api, add| add(api))
}

/// The description of the table, at the addresses where tools look for it.
pub fn documents(described: &utoipa::openapi::OpenApi) -> Router<Http> {
    let text: bytes::Bytes = document_text(described).into();
    let document = move |_: Asker| {
        let text = text.clone();
        async move { ([(CONTENT_TYPE, "application/json; charset=utf-8")], text).into_response() }
    };
    Router::new().route("/api/openapi.json", get(document.clone())).route("/swagger.v1.json", get(document))
}

/// The document as it is served and committed.
pub fn document_text(described: &utoipa::openapi::OpenApi) -> String {
    let mut text = described.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
