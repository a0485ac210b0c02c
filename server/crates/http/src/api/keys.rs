//! SSH public keys.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::identity::{CreateKeyOption, PublicKey};
use hardie_app::identity::{NewKey, add_ssh_key, delete_ssh_key, get_ssh_key, list_ssh_keys};
use hardie_domain::ids::KeyId;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "user";
    api.get("/user/keys", Op::new("userCurrentListKeys", tag, "Lists the asker's keys").gives_page::<PublicKey>(), list_own)
        .post("/user/keys", Op::new("userCurrentPostKey", tag, "Adds a key").takes::<CreateKeyOption>().gives::<PublicKey>(201), create)
        .get("/user/keys/{id}", Op::new("userCurrentGetKey", tag, "Shows a key").gives::<PublicKey>(200), get)
        .delete("/user/keys/{id}", Op::new("userCurrentDeleteKey", tag, "Removes a key").gives_nothing(204), delete)
        .get("/users/{username}/keys", Op::new("userListKeys", tag, "Lists a user's keys").gives_page::<PublicKey>(), list)
}

async fn list_own(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    let name = ctx.require_actor()?.name.to_string();
    let keys = list_ssh_keys(&http.app, &ctx, &name, paging.page).await?;
    Ok(paging.answer(keys.map(|key| show::key(&http.links, key))))
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let keys = list_ssh_keys(&http.app, &ctx, &parts.text("username")?, paging.page).await?;
    Ok(paging.answer(keys.map(|key| show::key(&http.links, key))))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<CreateKeyOption>,
) -> Answer<(StatusCode, Json<PublicKey>)> {
    if body.read_only {
        return Err(Refusal::invalid("read_only", "is for deploy keys of a repository; a key of an account may do what its owner may"));
    }
    let key = add_ssh_key(&http.app, &ctx, NewKey { title: body.title, key: body.key }).await?;
    Ok((StatusCode::CREATED, Json(show::key(&http.links, key))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<PublicKey>> {
    let key = get_ssh_key(&http.app, &ctx, KeyId(parts.id("id")?)).await?;
    Ok(Json(show::key(&http.links, key)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_ssh_key(&http.app, &ctx, KeyId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
