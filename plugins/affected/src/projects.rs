//! The projects of a repository: folders with a manifest, wherever they are, and who of them needs whom.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hardie_plugin::{Error, FileMode, Oid, Repository, TreeEntry};

use crate::manifest::{self, Manifest};

/// Steps of one push: an entry of a folder is one. One who refuses nothing must not fail either,
/// so they end far below the 10,000 calls of a run.
const STEPS: usize = 150_000;
/// Steps of a folder and of a manifest, by the call that each is.
const CALL: usize = 50;
/// The largest manifest.
const MANIFEST_BYTES: u32 = 256 << 10;

/// One folder with a manifest.
#[derive(Clone, Debug, Default)]
struct Project {
    names: Vec<String>,
    needs: BTreeSet<String>,
}

/// All of a commit, by folder; the root's is empty.
#[derive(Clone, Debug, Default)]
pub struct Projects {
    all: BTreeMap<Vec<u8>, Project>,
    /// Whether there are more than are looked at.
    pub more: bool,
}

impl Projects {
    /// The steps that one push may take.
    pub const fn steps() -> usize {
        STEPS
    }

    /// Looks for them, folders nearer to the root first. `steps` is what is left of [`Projects::steps`].
    pub fn find(repository: &Repository<'_>, commit: &Oid, skip: &[String], steps: &mut usize) -> Result<Projects, Error> {
        let mut projects = Projects::default();
        let mut queue = VecDeque::from([(Vec::new(), repository.commit(commit)?.tree())]);
        while let Some((folder, tree)) = queue.pop_front() {
            *steps = steps.saturating_sub(CALL);
            if *steps == 0 {
                projects.more = true;
                break;
            }
            let mut found: Vec<(usize, TreeEntry)> = Vec::new();
            for entry in repository.tree(&tree) {
                let entry = entry?;
                *steps = steps.saturating_sub(1);
                if *steps == 0 {
                    break;
                }
                let name = String::from_utf8_lossy(&entry.name);
                if entry.mode == FileMode::TREE && !skip.iter().any(|skipped| *skipped == name) {
                    queue.push_back((join(&folder, &entry.name), entry.id));
                } else if entry.mode != FileMode::TREE
                    && let Some(rank) = manifest::NAMES.iter().position(|known| *known == name)
                {
                    found.push((rank, entry));
                }
            }
            found.sort_by_key(|(rank, _)| *rank);
            for (_, entry) in found.into_iter().filter(|(_, entry)| entry.mode == FileMode::FILE || entry.mode == FileMode::EXECUTABLE) {
                let text = repository.blob_range(&entry.id, 0, MANIFEST_BYTES)?;
                *steps = steps.saturating_sub(CALL + text.len() / 16);
                let read = Manifest::parse(&String::from_utf8_lossy(&entry.name), &String::from_utf8_lossy(&text));
                let project = projects.all.entry(folder.clone()).or_default();
                project.names.extend(read.name);
                project.needs.extend(read.needs);
            }
        }
        Ok(projects)
    }

    /// The folder of the project that a path belongs to: the nearest above it.
    pub fn of(&self, path: &[u8]) -> Option<&[u8]> {
        let mut above = path;
        loop {
            let slash = above.iter().rposition(|byte| *byte == b'/');
            above = slash.and_then(|at| above.get(..at)).unwrap_or_default();
            if let Some((folder, _)) = self.all.get_key_value(above) {
                return Some(folder);
            }
            if above.is_empty() {
                return None;
            }
        }
    }

    /// Projects that need one of these, or one that does, and so on; those themselves left out.
    pub fn dependents(&self, of: &BTreeSet<&[u8]>) -> BTreeSet<Vec<u8>> {
        let mut needed_by: BTreeMap<&str, Vec<&Vec<u8>>> = BTreeMap::new();
        for (folder, project) in &self.all {
            project.needs.iter().for_each(|need| needed_by.entry(need).or_default().push(folder));
        }
        let mut reached: BTreeSet<Vec<u8>> = of.iter().map(|folder| folder.to_vec()).collect();
        let mut queue: Vec<Vec<u8>> = reached.iter().cloned().collect();
        while let Some(folder) = queue.pop() {
            let names = self.all.get(&folder).map(|project| project.names.as_slice()).unwrap_or_default();
            for other in names.iter().filter_map(|name| needed_by.get(name.as_str())).flatten() {
                if reached.insert((*other).clone()) {
                    queue.push((*other).clone());
                }
            }
        }
        reached.retain(|folder| !of.contains(folder.as_slice()));
        reached
    }

    /// What a project is called: by its manifest, or else by its folder.
    pub fn name(&self, folder: &[u8]) -> String {
        let named = self.all.get(folder).and_then(|project| project.names.first()).cloned();
        let folder = if folder.is_empty() { "the root" } else { &*String::from_utf8_lossy(folder) };
        named.unwrap_or_else(|| folder.to_owned())
    }
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}
