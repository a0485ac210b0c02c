//! Where a path lies, each part a link.

use leptos::prelude::*;

use crate::pages::repo::use_repo;
use crate::parts::copy::CopyButton;
use crate::routes::At;
use crate::text::percent_decode;

/// The path's parts. `path` is encoded.
#[component]
pub fn Crumbs(at: At, path: String) -> impl IntoView {
    let address = use_repo().address();
    let mut so_far = String::new();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let last = parts.len().saturating_sub(1);
    let links = parts
        .iter()
        .enumerate()
        .map(|(index, part)| {
            if !so_far.is_empty() {
                so_far.push('/');
            }
            so_far.push_str(part);
            let name = percent_decode(part);
            let link = match index == last {
                true => view! { <strong aria-current="page" dir="auto">{name}</strong> }.into_any(),
                false => view! { <a href=address.code(&at, &so_far) dir="auto">{name}</a> }.into_any(),
            };
            view! { <li>{link}</li> }
        })
        .collect_view();
    view! {
        <nav class="crumbs" aria-label="Path">
            <ol><li><a href=address.code(&at, "")>{address.name.clone()}</a></li>{links}</ol>
            <CopyButton text=percent_decode(&path) what="path"/>
        </nav>
    }
}
