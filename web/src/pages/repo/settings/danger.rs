//! What cannot be taken back by a click, each with its consequence and the name to be typed.

use hardie_api_types::repo::EditRepoOption;
use leptos::prelude::*;

use crate::api::repos;
use crate::nav::use_nav;
use crate::pages::repo::use_repo;
use crate::parts::confirm::ConfirmButton;
use crate::parts::form::Submit;
use crate::parts::repo_list;
use crate::state::toasts::use_toasts;

/// Archive, transfer, delete.
#[component]
pub fn DangerZone() -> impl IntoView {
    view! {
        <section class="danger-zone" aria-labelledby="danger">
            <h2 id="danger">"Danger zone"</h2>
            <Archive/>
            <Transfer/>
            <Delete/>
        </section>
    }
}

#[component]
fn Archive() -> impl IntoView {
    let repo = use_repo();
    let toasts = use_toasts();
    let submit = Submit::new();
    let toggle = move |archived: bool| {
        let address = repo.address();
        let options = EditRepoOption { archived: Some(archived), ..EditRepoOption::default() };
        submit.run(async move { repos::edit(&address, &options).await }, move |edited| {
            toasts.done(if archived { "Archived." } else { "No longer archived." });
            repo.set(edited);
        });
    };
    let archived = Memo::new(move |_| repo.get().archived);
    move || {
        let (label, explain) = match archived.get() {
            true => ("Unarchive", "It can be pushed to again."),
            false => ("Archive", "It can still be read and cloned, but nobody can push to it until it is unarchived."),
        };
        let full_name = repo.address().full_name();
        view! {
            <div class="danger-row">
                <div><h3>{format!("{label} this repository")}</h3><p class="muted">{explain}</p></div>
                <ConfirmButton label=label title=format!("{label} this repository?") explain=explain type_to_confirm=full_name quiet=true failure=submit.failure()
                    on_confirm=move || toggle(!archived.get_untracked())/>
            </div>
        }
    }
}

#[component]
fn Transfer() -> impl IntoView {
    let repo = use_repo();
    let nav = use_nav();
    let toasts = use_toasts();
    let new_owner = RwSignal::new(String::new());
    let submit = Submit::new();
    let transfer = move || {
        let owner = new_owner.get_untracked().trim().to_owned();
        if owner.is_empty() {
            submit.refuse("new_owner", "Say who shall own it.");
            return;
        }
        let address = repo.address();
        submit.run(async move { repos::transfer(&address, &owner).await }, move |moved| {
            toasts.done("Transferred.");
            nav.replace(&repo_list::address(&moved).url());
        });
    };
    view! {
        <div class="danger-row">
            <div>
                <h3><label for="new-owner">"Transfer to another owner"</label></h3>
                <p class="muted">"An organisation that you own, or yourself. The old address leads to the new one."</p>
                <input id="new-owner" type="text" placeholder="New owner" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="40"
                    prop:value=move || new_owner.get() on:input=move |event| new_owner.set(event_target_value(&event))/>
            </div>
            <ConfirmButton label="Transfer" title="Transfer this repository?" type_to_confirm=repo.address().full_name() quiet=true failure=submit.failure() on_confirm=transfer
                explain="Its new owner decides about it from then on. You may lose access."/>
        </div>
    }
}

#[component]
fn Delete() -> impl IntoView {
    let repo = use_repo();
    let nav = use_nav();
    let toasts = use_toasts();
    let submit = Submit::new();
    let delete = move || {
        let address = repo.address();
        submit.run(async move { repos::delete(&address).await }, move |_| {
            toasts.done("Deleted. It can be restored for a week, on its owner's page.");
            nav.go("/");
        });
    };
    view! {
        <div class="danger-row">
            <div><h3>"Delete this repository"</h3><p class="muted">"It disappears for everybody at once. It can be restored for a week on its owner's page, then it is gone for good."</p></div>
            <ConfirmButton label="Delete" title="Delete this repository?" type_to_confirm=repo.address().full_name() quiet=true failure=submit.failure() on_confirm=delete
                explain="Branches, tags and settings disappear with it, for everybody and at once."/>
        </div>
    }
}
