//! The reader's own repositories; for a stranger, what this place is.

use leptos::prelude::*;

use crate::api::repos;
use crate::load::load;
use crate::nav::use_nav;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::pager::{Pager, has_next};
use crate::parts::repo_list::RepoList;
use crate::parts::skeleton;
use crate::state::{title, use_session};

/// The page at `/`.
#[component]
pub fn HomePage() -> impl IntoView {
    match use_session().name_now().is_empty() {
        false => view! { <Dashboard/> }.into_any(),
        true => view! { <Welcome/> }.into_any(),
    }
}

#[component]
fn Dashboard() -> impl IntoView {
    title::set("Your repositories");
    let nav = use_nav();
    let found = load(move || nav.page_number(), repos::mine);
    view! {
        <div class="page">
            <div class="page-head">
                <h1>"Your repositories"</h1>
                <a class="button primary" href="/repo/create"><Icon sign=Sign::Plus/>"New repository"</a>
            </div>
            {found.view(|| skeleton::rows(5), move |found| {
                let page = nav.page_number();
                if found.items.is_empty() && page == 1 {
                    return view! {
                        <Empty sign=Sign::Repo title="You have no repositories yet">
                            <p class="muted">"Create one, and the next page shows the commands that push to it."</p>
                            <a class="button primary" href="/repo/create">"Create a repository"</a>
                            <a class="button" href="/explore">"Explore public ones"</a>
                        </Empty>
                    }.into_any();
                }
                let more = has_next(page, repos::PER_PAGE, found.total);
                view! { <RepoList repos=found.items/><Pager page=page has_next=more link=|page| format!("/?page={page}")/> }.into_any()
            })}
        </div>
    }
}

#[component]
fn Welcome() -> impl IntoView {
    title::set("");
    let newest = load(|| (), |()| repos::search("", 1));
    view! {
        <div class="page">
            <section class="welcome">
                <h1>"A git forge whose hooks are sandboxed"</h1>
                <p class="lead">"Push and clone with plain git, over HTTP or SSH. Every repository can judge its pushes with WebAssembly plugins that see only what you grant them."</p>
                <p class="welcome-actions">
                    <a class="button primary" href="/user/login">"Sign in"</a>
                    <a class="button" href="/explore">"Explore repositories"</a>
                </p>
            </section>
            <h2>"Public repositories"</h2>
            {newest.view(|| skeleton::rows(4), |repos| {
                if repos.is_empty() {
                    return view! { <Empty sign=Sign::Repo title="Nothing is public here yet"><a class="button" href="/user/login">"Sign in to see yours"</a></Empty> }.into_any();
                }
                view! { <RepoList repos=repos/> }.into_any()
            })}
        </div>
    }
}
