//! Repositories in a list.

use hardie_api_types::repo::Repository;
use leptos::prelude::*;

use crate::parts::icon::{Icon, Sign};
use crate::parts::time::Ago;
use crate::routes::RepoAddress;

/// The address of a repository from the API.
pub fn address(repo: &Repository) -> RepoAddress {
    RepoAddress { owner: repo.owner.login.clone(), name: repo.name.clone() }
}

/// Visibility and state, in words.
pub fn badges(repo: &Repository) -> impl IntoView + use<> {
    view! {
        <span class="badge">{if repo.private { "Private" } else { "Public" }}</span>
        {repo.archived.then(|| view! { <span class="badge badge-warning">"Archived"</span> })}
    }
}

/// A list of repositories.
#[component]
pub fn RepoList(repos: Vec<Repository>, #[prop(optional)] hide_owner: bool) -> impl IntoView {
    let rows = repos
        .into_iter()
        .map(|repo| {
            let address = address(&repo);
            let moved = repo.pushed_at.clone();
            let sign = if repo.private { Sign::Lock } else { Sign::Repo };
            view! {
                <li class="repo-row">
                    <Icon sign=sign/>
                    <div class="repo-row-main">
                        <p class="repo-row-name">
                            <a href=address.url()>
                                {(!hide_owner).then(|| view! { <span class="muted">{format!("{}/", address.owner)}</span> })}
                                <strong>{address.name.clone()}</strong>
                            </a>
                            {badges(&repo)}
                        </p>
                        {(!repo.description.is_empty()).then(|| view! { <p class="muted repo-row-about" dir="auto">{repo.description.clone()}</p> })}
                    </div>
                    <p class="muted small repo-row-time">
                        {match moved {
                            Some(time) => view! { "Pushed " <Ago time=time/> }.into_any(),
                            None => view! { "No push yet" }.into_any(),
                        }}
                    </p>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="box rows">{rows}</ul> }
}
