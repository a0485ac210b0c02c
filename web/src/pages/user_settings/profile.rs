//! Name, e-mail, a line about oneself.

use hardie_api_types::account::{UserSettings, UserSettingsOptions};
use leptos::prelude::*;

use crate::api::settings;
use crate::load::load;
use crate::parts::field::{AreaField, CodeField, TextField};
use crate::parts::form::{Form, Submit};
use crate::parts::skeleton;
use crate::state::toasts::use_toasts;
use crate::state::use_session;

/// The profile.
#[component]
pub fn Profile() -> impl IntoView {
    let profile = load(|| (), |()| settings::profile());
    view! {
        <h1>"Profile"</h1>
        {profile.view(skeleton::block, |profile| view! { <ProfileForm profile=profile/> }.into_any())}
    }
}

#[component]
fn ProfileForm(profile: UserSettings) -> impl IntoView {
    let toasts = use_toasts();
    let session = use_session();
    let profile_email = profile.email.clone();
    let full_name = RwSignal::new(profile.full_name);
    let email = RwSignal::new(profile.email);
    let description = RwSignal::new(profile.description);
    let email_before = StoredValue::new(profile_email);
    let password = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let needs_password = Memo::new(move |_| email_before.with_value(|before| *before != email.get().trim()));
    let submit = Submit::new();
    let save = move || {
        let options = UserSettingsOptions {
            hide_email: None,
            full_name: Some(full_name.get_untracked().trim().to_owned()),
            email: Some(email.get_untracked().trim().to_owned()),
            description: Some(description.get_untracked().trim().to_owned()),
            current_password: needs_password.get_untracked().then(|| password.get_untracked()),
            code: needs_password.get_untracked().then(|| code.get_untracked()),
        };
        submit.run(async move { settings::edit_profile(&options).await }, move |saved| {
            email_before.set_value(saved.email.clone());
            email.set(saved.email);
            password.set(String::new());
            code.set(String::new());
            toasts.done("Profile saved.");
        });
    };
    view! {
        <section class="card">
            <p class="muted small">"Your user name is " <strong>{session.name_now()}</strong> "."</p>
            <Form submit=submit on_submit=save action="Save profile" fields=&["full_name", "email", "description", "current_password", "code"]>
                <TextField name="full_name" label="Name" value=full_name autocomplete="name" max=100 failure=submit.failure()/>
                <TextField name="email" label="E-mail address" value=email kind="email" autocomplete="email" required=true failure=submit.failure()
                    hint="Commits with this address are linked to you."/>
                <Show when=move || needs_password.get()>
                    <TextField name="current_password" label="Current password" value=password kind="password" autocomplete="current-password" required=true
                        failure=submit.failure() hint="A changed e-mail address needs it."/>
                    <CodeField value=code failure=submit.failure()/>
                </Show>
                <AreaField name="description" label="About you" value=description rows=2 failure=submit.failure()/>
            </Form>
        </section>
    }
}
