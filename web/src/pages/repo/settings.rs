//! A repository's settings, for those who administer it.

mod branches;
mod collaborators;
mod danger;
mod general;

use leptos::prelude::*;

use crate::lazy;
use crate::pages::repo::use_repo;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::settings_frame::SettingsFrame;
use crate::routes::{HookView, PluginPlace, PluginView, RepoTab};
use crate::state::title;

/// What an address below `…/settings/` shows.
#[derive(Clone, Copy)]
pub enum Shown {
    /// A tab of its own.
    Tab(RepoTab),
    /// Plugins; perhaps one.
    Plugins(Option<(i64, PluginView)>),
    /// Webhooks.
    Hooks(HookView),
}

/// The pages below `…/settings/`.
#[component]
pub fn SettingsPage(shown: Shown) -> impl IntoView {
    let repo = use_repo();
    let tab = match shown {
        Shown::Tab(tab) => tab,
        Shown::Plugins(_) => RepoTab::Plugins,
        Shown::Hooks(_) => RepoTab::Hooks,
    };
    let address = repo.address();
    title::set(format!("{} · {}", tab.label(), address.full_name()));
    let is_admin = Memo::new(move |_| repo.is_admin());
    move || {
        if !is_admin.get() {
            return view! { <Empty sign=Sign::Lock title="Settings are for administrators of this repository"/> }.into_any();
        }
        let entries = RepoTab::ALL.into_iter().map(|entry| (entry.label(), address.settings(entry), entry == tab)).collect();
        let place = PluginPlace::Repo(address.clone());
        let body = match shown {
            Shown::Plugins(one) => lazy::plugins(place, one),
            Shown::Hooks(view) => lazy::hooks(place, view),
            Shown::Tab(tab) => lazy::repository(tab),
        };
        view! { <SettingsFrame name="Repository settings" entries=entries>{body}</SettingsFrame> }.into_any()
    }
}

/// What a tab shows. Plugins and webhooks have parts of their own.
pub fn tab_page(tab: RepoTab) -> AnyView {
    match tab {
        RepoTab::General => view! { <general::General/><danger::DangerZone/> }.into_any(),
        RepoTab::Collaborators => view! { <collaborators::Collaborators/> }.into_any(),
        RepoTab::Branches => view! { <branches::Protections/> }.into_any(),
        RepoTab::Plugins | RepoTab::Hooks => ().into_any(),
    }
}
