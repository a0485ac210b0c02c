//! Owner, name, visibility, and the tabs.

use leptos::prelude::*;

use crate::browser;
use crate::pages::repo::use_repo;
use crate::parts::copy::CopyButton;
use crate::parts::icon::{Icon, Sign};
use crate::parts::repo_list::badges;
use crate::routes::{self, RepoTab, RepoView};

/// The head of every page of a repository. The one `h1` is the repository; views below have headings of their own.
#[component]
pub fn RepoHead(view: Memo<RepoView>) -> impl IntoView {
    let repo = use_repo();
    let address = repo.address();
    let full_name = address.full_name();
    let (code, commits, branches, tags) = (address.url(), format!("{}/commits", address.url()), address.branches(), address.tags());
    let releases = address.releases();
    let settings = address.settings(RepoTab::General);
    let current = move |is: fn(&RepoView) -> bool| view.with(is).then_some("page");
    Effect::new(move |_| {
        view.track();
        browser::reveal(".tabs a[aria-current]");
    });
    view! {
        <div class="repo-head">
            <div class="repo-title">
                {move || view! { <Icon sign=if repo.get().private { Sign::Lock } else { Sign::Repo }/> }}
                <h1>
                    <a href=routes::owner(&address.owner)>{address.owner.clone()}</a>
                    <span class="muted">" / "</span>
                    <a href=address.url()><strong>{address.name.clone()}</strong></a>
                </h1>
                <CopyButton text=full_name what="owner and name"/>
                {move || badges(&repo.get())}
            </div>
            <nav class="tabs" aria-label="Repository">
                <a href=code aria-current=move || current(|view| matches!(view, RepoView::Code { .. } | RepoView::Blame { .. } | RepoView::Search { .. }))><Icon sign=Sign::Code/>"Code"</a>
                <a href=commits aria-current=move || current(|view| matches!(view, RepoView::Commits { .. } | RepoView::Commit(_)))><Icon sign=Sign::Commit/>"Commits"</a>
                <a href=branches aria-current=move || current(|view| matches!(view, RepoView::Branches))><Icon sign=Sign::Branch/>"Branches"</a>
                <a href=tags aria-current=move || current(|view| matches!(view, RepoView::Tags))><Icon sign=Sign::Tag/>"Tags"</a>
                <a href=releases aria-current=move || current(|view| matches!(view, RepoView::Releases(_)))><Icon sign=Sign::Releases/>"Releases"</a>
                {move || repo.is_admin().then(|| {
                    let settings = settings.clone();
                    view! {
                        <a href=settings aria-current=move || current(|view| matches!(view, RepoView::Settings(_) | RepoView::Plugin(..) | RepoView::Hooks(_)))><Icon sign=Sign::Gear/>"Settings"</a>
                    }
                })}
            </nav>
        </div>
        {move || repo.get().archived.then(|| view! {
            <div class="notice"><Icon sign=Sign::Lock/><p>"This repository is archived: it can be read but not changed."</p></div>
        })}
    }
}
