//! What the pages of plugins and those of webhooks have in common: states, a row of the list, having deliveries again.

pub mod redeliver;

use hardie_api_types::Time;
use leptos::prelude::*;

use crate::api::deliveries::{self, Receiver};
use crate::load::Again;
use crate::nav::use_nav;
use crate::parts::confirm::ConfirmButton;
use crate::parts::empty::Empty;
use crate::parts::form::Submit;
use crate::parts::icon::{Icon, Sign};
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;

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

/// Links to the list at `all` by state.
pub fn filters(all: &str) -> AnyView {
    let nav = use_nav();
    let links = STATES.map(|(state, label)| {
        let href = if state.is_empty() { all.to_owned() } else { format!("{all}?state={state}") };
        view! { <a href=href aria-current=move || (nav.query("state") == state).then_some("true")>{label}</a> }
    });
    view! { <nav class="filters" aria-label="Deliveries by state">{links.collect_view()}</nav> }.into_any()
}

/// Nothing in the state that was asked for.
pub fn none_in_state(all: &str) -> AnyView {
    let all = all.to_owned();
    view! { <Empty sign=Sign::Check title="No delivery is in this state"><a class="button" href=all.clone()>"Show all"</a></Empty> }
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

/// A delivery in a list.
pub struct Row {
    /// Its page.
    pub url: String,
    /// What is told.
    pub what: String,
    /// As the API names it.
    pub state: String,
    /// How the last try ended; may be empty.
    pub said: String,
    /// The place of the event in the log.
    pub seq: i64,
    /// `owner/name`; may be empty.
    pub repository: String,
    /// Tries so far.
    pub attempt: i64,
    /// When it was made.
    pub made: Time,
    /// When it is tried next.
    pub next: Option<Time>,
}

/// The row.
pub fn row(row: Row) -> AnyView {
    let tries = match row.attempt {
        0 => "not tried yet".to_owned(),
        1 => "1 try".to_owned(),
        many => format!("{many} tries"),
    };
    let repository = if row.repository.is_empty() { String::new() } else { format!(" · {}", row.repository) };
    view! {
        <li class="item-row">
            <Icon sign=Sign::Clock/>
            <div class="item-main">
                <p><a href=row.url><strong>{row.what}</strong></a> " " {badge(&row.state)}</p>
                {(!row.said.is_empty()).then(|| view! { <p class="small" dir="auto">{row.said}</p> })}
                <p class="muted small">
                    {format!("Event {}{repository} · {tries} · ", row.seq)} <Ago time=row.made/>
                    {row.next.filter(|_| row.attempt > 0).map(|time| view! { " · again " <Ago time=time/> })}
                </p>
            </div>
        </li>
    }
    .into_any()
}

/// A line of what is known of one.
pub fn fact(name: &'static str, value: AnyView) -> AnyView {
    view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any()
}

/// The button that asks and has one delivered again. `whom` begins the explanation: "The plugin".
#[component]
pub fn Redeliver(receiver: Receiver, delivery: i64, seq: i64, whom: &'static str, again: Again) -> impl IntoView {
    let toasts = use_toasts();
    let submit = Submit::new();
    let send = move || {
        let receiver = receiver.clone();
        submit.run(async move { deliveries::again(&receiver, delivery).await }, move |_| {
            toasts.done("It is delivered again.");
            again.ask();
        });
    };
    view! {
        <ConfirmButton label="Deliver again" title="Deliver 1 event again?" mild=true failure=submit.failure() on_confirm=send
            explain=format!("{whom} is told of event {seq} once more, under the same id of the delivery: {delivery}.")/>
    }
}
