//! Who an owner is, and the tabs of an organisation.

use hardie_api_types::account::User;
use leptos::prelude::*;

use crate::api::identity::Standing;
use crate::browser;
use crate::parts::avatar::Avatar;
use crate::parts::time;
use crate::routes::{self, OrgView};

/// The head of every page of an owner. `shown` is none of [`OrgView`] on the first page; `standing` is the reader's.
pub fn head(account: &User, shown: Option<OrgView>, standing: Signal<Standing>) -> AnyView {
    let is_organisation = account.kind == "organization";
    let name = account.login.clone();
    let title = if account.full_name.is_empty() { name.clone() } else { account.full_name.clone() };
    let about = (shown.is_none() && !account.description.is_empty()).then(|| account.description.clone());
    view! {
        <div class="owner-head">
            <Avatar name=name.clone() large=true/>
            <div>
                <h1 dir="auto"><a href=routes::owner(&name)>{title}</a></h1>
                <p class="muted">
                    {name.clone()}
                    {is_organisation.then(|| view! { " " <span class="badge">"Organisation"</span> })}
                    " · since " {time::day(&account.created)}
                </p>
                {about.map(|about| view! { <p dir="auto">{about}</p> })}
            </div>
        </div>
        {is_organisation.then(|| tabs(name, shown, standing))}
    }
    .into_any()
}

fn tabs(name: String, shown: Option<OrgView>, standing: Signal<Standing>) -> AnyView {
    let first = routes::owner(&name);
    browser::reveal(".tabs a[aria-current]");
    let links = OrgView::TABS.into_iter().map(move |(label, tab)| {
        let here = shown.is_some_and(|shown| shown.is_of(tab)).then_some("page");
        let url = tab.url(&name);
        // To whoever else comes to it the page itself says so.
        let offered = move || offers(standing.get(), tab);
        view! { {move || offered().then(|| view! { <a href=url.clone() aria-current=here>{label}</a> })} }
    });
    view! {
        <nav class="tabs" aria-label="Organisation">
            <a href=first aria-current=shown.is_none().then_some("page")>"Repositories"</a>
            {links.collect_view()}
        </nav>
    }
    .into_any()
}

/// Whether somebody of this standing is shown the page.
pub fn offers(standing: Standing, page: OrgView) -> bool {
    match standing {
        Standing::Owner => true,
        Standing::Member => !page.is_for_owners(),
        Standing::Stranger => !page.is_for_members(),
    }
}
