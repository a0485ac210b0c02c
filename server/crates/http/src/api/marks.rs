//! Stars and watches.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::account::User;
use hardie_api_types::repo::{Repository, WatchInfo};
use hardie_app::Ctx;
use hardie_app::accounts::get_user;
use hardie_app::repos::{Mark, RepoSearch, find_mark, list_markers, search_repos, set_mark};

use super::repo_lists::{shown, wanted};
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
    let (user, repo) = ("user", "repository");
    let (star, watch) = ("/user/starred/{owner}/{repo}", "/repos/{owner}/{repo}/subscription");
    api.get(
        "/user/starred",
        Op::new("userCurrentListStarred", user, "Lists what the asker gave a star").gives_page::<Repository>(),
        own_stars,
    )
    .get(
        "/users/{username}/starred",
        Op::new("userListStarred", user, "Lists what a user gave a star").gives_page::<Repository>(),
        stars_of,
    )
    .get(star, Op::new("userCurrentCheckStarring", user, "204 if the asker gave it a star, 404 if not").gives_nothing(204), is_starred)
    .put(star, Op::new("userCurrentPutStar", user, "Gives a star").gives_nothing(204), give_star)
    .delete(star, Op::new("userCurrentDeleteStar", user, "Takes a star away").gives_nothing(204), take_star)
    .get(
        "/repos/{owner}/{repo}/stargazers",
        Op::new("repoListStargazers", repo, "Lists who gave it a star").gives_page::<User>(),
        stargazers,
    )
    .get(
        "/user/subscriptions",
        Op::new("userCurrentListSubscriptions", user, "Lists what the asker watches").gives_page::<Repository>(),
        own_watches,
    )
    .get(
        "/users/{username}/subscriptions",
        Op::new("userListSubscriptions", user, "Lists what a user watches").gives_page::<Repository>(),
        watches_of,
    )
    .get(
        watch,
        Op::new("userCurrentCheckSubscription", repo, "Shows that the asker watches it; 404 if not").gives::<WatchInfo>(200),
        watching,
    )
    .put(watch, Op::new("userCurrentPutSubscription", repo, "Begins to watch").gives::<WatchInfo>(200), begin_to_watch)
    .delete(watch, Op::new("userCurrentDeleteSubscription", repo, "Ends watching").gives_nothing(204), end_watching)
    .get(
        "/repos/{owner}/{repo}/subscribers",
        Op::new("repoListSubscribers", repo, "Lists who watches it").gives_page::<User>(),
        subscribers,
    )
}

async fn marked(http: &Http, ctx: &Ctx, of: String, mark: Mark, query: &Query, paging: &Paging) -> Answer {
    let wanted = RepoSearch { marked: Some((of, mark)), ..wanted(query)? };
    Ok(shown(http, paging, search_repos(&http.app, ctx, &wanted, paging.page).await)?)
}

async fn own(http: &Http, ctx: &Ctx, mark: Mark, query: &Query, paging: &Paging) -> Answer {
    let name = ctx.require_actor()?.name.to_string();
    marked(http, ctx, name, mark, query, paging).await
}

async fn of_user(http: &Http, ctx: &Ctx, parts: &PathParts, mark: Mark, query: &Query, paging: &Paging) -> Answer {
    let user = get_user(&http.app, ctx, &parts.text("username")?).await?;
    marked(http, ctx, user.name.to_string(), mark, query, paging).await
}

async fn markers(http: &Http, ctx: &Ctx, parts: &PathParts, mark: Mark, paging: &Paging) -> Answer {
    let found = list_markers(&http.app, ctx, &parts.repo()?, mark, paging.page).await?;
    Ok(paging.answer(found.map(|account| show::user(&http.links, &account))))
}

async fn own_stars(State(http): State<Http>, Asker(ctx): Asker, query: Query, paging: Paging) -> Answer {
    own(&http, &ctx, Mark::Star, &query, &paging).await
}

async fn own_watches(State(http): State<Http>, Asker(ctx): Asker, query: Query, paging: Paging) -> Answer {
    own(&http, &ctx, Mark::Watch, &query, &paging).await
}

async fn stars_of(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    of_user(&http, &ctx, &parts, Mark::Star, &query, &paging).await
}

async fn watches_of(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    of_user(&http, &ctx, &parts, Mark::Watch, &query, &paging).await
}

async fn stargazers(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    markers(&http, &ctx, &parts, Mark::Star, &paging).await
}

async fn subscribers(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    markers(&http, &ctx, &parts, Mark::Watch, &paging).await
}

async fn is_starred(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    match find_mark(&http.app, &ctx, &parts.repo()?, Mark::Star).await? {
        Some(_) => Ok(StatusCode::NO_CONTENT),
        None => Err(Refusal::not_found("star")),
    }
}

async fn give_star(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    set_mark(&http.app, &ctx, &parts.repo()?, Mark::Star, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn take_star(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    set_mark(&http.app, &ctx, &parts.repo()?, Mark::Star, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn watching(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<WatchInfo>> {
    let repo = parts.repo()?;
    let since = find_mark(&http.app, &ctx, &repo, Mark::Watch).await?.ok_or_else(|| Refusal::not_found("subscription"))?;
    Ok(Json(WatchInfo {
        subscribed: true,
        ignored: false,
        reason: None,
        created_at: since.into(),
        url: http.links.repo_api(&repo, "subscription"),
        repository_url: http.links.repo_api(&repo, ""),
    }))
}

async fn begin_to_watch(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<WatchInfo>> {
    set_mark(&http.app, &ctx, &parts.repo()?, Mark::Watch, true).await?;
    watching(State(http), Asker(ctx), parts).await
}

async fn end_watching(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    set_mark(&http.app, &ctx, &parts.repo()?, Mark::Watch, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
