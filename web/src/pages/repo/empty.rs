//! A repository without a commit: the exact commands that push to it.

use leptos::prelude::*;

use crate::pages::repo::clone::{Door, DoorSwitch, clone_address};
use crate::pages::repo::use_repo;
use crate::parts::command::Commands;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;

/// The commands, or a word for readers who may not push.
#[component]
pub fn EmptyRepo() -> impl IntoView {
    let repo = use_repo();
    move || {
        if repo.can_push() {
            view! { <PushCommands/> }.into_any()
        } else {
            view! { <Empty sign=Sign::Repo title="Nothing was pushed here yet"><p class="muted">"Come back when its owner has."</p></Empty> }.into_any()
        }
    }
}

#[component]
fn PushCommands() -> impl IntoView {
    let repo = use_repo();
    let door = RwSignal::new(Door::Http);
    let address = clone_address(door);
    let branch = repo.now().default_branch;
    let branch = if branch.is_empty() { "main".to_owned() } else { branch };
    let name = repo.address().name;
    let existing_branch = branch.clone();
    let fresh = Signal::derive(move || {
        format!(
            "mkdir {name} && cd {name}\necho \"# {name}\" > README.md\ngit init -b {branch}\ngit add README.md\ngit commit -m \"First commit\"\ngit remote add origin {}\ngit push -u origin {branch}",
            address.get()
        )
    });
    let existing = Signal::derive(move || format!("git remote add origin {}\ngit push -u origin {existing_branch}", address.get()));
    let clone = Signal::derive(move || format!("git clone {}", address.get()));
    view! {
        <section class="card first-push">
            <div class="first-push-head">
                <div>
                    <h2>"Push the first commit"</h2>
                    <p class="muted">"The first branch that you push becomes the default branch."</p>
                </div>
                <DoorSwitch door=door/>
            </div>
            <h3>"Start a new project"</h3>
            <Commands lines=fresh what="the commands for a new project"/>
            <h3>"Push an existing one"</h3>
            <Commands lines=existing what="the commands for an existing project"/>
            <h3>"Or clone it empty"</h3>
            <Commands lines=clone what="the clone command"/>
            <p class="muted small">{move || match door.get() {
                Door::Http => view! { "Git asks for your user name, and a password or an "<a href="/user/settings/tokens">"access token"</a>"." }.into_any(),
                Door::Ssh => view! { "SSH needs a "<a href="/user/settings/keys">"key in your settings"</a>"." }.into_any(),
            }}</p>
        </section>
    }
}
