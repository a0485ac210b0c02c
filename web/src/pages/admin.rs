//! The administration of the server, for its administrators.

pub mod publishers;

use leptos::prelude::*;

use crate::lazy;
use crate::nav::use_nav;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::settings_frame::SettingsFrame;
use crate::routes::{self, AdminTab, AdminView, PluginPlace};
use crate::state::{title, use_session};

/// The pages at `/admin/…`.
#[component]
pub fn AdminPage(shown: AdminView) -> impl IntoView {
    let tab = shown.tab();
    title::set(format!("{} · Administration", tab.label()));
    let session = use_session();
    if session.name_now().is_empty() {
        use_nav().replace(&routes::login(&use_nav().here()));
        return ().into_any();
    }
    let body = if session.is_admin_now() {
        let entries = AdminTab::ALL.into_iter().map(|entry| (entry.label(), entry.url(), entry == tab)).collect();
        let body = match shown {
            AdminView::Plugins(one) => lazy::plugins(PluginPlace::Site, one),
            AdminView::Publishers => lazy::publishers(),
            AdminView::Hooks(view) => lazy::hooks(PluginPlace::Site, view),
        };
        view! { <SettingsFrame name="Administration" entries=entries>{body}</SettingsFrame> }.into_any()
    } else {
        view! { <Empty sign=Sign::Lock title="This is for administrators of the server"><a class="button" href="/">"Go home"</a></Empty> }
            .into_any()
    };
    view! {
        <div class="page">
            <h1>"Administration"</h1>
            {body}
        </div>
    }
    .into_any()
}
