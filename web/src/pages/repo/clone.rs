//! Where to clone from.

use leptos::prelude::*;

use crate::pages::repo::use_repo;
use crate::parts::copy::CopyButton;
use crate::parts::icon::{Icon, Sign};
use crate::parts::menu::Menu;
use crate::routes::At;

/// A way for git to come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// HTTP or HTTPS.
    Http,
    /// SSH.
    Ssh,
}

/// Two buttons for the two ways.
#[component]
pub fn DoorSwitch(door: RwSignal<Door>) -> impl IntoView {
    let repo = use_repo();
    let http = move || if repo.get().clone_url.starts_with("https:") { "HTTPS" } else { "HTTP" };
    view! {
        <div class="segmented" role="group" aria-label="Protocol">
            <button type="button" aria-pressed=move || (door.get() == Door::Http).to_string() on:click=move |_| door.set(Door::Http)>{http}</button>
            <button type="button" aria-pressed=move || (door.get() == Door::Ssh).to_string() on:click=move |_| door.set(Door::Ssh)>"SSH"</button>
        </div>
    }
}

/// The address for one way, tracked.
pub fn clone_address(door: RwSignal<Door>) -> Signal<String> {
    let repo = use_repo();
    Signal::derive(move || {
        let repository = repo.get();
        match door.get() {
            Door::Http => repository.clone_url,
            Door::Ssh => repository.ssh_url,
        }
    })
}

/// The menu on the code page.
#[component]
pub fn CloneMenu(at: At) -> impl IntoView {
    let archives = StoredValue::new(["zip", "tar.gz"].map(|format| (format, use_repo().address().archive(&at, format))));
    let door = RwSignal::new(Door::Http);
    let address = clone_address(door);
    let select_all = |event: web_sys::FocusEvent| event_target::<web_sys::HtmlInputElement>(&event).select();
    view! {
        <Menu label="Clone" button_class="button primary" wide=true face=|| view! { "Clone" <Icon sign=Sign::ChevronDown/> }>
            <div class="menu-pad">
                <DoorSwitch door=door/>
                <div class="copy-line">
                    <input type="text" readonly=true aria-label="Clone address" prop:value=move || address.get() on:focus=select_all/>
                    <CopyButton text=address what="clone address"/>
                </div>
                <p class="muted small">{move || match door.get() {
                    Door::Http => "Git asks for your user name, and a password or an access token.",
                    Door::Ssh => "Git uses an SSH key that you added in your settings.",
                }}</p>
                <p class="download-line">
                    {archives.get_value().into_iter().map(|(format, link)| view! {
                        <a class="button small-button" href=link rel="external" download="">{format!("Download {format}")}</a>
                    }).collect_view()}
                </p>
            </div>
        </Menu>
    }
}
