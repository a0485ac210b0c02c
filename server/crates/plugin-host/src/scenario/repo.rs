//! A small repository in memory with a push on top: git's objects, ids and rules, without a disk.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use hardie_domain::oid::Oid;
use hardie_domain::plugin::{CommitInfo, Signature};
use hardie_domain::policy::{Change, NewObject, PushRepository, ReadError, TreeEntry};

use super::tree::{self, Files, SUBMODULE, TREE};

/// Objects and refs.
#[derive(Clone, Debug, Default)]
pub struct MemoryRepo {
    blobs: HashMap<Oid, Arc<[u8]>>,
    trees: HashMap<Oid, Vec<TreeEntry>>,
    tree_sizes: HashMap<Oid, u64>,
    commits: HashMap<Oid, CommitInfo>,
    refs: BTreeMap<Vec<u8>, Oid>,
}

impl MemoryRepo {
    /// Keeps a blob.
    pub fn blob(&mut self, data: &[u8]) -> Oid {
        let id = tree::object_id("blob", data);
        self.blobs.entry(id).or_insert_with(|| data.into());
        id
    }

    /// Keeps the trees of a set of files and returns the root.
    pub fn tree(&mut self, files: &Files) -> Oid {
        let mut entries: Vec<TreeEntry> = Vec::new();
        let mut folders: BTreeMap<&[u8], Files> = BTreeMap::new();
        for (path, (mode, id)) in files {
            match path.iter().position(|b| *b == b'/') {
                None => entries.push(TreeEntry { name: path.clone(), mode: *mode, id: *id }),
                Some(slash) => {
                    let (folder, rest) = path.split_at(slash);
                    folders.entry(folder).or_default().insert(rest.iter().skip(1).copied().collect(), (*mode, *id));
                }
            }
        }
        for (name, files) in folders {
            entries.push(TreeEntry { name: name.to_vec(), mode: TREE, id: self.tree(&files) });
        }
        tree::sort_entries(&mut entries);
        let data = tree::encode_tree(&entries);
        let id = tree::object_id("tree", &data);
        self.tree_sizes.insert(id, data.len() as u64);
        self.trees.insert(id, entries);
        id
    }

    /// Keeps a commit whose author is its committer too.
    pub fn commit(&mut self, tree: Oid, parents: Vec<Oid>, author: Signature, message: &[u8]) -> Oid {
        let id = tree::object_id("commit", &tree::encode_commit(tree, &parents, &author, message));
        let committer = author.clone();
        self.commits.insert(id, CommitInfo { id, tree, parents, author, committer, message: message.to_vec(), signed: None });
        id
    }

    /// Sets a ref as it is before the push.
    pub fn set_ref(&mut self, name: &[u8], id: Oid) {
        self.refs.insert(name.to_vec(), id);
    }

    /// Commits that `tips` reach, children before parents.
    fn walk(&self, tips: impl IntoIterator<Item = Oid>, without: &BTreeSet<Oid>) -> Vec<&CommitInfo> {
        let mut seen: BTreeSet<Oid> = BTreeSet::new();
        let mut queue: Vec<Oid> = tips.into_iter().collect();
        let mut found = Vec::new();
        while let Some(id) = queue.pop() {
            if without.contains(&id) || !seen.insert(id) {
                continue;
            }
            if let Some(commit) = self.commits.get(&id) {
                queue.extend(commit.parents.iter().copied());
                found.push(commit);
            }
        }
        found.sort_by_key(|commit| (std::cmp::Reverse(commit.committer.seconds), commit.id));
        found
    }

    /// Every path of a tree with its mode and object, folders included, in path order.
    fn paths(&self, root: Oid, prefix: &[u8], out: &mut Vec<(Vec<u8>, u32, Oid)>) {
        for entry in self.trees.get(&root).into_iter().flatten() {
            let path = [prefix, &entry.name].concat();
            out.push((path.clone(), entry.mode, entry.id));
            if entry.mode == TREE {
                self.paths(entry.id, &[&path[..], b"/"].concat(), out);
            }
        }
    }

    fn leaves(&self, root: Oid) -> Files {
        let mut all = Vec::new();
        self.paths(root, b"", &mut all);
        all.into_iter().filter(|(_, mode, _)| *mode != TREE).map(|(path, mode, id)| (path, (mode, id))).collect()
    }

    fn root_of(&self, id: Oid) -> Result<Oid, ReadError> {
        match self.commits.get(&id) {
            Some(commit) => Ok(commit.tree),
            None if id.is_zero() || self.trees.contains_key(&id) => Ok(id),
            None => Err(ReadError::NotFound),
        }
    }
}

/// A repository with the tips that a push would set.
#[derive(Clone, Debug)]
pub struct MemoryPush {
    repo: MemoryRepo,
    tips: Vec<Oid>,
}

