//! Releases: all of them with their notes and files, or that of one tag.

use hardie_api_types::release::{Attachment, Release};
use leptos::prelude::*;

use crate::api::{Paged, releases};
use crate::load::load;
use crate::nav::use_nav;
use crate::pages::repo::use_repo;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::pager::{Pager, has_next};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::{At, RefKind, RepoAddress};
use crate::state::title;
use crate::text::{bytes, count};

/// The pages at `…/releases` and `…/releases/tag/…`.
#[component]
pub fn ReleasesPage(tag: Option<String>) -> impl IntoView {
    let nav = use_nav();
    let address = use_repo().address();
    title::set(format!("{} · {}", tag.as_deref().unwrap_or("Releases"), address.full_name()));
    let (asked, one) = (address.clone(), tag.clone());
    let found = load(
        move || nav.page_number(),
        move |page| {
            let (address, tag) = (asked.clone(), one.clone());
            async move {
                match tag {
                    Some(tag) => releases::of_tag(&address, &tag).await.map(|release| (1, Paged { items: vec![release], total: 1 })),
                    None => releases::list(&address, page).await.map(|found| (page, found)),
                }
            }
        },
    );
    let all = address.releases();
    view! {
        {match tag.is_some() {
            true => view! { <p class="small"><a href=all.clone()>"All releases"</a></p> }.into_any(),
            false => view! { <h2 class="offscreen">"Releases"</h2> }.into_any(),
        }}
        {found.view(|| skeleton::rows(4), move |(page, found)| {
            if found.items.is_empty() {
                return view! {
                    <Empty sign=Sign::Tag title="No release yet">
                        <p class="muted">"Whoever may push makes one: " <code>"POST /api/v1/repos/…/releases"</code> ", or any client of Gitea's API."</p>
                    </Empty>
                }.into_any();
            }
            let more = has_next(page, releases::PER_PAGE, found.total);
            let cards = found.items.into_iter().map(|release| card(release, &address)).collect_view();
            let all = all.clone();
            view! { {cards} <Pager page=page has_next=more link=move |page| format!("{all}?page={page}")/> }.into_any()
        })}
    }
}

fn card(release: Release, address: &RepoAddress) -> AnyView {
    let at = At { kind: RefKind::Tag, name: release.tag_name.clone() };
    let name = if release.name.is_empty() { release.tag_name.clone() } else { release.name };
    let (draft, pre) = (release.draft, release.prerelease);
    let when = release.published_at.map(|time| view! { " · " <Ago time=time/> });
    let who = release.author.map(|author| format!(" · {}", author.login));
    let has_files = !draft || !release.assets.is_empty();
    let files = release
        .assets
        .into_iter()
        .map(|asset| {
            let url = address.release_file(&release.tag_name, &asset.name);
            file(asset, url)
        })
        .collect_view();
    view! {
        <article class="card">
            <div class="toolbar">
                <h3 class="wrap" dir="auto"><a href=address.release(&release.tag_name)>{name}</a></h3>
                {draft.then(|| view! { <span class="badge badge-warning">"Draft"</span> })}
                {pre.then(|| view! { <span class="badge">"Pre-release"</span> })}
            </div>
            <p class="muted small">
                {match draft {
                    true => view! { <code dir="auto">{release.tag_name.clone()}</code> }.into_any(),
                    false => view! { <a href=address.code(&at, "")><code dir="auto">{release.tag_name.clone()}</code></a> }.into_any(),
                }}
                {who}{when}
            </p>
            {(!release.body.trim().is_empty()).then(|| view! { <p class="release-notes" dir="auto">{release.body}</p> })}
            {has_files.then(|| view! { <ul class="box rows">
                {files}
                {(!draft).then(|| ["tar.gz", "zip"].map(|format| view! {
                    <li class="item-row"><Icon sign=Sign::Code/><div class="item-main"><a href=address.archive(&at, format) rel="external" download="">{format!("Source, {format}")}</a></div></li>
                }).collect_view())}
            </ul> })}
        </article>
    }
    .into_any()
}

fn file(file: Attachment, url: String) -> AnyView {
    view! {
        <li class="item-row">
            <Icon sign=Sign::File/>
            <div class="item-main">
                <a href=url rel="external" download="" dir="auto">{file.name}</a>
                <p class="muted small">{format!("{} · {} · sha256 ", bytes(file.size), count(file.download_count, "download"))} <code>{file.sha256}</code></p>
            </div>
        </li>
    }
    .into_any()
}
