//! Branches, tags and refs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::branch::{Branch, CreateBranchRepoOption, CreateTagOption, Reference, RenameBranchRepoOption, Tag};
use hardie_app::branches::{create_branch, delete_branch, rename_branch};
use hardie_app::browse::{get_branch, get_tag, list_branches, list_refs, list_tags};
use hardie_app::tags::{create_tag, delete_tag};

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::json::Json as Body;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show::Place;
use crate::state::Http;

/// Refs of one page of `git/refs`, which Gitea does not page.
const REFS: u32 = 1000;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let (all_branches, branch) = ("/repos/{owner}/{repo}/branches", "/repos/{owner}/{repo}/branches/{*branch}");
    let (all_tags, tag_path) = ("/repos/{owner}/{repo}/tags", "/repos/{owner}/{repo}/tags/{*tag}");
    let rename_op = Op::new("repoRenameBranch", tag, "Gives a branch another name").takes::<RenameBranchRepoOption>().gives_nothing(204);
    api.get(all_branches, Op::new("repoListBranches", tag, "Lists branches").gives_page::<Branch>(), branches)
        .post(
            all_branches,
            Op::new("repoCreateBranch", tag, "Makes a branch").takes::<CreateBranchRepoOption>().gives::<Branch>(201),
            create,
        )
        .patch(branch, rename_op, rename)
        .get(branch, Op::new("repoGetBranch", tag, "Shows a branch").gives::<Branch>(200), get)
        .delete(branch, Op::new("repoDeleteBranch", tag, "Deletes a branch").gives_nothing(204), delete)
        .get(all_tags, Op::new("repoListTags", tag, "Lists tags").gives_page::<Tag>(), tags)
        .post(all_tags, Op::new("repoCreateTag", tag, "Makes a tag").takes::<CreateTagOption>().gives::<Tag>(201), create_one_tag)
        .delete(tag_path, Op::new("repoDeleteTag", tag, "Deletes a tag").gives_nothing(204), delete_one_tag)
        .get(tag_path, Op::new("repoGetTag", tag, "Shows a tag").gives::<Tag>(200), one_tag)
        .get("/repos/{owner}/{repo}/git/refs", Op::new("repoListAllGitRefs", tag, "Lists refs").gives_page::<Reference>(), all_refs)
        .get(
            "/repos/{owner}/{repo}/git/refs/{*ref}",
            Op::new("repoListGitRefs", tag, "Lists the refs that begin so").gives_page::<Reference>(),
            some_refs,
        )
}

async fn branches(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let repo = parts.repo()?;
    let found = list_branches(&http.app, &ctx, &repo, paging.page).await?;
    let place = Place { links: &http.links, repo: &repo };
    Ok(paging.answer(found.map(|branch| place.branch(&branch))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Branch>> {
    let repo = parts.repo()?;
    let found = get_branch(&http.app, &ctx, &repo, &parts.text("branch")?).await?;
    Ok(Json(Place { links: &http.links, repo: &repo }.branch(&found)))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<CreateBranchRepoOption>,
) -> Answer<(StatusCode, Json<Branch>)> {
    let repo = parts.repo()?;
    let from = [&body.old_ref_name, &body.old_branch_name].into_iter().flatten().find(|name| !name.is_empty());
    let made = create_branch(&http.app, &ctx, &repo, &body.new_branch_name, from.map(String::as_str)).await?;
    Ok((StatusCode::CREATED, Json(Place { links: &http.links, repo: &repo }.branch(&made))))
}

async fn rename(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<RenameBranchRepoOption>,
) -> Answer<StatusCode> {
    rename_branch(&http.app, &ctx, &parts.repo()?, &parts.text("branch")?, &body.name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_branch(&http.app, &ctx, &parts.repo()?, &parts.text("branch")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn tags(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let repo = parts.repo()?;
    let found = list_tags(&http.app, &ctx, &repo, paging.page).await?;
    let place = Place { links: &http.links, repo: &repo };
    Ok(paging.answer(found.map(|tag| place.tag(&tag))))
}

async fn one_tag(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Tag>> {
    let repo = parts.repo()?;
    let found = get_tag(&http.app, &ctx, &repo, &parts.text("tag")?).await?;
    Ok(Json(Place { links: &http.links, repo: &repo }.tag(&found)))
}

async fn create_one_tag(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<CreateTagOption>,
) -> Answer<(StatusCode, Json<Tag>)> {
    let repo = parts.repo()?;
    let target = body.target.as_deref().filter(|target| !target.is_empty());
    let made = create_tag(&http.app, &ctx, &repo, &body.tag_name, target, body.message.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(Place { links: &http.links, repo: &repo }.tag(&made))))
}

async fn delete_one_tag(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_tag(&http.app, &ctx, &parts.repo()?, &parts.text("tag")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn all_refs(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let (repo, paging) = (parts.repo()?, paging.within(REFS, REFS)?);
    let found = list_refs(&http.app, &ctx, &repo, "", paging.page).await?;
    let place = Place { links: &http.links, repo: &repo };
    Ok(paging.answer(found.map(|found| place.reference(&found))))
}

async fn some_refs(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let (repo, paging) = (parts.repo()?, paging.within(REFS, REFS)?);
    let found = list_refs(&http.app, &ctx, &repo, &parts.text("ref")?, paging.page).await?;
    if found.total == 0 {
        return Err(Refusal::not_found("ref"));
    }
    let place = Place { links: &http.links, repo: &repo };
    Ok(paging.answer(found.map(|found| place.reference(&found))))
}
