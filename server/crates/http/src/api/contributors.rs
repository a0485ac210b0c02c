//! Who wrote the commits of a repository.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse as _;
use hardie_api_types::repo::Contributor;
use hardie_app::browse::{self, contributors};

use crate::auth::Asker;
use crate::error::Answer;
use crate::links::Links;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show::{number, text, user};
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let op = Op::new("repoListContributors", "repository", "Lists who wrote the commits of the default branch, most commits first");
    api.get("/repos/{owner}/{repo}/contributors", op.gives_page::<Contributor>(), list)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let found = contributors(&http.app, &ctx, &parts.repo()?, paging.page).await?;
    let total = found.page.total;
    let headers = match found.more {
        false => paging.headers(total),
        true => {
            let seen = paging.page.offset() + u64::from(paging.page.limit());
            paging.open_headers(seen < total, None)
        }
    };
    let list: Vec<Contributor> = found.page.items.iter().map(|one| shown(&http.links, one)).collect();
    Ok((headers, Json(list)).into_response())
}

fn shown(links: &Links, one: &browse::Contributor) -> Contributor {
    let account = one.account.as_ref().map(|account| user(links, account));
    let full_name = account.as_ref().map(|account| account.full_name.clone()).filter(|name| !name.is_empty());
    Contributor {
        login: account.as_ref().map(|account| account.login.clone()),
        id: account.as_ref().map(|account| account.id),
        avatar_url: account.as_ref().map(|account| account.avatar_url.clone()),
        html_url: account.as_ref().map(|account| account.html_url.clone()),
        r#type: if account.is_some() { "User" } else { "Anonymous" }.to_owned(),
        name: full_name.unwrap_or_else(|| text(&one.name)),
        email: text(&one.email),
        contributions: number(one.commits),
    }
}
