//! Creating a repository.

use hardie_api_types::repo::CreateRepoOption;
use leptos::prelude::*;

use crate::api::{identity, repos};
use crate::load::load;
use crate::nav::use_nav;
use crate::parts::field::{AreaField, CheckField, SelectField, TextField};
use crate::parts::form::{Form, Submit};
use crate::parts::repo_list::address;
use crate::routes;
use crate::state::{title, use_session};

/// The page at `/repo/create`.
#[component]
pub fn NewRepoPage() -> impl IntoView {
    title::set("New repository");
    let session = use_session();
    let nav = use_nav();
    let myself = session.name_now();
    if myself.is_empty() {
        nav.replace(&routes::login("/repo/create"));
        return ().into_any();
    }
    // An organisation's page says who shall own it.
    let asked = untrack(|| nav.query("owner"));
    let owner = RwSignal::new(if asked.is_empty() { myself.clone() } else { asked });
    let organisations = load(|| (), |()| identity::my_organisations());
    let me = myself.clone();
    let owners = Signal::derive(move || {
        let mut owners = vec![(me.clone(), me.clone())];
        if let Some(found) = organisations.value() {
            owners.extend(found.items.into_iter().map(|org| (org.name.clone(), org.name)));
        }
        owners
    });
    let name = RwSignal::new(String::new());
    let description = RwSignal::new(String::new());
    let private = RwSignal::new(false);
    let submit = Submit::new();
    let send = move || {
        let organisation = owner.get_untracked();
        let organisation = (organisation != myself).then_some(organisation);
        let options = CreateRepoOption {
            name: name.get_untracked().trim().to_owned(),
            description: description.get_untracked().trim().to_owned(),
            private: private.get_untracked(),
            ..CreateRepoOption::default()
        };
        let ask = async move { repos::create(organisation.as_deref(), &options).await };
        submit.run(ask, move |repo| nav.go(&address(&repo).url()));
    };
    view! {
        <div class="page narrow">
            <h1>"New repository"</h1>
            <p class="muted">"It starts empty. The next page shows the commands that push to it."</p>
            <section class="card">
                <Form submit=submit on_submit=send action="Create repository" fields=&["name", "description"]>
                    <SelectField name="owner" label="Owner" value=owner options=owners/>
                    <TextField name="name" label="Name" value=name required=true autofocus=true max=100 failure=submit.failure()
                        hint="Letters, digits, dots, dashes and underscores. It becomes part of the address."/>
                    <AreaField name="description" label="Description (optional)" value=description rows=2 failure=submit.failure()/>
                    <CheckField name="private" label="Private" value=private hint="Only you and its collaborators see it. Nobody else can tell that it exists."/>
                </Form>
            </section>
        </div>
    }
    .into_any()
}
