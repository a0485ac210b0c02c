//! Pictures of users, organisations and repositories, as Gitea takes them: in base64.

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_api_types::avatar::{UpdateRepoAvatarOption, UpdateUserAvatarOption};
use hardie_app::avatars::{set_org_avatar, set_repo_avatar, set_user_avatar};

use crate::auth::Asker;
use crate::error::Answer;
use crate::json::Unnamed as Body;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let (user, org, repo) = ("/user/avatar", "/orgs/{org}/avatar", "/repos/{owner}/{repo}/avatar");
    let set = |id, tag, what| Op::new(id, tag, what).gives_nothing(204);
    api.post(
        user,
        set("userUpdateAvatar", "user", "Sets the asker's picture: a PNG or JPEG, of which the server makes a small one")
            .takes::<UpdateUserAvatarOption>(),
        set_own,
    )
    .delete(user, set("userDeleteAvatar", "user", "Takes the asker's picture away"), delete_own)
    .post(org, set("orgUpdateAvatar", "organization", "Sets the picture of an organisation").takes::<UpdateUserAvatarOption>(), set_of_org)
    .delete(org, set("orgDeleteAvatar", "organization", "Takes the picture of an organisation away"), delete_of_org)
    .post(repo, set("repoUpdateAvatar", "repository", "Sets the picture of a repository").takes::<UpdateRepoAvatarOption>(), set_of_repo)
    .delete(repo, set("repoDeleteAvatar", "repository", "Takes the picture of a repository away"), delete_of_repo)
}

async fn set_own(State(http): State<Http>, Asker(ctx): Asker, Body(body): Body<UpdateUserAvatarOption>) -> Answer<StatusCode> {
    set_user_avatar(&http.app, &ctx, Some(bytes(&body.image))).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_own(State(http): State<Http>, Asker(ctx): Asker) -> Answer<StatusCode> {
    set_user_avatar(&http.app, &ctx, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_of_org(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<UpdateUserAvatarOption>,
) -> Answer<StatusCode> {
    set_org_avatar(&http.app, &ctx, &parts.text("org")?, Some(bytes(&body.image))).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_of_org(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    set_org_avatar(&http.app, &ctx, &parts.text("org")?, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_of_repo(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<UpdateRepoAvatarOption>,
) -> Answer<StatusCode> {
    set_repo_avatar(&http.app, &ctx, &parts.repo()?, Some(bytes(&body.image))).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_of_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    set_repo_avatar(&http.app, &ctx, &parts.repo()?, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is no base64 is empty, which is no picture: whoever may not set one is told that first.
fn bytes(image: &str) -> Vec<u8> {
    STANDARD.decode(image).unwrap_or_default()
}
