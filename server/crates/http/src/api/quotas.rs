//! How much repositories and owners may hold. (Not in Gitea.)

use axum::Json;
use axum::extract::State;
use hardie_api_types::quota::{EditQuotaOption, Quota};
use hardie_app::quotas::{account_quota, org_quota, own_quota, repo_quota, set_account_quota, set_repo_quota};
use hardie_domain::error::Invalid;
use hardie_domain::quota::{Bound, Bounds, PerContent};

use crate::auth::Asker;
use crate::error::Answer;
use crate::json::Json as Body;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let admin = "admin";
    let (account, repo) = ("/admin/quotas/{username}", "/admin/quotas/{owner}/{repo}");
    let set_account = Op::new("adminSetQuota", admin, "Sets how much the repositories of a user or an organisation may hold together");
    let set_repo = Op::new("adminSetRepoQuota", admin, "Sets how much a repository may hold");
    api.get(
        "/user/quota",
        Op::new("userGetQuota", "user", "Says how much the asker's repositories hold and may hold").gives::<Quota>(200),
        own,
    )
    .get(
        "/orgs/{org}/quota",
        Op::new("orgGetQuota", "organization", "Says how much its repositories hold and may hold").gives::<Quota>(200),
        of_org,
    )
    .get(
        "/repos/{owner}/{repo}/quota",
        Op::new("repoGetQuota", "repository", "Says how much it holds and may hold").gives::<Quota>(200),
        of_repo,
    )
    .get(
        account,
        Op::new("adminGetQuota", admin, "Says how much the repositories of a user or an organisation hold and may hold")
            .gives::<Quota>(200),
        get,
    )
    .put(account, set_account.takes::<EditQuotaOption>().gives::<Quota>(200), set)
    .put(repo, set_repo.takes::<EditQuotaOption>().gives::<Quota>(200), set_of_repo)
}

async fn own(State(http): State<Http>, Asker(ctx): Asker) -> Answer<Json<Quota>> {
    Ok(Json(show::quota(&own_quota(&http.app, &ctx).await?)))
}

async fn of_org(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Quota>> {
    Ok(Json(show::quota(&org_quota(&http.app, &ctx, &parts.text("org")?).await?)))
}

async fn of_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Quota>> {
    Ok(Json(show::quota(&repo_quota(&http.app, &ctx, &parts.repo()?).await?)))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Quota>> {
    Ok(Json(show::quota(&account_quota(&http.app, &ctx, &parts.text("username")?).await?)))
}

async fn set(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, Body(body): Body<EditQuotaOption>) -> Answer<Json<Quota>> {
    Ok(Json(show::quota(&set_account_quota(&http.app, &ctx, &parts.text("username")?, bounds(&body)?).await?)))
}

async fn set_of_repo(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<EditQuotaOption>,
) -> Answer<Json<Quota>> {
    Ok(Json(show::quota(&set_repo_quota(&http.app, &ctx, &parts.repo()?, bounds(&body)?).await?)))
}

fn bounds(body: &EditQuotaOption) -> Result<Bounds, hardie_app::Error> {
    let bound = |field, number| Bound::from_number(number).ok_or_else(|| Invalid::new(field, "must be bytes, -1 for no bound, or null"));
    Ok(PerContent { git: bound("git", body.git)?, lfs: bound("lfs", body.lfs)?, assets: bound("assets", body.assets)? })
}
