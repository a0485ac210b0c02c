//! The page's title, also told to screen readers when the page changes without loading.

use leptos::prelude::*;

#[derive(Clone, Copy)]
struct Title(RwSignal<String>);

/// Makes titles settable below.
pub fn install() {
    let title = RwSignal::new(String::new());
    provide_context(Title(title));
    Effect::new(move |_| {
        let title = title.get();
        document().set_title(&if title.is_empty() { "Hardie".to_owned() } else { format!("{title} · Hardie") });
    });
}

/// Sets the title.
pub fn set(title: impl Into<String>) {
    if let Some(Title(signal)) = use_context() {
        let title = title.into();
        if signal.with_untracked(|now| *now != title) {
            signal.set(title);
        }
    }
}

/// A line that is read aloud at each change and never seen.
#[component]
pub fn Announcer() -> impl IntoView {
    let Title(title) = expect_context();
    view! { <div class="offscreen" aria-live="polite" role="status">{move || title.get()}</div> }
}
