//! SSH keys.

use hardie_api_types::identity::{CreateKeyOption, PublicKey};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::settings;
use crate::load::{Load, load};
use crate::parts::confirm::ConfirmButton;
use crate::parts::empty::Empty;
use crate::parts::field::{AreaField, TextField};
use crate::parts::form::{Form, Submit};
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;

/// Keys, and a form for another.
#[component]
pub fn Keys() -> impl IntoView {
    let keys = load(|| (), |()| async { settings::keys().await.map(|found| found.items) });
    view! {
        <h1>"SSH keys"</h1>
        <p class="muted">"A key lets git on your machine push and fetch as you, without a password."</p>
        {keys.view(|| skeleton::rows(2), move |found| {
            if found.is_empty() {
                return view! { <Empty sign=Sign::Key title="No SSH key yet"><p class="muted">"Add one below. " <code>"ssh-keygen -t ed25519"</code> " makes one."</p></Empty> }.into_any();
            }
            let rows = found.into_iter().map(|key| view! { <KeyRow key_row=key keys=keys/> }).collect_view();
            view! { <ul class="box rows">{rows}</ul> }.into_any()
        })}
        {keys.below(move || view! { <AddKey keys=keys/> }.into_any())}
    }
}

#[component]
fn KeyRow(key_row: PublicKey, keys: Load<Vec<PublicKey>>) -> impl IntoView {
    let toasts = use_toasts();
    let id = key_row.id;
    let remove = move || {
        spawn_local(async move {
            match settings::remove_key(id).await {
                Ok(_) => {
                    toasts.done("Key removed.");
                    keys.retry();
                }
                Err(failure) => toasts.failed(failure.message),
            }
        });
    };
    view! {
        <li class="item-row">
            <Icon sign=Sign::Key/>
            <div class="item-main">
                <p><strong dir="auto">{key_row.title.clone()}</strong>{key_row.read_only.then(|| view! { " " <span class="badge">"Read only"</span> })}</p>
                <p class="small"><code class="wrap">{key_row.fingerprint}</code></p>
                <p class="muted small">
                    "Added " <Ago time=key_row.created_at/>
                    {match key_row.last_used_at {
                        Some(time) => view! { " · last used " <Ago time=time/> }.into_any(),
                        None => view! { " · never used" }.into_any(),
                    }}
                </p>
            </div>
            <ConfirmButton label="Remove" title="Remove this key?" quiet=true on_confirm=remove
                explain=format!("Git with the key “{}” is refused from then on.", key_row.title)/>
        </li>
    }
}

#[component]
fn AddKey(keys: Load<Vec<PublicKey>>) -> impl IntoView {
    let toasts = use_toasts();
    let title = RwSignal::new(String::new());
    let key = RwSignal::new(String::new());
    let submit = Submit::new();
    let add = move || {
        let options = CreateKeyOption {
            title: title.get_untracked().trim().to_owned(),
            key: key.get_untracked().trim().to_owned(),
            ..CreateKeyOption::default()
        };
        submit.run(async move { settings::add_key(&options).await }, move |added| {
            title.set(String::new());
            key.set(String::new());
            toasts.done(format!("Key added: {}", added.fingerprint));
            keys.retry();
        });
    };
    view! {
        <section class="card">
            <h2>"Add a key"</h2>
            <Form submit=submit on_submit=add action="Add key" fields=&["key", "title"]>
                <AreaField name="key" label="Public key" value=key rows=4 required=true failure=submit.failure()
                    hint="The line in ~/.ssh/id_ed25519.pub. Ed25519, ECDSA, security keys, and RSA of 2048 bits or more."/>
                <TextField name="title" label="Name (optional)" value=title max=100 failure=submit.failure() hint="Such as the machine it is on. The key's comment if empty."/>
            </Form>
        </section>
    }
}
