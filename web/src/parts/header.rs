//! The top of every page: home, search, what one can make, who one is.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::identity;
use crate::nav::use_nav;
use crate::parts::avatar::Avatar;
use crate::parts::icon::{Icon, Sign};
use crate::parts::menu::Menu;
use crate::routes::{self, AdminTab, UserTab};
use crate::state::theme::Theme;
use crate::state::toasts::use_toasts;
use crate::state::{Reader, use_session};
use crate::text::encode_segment;

/// The header.
#[component]
pub fn Header() -> impl IntoView {
    let session = use_session();
    let nav = use_nav();
    let here = Signal::derive(move || nav.path().get());
    let current = move |path: &'static str| (here.get() == path).then_some("page");
    view! {
        <header class="header">
            <a class="skip" href="#main" data-external="" on:click=move |event| { event.prevent_default(); crate::browser::focus("main"); }>"Skip to content"</a>
            <a class="logo" href="/" aria-label="Hardie, home">
                <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
                    <path class="logo-hot" d="M11 3h10l-3.2 11h-3.6z"/>
                    <path class="logo-iron" d="M3 15h26c-1 4.2-4.3 6.4-8.8 6.9L21 25h4v4H7v-4h4l.8-3.1C7.3 21.4 4 19.2 3 15z"/>
                </svg>
                <span>"Hardie"</span>
            </a>
            <nav class="header-nav" aria-label="Site">
                <a href="/explore" aria-current=move || current("/explore")>"Explore"</a>
            </nav>
            <Search/>
            <div class="header-right">
                <ThemeMenu/>
                {move || match session.reader() {
                    Reader::User(user) => view! { <AccountMenu name=user.login.clone() admin=user.is_admin/> }.into_any(),
                    Reader::Anonymous => view! { <a class="button" href=move || { here.track(); routes::login(&nav.here()) }>"Sign in"</a> }.into_any(),
                    Reader::Unknown | Reader::Down(_) => view! { <span class="header-room"></span> }.into_any(),
                }}
            </div>
        </header>
    }
}

#[component]
fn Search() -> impl IntoView {
    let nav = use_nav();
    let wanted = RwSignal::new(String::new());
    // Other pages have a `q` of their own.
    Effect::new(move |_| wanted.set(if nav.path().get() == "/explore" { nav.query("q") } else { String::new() }));
    let search = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        nav.go(&format!("/explore?q={}", encode_segment(wanted.get_untracked().trim())));
    };
    view! {
        <form class="search" role="search" on:submit=search>
            <Icon sign=Sign::Search/>
            <input
                id="search"
                type="search"
                name="q"
                aria-label="Search repositories"
                placeholder="Search repositories"
                autocomplete="off"
                spellcheck="false"
                maxlength="200"
                prop:value=move || wanted.get()
                on:input=move |event| wanted.set(event_target_value(&event))
            />
            <kbd aria-hidden="true">"/"</kbd>
        </form>
    }
}

#[component]
fn ThemeMenu() -> impl IntoView {
    let chosen = RwSignal::new(Theme::remembered());
    let choose = move |theme: Theme| {
        theme.apply();
        chosen.set(theme);
    };
    view! {
        <Menu label="Colours" button_class="icon-button" face=|| view! { <Icon sign=Sign::Theme/> }>
            <div class="menu-list" role="group" aria-label="Colours">
                {Theme::ALL.map(|theme| view! {
                    <button type="button" data-closes="" aria-pressed=move || (chosen.get() == theme).to_string() on:click=move |_| choose(theme)>
                        <span class="menu-tick">{move || (chosen.get() == theme).then(|| view! { <Icon sign=Sign::Check/> })}</span>
                        {theme.label()}
                    </button>
                }).collect_view()}
            </div>
        </Menu>
    }
}

#[component]
fn AccountMenu(name: String, admin: bool) -> impl IntoView {
    let session = use_session();
    let nav = use_nav();
    let toasts = use_toasts();
    let sign_out = move |_| {
        spawn_local(async move {
            match identity::sign_out().await {
                Ok(_) => {
                    session.ended();
                    nav.go("/user/login");
                }
                Err(failure) if failure.is_unauthenticated() => session.ended(),
                Err(failure) => toasts.failed(failure.message),
            }
        });
    };
    let face_name = name.clone();
    let profile = routes::owner(&name);
    view! {
        <a class="icon-button" href="/repo/create" aria-label="New repository" title="New repository"><Icon sign=Sign::Plus/></a>
        <Menu label=format!("Account of {name}") button_class="avatar-button" face=move || view! { <Avatar name=face_name.clone()/> }>
            <p class="menu-head">"Signed in as " <strong>{name.clone()}</strong></p>
            <div class="menu-list">
                <a href=profile.clone()>"Your page"</a>
                <a href="/repo/create">"New repository"</a>
                <a href="/org/create">"New organisation"</a>
                <a href=UserTab::Profile.url()>"Settings"</a>
                {admin.then(|| view! { <a href=AdminTab::Plugins.url()>"Administration"</a> })}
                <hr/>
                <button type="button" data-closes="" on:click=sign_out>"Sign out"</button>
            </div>
        </Menu>
    }
}
