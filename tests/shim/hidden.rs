//! Refs that a repository's configuration hides: the engine is given those that a client may see.

use hardie_domain::hidden::HiddenRefs;

use crate::repository::Repository;

/// `transfer.hideRefs` and the service's own, in their order (git-config(1)).
pub fn read(repo: &Repository, service: &str) -> anyhow::Result<HiddenRefs> {
    let names = format!("^(transfer|{service})\\.hiderefs$");
    let entries = repo.answer(&["config", "--get-regexp", &names]).unwrap_or_default();
    let entries = entries.lines().filter_map(|line| line.split_once(' ')).map(|(_, value)| value);
    // git takes `HEAD` and namespaces too; neither is the name of a ref here.
    let entries: Vec<&str> = entries.filter(|entry| HiddenRefs::parse(&[entry]).is_ok()).collect();
    Ok(HiddenRefs::parse(&entries)?)
}
