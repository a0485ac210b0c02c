//! An address of nothing.

use leptos::prelude::*;

use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::state::title;

/// The page for addresses that show nothing.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    title::set("Not found");
    view! {
        <div class="page">
            <h1 class="offscreen">"Not found"</h1>
            <Empty sign=Sign::Search title="There is no page at this address">
                <a class="button" href="/">"Go home"</a>
                <a class="button" href="/explore">"Explore repositories"</a>
            </Empty>
        </div>
    }
}
