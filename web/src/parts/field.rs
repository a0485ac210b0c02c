//! Form fields: a label, a hint, an error that is tied to the input.

use leptos::prelude::*;

use crate::api::Failure;
use crate::browser;

/// A line of text.
#[component]
pub fn TextField(
    /// What the API calls it: names the input, and shows errors of that field here.
    name: &'static str,
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: String,
    #[prop(optional, into)] kind: Option<&'static str>,
    #[prop(optional, into)] autocomplete: Option<&'static str>,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] max: Option<u32>,
    #[prop(optional, into)] failure: Signal<Option<Failure>>,
) -> impl IntoView {
    let hint_id = format!("{name}-hint");
    let error_id = format!("{name}-error");
    let described = format!("{hint_id} {error_id}");
    let wrong = Signal::derive(move || failure.get().filter(|failure| failure.field.as_deref() == Some(name)));
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind.unwrap_or("text")
                autocomplete=autocomplete.unwrap_or("off")
                autocapitalize="none"
                spellcheck="false"
                required=required
                autofocus=autofocus
                maxlength=max
                aria-describedby=described
                aria-invalid=move || wrong.get().is_some().to_string()
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
            <p class="hint" id=hint_id hidden=hint.is_empty()>{hint.clone()}</p>
            <p class="field-error" id=error_id hidden=move || wrong.get().is_none()>
                {move || wrong.get().map(|failure| failure.message)}
            </p>
        </div>
    }
}

/// A code of the second factor, once the server asks for one: then the keyboard is there. The form leaves errors of `code` to it.
#[component]
pub fn CodeField(value: RwSignal<String>, #[prop(into)] failure: Signal<Option<Failure>>) -> impl IntoView {
    let asked = Memo::new(move |before: Option<&bool>| {
        before.is_some_and(|before| *before) || failure.get().is_some_and(|failure| failure.field.as_deref() == Some("code"))
    });
    // To be asked is no mistake.
    let wrong = Signal::derive(move || failure.get().filter(|_| !value.get_untracked().is_empty()));
    Effect::new(move || {
        if asked.get() {
            request_animation_frame(|| browser::focus("#code"));
        }
    });
    view! {
        <Show when=move || asked.get()>
            <TextField name="code" label="Code" value=value autocomplete="one-time-code" required=true max=30 failure=wrong
                hint="Of your authenticator app, or a recovery code."/>
        </Show>
    }
}

/// Several lines of text.
#[component]
pub fn AreaField(
    name: &'static str,
    /// The name unless given: needed where a page has several of one name.
    #[prop(optional, into)]
    id: Option<String>,
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] rows: Option<u32>,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] failure: Signal<Option<Failure>>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.to_owned());
    let hint_id = format!("{id}-hint");
    let error_id = format!("{id}-error");
    let described = format!("{hint_id} {error_id}");
    let wrong = Signal::derive(move || failure.get().filter(|failure| failure.field.as_deref() == Some(name)));
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea
                id=id
                name=name
                rows=rows.unwrap_or(4)
                spellcheck="false"
                required=required
                aria-describedby=described
                aria-invalid=move || wrong.get().is_some().to_string()
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            ></textarea>
            <p class="hint" id=hint_id hidden=hint.is_empty()>{hint.clone()}</p>
            <p class="field-error" id=error_id hidden=move || wrong.get().is_none()>
                {move || wrong.get().map(|failure| failure.message)}
            </p>
        </div>
    }
}

/// One of a few.
#[component]
pub fn SelectField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    value: RwSignal<String>,
    /// Value and label of each.
    #[prop(into)]
    options: Signal<Vec<(String, String)>>,
    #[prop(optional, into)] hint: String,
) -> impl IntoView {
    let hint_id = format!("{name}-hint");
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <select id=name.clone() name=name aria-describedby=hint_id.clone() on:change=move |event| value.set(event_target_value(&event))>
                <For each=move || options.get() key=|option| option.clone() let:option>
                    {
                        let (this, label) = option;
                        let chosen = this.clone();
                        view! { <option value=this selected=move || value.get() == chosen>{label}</option> }
                    }
                </For>
            </select>
            <p class="hint" id=hint_id hidden=hint.is_empty()>{hint.clone()}</p>
        </div>
    }
}

/// Yes or no.
#[component]
pub fn CheckField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    value: RwSignal<bool>,
    #[prop(optional, into)] hint: String,
) -> impl IntoView {
    let hint_id = format!("{name}-hint");
    view! {
        <div class="field field-check">
            <input
                type="checkbox"
                id=name.clone()
                name=name.clone()
                aria-describedby=hint_id.clone()
                prop:checked=move || value.get()
                on:change=move |event| value.set(event_target_checked(&event))
            />
            <div>
                <label for=name>{label}</label>
                <p class="hint" id=hint_id hidden=hint.is_empty()>{hint.clone()}</p>
            </div>
        </div>
    }
}
