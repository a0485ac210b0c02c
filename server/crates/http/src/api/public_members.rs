//! Members of organisations who say so.

use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::account::User;
use hardie_app::accounts::{is_public_member, list_public_members, show_member};

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "organization";
    let one = "/orgs/{org}/public_members/{username}";
    api.get("/orgs/{org}/public_members", Op::new("orgListPublicMembers", tag, "Lists public members").gives_page::<User>(), list)
        .get(one, Op::new("orgIsPublicMember", tag, "204 if the user is a public member, 404 if not").gives_nothing(204), check)
        .put(one, Op::new("orgPublicizeMember", tag, "Makes a membership public").gives_nothing(204), put)
        .delete(one, Op::new("orgConcealMember", tag, "Conceals a membership").gives_nothing(204), delete)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let found = list_public_members(&http.app, &ctx, &parts.text("org")?, paging.page).await?;
    Ok(paging.answer(found.map(|member| show::user(&http.links, &member))))
}

async fn check(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    match is_public_member(&http.app, &ctx, &parts.text("org")?, &parts.text("username")?).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::not_found("public member")),
    }
}

async fn put(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    show_member(&http.app, &ctx, &parts.text("org")?, &parts.text("username")?, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    show_member(&http.app, &ctx, &parts.text("org")?, &parts.text("username")?, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
