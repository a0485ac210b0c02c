//! What checks found of a commit: a word in its colour.

use hardie_api_types::status::StatusSummary;
use leptos::prelude::*;

use crate::load::Load;
use crate::parts::icon::{Icon, Sign};
use crate::text;

/// The mark, a link where there is more to read.
#[component]
pub fn StatusMark(status: StatusSummary) -> impl IntoView {
    let (class, sign, word) = match status.state.as_str() {
        "success" => ("badge badge-good", Sign::Check, "Success"),
        "failure" => ("badge badge-bad", Sign::Close, "Failure"),
        "error" => ("badge badge-bad", Sign::Alert, "Error"),
        "warning" => ("badge badge-warning", Sign::Alert, "Warning"),
        "pending" => ("badge badge-warning", Sign::Clock, "Pending"),
        _ => ("badge", Sign::Check, "Skipped"),
    };
    let title = format!("{word}, of {}", text::count(status.total_count, "check"));
    match status.target_url.is_empty() {
        true => view! { <span class=class title=title><Icon sign=sign/>{word}</span> }.into_any(),
        false => {
            view! { <a class=class href=status.target_url rel="nofollow noreferrer" title=title><Icon sign=sign/>{word}</a> }.into_any()
        }
    }
}

/// The mark of one commit, once it is known. Where nothing was found, or nothing can be known, there is none.
#[component]
pub fn LoadedMark(found: Load<Option<StatusSummary>>) -> impl IntoView {
    move || found.value().flatten().map(|status| view! { <StatusMark status=status/> })
}
