//! The shell: header, the page that the address names, messages, help.

use leptos::prelude::*;

use crate::keys;
use crate::lazy;
use crate::nav::{Nav, use_nav};
use crate::pages;
use crate::parts::header::Header;
use crate::parts::help::Help;
use crate::parts::icon::{Icon, Sign};
use crate::routes::{self, Page};
use crate::state::title::Announcer;
use crate::state::toasts::{ToastRegion, Toasts};
use crate::state::{Reader, Session, theme, title, use_session};

/// Everything.
#[component]
pub fn App() -> impl IntoView {
    Nav::install();
    Session::install();
    Toasts::install();
    title::install();
    theme::Theme::remembered().apply();
    let help = RwSignal::new(0_u32);
    keys::install(help);
    view! {
        <Header/>
        <DownBanner/>
        <main id="main" tabindex="-1"><CurrentPage/></main>
        <footer class="footer">
            <Version/>
            <button class="link" type="button" on:click=move |_| help.update(|asked| *asked = asked.wrapping_add(1))>"Keyboard shortcuts"</button>
            <a href="/api/docs" rel="external">"API"</a>
        </footer>
        <ToastRegion/>
        <Announcer/>
        <Help open=help/>
    }
}

/// What stays mounted while the address changes: pages of one repository share their head.
#[derive(Clone, PartialEq)]
enum Place {
    Repo(routes::RepoAddress),
    Other(Page),
}

#[component]
fn CurrentPage() -> impl IntoView {
    let nav = use_nav();
    let session = use_session();
    let page = Memo::new(move |_| routes::parse(&nav.path().get()));
    let place = Memo::new(move |_| match page.get() {
        Page::Repo(address, _) => Place::Repo(address),
        other => Place::Other(other),
    });
    let known = Memo::new(move |_| session.is_known());
    let name = Memo::new(move |_| session.name());
    let down = Memo::new(move |_| matches!(session.reader(), Reader::Down(_)));
    move || {
        // Nothing is asked before it is known who asks; another reader sees everything anew.
        // While the server is down it is not known either, and every page would only repeat what the banner says.
        if !known.get() || down.get() {
            return view! { <div class="page"></div> }.into_any();
        }
        name.track();
        match place.get() {
            Place::Repo(address) => {
                let view = Memo::new(move |_| match page.get() {
                    Page::Repo(_, view) => view,
                    _ => routes::RepoView::NotFound,
                });
                view! { <pages::repo::RepoPage address=address view=view/> }.into_any()
            }
            Place::Other(page) => other_page(page),
        }
    }
}

fn other_page(page: Page) -> AnyView {
    match page {
        Page::Home => view! { <pages::home::HomePage/> }.into_any(),
        Page::Explore => view! { <pages::explore::ExplorePage/> }.into_any(),
        Page::Login => view! { <pages::login::LoginPage/> }.into_any(),
        Page::NewRepo => lazy::new_repository(),
        Page::NewOrg => lazy::new_organisation(),
        Page::UserSettings(tab) => view! { <pages::user_settings::UserSettingsPage tab=tab/> }.into_any(),
        Page::Admin(shown) => view! { <pages::admin::AdminPage shown=shown/> }.into_any(),
        Page::Org(name, view) => view! { <pages::owner::org::OrgPage name=name shown=view/> }.into_any(),
        Page::Owner(name) => view! { <pages::owner::OwnerPage name=name/> }.into_any(),
        Page::Repo(..) | Page::NotFound => view! { <pages::not_found::NotFoundPage/> }.into_any(),
    }
}

/// Told once, above everything, when the server behind the pages does not answer.
#[component]
fn DownBanner() -> impl IntoView {
    let session = use_session();
    move || match session.reader() {
        Reader::Down(failure) => Some(view! {
            <div class="banner" role="alert">
                <Icon sign=Sign::Alert/>
                <span>{format!("The server cannot be reached. {}", failure.message)}</span>
                <button class="button" type="button" on:click=move |_| session.refresh()>"Try again"</button>
            </div>
        }),
        _ => None,
    }
}

#[component]
fn Version() -> impl IntoView {
    let session = use_session();
    view! { <span>{move || session.settings().map_or_else(|| "Hardie".to_owned(), |settings| format!("Hardie {}", settings.version))}</span> }
}
