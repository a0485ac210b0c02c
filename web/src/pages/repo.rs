//! A repository: its head stays, the view below follows the address.

mod blame;
mod branches;
mod clone;
mod code;
mod commit;
mod commits;
mod crumbs;
mod diff;
mod directory;
mod empty;
mod file;
mod head;
mod old_link;
mod ref_menu;
pub mod releases;
mod search;
pub mod settings;
mod tags;

use hardie_api_types::repo::Repository;
use leptos::prelude::*;

use crate::api::repos;
use crate::lazy;
use crate::load::load;
use crate::nav::use_nav;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::repo_list;
use crate::parts::skeleton;
use crate::routes::{RepoAddress, RepoTab, RepoView};
use crate::state::title;
use settings::Shown;

/// A repository as the API shows it, and where it is; for all pages below.
#[derive(Clone, Copy)]
pub struct Repo {
    repository: RwSignal<Repository>,
    address: StoredValue<RepoAddress>,
}

/// The one of this page.
pub fn use_repo() -> Repo {
    expect_context()
}

impl Repo {
    /// Its address.
    pub fn address(&self) -> RepoAddress {
        self.address.get_value()
    }

    /// As the API shows it, tracked.
    pub fn get(&self) -> Repository {
        self.repository.get()
    }

    /// As the API shows it, for handlers and for what need not follow a change.
    pub fn now(&self) -> Repository {
        self.repository.get_untracked()
    }

    /// Puts in what a change answered.
    pub fn set(&self, repository: Repository) {
        self.repository.set(repository);
    }

    /// Whether the reader administers it, tracked.
    pub fn is_admin(&self) -> bool {
        self.repository.with(|repo| repo.permissions.as_ref().is_some_and(|may| may.admin))
    }

    /// Whether the reader may push to it, tracked.
    pub fn can_push(&self) -> bool {
        self.repository.with(|repo| repo.permissions.as_ref().is_some_and(|may| may.push) && !repo.archived)
    }
}

/// The pages below `/{owner}/{repo}`.
#[component]
pub fn RepoPage(address: RepoAddress, view: Memo<RepoView>) -> impl IntoView {
    let nav = use_nav();
    title::set(address.full_name());
    let name = address.full_name();
    let asked = address.clone();
    let found = load(move || asked.clone(), |address| async move { repos::get(&address).await });
    // A renamed repository answers under its new name: the address bar follows.
    Effect::new(move |_| {
        if let Some(repository) = found.value() {
            let now = repo_list::address(&repository);
            if now != address {
                let rest = nav.here();
                let rest = rest.splitn(4, '/').nth(3).map_or(String::new(), |rest| format!("/{rest}"));
                nav.replace(&format!("{}{rest}", now.url()));
            }
        }
    });
    let name_now = name.clone();
    // Until the repository is there, and where it is not, the page still has its heading.
    let heading = move || found.value().is_none().then(|| view! { <h1 class="offscreen">{name_now.clone()}</h1> });
    let shown = found.view(
        || view! { <div class="repo-head-room"></div>{skeleton::rows(8)} }.into_any(),
        move |repository| {
            let address = StoredValue::new(repo_list::address(&repository));
            let repo = Repo { repository: RwSignal::new(repository), address };
            provide_context(repo);
            view! {
                <head::RepoHead view=view/>
                {move || body(repo, view.get())}
            }
            .into_any()
        },
    );
    view! {
        <div class="page">
            {heading}
            {shown}
        </div>
    }
}

fn body(repo: Repo, view: RepoView) -> AnyView {
    let is_empty = repo.repository.with_untracked(|repository| repository.empty);
    match view {
        RepoView::Code { at: None, path } if is_empty && path.is_empty() => view! { <empty::EmptyRepo/> }.into_any(),
        RepoView::Code { at, path } => view! { <code::CodePage at=at path=path/> }.into_any(),
        RepoView::Commits { .. } | RepoView::Search { .. } | RepoView::Branches | RepoView::Tags if is_empty => view! { <empty::EmptyRepo/> }.into_any(),
        RepoView::Commits { at, path } => view! { <commits::CommitsPage at=at path=path/> }.into_any(),
        RepoView::Blame { at, path } => view! { <blame::BlamePage at=at path=path/> }.into_any(),
        RepoView::Search { at, path } => view! { <search::SearchPage at=at path=path/> }.into_any(),
        RepoView::Releases(tag) => lazy::releases(tag),
        RepoView::Commit(sha) => view! { <commit::CommitPage sha=sha/> }.into_any(),
        RepoView::Branches => view! { <branches::BranchesPage/> }.into_any(),
        RepoView::Tags => view! { <tags::TagsPage/> }.into_any(),
        RepoView::Settings(RepoTab::Plugins) => settings_page(Shown::Plugins(None)),
        RepoView::Settings(tab) => settings_page(Shown::Tab(tab)),
        RepoView::Plugin(id, view) => settings_page(Shown::Plugins(Some((id, view)))),
        RepoView::Hooks(view) => settings_page(Shown::Hooks(view)),
        RepoView::NotFound => view! {
            <Empty sign=Sign::Search title="There is no page at this address"><a class="button" href=repo.address().url()>"To the code"</a></Empty>
        }
        .into_any(),
    }
}

fn settings_page(shown: Shown) -> AnyView {
    view! { <settings::SettingsPage shown=shown/> }.into_any()
}
