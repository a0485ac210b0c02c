//! Webhooks of a repository, of an organisation or of the whole site: the list, and the pages of each.

mod delivery;
mod form;
mod list;
mod one;

use leptos::prelude::*;

use crate::routes::{HookView, PluginPlace};

/// Where the webhooks of these pages are.
#[derive(Clone, Copy)]
struct Place(StoredValue<PluginPlace>);

impl Place {
    fn get(&self) -> PluginPlace {
        self.0.get_value()
    }
}

fn use_place() -> Place {
    expect_context()
}

/// All webhooks, or a page of one.
#[component]
pub fn HookPages(place: PluginPlace, shown: HookView) -> impl IntoView {
    provide_context(Place(StoredValue::new(place)));
    match shown {
        HookView::All => view! { <list::Hooks/> }.into_any(),
        HookView::One(id) => view! { <one::OneHook id=id/> }.into_any(),
        HookView::Delivery(id, delivery) => view! { <delivery::OneDelivery id=id delivery=delivery/> }.into_any(),
    }
}
