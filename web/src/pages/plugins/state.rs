//! How it goes with the events of a plugin: active, at rest after faults, or switched off; and the way on.

use hardie_api_types::delivery::PluginEvents;
use hardie_api_types::plugin::{EditInstallationOption, PluginInstallation};
use leptos::prelude::*;

use super::{judges_pushes, use_place};
use crate::api::{deliveries, plugins};
use crate::load::{Again, Load};
use crate::parts::confirm::ConfirmButton;
use crate::parts::form::Submit;
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;
use crate::text::{count, sentence};

/// `again` asks for the installation again, `list` for its deliveries.
#[component]
pub fn StatePanel(installation: PluginInstallation, again: Again, state: Load<PluginEvents>, list: Again) -> impl IntoView {
    let place = use_place();
    let toasts = use_toasts();
    let id = installation.id;
    let submit = Submit::new();
    let resume = move |skip: bool| {
        let place = place.get();
        submit.run(async move { deliveries::resume(&place, id, skip).await }, move |_| {
            toasts.done(if skip { "What waited is skipped." } else { "It is told of events again." });
            state.retry();
            list.ask();
        });
    };
    let switch = move |mode: &'static str| {
        let place = place.get();
        let options = EditInstallationOption { mode: Some(mode.to_owned()), ..EditInstallationOption::default() };
        submit.run(async move { plugins::edit(&place, id, &options).await }, move |_| {
            toasts.done(if mode == "off" { "Paused." } else { "It is told of events again." });
            again.ask();
        });
    };
    // What judges pushes, too, would judge none while it is paused: that is set with its mode.
    let judges = judges_pushes(&installation);
    view! {
        {state.view(skeleton::block, move |state| {
            let act = match state.state.as_str() {
                "paused" => view! { <button class="button primary" type="button" on:click=move |_| resume(false)>"Resume now"</button> }.into_any(),
                _ if judges => ().into_any(),
                "off" => view! { <button class="button primary" type="button" on:click=move |_| switch("enforce")>"Resume"</button> }.into_any(),
                _ => view! {
                    <ConfirmButton label="Pause" title="Pause this plugin?" mild=true on_confirm=move || switch("off")
                        explain="It is switched off. What happens meanwhile is held for it and delivered afterwards, in order."/>
                }.into_any(),
            };
            let waiting = count(state.waiting, "delivery");
            view! {
                <section class="card" aria-label="How it goes">
                    {told(&state)}
                    <p class="muted small">
                        {match state.kinds.is_empty() {
                            true => "Told of all kinds of events".to_owned(),
                            false => format!("Told of {}", state.kinds.join(", ")),
                        }}
                        {format!(" · {waiting} waiting · {} given up", state.dead)}
                    </p>
                    <div class="form-actions">
                        {act}
                        {(state.waiting > 0).then(|| view! {
                            <ConfirmButton label="Skip what waits" title=format!("Skip {waiting}?") quiet=true on_confirm=move || resume(true)
                                explain="They are not delivered any more, unless you have them delivered again."/>
                        })}
                    </div>
                    <p class="field-error" role="alert">{move || submit.failure().get().map(|failure| failure.message)}</p>
                </section>
            }.into_any()
        })}
    }
}

fn told(state: &PluginEvents) -> AnyView {
    match state.state.as_str() {
        "paused" => {
            let until = state.paused_until.clone().map(|time| view! { " It is tried again " <Ago time=time/> "." });
            let why = if state.reason.is_empty() { String::new() } else { format!(" {}", sentence(&state.reason)) };
            view! {
                <p><span class="badge badge-warning">"Rests"</span> {format!(" after {} in a row.{why}", count(state.faults, "fault"))} {until}</p>
                <p class="muted small">"What happens meanwhile is held for it. It rests longer each time, until a delivery is answered."</p>
            }
            .into_any()
        }
        "off" => view! { <p><span class="badge">"Off"</span> " What happens is held for it until it is switched on."</p> }.into_any(),
        _ => {
            let faults = (state.faults > 0).then(|| format!(" {} in a row so far; it rests after five.", count(state.faults, "fault")));
            view! { <p><span class="badge badge-good">"Active"</span> " It is told of what happens, in order." {faults}</p> }.into_any()
        }
    }
}
