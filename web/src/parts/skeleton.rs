//! Placeholders of about the size of what comes. They take their room at once and are seen after 150 ms (by the style sheet).

use leptos::prelude::*;

/// Rows of a list or a table.
pub fn rows(count: usize) -> AnyView {
    let rows = (0..count).map(|_| view! { <div class="skeleton-row"></div> }).collect_view();
    view! { <div class="skeleton box" aria-hidden="true">{rows}</div> }.into_any()
}

/// A paragraph or a form.
pub fn block() -> AnyView {
    view! {
        <div class="skeleton" aria-hidden="true">
            <div class="skeleton-line"></div>
            <div class="skeleton-line skeleton-short"></div>
            <div class="skeleton-line"></div>
        </div>
    }
    .into_any()
}
