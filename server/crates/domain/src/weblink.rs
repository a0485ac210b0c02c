//! Addresses that somebody gave and that pages link to.

use crate::error::Invalid;

/// An address that a browser may safely follow, or nothing. At most so many characters.
pub fn checked(field: &'static str, text: &str, most: usize) -> Result<String, Invalid> {
    let text = text.trim();
    let safe = text.is_empty() || text.starts_with("https://") || text.starts_with("http://");
    match safe && text.chars().count() <= most && !text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        true => Ok(text.to_owned()),
        false => Err(Invalid::new(field, format!("must be an address of at most {most} characters that begins with https:// or http://"))),
    }
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn only_the_web_is_linked_to() {
        assert_eq!(checked("website", " https://a.example/b?c#d ", 100).unwrap(), "https://a.example/b?c#d");
        assert_eq!(checked("website", "", 100).unwrap(), "");
        for bad in ["javascript:alert(1)", "//a.example", "data:text/html,x", "https://a b", "https://a\nb", "ftp://a"] {
            assert_eq!(checked("website", bad, 100).unwrap_err().field, "website", "{bad}");
        }
        assert!(checked("website", "http://a.example", 10).is_err());
    }
}
