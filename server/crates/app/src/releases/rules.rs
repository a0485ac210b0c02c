//! What a release and its files may be called and say.

use hardie_domain::error::Invalid;
use hardie_domain::refname::RefName;

use crate::branches::short_name;
use crate::{Error, Result};

/// Releases that one repository may have. Those who write at the same moment may pass it by their number.
pub const MOST_RELEASES: u64 = 10_000;
const MOST_TITLE_CHARS: usize = 255;
/// A note joins every list of releases.
const MOST_NOTE_BYTES: usize = 128 << 10;
const MOST_NAME_BYTES: usize = 255;

/// The full name of the tag that this is the short name of.
pub fn tag(short: &str) -> Result<RefName> {
    short_name("tag_name", short)?;
    RefName::tag(short).map_err(|broken| Invalid { field: "tag_name", ..broken }.into())
}

/// One line for people.
pub fn title(text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > MOST_TITLE_CHARS {
        return Err(Invalid::new("name", format!("may have {MOST_TITLE_CHARS} characters at most")).into());
    }
    match text.chars().any(char::is_control) {
        true => Err(Invalid::new("name", "must be one line without control characters").into()),
        false => Ok(text.to_owned()),
    }
}

/// Markdown of a bounded size.
pub fn note(text: &str) -> Result<String> {
    match text.len() > MOST_NOTE_BYTES {
        true => Err(Error::Quota(format!("the body of a release may have {MOST_NOTE_BYTES} bytes at most, this has {}", text.len()))),
        false => Ok(text.to_owned()),
    }
}

/// What a tag is made of: a branch, a tag or an id. Whether there is such is seen when it is made.
pub fn target(text: &str) -> Result<String> {
    match text.len() > MOST_TITLE_CHARS || text.chars().any(char::is_control) {
        true => Err(Invalid::new("target_commitish", "must be the name of a branch or tag, or a commit's id").into()),
        false => Ok(text.to_owned()),
    }
}

/// The name of a file: one that any system can give it, and no way out of a folder.
pub fn asset_name(name: &str) -> Result<String> {
    let refuse = |why: String| Err(Invalid::new("name", why).into());
    let name = name.trim();
    if name.is_empty() {
        return refuse("must not be empty: send ?name= or the file's name".to_owned());
    }
    if name.len() > MOST_NAME_BYTES {
        return refuse(format!("may have {MOST_NAME_BYTES} bytes at most"));
    }
    match matches!(name, "." | "..") || name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\')) {
        true => refuse("must be a file's name, without slashes and control characters".to_owned()),
        false => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_is_no_path() {
        assert_eq!(asset_name(" tool-1.0 (x86).tar.gz ").unwrap(), "tool-1.0 (x86).tar.gz");
        for bad in ["", " ", ".", "..", "a/b", "a\\b", "a\nb", "a\0", &"x".repeat(256)] {
            assert!(matches!(asset_name(bad), Err(Error::Invalid(_))), "{bad:?}");
        }
    }

    #[test]
    fn a_release_is_named_by_a_tag_that_git_takes() {
        assert_eq!(tag("release/1.0").unwrap().to_string(), "refs/tags/release/1.0");
        for bad in ["", "a b", "refs/tags/v1", "a..b", "a.lock", "v1\n"] {
            assert!(tag(bad).is_err(), "{bad:?}");
        }
        assert!(matches!(note(&"x".repeat((128 << 10) + 1)), Err(Error::Quota(_))));
        assert!(title("a\nb").is_err() && target("a\nb").is_err());
    }
}
