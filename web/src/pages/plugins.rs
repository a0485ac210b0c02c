//! Plugins, of a repository, of an owner or of the whole site: what is installed, and the pages of each.

mod deliveries;
mod delivery;
mod hosts;
mod install;
mod installation;
mod list;
mod log;
mod secrets;
mod state;
mod verdicts;
mod versions;

use hardie_api_types::plugin::PluginInstallation;
use leptos::prelude::*;

use crate::api::plugins;
use crate::load::{Again, load};
use crate::parts::skeleton;
use crate::routes::{PluginPlace, PluginView};

/// Where the plugins of these pages are installed.
#[derive(Clone, Copy)]
pub struct Place(StoredValue<PluginPlace>);

impl Place {
    /// Itself.
    pub fn get(&self) -> PluginPlace {
        self.0.get_value()
    }
}

fn use_place() -> Place {
    expect_context()
}

/// All plugins, or a page of one.
#[component]
pub fn PluginPages(place: PluginPlace, shown: Option<(i64, PluginView)>) -> impl IntoView {
    provide_context(Place(StoredValue::new(place)));
    match shown {
        None => view! { <list::Plugins/> }.into_any(),
        Some((id, view)) => view! { <Plugin id=id shown=view/> }.into_any(),
    }
}

#[component]
fn Plugin(id: i64, shown: PluginView) -> impl IntoView {
    let place = use_place();
    let found = load(move || place.get(), move |place| async move { plugins::installation(&place, id).await });
    let again = found.again();
    view! {
        <p class="small"><a href=place.get().all()>"All plugins"</a></p>
        {found.view(skeleton::block, move |installation| page(installation, again, shown))}
    }
}

fn page(installation: PluginInstallation, again: Again, shown: PluginView) -> AnyView {
    let name = installation.name.clone();
    let body = match shown {
        PluginView::Overview => return view! { <h2 class="wrap" dir="auto">{name}</h2>{links(&installation, shown)}<installation::InstallationCard installation=installation again=again/> }.into_any(),
        PluginView::Deliveries => view! { <deliveries::Deliveries installation=installation.clone() again=again/> }.into_any(),
        PluginView::Delivery(delivery) => view! { <delivery::OneDelivery id=installation.id delivery=delivery/> }.into_any(),
        PluginView::Secrets => view! { <hosts::Hosts installation=installation.clone() again=again/><secrets::Secrets id=installation.id/> }.into_any(),
        PluginView::Log => view! { <log::Log id=installation.id/> }.into_any(),
    };
    view! {
        <h2 class="wrap" dir="auto">{name}</h2>
        {links(&installation, shown)}
        {body}
    }
    .into_any()
}

/// To the pages of one plugin. What was installed elsewhere is looked at there.
fn links(installation: &PluginInstallation, shown: PluginView) -> AnyView {
    if !installation.editable {
        return ().into_any();
    }
    let place = use_place().get();
    let pages = [
        ("Overview", PluginView::Overview),
        ("Deliveries", PluginView::Deliveries),
        ("Hosts and secrets", PluginView::Secrets),
        ("Log", PluginView::Log),
    ];
    let here = |view| shown == view || matches!((shown, view), (PluginView::Delivery(_), PluginView::Deliveries));
    let links = pages
        .into_iter()
        .filter(|(_, view)| shown == *view || fits(installation, *view))
        .map(|(label, view)| view! { <a href=place.one(installation.id, view) aria-current=here(view).then_some("page")>{label}</a> })
        .collect_view();
    crate::browser::reveal(".plugin-tabs a[aria-current]");
    view! { <nav class="tabs plugin-tabs" aria-label=format!("Plugin {}", installation.name)>{links}</nav> }.into_any()
}

/// Whether a plugin of this kind has something on that page.
fn fits(installation: &PluginInstallation, view: PluginView) -> bool {
    let may = |name: &str| installation.component.permissions.iter().any(|permission| permission.name == name);
    match view {
        PluginView::Deliveries | PluginView::Delivery(_) => handles_events(installation),
        PluginView::Secrets => may("http") || may("secrets"),
        PluginView::Overview | PluginView::Log => true,
    }
}

/// Whether it is told of events.
fn handles_events(installation: &PluginInstallation) -> bool {
    installation.component.worlds.iter().any(|world| world == "events")
}

/// Whether it judges pushes.
fn judges_pushes(installation: &PluginInstallation) -> bool {
    installation.component.worlds.iter().any(|world| world.starts_with("policy"))
}
