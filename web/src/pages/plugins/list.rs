//! Sandboxed hooks: what judges a push or is told of it, what each may do, what it said last.

use leptos::prelude::*;

use super::install::Install;
use super::installation::InstallationCard;
use super::use_place;
use crate::api::plugins;
use crate::load::load;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::skeleton;
use crate::routes::PluginPlace;

/// The installations, and a form for another.
#[component]
pub fn Plugins() -> impl IntoView {
    let place = use_place();
    let found = load(move || place.get(), |place| async move { plugins::installations(&place).await });
    let again = found.again();
    let (where_to, nothing) = match place.get() {
        PluginPlace::Repo(_) => (String::new(), "No plugin is installed here"),
        PluginPlace::Owner(name) => {
            (format!("Those below work in every repository of {name}. "), "No plugin is installed for all repositories")
        }
        PluginPlace::Site => {
            ("Those below work in every repository of this server. ".to_owned(), "No plugin is installed for the whole site")
        }
    };
    view! {
        <h2>"Plugins"</h2>
        <p class="muted">{where_to} "A plugin judges every push before it is taken, or is told of it afterwards. It runs in a sandbox: it sees the repository and its own settings, and nothing else unless it is listed below."</p>
        {found.view(|| skeleton::rows(2), move |installations| {
            if installations.is_empty() {
                return view! {
                    <Empty sign=Sign::Plug title=nothing>
                        <p class="muted">"Install one below, or with " <code>"hardie plugin install"</code> "."</p>
                    </Empty>
                }.into_any();
            }
            installations.into_iter().map(|installation| view! { <InstallationCard installation=installation again=again/> }).collect_view().into_any()
        })}
        {found.below(move || view! { <Install again=again/> }.into_any())}
    }
}
