//! Branches.

use hardie_api_types::branch::Branch;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::code;
use crate::load::{Load, load};
use crate::nav::use_nav;
use crate::pages::repo::use_repo;
use crate::parts::confirm::ConfirmButton;
use crate::parts::copy::CopyButton;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::pager::{Pager, has_next};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::At;
use crate::state::title;
use crate::state::toasts::use_toasts;
use crate::text;

type Found = (u32, crate::api::Paged<Branch>);

/// The page at `…/branches`.
#[component]
pub fn BranchesPage() -> impl IntoView {
    let nav = use_nav();
    let address = use_repo().address();
    title::set(format!("Branches · {}", address.full_name()));
    let asked = address.clone();
    let branches = load(
        move || nav.page_number(),
        move |page| {
            let address = asked.clone();
            async move { code::branches(&address, page).await.map(|found| (page, found)) }
        },
    );
    let here = address.branches();
    view! {
        <h2 class="offscreen">"Branches"</h2>
        {branches.view(|| skeleton::rows(5), move |(page, found)| {
            if found.items.is_empty() {
                return view! { <Empty sign=Sign::Branch title="No branch yet"/> }.into_any();
            }
            let more = has_next(page, code::REFS_PER_PAGE, found.total);
            let here = here.clone();
            let rows = found.items.into_iter().map(|branch| view! { <Row branch=branch branches=branches/> }).collect_view();
            view! { <ul class="box rows">{rows}</ul><Pager page=page has_next=more link=move |page| format!("{here}?page={page}")/> }.into_any()
        })}
    }
}

#[component]
fn Row(branch: Branch, branches: Load<Found>) -> impl IntoView {
    let repo = use_repo();
    let toasts = use_toasts();
    let address = repo.address();
    let at = At::branch(&branch.name);
    let is_default = repo.now().default_branch == branch.name;
    let can_delete = untrack(|| repo.can_push()) && branch.user_can_push && !is_default && !branch.protected;
    let name = StoredValue::new(branch.name.clone());
    let remove = move || {
        spawn_local(async move {
            let name = name.get_value();
            match code::delete_branch(&repo.address(), &name).await {
                Ok(_) => {
                    toasts.done(format!("Branch {name} deleted."));
                    branches.retry();
                }
                Err(failure) => toasts.failed(failure.message),
            }
        });
    };
    view! {
        <li class="item-row">
            <Icon sign=Sign::Branch/>
            <div class="item-main">
                <p class="ref-line">
                    <a href=address.code(&at, "") dir="auto"><strong>{branch.name.clone()}</strong></a>
                    <CopyButton text=branch.name.clone() what="branch name"/>
                    {is_default.then(|| view! { <span class="badge badge-good">"Default"</span> })}
                    {branch.protected.then(|| view! { <span class="badge" title=branch.effective_branch_protection_name.clone()><Icon sign=Sign::Shield/>"Protected"</span> })}
                </p>
                <p class="muted small">
                    <a class="sha" href=address.commit(&branch.commit.id)><code>{text::short(&branch.commit.id).to_owned()}</code></a> " "
                    <span dir="auto">{text::title(&branch.commit.message).to_owned()}</span> " · " <Ago time=branch.commit.timestamp/>
                    {text::distance(branch.ahead, branch.behind).map(|distance| view! { " · " <span class="distance" title="Against the default branch">{distance}</span> })}
                </p>
            </div>
            <a class="button small-button" href=address.commits(&at, "")>"History"</a>
            {can_delete.then(|| view! {
                <ConfirmButton label="Delete" title="Delete this branch?" quiet=true on_confirm=remove
                    explain=format!("“{}” goes away. Its commits stay reachable only from other branches and tags.", branch.name)/>
            })}
        </li>
    }
}
