//! Installing a plugin: one that was uploaded before, or a new component.

use hardie_api_types::plugin::{CreateInstallationOption, PluginComponent};
use leptos::html;
use leptos::prelude::*;

use super::installation::{modes, rights};
use super::use_place;
use crate::api::plugins;
use crate::load::{Again, load};
use crate::parts::field::SelectField;
use crate::parts::form::{Form, Submit};
use crate::state::toasts::use_toasts;

/// The form.
#[component]
pub fn Install(again: Again) -> impl IntoView {
    let place = use_place();
    let toasts = use_toasts();
    let components = load(|| (), |()| plugins::components());
    let uploaded = RwSignal::new(None::<PluginComponent>);
    let digest = RwSignal::new(String::new());
    let mode = RwSignal::new("enforce".to_owned());
    let known = Signal::derive(move || {
        let mut known: Vec<PluginComponent> = uploaded.get().into_iter().collect();
        let others =
            components.value().unwrap_or_default().into_iter().filter(|component| known.iter().all(|new| new.digest != component.digest));
        let others: Vec<_> = others.collect();
        known.extend(others);
        known
    });
    let options = Signal::derive(move || {
        let mut options = vec![(String::new(), "Choose a component".to_owned())];
        options.extend(known.get().into_iter().map(|component| {
            let short = component.digest.strip_prefix("sha256:").and_then(|hex| hex.get(..8)).unwrap_or("").to_owned();
            (component.digest, format!("{} {} ({short})", component.name, component.version))
        }));
        options
    });
    let chosen = Memo::new(move |_| known.get().into_iter().find(|component| component.digest == digest.get()));
    let install = Submit::new();
    let send = move || {
        let digest_now = digest.get_untracked();
        if digest_now.is_empty() {
            install.refuse("digest", "Choose a component, or upload one.");
            return;
        }
        let options =
            CreateInstallationOption { digest: digest_now, mode: Some(mode.get_untracked()), ..CreateInstallationOption::default() };
        let place = place.get();
        install.run(async move { plugins::install(&place, &options).await }, move |installation| {
            toasts.done(format!("{} installed.", installation.name));
            digest.set(String::new());
            again.ask();
        });
    };
    view! {
        <section class="card">
            <h3>"Install a plugin"</h3>
            <Upload on_uploaded=move |component: PluginComponent| { digest.set(component.digest.clone()); uploaded.set(Some(component)); }/>
            <Form submit=install on_submit=send action="Install">
                <SelectField name="component" label="Component" value=digest options=options/>
                {move || chosen.get().map(|component| {
                    let nothing = component.permissions.is_empty();
                    view! {
                        <div class="notice">
                            <div>
                                <p dir="auto">{component.description.clone()}</p>
                                <p>{if nothing { "It judges what it is told and may do nothing else." } else { "It may:" }}</p>
                                <ul class="rights">{rights(&component.permissions)}</ul>
                            </div>
                        </div>
                    }
                })}
                <SelectField name="mode" label="Mode" value=mode options=modes()/>
            </Form>
        </section>
    }
}

#[component]
fn Upload(on_uploaded: impl Fn(PluginComponent) + Copy + 'static) -> impl IntoView {
    let toasts = use_toasts();
    let input = NodeRef::<html::Input>::new();
    let upload = Submit::new();
    let send = move |_| {
        let Some(file) = input.get_untracked().and_then(|input| input.files()).and_then(|files| files.get(0)) else { return };
        upload.run(async move { plugins::upload(&file).await }, move |component| {
            toasts.done(format!("{} {} uploaded and compiled.", component.name, component.version));
            if let Some(input) = input.get_untracked() {
                input.set_value("");
            }
            on_uploaded(component);
        });
    };
    view! {
        <div class="field">
            <label for="component-file">"Upload a component (optional)"</label>
            <input id="component-file" type="file" accept=".wasm,application/wasm" node_ref=input on:change=send disabled=move || upload.is_busy() aria-describedby="component-file-hint"/>
            <p class="hint" id="component-file-hint" role="status">
                {move || if upload.is_busy() { "Uploading and compiling…" } else { "A .wasm file built with the plugin SDK. It is compiled and checked before it can be installed." }}
            </p>
            <p class="field-error" role="alert">{move || upload.failure().get().map(|failure| failure.message)}</p>
        </div>
    }
}
