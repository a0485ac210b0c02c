//! Repositories that the reader may see, by name or description.

use leptos::prelude::*;

use crate::api::repos;
use crate::load::load;
use crate::nav::use_nav;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::pager::Pager;
use crate::parts::repo_list::RepoList;
use crate::parts::skeleton;
use crate::state::title;
use crate::text::encode_segment;

/// The page at `/explore`.
#[component]
pub fn ExplorePage() -> impl IntoView {
    let nav = use_nav();
    let found = load(
        move || (nav.query("q"), nav.page_number()),
        |(text, page)| async move { repos::search(&text, page).await.map(|repos| (text, page, repos)) },
    );
    let heading = move || match nav.query("q") {
        text if text.is_empty() => "Explore repositories".to_owned(),
        text => format!("Repositories matching “{text}”"),
    };
    Effect::new(move |_| title::set(heading()));
    view! {
        <div class="page">
            <div class="page-head"><h1 dir="auto">{heading}</h1></div>
            {found.view(|| skeleton::rows(6), |(text, page, repos)| {
                if repos.is_empty() {
                    let title = if text.is_empty() { "No repository to see yet" } else { "No repository matches" };
                    return view! {
                        <Empty sign=Sign::Search title=title>
                            <p class="muted">"Private repositories are found only by those who work on them."</p>
                            <a class="button" href="/explore">"Show all"</a>
                        </Empty>
                    }.into_any();
                }
                let more = repos.len() >= usize::try_from(repos::PER_PAGE).unwrap_or(usize::MAX);
                let query = encode_segment(&text);
                view! { <RepoList repos=repos/><Pager page=page has_next=more link=move |page| format!("/explore?q={query}&page={page}")/> }.into_any()
            })}
        </div>
    }
}
