//! What a plugin was told of events: how that goes, the list, and having a range of it again.

use hardie_api_types::delivery::Delivery;
use hardie_api_types::plugin::PluginInstallation;
use leptos::prelude::*;

use super::redeliver::RedeliverRange;
use super::state::StatePanel;
use super::use_place;
use crate::api::{Paged, deliveries};
use crate::load::{Again, Load, load};
use crate::nav::use_nav;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::pager::{Pager, has_next};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::PluginView;
use crate::text;

/// States as the API names them, and for people.
const STATES: [(&str, &str); 7] = [
    ("", "All"),
    ("pending", "Waiting"),
    ("running", "Being tried"),
    ("failed", "To be tried again"),
    ("done", "Handled"),
    ("dead", "Given up"),
    ("skipped", "Skipped"),
];

/// The state that is asked for, the page of the list, and what is on it.
type Shown = (String, u32, Paged<Delivery>);

/// The page.
#[component]
pub fn Deliveries(installation: PluginInstallation, again: Again) -> impl IntoView {
    let place = use_place();
    let nav = use_nav();
    let id = installation.id;
    let found = load(
        move || (nav.query("state"), nav.page_number()),
        move |(state, page)| async move { deliveries::list(&place.get(), id, &state, page).await.map(|found| (state, page, found)) },
    );
    let state = load(|| (), move |()| async move { deliveries::state(&place.get(), id).await });
    let all = place.get().one(id, PluginView::Deliveries);
    view! {
        <StatePanel installation=installation again=again state=state list=found.again()/>
        {state.below(move || list(id, found, state.again(), &all))}
    }
}

/// What was asked for at the same time as the state, and stands below it.
fn list(id: i64, found: Load<Shown>, state: Again, all: &str) -> AnyView {
    let all = all.to_owned();
    let filters = filters(&all);
    let refresh = move |_| {
        found.retry();
        state.ask();
    };
    view! {
        <div class="toolbar">
            <h3>"Deliveries"</h3>
            <div class="toolbar-right"><button class="button small-button" type="button" on:click=refresh>"Refresh"</button></div>
        </div>
        {filters}
        {found.view(|| skeleton::rows(6), move |(state, page, found)| {
            if found.items.is_empty() {
                return nothing(&state, &all);
            }
            let more = has_next(page, deliveries::PER_PAGE, found.total);
            let rows = found.items.into_iter().map(|delivery| row(delivery, &all)).collect_view();
            let link = if state.is_empty() { format!("{all}?page=") } else { format!("{all}?state={state}&page=") };
            view! {
                <ul class="box rows">{rows}</ul>
                <Pager page=page has_next=more link=move |page| format!("{link}{page}")/>
            }.into_any()
        })}
        {found.below(move || view! { <RedeliverRange id=id list=found.again()/> }.into_any())}
    }
    .into_any()
}

fn filters(all: &str) -> AnyView {
    let nav = use_nav();
    let links = STATES.map(|(state, label)| {
        let href = if state.is_empty() { all.to_owned() } else { format!("{all}?state={state}") };
        view! { <a href=href aria-current=move || (nav.query("state") == state).then_some("true")>{label}</a> }
    });
    view! { <nav class="filters" aria-label="Deliveries by state">{links.collect_view()}</nav> }.into_any()
}

fn nothing(state: &str, all: &str) -> AnyView {
    if state.is_empty() {
        return view! {
            <Empty sign=Sign::Clock title="Nothing was delivered yet">
                <p class="muted">"It is told of what happens from now on: a push, a status, a change of the repository."</p>
            </Empty>
        }
        .into_any();
    }
    let all = all.to_owned();
    view! { <Empty sign=Sign::Check title="No delivery is in this state"><a class="button" href=all.clone()>"Show all"</a></Empty> }
        .into_any()
}

fn row(delivery: Delivery, all: &str) -> AnyView {
    let kind = if delivery.kind.is_empty() { "An event that is not kept any more".to_owned() } else { delivery.kind.clone() };
    let tries = match delivery.attempt {
        0 => "not tried yet".to_owned(),
        1 => "1 try".to_owned(),
        many => format!("{many} tries"),
    };
    let repository = if delivery.repository.is_empty() { String::new() } else { format!(" · {}", delivery.repository) };
    let said = text::title(&delivery.text).to_owned();
    view! {
        <li class="item-row">
            <Icon sign=Sign::Clock/>
            <div class="item-main">
                <p><a href=format!("{all}/{}", delivery.id)><strong>{kind}</strong></a> " " {badge(&delivery.state)}</p>
                {(!said.is_empty()).then(|| view! { <p class="small" dir="auto">{said}</p> })}
                <p class="muted small">
                    {format!("Event {}{repository} · {tries} · ", delivery.seq)} <Ago time=delivery.created_at/>
                    {delivery.next_at.filter(|_| delivery.attempt > 0).map(|time| view! { " · again " <Ago time=time/> })}
                </p>
            </div>
        </li>
    }
    .into_any()
}

/// A state for people.
pub fn badge(state: &str) -> AnyView {
    let class = match state {
        "done" => "badge badge-good",
        "dead" => "badge badge-bad",
        "failed" => "badge badge-warning",
        _ => "badge",
    };
    let word = STATES.iter().find(|(known, _)| *known == state).map_or(state, |(_, word)| word).to_owned();
    view! { <span class=class>{word}</span> }.into_any()
}
