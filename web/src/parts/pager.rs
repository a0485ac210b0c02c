//! Earlier and later pages, in the address.

use leptos::prelude::*;

/// Links to the pages beside this one. `link` makes the address of a page; pages count from 1.
#[component]
pub fn Pager(page: u32, has_next: bool, link: impl Fn(u32) -> String) -> impl IntoView {
    let previous = (page > 1).then(|| link(page - 1));
    let next = has_next.then(|| link(page + 1));
    (previous.is_some() || next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages">
                {match previous {
                    Some(href) => view! { <a class="button" rel="prev" href=href>"Previous"</a> }.into_any(),
                    None => view! { <span class="button disabled" aria-hidden="true">"Previous"</span> }.into_any(),
                }}
                <span class="muted">{format!("Page {page}")}</span>
                {match next {
                    Some(href) => view! { <a class="button" rel="next" href=href>"Next"</a> }.into_any(),
                    None => view! { <span class="button disabled" aria-hidden="true">"Next"</span> }.into_any(),
                }}
            </nav>
        }
    })
}

/// Whether a page of a list of known length is followed by another.
pub fn has_next(page: u32, per_page: u32, total: i64) -> bool {
    i64::from(page) * i64::from(per_page) < total
}
