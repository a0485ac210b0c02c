//! A moment: relative in the text, exact in the title.

use hardie_api_types::Time;
use leptos::prelude::*;

use crate::browser;
use crate::text;

/// `3 hours ago`; "never" for the moment that the API uses for it.
#[component]
pub fn Ago(time: Time) -> impl IntoView {
    match time.timestamp() {
        None => view! { <span>"never"</span> }.into_any(),
        Some(stamp) => {
            let milliseconds = stamp.0;
            let shown = text::ago(milliseconds, browser::now());
            view! { <time datetime=time.0 title=browser::local_time(milliseconds)>{shown}</time> }.into_any()
        }
    }
}

/// The day, for headings and far ends.
pub fn day(time: &Time) -> String {
    time.timestamp().map_or_else(|| "Unknown day".to_owned(), |stamp| browser::local_date(stamp.0))
}
