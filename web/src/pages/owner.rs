//! A user's or an organisation's page.

mod deleted;
pub mod plugins;

use leptos::prelude::*;

use crate::api::{identity, repos};
use crate::load::load;
use crate::nav::use_nav;
use crate::parts::avatar::Avatar;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::pager::{Pager, has_next};
use crate::parts::repo_list::RepoList;
use crate::parts::skeleton;
use crate::parts::time;
use crate::routes::{self, PluginPlace};
use crate::state::{title, use_session};

/// The page at `/{owner}`.
#[component]
pub fn OwnerPage(name: String) -> impl IntoView {
    title::set(name.clone());
    let nav = use_nav();
    let session = use_session();
    let (of_account, of_repos) = (name.clone(), name.clone());
    let account = load(move || of_account.clone(), |name| async move { identity::account(&name).await });
    let found = load(
        move || (of_repos.clone(), nav.page_number()),
        |(owner, page)| async move { repos::of_owner(&owner, page).await.map(|found| (page, found)) },
    );
    let own = name.clone();
    let heading = name;
    view! {
        <div class="page">
            {move || account.value().is_none().then(|| view! { <h1 class="offscreen">{heading.clone()}</h1> })}
            {account.view(skeleton::block, move |account| {
                let is_organisation = account.kind == "organization";
                view! {
                    <div class="owner-head">
                        <Avatar name=account.login.clone() large=true/>
                        <div>
                            <h1 dir="auto">{if account.full_name.is_empty() { account.login.clone() } else { account.full_name.clone() }}</h1>
                            <p class="muted">
                                {account.login.clone()}
                                {is_organisation.then(|| view! { " " <span class="badge">"Organisation"</span> })}
                                " · since " {time::day(&account.created)}
                            </p>
                            {(!account.description.is_empty()).then(|| view! { <p dir="auto">{account.description.clone()}</p> })}
                        </div>
                    </div>
                }.into_any()
            })}
            // One error is enough where the account itself is not there.
            {move || account.value().map(|account| {
                let own = own.clone();
                let path = routes::owner(&own);
                let plugins = PluginPlace::Owner(own.clone()).all();
                let (asked, reader) = (account.clone(), session.name_now());
                let may_own = load(|| (), move |()| {
                    let (asked, reader) = (asked.clone(), reader.clone());
                    async move { identity::may_own_under(&asked, &reader).await }
                });
                view! {
                    <div class="toolbar">
                        <h2>"Repositories"</h2>
                        {move || (session.is_admin_now() || may_own.value() == Some(true)).then(|| view! {
                            <a class="button small-button" href=plugins.clone()><Icon sign=Sign::Plug/>"Plugins"</a>
                        })}
                    </div>
                    {found.view(|| skeleton::rows(4), move |(page, found)| {
                        if found.items.is_empty() && page == 1 {
                            let mine = session.name_now() == own;
                            return view! {
                                <Empty sign=Sign::Repo title="No repository to see here">
                                    {mine.then(|| view! { <a class="button primary" href="/repo/create">"Create a repository"</a> })}
                                </Empty>
                            }.into_any();
                        }
                        let more = has_next(page, repos::PER_PAGE, found.total);
                        let path = path.clone();
                        view! { <RepoList repos=found.items hide_owner=true/><Pager page=page has_next=more link=move |page| format!("{path}?page={page}")/> }.into_any()
                    })}
                    {found.below(move || view! { <deleted::Deleted owner=account.login.clone() may_own=may_own/> }.into_any())}
                }
            })}
        </div>
    }
}
