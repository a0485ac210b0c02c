//! Sandboxed hooks: what judges a push, what each may do, what it said last.

use leptos::prelude::*;

use crate::api::plugins;
use crate::load::load;
use crate::pages::repo::settings::install::Install;
use crate::pages::repo::settings::installation::InstallationCard;
use crate::pages::repo::use_repo;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::skeleton;

/// The installations, and a form for another.
#[component]
pub fn Plugins() -> impl IntoView {
    let repo = use_repo();
    let found = load(move || repo.address(), |address| async move { plugins::installations(&address).await });
    view! {
        <h2>"Plugins"</h2>
        <p class="muted">"A plugin judges every push before it is taken. It runs in a sandbox: it sees this repository and its own settings, and nothing else unless it is listed below."</p>
        {found.view(|| skeleton::rows(2), move |installations| {
            if installations.is_empty() {
                return view! {
                    <Empty sign=Sign::Plug title="No plugin judges pushes here">
                        <p class="muted">"Install one below, or with " <code>"hardie plugin install"</code> "."</p>
                    </Empty>
                }.into_any();
            }
            installations.into_iter().map(|installation| view! { <InstallationCard installation=installation found=found/> }).collect_view().into_any()
        })}
        {found.below(move || view! { <Install found=found/> }.into_any())}
    }
}
