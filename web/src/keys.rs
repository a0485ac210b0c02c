//! The keyboard: single keys where nothing is being typed.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, KeyboardEvent};

use crate::browser;
use crate::nav::use_nav;
use crate::routes::{self, Page};

/// Keys and what they do, for the help.
pub const SHORTCUTS: &[(&[&str], &str)] = &[
    (&["?"], "Show this help"),
    (&["/"], "Search repositories"),
    (&["g", "h"], "Go home"),
    (&["g", "c"], "Go to the code of this repository"),
    (&["g", "b"], "Go to its branches"),
    (&["g", "s"], "Go to its settings"),
    (&["s"], "Search in the files of this repository"),
    (&["t"], "Filter the files of this directory"),
    (&["Esc"], "Close what is open, give the focus back"),
];

/// Listens. `help` moves when the help is asked for.
pub fn install(help: RwSignal<u32>) {
    let nav = use_nav();
    let going = StoredValue::new(false);
    let listener = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) {
            return;
        }
        let after_g = going.get_value();
        going.set_value(false);
        let repo = || match routes::parse(&nav.path().get_untracked()) {
            Page::Repo(address, _) => Some(address),
            _ => None,
        };
        let to = match (after_g, event.key().as_str()) {
            (false, "g") => {
                going.set_value(true);
                return;
            }
            (true, "h") => Some("/".to_owned()),
            (true, "c") => repo().map(|repo| repo.url()),
            (true, "b") => repo().map(|repo| repo.branches()),
            (true, "s") => repo().map(|repo| repo.settings(routes::RepoTab::General)),
            (false, "s") => repo().map(|repo| repo.search_all()),
            (false, "?") => {
                event.prevent_default();
                help.update(|asked| *asked = asked.wrapping_add(1));
                None
            }
            (false, "/") => focus(&event, "#search"),
            (false, "t") => focus(&event, "#filter"),
            _ => None,
        };
        if let Some(to) = to {
            event.prevent_default();
            nav.go(&to);
        }
    });
    on_cleanup(move || listener.remove());
}

fn focus(event: &KeyboardEvent, selector: &str) -> Option<String> {
    event.prevent_default();
    browser::focus(selector);
    None
}

/// Whether the key belongs to a field or an open dialog.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest("input, textarea, select, dialog[open], [contenteditable]").ok().flatten().is_some())
}
