//! The webhooks of a place, how each is doing, and a form for another.

use hardie_api_types::hook::Hook;
use leptos::prelude::*;

use super::form::{Fields, HookFields};
use super::use_place;
use crate::api::hooks;
use crate::load::{Load, load};
use crate::nav::use_nav;
use crate::parts::empty::Empty;
use crate::parts::form::{Form, Submit};
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::routes::{HookView, PluginPlace};
use crate::state::toasts::use_toasts;
use crate::text::count;

/// The page.
#[component]
pub fn Hooks() -> impl IntoView {
    let place = use_place();
    let found = load(move || place.get(), |place| async move { hooks::all(&place).await.map(|found| found.items) });
    let where_to = match place.get() {
        PluginPlace::Repo(_) => String::new(),
        PluginPlace::Owner(name) => format!("Those below are told of every repository of {name}. "),
        PluginPlace::Site => "Those below are told of every repository of this server. ".to_owned(),
    };
    view! {
        <h2>"Webhooks"</h2>
        <p class="muted">{where_to} "A webhook tells a server of yours what happened, by a request to it."</p>
        {found.view(|| skeleton::rows(2), move |hooks| {
            if hooks.is_empty() {
                return view! { <Empty sign=Sign::Link title="No server is told of anything"><p class="muted">"Add a webhook below."</p></Empty> }.into_any();
            }
            let rows = hooks.into_iter().map(|hook| row(hook, &place.get())).collect_view();
            view! { <ul class="box rows">{rows}</ul> }.into_any()
        })}
        {found.below(move || view! { <Add found=found/> }.into_any())}
    }
}

fn row(hook: Hook, place: &PluginPlace) -> AnyView {
    let (url, events) = (hook.config.get("url").cloned().unwrap_or_default(), hook.events.join(", "));
    let waiting = (hook.waiting > 0).then(|| format!(" · {} waiting", count(hook.waiting, "delivery")));
    let dead = (hook.dead > 0).then(|| format!(" · {} given up", hook.dead));
    view! {
        <li class="item-row">
            <Icon sign=Sign::Link/>
            <div class="item-main">
                <p><a href=place.hooks(HookView::One(hook.id))><strong>{url}</strong></a> " " {badge(&hook.state)}</p>
                <p class="muted small">{events}{waiting}{dead}</p>
            </div>
        </li>
    }
    .into_any()
}

/// How it is doing, for people.
pub fn badge(state: &str) -> AnyView {
    let (class, word) = match state {
        "active" => ("badge badge-good", "Active"),
        "paused" => ("badge badge-warning", "Does not answer"),
        "parked" => ("badge badge-bad", "Parked"),
        _ => ("badge", "Off"),
    };
    view! { <span class=class>{word}</span> }.into_any()
}

#[component]
fn Add(found: Load<Vec<Hook>>) -> impl IntoView {
    let place = use_place();
    let (nav, toasts) = (use_nav(), use_toasts());
    let fields = Fields::new(None);
    let submit = Submit::new();
    let add = move || {
        if !fields.is_told(submit) {
            return;
        }
        let (here, options) = (place.get(), fields.create());
        submit.run(async move { hooks::add(&here, &options).await }, move |made| {
            toasts.done("Webhook added.");
            found.retry();
            nav.go(&place.get().hooks(HookView::One(made.id)));
        });
    };
    view! {
        <section class="card">
            <h3>"Add a webhook"</h3>
            <Form submit=submit on_submit=add action="Add webhook" fields=Fields::SHOWN><HookFields fields=fields submit=submit/></Form>
        </section>
    }
}
