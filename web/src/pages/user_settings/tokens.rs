//! Access tokens: shown once, with the least that they need.

mod add;

use hardie_api_types::identity::AccessToken;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::settings;
use crate::load::{Load, load};
use crate::parts::command::Commands;
use crate::parts::confirm::ConfirmButton;
use crate::parts::empty::Empty;
use crate::parts::icon::{Icon, Sign};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;
use crate::state::use_session;

/// Tokens, and a form for another.
#[component]
pub fn Tokens() -> impl IntoView {
    let session = use_session();
    let tokens = load(move || session.name(), |name| async move { settings::tokens(&name).await.map(|found| found.items) });
    let made = RwSignal::new(None::<AccessToken>);
    view! {
        <h1>"Access tokens"</h1>
        <p class="muted">"A token stands for your password in git over HTTP and in the API, limited to its scopes."</p>
        <div role="status">
            {move || made.get().map(|token| view! {
                <div class="notice notice-good">
                    <Icon sign=Sign::Check/>
                    <div class="grow">
                        <p>"Token " <strong>{token.name.clone()}</strong> " made. Copy it now: it is not shown again."</p>
                        <Commands lines=token.sha1.clone() what="the token"/>
                    </div>
                </div>
            })}
        </div>
        {tokens.view(|| skeleton::rows(2), move |found| {
            if found.is_empty() {
                return view! { <Empty sign=Sign::Key title="No access token yet"><p class="muted">"Make one below for a script, or for git where SSH is not possible."</p></Empty> }.into_any();
            }
            let rows = found.into_iter().map(|token| view! { <TokenRow token=token tokens=tokens/> }).collect_view();
            view! { <ul class="box rows">{rows}</ul> }.into_any()
        })}
        {tokens.below(move || view! { <add::AddToken on_made=move |token| { made.set(Some(token)); tokens.retry(); }/> }.into_any())}
    }
}

#[component]
fn TokenRow(token: AccessToken, tokens: Load<Vec<AccessToken>>) -> impl IntoView {
    let toasts = use_toasts();
    let name = use_session().name_now();
    let id = token.id;
    let remove = move || {
        let name = name.clone();
        spawn_local(async move {
            match settings::remove_token(&name, id).await {
                Ok(_) => {
                    toasts.done("Token removed.");
                    tokens.retry();
                }
                Err(failure) => toasts.failed(failure.message),
            }
        });
    };
    let scopes = token.scopes.iter().map(|scope| view! { <span class="badge">{scope.clone()}</span> " " }).collect_view();
    view! {
        <li class="item-row">
            <Icon sign=Sign::Key/>
            <div class="item-main">
                <p><strong dir="auto">{token.name.clone()}</strong> " " <code class="muted">{format!("…{}", token.token_last_eight)}</code></p>
                <p>{scopes}</p>
                <p class="muted small">
                    "Made " <Ago time=token.created_at/> " · last used " <Ago time=token.last_used_at/>
                    {match token.expires_at {
                        Some(time) => view! { " · ends " <Ago time=time/> }.into_any(),
                        None => view! { " · does not end" }.into_any(),
                    }}
                </p>
            </div>
            <ConfirmButton label="Remove" title="Remove this token?" quiet=true on_confirm=remove
                explain=format!("Whatever uses “{}” is refused from then on.", token.name)/>
        </li>
    }
}
