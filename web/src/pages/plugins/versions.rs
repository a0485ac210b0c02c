//! The components that a plugin ran, another one, and the way back.

use hardie_api_types::plugin::{PluginInstallation, PluginVersion, UpgradeInstallationOption};
use leptos::html;
use leptos::prelude::*;

use super::installation::rights;
use super::use_place;
use crate::api::plugins;
use crate::load::Again;
use crate::parts::confirm::ConfirmButton;
use crate::parts::form::Submit;
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;

/// What it ran, with an upload for another and a button that goes back.
#[component]
pub fn Versions(installation: PluginInstallation, again: Again) -> impl IntoView {
    let place = use_place();
    let toasts = use_toasts();
    let id = installation.id;
    let earlier = installation.versions.iter().skip_while(|version| !version.current).nth(1).cloned();
    let rows = installation.versions.iter().cloned().map(row).collect_view();
    let back = Submit::new();
    let go_back = move || {
        let place = place.get();
        back.run(async move { plugins::roll_back(&place, id).await }, move |changed| {
            toasts.done(format!("{} runs {} again.", changed.name, changed.component.version));
            again.ask();
        });
    };
    view! {
        <details class="plugin-edit">
            <summary>"Versions"</summary>
            <ul class="verdicts">{rows}</ul>
            <Upgrade id=id again=again/>
            {earlier.map(|earlier| view! {
                <ConfirmButton label="Go back" title=format!("Go back to {}?", earlier.version) quiet=true failure=back.failure() on_confirm=go_back
                    explain=format!("“{}” runs {} again, with the configuration that it had then.", installation.name, earlier.version)/>
            })}
        </details>
    }
}

fn row(version: PluginVersion) -> impl IntoView {
    let short = version.digest.strip_prefix("sha256:").and_then(|hex| hex.get(..12)).unwrap_or(&version.digest).to_owned();
    view! {
        <li>
            <span class="small" dir="auto">{version.version}</span>
            <span class="small">{if version.current { "runs" } else { "" }}</span>
            <code class="small" title=version.digest>{short}</code>
            <span class="small" title="Put to work by">{version.by}</span>
            <span class="muted small"><Ago time=version.at/></span>
        </li>
    }
}

/// Uploads, then puts it to work; what it may do beyond the one before is asked for by name.
#[component]
fn Upgrade(id: i64, again: Again) -> impl IntoView {
    let place = use_place();
    let toasts = use_toasts();
    let input = NodeRef::<html::Input>::new();
    let upgrade = Submit::new();
    let digest = RwSignal::new(String::new());
    let put = move |consent: Vec<String>| {
        let place = place.get();
        let options = UpgradeInstallationOption { digest: digest.get_untracked(), consent, ..UpgradeInstallationOption::default() };
        upgrade.run(async move { plugins::upgrade(&place, id, &options).await }, move |changed| {
            toasts.done(format!("{} now runs {}.", changed.name, changed.component.version));
            again.ask();
        });
    };
    let send = move |_| {
        let Some(file) = input.get_untracked().and_then(|input| input.files()).and_then(|files| files.get(0)) else { return };
        upgrade.run(async move { plugins::upload(&file).await }, move |component| {
            if let Some(input) = input.get_untracked() {
                input.set_value("");
            }
            digest.set(component.digest);
            put(Vec::new());
        });
    };
    let asked = move || upgrade.failure().get().map(|failure| failure.permissions).unwrap_or_default();
    let allow = move |_| put(asked().into_iter().map(|permission| permission.name).collect());
    let name = format!("upgrade-{id}");
    let hint = format!("upgrade-{id}-hint");
    view! {
        <div class="field">
            <label for=name.clone()>"Upgrade to another component"</label>
            <input id=name type="file" accept=".wasm,application/wasm" node_ref=input on:change=send disabled=move || upgrade.is_busy() aria-describedby=hint.clone()/>
            <p class="hint" id=hint role="status">
                {move || if upgrade.is_busy() { "Uploading and checking…" } else { "A .wasm file of the same plugin. It takes over at once if its configuration suits it." }}
            </p>
            <p class="field-error" role="alert">{move || upgrade.failure().get().map(|failure| match failure.permissions.is_empty() {
                true => failure.message,
                false => "It may do what the one before may not. Nothing is changed yet.".to_owned(),
            })}</p>
            {move || (!asked().is_empty()).then(|| view! {
                <ul class="rights">{rights(&asked())}</ul>
                <button class="button" type="button" disabled=move || upgrade.is_busy() on:click=allow>"Allow this and upgrade"</button>
            })}
        </div>
    }
}
