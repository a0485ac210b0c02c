//! The branch and tag switcher.

use leptos::prelude::*;

use crate::api::code;
use crate::browser::lower_case;
use crate::load::load;
use crate::pages::repo::use_repo;
use crate::parts::icon::{Icon, Sign};
use crate::parts::menu::Menu;
use crate::routes::{At, RefKind};
use crate::text;

/// Shows the ref; its panel leads to the same path at another one. `link` makes that address.
#[component]
pub fn RefMenu(at: At, #[prop(into)] link: Callback<At, String>) -> impl IntoView {
    let shown = match at.kind {
        RefKind::Commit => text::short(&at.name).to_owned(),
        _ => at.name.clone(),
    };
    let sign = match at.kind {
        RefKind::Branch => Sign::Branch,
        RefKind::Tag => Sign::Tag,
        RefKind::Commit => Sign::Commit,
    };
    let label = format!("Switch branch or tag; now {} {shown}", at.kind.word());
    let at = StoredValue::new(at);
    view! {
        <Menu label=label wide=true
            face=move || view! { <Icon sign=sign/><span class="ref-name" dir="auto">{shown.clone()}</span><Icon sign=Sign::ChevronDown/> }>
            <RefPanel at=at.get_value() link=link/>
        </Menu>
    }
}

#[component]
fn RefPanel(at: At, link: Callback<At, String>) -> impl IntoView {
    let repo = use_repo();
    let tags = RwSignal::new(at.kind == RefKind::Tag);
    let filter = RwSignal::new(String::new());
    let names = load(
        move || (repo.address(), tags.get()),
        |(address, tags)| async move {
            Ok(match tags {
                true => code::tags(&address, 1)
                    .await?
                    .items
                    .into_iter()
                    .map(|tag| At { kind: RefKind::Tag, name: tag.name })
                    .collect::<Vec<_>>(),
                false => code::branches(&address, 1).await?.items.into_iter().map(|branch| At::branch(&branch.name)).collect(),
            })
        },
    );
    let all = repo.address();
    view! {
        <div class="ref-panel">
            <div class="segmented" role="group" aria-label="Kind">
                <button type="button" aria-pressed=move || (!tags.get()).to_string() on:click=move |_| tags.set(false)>"Branches"</button>
                <button type="button" aria-pressed=move || tags.get().to_string() on:click=move |_| tags.set(true)>"Tags"</button>
            </div>
            <input type="search" aria-label="Filter" placeholder="Filter" autocomplete="off" spellcheck="false"
                prop:value=move || filter.get() on:input=move |event| filter.set(event_target_value(&event))/>
            <div class="menu-list ref-list">
                {names.view(|| view! { <p class="muted menu-pad small">"Loading…"</p> }.into_any(), move |names| {
                    let wanted = lower_case(&filter.get());
                    let rows = names.into_iter().filter(|name| lower_case(&name.name).contains(&wanted)).map(|name| {
                        let here = name == at;
                        let href = link.run(name.clone());
                        view! {
                            <a href=href aria-current=here.then_some("true")>
                                <span class="menu-tick">{here.then(|| view! { <Icon sign=Sign::Check/> })}</span>
                                <span dir="auto">{name.name}</span>
                            </a>
                        }
                    }).collect_view();
                    rows.into_any()
                })}
            </div>
            <a class="menu-foot" href=move || if tags.get() { all.tags() } else { all.branches() }>
                {move || if tags.get() { "All tags" } else { "All branches" }}
            </a>
        </div>
    }
}
