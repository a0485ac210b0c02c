//! One installed plugin.

use hardie_api_types::plugin::{EditInstallationOption, PluginInstallation, Verdict};
use hardie_api_types::push::Push;
use leptos::prelude::*;

use crate::api::plugins;
use crate::load::{Load, load};
use crate::pages::repo::settings::versions::Versions;
use crate::pages::repo::use_repo;
use crate::parts::confirm::ConfirmButton;
use crate::parts::field::{AreaField, CheckField, SelectField};
use crate::parts::form::{Form, Submit};
use crate::parts::icon::{Icon, Sign};
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;
use crate::text;

/// What a plugin may do, from what it imports; the interface's own name where this page does not know it.
pub fn may(import: &str) -> String {
    let name = import.split('@').next().unwrap_or(import).rsplit('/').next().unwrap_or(import);
    let told = match name {
        "repo-read" | "repository" | "repo" => "Read this repository",
        "push" | "types" => "See the push",
        "config" => "Read its own configuration",
        "log" => "Write to its own log",
        "clock" => "Read the time",
        "random" => "Use randomness",
        "http" => "Call other servers",
        "state" => "Keep data of its own",
        "secrets" => "Use secrets that you bind",
        "status" | "statuses" => "Set commit statuses",
        _ if import.starts_with("wasi:") => "Sealed system interface, without effect",
        _ => return import.to_owned(),
    };
    told.to_owned()
}

