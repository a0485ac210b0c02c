//! The reader's settings.

mod factor;
mod keys;
mod password;
mod profile;
mod sessions;
mod tokens;

use leptos::prelude::*;

use crate::lazy;
use crate::nav::use_nav;
use crate::parts::settings_frame::SettingsFrame;
use crate::routes::{self, UserTab};
use crate::state::{title, use_session};

/// The pages at `/user/settings/…`.
#[component]
pub fn UserSettingsPage(tab: UserTab) -> impl IntoView {
    title::set(tab.label());
    if use_session().name_now().is_empty() {
        use_nav().replace(&routes::login(&tab.url()));
        return ().into_any();
    }
    let entries = UserTab::ALL.into_iter().map(|entry| (entry.label(), entry.url(), entry == tab)).collect();
    let body = lazy::account(tab);
    view! {
        <div class="page">
            <p class="page-kicker muted">"Your settings"</p>
            <SettingsFrame name="Your settings" entries=entries>{body}</SettingsFrame>
        </div>
    }
    .into_any()
}

/// What a tab shows.
pub fn tab_page(tab: UserTab) -> AnyView {
    match tab {
        UserTab::Profile => view! { <profile::Profile/> }.into_any(),
        UserTab::Keys => view! { <keys::Keys/> }.into_any(),
        UserTab::Tokens => view! { <tokens::Tokens/> }.into_any(),
        UserTab::Sessions => view! { <sessions::Sessions/> }.into_any(),
        UserTab::Security => view! { <password::Password/> <factor::Factor/> }.into_any(),
    }
}
