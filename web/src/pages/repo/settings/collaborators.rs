//! Who else works on the repository.

use hardie_api_types::repo::Collaborator;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::repos;
use crate::load::{Load, load};
use crate::pages::repo::use_repo;
use crate::parts::avatar::Avatar;
use crate::parts::confirm::ConfirmButton;
use crate::parts::empty::Empty;
use crate::parts::field::{SelectField, TextField};
use crate::parts::form::{Form, Submit};
use crate::parts::icon::Sign;
use crate::parts::skeleton;
use crate::routes;
use crate::state::toasts::use_toasts;

const PERMISSIONS: [(&str, &str); 3] = [("read", "Read"), ("write", "Write"), ("admin", "Administer")];

fn permissions() -> Vec<(String, String)> {
    PERMISSIONS.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect()
}

/// The list, and a form for another.
#[component]
pub fn Collaborators() -> impl IntoView {
    let repo = use_repo();
    let found = load(move || repo.address(), |address| async move { repos::collaborators(&address).await.map(|found| found.items) });
    view! {
        <h2>"Collaborators"</h2>
        {found.view(|| skeleton::rows(2), move |people| {
            if people.is_empty() {
                return view! { <Empty sign=Sign::Person title="Nobody else works on this yet"><p class="muted">"Add somebody below."</p></Empty> }.into_any();
            }
            let rows = people.into_iter().map(|person| view! { <Row person=person found=found/> }).collect_view();
            view! { <ul class="box rows">{rows}</ul> }.into_any()
        })}
        {found.below(move || view! { <Add found=found/> }.into_any())}
    }
}

#[component]
fn Row(person: Collaborator, found: Load<Vec<Collaborator>>) -> impl IntoView {
    let repo = use_repo();
    let toasts = use_toasts();
    let login = StoredValue::new(person.user.login.clone());
    let permission = person.permission.clone();
    let change = move |permission: String| {
        spawn_local(async move {
            match repos::put_collaborator(&repo.address(), &login.get_value(), &permission).await {
                Ok(_) => toasts.done("Permission changed."),
                Err(failure) => toasts.failed(failure.message),
            }
            found.retry();
        });
    };
    let remove = move || {
        spawn_local(async move {
            match repos::remove_collaborator(&repo.address(), &login.get_value()).await {
                Ok(_) => toasts.done("Collaborator removed."),
                Err(failure) => toasts.failed(failure.message),
            }
            found.retry();
        });
    };
    let options = permissions()
        .into_iter()
        .map(|(value, label)| {
            let chosen = value == permission;
            view! { <option value=value selected=chosen>{label}</option> }
        })
        .collect_view();
    view! {
        <li class="item-row">
            <Avatar name=person.user.login.clone()/>
            <div class="item-main">
                <p><a href=routes::owner(&person.user.login)><strong>{person.user.login.clone()}</strong></a></p>
                {(!person.user.full_name.is_empty()).then(|| view! { <p class="muted small" dir="auto">{person.user.full_name.clone()}</p> })}
            </div>
            <select aria-label=format!("Permission of {}", person.user.login) on:change=move |event| change(event_target_value(&event))>{options}</select>
            <ConfirmButton label="Remove" title="Remove this collaborator?" quiet=true on_confirm=remove
                explain=format!("{} can no longer push, nor see it if it is private.", person.user.login)/>
        </li>
    }
}

#[component]
fn Add(found: Load<Vec<Collaborator>>) -> impl IntoView {
    let repo = use_repo();
    let toasts = use_toasts();
    let username = RwSignal::new(String::new());
    let permission = RwSignal::new("write".to_owned());
    let submit = Submit::new();
    let add = move || {
        let (address, name, permission) = (repo.address(), username.get_untracked().trim().to_owned(), permission.get_untracked());
        submit.run(async move { repos::put_collaborator(&address, &name, &permission).await }, move |_| {
            username.set(String::new());
            toasts.done("Collaborator added.");
            found.retry();
        });
    };
    view! {
        <section class="card">
            <h3>"Add a collaborator"</h3>
            <Form submit=submit on_submit=add action="Add collaborator" fields=&["username"]>
                <TextField name="username" label="User name" value=username required=true max=40 failure=submit.failure()/>
                <SelectField name="permission" label="Permission" value=permission options=permissions()
                    hint="Read: see and fetch. Write: push too. Administer: change settings and plugins too."/>
            </Form>
        </section>
    }
}
