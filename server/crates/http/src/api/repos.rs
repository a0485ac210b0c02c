//! Repositories: finding, making, changing, moving, deleting and bringing them back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::repo::{CreateRepoOption, EditRepoOption, Repository, TransferRepoOption, WholeRepository};
use hardie_app::Ctx;
use hardie_app::repos::{
    NewRepo, RepoChange, create_repo, delete_repo, find_deleted_repo, get_repo, get_repo_by_id, list_deleted_repos, restore_repo,
    transfer_repo, update_repo,
};
use hardie_domain::access::Visibility;
use hardie_domain::ids::RepoId;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::json::{Others, Whole};
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

const REPO: &str = "/repos/{owner}/{repo}";
/// Fields of Gitea's that would change what a repository is: silence would look like consent.
const NOT_THERE: &[(&str, &str)] = &[
    ("template", "repositories that are templates from the start; change it when it is made"),
    ("trust_model", "signed commits and a model of trust in them"),
    ("issue_labels", "sets of labels that are given at once; add them when it is made"),
    ("gitignores", "files that it makes by itself; push a .gitignore"),
    ("license", "files that it makes by itself; push a LICENSE"),
    ("readme", "files that it makes by itself; push a README"),
    ("internal", "internal repositories; choose private or public"),
    ("has_issues", "issues"),
    ("internal_tracker", "issues"),
    ("external_tracker", "links to other trackers"),
    ("has_wiki", "wikis"),
    ("external_wiki", "links to other wikis"),
    ("has_pull_requests", "pull requests"),
    ("has_projects", "projects"),
    ("has_packages", "packages"),
    ("has_actions", "actions"),
    ("mirror_interval", "mirrors"),
    ("enable_prune", "mirrors"),
    ("ignore_whitespace_conflicts", "pull requests"),
    ("allow_manual_merge", "pull requests"),
    ("autodetect_manual_merge", "pull requests"),
    ("default_delete_branch_after_merge", "pull requests"),
];

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    api.post(
        "/user/repos",
        Op::new("createCurrentUserRepo", tag, "Makes a repository of the asker's").takes::<CreateRepoOption>().gives::<Repository>(201),
        create_own,
    )
    .post(
        "/orgs/{org}/repos",
        Op::new("createOrgRepo", tag, "Makes a repository of an organisation's").takes::<CreateRepoOption>().gives::<Repository>(201),
        create_in_org,
    )
    .get(REPO, Op::new("repoGet", tag, "Shows a repository").gives::<WholeRepository>(200), get)
    .get("/repositories/{id}", Op::new("repoGetByID", tag, "Shows the repository with this id").gives::<WholeRepository>(200), get_by_id)
    .patch(REPO, Op::new("repoEdit", tag, "Changes or renames a repository").takes::<EditRepoOption>().gives::<Repository>(200), edit)
    .delete(REPO, Op::new("repoDelete", tag, "Deletes a repository; it can be restored for a week").gives_nothing(204), delete)
    .post(
        "/repos/{owner}/{repo}/transfer",
        Op::new("repoTransfer", tag, "Gives a repository to another owner").takes::<TransferRepoOption>().gives::<Repository>(202),
        transfer,
    )
    .post(
        "/repos/{owner}/{repo}/restore",
        Op::new("repoRestore", tag, "Restores the repository of this name that was deleted last").gives::<Repository>(200),
        restore_by_name,
    )
    .get(
        "/users/{username}/deleted_repos",
        Op::new("repoListDeleted", tag, "Lists what can be restored under a user or an organisation").gives_list::<Repository>(),
        list_deleted,
    )
    .post(
        "/users/{username}/deleted_repos/{id}/restore",
        Op::new("repoRestoreByID", tag, "Restores a repository").gives::<Repository>(200),
        restore,
    )
}

async fn create_own(
    State(http): State<Http>,
    Asker(ctx): Asker,
    Whole(body, others): Whole<CreateRepoOption>,
) -> Answer<(StatusCode, Json<Repository>)> {
    create(&http, &ctx, None, body, &others).await
}

async fn create_in_org(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Whole(body, others): Whole<CreateRepoOption>,
) -> Answer<(StatusCode, Json<Repository>)> {
    create(&http, &ctx, Some(&parts.text("org")?), body, &others).await
}

async fn create(
    http: &Http,
    ctx: &Ctx,
    owner: Option<&str>,
    body: CreateRepoOption,
    others: &Others,
) -> Answer<(StatusCode, Json<Repository>)> {
    others.refuse(NOT_THERE)?;
    if body.auto_init {
        return Err(Refusal::invalid("auto_init", "a first commit is not made by the server yet: push one"));
    }
    if !matches!(body.object_format_name.as_str(), "" | "sha1") {
        return Err(Refusal::invalid("object_format_name", "must be sha1: this server keeps SHA-1 repositories only"));
    }
    let new = NewRepo {
        name: body.name,
        description: body.description,
        visibility: visibility(body.private),
        default_branch: Some(body.default_branch).filter(|b| !b.is_empty()),
    };
    let made = create_repo(&http.app, ctx, owner, new).await?;
    Ok((StatusCode::CREATED, Json(show::repo(&http.links, &made))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<WholeRepository>> {
    Ok(Json(show::whole_repo(&http.links, &get_repo(&http.app, &ctx, &parts.repo()?).await?)))
}

async fn get_by_id(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<WholeRepository>> {
    Ok(Json(show::whole_repo(&http.links, &get_repo_by_id(&http.app, &ctx, RepoId(parts.id("id")?)).await?)))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Whole(body, others): Whole<EditRepoOption>,
) -> Answer<Json<Repository>> {
    others.refuse(NOT_THERE)?;
    let change = RepoChange {
        name: body.name,
        description: body.description,
        website: body.website,
        visibility: body.private.map(visibility),
        default_branch: body.default_branch,
        archived: body.archived,
        template: body.template,
    };
    Ok(Json(show::repo(&http.links, &update_repo(&http.app, &ctx, &parts.repo()?, change).await?)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_repo(&http.app, &ctx, &parts.repo()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn transfer(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<TransferRepoOption>,
) -> Answer<(StatusCode, Json<Repository>)> {
    let moved = transfer_repo(&http.app, &ctx, &parts.repo()?, &body.new_owner).await?;
    Ok((StatusCode::ACCEPTED, Json(show::repo(&http.links, &moved))))
}

async fn restore_by_name(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Repository>> {
    let path = parts.repo()?;
    let deleted = find_deleted_repo(&http.app, &ctx, &path.owner, &path.name).await?;
    Ok(Json(show::repo(&http.links, &restore_repo(&http.app, &ctx, &path.owner, deleted.row.id).await?)))
}

async fn list_deleted(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Vec<Repository>>> {
    let deleted = list_deleted_repos(&http.app, &ctx, &parts.text("username")?).await?;
    Ok(Json(deleted.iter().map(|d| show::deleted_repo(&http.links, d)).collect()))
}

async fn restore(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Repository>> {
    let restored = restore_repo(&http.app, &ctx, &parts.text("username")?, RepoId(parts.id("id")?)).await?;
    Ok(Json(show::repo(&http.links, &restored)))
}

pub(super) fn visibility(private: bool) -> Visibility {
    if private { Visibility::Private } else { Visibility::Public }
}
