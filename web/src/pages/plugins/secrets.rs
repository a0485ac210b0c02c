//! Secrets that a plugin may have filled into what it sends. No page shows a value: the server gives none back.

use hardie_api_types::plugin_secret::{PluginSecret, SetPluginSecretOption};
use leptos::prelude::*;

use super::use_place;
use crate::api::plugins;
use crate::browser;
use crate::load::{Again, load};
use crate::parts::confirm::ConfirmButton;
use crate::parts::empty::Empty;
use crate::parts::field::TextField;
use crate::parts::form::{Form, Submit};
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;

/// What is entered for one.
#[derive(Clone, Copy)]
struct Entry {
    name: RwSignal<String>,
    destination: RwSignal<String>,
    header: RwSignal<String>,
    value: RwSignal<String>,
}

impl Entry {
    fn put(self, name: &str, destination: &str, header: &str) {
        self.name.set(name.to_owned());
        self.destination.set(destination.to_owned());
        self.header.set(header.to_owned());
        self.value.set(String::new());
    }
}

/// The list, and a form that sets one.
#[component]
pub fn Secrets(id: i64) -> impl IntoView {
    let place = use_place();
    let found = load(move || place.get(), move |place| async move { plugins::secrets(&place, id).await });
    let again = found.again();
    let empty = || RwSignal::new(String::new());
    let entry = Entry { name: empty(), destination: empty(), header: empty(), value: empty() };
    view! {
        <h3>"Secrets"</h3>
        <p class="muted">"The plugin names a secret and the server fills it in, for one destination only. Nobody can read a value back, the plugin neither."</p>
        {found.view(|| skeleton::rows(2), move |secrets| {
            if secrets.is_empty() {
                return view! { <Empty sign=Sign::Key title="No secret is set"><p class="muted">"Set one below. The plugin's description says which it asks for."</p></Empty> }.into_any();
            }
            let rows = secrets.into_iter().map(|secret| view! { <Row id=id secret=secret again=again entry=entry/> }).collect_view();
            view! { <ul class="box rows">{rows}</ul> }.into_any()
        })}
        {found.below(move || view! { <Set id=id again=again entry=entry/> }.into_any())}
    }
}

#[component]
fn Row(id: i64, secret: PluginSecret, again: Again, entry: Entry) -> impl IntoView {
    let place = use_place();
    let toasts = use_toasts();
    let removal = Submit::new();
    let name = secret.name.clone();
    let remove = move || {
        let (place, name) = (place.get(), name.clone());
        removal.run(async move { plugins::remove_secret(&place, id, &name).await }, move |_| {
            toasts.done("Secret removed.");
            again.ask();
        });
    };
    let shown = secret.clone();
    let replace = move |_| {
        entry.put(&secret.name, &secret.destination, &secret.header);
        browser::focus("#value");
    };
    view! {
        <li class="item-row">
            <Icon sign=Sign::Key/>
            <div class="item-main">
                <p>
                    <strong dir="auto">{shown.name.clone()}</strong>
                    {(!shown.usable).then(|| view! { " " <span class="badge badge-bad">"Cannot be opened: set it anew"</span> })}
                </p>
                <p class="small"><code class="wrap">{shown.destination}</code></p>
                <p class="small">{match shown.header.is_empty() {
                    true => "At any place of a request".into_any(),
                    false => view! { "In the header " <code>{shown.header}</code> }.into_any(),
                }}</p>
                <p class="muted small">
                    "Set " <Ago time=shown.set_at/> {(!shown.set_by.is_empty()).then(|| format!(" by {}", shown.set_by))}
                </p>
            </div>
            <button class="button" type="button" aria-label=format!("Replace {}", shown.name) on:click=replace>"Replace"</button>
            <ConfirmButton label="Remove" title=format!("Remove {}?", shown.name) quiet=true failure=removal.failure() on_confirm=remove
                explain="Requests of the plugin that name it fail from then on. The value is gone for good."/>
        </li>
    }
}

#[component]
fn Set(id: i64, again: Again, entry: Entry) -> impl IntoView {
    let place = use_place();
    let toasts = use_toasts();
    let submit = Submit::new();
    let set = move || {
        let name = entry.name.get_untracked().trim().to_owned();
        if name.is_empty() {
            submit.refuse("name", "It needs a name.");
            return;
        }
        let options = SetPluginSecretOption {
            destination: entry.destination.get_untracked().trim().to_owned(),
            header: entry.header.get_untracked().trim().to_owned(),
            value: entry.value.get_untracked(),
        };
        let place = place.get();
        submit.run(async move { plugins::set_secret(&place, id, &name, &options).await }, move |kept| {
            entry.put("", "", "");
            toasts.done(format!("Secret {} set.", kept.name));
            again.ask();
        });
    };
    view! {
        <section class="card">
            <h3>"Set a secret"</h3>
            <Form submit=submit on_submit=set action="Set secret" fields=&["name", "destination", "header", "value"]>
                <TextField name="name" label="Name" value=entry.name required=true max=64 failure=submit.failure()
                    hint="As the plugin asks for it. One of this name is replaced, with all that is below."/>
                <TextField name="destination" label="Destination" value=entry.destination required=true failure=submit.failure()
                    hint="Scheme and host: https://hooks.example.org. It is sent nowhere else."/>
                <TextField name="header" label="Header (optional)" value=entry.header failure=submit.failure()
                    hint="The one header in which it may stand, such as authorization. Any place of a request if empty."/>
                <TextField name="value" label="Value" kind="password" autocomplete="new-password" value=entry.value required=true failure=submit.failure()
                    hint="8 to 8192 bytes."/>
            </Form>
        </section>
    }
}
