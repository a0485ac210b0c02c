//! A user's or an organisation's page.

mod deleted;
mod head;
pub mod org;

use hardie_api_types::account::User;
use leptos::prelude::*;

use crate::api::identity::{self, Standing};
use crate::api::{orgs, repos};
use crate::load::load;
use crate::nav::use_nav;
use crate::parts::avatar::Avatar;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::pager::{Pager, has_next};
use crate::parts::repo_list::RepoList;
use crate::parts::skeleton;
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
    let standing = load(
        move || account.value(),
        move |asked| {
            let reader = session.name_now();
            async move {
                match asked {
                    Some(asked) => identity::standing(&asked, &reader).await,
                    None => Ok(Standing::Stranger),
                }
            }
        },
    );
    // The server's administrators may do what an owner may, and are shown it.
    let stands =
        Signal::derive(move || if session.is_admin_now() { Standing::Owner } else { standing.value().unwrap_or(Standing::Stranger) });
    let owns = move || stands.get() == Standing::Owner;
    let own = name.clone();
    let heading = name;
    view! {
        <div class="page">
            {move || account.value().is_none().then(|| view! { <h1 class="offscreen">{heading.clone()}</h1> })}
            {account.view(skeleton::block, move |account| head::head(&account, None, stands))}
            // One error is enough where the account itself is not there.
            {move || account.value().map(|account| {
                let own = own.clone();
                let path = routes::owner(&own);
                let is_organisation = account.kind == "organization";
                let (plugins, new) = (PluginPlace::Owner(own.clone()).all(), routes::new_repo(&own));
                view! {
                    <div class="toolbar">
                        <h2>"Repositories"</h2>
                        {move || owns().then(|| view! {
                            {(!is_organisation).then(|| view! { <a class="button small-button" href=plugins.clone()><Icon sign=Sign::Plug/>"Plugins"</a> })}
                            {is_organisation.then(|| view! { <a class="button small-button" href=new.clone()><Icon sign=Sign::Plus/>"New repository"</a> })}
                        })}
                    </div>
                    {found.view(|| skeleton::rows(4), move |(page, found)| {
                        if found.items.is_empty() && page == 1 {
                            let own = own.clone();
                            return view! {
                                <Empty sign=Sign::Repo title="No repository to see here">
                                    {move || (session.name() == own || is_organisation && owns()).then(|| view! { <a class="button primary" href=routes::new_repo(&own)>"Create a repository"</a> })}
                                </Empty>
                            }.into_any();
                        }
                        let more = has_next(page, repos::PER_PAGE, found.total);
                        let path = path.clone();
                        view! { <RepoList repos=found.items hide_owner=true/><Pager page=page has_next=more link=move |page| format!("{path}?page={page}")/> }.into_any()
                    })}
                    {found.below(move || {
                        let deleted = { let owner = account.login.clone(); move || view! { <deleted::Deleted owner=owner.clone() standing=standing/> }.into_any() };
                        if is_organisation { deleted() } else { organisations(&account, deleted) }
                    })}
                }
            })}
        </div>
    }
}

/// Those that a user belongs to, as far as the reader may know; nothing if there is none. `below` comes when they have their room.
fn organisations(account: &User, below: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    let name = account.login.clone();
    let mine = use_session().name_now() == name;
    let found = load(
        || (),
        move |()| {
            let name = name.clone();
            async move { orgs::of_user(&name).await }
        },
    );
    let shown = move || {
        let found = found.value().filter(|found| mine || !found.items.is_empty())?;
        let links = found.items.into_iter().map(|org| view! { <a class="button" href=routes::owner(&org.username)><Avatar name=org.username.clone()/>{org.username.clone()}</a> });
        Some(view! {
            <h2>"Organisations"</h2>
            <div class="form-actions">
                {links.collect_view()}
                {mine.then(|| view! { <a class="button" href="/org/create"><Icon sign=Sign::Plus/>"New organisation"</a> })}
            </div>
        })
    };
    view! { {shown} {found.below(below)} }.into_any()
}
