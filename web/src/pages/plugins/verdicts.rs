//! What a policy said last, with its reasons and what they cost.

use hardie_api_types::plugin::Verdict;
use hardie_api_types::push::Push;
use leptos::prelude::*;

use super::use_place;
use crate::api::plugins;
use crate::load::load;
use crate::parts::time::Ago;
use crate::routes::PluginPlace;
use crate::text;

/// The last ten.
#[component]
pub fn Verdicts(id: i64) -> impl IntoView {
    let place = use_place();
    let of_repo = matches!(place.get(), PluginPlace::Repo(_));
    let verdicts = load(
        move || place.get(),
        move |place| async move {
            let verdicts = plugins::verdicts(&place, id).await?;
            // Whose push it was is a help and no more: without it the verdicts are shown all the same.
            let pushes = if verdicts.is_empty() { Vec::new() } else { plugins::pushes(&place).await.unwrap_or_default() };
            Ok((verdicts, pushes))
        },
    );
    view! {
        <h4>"Last verdicts"</h4>
        {verdicts.view(|| view! { <p class="muted small">"Loading…"</p> }.into_any(), move |(verdicts, pushes)| {
            if verdicts.is_empty() {
                return view! { <p class="muted small">"None yet: it speaks at the next push."</p> }.into_any();
            }
            let rows = verdicts.into_iter().map(|verdict| verdict_row(verdict, &pushes, of_repo)).collect_view();
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

fn verdict_row(verdict: Verdict, pushes: &[Push], of_repo: bool) -> impl IntoView + use<> {
    // Where there is more than one repository, nothing else is known of the push.
    let repository = (!of_repo && !verdict.repository.is_empty()).then(|| verdict.repository.clone());
    let about = pushes.iter().find(|push| push.id == verdict.push_id).map(about).or(repository);
    let (class, word) = match verdict.outcome.as_str() {
        "accepted" => ("badge badge-good", "Accepted".to_owned()),
        "rejected" => ("badge badge-bad", "Rejected".to_owned()),
        fault => ("badge badge-warning", format!("Failed: {fault}")),
    };
    let lines = verdict.lines.join("\n");
    let log = verdict.log.join("\n");
    // Of a run that asked nobody there is nothing to say.
    let source = match verdict.source.as_str() {
        "cached" => Some("as for an equal push before, without a run"),
        "online" => Some("could ask others"),
        _ => None,
    };
    let cost = format!("{} ms, {} of memory", text::tenths(verdict.wall_micros, 1_000), text::bytes(verdict.memory));
    view! {
        <li>
            <span class=class>{word}</span>
            <span class="small">{format!("Push {}", verdict.push_id)}</span>
            {about.map(|about| view! { <span class="small verdict-about" dir="auto">{about}</span> })}
            <span class="muted small"><Ago time=verdict.at/></span>
            {(verdict.source != "cached").then(|| view! { <span class="muted small">{cost}</span> })}
            {source.map(|source| view! { <span class="muted small">{source}</span> })}
            {(verdict.mode == "monitor").then(|| view! { <span class="muted small">"monitored only"</span> })}
            {(!lines.is_empty()).then(|| view! { <pre class="verdict-lines" dir="auto">{lines}</pre> })}
            {(!log.is_empty()).then(|| view! { <details class="verdict-log"><summary>"Log"</summary><pre class="verdict-lines" dir="auto">{log}</pre></details> })}
        </li>
    }
}
