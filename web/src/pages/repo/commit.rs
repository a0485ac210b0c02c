//! One commit: who, when, why, and what it changed.

use hardie_api_types::diff::CommitDiff;
use leptos::prelude::*;

use crate::api::code;
use crate::load::load;
use crate::pages::repo::diff::{FileDiff, FileIndex};
use crate::pages::repo::use_repo;
use crate::parts::avatar::Avatar;
use crate::parts::copy::CopyButton;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::{At, RefKind};
use crate::state::title;
use crate::text;

/// The page at `…/commit/{sha}`.
#[component]
pub fn CommitPage(sha: String) -> impl IntoView {
    let address = use_repo().address();
    title::set(format!("Commit {} · {}", text::short(&sha), address.full_name()));
    let asked = address.clone();
    let diff = load(
        move || sha.clone(),
        move |sha| {
            let address = asked.clone();
            async move { code::commit_diff(&address, &sha).await }
        },
    );
    diff.view(|| skeleton::rows(8), |diff| view! { <Shown diff=diff/> }.into_any())
}

#[component]
fn Shown(diff: CommitDiff) -> impl IntoView {
    let address = use_repo().address();
    let commit = diff.commit;
    let message = commit.commit.message.clone();
    let heading = text::title(&message).to_owned();
    title::set(format!("{heading} · {}", address.full_name()));
    let body = message.split_once('\n').map(|(_, body)| body.trim().to_owned()).filter(|body| !body.is_empty());
    let (author, committer) = (commit.commit.author, commit.commit.committer);
    let by_other = author.name != committer.name || author.email != committer.email;
    let at = At { kind: RefKind::Commit, name: commit.sha.clone() };
    let parents = commit
        .parents
        .iter()
        .map(|parent| view! { <a class="sha" href=address.commit(&parent.sha)><code>{text::short(&parent.sha).to_owned()}</code></a> " " })
        .collect_view();
    let parent_count = commit.parents.len();
    let no_files = diff.files.is_empty();
    let truncated = diff.truncated;
    let index = diff.files.clone();
    let file_at = at.clone();
    let files = diff
        .files
        .into_iter()
        .enumerate()
        .map(move |(number, file)| view! { <FileDiff number=number file=file at=file_at.clone()/> })
        .collect_view();
    view! {
        <section class="card commit-card">
            <div class="commit-head">
                <h2 dir="auto">{if heading.is_empty() { "(no message)".to_owned() } else { heading }}</h2>
                <a class="button" href=address.code(&at, "")><Icon sign=Sign::Code/>"Browse files"</a>
            </div>
            {body.map(|body| view! { <pre class="commit-message" dir="auto">{body}</pre> })}
            <div class="commit-facts">
                <span class="commit-who"><Avatar name=author.name.clone()/><strong dir="auto" title=author.email>{author.name}</strong></span>
                {by_other.then(|| view! { <span class="muted">"committed by " <span dir="auto" title=committer.email.clone()>{committer.name.clone()}</span></span> })}
                <span class="muted"><Ago time=committer.date/></span>
                <span class="muted">{match parent_count { 0 => "First commit", 1 => "Parent ", _ => "Parents " }}{parents}</span>
                <span class="commit-id"><code class="wrap">{commit.sha.clone()}</code><CopyButton text=commit.sha what="commit id"/></span>
            </div>
        </section>
        {if no_files {
            view! { <Empty sign=Sign::File title="This commit changes no file"/> }.into_any()
        } else {
            view! {
                <FileIndex files=index stats=diff.stats/>
                {files}
                {truncated.then(|| view! { <p class="notice"><Icon sign=Sign::Alert/>"More files changed than are shown: the commit is too large for one page."</p> })}
            }.into_any()
        }}
    }
}
