//! Lines of code with numbers that are links; a range of them is marked by the address: `#L3` or `#L3-L7`.
//!
//! The lines are put in as one HTML text, in chunks that the browser need not lay out before they are seen
//! (`content-visibility`): ten thousand lines cost no more to show than a screenful.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, MouseEvent, ScrollIntoViewOptions, ScrollLogicalPosition};

use crate::markup;
use crate::nav::use_nav;
use crate::text;

/// The lines: HTML from the server in which only `<span class>` occurs.
#[component]
pub fn Lines(lines: Vec<String>) -> impl IntoView {
    let root = NodeRef::<html::Div>::new();
    let class = format!("code {}", digits(lines.len()));
    let html = markup::lines(&lines);
    let choose = line_links(root);
    view! {
        <div class=class node_ref=root tabindex="0" role="region" aria-label="File content" on:click=choose inner_html=html></div>
    }
}

/// The class that gives line numbers their room.
pub fn digits(lines: usize) -> String {
    format!("digits-{}", lines.to_string().len().min(6))
}

/// Keeps the lines below `root` marked that the address names, and scrolls to the first of them once. Gives back what a click on
/// one of their numbers does.
pub fn line_links(root: NodeRef<html::Div>) -> impl Fn(MouseEvent) + Copy + 'static {
    let nav = use_nav();
    let marked_before = StoredValue::new(false);
    Effect::new(move |_| {
        let range = text::line_range(&nav.hash());
        let Some(root) = root.get() else { return };
        mark(&root, range);
        if let Some((first, _)) = range.filter(|_| !marked_before.get_value())
            && let Some(line) = document().get_element_by_id(&format!("L{first}"))
        {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Center);
            line.scroll_into_view_with_scroll_into_view_options(&options);
        }
        marked_before.set_value(true);
    });
    move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(number) = target.and_then(|target| target.closest("a.ln").ok().flatten()).and_then(|link| number_of(&link)) else {
            return;
        };
        event.prevent_default();
        let start = text::line_range(&nav.hash()).map(|(first, _)| first).filter(|_| event.shift_key());
        let hash = match start {
            Some(start) if start != number => format!("#L{}-L{}", start.min(number), start.max(number)),
            _ => format!("#L{number}"),
        };
        nav.replace(&hash);
    }
}

fn number_of(link: &Element) -> Option<usize> {
    link.get_attribute("data-n")?.parse().ok()
}

fn mark(root: &Element, range: Option<(usize, usize)>) {
    if let Ok(marked) = root.query_selector_all(".line.marked") {
        for index in 0..marked.length() {
            if let Some(line) = marked.item(index).and_then(|node| node.dyn_into::<Element>().ok()) {
                let _ = line.class_list().remove_1("marked");
            }
        }
    }
    let Some((first, last)) = range else { return };
    for number in first..=last.min(first.saturating_add(20_000)) {
        let Some(line) = document().get_element_by_id(&format!("L{number}")) else { break };
        let _ = line.class_list().add_1("marked");
    }
}
