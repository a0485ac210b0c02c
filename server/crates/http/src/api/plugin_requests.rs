//! What became of web requests to an installation. The same address below a repository, an organisation and the site.

use axum::Json;
use axum::extract::State;
use hardie_api_types::plugin_web::PluginRequest;
use hardie_app::plugins::web_records;

use super::plugins::{id, target};
use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

const PLACES: [(&str, &str); 3] = [
    ("/repos/{owner}/{repo}/plugins/{id}/requests", "repoListPluginRequests"),
    ("/orgs/{org}/plugins/{id}/requests", "orgListPluginRequests"),
    ("/admin/plugins/{id}/requests", "adminListPluginRequests"),
];

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    PLACES.into_iter().fold(api, |api, (place, name)| {
        let summary = "Lists web requests that failed or of which it logged something, since the server was started, newest first";
        api.get(place, Op::new(name, "plugin", summary).gives_list::<PluginRequest>(), list)
    })
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Vec<PluginRequest>>> {
    let records = web_records(&http.app, &ctx, &target(&parts)?, id(&parts)?).await?;
    Ok(Json(records.into_iter().map(show::plugin_request).collect()))
}
