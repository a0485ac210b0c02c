//! What an organisation is called and who sees it, and its end.

use hardie_api_types::org::{EditOrgOption, Organization};
use leptos::prelude::*;

use super::{use_org, visibilities};
use crate::api::orgs;
use crate::load::load;
use crate::nav::use_nav;
use crate::parts::confirm::ConfirmButton;
use crate::parts::field::{AreaField, SelectField, TextField};
use crate::parts::form::{Form, Submit};
use crate::parts::skeleton;
use crate::state::toasts::use_toasts;

/// The page.
#[component]
pub fn Settings() -> impl IntoView {
    let org = use_org();
    let found = load(|| (), move |()| async move { orgs::get(&org.name()).await });
    view! {
        <h2>"Settings"</h2>
        {found.view(skeleton::block, |org| view! { <General org=org/> }.into_any())}
        {found.below(|| view! { <Delete/> }.into_any())}
    }
}

#[component]
fn General(org: Organization) -> impl IntoView {
    let toasts = use_toasts();
    let name = StoredValue::new(org.username);
    let (full_name, description) = (RwSignal::new(org.full_name), RwSignal::new(org.description));
    let visibility = RwSignal::new(org.visibility);
    let submit = Submit::new();
    let save = move || {
        let text = |field: RwSignal<String>| Some(field.get_untracked().trim().to_owned());
        let options =
            EditOrgOption { full_name: text(full_name), description: text(description), visibility: Some(visibility.get_untracked()) };
        submit.run(async move { orgs::edit(&name.get_value(), &options).await }, move |_| toasts.done("Settings saved."));
    };
    view! {
        <section class="card">
            <Form submit=submit on_submit=save action="Save settings" fields=&["full_name", "description"]>
                <TextField name="full_name" label="Name for people" value=full_name max=100 failure=submit.failure()/>
                <AreaField name="description" label="Description" value=description rows=2 failure=submit.failure()/>
                <SelectField name="visibility" label="Who sees it" value=visibility options=visibilities()
                    hint="And what is public in it. Collaborators of a repository see that repository all the same."/>
            </Form>
        </section>
    }
}

#[component]
fn Delete() -> impl IntoView {
    let org = use_org();
    let (nav, toasts) = (use_nav(), use_toasts());
    let submit = Submit::new();
    let delete = move || {
        submit.run(async move { orgs::delete(&org.name()).await }, move |_| {
            toasts.done("Organisation deleted.");
            nav.go("/");
        });
    };
    view! {
        <section class="danger-zone" aria-labelledby="danger">
            <h2 id="danger">"Danger zone"</h2>
            <div class="danger-row">
                <div><h3>"Delete this organisation"</h3><p class="muted">"One that has repositories cannot be deleted, nor while deleted ones can be restored. Its teams, plugins and webhooks go with it."</p></div>
                <ConfirmButton label="Delete" title="Delete this organisation?" quiet=true type_to_confirm=org.name() failure=submit.failure() on_confirm=delete
                    explain="It cannot be brought back."/>
            </div>
        </section>
    }
}
