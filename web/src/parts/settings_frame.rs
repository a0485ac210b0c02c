//! The menu beside settings, and the settings.

use leptos::prelude::*;

use crate::browser;

/// A menu entry: label, address, whether it is this page.
pub type Entry = (&'static str, String, bool);

/// Menu and content side by side; above each other on a narrow screen.
#[component]
pub fn SettingsFrame(#[prop(into)] name: String, entries: Vec<Entry>, children: Children) -> impl IntoView {
    let links = entries
        .into_iter()
        .map(|(label, href, here)| view! { <li><a href=href aria-current=here.then_some("page")>{label}</a></li> })
        .collect_view();
    browser::reveal(".settings-menu a[aria-current]");
    view! {
        <div class="settings">
            <nav class="settings-menu" aria-label=name><ul>{links}</ul></nav>
            <div class="settings-body">{children()}</div>
        </div>
    }
}
