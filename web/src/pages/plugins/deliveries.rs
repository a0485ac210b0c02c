//! What a plugin was told of events: how that goes, the list, and having a range of it again.

use hardie_api_types::delivery::Delivery;
use hardie_api_types::plugin::PluginInstallation;
use leptos::prelude::*;

use super::state::StatePanel;
use super::use_place;
use crate::api::deliveries::Receiver;
use crate::api::{Paged, deliveries};
use crate::load::{Again, Load, load};
use crate::nav::use_nav;
use crate::pages::deliveries::redeliver::RedeliverRange;
use crate::pages::deliveries::{self as shared, filters, none_in_state};
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::pager::{Pager, has_next};
use crate::parts::skeleton;
use crate::routes::PluginView;
use crate::text;

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
        {found.below(move || view! { <RedeliverRange receiver=Receiver::plugin(&use_place().get(), id) list=found.again()/> }.into_any())}
    }
    .into_any()
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
    none_in_state(all)
}

fn row(delivery: Delivery, all: &str) -> AnyView {
    let what = if delivery.kind.is_empty() { "An event that is not kept any more".to_owned() } else { delivery.kind };
    shared::row(shared::Row {
        url: format!("{all}/{}", delivery.id),
        what,
        state: delivery.state,
        said: text::title(&delivery.text).to_owned(),
        seq: delivery.seq,
        repository: delivery.repository,
        attempt: delivery.attempt,
        made: delivery.created_at,
        next: delivery.next_at,
    })
}
