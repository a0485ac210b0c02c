//! Name, description, visibility, default branch.

use hardie_api_types::repo::EditRepoOption;
use leptos::prelude::*;

use crate::api::{code, repos};
use crate::load::load;
use crate::nav::use_nav;
use crate::pages::repo::use_repo;
use crate::parts::field::{AreaField, CheckField, SelectField, TextField};
use crate::parts::form::{Form, Submit};
use crate::parts::repo_list;
use crate::routes::RepoTab;
use crate::state::toasts::use_toasts;

/// The form. Only what was changed is sent.
#[component]
pub fn General() -> impl IntoView {
    let repo = use_repo();
    let nav = use_nav();
    let toasts = use_toasts();
    let before = StoredValue::new(repo.repository.get_untracked());
    let now = before.get_value();
    let name = RwSignal::new(now.name);
    let description = RwSignal::new(now.description);
    let private = RwSignal::new(now.private);
    let default_branch = RwSignal::new(now.default_branch.clone());
    let is_empty = now.empty;
    let branches = load(
        move || repo.address(),
        move |address| async move { if is_empty { Ok(Vec::new()) } else { code::branches(&address, 1).await.map(|found| found.items) } },
    );
    let first = now.default_branch;
    let options = Signal::derive(move || {
        let mut names = vec![(first.clone(), first.clone())];
        let others = branches.value().unwrap_or_default().into_iter().map(|branch| branch.name).filter(|name| *name != first);
        names.extend(others.map(|name| (name.clone(), name)));
        names
    });
    let submit = Submit::new();
    let save = move || {
        let before = before.get_value();
        let changed = |now: String, before: &str| (now != before).then_some(now);
        let options = EditRepoOption {
            name: changed(name.get_untracked().trim().to_owned(), &before.name),
            description: changed(description.get_untracked().trim().to_owned(), &before.description),
            private: Some(private.get_untracked()).filter(|private| *private != before.private),
            default_branch: changed(default_branch.get_untracked(), &before.default_branch),
            ..EditRepoOption::default()
        };
        let address = repo.address();
        submit.run(async move { repos::edit(&address, &options).await }, move |edited| {
            toasts.done("Settings saved.");
            let address = repo_list::address(&edited);
            let moved = address != repo.address();
            repo.set(edited);
            if moved {
                nav.replace(&address.settings(RepoTab::General));
            }
        });
    };
    view! {
        <h2>"General"</h2>
        <section class="card">
            <Form submit=submit on_submit=save action="Save settings" fields=&["name", "description", "default_branch"]>
                <TextField name="name" label="Name" value=name required=true max=100 failure=submit.failure()
                    hint="After a rename the old address leads to the new one."/>
                <AreaField name="description" label="Description" value=description rows=2 failure=submit.failure()/>
                {(!is_empty).then(|| view! {
                    <SelectField name="default_branch" label="Default branch" value=default_branch options=options hint="What a clone checks out and this site shows first."/>
                })}
                <CheckField name="private" label="Private" value=private hint="Only its owner and collaborators see it. Nobody else can tell that it exists."/>
            </Form>
        </section>
    }
}
