//! A push, an event and a web request made of plain values, so that a plugin's rules are tested with `cargo test` alone.
//!
//! Ids are counted up, not computed, but equal content has one id. History is a line of commits for each ref, all on one base. For real
//! ids, limits and a report use `hardie plugin test`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::error::Error;
use crate::mock_event::World;
pub use crate::mock_event::{Handled, MockEvent, MockRequest, MockStatus};
pub use crate::mock_online::Asked;
pub use crate::mock_web::{Answered, MockWeb};
use crate::oid::Oid;
use crate::policy::Policy;
use crate::push::{PushSource, RefUpdate, UpdateKind};
use crate::repository::{Change, ChangeSide, Commit, CommitSource, FileMode, NewObject, RepositorySource, Signature, TreeEntry};
use crate::verdicts::Verdicts;

/// A push of some commits to one ref, or to several ([`MockPush::and_to`]).
#[derive(Clone, Debug)]
pub struct MockPush {
    ref_name: String,
    /// Refs that are made beside it.
    others: Vec<String>,
    delete: bool,
    force: bool,
    annotated: bool,
    /// How many of the commits are on the default branch already; and, with `moves`, on the ref.
    base: usize,
    moves: bool,
    actor: String,
    role: String,
    options: Vec<String>,
    commits: Vec<MockCommit>,
    /// For a policy that asks others.
    pub(crate) world: World,
}

/// A commit of a [`MockPush`].
#[derive(Clone, Debug)]
pub struct MockCommit {
    message: Vec<u8>,
    author: (String, String),
    parents: usize,
    /// Positions of other parents.
    merged: Vec<usize>,
    /// Which of the refs it is for; those of the base are for all.
    line: usize,
    files: Vec<MockFile>,
}

#[derive(Clone, Debug)]
struct MockFile {
    path: Vec<u8>,
    mode: FileMode,
    data: Vec<u8>,
    size: u64,
}

impl Default for MockPush {
    fn default() -> Self {
        MockPush {
            ref_name: "refs/heads/main".into(),
            others: Vec::new(),
            delete: false,
            force: false,
            annotated: false,
            base: 0,
            moves: true,
            actor: "ann".into(),
            role: "write".into(),
            options: Vec::new(),
            commits: Vec::new(),
            world: World::new(),
        }
    }
}

impl MockPush {
    /// A push by `ann` to `refs/heads/main`, with no commit yet.
    pub fn new() -> MockPush {
        MockPush::default()
    }

    /// Pushes to another ref.
    #[must_use]
    pub fn to(mut self, ref_name: &str) -> MockPush {
        self.ref_name = ref_name.into();
        self
    }

    /// Takes the ref away.
    #[must_use]
    pub fn deleting(mut self) -> MockPush {
        self.delete = true;
        self
    }

    /// Drops commits that the ref had.
    #[must_use]
    pub fn forced(mut self) -> MockPush {
        self.force = true;
        self
    }

    /// Pushes an annotated tag on the last commit.
    #[must_use]
    pub fn annotated(mut self) -> MockPush {
        self.annotated = true;
        self
    }

    /// Adds a commit that the default branch and the pushed ref have already. To be called before [`MockPush::commit`].
    #[must_use]
    pub fn base(mut self, commit: impl Into<MockCommit>) -> MockPush {
        self.commits.insert(self.base, commit.into());
        self.base += 1;
        self
    }

    /// The pushed ref does not exist yet, whatever the default branch has.
    #[must_use]
    pub fn creating(mut self) -> MockPush {
        self.moves = false;
        self
    }

    /// By somebody else: name, and `read`, `write` or `admin`.
    #[must_use]
    pub fn by(mut self, actor: &str, role: &str) -> MockPush {
        (self.actor, self.role) = (actor.into(), role.into());
        self
    }

    /// With a push option.
    #[must_use]
    pub fn option(mut self, option: &str) -> MockPush {
        self.options.push(option.into());
        self
    }

