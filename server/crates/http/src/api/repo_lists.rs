//! Lists of repositories.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use hardie_api_types::repo::{Repository, SearchResults};
use hardie_app::accounts::{get_account, get_org};
use hardie_app::repos::{RepoOrder, RepoSearch, search_repos};
use hardie_app::{Ctx, Result};
use hardie_domain::access::Visibility;
use hardie_domain::page::Paged;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let search_op = Op::new("repoSearch", tag, "Finds repositories")
        .query("q", "part of the name, the address or the description")
        .query("topic", "true: q names topics, one or several with commas between them")
        .query("uid", "the asker's own id: those in which they have a part")
        .query("archived", "true: archived ones alone; false: the others")
        .query("is_private", "true: private ones alone; false: public ones")
        .query("sort", "alpha, created, updated, size or id")
        .query("order", "asc or desc");
    api.get("/repos/search", search_op.gives::<SearchResults>(200), search)
        .get(
            "/user/repos",
            Op::new("userCurrentListRepos", tag, "Lists repositories in which the asker has a part").gives_page::<Repository>(),
            list_own,
        )
        .get(
            "/users/{username}/repos",
            Op::new("userListRepos", tag, "Lists a user's repositories").gives_page::<Repository>(),
            list_of_user,
        )
        .get(
            "/orgs/{org}/repos",
            Op::new("orgListRepos", tag, "Lists an organisation's repositories").gives_page::<Repository>(),
            list_of_org,
        )
}

async fn list_own(State(http): State<Http>, Asker(ctx): Asker, query: Query, paging: Paging) -> Answer {
    ctx.require_actor()?;
    let wanted = RepoSearch { mine: true, ..wanted(&query)? };
    Ok(shown(&http, &paging, search_repos(&http.app, &ctx, &wanted, paging.page).await)?)
}

async fn list_of_user(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let owner = get_account(&http.app, &ctx, &parts.text("username")?).await?;
    let wanted = RepoSearch { owner: Some(owner.name.to_string()), ..wanted(&query)? };
    Ok(shown(&http, &paging, search_repos(&http.app, &ctx, &wanted, paging.page).await)?)
}

async fn list_of_org(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let owner = get_org(&http.app, &ctx, &parts.text("org")?).await?;
    let wanted = RepoSearch { owner: Some(owner.name.to_string()), ..wanted(&query)? };
    Ok(shown(&http, &paging, search_repos(&http.app, &ctx, &wanted, paging.page).await)?)
}

async fn search(State(http): State<Http>, Asker(ctx): Asker, query: Query, paging: Paging) -> Answer {
    let mine = is_own_id(&ctx, query.number("uid")?)?;
    let wanted = RepoSearch { mine, ..wanted(&query)? };
    let wanted = match query.flag("topic")? {
        Some(true) => by_topic(wanted),
        _ => wanted,
    };
    let found = search_repos(&http.app, &ctx, &wanted, paging.page).await?;
    let headers = paging.headers(found.total);
    let data = found.items.iter().map(|repo| show::repo(&http.links, repo)).collect();
    Ok((headers, Json(SearchResults { ok: true, data })).into_response())
}

/// As Renovate asks: `q` names topics, with commas between them.
fn by_topic(wanted: RepoSearch) -> RepoSearch {
    let topics = wanted.query.split(',').map(|topic| topic.trim().to_lowercase()).filter(|topic| !topic.is_empty()).collect();
    RepoSearch { query: String::new(), topics, ..wanted }
}

pub(super) fn shown(http: &Http, paging: &Paging, found: Result<Paged<hardie_app::repos::Repo>>) -> Result<Response> {
    Ok(paging.answer(found?.map(|repo| show::repo(&http.links, &repo))))
}

/// Renovate asks with its own id for what it may work on.
fn is_own_id(ctx: &Ctx, uid: Option<i64>) -> Answer<bool> {
    match (uid, &ctx.actor) {
        (None | Some(0), _) => Ok(false),
        (Some(uid), Some(actor)) if actor.id.0 == uid => Ok(true),
        _ => Err(Refusal::invalid("uid", "only the asker's own id is understood; ask /users/{username}/repos for others")),
    }
}

pub(super) fn wanted(query: &Query) -> Answer<RepoSearch> {
    let private = query.flag("is_private")?;
    Ok(RepoSearch {
        query: query.text("q")?.unwrap_or_default(),
        owner: None,
        mine: false,
        team: None,
        topics: Vec::new(),
        marked: None,
        parent: None,
        visibility: private.map(|private| if private { Visibility::Private } else { Visibility::Public }),
        archived: query.flag("archived")?,
        order: match query.text("sort")?.as_deref() {
            Some("created") => RepoOrder::Created,
            Some("updated" | "recentupdate") => RepoOrder::Updated,
            Some("size") => RepoOrder::Size,
            Some("id") => RepoOrder::Id,
            _ => RepoOrder::Name,
        },
        reverse: is_reverse(query)?,
    })
}

/// Our orders by time and size begin with the newest and the largest; Gitea's `asc` begins with the oldest and the smallest.
fn is_reverse(query: &Query) -> Answer<bool> {
    let descends = matches!(query.text("sort")?.as_deref(), Some("created" | "updated" | "recentupdate" | "size"));
    Ok(match query.text("order")?.as_deref() {
        Some("asc") => descends,
        Some("desc") => !descends,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_gitea_s() {
        for (query, reverse) in [
            ("", false),
            ("sort=updated&order=desc", false),
            ("sort=updated&order=asc", true),
            ("sort=alpha&order=asc", false),
            ("sort=alpha&order=desc", true),
            ("order=desc", true),
        ] {
            assert_eq!(wanted(&Query::parse(query)).unwrap().reverse, reverse, "{query}");
        }
    }
}
