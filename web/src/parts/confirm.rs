//! A question before something that cannot be taken back. A modal dialog: the browser keeps the focus in it and closes it on Escape.

use leptos::html;
use leptos::prelude::*;

use crate::api::Failure;
use crate::parts::icon::{Icon, Sign};

/// A button that asks first. With `type_to_confirm` the name must be typed.
#[component]
pub fn ConfirmButton(
    #[prop(into)] label: String,
    #[prop(into)] title: String,
    /// What will happen, in one or two sentences.
    #[prop(into)]
    explain: String,
    #[prop(optional, into)] type_to_confirm: String,
    #[prop(optional)] failure: Option<Signal<Option<Failure>>>,
    #[prop(optional)] quiet: bool,
    /// What it does harms nothing.
    #[prop(optional)]
    mild: bool,
    on_confirm: impl Fn() + Send + 'static,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let typed = RwSignal::new(String::new());
    let wanted = StoredValue::new(type_to_confirm.clone());
    let asks_name = !type_to_confirm.is_empty();
    let ready = Signal::derive(move || wanted.with_value(|wanted| wanted.is_empty() || *wanted == typed.get().trim()));
    let show = move |_| {
        typed.set(String::new());
        if let Some(dialog) = dialog.get_untracked() {
            let _ = dialog.show_modal();
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let confirm = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if ready.get_untracked() {
            close();
            on_confirm();
        }
    };
    let heading = title.clone();
    view! {
        <button class=match (mild, quiet) { (true, _) => "button", (_, true) => "button quiet-danger", _ => "button danger" } type="button" on:click=show>{label.clone()}</button>
        {failure.map(|failure| view! {
            <span role="alert">
                {move || failure.get().map(|failure| view! { <span class="field-error">{failure.message}</span> })}
            </span>
        })}
        <dialog class="dialog" node_ref=dialog aria-label=heading>
            <form on:submit=confirm>
                <header class="dialog-head">
                    <h2>{title}</h2>
                    <button class="icon-button" type="button" aria-label="Close" on:click=move |_| close()><Icon sign=Sign::Close/></button>
                </header>
                <p>{explain}</p>
                {asks_name.then(|| view! {
                    <label class="field">
                        <span>"Type " <strong>{type_to_confirm}</strong> " to confirm"</span>
                        <input type="text" autofocus=true autocomplete="off" autocapitalize="none" spellcheck="false"
                            prop:value=move || typed.get() on:input=move |event| typed.set(event_target_value(&event))/>
                    </label>
                })}
                <div class="form-actions">
                    <button class="button" type="button" autofocus=!asks_name on:click=move |_| close()>"Cancel"</button>
                    <button class=if mild { "button primary" } else { "button danger" } type="submit" disabled=move || !ready.get()>{label}</button>
                </div>
            </form>
        </dialog>
    }
}
