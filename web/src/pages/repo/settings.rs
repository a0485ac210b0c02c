//! A repository's settings, for those who administer it.

mod branches;
mod collaborators;
mod danger;
mod general;

use leptos::prelude::*;

use crate::pages::plugins::PluginPages;
use crate::pages::repo::use_repo;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::settings_frame::SettingsFrame;
use crate::routes::{PluginPlace, PluginView, RepoTab};
use crate::state::title;

/// The pages below `…/settings/`.
#[component]
pub fn SettingsPage(tab: RepoTab, plugin: Option<(i64, PluginView)>) -> impl IntoView {
    let repo = use_repo();
    let address = repo.address();
    title::set(format!("{} · {}", tab.label(), address.full_name()));
    let is_admin = Memo::new(move |_| repo.is_admin());
    move || {
        if !is_admin.get() {
            return view! { <Empty sign=Sign::Lock title="Settings are for administrators of this repository"/> }.into_any();
        }
        let entries = RepoTab::ALL.into_iter().map(|entry| (entry.label(), address.settings(entry), entry == tab)).collect();
        let body = match tab {
            RepoTab::General => view! { <general::General/><danger::DangerZone/> }.into_any(),
            RepoTab::Collaborators => view! { <collaborators::Collaborators/> }.into_any(),
            RepoTab::Branches => view! { <branches::Protections/> }.into_any(),
            RepoTab::Plugins => view! { <PluginPages place=PluginPlace::Repo(address.clone()) shown=plugin/> }.into_any(),
        };
        view! { <SettingsFrame name="Repository settings" entries=entries>{body}</SettingsFrame> }.into_any()
    }
}
