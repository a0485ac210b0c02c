//! A letter on a colour that follows from the name: no picture to load, the same everywhere.

use leptos::prelude::*;

/// Colours in the style sheet.
const TINTS: u32 = 8;

/// The picture of a name.
#[component]
pub fn Avatar(#[prop(into)] name: String, #[prop(optional)] large: bool) -> impl IntoView {
    let letter: String = name.chars().find(|c| c.is_alphanumeric()).map_or_else(|| "?".to_owned(), |c| c.to_uppercase().collect());
    let tint = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte.to_ascii_lowercase()))) % TINTS;
    view! { <span class=format!("avatar tint-{tint}") class:avatar-large=large aria-hidden="true">{letter}</span> }
}