    /// Adds a commit, oldest first: a message, or a [`MockCommit`].
    #[must_use]
    pub fn commit(mut self, commit: impl Into<MockCommit>) -> MockPush {
        self.commits.push(MockCommit { line: self.others.len(), ..commit.into() });
        self
    }

    /// Makes another ref with the same push: the commits added from now on are for it alone, on top of the base.
    #[must_use]
    pub fn and_to(mut self, ref_name: &str) -> MockPush {
        self.others.push(ref_name.into());
        self
    }

    /// Has it judged.
    ///
    /// # Errors
    /// What the policy returns.
    pub fn check<P: Policy>(&self, config: &P::Config) -> Result<Verdicts, Error> {
        self.ask::<P>(config).result
    }
}

impl MockCommit {
    /// A commit by `Ann Author <ann@example.org>` that changes nothing yet.
    pub fn new(message: impl AsRef<[u8]>) -> MockCommit {
        let author = ("Ann Author".into(), "ann@example.org".into());
        MockCommit { message: message.as_ref().to_vec(), author, parents: 1, merged: Vec::new(), line: 0, files: Vec::new() }
    }

    /// By somebody else.
    #[must_use]
    pub fn author(mut self, name: &str, email: &str) -> MockCommit {
        self.author = (name.into(), email.into());
        self
    }

    /// With this number of parents; a merge has two.
    #[must_use]
    pub fn parents(mut self, parents: usize) -> MockCommit {
        self.parents = parents;
        self
    }

    /// Merges the push's commit at this position too; the base's come first, from 0 on.
    #[must_use]
    pub fn merging(mut self, position: usize) -> MockCommit {
        self.merged.push(position);
        self
    }

    /// Writes a plain file.
    #[must_use]
    pub fn file(self, path: &str, data: impl AsRef<[u8]>) -> MockCommit {
        self.entry(path, FileMode::FILE, data)
    }

    /// Writes a file that claims to have this size, without having it in memory.
    #[must_use]
    pub fn file_of_size(mut self, path: &str, size: u64) -> MockCommit {
        self.files.push(MockFile { path: path.into(), mode: FileMode::FILE, data: Vec::new(), size });
        self
    }

    /// Writes an entry of any mode.
    #[must_use]
    pub fn entry(mut self, path: &str, mode: FileMode, data: impl AsRef<[u8]>) -> MockCommit {
        let data = data.as_ref().to_vec();
        self.files.push(MockFile { path: path.into(), mode, size: data.len() as u64, data });
        self
    }
}

impl From<&str> for MockCommit {
    fn from(message: &str) -> MockCommit {
        MockCommit::new(message)
    }
}

/// Ids: what kind, which commit, which file.
fn id(kind: u8, commit: usize, file: usize) -> Oid {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(&(commit as u64 + 1).to_be_bytes());
    bytes.extend_from_slice(&(file as u64).to_be_bytes());
    bytes.resize(20, 0);
    Oid::from_bytes(bytes)
}

const COMMIT: u8 = 1;
const TREE: u8 = 2;
const BLOB: u8 = 3;
const TAG: u8 = 4;

fn page<T>(all: impl IntoIterator<Item = T>, start: u32, limit: u32) -> Vec<T> {
    all.into_iter().skip(start as usize).take(limit as usize).collect()
}

impl MockPush {
    fn find<T>(&self, wanted: &Oid, kind: u8, found: impl Fn(usize, usize, &MockCommit) -> Option<T>) -> Result<T, Error> {
        if wanted.as_bytes().first().is_some_and(|is| *is == TAG) {
            return Err(Error::coded("wrong-kind", "it is a tag"));
        }
        let commits = self.commits.iter().enumerate();
        let mut all = commits.flat_map(|(n, commit)| (0..=commit.files.len()).map(move |file| (n, file, commit)));
        let hit = all.find(|(n, file, _)| id(kind, *n, *file) == *wanted);
        hit.and_then(|(n, file, commit)| found(n, file, commit)).ok_or_else(|| Error::coded("not-found", "no such object"))
    }

