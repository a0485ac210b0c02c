//! Refs that are kept from clients, in the syntax of git's `transfer.hideRefs` (git-config(1)).

use std::sync::Arc;

use crate::error::Invalid;

/// More would be looked at for every ref of every repository.
const MOST: usize = 100;

/// Prefixes of names. The last one that fits decides; one with `!` shows again what earlier ones hide. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HiddenRefs(Arc<[Entry]>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    shows: bool,
    prefix: String,
}

impl HiddenRefs {
    /// Reads entries such as `refs/pull` and `!refs/pull/1`. A slash at the end says nothing more; `^` before a name means the full
    /// one, as every name here is.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<HiddenRefs, Invalid> {
        if entries.len() > MOST {
            return Err(Invalid::new("hide-refs", format!("may have {MOST} entries")));
        }
        entries.iter().map(|entry| Entry::parse(entry.as_ref())).collect::<Result<_, _>>().map(HiddenRefs)
    }

    /// Whether the ref of this full name is hidden.
    pub fn hides(&self, name: &[u8]) -> bool {
        self.0.iter().rev().find(|entry| entry.fits(name)).is_some_and(|entry| !entry.shows)
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Entry, Invalid> {
        let (shows, prefix) = text.strip_prefix('!').map_or((false, text), |prefix| (true, prefix));
        let prefix = prefix.strip_prefix('^').unwrap_or(prefix).trim_end_matches('/');
        match (prefix == "refs" || prefix.starts_with("refs/")) && !prefix.chars().any(char::is_control) {
            true => Ok(Entry { shows, prefix: prefix.to_owned() }),
            false => Err(Invalid::new("hide-refs", format!("{text:?} must begin with refs/, perhaps after a '!'"))),
        }
    }

    fn fits(&self, name: &[u8]) -> bool {
        name.strip_prefix(self.prefix.as_bytes()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    }
}

#[cfg(test)]
mod tests {
    use super::HiddenRefs;

    fn hidden(entries: &[&str], name: &str) -> bool {
        HiddenRefs::parse(entries).unwrap().hides(name.as_bytes())
    }

    #[test]
    fn whole_parts_of_a_name_fit() {
        for (entries, name, expected) in [
            (&["refs/pull"][..], "refs/pull/1/head", true),
            (&["refs/pull/"], "refs/pull/1/head", true),
            (&["refs/pull"], "refs/pulley", false),
            (&["refs/heads/x"], "refs/heads/x", true),
            (&["refs/heads/x"], "refs/heads/X", false),
            (&["^refs/pull"], "refs/pull/1", true),
            (&["refs"], "refs/heads/main", true),
            (&[], "refs/heads/main", false),
        ] {
            assert_eq!(hidden(entries, name), expected, "{entries:?} {name}");
        }
    }

    #[test]
    fn the_last_entry_that_fits_decides() {
        let entries = ["refs/pull", "!refs/pull/1", "refs/pull/1/merge"];
        assert!(hidden(&entries, "refs/pull/2/head") && hidden(&entries, "refs/pull/1/merge"));
        assert!(!hidden(&entries, "refs/pull/1/head"));
        assert!(hidden(&["!^refs/pull/1", "refs/pull"], "refs/pull/1/head"), "a later one wins");
    }

    #[test]
    fn what_names_no_ref_is_refused() {
        for bad in ["", "!", "^", "HEAD", "heads/x", "!refsx", "refs/a\nb", " refs/a", "/refs/a"] {
            let error = HiddenRefs::parse(&[bad]).unwrap_err().to_string();
            assert!(error.contains("hide-refs") && error.contains("refs/"), "{bad}: {error}");
        }
        assert!(HiddenRefs::parse(&["refs/a"; 100]).is_ok() && HiddenRefs::parse(&["refs/a"; 101]).is_err());
    }
}
