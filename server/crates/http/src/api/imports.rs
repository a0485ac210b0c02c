//! Repositories that begin with the history of one elsewhere.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::import::{MigrateRepoOptions, RepoImport};
use hardie_api_types::repo::Repository;
use hardie_app::imports::{Import, NewImport, get_import, import_repo, stop_import};
use hardie_domain::secret::Secret;

use super::repos::visibility;
use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::json::Whole;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show::{self, number};
use crate::state::Http;

/// What Gitea fetches besides: silence would look like consent.
const NOT_THERE: &[(&str, &str)] = &[
    ("mirror", "mirrors"),
    ("mirror_interval", "mirrors"),
    ("lfs", "imports of Git LFS objects; push them with git lfs push --all"),
    ("lfs_endpoint", "imports of Git LFS objects"),
    ("wiki", "wikis"),
    ("issues", "imports of issues"),
    ("labels", "imports of labels"),
    ("milestones", "imports of milestones"),
    ("pull_requests", "imports of pull requests"),
    ("releases", "imports of releases; tags are fetched"),
    ("aws_access_key_id", "imports from CodeCommit"),
    ("aws_secret_access_key", "imports from CodeCommit"),
];
/// With a token alone some name has to be sent, and servers take any.
const ANY_NAME: &str = "oauth2";

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let (tag, one) = ("repository", "/repos/{owner}/{repo}/import");
    let migrate_op = Op::new("repoMigrate", tag, "Makes a repository, and begins to fetch the history of one elsewhere into it");
    api.post("/repos/migrate", migrate_op.takes::<MigrateRepoOptions>().gives::<Repository>(201), migrate)
        .get(one, Op::new("repoGetImport", tag, "Shows how far an import is, or how it ended").gives::<RepoImport>(200), get)
        .delete(one, Op::new("repoStopImport", tag, "Stops an import; the repository stays, empty").gives_nothing(204), stop)
}

async fn migrate(
    State(http): State<Http>,
    Asker(ctx): Asker,
    Whole(body, others): Whole<MigrateRepoOptions>,
) -> Answer<(StatusCode, Json<Repository>)> {
    ctx.require_actor()?;
    others.refuse(NOT_THERE)?;
    if !matches!(body.service.as_str(), "" | "git") {
        let why = format!("{:?} is not fetched from yet: git alone is, with branches and tags", body.service);
        return Err(Refusal::invalid("service", why));
    }
    let (user, password) = match body.auth_token.is_empty() {
        true => (body.auth_username, body.auth_password),
        false => (ANY_NAME.to_owned(), body.auth_token),
    };
    let wish = NewImport {
        url: body.clone_addr,
        user,
        password: Secret::new(password),
        owner: Some(body.repo_owner).filter(|owner| !owner.is_empty()),
        name: body.repo_name,
        description: body.description,
        visibility: visibility(body.private),
    };
    let made = import_repo(&http.app, &ctx, wish).await?;
    Ok((StatusCode::CREATED, Json(show::repo(&http.links, &made))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<RepoImport>> {
    let Import { state, phase, percent, reason, url, created_at, updated_at, .. } = get_import(&http.app, &ctx, &parts.repo()?).await?;
    Ok(Json(RepoImport {
        state: state.as_str().to_owned(),
        phase,
        percent: number(percent),
        message: reason,
        clone_addr: url,
        created_at: created_at.into(),
        updated_at: updated_at.into(),
    }))
}

async fn stop(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    stop_import(&http.app, &ctx, &parts.repo()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
