//! One delivery: its event, how its last try ended, what that cost and logged.

use hardie_api_types::delivery::{Delivery, Event};
use leptos::prelude::*;

use super::use_place;
use crate::api::deliveries::{self, Receiver};
use crate::load::{Again, load};
use crate::pages::deliveries::{Redeliver, badge, fact};
use crate::parts::command::Commands;
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::PluginView;
use crate::text::{self, bytes, grouped};

/// The page.
#[component]
pub fn OneDelivery(id: i64, delivery: i64) -> impl IntoView {
    let place = use_place();
    let found = load(
        || (),
        move |()| async move {
            let place = place.get();
            let found = deliveries::get(&place, id, delivery).await?;
            let event = deliveries::event(&place, &found).await?;
            Ok((found, event))
        },
    );
    let again = found.again();
    let all = place.get().one(id, PluginView::Deliveries);
    view! {
        <p class="small"><a href=all>"All deliveries"</a></p>
        {found.view(|| skeleton::rows(4), move |(delivery, event)| shown(id, delivery, event, again))}
    }
}

fn shown(id: i64, delivery: Delivery, event: Option<Event>, again: Again) -> AnyView {
    let ended = delivery.ended_at.is_some();
    let kept = event.is_some();
    let (number, seq) = (delivery.id, delivery.seq);
    let kind = if delivery.kind.is_empty() { "Event".to_owned() } else { delivery.kind.clone() };
    view! {
        <div class="toolbar">
            <h3>{format!("{kind}, event {seq}")}</h3>
            {badge(&delivery.state)}
            <div class="toolbar-right">
                <button class="button small-button" type="button" on:click=move |_| again.ask()>"Refresh"</button>
                {(ended && kept).then(|| view! { <Redeliver receiver=Receiver::plugin(&use_place().get(), id) delivery=number seq=seq whom="The plugin" again=again/> })}
            </div>
        </div>
        {facts(&delivery)}
        {lines("Log", &delivery.log.join("\n"), "It logged nothing in its last try.")}
        {match event {
            Some(event) => {
                let payload = serde_json::to_string_pretty(&event.payload).unwrap_or_default();
                view! { <h4>"What happened"</h4><Commands lines=payload what="event"/> }.into_any()
            }
            None => view! { <h4>"What happened"</h4><p class="muted">"The event is not kept any more, or belongs to a repository that is not here."</p> }.into_any(),
        }}
    }
    .into_any()
}

fn facts(delivery: &Delivery) -> AnyView {
    let mut facts = vec![fact("Delivery", view! { <code>{delivery.id}</code> }.into_any())];
    if !delivery.repository.is_empty() {
        facts.push(fact("Repository", delivery.repository.clone().into_any()));
    }
    facts.push(fact("Made", view! { <Ago time=delivery.created_at.clone()/> }.into_any()));
    facts.push(fact("Tries", delivery.attempt.to_string().into_any()));
    for (name, time) in [("Last try", &delivery.started_at), ("Ended", &delivery.ended_at), ("Next try", &delivery.next_at)] {
        if let Some(time) = time.clone() {
            facts.push(fact(name, view! { <Ago time=time/> }.into_any()));
        }
    }
    if !delivery.outcome.is_empty() {
        let result = format!("{}{}{}", delivery.outcome, if delivery.text.is_empty() { "" } else { ": " }, delivery.text);
        facts.push(fact("Result", view! { <span class="wrap" dir="auto">{result}</span> }.into_any()));
        let cost = format!(
            "{} ms, {} instructions, {} of memory, {} to the server, which handed over {}",
            text::tenths(delivery.wall_micros, 1_000),
            grouped(delivery.fuel),
            bytes(delivery.memory),
            text::count(delivery.host_calls, "call"),
            bytes(delivery.host_bytes),
        );
        facts.push(fact("Cost", cost.into_any()));
    }
    view! { <dl class="facts">{facts}</dl> }.into_any()
}

fn lines(title: &'static str, lines: &str, nothing: &'static str) -> AnyView {
    match lines.is_empty() {
        true => view! { <h4>{title}</h4><p class="muted">{nothing}</p> }.into_any(),
        false => view! { <h4>{title}</h4><Commands lines=lines.to_owned() what="log"/> }.into_any(),
    }
}
