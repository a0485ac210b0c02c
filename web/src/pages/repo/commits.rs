//! History, by day.

use hardie_api_types::commit::Commit;
use leptos::prelude::*;

use crate::api::code;
use crate::load::load;
use crate::nav::use_nav;
use crate::pages::repo::crumbs::Crumbs;
use crate::pages::repo::old_link::or_follow;
use crate::pages::repo::ref_menu::RefMenu;
use crate::pages::repo::use_repo;
use crate::parts::avatar::Avatar;
use crate::parts::copy::CopyButton;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::pager::{Pager, has_next};
use crate::parts::skeleton;
use crate::parts::time::{Ago, day};
use crate::routes::{At, RefKind, RepoAddress};
use crate::state::title;
use crate::text;

/// The page below `…/commits/`. `path` is encoded; the whole history if empty.
#[component]
pub fn CommitsPage(at: Option<At>, path: String) -> impl IntoView {
    let nav = use_nav();
    let repo = use_repo();
    let address = repo.address();
    let at = at.unwrap_or_else(|| At::branch(&repo.now().default_branch));
    title::set(format!("Commits · {}", address.full_name()));
    let (asked_at, asked_path, asked_address) = (at.clone(), path.clone(), address.clone());
    let commits = load(
        move || nav.page_number(),
        move |page| {
            let (address, at, path) = (asked_address.clone(), asked_at.clone(), asked_path.clone());
            async move {
                let found = code::commits(&address, Some(&at), &path, page).await.map(|found| (page, found));
                or_follow(found, nav, &address, Some(&at), &path, |at, path| address.commits(at, path)).await
            }
        },
    );
    let here = address.commits(&at, &path);
    let (switch_address, switch_path) = (address.clone(), path.clone());
    let list_at = at.clone();
    view! {
        <h2 class="offscreen">"Commits"</h2>
        <div class="toolbar">
            <RefMenu at=at.clone() link=move |at: At| switch_address.commits(&at, &switch_path)/>
            {(!path.is_empty()).then(|| view! { <Crumbs at=at path=path.clone()/> })}
        </div>
        {commits.view(|| skeleton::rows(10), move |(page, found)| {
            if found.items.is_empty() {
                let first = (page > 1).then(|| view! { <a class="button" href=here.clone()>"To the first page"</a> });
                return view! { <Empty sign=Sign::Commit title="No commit here">{first}</Empty> }.into_any();
            }
            let more = has_next(page, code::COMMITS_PER_PAGE, found.total);
            let here = here.clone();
            view! {
                {days(&address, &list_at, found.items)}
                <Pager page=page has_next=more link=move |page| format!("{here}?page={page}")/>
            }.into_any()
        })}
    }
}

/// Commits under the day on which they were committed.
fn days(address: &RepoAddress, at: &At, commits: Vec<Commit>) -> AnyView {
    let mut groups: Vec<(String, Vec<Commit>)> = Vec::new();
    for commit in commits {
        let day = day(&commit.commit.committer.date);
        match groups.last_mut().filter(|(known, _)| *known == day) {
            Some((_, group)) => group.push(commit),
            None => groups.push((day, vec![commit])),
        }
    }
    let groups = groups.into_iter().map(|(day, commits)| {
        let rows = commits.into_iter().map(|commit| row(address, at, commit)).collect_view();
        view! { <section class="day"><h3>{day}</h3><ul class="box rows">{rows}</ul></section> }
    });
    groups.collect_view().into_any()
}

fn row(address: &RepoAddress, _at: &At, commit: Commit) -> impl IntoView + use<> {
    let url = address.commit(&commit.sha);
    let tree = address.code(&At { kind: RefKind::Commit, name: commit.sha.clone() }, "");
    let message = commit.commit.message.clone();
    let body = message.split_once('\n').map(|(_, body)| body.trim().to_owned()).filter(|body| !body.is_empty());
    let author = commit.commit.author;
    let committer = commit.commit.committer;
    let by_other = author.name != committer.name;
    view! {
        <li class="commit-row">
            <Avatar name=author.name.clone()/>
            <div class="item-main">
                <p class="commit-title"><a href=url.clone() dir="auto">{match text::title(&message) { "" => "(no message)".to_owned(), title => title.to_owned() }}</a></p>
                {body.map(|body| view! { <details class="commit-body"><summary>"Message"</summary><pre dir="auto">{body}</pre></details> })}
                <p class="muted small"><span dir="auto">{author.name}</span>{by_other.then(|| view! { ", committed by " <span dir="auto">{committer.name}</span> })} " · " <Ago time=committer.date/></p>
            </div>
            <span class="commit-actions">
                <a class="sha" href=url><code>{text::short(&commit.sha).to_owned()}</code></a>
                <CopyButton text=commit.sha.clone() what="commit id"/>
                <a class="icon-button" href=tree aria-label="Browse the files at this commit" title="Browse the files at this commit"><Icon sign=Sign::Code/></a>
            </span>
        </li>
    }
}
