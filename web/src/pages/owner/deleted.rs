//! What was deleted here in the last week, for those who may bring it back.

use hardie_api_types::repo::Repository;
use leptos::prelude::*;

use crate::api::identity::Standing;
use crate::api::repos;
use crate::load::{Load, load};
use crate::nav::use_nav;
use crate::parts::form::Submit;
use crate::parts::icon::{Icon, Sign};
use crate::parts::repo_list;
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;

/// The list, where there is something in it; nothing for anybody else.
#[component]
pub fn Deleted(owner: String, standing: Load<Standing>) -> impl IntoView {
    let found = load(
        move || standing.value(),
        move |standing| {
            let owner = owner.clone();
            async move {
                // Asked only by those who may: a refusal would stand in the console of everybody else.
                match standing {
                    Some(Standing::Owner) => repos::deleted(&owner).await,
                    _ => Ok(Vec::new()),
                }
            }
        },
    );
    move || {
        let deleted = found.value().filter(|deleted| !deleted.is_empty())?;
        let rows = deleted.into_iter().map(|repo| view! { <Row repo=repo on_restored=move || found.retry()/> }).collect_view();
        Some(view! {
            <h2>"Deleted repositories"</h2>
            <ul class="box rows">{rows}</ul>
        })
    }
}

#[component]
fn Row(repo: Repository, on_restored: impl Fn() + Copy + 'static) -> impl IntoView {
    let nav = use_nav();
    let toasts = use_toasts();
    let submit = Submit::new();
    let (owner, id) = (repo.owner.login.clone(), repo.id);
    let restore = move |_| {
        let owner = owner.clone();
        submit.run(async move { repos::restore(&owner, id).await }, move |restored| {
            toasts.done("Restored.");
            on_restored();
            nav.go(&repo_list::address(&restored).url());
        });
    };
    let label = format!("Restore {}", repo.name);
    view! {
        <li class="item-row">
            <Icon sign=Sign::Repo/>
            <div class="item-main">
                <p><strong dir="auto">{repo.name.clone()}</strong></p>
                <p class="muted small">
                    {repo.deleted_at.map(|time| view! { "Deleted " <Ago time=time/> })}
                    {repo.purge_at.map(|time| view! { " · gone for good " <Ago time=time/> })}
                </p>
                {move || submit.failure().get().map(|failure| view! { <p class="field-error" role="alert">{failure.message}</p> })}
            </div>
            <button class="button small-button" type="button" aria-label=label prop:disabled=move || submit.is_busy() on:click=restore>"Restore"</button>
        </li>
    }
}
