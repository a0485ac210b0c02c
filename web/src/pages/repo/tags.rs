//! Tags.

use leptos::prelude::*;

use crate::api::code;
use crate::load::load;
use crate::nav::use_nav;
use crate::pages::repo::use_repo;
use crate::parts::command::Commands;
use crate::parts::copy::CopyButton;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::pager::{Pager, has_next};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::{At, RefKind};
use crate::state::title;
use crate::text;

/// The page at `…/tags`.
#[component]
pub fn TagsPage() -> impl IntoView {
    let nav = use_nav();
    let address = use_repo().address();
    title::set(format!("Tags · {}", address.full_name()));
    let asked = address.clone();
    let tags = load(
        move || nav.page_number(),
        move |page| {
            let address = asked.clone();
            async move { code::tags(&address, page).await.map(|found| (page, found)) }
        },
    );
    view! {
        <h2 class="offscreen">"Tags"</h2>
        {tags.view(|| skeleton::rows(5), move |(page, found)| {
            if found.items.is_empty() {
                return view! {
                    <Empty sign=Sign::Tag title="No tag yet">
                        <p class="muted">"A tag names a commit for good, such as a release."</p>
                        <Commands lines="git tag -a v1.0 -m \"Version 1.0\"\ngit push origin v1.0".to_owned() what="the commands for a tag"/>
                    </Empty>
                }.into_any();
            }
            let more = has_next(page, code::REFS_PER_PAGE, found.total);
            let here = address.tags();
            let rows = found.items.into_iter().map(|tag| {
                let at = At { kind: RefKind::Tag, name: tag.name.clone() };
                view! {
                    <li class="item-row">
                        <Icon sign=Sign::Tag/>
                        <div class="item-main">
                            <p class="ref-line">
                                <a href=address.code(&at, "") dir="auto"><strong>{tag.name.clone()}</strong></a>
                                <CopyButton text=tag.name.clone() what="tag name"/>
                            </p>
                            {(!tag.message.trim().is_empty()).then(|| view! { <p class="small" dir="auto">{text::title(tag.message.trim()).to_owned()}</p> })}
                            <p class="muted small">
                                <a class="sha" href=address.commit(&tag.commit.sha)><code>{text::short(&tag.commit.sha).to_owned()}</code></a>
                                {crate::browser::moment(tag.commit.created.as_str()).is_some().then(|| view! { " · " <Ago time=tag.commit.created.clone()/> })}
                            </p>
                        </div>
                        <a class="button small-button" href=address.archive(&at, "tar.gz") rel="external" download="" aria-label=format!("Download {} as tar.gz", tag.name)>"tar.gz"</a>
                        <a class="button small-button" href=address.archive(&at, "zip") rel="external" download="" aria-label=format!("Download {} as zip", tag.name)>"zip"</a>
                        <a class="button small-button" href=address.commits(&at, "")>"History"</a>
                    </li>
                }
            }).collect_view();
            view! { <ul class="box rows">{rows}</ul><Pager page=page has_next=more link=move |page| format!("{here}?page={page}")/> }.into_any()
        })}
    }
}
