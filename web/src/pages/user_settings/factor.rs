//! The second factor: getting one, its recovery codes, giving it up.

use hardie_api_types::factor::SecondFactor;
use leptos::prelude::*;

use crate::api::settings;
use crate::load::{Load, load};
use crate::parts::command::Commands;
use crate::parts::field::{SelectField, TextField};
use crate::parts::form::{Form, Submit};
use crate::parts::skeleton;
use crate::parts::time::Ago;
use crate::state::toasts::use_toasts;

/// The section below the password.
#[component]
pub fn Factor() -> impl IntoView {
    let state = load(|| (), |()| settings::factor());
    let codes = RwSignal::new(String::new());
    view! {
        <section class="card">
            <h2>"Second factor"</h2>
            <p><a href="/login/passkeys" rel="external">"Passkeys"</a></p>
            <div role="status">
                {move || (!codes.get().is_empty()).then(|| view! {
                    <p>"Keep these recovery codes in a safe place. Each stands once for your app, and they are not shown again."</p>
                    <Commands lines=codes what="the recovery codes"/>
                })}
            </div>
            {state.view(skeleton::block, move |found| match found.enabled {
                true => view! { <Enabled found=found state=state codes=codes/> }.into_any(),
                false => view! { <Disabled state=state codes=codes/> }.into_any(),
            })}
        </section>
    }
}

#[component]
fn Disabled(state: Load<SecondFactor>, codes: RwSignal<String>) -> impl IntoView {
    let toasts = use_toasts();
    let password = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let (secret, uri, qr) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (begin, confirm) = (Submit::new(), Submit::new());
    let ask = move || {
        begin.run(settings::begin_factor(password.get_untracked()), move |made| {
            uri.set(made.uri);
            qr.set(made.qr);
            secret.set(made.secret);
        })
    };
    let send = move || {
        confirm.run(settings::confirm_factor(code.get_untracked()), move |made| {
            codes.set(made.codes.join("\n"));
            toasts.done("Signing in asks for a code from now on. Other browsers are signed out.");
            state.retry();
        });
    };
    move || {
        if secret.get().is_empty() {
            view! {
                <p class="muted">"Signing in here can ask for a code of an authenticator app too. Git and the API then take access tokens in place of the password."</p>
                <Form submit=begin on_submit=ask action="Set up">
                    <TextField name="factor-password" label="Current password" value=password kind="password" autocomplete="current-password" required=true/>
                </Form>
            }
            .into_any()
        } else {
            view! {
                <p>"Scan this with your app, enter the secret there, or " <a href=uri.get()>"open it there"</a> "."</p>
                <div class="qr" role="img" aria-label="QR code of the secret below" inner_html=qr.get()></div>
                <Commands lines=secret what="the secret"/>
                <Form submit=confirm on_submit=send action="Confirm">
                    <TextField name="code" label="Code that the app shows" value=code autocomplete="one-time-code" required=true max=10/>
                </Form>
            }
            .into_any()
        }
    }
}

#[component]
fn Enabled(found: SecondFactor, state: Load<SecondFactor>, codes: RwSignal<String>) -> impl IntoView {
    let toasts = use_toasts();
    let password = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let action = RwSignal::new("renew".to_owned());
    let submit = Submit::new();
    let clear = move || [password, code].into_iter().for_each(|field| field.set(String::new()));
    let send = move || {
        let (secret, digits) = (password.get_untracked(), code.get_untracked());
        if action.get_untracked() == "disable" {
            submit.run(settings::disable_factor(secret, digits), move |_| {
                toasts.done("Signing in asks for the password alone.");
                codes.set(String::new());
                state.retry();
            });
        } else {
            submit.run(settings::renew_codes(secret, digits), move |made| {
                clear();
                codes.set(made.codes.join("\n"));
            });
        }
    };
    let options = [("renew", "Make new recovery codes"), ("disable", "Disable the second factor")];
    let options: Vec<_> = options.map(|(value, label)| (value.to_owned(), label.to_owned())).into();
    view! {
        <p class="muted">
            "Signing in asks for a code" {found.enabled_at.map(|time| view! { " since " <Ago time=time/> })} ". "
            {found.recovery_codes} " recovery codes are left."
        </p>
        <Form submit=submit on_submit=send action="Do it">
            <SelectField name="factor-action" label="Change" value=action options=options/>
            <TextField name="factor-password" label="Current password" value=password kind="password" autocomplete="current-password" required=true/>
            <TextField name="factor-code" label="Code" value=code autocomplete="one-time-code" required=true max=30
                hint="Of your authenticator app, or a recovery code."/>
        </Form>
    }
}
