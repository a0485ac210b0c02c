//! Applications that act for people by OAuth 2: those that somebody registered, and those that somebody let in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::oauth::{CreateOAuth2ApplicationOptions, OAuth2Application, OAuth2Grant};
use hardie_app::oauth::{NewApp, create_app, delete_app, edit_app, get_app, list_apps, list_grants, revoke_grant};
use hardie_domain::ids::{GrantId, OauthAppId};

use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let (tag, own, one) = ("user", "/user/applications/oauth2", "/user/applications/oauth2/{id}");
    let op = |id, summary| Op::new(id, tag, summary);
    api.get(own, op("userGetOAuth2Applications", "Lists the asker's OAuth applications").gives_page::<OAuth2Application>(), list)
        .post(
            own,
            op("userCreateOAuth2Application", "Registers an OAuth application; its secret is shown this once")
                .takes::<CreateOAuth2ApplicationOptions>()
                .gives::<OAuth2Application>(201),
            create,
        )
        .get(one, op("userGetOAuth2Application", "Shows an OAuth application").gives::<OAuth2Application>(200), get)
        .patch(
            one,
            op("userUpdateOAuth2Application", "Changes an OAuth application and gives it a new secret")
                .takes::<CreateOAuth2ApplicationOptions>()
                .gives::<OAuth2Application>(200),
            edit,
        )
        .delete(one, op("userDeleteOAuth2Application", "Removes an OAuth application").gives_nothing(204), delete)
        .get(
            "/user/applications/granted",
            op("userListGrants", "Lists the applications that the asker let in").gives_page::<OAuth2Grant>(),
            granted,
        )
        .delete(
            "/user/applications/granted/{id}",
            op("userRevokeGrant", "Lets an application in no more: its tokens end").gives_nothing(204),
            revoke,
        )
}

fn asked(body: CreateOAuth2ApplicationOptions) -> NewApp {
    NewApp {
        name: body.name,
        redirect_uris: body.redirect_uris,
        confidential: body.confidential_client,
        skip_consent: body.skip_secondary_authorization,
    }
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    Ok(paging.answer(list_apps(&http.app, &ctx, paging.page).await?.map(show::oauth_app)))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<CreateOAuth2ApplicationOptions>,
) -> Answer<(StatusCode, Json<OAuth2Application>)> {
    let made = create_app(&http.app, &ctx, asked(body)).await?;
    Ok((StatusCode::CREATED, Json(show::made_oauth_app(made))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<OAuth2Application>> {
    Ok(Json(show::oauth_app(get_app(&http.app, &ctx, OauthAppId(parts.id("id")?)).await?)))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<CreateOAuth2ApplicationOptions>,
) -> Answer<Json<OAuth2Application>> {
    let made = edit_app(&http.app, &ctx, OauthAppId(parts.id("id")?), asked(body)).await?;
    Ok(Json(show::made_oauth_app(made)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_app(&http.app, &ctx, OauthAppId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn granted(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    Ok(paging.answer(list_grants(&http.app, &ctx, paging.page).await?.map(show::grant)))
}

async fn revoke(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    revoke_grant(&http.app, &ctx, GrantId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
