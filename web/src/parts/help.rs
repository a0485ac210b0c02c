//! The keyboard's help.

use leptos::html;
use leptos::prelude::*;

use crate::keys;
use crate::parts::icon::{Icon, Sign};

/// The dialog that `?` opens.
#[component]
pub fn Help(open: RwSignal<u32>) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        if open.get() > 0
            && let Some(dialog) = dialog.get()
            && !dialog.open()
        {
            let _ = dialog.show_modal();
        }
    });
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let rows = keys::SHORTCUTS
        .iter()
        .map(|(keys, what)| view! { <tr><td>{keys.iter().map(|key| view! { <kbd>{*key}</kbd> " " }).collect_view()}</td><td>{*what}</td></tr> })
        .collect_view();
    view! {
        <dialog class="dialog" node_ref=dialog aria-label="Keyboard shortcuts">
            <header class="dialog-head">
                <h2>"Keyboard shortcuts"</h2>
                <button class="icon-button" type="button" aria-label="Close" on:click=close><Icon sign=Sign::Close/></button>
            </header>
            <table class="keys"><tbody>{rows}</tbody></table>
        </dialog>
    }
}
