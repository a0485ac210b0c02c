//! One webhook: how it is doing and the way on, what was sent to it, what is set.

use hardie_api_types::hook::{Hook, HookDelivery};
use leptos::prelude::*;

use super::form::{Fields, HookFields};
use super::list::badge;
use super::use_place;
use crate::api::{Paged, deliveries, hooks};
use crate::load::{Again, Load, load};
use crate::nav::use_nav;
use crate::pages::deliveries::redeliver::RedeliverRange;
use crate::pages::deliveries::{self as shared, filters, none_in_state};
use crate::parts::confirm::ConfirmButton;
use crate::parts::empty::Empty;
use crate::parts::form::{Form, Submit};
use crate::parts::icon::Sign;
use crate::parts::pager::{Pager, has_next};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::routes::{HookView, PluginPlace};
use crate::state::toasts::use_toasts;
use crate::text::{self, capital, count, sentence};

/// The state that is asked for, the page of the list, and what is on it.
type Shown = (String, u32, Paged<HookDelivery>);

/// The page.
#[component]
pub fn OneHook(id: i64) -> impl IntoView {
    let place = use_place();
    let nav = use_nav();
    let found = load(|| (), move |()| async move { hooks::get(&place.get(), id).await });
    let list = load(
        move || (nav.query("state"), nav.page_number()),
        move |(state, page)| async move { hooks::deliveries(&place.get(), id, &state, page).await.map(|found| (state, page, found)) },
    );
    view! {
        <p class="small"><a href=place.get().hooks(HookView::All)>"All webhooks"</a></p>
        {found.view(skeleton::block, move |hook| head(hook, found, list.again()))}
        {found.below(move || sent(id, list, found))}
    }
}

fn head(hook: Hook, found: Load<Hook>, list: Again) -> AnyView {
    let place = use_place();
    let toasts = use_toasts();
    let (id, waiting) = (hook.id, hook.waiting);
    let submit = Submit::new();
    let resume = move |skip: bool| {
        let place = place.get();
        submit.run(async move { hooks::resume(&place, id, skip).await }, move |_| {
            toasts.done(if skip { "What waited is skipped." } else { "What waits is sent now." });
            found.retry();
            list.ask();
        });
    };
    let test = move |_| {
        let place = place.get();
        submit.run(async move { hooks::test(&place, id).await }, move |_| {
            toasts.done("The newest commit is on its way to it.");
            found.retry();
            list.ask();
        });
    };
    let can_test = matches!(place.get(), PluginPlace::Repo(_)) && hook.active;
    let held = matches!(hook.state.as_str(), "paused" | "parked");
    let waits = count(waiting, "delivery");
    let url = hook.config.get("url").cloned().unwrap_or_default();
    view! {
        <h2 class="wrap" dir="auto">{url}</h2>
        <section class="card" aria-label="How it is doing">
            {told(&hook)}
            <p class="muted small">
                {format!("Told of {} · {waits} waiting · {} given up · ", hook.events.join(", "), hook.dead)}
                {if hook.signed { "signed" } else { "not signed" }}
            </p>
            <div class="form-actions">
                {held.then(|| view! { <button class="button primary" type="button" on:click=move |_| resume(false)>"Send now"</button> })}
                {can_test.then(|| view! { <button class="button" type="button" on:click=test>"Send a test"</button> })}
                {(waiting > 0).then(|| view! {
                    <ConfirmButton label="Skip what waits" title=format!("Skip {waits}?") quiet=true on_confirm=move || resume(true)
                        explain="They are not sent any more, unless you have them delivered again."/>
                })}
            </div>
            <p class="field-error" role="alert">{move || submit.failure().get().map(|failure| failure.message)}</p>
        </section>
    }
    .into_any()
}

