//! What changed in a file, as unified hunks.

use hardie_api_types::commit::CommitStats;
use hardie_api_types::diff::DiffFile;
use leptos::prelude::*;

use crate::markup;
use crate::pages::repo::use_repo;
use crate::parts::copy::CopyButton;
use crate::routes::At;
use crate::text;

/// Files above which the index is closed at first.
const OPEN_INDEX: usize = 12;
/// Changed lines above which a file is closed at first.
const OPEN_LINES: i64 = 800;

/// All changed files, each a link to its place below.
#[component]
pub fn FileIndex(files: Vec<DiffFile>, stats: CommitStats) -> impl IntoView {
    let open = files.len() <= OPEN_INDEX;
    let count = text::count(i64::try_from(files.len()).unwrap_or(i64::MAX), "changed file");
    let rows = files
        .into_iter()
        .enumerate()
        .map(|(number, file)| {
            view! {
                <li>
                    <span class=format!("status status-{}", file.status)>{status_word(&file.status)}</span>
                    <a href=format!("#file-{number}") dir="auto">{name(&file)}</a>
                    {numbers(file.additions, file.deletions)}
                </li>
            }
        })
        .collect_view();
    view! {
        <details class="file-index" open=open>
            <summary><strong>{count}</strong> " " {numbers(stats.additions, stats.deletions)}</summary>
            <ul>{rows}</ul>
        </details>
    }
}

/// One file's changes. `at` is the commit, for a link to the whole file.
#[component]
pub fn FileDiff(number: usize, file: DiffFile, at: At) -> impl IntoView {
    let address = use_repo().address();
    let whole = (file.status != "removed").then(|| address.code(&at, &file.url_path));
    let open = file.additions + file.deletions <= OPEN_LINES;
    let shown_name = name(&file);
    let note = match (file.binary, file.too_large, file.hunks.is_empty()) {
        (true, ..) => Some("Not text: what changed is not shown."),
        (_, true, _) => Some("Too large to be shown here."),
        (.., true) if file.status == "renamed" => Some("Renamed without a change."),
        (.., true) if file.status == "mode" => Some("Only the mode changed."),
        (.., true) => Some("No line changed."),
        _ => None,
    };
    let modes = (file.status == "mode" || (!file.old_mode.is_empty() && !file.new_mode.is_empty() && file.old_mode != file.new_mode))
        .then(|| format!("{} → {}", file.old_mode, file.new_mode));
    let html = markup::hunks(&file.hunks);
    let label = format!("Changes of {shown_name}");
    view! {
        <details class="box diff-file" id=format!("file-{number}") open=open>
            <summary class="box-head diff-head">
                <span class=format!("status status-{}", file.status)>{status_word(&file.status)}</span>
                <strong class="diff-name" dir="auto">{shown_name}</strong>
                {modes.map(|modes| view! { <code class="muted small">{modes}</code> })}
                {numbers(file.additions, file.deletions)}
                <span class="diff-actions">
                    <CopyButton text=file.path.clone() what="path"/>
                    {whole.map(|whole| view! { <a class="button small-button" href=whole>"View file"</a> })}
                </span>
            </summary>
            {match note {
                Some(note) => view! { <p class="muted listing-note">{note}</p> }.into_any(),
                // Lines are escaped by the server; numbers and headers are escaped here.
                None => view! { <div class="diff-scroll" tabindex="0" role="region" aria-label=label><table class="diff" inner_html=html></table></div> }.into_any(),
            }}
        </details>
    }
}

fn name(file: &DiffFile) -> String {
    match &file.old_path {
        Some(old) if *old != file.path => format!("{old} → {}", file.path),
        _ => file.path.clone(),
    }
}

fn status_word(status: &str) -> &'static str {
    match status {
        "added" => "added",
        "removed" => "removed",
        "renamed" => "renamed",
        "mode" => "mode",
        _ => "changed",
    }
}

fn numbers(additions: i64, deletions: i64) -> impl IntoView {
    view! {
        <span class="numbers">
            <span class="plus">{format!("+{}", text::grouped(additions))}</span>
            " "
            <span class="minus">{format!("−{}", text::grouped(deletions))}</span>
        </span>
    }
}
