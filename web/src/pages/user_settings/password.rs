//! Changing the password.

use leptos::prelude::*;

use crate::api::settings;
use crate::parts::field::{CodeField, TextField};
use crate::parts::form::{Form, Submit};
use crate::state::toasts::use_toasts;

/// The form.
#[component]
pub fn Password() -> impl IntoView {
    let toasts = use_toasts();
    let current = RwSignal::new(String::new());
    let new = RwSignal::new(String::new());
    let again = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let submit = Submit::new();
    let save = move || {
        if new.get_untracked() != again.get_untracked() {
            submit.refuse("again", "This is not the same as the new password.");
            return;
        }
        submit.run(settings::change_password(current.get_untracked(), new.get_untracked(), code.get_untracked()), move |_| {
            for field in [current, new, again, code] {
                field.set(String::new());
            }
            toasts.done("Password changed. Other browsers are signed out.");
        });
    };
    view! {
        <h1>"Password"</h1>
        <section class="card">
            <Form submit=submit on_submit=save action="Change password" fields=&["current_password", "new_password", "again", "code"]>
                <TextField name="current_password" label="Current password" value=current kind="password" autocomplete="current-password" required=true failure=submit.failure()/>
                <TextField name="new_password" label="New password" value=new kind="password" autocomplete="new-password" required=true failure=submit.failure()
                    hint="Long is better than odd: a few words together are good."/>
                <TextField name="again" label="New password, again" value=again kind="password" autocomplete="new-password" required=true failure=submit.failure()/>
                <CodeField value=code failure=submit.failure()/>
            </Form>
        </section>
    }
}
