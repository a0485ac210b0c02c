//! A directory: its entries with the commit that last touched each, and its README.

use hardie_api_types::tree::{CommitSummary, ListingEntry, TreeListing};
use leptos::prelude::*;

use crate::api::code;
use crate::browser::lower_case;
use crate::load::load;
use crate::pages::repo::clone::CloneMenu;
use crate::pages::repo::crumbs::Crumbs;
use crate::pages::repo::ref_menu::RefMenu;
use crate::pages::repo::use_repo;
use crate::parts::avatar::Avatar;
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::{At, RepoAddress};
use crate::text;

/// The listing. `path` is encoded.
#[component]
pub fn Directory(listing: TreeListing, path: String) -> impl IntoView {
    let repo = use_repo();
    let address = repo.address();
    let at = At::new(&listing.ref_kind, &listing.ref_name);
    let has_readme = listing.entries.iter().any(|entry| entry.name.to_ascii_lowercase().starts_with("readme") && entry.kind != "dir");
    let hidden = listing.total_count - i64::try_from(listing.entries.len()).unwrap_or(0);
    let filter = RwSignal::new(String::new());
    let entries = StoredValue::new(listing.entries);
    let row_at = at.clone();
    let row_address = address.clone();
    let shown = Memo::new(move |_| {
        let wanted = lower_case(&filter.get());
        entries.with_value(|entries| entries.iter().filter(|entry| lower_case(&entry.name).contains(&wanted)).cloned().collect::<Vec<_>>())
    });
    let (switch_address, switch_path) = (address.clone(), path.clone());
    let up = (!path.is_empty()).then(|| address.code(&at, text::parent(&path)));
    let history = address.commits(&at, &path);
    let search = address.search(&at, &path);
    let count = listing.commit_count.map_or_else(|| "History".to_owned(), |count| text::count(count, "commit"));
    let about = repo.now().description;
    view! {
        {(path.is_empty() && !about.is_empty()).then(|| view! { <p class="repo-about" dir="auto">{about}</p> })}
        <div class="toolbar">
            <RefMenu at=at.clone() link=move |at: At| switch_address.code(&at, &switch_path)/>
            <Crumbs at=at.clone() path=path.clone()/>
            <div class="toolbar-right">
                <input id="filter" type="search" aria-label="Filter files" placeholder="Filter files" autocomplete="off" spellcheck="false"
                    prop:value=move || filter.get() on:input=move |event| filter.set(event_target_value(&event))/>
                <a class="button" href=search title="Look for a text in the files"><Icon sign=Sign::Search/>"Search"</a>
                <CloneMenu at=at.clone()/>
            </div>
        </div>
        <div class="box listing">
            <LastCommit commit=listing.commit address=address.clone() history=history count=count/>
            <table class="files">
                <caption class="offscreen">"Files and directories"</caption>
                <thead class="files-head"><tr><th class="file-name" scope="col">"Name"</th><th class="file-commit" scope="col">"Last commit"</th><th class="file-time" scope="col">"When"</th></tr></thead>
                <tbody>
                    {up.map(|up| view! { <tr><td class="file-name" colspan="3"><a href=up aria-label="Up to the parent directory"><Icon sign=Sign::Folder/>".."</a></td></tr> })}
                    {move || shown.get().into_iter().map(|entry| entry_row(&row_address, &row_at, entry)).collect_view()}
                </tbody>
            </table>
            {move || (shown.with(Vec::is_empty) && !filter.with(String::is_empty)).then(|| view! { <p class="muted listing-note">"No name here matches."</p> })}
            {(hidden > 0).then(|| view! { <p class="muted listing-note">{format!("{} more entries are not shown.", text::grouped(hidden))}</p> })}
        </div>
        {has_readme.then(|| view! { <ReadmeBox at=at path=path/> })}
    }
}

/// The commit that a directory is at, above its entries.
#[component]
fn LastCommit(commit: CommitSummary, address: RepoAddress, history: String, count: String) -> impl IntoView {
    let url = address.commit(&commit.sha);
    view! {
        <div class="last-commit">
            <Avatar name=commit.author_name.clone()/>
            <span class="last-commit-author" dir="auto">{commit.author_name}</span>
            <a class="last-commit-title" href=url.clone() dir="auto">{commit.title}</a>
            <span class="last-commit-right">
                <a class="sha" href=url><code>{text::short(&commit.sha).to_owned()}</code></a>
                <span class="muted last-commit-time"><Ago time=commit.committed_at/></span>
                <a class="last-commit-count" href=history><Icon sign=Sign::Clock/>{count}</a>
            </span>
        </div>
    }
}

fn entry_row(address: &RepoAddress, at: &At, entry: ListingEntry) -> impl IntoView + use<> {
    let (sign, what) = match entry.kind.as_str() {
        "dir" => (Sign::Folder, "directory"),
        "symlink" => (Sign::Link, "symbolic link"),
        "submodule" => (Sign::Submodule, "submodule"),
        _ => (Sign::File, "file"),
    };
    let name = match entry.kind.as_str() {
        // A submodule's commit lies in another repository: there is nothing here to go to.
        "submodule" => view! { <span title=what><Icon sign=sign/><span dir="auto">{entry.name}</span>" @ "<code>{text::short(&entry.sha).to_owned()}</code></span> }.into_any(),
        _ => view! { <a href=address.code(at, &entry.url_path) title=what><Icon sign=sign/><span dir="auto">{entry.name}</span></a> }.into_any(),
    };
    let is_directory = entry.kind == "dir";
    let (commit, time) = match entry.last_commit {
        Some(commit) => (
            view! { <a class="quiet" href=address.commit(&commit.sha) dir="auto">{commit.title}</a> }.into_any(),
            view! { <Ago time=commit.committed_at/> }.into_any(),
        ),
        None => (().into_any(), ().into_any()),
    };
    view! {
        <tr class:is-directory=is_directory>
            <td class="file-name">{name}</td>
            <td class="file-commit">{commit}</td>
            <td class="file-time">{time}</td>
        </tr>
    }
}

#[component]
fn ReadmeBox(at: At, path: String) -> impl IntoView {
    let address = use_repo().address();
    let wanted = at.clone();
    let readme = load(
        move || (address.clone(), path.clone()),
        move |(address, path)| {
            let at = wanted.clone();
            async move { code::readme(&address, Some(&at), &path).await }
        },
    );
    view! {
        {readme.view(skeleton::block, |readme| view! {
            <section class="box readme" aria-label="Read me">
                <div class="box-head"><Icon sign=Sign::File/><span dir="auto">{readme.path}</span></div>
                // Sanitised by the server, and the page's own policy runs no script in it.
                <div class="prose" dir="auto" inner_html=readme.html></div>
            </section>
        }.into_any())}
    }
}
