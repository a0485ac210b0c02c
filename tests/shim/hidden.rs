//! Refs that a repository's configuration hides: the engine is given those that a client may see.

use crate::repository::Repository;

/// `transfer.hideRefs` and the service's own, in their order (git-config(1)).
pub struct Hidden(Vec<String>);

impl Hidden {
    /// Reads the configuration.
    pub fn read(repo: &Repository, service: &str) -> Hidden {
        let names = format!("^(transfer|{service})\\.hiderefs$");
        let entries = repo.answer(&["config", "--get-regexp", &names]).unwrap_or_default();
        Hidden(entries.lines().filter_map(|line| line.split_once(' ')).map(|(_, value)| value.to_owned()).collect())
    }

    /// Whether a ref is hidden: the last entry that fits decides, and one with `!` shows.
    pub fn hides(&self, name: &[u8]) -> bool {
        let last = self.0.iter().rev().find_map(|entry| {
            let (shows, prefix) = entry.strip_prefix('!').map_or((false, entry.as_str()), |prefix| (true, prefix));
            let prefix = prefix.strip_prefix('^').unwrap_or(prefix).trim_end_matches('/');
            let rest = name.strip_prefix(prefix.as_bytes())?;
            (rest.is_empty() || rest.starts_with(b"/")).then_some(!shows)
        });
        last.unwrap_or(false)
    }
}
