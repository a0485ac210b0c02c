//! A button that copies a text and says so.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser;
use crate::parts::icon::{Icon, Sign};
use crate::state::toasts::use_toasts;

/// Copies `text`. `what` names it: "Copy commit id".
#[component]
pub fn CopyButton(#[prop(into)] text: Signal<String>, #[prop(into)] what: String) -> impl IntoView {
    let toasts = use_toasts();
    let done = RwSignal::new(false);
    let copy = move |_| {
        let text = text.get_untracked();
        spawn_local(async move {
            if browser::copy(&text).await {
                done.try_set(true);
                set_timeout(
                    move || {
                        done.try_set(false);
                    },
                    std::time::Duration::from_secs(2),
                );
            } else {
                toasts.failed("The browser did not allow copying. Select the text instead.");
            }
        });
    };
    let label = format!("Copy {what}");
    let shown = label.clone();
    view! {
        <button class="icon-button" type="button" title=shown aria-label=move || if done.get() { "Copied".to_owned() } else { label.clone() } on:click=copy>
            {move || view! { <Icon sign=if done.get() { Sign::Check } else { Sign::Copy }/> }}
        </button>
    }
}
