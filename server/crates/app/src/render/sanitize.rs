//! What HTML from a document may contain. Everything that is not named here is dropped.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};

use super::links::{LinkContext, Purpose};

/// Before every id of a document.
pub const ID_PREFIX: &str = "user-content-";

const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// Cleans HTML and resolves its addresses.
pub fn clean(html: &str, links: &LinkContext) -> String {
    let links = links.clone();
    let mut builder = Builder::default();
    builder
        .add_tags(["input", "section", "tfoot"])
        // Maps make areas of an image into links that cannot be seen.
        .rm_tags(["map", "area"])
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer nofollow"))
        .id_prefix(Some(ID_PREFIX))
        .add_generic_attributes(["id", "dir", "align", "aria-label"])
        .add_tag_attributes("details", ["open"])
        .add_tag_attributes("input", ["type", "checked", "disabled"])
        // Whatever was written: a box that is ticked or not, and that does nothing.
        .set_tag_attribute_value("input", "type", "checkbox")
        .set_tag_attribute_value("input", "disabled", "")
        .allowed_classes(classes())
        .attribute_filter(move |element, attribute, value| filter(&links, element, attribute, value));
    builder.clean(html).to_string()
}

fn filter<'u>(links: &LinkContext, element: &str, attribute: &str, value: &'u str) -> Option<Cow<'u, str>> {
    let purpose = match (element, attribute) {
        ("img", "src") => Purpose::Image,
        (_, "href" | "cite" | "src") => Purpose::Link,
        _ => return Some(Cow::Borrowed(value)),
    };
    links.resolve(purpose, value).filter(|address| is_allowed(purpose, address)).map(Cow::Owned)
}

/// The schemes were judged before the address was resolved; this judges what came out.
fn is_allowed(purpose: Purpose, address: &str) -> bool {
    let own = address.starts_with('#') || (address.starts_with('/') && !address.starts_with("//"));
    let lower = address.to_ascii_lowercase();
    let web = lower.starts_with("https://") || lower.starts_with("http://");
    own || web || (purpose == Purpose::Link && lower.starts_with("mailto:"))
}

fn classes() -> HashMap<&'static str, HashSet<&'static str>> {
    let tokens = [
        "hl-comment",
        "hl-string",
        "hl-escape",
        "hl-number",
        "hl-constant",
        "hl-keyword",
        "hl-operator",
        "hl-function",
        "hl-type",
        "hl-variable",
        "hl-tag",
        "hl-attribute",
        "hl-heading",
        "hl-strong",
        "hl-emphasis",
        "hl-link",
        "hl-inserted",
        "hl-deleted",
        "hl-invalid",
        "hl-hidden",
    ];
    let alerts = [
        "markdown-alert",
        "markdown-alert-note",
        "markdown-alert-tip",
        "markdown-alert-important",
        "markdown-alert-warning",
        "markdown-alert-caution",
    ];
    HashMap::from([
        ("span", HashSet::from(tokens)),
        ("div", HashSet::from(alerts)),
        ("p", HashSet::from(["markdown-alert-title"])),
        ("a", HashSet::from(["anchor", "footnote-backref"])),
        ("sup", HashSet::from(["footnote-ref"])),
        ("section", HashSet::from(["footnotes"])),
        ("ul", HashSet::from(["contains-task-list"])),
        ("ol", HashSet::from(["contains-task-list"])),
        ("li", HashSet::from(["task-list-item"])),
        ("input", HashSet::from(["task-list-item-checkbox"])),
    ])
}
