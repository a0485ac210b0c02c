//! OpenPGP keys.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use hardie_api_types::identity::{CreateGpgKeyOption, GpgKey, VerifyGpgKeyOption};
use hardie_app::identity::{NewGpgKey, add_gpg_key, delete_gpg_key, get_gpg_key, gpg_key_token, list_gpg_keys, verify_gpg_key};
use hardie_domain::ids::GpgKeyId;

use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "user";
    let (all, one) = ("/user/gpg_keys", "/user/gpg_keys/{id}");
    let create_op = Op::new("userCurrentPostGPGKey", tag, "Adds a GPG key").takes::<CreateGpgKeyOption>().gives::<GpgKey>(201);
    let verify_op =
        Op::new("userVerifyGPGKey", tag, "Proves that a GPG key is the asker's").takes::<VerifyGpgKeyOption>().gives::<GpgKey>(201);
    api.get(all, Op::new("userCurrentListGPGKeys", tag, "Lists the asker's GPG keys").gives_page::<GpgKey>(), list_own)
        .post(all, create_op, create)
        .get(one, Op::new("userCurrentGetGPGKey", tag, "Shows a GPG key").gives::<GpgKey>(200), get)
        .delete(one, Op::new("userCurrentDeleteGPGKey", tag, "Removes a GPG key").gives_nothing(204), delete)
        .get(
            "/user/gpg_key_token",
            Op::new("getVerificationToken", tag, "The text to be signed with a GPG key").gives_bytes("text/plain"),
            token,
        )
        .post("/user/gpg_key_verify", verify_op, verify)
        .get("/users/{username}/gpg_keys", Op::new("userListGPGKeys", tag, "Lists a user's GPG keys").gives_page::<GpgKey>(), list)
}

async fn list_own(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    let name = ctx.require_actor()?.name.to_string();
    Ok(paging.answer(list_gpg_keys(&http.app, &ctx, &name, paging.page).await?.map(show::gpg_key)))
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    Ok(paging.answer(list_gpg_keys(&http.app, &ctx, &parts.text("username")?, paging.page).await?.map(show::gpg_key)))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<CreateGpgKeyOption>,
) -> Answer<(StatusCode, Json<GpgKey>)> {
    let new = NewGpgKey { armour: body.armored_public_key, signature: body.armored_signature };
    Ok((StatusCode::CREATED, Json(show::gpg_key(add_gpg_key(&http.app, &ctx, new).await?))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<GpgKey>> {
    Ok(Json(show::gpg_key(get_gpg_key(&http.app, &ctx, GpgKeyId(parts.id("id")?)).await?)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_gpg_key(&http.app, &ctx, GpgKeyId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn token(State(http): State<Http>, Asker(ctx): Asker) -> Answer {
    let text = gpg_key_token(&http.app, &ctx).await?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

async fn verify(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<VerifyGpgKeyOption>,
) -> Answer<(StatusCode, Json<GpgKey>)> {
    let key = verify_gpg_key(&http.app, &ctx, &body.key_id, body.armored_signature).await?;
    Ok((StatusCode::CREATED, Json(show::gpg_key(key))))
}
