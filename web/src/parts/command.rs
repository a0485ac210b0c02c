//! Commands for a terminal, to be copied whole.

use leptos::prelude::*;

use crate::parts::copy::CopyButton;

/// Lines of a terminal with a copy button. Long lines scroll inside.
#[component]
pub fn Commands(#[prop(into)] lines: Signal<String>, #[prop(into)] what: String) -> impl IntoView {
    view! {
        <div class="commands">
            <pre tabindex="0" aria-label=what.clone()><code>{move || lines.get()}</code></pre>
            <CopyButton text=lines what=what/>
        </div>
    }
}
