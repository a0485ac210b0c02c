//! Text as HTML.

use std::fmt::Write as _;

/// Appends text so that it shows as itself. Characters that turn the direction of what follows, or that are not to be seen,
/// are shown by name: code must read as a compiler reads it (CVE-2021-42574).
pub fn text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(c),
            c if is_hidden(c) => {
                // Writing to a String does not fail.
                let _written = write!(out, "<span class=\"hl-hidden\">U+{:04X}</span>", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// As [`text`], but one sign stands for whatever is not to be seen, so that the text grows little.
pub fn terse(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    self::text(&mut out, &seen(text));
    out
}

/// The text with one sign for each character that is not to be seen, or that turns the direction of what follows.
pub fn seen(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn is_hidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
