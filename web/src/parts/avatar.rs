//! A letter on a colour that follows from the name: no picture to load, the same everywhere.

use leptos::prelude::*;

/// Colours in the style sheet.
const TINTS: u32 = 8;

/// The picture of a name.
#[component]
pub fn Avatar(#[prop(into)] name: String, #[prop(optional)] large: bool) -> impl IntoView {
    // Names of accounts are of ASCII.
    let letter = name.chars().find(char::is_ascii_alphanumeric).unwrap_or('?').to_ascii_uppercase().to_string();
    let tint = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte.to_ascii_lowercase()))) % TINTS;
    view! { <span class=format!("avatar tint-{tint}") class:avatar-large=large aria-hidden="true">{letter}</span> }
}
