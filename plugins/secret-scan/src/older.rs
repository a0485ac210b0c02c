//! What was in the repository before the push: who only moves a line does not bring its secret.

use std::collections::{BTreeMap, BTreeSet};

use hardie_plugin::{Error, FileMode, Oid, Push, Repository};

use crate::found::Effort;
use crate::reader::{Reader, Text};

/// Paths that are looked up; each costs some calls. Past them a secret counts as new.
const LOOK_UPS: usize = 60;
/// Commits that they are looked up in.
const COMMITS: usize = 5;
/// New commits whose parents are asked for; each takes two calls.
const CHILDREN: usize = 200;

/// Versions of files in what the default branch and the pushed refs have now, and in what the new commits build on. Those are here already, whatever becomes of the push.
pub struct Older {
    commits: Vec<Oid>,
    versions: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
}

impl Older {
    /// For one push.
    pub fn new(push: &Push<'_>, repository: &Repository<'_>) -> Result<Older, Error> {
        let default = repository.read_ref(format!("refs/heads/{}", push.default_branch()).as_bytes())?;
        let updates: Vec<_> = push.updates().into_iter().filter(|update| update.new.is_some()).collect();
        let old = updates.iter().filter(|update| update.is_branch()).filter_map(|update| update.old.clone());
        let mut commits: Vec<Oid> = default.into_iter().chain(old).collect();
        let (mut new, mut parents) = (BTreeSet::new(), Vec::new());
        for update in &updates {
            for commit in repository.new_commits(update).take(CHILDREN.saturating_sub(parents.len())) {
                let commit = commit?;
                if new.insert(commit.id()) {
                    parents.push(commit.parents());
                }
            }
            if parents.len() >= CHILDREN {
                break;
            }
        }
        // Newest first: of a history that was not listed to its end none may be told to be old.
        let cut = parents.len() >= CHILDREN;
        commits.extend(parents.into_iter().flatten().filter(|parent| !cut && !new.contains(parent)));
        let mut seen = BTreeSet::new();
        commits.retain(|commit| seen.insert(commit.clone()));
        Ok(Older { commits: commits.into_iter().take(COMMITS).collect(), versions: BTreeMap::new() })
    }

    /// Whether a file had this text before.
    pub fn had(
        &mut self,
        repository: &Repository<'_>,
        reader: &mut Reader,
        path: &[u8],
        secret: &[u8],
        effort: &mut Effort,
    ) -> Result<bool, Error> {
        if !self.versions.contains_key(path) {
            if self.versions.len() >= LOOK_UPS {
                return Ok(false);
            }
            let mut versions = Vec::new();
            for commit in &self.commits {
                // A ref may be on something else than a commit; then it has no files.
                let Ok(Some(entry)) = repository.entry(commit, path) else { continue };
                if entry.mode != FileMode::FILE && entry.mode != FileMode::EXECUTABLE {
                    continue;
                }
                let size = repository.blob_size(&entry.id)?;
                if let Text::Some(text, _) = reader.read(repository, &entry.id, size)? {
                    versions.push(text);
                }
            }
            self.versions.insert(path.to_vec(), versions);
        }
        self.versions.get(path).into_iter().flatten().for_each(|version| effort.spend(version.len(), 500));
        let holds = |text: &Vec<u8>| {
            let starts = text.iter().enumerate().filter(|(_, byte)| secret.first() == Some(byte));
            starts.into_iter().any(|(at, _)| text.get(at..).is_some_and(|rest| rest.starts_with(secret)))
        };
        Ok(self.versions.get(path).is_some_and(|versions| versions.iter().any(holds)))
    }
}
