//! What a plugin logged while it judged pushes.

use hardie_api_types::plugin::PluginLogLine;
use leptos::prelude::*;

use super::use_place;
use crate::api::plugins;
use crate::load::load;
use crate::nav::use_nav;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::pager::{Pager, has_next};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::PluginView;

/// The lines, the last one first.
#[component]
pub fn Log(id: i64) -> impl IntoView {
    let place = use_place();
    let nav = use_nav();
    let found =
        load(move || nav.page_number(), move |page| async move { plugins::log(&place.get(), id, page).await.map(|found| (page, found)) });
    let link = place.get().one(id, PluginView::Log);
    view! {
        <h3>"Log"</h3>
        {found.view(|| skeleton::rows(6), move |(page, found)| {
            if found.items.is_empty() {
                return view! {
                    <Empty sign=Sign::File title="Nothing was logged">
                        <p class="muted">"Lines of pushes that it judged stand here; those of events stand with their deliveries."</p>
                    </Empty>
                }.into_any();
            }
            let more = has_next(page, plugins::LINES_PER_PAGE, found.total);
            let link = link.clone();
            view! {
                <ul class="box rows log">{found.items.into_iter().map(row).collect_view()}</ul>
                <Pager page=page has_next=more link=move |page| format!("{link}?page={page}")/>
            }.into_any()
        })}
    }
}

fn row(line: PluginLogLine) -> AnyView {
    let about =
        if line.repository.is_empty() { format!("push {}", line.push_id) } else { format!("push {} to {}", line.push_id, line.repository) };
    view! {
        <li>
            <code class="wrap" dir="auto">{line.line}</code>
            <p class="muted small">{about} " · " {line.outcome} " · " <Ago time=line.at/></p>
        </li>
    }
    .into_any()
}
