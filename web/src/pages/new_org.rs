//! Creating an organisation.

use hardie_api_types::org::CreateOrgOption;
use leptos::prelude::*;

use crate::api::orgs;
use crate::nav::use_nav;
use crate::pages::owner::org::visibilities;
use crate::parts::field::{AreaField, SelectField, TextField};
use crate::parts::form::{Form, Submit};
use crate::routes;
use crate::state::{title, use_session};

/// The page at `/org/create`.
#[component]
pub fn NewOrgPage() -> impl IntoView {
    title::set("New organisation");
    let nav = use_nav();
    if use_session().name_now().is_empty() {
        nav.replace(&routes::login("/org/create"));
        return ().into_any();
    }
    let [name, full_name, description] = [(); 3].map(|()| RwSignal::new(String::new()));
    let visibility = RwSignal::new("public".to_owned());
    let submit = Submit::new();
    let send = move || {
        let text = |field: RwSignal<String>| field.get_untracked().trim().to_owned();
        let options = CreateOrgOption {
            username: text(name),
            full_name: text(full_name),
            description: text(description),
            visibility: Some(visibility.get_untracked()),
        };
        submit.run(async move { orgs::create(&options).await }, move |made| nav.go(&routes::owner(&made.username)));
    };
    view! {
        <div class="page narrow">
            <h1>"New organisation"</h1>
            <p class="muted">"It owns repositories that several people work on. You own it, and add members and teams next."</p>
            <section class="card">
                <Form submit=submit on_submit=send action="Create organisation" fields=&["username", "full_name", "description"]>
                    <TextField name="username" label="Name" value=name required=true autofocus=true max=40 failure=submit.failure()
                        hint="Letters, digits, dashes and underscores. It becomes part of the address, and no user has it."/>
                    <TextField name="full_name" label="Name for people (optional)" value=full_name max=100 failure=submit.failure()/>
                    <AreaField name="description" label="Description (optional)" value=description rows=2 failure=submit.failure()/>
                    <SelectField name="visibility" label="Who sees it" value=visibility options=visibilities()/>
                </Form>
            </section>
        </div>
    }
    .into_any()
}
