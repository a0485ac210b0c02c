//! A file: highlighted lines with anchors, or rendered Markdown, or a word about why it is not shown.

pub mod lines;

use hardie_api_types::view::FileView;
use leptos::prelude::*;

use crate::nav::use_nav;
use crate::pages::repo::crumbs::Crumbs;
use crate::pages::repo::file::lines::Lines;
use crate::pages::repo::ref_menu::RefMenu;
use crate::pages::repo::use_repo;
use crate::parts::avatar::Avatar;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::time::Ago;
use crate::routes::{At, RefKind};
use crate::text;

/// The file's page.
#[component]
pub fn File(file: FileView) -> impl IntoView {
    let address = use_repo().address();
    let nav = use_nav();
    let at = At::new(&file.ref_kind, &file.ref_name);
    let path = file.url_path.clone();
    let (switch_address, switch_path) = (address.clone(), path.clone());
    let raw = address.raw(&at, &path);
    let permanent = address.code(&At { kind: RefKind::Commit, name: file.commit_sha.clone() }, &path);
    let history = address.commits(&at, &path);
    let blame = (!file.lines.is_empty()).then(|| address.blame(&at, &path));
    // A link to a line means the source, not what it renders to.
    let as_source = RwSignal::new(file.rendered.is_none() || nav.hash().starts_with("#L"));
    let has_rendered = file.rendered.is_some();
    let facts = facts(&file);
    let commit_address = address.clone();
    view! {
        <div class="toolbar">
            <RefMenu at=at.clone() link=move |at: At| switch_address.code(&at, &switch_path)/>
            <Crumbs at=at path=path.clone()/>
        </div>
        <div class="box">
            {file.last_commit.clone().map(|commit| view! {
                <div class="last-commit">
                    <Avatar name=commit.author_name.clone()/>
                    <span class="last-commit-author" dir="auto">{commit.author_name}</span>
                    <a class="last-commit-title" href=commit_address.commit(&commit.sha) dir="auto">{commit.title}</a>
                    <span class="last-commit-right">
                        <a class="sha" href=commit_address.commit(&commit.sha)><code>{text::short(&commit.sha).to_owned()}</code></a>
                        <span class="muted"><Ago time=commit.committed_at/></span>
                    </span>
                </div>
            })}
            <div class="box-head file-head">
                {has_rendered.then(|| view! {
                    <div class="segmented" role="group" aria-label="How to show it">
                        <button type="button" aria-pressed=move || (!as_source.get()).to_string() on:click=move |_| as_source.set(false)>"Rendered"</button>
                        <button type="button" aria-pressed=move || as_source.get().to_string() on:click=move |_| as_source.set(true)>"Source"</button>
                    </div>
                })}
                <span class="muted small">{facts}</span>
                <span class="file-actions">
                    {blame.map(|blame| view! { <a class="button small-button" href=blame>"Blame"</a> })}
                    <a class="button small-button" href=history>"History"</a>
                    <a class="button small-button" href=permanent>"Permanent link"</a>
                    <a class="button small-button" href=raw.clone() rel="external">"Raw"</a>
                </span>
            </div>
            {move || content(&file, as_source.get(), &raw)}
        </div>
    }
}

fn facts(file: &FileView) -> String {
    let mut facts = Vec::new();
    if file.kind == "symlink" {
        facts.push("Symbolic link".to_owned());
    }
    if file.kind == "executable" {
        facts.push("Executable".to_owned());
    }
    if !file.lines.is_empty() {
        facts.push(text::count(i64::try_from(file.lines.len()).unwrap_or(i64::MAX), "line"));
    }
    facts.push(text::bytes(file.size));
    if !file.language.is_empty() {
        facts.push(file.language.clone());
    }
    facts.join(" · ")
}

fn content(file: &FileView, as_source: bool, raw: &str) -> AnyView {
    if let Some(rendered) = file.rendered.clone().filter(|_| !as_source) {
        return view! { <div class="prose" dir="auto" inner_html=rendered></div> }.into_any();
    }
    if let Some(lfs) = file.lfs.clone() {
        let what = format!("{}, sha256 {}", text::bytes(lfs.size), lfs.oid);
        return view! {
            <Empty sign=Sign::File title="This file is kept by Git LFS">
                <p class="muted small">{what}</p>
                <a class="button" href=lfs.media_url rel="external">"Download it"</a>
            </Empty>
        }
        .into_any();
    }
    let raw = raw.to_owned();
    let has_bytes = file.size > 0;
    let why = match (file.binary, file.too_large) {
        (true, _) if is_image(&file.path) => {
            return view! { <div class="image-view"><img src=raw alt=file.path.clone()/></div> }.into_any();
        }
        (true, _) => "This file is not text",
        (_, true) => "This file is too large to be shown here",
        _ if file.lines.is_empty() => "This file is empty",
        _ => return view! { <Lines lines=file.lines.clone()/> }.into_any(),
    };
    view! { <Empty sign=Sign::File title=why>{has_bytes.then(|| view! { <a class="button" href=raw rel="external">"Open it raw"</a> })}</Empty> }.into_any()
}

/// Pictures that the raw address sends as such.
fn is_image(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    ["png", "jpg", "jpeg", "gif", "webp", "avif", "ico"].contains(&extension.as_str())
}
