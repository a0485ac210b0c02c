//! Rules for updates that a plain repository has in its configuration; the server has others (`app/src/push/rules.rs`).

use hardie_domain::hidden::HiddenRefs;
use hardie_domain::push::{RefUpdate, UpdateKind};
use hardie_git::odb::Odb;
use hardie_git::{Budget, Cancel, Kind, read};

use crate::hidden;
use crate::repository::{Repository, limits};

/// What the configuration forbids (git-config(1), `receive.*`).
pub struct Rules {
    deny_deletes: bool,
    deny_non_fast_forwards: bool,
    deny_current: bool,
    deny_delete_current: bool,
    /// The branch that is checked out, or that HEAD of a bare repository names.
    current: String,
    is_bare: bool,
    hidden: HiddenRefs,
}

impl Rules {
    /// Reads the configuration.
    pub fn read(repo: &Repository) -> anyhow::Result<Rules> {
        let allowed = |name: &str| {
            let value = repo.answer(&["config", name]).unwrap_or_default().to_ascii_lowercase();
            ["false", "no", "off", "0", "ignore", "warn"].contains(&value.as_str())
        };
        Ok(Rules {
            deny_deletes: repo.is_set("receive.denyDeletes"),
            deny_non_fast_forwards: repo.is_set("receive.denyNonFastForwards"),
            deny_current: !allowed("receive.denyCurrentBranch"),
            deny_delete_current: !allowed("receive.denyDeleteCurrent"),
            current: repo.answer(&["symbolic-ref", "-q", "HEAD"]).unwrap_or_default(),
            is_bare: repo.answer(&["rev-parse", "--is-bare-repository"])? == "true",
            hidden: hidden::read(repo, "receive")?,
        })
    }

    /// The reason to refuse.
    pub fn refusal(&self, update: &RefUpdate, odb: &Odb) -> anyhow::Result<Option<String>> {
        let is_current = update.name.as_bytes() == self.current.as_bytes();
        let refused = |text: &str| Ok(Some(text.to_owned()));
        match update.kind() {
            _ if self.hidden.hides(update.name.as_bytes()) => refused("deny updating a hidden ref"),
            UpdateKind::Delete if self.deny_deletes => refused("deletion prohibited"),
            UpdateKind::Delete if is_current && self.deny_delete_current => refused("deletion of the current branch prohibited"),
            UpdateKind::Delete => Ok(None),
            UpdateKind::Create | UpdateKind::Update if is_current && !self.is_bare && self.deny_current => {
                refused("branch is currently checked out")
            }
            UpdateKind::Update if self.deny_non_fast_forwards && update.name.is_branch() => {
                let mut budget = Budget::new(u64::MAX, limits().wall, &Cancel::new());
                let ahead = read::is_ancestor(odb, &update.old, &update.new, &mut budget)?;
                if ahead { Ok(None) } else { refused("non-fast-forward") }
            }
            _ if update.name.is_branch() && read::peel(odb, &update.new)?.kind != Kind::Commit => {
                refused("a branch must point at a commit")
            }
            _ => Ok(None),
        }
    }
}