    /// A commit and those of its own line before it, oldest first.
    fn history(&self, commit: usize) -> impl DoubleEndedIterator<Item = (usize, &MockCommit)> {
        let line = self.commits.get(commit).map(|commit| commit.line);
        let all = self.commits.iter().enumerate().take(commit.saturating_add(1));
        all.filter(move |(n, commit)| *n < self.base || Some(commit.line) == line)
    }

    /// The last commit of a line; of one without commits, that of the base.
    fn tip(&self, line: usize) -> Option<usize> {
        self.commits.iter().enumerate().rev().find(|(n, commit)| *n < self.base || commit.line == line).map(|(n, _)| n)
    }

    /// The id of the first file with the same content.
    fn blob(&self, file: &MockFile) -> Oid {
        let all =
            self.commits.iter().enumerate().flat_map(|(n, commit)| commit.files.iter().enumerate().map(move |(at, file)| (n, at, file)));
        let mut same = all.filter(|(.., other)| other.size == file.size && other.data == file.data);
        same.next().map_or_else(|| id(BLOB, 0, 0), |(n, at, _)| id(BLOB, n, at))
    }

    /// All files after a commit, by path.
    fn files(&self, commit: usize) -> BTreeMap<Vec<u8>, ChangeSide> {
        let all = self.history(commit).flat_map(|(_, commit)| &commit.files);
        all.map(|file| (file.path.clone(), ChangeSide { mode: file.mode, id: self.blob(file) })).collect()
    }

    /// The folders below a commit's root, by path; their places are their numbers.
    fn folders(&self, commit: usize) -> Vec<Vec<u8>> {
        let mut all = std::collections::BTreeSet::new();
        for path in self.files(commit).into_keys() {
            let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
            all.extend(slashes.filter_map(|(at, _)| path.get(..at)).map(<[u8]>::to_vec));
        }
        all.into_iter().collect()
    }

    /// A tree's commit and its path; the root's is empty.
    fn folder(&self, wanted: &Oid) -> Result<(usize, Vec<u8>), Error> {
        for n in 0..self.commits.len() {
            let folders = self.folders(n).into_iter().enumerate().map(|(at, path)| (at + 1, path));
            if let Some((_, path)) = [(0, Vec::new())].into_iter().chain(folders).find(|(at, _)| id(TREE, n, *at) == *wanted) {
                return Ok((n, path));
            }
        }
        Err(Error::coded("not-found", "no such tree"))
    }

    fn made(&self, n: usize) -> Option<Commit> {
        let commit = self.commits.get(n)?.clone();
        let before = self.history(n).rev().nth(1).map(|(before, _)| id(COMMIT, before, 0));
        Some(Commit(Rc::new(Made { n, commit, before })))
    }

    fn base_tip(&self) -> Option<Oid> {
        self.base.checked_sub(1).map(|last| id(COMMIT, last, 0))
    }

    fn new_ones(&self) -> impl Iterator<Item = (usize, &MockCommit)> {
        self.commits.iter().enumerate().skip(self.base).rev().filter(|_| !self.delete)
    }

    fn side(&self, wanted: Option<&Oid>) -> Result<BTreeMap<Vec<u8>, ChangeSide>, Error> {
        let Some(wanted) = wanted else { return Ok(BTreeMap::new()) };
        let by = |kind| self.find(wanted, kind, |n, file, _| (file == 0).then(|| self.files(n)));
        by(COMMIT).or_else(|_| by(TREE))
    }
}

impl PushSource for MockPush {
    fn repository_path(&self) -> String {
        "ann/demo".into()
    }

    fn default_branch(&self) -> String {
        "main".into()
    }

    fn actor_name(&self) -> String {
        self.actor.clone()
    }

    fn actor_role(&self) -> String {
        self.role.clone()
    }

    fn door(&self) -> String {
        "ssh".into()
    }

    fn options(&self) -> Vec<String> {
        self.options.clone()
    }

