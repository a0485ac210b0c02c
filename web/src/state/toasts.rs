//! Short messages about what was just done.

use leptos::prelude::*;

use crate::parts::icon::{Icon, Sign};

/// How long a message stays.
const STAY: std::time::Duration = std::time::Duration::from_secs(6);

#[derive(Clone, PartialEq)]
struct Toast {
    id: u32,
    text: String,
    bad: bool,
}

/// Says things.
#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

/// The one of this page.
pub fn use_toasts() -> Toasts {
    expect_context()
}

impl Toasts {
    /// Makes messages sayable below.
    pub fn install() {
        provide_context(Toasts { list: RwSignal::new(Vec::new()), next: StoredValue::new(0) });
    }

    /// Something was done.
    pub fn done(&self, text: impl Into<String>) {
        self.say(text.into(), false);
    }

    /// Something could not be done.
    pub fn failed(&self, text: impl Into<String>) {
        self.say(text.into(), true);
    }

    fn say(&self, text: String, bad: bool) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.list.update(|list| list.push(Toast { id, text, bad }));
        let toasts = *self;
        set_timeout(move || toasts.dismiss(id), STAY);
    }

    fn dismiss(&self, id: u32) {
        self.list.update(|list| list.retain(|toast| toast.id != id));
    }
}

/// Where messages appear.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.list.get() key=|toast| toast.id let:toast>
                <div class="toast" class:toast-bad=toast.bad>
                    <Icon sign=if toast.bad { Sign::Alert } else { Sign::Check }/>
                    <span>{toast.text}</span>
                    <button class="icon-button" type="button" aria-label="Dismiss" on:click=move |_| toasts.dismiss(toast.id)>
                        <Icon sign=Sign::Close/>
                    </button>
                </div>
            </For>
        </div>
    }
}
