//! Lines of the repository's files that hold a text.

use hardie_api_types::search::{CodeSearch, CodeSearchFile, CodeSearchLine};
use leptos::prelude::*;

use crate::api::code;
use crate::browser;
use crate::load::load;
use crate::nav::use_nav;
use crate::pages::repo::crumbs::Crumbs;
use crate::pages::repo::ref_menu::RefMenu;
use crate::pages::repo::use_repo;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::routes::{At, RepoAddress};
use crate::state::title;
use crate::text::{self, encode_segment};

/// The page below `…/search`. `path` is encoded.
#[component]
pub fn SearchPage(at: Option<At>, path: String) -> impl IntoView {
    let nav = use_nav();
    let repo = use_repo();
    let address = repo.address();
    let at = at.unwrap_or_else(|| At::branch(&repo.now().default_branch));
    title::set(format!("Search · {}", address.full_name()));
    let (asked_address, asked_at, asked_path) = (address.clone(), at.clone(), path.clone());
    let found = load(
        move || (nav.query("q"), nav.query("case") == "1"),
        move |(text, exact)| {
            let (address, at, path) = (asked_address.clone(), asked_at.clone(), asked_path.clone());
            async move {
                match text.is_empty() {
                    true => Ok(None),
                    false => code::search(&address, Some(&at), &path, &text, !exact).await.map(Some),
                }
            }
        },
    );
    let (switch_address, switch_path) = (address.clone(), path.clone());
    let here = address.search(&at, &path);
    view! {
        <h2 class="offscreen">"Search in the files"</h2>
        <div class="toolbar">
            <RefMenu at=at.clone() link=move |at: At| with_query(&switch_address.search(&at, &switch_path), &nav.query("q"), nav.query("case") == "1")/>
            {(!path.is_empty()).then(|| view! { <Crumbs at=at path=path.clone()/> })}
        </div>
        <SearchForm here=here/>
        {found.view(|| skeleton::rows(6), move |found| match found {
            None => view! { <Empty sign=Sign::Search title="Look for a text in the files"><p class="muted">"It is found within one line, and as it is written: no patterns."</p></Empty> }.into_any(),
            Some(found) => view! { <Results found=found address=address.clone()/> }.into_any(),
        })}
    }
}

fn with_query(link: &str, text: &str, exact: bool) -> String {
    let case = if exact { "&case=1" } else { "" };
    if text.is_empty() { link.to_owned() } else { format!("{link}?q={}{case}", encode_segment(text)) }
}

#[component]
fn SearchForm(here: String) -> impl IntoView {
    let nav = use_nav();
    let wanted = RwSignal::new(String::new());
    let exact = RwSignal::new(false);
    Effect::new(move |_| {
        let text = nav.query("q");
        exact.set(nav.query("case") == "1");
        // Nothing is asked yet: the first thing to do here is to write.
        if text.is_empty() {
            browser::focus("#code-search");
        }
        wanted.set(text);
    });
    let search = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        nav.go(&with_query(&here, &wanted.get_untracked(), exact.get_untracked()));
    };
    view! {
        <form class="code-search" role="search" aria-label="Files" on:submit=search>
            <input id="code-search" type="search" aria-label="Text to look for" placeholder="Text to look for" autocomplete="off" spellcheck="false" maxlength="256"
                prop:value=move || wanted.get() on:input=move |event| wanted.set(event_target_value(&event))/>
            <label class="code-search-case">
                <input type="checkbox" prop:checked=move || exact.get() on:change=move |event| exact.set(event_target_checked(&event))/>
                "Match case"
            </label>
            <button class="button primary" type="submit">"Search"</button>
        </form>
    }
}

#[component]
fn Results(found: CodeSearch, address: RepoAddress) -> impl IntoView {
    let lines = found.files.iter().map(|file| file.lines.len()).sum::<usize>();
    let count = |number: usize, noun| text::count(i64::try_from(number).unwrap_or(i64::MAX), noun);
    let more = if found.more { "The first " } else { "" };
    let summary = format!("{more}{} in {}", count(lines, "line"), count(found.files.len(), "file"));
    let cut = found.cut_short;
    let passed_over = (found.passed_over > 0).then(|| format!("{} above 1 MiB not looked at", text::count(found.passed_over, "file")));
    let at = At::new(&found.ref_kind, &found.ref_name);
    if found.files.is_empty() {
        let title = if cut { "Nothing was found in the time there is" } else { "No line holds this text" };
        return view! { <Empty sign=Sign::Search title=title>{passed_over.map(|text| view! { <p class="muted small">{text}"."</p> })}</Empty> }.into_any();
    }
    let files = found.files.into_iter().map(|file| file_view(&address, &at, file)).collect_view();
    view! {
        <p class="muted small" role="status">{summary}{passed_over.map(|text| format!(" · {text}"))}</p>
        {cut.then(|| view! { <p class="notice"><Icon sign=Sign::Clock/>"The time was over before all files were looked at. Search in a folder to see the rest."</p> })}
        {files}
    }
    .into_any()
}

fn file_view(address: &RepoAddress, at: &At, file: CodeSearchFile) -> AnyView {
    let href = address.code(at, &file.url_path);
    let rows = file.lines.into_iter().map(|line| line_view(&href, line)).collect_view();
    let more = file.more.then(|| view! { <p class="muted small listing-note">"More lines of this file match."</p> });
    view! {
        <section class="box found-file" aria-label=file.path.clone()>
            <div class="box-head"><Icon sign=Sign::File/><a class="diff-name" href=href dir="auto">{file.path.clone()}</a></div>
            <div class="code" tabindex="0" role="region" aria-label=format!("Lines of {}", text::percent_decode(&file.url_path))>{rows}</div>
            {more}
        </section>
    }
    .into_any()
}

fn line_view(file: &str, line: CodeSearchLine) -> AnyView {
    let number = line.number;
    let parts = line.parts.into_iter().map(|part| match part.is_match {
        true => view! { <mark>{part.text}</mark> }.into_any(),
        false => part.text.into_any(),
    });
    let parts = parts.collect_view();
    view! {
        <div class="line">
            <a class="ln" href=format!("{file}#L{number}") data-n=number.to_string() aria-label=format!("Line {number}")></a>
            <code>{line.cut_before.then_some("…")}{parts}{line.cut_after.then_some("…")}</code>
        </div>
    }
    .into_any()
}
