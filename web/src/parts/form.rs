//! A form that sends something once: disabled while it runs, its failure shown in it.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::SubmitEvent;

use crate::api::Failure;
use crate::parts::error_panel::request_id;
use crate::parts::icon::{Icon, Sign};

/// Something that can be asked for, one at a time.
#[derive(Clone, Copy)]
pub struct Submit {
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
}

impl Submit {
    /// Nothing asked yet.
    pub fn new() -> Submit {
        Submit { busy: RwSignal::new(false), failure: RwSignal::new(None) }
    }

    /// Asks, unless an answer is still awaited.
    pub fn run<T: 'static>(&self, ask: impl Future<Output = Result<T, Failure>> + 'static, then: impl FnOnce(T) + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.wait(Box::pin(async move { ask.await.map(|value| Box::new(move || then(value)) as Box<dyn FnOnce()>) }));
    }

    fn wait(self, ask: Pin<Box<dyn Future<Output = Result<Box<dyn FnOnce()>, Failure>>>>) {
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answer = ask.await;
            self.busy.try_set(false);
            match answer {
                Ok(then) => then(),
                Err(failure) => drop(self.failure.try_set(Some(failure))),
            }
        });
    }

    /// Whether an answer is awaited, tracked.
    pub fn is_busy(&self) -> bool {
        self.busy.get()
    }

    /// What went wrong last, tracked.
    pub fn failure(&self) -> Signal<Option<Failure>> {
        self.failure.into()
    }

    /// Says that what was entered cannot be sent.
    pub fn refuse(&self, field: &str, message: &str) {
        self.failure.set(Some(Failure {
            status: 422,
            message: message.to_owned(),
            field: Some(field.to_owned()),
            permissions: Vec::new(),
            request_id: String::new(),
        }));
    }
}

/// A form around its fields. `fields` names those that show their own errors.
#[component]
pub fn Form(
    submit: Submit,
    on_submit: impl Fn() + 'static,
    #[prop(into)] action: Signal<String>,
    #[prop(optional)] fields: &'static [&'static str],
    #[prop(optional)] danger: bool,
    children: Children,
) -> impl IntoView {
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        on_submit();
    };
    let general = move || submit.failure.get().filter(|failure| !failure.field.as_deref().is_some_and(|field| fields.contains(&field)));
    view! {
        <form class="form" on:submit=send aria-busy=move || submit.is_busy().to_string()>
            <div role="alert">
                {move || {
                    general()
                        .map(|failure| {
                            let id = request_id(&failure);
                            view! {
                                <div class="notice notice-bad">
                                    <Icon sign=Sign::Alert/>
                                    <div><p>{failure.message}</p>{id}</div>
                                </div>
                            }
                        })
                }}
            </div>
            {children()}
            <div class="form-actions">
                <button class=if danger { "button danger" } else { "button primary" } type="submit" disabled=move || submit.is_busy()>
                    {move || action.get()}
                </button>
            </div>
        </form>
    }
}
