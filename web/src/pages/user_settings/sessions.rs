//! Browsers that are signed in.

use hardie_api_types::identity::Session;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::settings;
use crate::load::{Load, load};
use crate::parts::confirm::ConfirmButton;
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;

/// The list.
#[component]
pub fn Sessions() -> impl IntoView {
    let sessions = load(|| (), |()| settings::sessions());
    view! {
        <h1>"Sessions"</h1>
        <p class="muted">"Browsers that are signed in as you. End those that you do not know, then change your password."</p>
        {sessions.view(|| skeleton::rows(2), move |found| {
            let rows = found.into_iter().map(|session| view! { <SessionRow session=session sessions=sessions/> }).collect_view();
            view! { <ul class="box rows">{rows}</ul> }.into_any()
        })}
    }
}

#[component]
fn SessionRow(session: Session, sessions: Load<Vec<Session>>) -> impl IntoView {
    let toasts = use_toasts();
    let id = session.id;
    let end = move || {
        spawn_local(async move {
            match settings::end_session(id).await {
                Ok(_) => {
                    toasts.done("Session ended.");
                    sessions.retry();
                }
                Err(failure) => toasts.failed(failure.message),
            }
        });
    };
    let browser = if session.user_agent.is_empty() { "Unknown browser".to_owned() } else { browser_name(&session.user_agent) };
    view! {
        <li class="item-row">
            <Icon sign=Sign::Person/>
            <div class="item-main">
                <p><strong title=session.user_agent.clone()>{browser}</strong>{session.current.then(|| view! { " " <span class="badge badge-good">"This browser"</span> })}</p>
                <p class="muted small">
                    {(!session.address.is_empty()).then(|| format!("{} · ", session.address))}
                    "signed in " <Ago time=session.created_at/> " · last seen " <Ago time=session.last_used_at/>
                </p>
            </div>
            {(!session.current).then(|| view! {
                <ConfirmButton label="End" title="End this session?" explain="That browser must sign in again." quiet=true on_confirm=end/>
            })}
        </li>
    }
}

/// A browser and a system out of what a browser calls itself. Only to tell one's own apart.
fn browser_name(agent: &str) -> String {
    let browser = [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    let system =
        [("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux")];
    let pick = |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (pick(&browser), pick(&system)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        _ => agent.chars().take(60).collect(),
    }
}