    fn updates(&self, start: u32, limit: u32) -> Vec<RefUpdate> {
        let kind = if self.annotated { TAG } else { COMMIT };
        let tip = self.tip(0).map(|last| id(kind, last, 0));
        let gone = self.delete.then(|| id(COMMIT, 0, 0));
        let old = self.base_tip().filter(|_| self.moves).or(gone);
        let update = RefUpdate {
            index: 0,
            name: self.ref_name.clone().into_bytes(),
            new: tip.filter(|_| !self.delete),
            kind: match &old {
                _ if self.delete => UpdateKind::Delete,
                Some(_) if self.force => UpdateKind::Force,
                Some(_) => UpdateKind::Update,
                None => UpdateKind::Create,
            },
            old,
        };
        let others = self.others.iter().zip(1u32..).map(|(name, index)| RefUpdate {
            index,
            name: name.clone().into_bytes(),
            new: self.tip(index as usize).map(|last| id(COMMIT, last, 0)),
            kind: UpdateKind::Create,
            old: None,
        });
        page([update].into_iter().chain(others), start, limit)
    }
}

impl RepositorySource for MockPush {
    fn new_commits(&self, update: u32, start: u32, limit: u32) -> Result<Vec<Commit>, Error> {
        let mine = self.new_ones().filter(|(_, commit)| commit.line == update as usize);
        Ok(page(mine, start, limit).into_iter().map(|(n, _)| self.made(n)).collect::<Option<_>>().unwrap_or_default())
    }

    fn new_objects(&self, kind: &str, start: u32, limit: u32) -> Result<Vec<NewObject>, Error> {
        let old = self.commits.iter().take(self.base).flat_map(|commit| &commit.files);
        let mut seen: std::collections::BTreeSet<Oid> = old.map(|file| self.blob(file)).collect();
        let blobs = self.new_ones().flat_map(|(n, commit)| {
            let kept = commit.files.iter().filter(|file| file.mode != FileMode::SUBMODULE);
            kept.map(move |file| NewObject {
                id: self.blob(file),
                kind: "blob".into(),
                size: file.size,
                path: file.path.clone(),
                mode: file.mode,
                commit: Some(id(COMMIT, n, 0)),
            })
        });
        Ok(page(blobs.filter(|blob| (kind.is_empty() || kind == "blob") && seen.insert(blob.id.clone())), start, limit))
    }

    fn commit(&self, wanted: &Oid) -> Result<Commit, Error> {
        self.find(wanted, COMMIT, |n, file, _| (file == 0).then(|| self.made(n)).flatten())
    }

    fn tree(&self, wanted: &Oid, start: u32, limit: u32) -> Result<Vec<TreeEntry>, Error> {
        let (commit, folder) = self.folder(wanted)?;
        let name = |path: &[u8]| {
            let rest = path.strip_prefix(folder.as_slice())?;
            let name = if folder.is_empty() { rest } else { rest.strip_prefix(b"/")? };
            (!name.contains(&b'/')).then(|| name.to_vec())
        };
        let folders = self.folders(commit).into_iter().enumerate();
        let folders =
            folders.filter_map(|(at, path)| Some(TreeEntry { name: name(&path)?, mode: FileMode::TREE, id: id(TREE, commit, at + 1) }));
        let files = self.files(commit).into_iter();
        let files = files.filter_map(|(path, side)| Some(TreeEntry { name: name(&path)?, mode: side.mode, id: side.id }));
        Ok(page(folders.chain(files), start, limit))
    }

    fn blob_size(&self, wanted: &Oid) -> Result<u64, Error> {
        self.find(wanted, BLOB, |_, file, commit| commit.files.get(file).map(|file| file.size))
    }

    fn blob_range(&self, wanted: &Oid, offset: u64, length: u32) -> Result<Vec<u8>, Error> {
        let data = self.find(wanted, BLOB, |_, file, commit| commit.files.get(file).map(|file| file.data.clone()))?;
        Ok(page(data, u32::try_from(offset).unwrap_or(u32::MAX), length))
    }

