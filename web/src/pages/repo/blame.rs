//! A file with the commit that brought each of its lines.

use hardie_api_types::blame::{BlameRun, BlameSource, FileBlame};
use leptos::html;
use leptos::prelude::*;

use crate::api::code;
use crate::load::load;
use crate::markup::line_html;
use crate::nav::use_nav;
use crate::pages::repo::crumbs::Crumbs;
use crate::pages::repo::file::lines::{digits, line_links};
use crate::pages::repo::old_link::or_follow;
use crate::pages::repo::ref_menu::RefMenu;
use crate::pages::repo::use_repo;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::{At, RefKind, RepoAddress};
use crate::state::title;
use crate::text::{self, percent_decode};

/// Runs of lines on the page; each is a handful of elements.
const MOST_RUNS: usize = 5_000;

/// The page below `…/blame/`. `path` is encoded.
#[component]
pub fn BlamePage(at: At, path: String) -> impl IntoView {
    let nav = use_nav();
    let address = use_repo().address();
    title::set(format!("Blame of {} · {}", percent_decode(&path), address.full_name()));
    let (asked_address, asked_at, asked_path) = (address.clone(), at.clone(), path.clone());
    let blame = load(
        move || asked_path.clone(),
        move |path: String| {
            let (address, at) = (asked_address.clone(), asked_at.clone());
            async move {
                let found = code::blame(&address, &at, &path).await;
                or_follow(found, nav, &address, Some(&at), &path, |at, path| address.blame(at, path)).await
            }
        },
    );
    let (switch_address, switch_path) = (address.clone(), path.clone());
    view! {
        <h2 class="offscreen">"Blame"</h2>
        <div class="toolbar">
            <RefMenu at=at.clone() link=move |at: At| switch_address.blame(&at, &switch_path)/>
            <Crumbs at=at.clone() path=path.clone()/>
        </div>
        {blame.view(|| skeleton::rows(10), move |found| view! { <Lines found=found address=address.clone() at=at.clone() path=path.clone()/> }.into_any())}
    }
}

#[component]
fn Lines(found: FileBlame, address: RepoAddress, at: At, path: String) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let choose = line_links(root);
    let (file, raw, history) = (address.code(&at, &path), address.raw(&at, &path), address.commits(&at, &path));
    let count = |number: usize, noun| text::count(i64::try_from(number).unwrap_or(i64::MAX), noun);
    let facts = format!("{} from {}", count(found.lines.len(), "line"), count(found.sources.len(), "commit"));
    let cut = found.runs.len() > MOST_RUNS;
    let class = format!("code blame {}", digits(found.lines.len()));
    let is_empty = found.lines.is_empty();
    let FileBlame { lines, runs, sources, complete, .. } = found;
    let rows = runs.iter().take(MOST_RUNS).map(|run| run_view(&address, run, &sources, &lines)).collect_view();
    view! {
        <div class="box">
            <div class="box-head file-head">
                <span class="muted small">{facts}</span>
                <span class="file-actions">
                    <a class="button small-button" href=file>"File"</a>
                    <a class="button small-button" href=history>"History"</a>
                    <a class="button small-button" href=raw rel="external">"Raw"</a>
                </span>
            </div>
            {(!complete).then(|| view! {
                <p class="notice blame-note"><Icon sign=Sign::Clock/>"The history is long: not every line’s commit was found in time."</p>
            })}
            {match is_empty {
                true => view! { <Empty sign=Sign::File title="This file is empty">{()}</Empty> }.into_any(),
                false => view! { <div class=class node_ref=root tabindex="0" role="region" aria-label="Lines and their commits" on:click=choose>{rows}</div> }.into_any(),
            }}
            {cut.then(|| view! { <p class="muted listing-note">"The lines below are not shown: there are too many."</p> })}
        </div>
    }
}

fn run_view(address: &RepoAddress, run: &BlameRun, sources: &[BlameSource], lines: &[String]) -> AnyView {
    let position = |number: i64| usize::try_from(number).unwrap_or(0);
    let source = run.source.and_then(|at| sources.get(usize::try_from(at).ok()?));
    let first = position(run.start);
    let shown = lines.iter().skip(first.saturating_sub(1)).take(position(run.lines)).enumerate();
    let html: String = shown.map(|(index, line)| line_html(first + index, line)).collect();
    let about = match source {
        None => view! { <span class="muted">"Not found in time"</span> }.into_any(),
        Some(source) => about(address, source, run),
    };
    view! {
        <div class="blame-run">
            <div class="blame-about">{about}</div>
            // From the server: HTML in which only `<span class>` occurs.
            <div class="blame-lines" inner_html=html></div>
        </div>
    }
    .into_any()
}

/// The commit, who wrote it, when, and what the file was called there.
fn about(address: &RepoAddress, source: &BlameSource, run: &BlameRun) -> AnyView {
    let commit = &source.commit;
    let url = address.commit(&commit.sha);
    let there = At { kind: RefKind::Commit, name: commit.sha.clone() };
    let moved = (!source.path.is_empty()).then(|| {
        let href = format!("{}#L{}", address.code(&there, &source.url_path), run.original_start);
        let label = format!("As {}", source.path);
        view! { <a class="blame-moved" href=href title=label.clone() dir="auto">{label.clone()}</a> }
    });
    let name = match commit.title.as_str() {
        "" => "(no message)".to_owned(),
        title => title.to_owned(),
    };
    view! {
        <a class="blame-title" href=url.clone() title=name.clone() dir="auto">{name.clone()}</a>
        <span class="blame-who"><a class="sha" href=url aria-hidden="true" tabindex="-1"><code>{text::short(&commit.sha).to_owned()}</code></a>
            <span class="blame-author" dir="auto">{commit.author_name.clone()}</span>
            <span class="blame-time"><Ago time=commit.authored_at.clone()/></span></span>
        {moved}
    }
    .into_any()
}
