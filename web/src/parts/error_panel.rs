//! What failed, for whom, and what to do; with the request id for the operator.

use leptos::prelude::*;

use crate::api::Failure;
use crate::nav::use_nav;
use crate::parts::icon::{Icon, Sign};
use crate::routes;
use crate::state::use_session;

/// A failure in place of what should be there.
pub fn error_panel(failure: Failure, retry: impl Fn() + Send + 'static) -> AnyView {
    let anonymous = use_session().is_anonymous();
    let login = routes::login(&use_nav().here());
    let wants_sign_in = failure.is_unauthenticated() || (failure.is_not_found() && anonymous);
    let (title, detail) = explain(&failure, anonymous);
    let can_retry = !failure.is_not_found() && failure.status != 403 && !failure.is_unauthenticated();
    view! {
        <div class="error-panel" role="alert">
            <Icon sign=Sign::Alert/>
            <div>
                <p class="error-title">{title}</p>
                <p>{detail}</p>
                <div class="error-actions">
                    {can_retry.then(|| view! { <button class="button" type="button" on:click=move |_| retry()>"Try again"</button> })}
                    {wants_sign_in.then(|| view! { <a class="button" href=login>"Sign in"</a> })}
                </div>
                {request_id(&failure)}
            </div>
        </div>
    }
    .into_any()
}

/// The id by which an operator finds the request in the log.
pub fn request_id(failure: &Failure) -> Option<impl IntoView + use<>> {
    let id = failure.request_id.clone();
    (!id.is_empty()).then(|| view! { <p class="muted small">"Request " <code>{id}</code></p> })
}

fn explain(failure: &Failure, anonymous: bool) -> (&'static str, String) {
    match failure.status {
        401 => ("You are not signed in", "This is shown to signed-in users only.".to_owned()),
        403 => ("You may not do this", failure.message.clone()),
        404 if anonymous => ("There is nothing here", "It does not exist, or you must sign in to see it.".to_owned()),
        404 => ("There is nothing here", "It does not exist, it was moved or deleted, or it is not shared with you.".to_owned()),
        429 => ("Too many requests", failure.message.clone()),
        _ if failure.is_down() => ("The server cannot be reached", format!("{} Nothing is lost; try again in a moment.", failure.message)),
        _ => ("This did not work", failure.message.clone()),
    }
}
