//! A button with a panel below it. Escape, a click elsewhere and choosing a link close it; Escape gives the focus back.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// A menu. `label` names the button for screen readers, `face` is what it shows.
#[component]
pub fn Menu(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] face: ViewFn,
    #[prop(optional, into)] button_class: String,
    #[prop(optional)] wide: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let clicks = window_event_listener(ev::click, move |event| {
        if !open.try_get_untracked().unwrap_or(false) {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let inside = root.get_untracked().zip(target.as_ref()).is_some_and(|(root, target)| root.contains(Some(target)));
        let on_link = target.is_some_and(|target| target.closest("a, [data-closes]").ok().flatten().is_some());
        if !inside || on_link {
            open.set(false);
        }
    });
    let keys = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && open.try_get_untracked().unwrap_or(false) {
            open.set(false);
            if let Some(button) = button.get_untracked() {
                let _ = button.focus();
            }
        }
    });
    on_cleanup(move || {
        clicks.remove();
        keys.remove();
    });
    let class = if button_class.is_empty() { "button".to_owned() } else { button_class };
    view! {
        <div class="menu" node_ref=root>
            <button
                class=class
                type="button"
                node_ref=button
                aria-expanded=move || open.get().to_string()
                aria-label=move || label.get()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {face.run()}
            </button>
            <Show when=move || open.get()>
                <div class="menu-panel" class:menu-wide=wide>{children()}</div>
            </Show>
        </div>
    }
}
