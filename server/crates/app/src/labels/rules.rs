//! What labels may be called and look like.

use hardie_domain::error::Invalid;

use crate::Result;

/// Labels that one repository or organisation may have.
pub const MOST_LABELS: u64 = 1_000;
const MOST_NAME_CHARS: usize = 255;
const MOST_DESCRIPTION_CHARS: usize = 1_024;

/// One line that is not empty.
pub fn name(text: &str) -> Result<String> {
    let text = text.trim();
    match text {
        "" => Err(Invalid::new("name", "must not be empty").into()),
        text => line("name", text, MOST_NAME_CHARS),
    }
}

/// One line.
pub fn description(text: &str) -> Result<String> {
    line("description", text.trim(), MOST_DESCRIPTION_CHARS)
}

fn line(field: &'static str, text: &str, most: usize) -> Result<String> {
    if text.chars().count() > most {
        return Err(Invalid::new(field, format!("may have {most} characters at most")).into());
    }
    match text.chars().any(char::is_control) {
        true => Err(Invalid::new(field, "must be one line without control characters").into()),
        false => Ok(text.to_owned()),
    }
}

/// Three or six hexadecimal digits, as Gitea takes them, with `#` before them or not; six small ones without it.
pub fn color(text: &str) -> Result<String> {
    let digits = text.trim();
    let digits = digits.strip_prefix('#').unwrap_or(digits);
    let is_hex = digits.chars().all(|c| c.is_ascii_hexdigit());
    match digits.len() {
        6 if is_hex => Ok(digits.to_ascii_lowercase()),
        3 if is_hex => Ok(digits.to_ascii_lowercase().chars().flat_map(|digit| [digit, digit]).collect()),
        _ => Err(Invalid::new("color", "must be three or six hexadecimal digits, such as #00aabb").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_come_in_two_lengths_and_leave_in_one() {
        for (given, kept) in [("#00aabb", "00aabb"), ("00AABB", "00aabb"), (" #0aB ", "00aabb")] {
            assert_eq!(color(given).unwrap(), kept);
        }
        for bad in ["", "#", "red", "#12345", "#1234567", "##12345", "12345g", "ａａａ"] {
            assert!(color(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(name(" kind/bug ").unwrap(), "kind/bug");
        for bad in ["", " ", "a\nb", "a\0", &"x".repeat(256)] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
        assert!(description(&"x".repeat(1_025)).is_err() && description("").is_ok());
    }
}
