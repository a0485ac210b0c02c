//! Where the reader is: the address bar as a signal, and links that change it without loading the page anew.
//!
//! Addresses are kept exactly as the browser shows them, percent-encoding included: refs and paths are bytes, and decoding
//! them on the way would lose `%2F` and names that are not UTF-8.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{HtmlAnchorElement, MouseEvent, UrlSearchParams};

use crate::browser;

/// The parts of an address after the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// From the first `/`, encoded.
    pub path: String,
    /// From `?`, encoded; may be empty.
    pub query: String,
    /// From `#`; may be empty.
    pub hash: String,
}

/// The reader's place and how to leave it.
#[derive(Clone, Copy)]
pub struct Nav {
    address: RwSignal<Address>,
    path: Memo<String>,
}

/// The one of this page.
pub fn use_nav() -> Nav {
    expect_context()
}

impl Nav {
    /// Reads the address and listens to links and to the back button.
    pub fn install() -> Nav {
        let address = RwSignal::new(current());
        let path = Memo::new(move |_| address.with(|address| address.path.clone()));
        let nav = Nav { address, path };
        provide_context(nav);
        let back = window_event_listener(ev::popstate, move |_| address.set(current()));
        let clicks = window_event_listener(ev::click, move |event| nav.click(&event));
        on_cleanup(move || {
            back.remove();
            clicks.remove();
        });
        nav
    }

    /// The path alone, tracked.
    pub fn path(&self) -> Memo<String> {
        self.path
    }

    /// The part from `#`, tracked.
    pub fn hash(&self) -> String {
        self.address.with(|address| address.hash.clone())
    }

    /// A decoded value of the query, tracked; empty if absent.
    pub fn query(&self, name: &str) -> String {
        let query = self.address.with(|address| address.query.clone());
        UrlSearchParams::new_with_str(&query).ok().and_then(|params| params.get(name)).unwrap_or_default()
    }

    /// The page number in the query, from 1.
    pub fn page_number(&self) -> u32 {
        self.query("page").parse().ok().filter(|page| *page > 0).unwrap_or(1)
    }

    /// Path and query, to come back to after signing in.
    pub fn here(&self) -> String {
        self.address.with_untracked(|address| format!("{}{}", address.path, address.query))
    }

    /// Goes to an address of this site as a new entry of the history.
    pub fn go(&self, to: &str) {
        self.change(to, false);
    }

    /// Goes there in place of the present entry: for redirects, and for line anchors.
    pub fn replace(&self, to: &str) {
        self.change(to, true);
    }

    fn change(&self, to: &str, replace: bool) {
        let Ok(history) = window().history() else { return };
        let outcome = match replace {
            true => history.replace_state_with_url(&JsValue::NULL, "", Some(to)),
            false => history.push_state_with_url(&JsValue::NULL, "", Some(to)),
        };
        if outcome.is_err() {
            return;
        }
        let before = self.address.get_untracked();
        let now = current();
        let moved = (&before.path, &before.query) != (&now.path, &now.query);
        self.address.set(now);
        if moved && !replace {
            window().scroll_to_with_x_and_y(0.0, 0.0);
            // Like a page load: a screen reader begins at the new page, a keyboard user at its top.
            browser::focus("main");
        }
    }

    fn click(&self, event: &MouseEvent) {
        if event.default_prevented() || event.button() != 0 || event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key()
        {
            return;
        }
        let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let link = element.and_then(|element| element.closest("a[href]").ok().flatten());
        let Some(link) = link.and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok()) else { return };
        let ours = link.origin() == window().location().origin().unwrap_or_default();
        let plain = link.target().is_empty() && !link.has_attribute("download") && link.rel() != "external";
        if !ours || !plain {
            return;
        }
        event.prevent_default();
        self.go(&format!("{}{}{}", link.pathname(), link.search(), link.hash()));
        self.scroll_to_hash();
    }

    /// Links inside rendered text point at headings of the same page.
    fn scroll_to_hash(&self) {
        let hash = self.address.with_untracked(|address| address.hash.clone());
        if let Some(id) = hash.strip_prefix('#').filter(|id| !id.is_empty())
            && let Some(element) = document().get_element_by_id(id)
        {
            element.scroll_into_view();
        }
    }
}

fn current() -> Address {
    let location = window().location();
    Address {
        path: location.pathname().unwrap_or_else(|_| "/".into()),
        query: location.search().unwrap_or_default(),
        hash: location.hash().unwrap_or_default(),
    }
}
