//! Access tokens. As in Gitea they are below their owner's name, and a client makes its first one with Basic credentials, and a code in
//! `X-Gitea-OTP` if the account has a second factor.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::identity::{AccessToken, CreateAccessTokenOption};
use hardie_app::identity::{NewNarrowing, NewToken, create_token, delete_token, list_tokens, repositories_of};
use hardie_domain::scope::Level;

use crate::auth::TokenAsker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let (tag, path) = ("user", "/users/{username}/tokens");
    api.get(path, Op::new("userGetTokens", tag, "Lists a user's tokens").gives_page::<AccessToken>(), list)
        .post(
            path,
            Op::new("userCreateToken", tag, "Makes a token, shown this once").takes::<CreateAccessTokenOption>().gives::<AccessToken>(201),
            create,
        )
        .delete(
            "/users/{username}/tokens/{token}",
            Op::new("userDeleteAccessToken", tag, "Revokes a token by its id or name").gives_nothing(204),
            delete,
        )
}

async fn list(State(http): State<Http>, TokenAsker(ctx): TokenAsker, parts: PathParts, paging: Paging) -> Answer {
    let tokens = list_tokens(&http.app, &ctx, &parts.text("username")?, paging.page).await?;
    let names = repositories_of(&http.app, &ctx, &tokens.items).await?;
    Ok(paging.answer(tokens.map(|token| show::token(token, &names))))
}

async fn create(
    State(http): State<Http>,
    TokenAsker(ctx): TokenAsker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<CreateAccessTokenOption>,
) -> Answer<(StatusCode, Json<AccessToken>)> {
    let not_a_time = || Refusal::invalid("expires_at", "must be a time such as 2026-01-31T08:15:00Z");
    let expires_at = body.expires_at.map(|t| t.timestamp().ok_or_else(not_a_time)).transpose()?;
    let access = match body.access.as_str() {
        "" => None,
        "read" => Some(Level::Read),
        "write" => Some(Level::Write),
        _ => return Err(Refusal::invalid("access", "must be read or write")),
    };
    let narrowing = NewNarrowing { repositories: body.repositories, refs: body.refs, access };
    let new = NewToken { user: parts.text("username")?, name: body.name, scopes: body.scopes, expires_at, narrowing };
    let made = create_token(&http.app, &ctx, new).await?;
    let names = repositories_of(&http.app, &ctx, std::slice::from_ref(&made.row)).await?;
    Ok((StatusCode::CREATED, Json(AccessToken { sha1: made.token.expose().to_owned(), ..show::token(made.row, &names) })))
}

async fn delete(State(http): State<Http>, TokenAsker(ctx): TokenAsker, parts: PathParts) -> Answer<StatusCode> {
    delete_token(&http.app, &ctx, &parts.text("username")?, &parts.text("token")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
