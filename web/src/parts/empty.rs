//! Nothing here, and what to do about it.

use leptos::prelude::*;

use crate::parts::icon::{Icon, Sign};

/// An empty state. The children are the next step.
#[component]
pub fn Empty(sign: Sign, #[prop(into)] title: String, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon sign=sign/>
            <p class="empty-title">{title}</p>
            {children.map(|children| view! { <div class="empty-next">{children()}</div> })}
        </div>
    }
}
