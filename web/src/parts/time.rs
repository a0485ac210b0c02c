//! A moment: relative in the text, exact in the title.

use hardie_api_types::Time;
use leptos::prelude::*;

use crate::browser;
use crate::text;

/// `3 hours ago`; "never" for the moment that the API uses for it.
#[component]
pub fn Ago(time: Time) -> impl IntoView {
    match browser::moment(time.as_str()) {
        None => view! { <span>"never"</span> }.into_any(),
        Some(milliseconds) => {
            let shown = text::ago(milliseconds, browser::now());
            view! { <time datetime=time.0 title=browser::local_time(milliseconds)>{shown}</time> }.into_any()
        }
    }
}

/// The day, for headings and far ends.
pub fn day(time: &Time) -> String {
    browser::moment(time.as_str()).map_or_else(|| "Unknown day".to_owned(), browser::local_date)
}
