//! Text of strangers on a terminal: what would move its cursor, colour it or turn the direction of letters round is spelled out.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::print_line;

/// The text with each such letter as `\u001b`, which is good JSON too. Ends of lines and tabs stay.
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_dangerous(letter) {
            // Writing to a string does not fail. All of them have four digits.
            let _ = write!(out, "\\u{:04x}", u32::from(letter));
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

/// Controls (C0, DEL, C1), ends of lines that only some programs know, and marks that turn the direction of what follows
/// (UAX #9, 2.1 to 2.5).
fn is_dangerous(letter: char) -> bool {
    let direction = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    direction || matches!(letter, '\u{2028}' | '\u{2029}') || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}

/// Prints rows of equally many cells below each other.
pub fn columns(mut rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    let mut widths = Vec::new();
    for row in &mut rows {
        widths.resize(row.len().max(widths.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            // A row is one line.
            *cell = shown(cell).replace(['\n', '\t'], " ");
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        print_line(cells.join("  ").trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_obey() {
        assert_eq!(shown("\u{1b}[2Jgone\r\u{9b}31m\u{7f}"), "\\u001b[2Jgone\\u000d\\u009b31m\\u007f");
        assert_eq!(shown("exe.\u{202e}gpj\u{2066}"), "exe.\\u202egpj\\u2066");
        assert_eq!(shown("Grüße 👩\u{200d}💻\tx\ny"), "Grüße 👩\u{200d}💻\tx\ny", "what people write stays");
    }

    #[test]
    fn json_stays_json_and_means_the_same() {
        let value = serde_json::json!({ "name": "a\u{1b}b\u{9b}c\u{202e}d" });
        let text = value.to_string();
        let line = shown(&text);
        assert!(!line.contains(is_dangerous), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
    }
}