/// Its card.
#[component]
pub fn InstallationCard(installation: PluginInstallation, found: Load<Vec<PluginInstallation>>) -> impl IntoView {
    let component = installation.component.clone();
    let mut rights: Vec<String> = component.imports.iter().map(|import| may(import)).collect();
    rights.sort();
    rights.dedup();
    let rights = rights.into_iter().map(|right| view! { <li><Icon sign=Sign::Check/>{right}</li> }).collect_view();
    let nothing = component.imports.is_empty();
    let from = match installation.scope.kind.as_str() {
        "repo" => None,
        "site" => Some("Installed for the whole site".to_owned()),
        _ => Some(format!("Installed by {}", installation.scope.name)),
    };
    let name = installation.name.clone();
    let enabled_by = installation.enabled_by.clone();
    let updated_at = installation.updated_at.clone();
    let mode = match installation.mode.as_str() {
        "enforce" => view! { <span class="badge badge-good">"Enforces"</span> }.into_any(),
        "monitor" => view! { <span class="badge badge-warning">"Monitors"</span> }.into_any(),
        _ => view! { <span class="badge">"Off"</span> }.into_any(),
    };
    let imports = component.imports.join(", ");
    let digest = component.digest.clone();
    let short_digest = digest.strip_prefix("sha256:").and_then(|hex| hex.get(..12)).unwrap_or(&digest).to_owned();
    let id = installation.id;
    let editable = installation.editable;
    view! {
        <section class="card plugin" aria-label=format!("Plugin {name}")>
            <div class="plugin-head">
                <Icon sign=Sign::Plug/>
                <h3 dir="auto">{name.clone()}</h3>
                {mode}
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
            <Verdicts id=id/>
            {match editable {
                true => view! {
                    <Versions installation=installation.clone() found=found/>
                    <Edit installation=installation found=found/>
                }.into_any(),
                false => view! { <p class="muted small">"It is changed where it was installed."</p> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Edit(installation: PluginInstallation, found: Load<Vec<PluginInstallation>>) -> impl IntoView {
    let repo = use_repo();
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
        let address = repo.address();
        submit.run(async move { plugins::edit(&address, id, &options).await }, move |_| {
            toasts.done("Plugin saved.");
            found.retry();
        });
    };
    let removal = Submit::new();
    let remove = move || {
        let address = repo.address();
        removal.run(async move { plugins::remove(&address, id).await }, move |_| {
            toasts.done("Plugin removed.");
            found.retry();
        });
    };
    view! {
        <details class="plugin-edit">
            <summary>"Mode and configuration"</summary>
            <Form submit=submit on_submit=save action="Save plugin" fields=&["config"]>
                <SelectField name=format!("mode-{id}") label="Mode" value=mode options=modes() hint="Monitor records what it would have said and lets pushes through."/>
                <CheckField name=format!("fail-open-{id}") label="Let pushes through when it fails" value=fail_open
                    hint="When it crashes or runs out of time. Off is safer: then the push is refused."/>
                <AreaField name="config" label="Configuration (JSON)" value=config rows=8 failure=submit.failure()/>
            </Form>
            <ConfirmButton label="Remove plugin" title="Remove this plugin?" quiet=true failure=removal.failure() on_confirm=remove
                explain=format!("“{}” no longer judges pushes here. What it said stays recorded.", installation.name)/>
        </details>
    }
}

/// The three modes.
pub fn modes() -> Vec<(String, String)> {
    [("enforce", "Enforce: refuse what it refuses"), ("monitor", "Monitor: record only"), ("off", "Off")]
        .into_iter()
        .map(|(value, label)| (value.to_owned(), label.to_owned()))
        .collect()
}

#[component]
fn Verdicts(id: i64) -> impl IntoView {
    let repo = use_repo();
    let verdicts = load(
        move || repo.address(),
        move |address| async move {
            let verdicts = plugins::verdicts(&address, id).await?.items;
            // Whose push it was is a help and no more: without it the verdicts are shown all the same.
            let pushes =
                if verdicts.is_empty() { Vec::new() } else { plugins::pushes(&address).await.map_or(Vec::new(), |found| found.items) };
            Ok((verdicts, pushes))
        },
    );
    view! {
        <h4>"Last verdicts"</h4>
        {verdicts.view(|| view! { <p class="muted small">"Loading…"</p> }.into_any(), |(verdicts, pushes)| {
            if verdicts.is_empty() {
                return view! { <p class="muted small">"None yet: it speaks at the next push."</p> }.into_any();
            }
            let rows = verdicts.into_iter().map(|verdict| verdict_row(verdict, &pushes)).collect_view();
            view! { <ul class="verdicts">{rows}</ul> }.into_any()
        })}
    }
}

/// Which branches and tags, and by whom.
fn about(push: &Push) -> String {
    let names =
        push.refs.iter().map(|one| ["refs/heads/", "refs/tags/"].iter().find_map(|kind| one.name.strip_prefix(kind)).unwrap_or(&one.name));
    let names: Vec<&str> = names.collect();
    let who = if push.actor.is_empty() { String::new() } else { format!(" by {}", push.actor) };
    format!("{}{who}", names.join(", "))
}

fn verdict_row(verdict: Verdict, pushes: &[Push]) -> impl IntoView + use<> {
    let about = pushes.iter().find(|push| push.id == verdict.push_id).map(about);
    let (class, word) = match verdict.outcome.as_str() {
        "accepted" => ("badge badge-good", "Accepted".to_owned()),
        "rejected" => ("badge badge-bad", "Rejected".to_owned()),
        fault => ("badge badge-warning", format!("Failed: {fault}")),
    };
    let lines = verdict.lines.join("\n");
    let log = verdict.log.join("\n");
    let cost = format!("{} ms, {} of memory", text::tenths(verdict.wall_micros, 1_000), text::bytes(verdict.memory));
    view! {
        <li>
            <span class=class title=cost>{word}</span>
            <span class="small">{format!("Push {}", verdict.push_id)}</span>
            {about.map(|about| view! { <span class="small verdict-about" dir="auto">{about}</span> })}
            <span class="muted small"><Ago time=verdict.at/></span>
            {(verdict.mode == "monitor").then(|| view! { <span class="muted small">"monitored only"</span> })}
            {(!lines.is_empty()).then(|| view! { <pre class="verdict-lines" dir="auto">{lines}</pre> })}
            {(!log.is_empty()).then(|| view! { <details class="verdict-log"><summary>"Log"</summary><pre class="verdict-lines" dir="auto">{log}</pre></details> })}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::may;

    #[test]
    fn imports_are_told_in_words_and_unknown_ones_by_name() {
        assert_eq!(may("hardie:plugin/config@0.1.0"), "Read its own configuration");
        assert_eq!(may("hardie:plugin/launch-rockets@0.1.0"), "hardie:plugin/launch-rockets@0.1.0");
    }
}
