//! What was in the repository before the push: who only moves a line does not bring its secret.

use std::collections::{BTreeMap, BTreeSet};

use hardie_plugin::{Error, FileMode, Oid, Push, Repository};

use crate::reader::{Reader, Text};

/// Paths that are looked up; each costs some calls. Past them a secret counts as new.
const LOOK_UPS: usize = 60;
/// Commits that they are looked up in.
const COMMITS: usize = 4;

/// Versions of files in what the pushed refs and the default branch have now. Those are here already, whatever becomes of the push.
pub struct Older {
    commits: Vec<Oid>,
    versions: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
}

impl Older {
    /// For one push.
    pub fn new(push: &Push<'_>, repository: &Repository<'_>) -> Result<Older, Error> {
        let default = repository.read_ref(format!("refs/heads/{}", push.default_branch()).as_bytes())?;
        let branches = push.updates().into_iter().filter(|update| update.is_branch() && update.new.is_some());
        let commits: BTreeSet<Oid> = default.into_iter().chain(branches.filter_map(|update| update.old)).collect();
        Ok(Older { commits: commits.into_iter().take(COMMITS).collect(), versions: BTreeMap::new() })
    }

    /// Whether a file had this text before.
    pub fn had(&mut self, repository: &Repository<'_>, reader: &mut Reader, path: &[u8], secret: &[u8]) -> Result<bool, Error> {
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
                if let Text::Some(text) = reader.read(repository, &entry.id, size)? {
                    versions.push(text);
                }
            }
            self.versions.insert(path.to_vec(), versions);
        }
        let holds = |text: &Vec<u8>| {
            let starts = text.iter().enumerate().filter(|(_, byte)| secret.first() == Some(byte));
            starts.into_iter().any(|(at, _)| text.get(at..).is_some_and(|rest| rest.starts_with(secret)))
        };
        Ok(self.versions.get(path).is_some_and(|versions| versions.iter().any(holds)))
    }
}
