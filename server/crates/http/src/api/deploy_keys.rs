//! Keys of a repository.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::identity::{CreateKeyOption, DeployKey};
use hardie_app::deploy_keys::{NewDeployKey, add_deploy_key, delete_deploy_key, get_deploy_key, list_deploy_keys};
use hardie_domain::ids::DeployKeyId;

use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let (tag, all, one) = ("repository", "/repos/{owner}/{repo}/keys", "/repos/{owner}/{repo}/keys/{id}");
    api.get(all, Op::new("repoListKeys", tag, "Lists deploy keys, newest first").gives_page::<DeployKey>(), list)
        .post(all, Op::new("repoCreateKey", tag, "Adds a deploy key").takes::<CreateKeyOption>().gives::<DeployKey>(201), create)
        .get(one, Op::new("repoGetKey", tag, "Shows a deploy key").gives::<DeployKey>(200), get)
        .delete(one, Op::new("repoDeleteKey", tag, "Removes a deploy key").gives_nothing(204), delete)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let (access, keys) = list_deploy_keys(&http.app, &ctx, &parts.repo()?, paging.page).await?;
    Ok(paging.answer(keys.map(|key| show::deploy_key(&http.links, &access, key))))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<CreateKeyOption>,
) -> Answer<(StatusCode, Json<DeployKey>)> {
    let new = NewDeployKey { title: body.title, key: body.key, read_only: body.read_only };
    let (access, key) = add_deploy_key(&http.app, &ctx, &parts.repo()?, new).await?;
    Ok((StatusCode::CREATED, Json(show::deploy_key(&http.links, &access, key))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<DeployKey>> {
    let (access, key) = get_deploy_key(&http.app, &ctx, &parts.repo()?, DeployKeyId(parts.id("id")?)).await?;
    Ok(Json(show::deploy_key(&http.links, &access, key)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_deploy_key(&http.app, &ctx, &parts.repo()?, DeployKeyId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
