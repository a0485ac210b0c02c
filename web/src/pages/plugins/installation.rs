//! One installed plugin.

use hardie_api_types::plugin::{EditInstallationOption, PluginInstallation, PluginPermission};
use leptos::prelude::*;

use super::verdicts::Verdicts;
use super::versions::Versions;
use super::{judges_pushes, use_place};
use crate::api::plugins;
use crate::load::Again;
use crate::parts::confirm::ConfirmButton;
use crate::parts::field::{AreaField, CheckField, SelectField};
use crate::parts::form::{Form, Submit};
use crate::parts::icon::{Icon, Sign};
use crate::parts::time::Ago;
use crate::routes::PluginView;
use crate::state::toasts::use_toasts;
use crate::text::{self, capital};

/// Its card.
#[component]
pub fn InstallationCard(installation: PluginInstallation, again: Again) -> impl IntoView {
    let component = installation.component.clone();
    let nothing = installation.permissions.is_empty();
    let rights = rights(&installation.permissions);
    let from = match installation.scope.kind.as_str() {
        _ if installation.editable => None,
        "site" => Some("Installed for the whole site".to_owned()),
        _ => Some(format!("Installed by {}", installation.scope.name)),
    };
    let name = installation.name.clone();
    let enabled_by = installation.enabled_by.clone();
    let updated_at = installation.updated_at.clone();
    let mode = match installation.mode.as_str() {
        "enforce" | "monitor" if !judges_pushes(&installation) => view! { <span class="badge badge-good">"On"</span> }.into_any(),
        "enforce" => view! { <span class="badge badge-good">"Enforces"</span> }.into_any(),
        "monitor" => view! { <span class="badge badge-warning">"Monitors"</span> }.into_any(),
        _ => view! { <span class="badge">"Off"</span> }.into_any(),
    };
    let imports = component.imports.join(", ");
    let digest = component.digest.clone();
    let short_digest = digest.strip_prefix("sha256:").and_then(|hex| hex.get(..12)).unwrap_or(&digest).to_owned();
    let id = installation.id;
    let editable = installation.editable;
    // Those of what was installed elsewhere are shown there.
    let judges = editable && judges_pushes(&installation);
    view! {
        <section class="card plugin" aria-label=format!("Plugin {name}")>
            <div class="plugin-head">
                <Icon sign=Sign::Plug/>
                <h3 dir="auto">{match editable {
                    true => view! { <a href=use_place().get().one(id, PluginView::Overview)>{name.clone()}</a> }.into_any(),
                    false => name.clone().into_any(),
                }}</h3>
                {mode}
                {installation.online.then(|| view! { <span class="badge" title="Its answer may differ from one time to the next, so none is kept">"Asks others"</span> })}
                {from.map(|from| view! { <span class="badge">{from}</span> })}
            </div>
            {(!component.description.is_empty()).then(|| view! { <p dir="auto">{component.description.clone()}</p> })}
            <p class="muted small">
                {format!("{} {} · {} · ", component.name, component.version, text::bytes(component.size))}
                <code title=digest>{short_digest}</code>
                {(!enabled_by.is_empty()).then(|| format!(" · enabled by {enabled_by}"))}
                " · changed " <Ago time=updated_at/>
            </p>
            <h4>"What it may do"</h4>
            <ul class="rights" title=imports>{rights}{nothing.then(|| view! { <li class="muted">"Nothing but judge what it is told"</li> })}</ul>
            {judges.then(|| view! { <Verdicts id=id/> })}
            {match editable {
                true => view! {
                    <Versions installation=installation.clone() again=again/>
                    <Edit installation=installation again=again/>
                }.into_any(),
                false => view! { <p class="muted small">"It is changed where it was installed."</p> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Edit(installation: PluginInstallation, again: Again) -> impl IntoView {
    let place = use_place();
    let toasts = use_toasts();
    let id = installation.id;
    let mode = RwSignal::new(installation.mode.clone());
    let fail_open = RwSignal::new(installation.fail_open);
    let config = RwSignal::new(serde_json::to_string_pretty(&installation.config).unwrap_or_else(|_| "{}".to_owned()));
    let submit = Submit::new();
    let save = move || {
        let Ok(parsed) = serde_json::from_str(&config.get_untracked()) else {
            submit.refuse("config", "This is not valid JSON.");
            return;
        };
        let (mode, fail_open) = (Some(mode.get_untracked()), Some(fail_open.get_untracked()));
        let options = EditInstallationOption { mode, fail_open, config: Some(parsed), ..EditInstallationOption::default() };
        let place = place.get();
        submit.run(async move { plugins::edit(&place, id, &options).await }, move |_| {
            toasts.done("Plugin saved.");
            again.ask();
        });
    };
    let removal = Submit::new();
    let remove = move || {
        let place = place.get();
        removal.run(async move { plugins::remove(&place, id).await }, move |_| {
            toasts.done("Plugin removed.");
            again.ask();
        });
    };
    view! {
        <details class="plugin-edit">
            <summary>"Mode and configuration"</summary>
            <Form submit=submit on_submit=save action="Save plugin" fields=&["config"]>
                <SelectField name=format!("mode-{id}") label="Mode" value=mode options=modes() hint="Monitor records what it would have said and lets pushes through."/>
                <CheckField name=format!("fail-open-{id}") label="Let pushes through when it fails" value=fail_open
                    hint="When it crashes or runs out of time. Off is safer: then the push is refused."/>
                <AreaField name="config" id=format!("config-{id}") label="Configuration (JSON)" value=config rows=8 failure=submit.failure()/>
            </Form>
            <ConfirmButton label="Remove plugin" title="Remove this plugin?" quiet=true failure=removal.failure() on_confirm=remove
                explain=format!("“{}” no longer judges pushes here. What it said stays recorded.", installation.name)/>
        </details>
    }
}

/// What a component may do, a line each.
pub fn rights(permissions: &[PluginPermission]) -> Vec<AnyView> {
    let line = |permission: &PluginPermission| {
        let words = capital(&permission.description);
        view! { <li title=permission.name.clone()><Icon sign=Sign::Check/><span class="wrap">{words}</span></li> }.into_any()
    };
    permissions.iter().map(line).collect()
}

/// The three modes.
pub fn modes() -> Vec<(String, String)> {
    [("enforce", "Enforce: refuse what it refuses"), ("monitor", "Monitor: record only"), ("off", "Off")]
        .into_iter()
        .map(|(value, label)| (value.to_owned(), label.to_owned()))
        .collect()
}
