//! Users whom a repository names.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::repo::{AddCollaboratorOption, Collaborator, RepoCollaboratorPermission};
use hardie_app::collaborators::{find_collaborator, list_collaborators, permission_of, remove_collaborator, set_collaborator};
use hardie_domain::access::Role;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let one = "/repos/{owner}/{repo}/collaborators/{username}";
    api.get(
        "/repos/{owner}/{repo}/collaborators",
        Op::new("repoListCollaborators", tag, "Lists collaborators").gives_page::<Collaborator>(),
        list,
    )
    .get(one, Op::new("repoCheckCollaborator", tag, "204 if the user is a collaborator, 404 if not").gives_nothing(204), check)
    .put(
        one,
        Op::new("repoAddCollaborator", tag, "Adds a collaborator or changes the permission")
            .takes::<AddCollaboratorOption>()
            .gives_nothing(204),
        put,
    )
    .delete(one, Op::new("repoDeleteCollaborator", tag, "Removes a collaborator").gives_nothing(204), delete)
    .get(
        "/repos/{owner}/{repo}/collaborators/{username}/permission",
        Op::new("repoGetRepoPermissions", tag, "Says what a user may do").gives::<RepoCollaboratorPermission>(200),
        permission,
    )
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let found = list_collaborators(&http.app, &ctx, &parts.repo()?, paging.page).await?;
    Ok(paging.answer(found.map(|c| show::collaborator(&http.links, &c))))
}

async fn check(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    match find_collaborator(&http.app, &ctx, &parts.repo()?, &parts.text("username")?).await? {
        Some(_) => Ok(StatusCode::NO_CONTENT),
        None => Err(Refusal::not_found("collaborator")),
    }
}

async fn put(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<AddCollaboratorOption>,
) -> Answer<StatusCode> {
    let role = Role::parse(body.permission.as_deref().unwrap_or("write"));
    let role = role.ok_or_else(|| Refusal::invalid("permission", "must be read, write or admin"))?;
    set_collaborator(&http.app, &ctx, &parts.repo()?, &parts.text("username")?, role).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    remove_collaborator(&http.app, &ctx, &parts.repo()?, &parts.text("username")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn permission(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<RepoCollaboratorPermission>> {
    let found = permission_of(&http.app, &ctx, &parts.repo()?, &parts.text("username")?).await?;
    let word = match (found.is_owner, found.role) {
        (true, _) => "owner",
        (false, Some(role)) => role.as_str(),
        (false, None) => "none",
    };
    let user = show::user(&http.links, &found.user);
    Ok(Json(RepoCollaboratorPermission { permission: word.to_owned(), role_name: word.to_owned(), user }))
}
