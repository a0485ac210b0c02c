//! One delivery to a webhook: what is sent, and how its last attempt ended.

use hardie_api_types::hook::HookDelivery;
use leptos::prelude::*;

use super::use_place;
use crate::api::hooks;
use crate::load::{Again, load};
use crate::pages::deliveries::{Redeliver, badge, fact};
use crate::parts::command::Commands;
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::HookView;

/// The page.
#[component]
pub fn OneDelivery(id: i64, delivery: i64) -> impl IntoView {
    let place = use_place();
    let found = load(|| (), move |()| async move { hooks::delivery(&place.get(), id, delivery).await });
    let again = found.again();
    view! {
        <p class="small"><a href=place.get().hooks(HookView::One(id))>"The webhook and all its deliveries"</a></p>
        {found.view(|| skeleton::rows(4), move |delivery| shown(id, delivery, again))}
    }
}

fn shown(id: i64, delivery: HookDelivery, again: Again) -> AnyView {
    let ended = delivery.ended_at.is_some();
    let (number, seq) = (delivery.id, delivery.seq);
    let receiver = hooks::receiver(&use_place().get(), id);
    let body = delivery.payload.as_ref().map(|body| serde_json::to_string_pretty(body).unwrap_or_default());
    view! {
        <div class="toolbar">
            <h2 class="wrap" dir="auto">{delivery.about.clone()}</h2>
            {badge(&delivery.state)}
            <div class="toolbar-right">
                <button class="button small-button" type="button" on:click=move |_| again.ask()>"Refresh"</button>
                {ended.then(|| view! { <Redeliver receiver=receiver delivery=number seq=seq whom="The webhook" again=again/> })}
            </div>
        </div>
        {facts(&delivery)}
        <h3>"What is sent"</h3>
        {match body {
            Some(body) => view! { <Commands lines=body what="the request's body"/> }.into_any(),
            None => view! { <p class="muted">"It is put together at the first attempt."</p> }.into_any(),
        }}
    }
    .into_any()
}

fn facts(delivery: &HookDelivery) -> AnyView {
    let mut facts = vec![fact("Event", delivery.seq.to_string().into_any())];
    if !delivery.uuid.is_empty() {
        let uuid = delivery.uuid.clone();
        facts.push(fact("Id in headers", view! { <code>{uuid}</code> }.into_any()));
    }
    if !delivery.repository.is_empty() {
        facts.push(fact("Repository", delivery.repository.clone().into_any()));
    }
    facts.push(fact("Made", view! { <Ago time=delivery.created_at.clone()/> }.into_any()));
    facts.push(fact("Attempts", delivery.attempt.to_string().into_any()));
    for (name, time) in [("Last attempt", &delivery.started_at), ("Ended", &delivery.ended_at), ("Next attempt", &delivery.next_at)] {
        if let Some(time) = time.clone() {
            facts.push(fact(name, view! { <Ago time=time/> }.into_any()));
        }
    }
    if !delivery.outcome.is_empty() {
        let answer = if delivery.text.is_empty() { delivery.outcome.clone() } else { delivery.text.clone() };
        facts.push(fact("Answer", view! { <span class="wrap" dir="auto">{answer}</span> }.into_any()));
    }
    view! { <dl class="facts">{facts}</dl> }.into_any()
}