/// How it is doing, and what happens to deliveries meanwhile.
fn told(hook: &Hook) -> AnyView {
    let badge = badge(&hook.state);
    let why = if hook.reason.is_empty() { String::new() } else { format!(" {}", sentence(&capital(&hook.reason))) };
    match hook.state.as_str() {
        "active" => view! { <p>{badge} " It is told of what happens, in order."</p> }.into_any(),
        "paused" => {
            let until = hook.paused_until.clone().map(|time| view! { " It is asked again " <Ago time=time/> "." });
            view! { <p>{badge}{why}{until}</p><p class="muted small">"What happens meanwhile is held for it, and sent in order once it answers."</p> }.into_any()
        }
        "parked" => view! {
            <p>{badge}{why}</p>
            <p class="muted small">"It did not answer for three days and is not asked any more. What waits is held for 30 days: send it once the receiver is well, or skip it."</p>
        }
        .into_any(),
        _ => view! { <p>{badge}{why} " It is told of nothing until it is switched on below."</p> }.into_any(),
    }
}

/// What was sent.
fn sent(id: i64, found: Load<Shown>, hook: Load<Hook>) -> AnyView {
    let place = use_place();
    let all = place.get().hooks(HookView::One(id));
    let filters = filters(&all);
    let refresh = move |_| {
        found.retry();
        hook.retry();
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
            let rows = found.items.into_iter().map(|delivery| row(delivery, id, &place.get())).collect_view();
            let link = if state.is_empty() { format!("{all}?page=") } else { format!("{all}?state={state}&page=") };
            view! {
                <ul class="box rows">{rows}</ul>
                <Pager page=page has_next=more link=move |page| format!("{link}{page}")/>
            }.into_any()
        })}
        {found.below(move || view! {
            <RedeliverRange receiver=hooks::receiver(&use_place().get(), id) list=found.again()/>
            // Not made anew with the hook: somebody may be writing.
            {untrack(|| hook.value()).map(|it| view! { <Edit hook=it found=hook/> })}
        }.into_any())}
    }
    .into_any()
}

fn nothing(state: &str, all: &str) -> AnyView {
    if !state.is_empty() {
        return none_in_state(all);
    }
    view! { <Empty sign=Sign::Clock title="Nothing was sent yet"><p class="muted">"It is told of what happens from now on."</p></Empty> }
        .into_any()
}

fn row(delivery: HookDelivery, id: i64, place: &PluginPlace) -> AnyView {
    shared::row(shared::Row {
        url: place.hooks(HookView::Delivery(id, delivery.id)),
        what: delivery.about,
        state: delivery.state,
        said: text::title(&delivery.text).to_owned(),
        seq: delivery.seq,
        repository: delivery.repository,
        attempt: delivery.attempt,
        made: delivery.created_at,
        next: delivery.next_at,
    })
}

#[component]
fn Edit(hook: Hook, found: Load<Hook>) -> impl IntoView {
    let place = use_place();
    let (nav, toasts) = (use_nav(), use_toasts());
    let fields = Fields::new(Some(&hook));
    let (submit, removal) = (Submit::new(), Submit::new());
    let id = hook.id;
    let save = move || {
        if !fields.is_told(submit) {
            return;
        }
        let (place, options) = (place.get(), fields.edit());
        submit.run(async move { hooks::edit(&place, id, &options).await }, move |_| {
            fields.forget();
            toasts.done("Webhook saved.");
            found.retry();
        });
    };
    let remove = move || {
        let here = place.get();
        removal.run(async move { hooks::remove(&here, id).await }, move |_| {
            toasts.done("Webhook removed.");
            nav.go(&place.get().hooks(HookView::All));
        });
    };
    view! {
        <section class="card">
            <details class="plugin-edit">
                <summary>"Change or remove it"</summary>
                <Form submit=submit on_submit=save action="Save webhook" fields=Fields::SHOWN><HookFields fields=fields submit=submit/></Form>
                <div class="form-actions">
                    <ConfirmButton label="Remove webhook" title="Remove this webhook?" quiet=true failure=removal.failure() on_confirm=remove
                        explain="It is told of nothing any more. What was sent to it, and what waits, is forgotten."/>
                </div>
            </details>
        </section>
    }
}