    fn changes(&self, old: Option<&Oid>, new: Option<&Oid>, start: u32, limit: u32) -> Result<Vec<Change>, Error> {
        // The parent of the first commit is not there: everything in it counts as new.
        let old = self.side(old).unwrap_or_default();
        let new = self.side(new)?;
        let paths: std::collections::BTreeSet<&Vec<u8>> = old.keys().chain(new.keys()).collect();
        let changes = paths.into_iter().map(|path| Change { path: path.clone(), old: old.get(path).cloned(), new: new.get(path).cloned() });
        Ok(page(changes.filter(|change| change.old != change.new), start, limit))
    }

    fn is_ancestor(&self, ancestor: &Oid, descendant: &Oid) -> Result<bool, Error> {
        let at = |wanted| self.find(wanted, COMMIT, |n, file, _| (file == 0).then_some(n));
        let (wanted, mut ready, mut seen) = (at(ancestor)?, vec![at(descendant)?], std::collections::BTreeSet::new());
        while let Some(n) = ready.pop().filter(|_| !seen.contains(&wanted)) {
            let merged = self.history(n).filter(|(n, _)| seen.insert(*n)).flat_map(|(_, commit)| commit.merged.clone());
            ready.extend(merged.collect::<Vec<_>>());
        }
        Ok(seen.contains(&wanted))
    }

    fn read_ref(&self, name: &[u8]) -> Result<Option<Oid>, Error> {
        let existing = name == b"refs/heads/main" || (name == self.ref_name.as_bytes() && self.moves);
        let gone = (self.delete && name == self.ref_name.as_bytes()).then(|| id(COMMIT, 0, 0));
        Ok(self.base_tip().filter(|_| existing).or(gone))
    }
}

/// A commit with its place.
struct Made {
    n: usize,
    commit: MockCommit,
    before: Option<Oid>,
}

impl CommitSource for Made {
    fn id(&self) -> Oid {
        id(COMMIT, self.n, 0)
    }

    fn tree(&self) -> Oid {
        id(TREE, self.n, 0)
    }

    fn parents(&self) -> Vec<Oid> {
        // The first commit's parents lie before the push; their ids are as good as any.
        let unknown = |n| id(COMMIT, usize::MAX - 1, n + 1);
        let plain = (0..self.commit.parents).map(|n| self.before.clone().filter(|_| n == 0).unwrap_or_else(|| unknown(n)));
        plain.chain(self.commit.merged.iter().map(|n| id(COMMIT, *n, 0))).collect()
    }

    fn author(&self) -> Signature {
        let (name, email) = &self.commit.author;
        let seconds = 1_700_000_000 + 60 * i64::try_from(self.n).unwrap_or_default();
        Signature { name: name.clone().into(), email: email.clone().into(), seconds, offset_minutes: 0 }
    }

    fn committer(&self) -> Signature {
        self.author()
    }

    fn message(&self) -> Vec<u8> {
        self.commit.message.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::push::Push;
    use crate::repository::Repository;

    #[test]
    fn what_was_there_before_is_told_from_what_is_pushed() {
        let push = MockPush::new().base(MockCommit::new("One").file("a/b/c.txt", "1")).commit(MockCommit::new("Two").file("a/d.txt", "2"));
        let repository = Repository(&push);
        let update = Push(&push).updates().remove(0);
        assert_eq!(update.kind, UpdateKind::Update);
        let new: Vec<Vec<u8>> = repository.new_blobs().map(|object| object.unwrap().path).collect();
        assert_eq!(new, [b"a/d.txt".to_vec()]);
        let old = update.old.unwrap();
        assert_eq!(repository.read_ref(b"refs/heads/main").unwrap().as_ref(), Some(&old));
        assert_eq!(repository.entry(&old, b"a/b/c.txt").unwrap().unwrap().name, b"c.txt");
        assert_eq!(repository.entry(&old, b"a/b").unwrap().unwrap().mode, FileMode::TREE);
        for absent in [&b"a/d.txt"[..], b"a/b/c.txt/x", b"x", b""] {
            assert_eq!(repository.entry(&old, absent).unwrap(), None);
        }
    }
}