impl MemoryPush {
    /// `tips` holds the new id of each update; null for a deletion.
    pub fn new(repo: MemoryRepo, tips: Vec<Oid>) -> MemoryPush {
        MemoryPush { repo, tips }
    }

    fn old(&self) -> BTreeSet<Oid> {
        self.repo.walk(self.repo.refs.values().copied(), &BTreeSet::new()).into_iter().map(|c| c.id).collect()
    }

    fn all_new_objects(&self) -> Vec<NewObject> {
        let old = self.old();
        let mut seen: BTreeSet<Oid> = BTreeSet::new();
        for commit in old.iter().filter_map(|id| self.repo.commits.get(id)) {
            let mut paths = Vec::new();
            self.repo.paths(commit.tree, b"", &mut paths);
            seen.insert(commit.tree);
            seen.extend(paths.into_iter().map(|(_, _, id)| id));
        }
        let mut out = Vec::new();
        for commit in self.repo.walk(self.tips.iter().copied(), &old) {
            let size = tree::encode_commit(commit.tree, &commit.parents, &commit.author, &commit.message).len() as u64;
            out.push(NewObject { id: commit.id, kind: "commit", size, path: Vec::new(), mode: 0, commit: commit.id });
            let mut paths = vec![(Vec::new(), TREE, commit.tree)];
            self.repo.paths(commit.tree, b"", &mut paths);
            for (path, mode, id) in paths {
                if mode == SUBMODULE || !seen.insert(id) {
                    continue;
                }
                let (kind, size) = match self.repo.blobs.get(&id) {
                    Some(data) => ("blob", data.len() as u64),
                    None => ("tree", self.repo.tree_sizes.get(&id).copied().unwrap_or_default()),
                };
                out.push(NewObject { id, kind, size, path, mode, commit: commit.id });
            }
        }
        out
    }
}

fn page<T>(all: impl IntoIterator<Item = T>, start: usize, limit: usize) -> Vec<T> {
    all.into_iter().skip(start).take(limit).collect()
}

impl PushRepository for MemoryPush {
    fn new_commits(&self, update: usize, start: usize, limit: usize) -> Result<Vec<CommitInfo>, ReadError> {
        let tip = self.tips.get(update).copied().ok_or(ReadError::NotFound)?;
        Ok(page(self.repo.walk([tip], &self.old()).into_iter().cloned(), start, limit))
    }

    fn new_objects(&self, kind: &str, start: usize, limit: usize) -> Result<Vec<NewObject>, ReadError> {
        Ok(page(self.all_new_objects().into_iter().filter(|object| kind.is_empty() || object.kind == kind), start, limit))
    }

    fn commit(&self, id: Oid) -> Result<CommitInfo, ReadError> {
        self.repo.commits.get(&id).cloned().ok_or(ReadError::NotFound)
    }

    fn tree(&self, id: Oid, start: usize, limit: usize) -> Result<Vec<TreeEntry>, ReadError> {
        let entries = self.repo.trees.get(&id).ok_or(ReadError::NotFound)?;
        Ok(page(entries.iter().cloned(), start, limit))
    }

    fn blob_size(&self, id: Oid) -> Result<u64, ReadError> {
        self.repo.blobs.get(&id).map(|data| data.len() as u64).ok_or(ReadError::NotFound)
    }

    fn blob_range(&self, id: Oid, offset: u64, length: u64) -> Result<Vec<u8>, ReadError> {
        let data = self.repo.blobs.get(&id).ok_or(ReadError::NotFound)?;
        let (offset, length) = (usize::try_from(offset).unwrap_or(usize::MAX), usize::try_from(length).unwrap_or(usize::MAX));
        Ok(data.iter().skip(offset).take(length).copied().collect())
    }

    fn changes(&self, old: Oid, new: Oid, start: usize, limit: usize) -> Result<Vec<Change>, ReadError> {
        let (old, new) = (self.repo.leaves(self.repo.root_of(old)?), self.repo.leaves(self.repo.root_of(new)?));
        let paths: BTreeSet<&Vec<u8>> = old.keys().chain(new.keys()).collect();
        let changes = paths.into_iter().map(|path| Change { path: path.clone(), old: old.get(path).copied(), new: new.get(path).copied() });
        Ok(page(changes.filter(|change| change.old != change.new), start, limit))
    }

    fn is_ancestor(&self, ancestor: Oid, descendant: Oid) -> Result<bool, ReadError> {
        Ok(self.repo.walk([descendant], &BTreeSet::new()).iter().any(|commit| commit.id == ancestor))
    }

    fn read_ref(&self, name: &[u8]) -> Result<Option<Oid>, ReadError> {
        Ok(self.repo.refs.get(name).copied())
    }
}
