//! The form for another token.

use hardie_api_types::Time;
use hardie_api_types::identity::{AccessToken, CreateAccessTokenOption};
use leptos::prelude::*;

use crate::api::settings;
use crate::browser;
use crate::parts::field::{SelectField, TextField};
use crate::parts::form::{Form, Submit};
use crate::state::use_session;

/// Scopes that people pick most, and what they let a program do.
const SCOPES: &[(&str, &str)] = &[
    ("read:repository", "Fetch and read repositories"),
    ("write:repository", "Push to repositories and change them"),
    ("read:user", "Read your profile, keys and settings"),
    ("write:user", "Change your profile, keys and settings"),
    ("read:organization", "Read organisations"),
    ("write:organization", "Change organisations"),
    ("all", "Everything that you may do"),
];

/// Makes a token and hands it over.
#[component]
pub fn AddToken(on_made: impl Fn(AccessToken) + Copy + 'static) -> impl IntoView {
    let session = use_session();
    let name = RwSignal::new(String::new());
    let days = RwSignal::new("30".to_owned());
    let scopes = RwSignal::new(vec!["read:repository".to_owned()]);
    let submit = Submit::new();
    let lifetimes = [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "No end")];
    let lifetimes: Vec<_> = lifetimes.into_iter().map(|(value, label)| (value.to_owned(), label.to_owned())).collect();
    let add = move || {
        if scopes.with_untracked(Vec::is_empty) {
            submit.refuse("scopes", "Pick at least one scope: a token without any could do nothing.");
            return;
        }
        let ends = days.get_untracked().parse::<i64>().ok().map(|days| Time(browser::rfc3339(browser::now() + days * 86_400_000)));
        let options = CreateAccessTokenOption {
            name: name.get_untracked().trim().to_owned(),
            scopes: scopes.get_untracked(),
            expires_at: ends,
            ..CreateAccessTokenOption::default()
        };
        let owner = session.name_now();
        submit.run(async move { settings::add_token(&owner, &options).await }, move |token| {
            name.set(String::new());
            on_made(token);
        });
    };
    let toggle = move |scope: &str, on: bool| {
        scopes.update(|scopes| {
            scopes.retain(|known| known != scope);
            if on {
                scopes.push(scope.to_owned());
            }
        });
    };
    let boxes = SCOPES
        .iter()
        .map(|(scope, what)| {
            let id = format!("scope-{}", scope.replace(':', "-"));
            view! {
                <div class="field field-check">
                    <input type="checkbox" id=id.clone() prop:checked=move || scopes.with(|scopes| scopes.iter().any(|known| known == scope))
                        on:change=move |event| toggle(scope, event_target_checked(&event))/>
                    <label for=id><code>{*scope}</code> <span class="muted">{format!(" · {what}")}</span></label>
                </div>
            }
        })
        .collect_view();
    let scope_failure =
        move || submit.failure().get().filter(|failure| failure.field.as_deref() == Some("scopes")).map(|failure| failure.message);
    view! {
        <section class="card">
            <h2>"Make a token"</h2>
            <Form submit=submit on_submit=add action="Make token" fields=&["name", "scopes"]>
                <TextField name="name" label="Name" value=name required=true max=100 failure=submit.failure() hint="What it is for. Unique among your tokens."/>
                <SelectField name="lifetime" label="Ends after" value=days options=lifetimes/>
                <fieldset class="field">
                    <legend>"Scopes"</legend>
                    {boxes}
                    <p class="field-error" hidden=move || scope_failure().is_none()>{scope_failure}</p>
                </fieldset>
            </Form>
        </section>
    }
}
