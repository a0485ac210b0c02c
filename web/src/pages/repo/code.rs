//! The code browser: a directory or a file, whichever the address names.

use leptos::prelude::*;

use crate::api::code::{self, Entry};
use crate::load::load;
use crate::nav::use_nav;
use crate::pages::repo::directory::Directory;
use crate::pages::repo::file::File;
use crate::pages::repo::old_link::or_follow;
use crate::pages::repo::use_repo;
use crate::parts::skeleton;
use crate::routes::At;
use crate::state::title;
use crate::text::percent_decode;

/// The page at `/{owner}/{repo}` and below `…/src/`.
#[component]
pub fn CodePage(at: Option<At>, path: String) -> impl IntoView {
    let nav = use_nav();
    let address = use_repo().address();
    let place = if path.is_empty() { address.full_name() } else { format!("{} · {}", percent_decode(&path), address.full_name()) };
    title::set(place);
    let shown_path = path.clone();
    let wanted = at.clone();
    let entry = load(
        move || (address.clone(), wanted.as_ref().map(At::segment), path.clone()),
        move |(address, _, path)| {
            let at = at.clone();
            async move {
                let entry = code::entry(&address, at.as_ref(), &path).await;
                or_follow(entry, nav, &address, at.as_ref(), &path, |at, path| address.code(at, path)).await
            }
        },
    );
    entry.view(
        || view! { <div class="toolbar-room"></div>{skeleton::rows(10)} }.into_any(),
        move |entry| match entry {
            Entry::Directory(listing) => view! { <Directory listing=listing path=shown_path.clone()/> }.into_any(),
            Entry::File(file) => view! { <File file=file/> }.into_any(),
        },
    )
}
