//! Having a range of deliveries again: counted first, so that the question before it names the number.

use hardie_api_types::Time;
use hardie_api_types::delivery::{RedeliverOption, Redelivered};
use leptos::prelude::*;

use crate::api::deliveries::{self, Receiver};
use crate::browser;
use crate::load::Again;
use crate::parts::confirm::ConfirmButton;
use crate::parts::field::TextField;
use crate::parts::form::{Form, Submit};
use crate::state::toasts::use_toasts;
use crate::text::count;

/// The form. `list` asks for the deliveries again.
#[component]
pub fn RedeliverRange(receiver: Receiver, list: Again) -> impl IntoView {
    let receiver = StoredValue::new(receiver);
    let toasts = use_toasts();
    let [from, to, since, until] = [(); 4].map(|()| RwSignal::new(String::new()));
    let counted = RwSignal::new(None::<Redelivered>);
    // Another range has another number.
    Effect::new(move |_| {
        for field in [from, to, since, until] {
            field.track();
        }
        counted.set(None);
    });
    let submit = Submit::new();
    let range = move |dry_run: bool| {
        let place_in_log = |field: RwSignal<String>| field.get_untracked().trim().parse::<i64>().ok();
        let time = |field: RwSignal<String>| browser::moment(field.get_untracked().trim()).map(|moment| Time(browser::rfc3339(moment)));
        RedeliverOption { from: place_in_log(from), to: place_in_log(to), since: time(since), until: time(until), dry_run }
    };
    let ask = move || {
        let (receiver, range) = (receiver.get_value(), range(true));
        submit.run(async move { deliveries::range_again(&receiver, &range).await }, move |would| counted.set(Some(would)));
    };
    let send = move || {
        let (receiver, range) = (receiver.get_value(), range(false));
        submit.run(async move { deliveries::range_again(&receiver, &range).await }, move |begun| {
            toasts.done(format!("{} begun anew.", count(begun.redelivered, "delivery")));
            counted.set(None);
            list.ask();
        });
    };
    let outcome = move || {
        match counted.get() {
        None => ().into_any(),
        Some(Redelivered { redelivered: 0, .. }) => {
            view! { <p class="notice">"Nothing in this range can be delivered again: what waits is tried by itself, and events are kept for 30 days."</p> }.into_any()
        }
        Some(would) => {
            let number = count(would.redelivered, "delivery");
            let rest = would.next.map_or_else(String::new, |next| format!(" The rest, from event {next} on, must wait until fewer are under way."));
            view! {
                <p>{format!("{number} would begin anew.{rest}")}</p>
                <ConfirmButton label=format!("Deliver {} again", would.redelivered) title=format!("Deliver {} again?", count(would.redelivered, "event")) mild=true on_confirm=send
                    explain=format!("{number} that came to an end begin anew, the oldest first, each under the id that it had.{rest}")/>
            }
            .into_any()
        }
    }
    };
    view! {
        <section class="card">
            <details class="plugin-edit">
                <summary>"Deliver a range again"</summary>
                <p class="muted small">"By the places of events in the log, by the time at which deliveries were made, or both. Leave empty what does not matter."</p>
                <Form submit=submit on_submit=ask action="Count them" fields=&["from", "to", "since", "until"]>
                    <div class="field-pair">
                        <TextField name="from" label="From event" kind="number" value=from failure=submit.failure()/>
                        <TextField name="to" label="To event" kind="number" value=to failure=submit.failure()/>
                    </div>
                    <div class="field-pair">
                        <TextField name="since" label="Made since" kind="datetime-local" value=since failure=submit.failure()/>
                        <TextField name="until" label="Made before" kind="datetime-local" value=until failure=submit.failure()/>
                    </div>
                </Form>
                <div role="status">{outcome}</div>
            </details>
        </section>
    }
}
