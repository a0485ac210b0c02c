//! Folders: for people, with the commit that last touched each entry, and as git has them, for programs.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::page::Page;
use hardie_domain::plugin::{CommitInfo, Signature};
use hardie_domain::policy::TreeEntry;
use hardie_git::{Kind, read as git_read};

use super::count;
use super::known::Known;
use super::people::{CommitView, with_person};
use super::reading::{Reading, explain, read};
use super::recent::last_changes;
use super::revision::{self, Revision};
use crate::signatures::Trust;
use crate::{App, Ctx, Error, Result};

/// Listings that are kept, and entries of each: half a kilobyte or so.
const MAX_LISTED: usize = 32;
const MAX_LISTED_ENTRIES: usize = 2_000;
/// Bytes of all texts in a listing that is kept.
const MAX_LISTED_BYTES: usize = 512 << 10;
/// Bytes of each text of a commit in a listing.
const MAX_TEXT: usize = 1024;
/// Entries that a recursive listing visits at most.
const MAX_RECURSIVE: usize = 100_000;
/// Longer paths name nothing.
pub(super) const MAX_PATH_BYTES: usize = 4096;

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Dir,
    /// A file.
    File,
    /// A file with its executable bit set.
    Executable,
    /// A symbolic link.
    Symlink,
    /// A commit of another repository.
    Submodule,
}

impl EntryKind {
    /// From git's mode.
    pub fn of_mode(mode: u32) -> EntryKind {
        match mode {
            0o040_000 => EntryKind::Dir,
            0o120_000 => EntryKind::Symlink,
            0o160_000 => EntryKind::Submodule,
            0o100_755 => EntryKind::Executable,
            _ => EntryKind::File,
        }
    }

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryKind::Dir => "dir",
            EntryKind::File => "file",
            EntryKind::Executable => "executable",
            EntryKind::Symlink => "symlink",
            EntryKind::Submodule => "submodule",
        }
    }

    /// Whether it is stored as a blob.
    pub fn is_blob(self) -> bool {
        matches!(self, EntryKind::File | EntryKind::Executable | EntryKind::Symlink)
    }
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeItem {
    /// The last part of its path. Bytes.
    pub name: Vec<u8>,
    /// Git's mode.
    pub mode: u32,
    /// What it is.
    pub kind: EntryKind,
    /// The blob, tree or submodule commit.
    pub oid: Oid,
    /// Bytes of a blob.
    pub size: Option<u64>,
    /// The commit that last touched it, its texts cut off to what a line shows, without its parents; `None` if it was not found in time or not asked for.
    pub last_commit: Option<Arc<CommitInfo>>,
}

/// A folder at a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeView {
    /// What was asked for.
    pub rev: Revision,
    /// Its commit.
    pub commit: CommitView,
    /// The path. Bytes; empty at the top.
    pub path: Vec<u8>,
    /// The tree.
    pub oid: Oid,
    /// One page: folders first, then by name.
    pub items: Vec<TreeItem>,
    /// Entries in all pages.
    pub total: u64,
    /// Whether every last commit was found in time.
    pub complete: bool,
    /// Commits that the revision reaches; `None` if counting takes too long or was not asked for.
    pub commit_count: Option<u64>,
}

/// A folder for people. `with_commits` asks for the commits that last touched the entries and for the number of commits.
pub async fn tree(
    app: &App,
    ctx: &Ctx,
    path: &RepoPath,
    rev: Option<&str>,
    dir: &[u8],
    page: Page,
    with_commits: bool,
) -> Result<TreeView> {
    let (rev, dir) = (rev.map(str::to_owned), dir.to_vec());
    let (mut view, commit) = read(app, ctx, path, move |r| list(r, rev.as_deref(), dir, page, with_commits)).await?;
    view.commit = with_person(app, ctx, commit).await?;
    Ok(view)
}

fn list(r: &Reading, rev: Option<&str>, dir: Vec<u8>, page: Page, with_commits: bool) -> Result<(TreeView, CommitInfo)> {
    let odb = &r.handle.odb;
    let rev = r.resolve(rev)?;
    let commit = git_read::commit(odb, &rev.commit).map_err(explain)?;
    let found = at(r, &commit.tree, &dir)?;
    if EntryKind::of_mode(found.mode) != EntryKind::Dir {
        return Err(Error::NotFound("directory"));
    }
    let Listed { items, total, complete } = match with_commits.then(|| LISTED.get(&(rev.commit, dir.clone()))).flatten() {
        Some(items) => {
            let (start, total) = (usize::try_from(page.offset()).unwrap_or(usize::MAX), items.len() as u64);
            Listed { items: items.iter().skip(start).take(page.limit() as usize).cloned().collect(), total, complete: true }
        }
        None => items(r, rev.commit, &dir, &found.id, page, with_commits)?,
    };
    r.handle.reached().note(items.iter().filter_map(|item| item.last_commit.as_ref()).map(|commit| commit.id));
    let commit_count = (with_commits && dir.is_empty()).then(|| count::reached_from(r, &rev.commit)).flatten();
    let placeholder = CommitView { info: commit.clone(), author: None, committer: None, trust: Trust::Unsigned };
    let view = TreeView { rev, commit: placeholder, path: dir, oid: found.id, items, total, complete, commit_count };
    Ok((view, commit))
}

/// One page of a folder.
struct Listed {
    items: Vec<TreeItem>,
    total: u64,
    complete: bool,
}

/// Whole folders with all last commits, as of a commit: as [`last_changes`] the same wherever that commit is.
static LISTED: LazyLock<Known<(Oid, Vec<u8>), Items>> = LazyLock::new(|| Known::new(MAX_LISTED));

type Items = Arc<Vec<TreeItem>>;

fn items(r: &Reading, commit: Oid, dir: &[u8], tree: &Oid, page: Page, with_commits: bool) -> Result<Listed> {
    let odb = &r.handle.odb;
    let mut entries = git_read::tree(odb, tree).map_err(explain)?;
    entries.sort_by_cached_key(|e| (EntryKind::of_mode(e.mode) != EntryKind::Dir, e.name.clone()));
    let total = entries.len() as u64;
    let start = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let entries: Vec<TreeEntry> = entries.into_iter().skip(start).take(page.limit() as usize).collect();
    let (touched, complete) = match with_commits && total > 0 {
        true => last_changes(r, commit, dir)?,
        false => Default::default(),
    };
    let mut commits: HashMap<Oid, Arc<CommitInfo>> = HashMap::new();
    let mut budget = r.budget();
    let mut items = Vec::with_capacity(entries.len());
    for entry in entries {
        let last_commit = match touched.get(&entry.name) {
            None => None,
            Some(id) => Some(match commits.get(id) {
                Some(known) => Arc::clone(known),
                None => {
                    let info = git_read::commit(odb, id).map_err(explain)?;
                    budget.bytes(info.message.len()).map_err(explain)?;
                    let info = Arc::new(short(info));
                    commits.insert(*id, Arc::clone(&info));
                    info
                }
            }),
        };
        items.push(item(r, entry, last_commit));
    }
    let bytes = commits.values().map(|commit| commit.message.len() + commit.author.name.len() + commit.author.email.len()).sum::<usize>()
        + items.iter().map(|item| item.name.len()).sum::<usize>();
    let is_whole = complete && items.len() as u64 == total && items.len() <= MAX_LISTED_ENTRIES && bytes <= MAX_LISTED_BYTES;
    if is_whole && items.iter().all(|item| item.last_commit.is_some() && item.size.is_some() == item.kind.is_blob()) {
        LISTED.put((commit, dir.to_vec()), Arc::new(items.clone()));
    }
    Ok(Listed { items, total, complete })
}

/// What lies at a path, with its commit: for an address that may name a file or a folder. The empty path is the top.
pub async fn entry(app: &App, ctx: &Ctx, path: &RepoPath, rev: Option<&str>, at_path: &[u8]) -> Result<(Revision, TreeItem)> {
    let (rev, at_path) = (rev.map(str::to_owned), at_path.to_vec());
    read(app, ctx, path, move |r| {
        let rev = r.resolve(rev.as_deref())?;
        let tree = git_read::peel_to_tree(&r.handle.odb, &rev.commit).map_err(explain)?;
        let found = at(r, &tree, &at_path)?;
        Ok((rev, item(r, found, None)))
    })
    .await
}

/// One entry of a tree as git has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitTreeItem {
    /// The path below the tree that was asked for. Bytes.
    pub path: Vec<u8>,
    /// Git's mode.
    pub mode: u32,
    /// The object.
    pub oid: Oid,
    /// Bytes of a blob, else 0.
    pub size: u64,
}

/// A tree as git has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitTree {
    /// The tree.
    pub oid: Oid,
    /// One page, in git's order.
    pub items: Vec<GitTreeItem>,
    /// Entries in all pages, as far as they were visited.
    pub total: u64,
    /// Whether there are more than were visited.
    pub truncated: bool,
}

/// A tree by a revision or by an id, with all below it if `recursive`.
pub async fn git_tree(app: &App, ctx: &Ctx, path: &RepoPath, name: &str, recursive: bool, page: Page) -> Result<GitTree> {
    let name = name.to_owned();
    read(app, ctx, path, move |r| {
        let odb = &r.handle.odb;
        let id = match r.resolve(Some(&name)) {
            Ok(rev) => rev.commit,
            Err(Error::NotFound(_)) => revision::by_id(r, &name)?.ok_or(Error::NotFound("tree"))?,
            Err(other) => return Err(other),
        };
        let oid = git_read::peel_to_tree(odb, &id).map_err(explain)?;
        let mut all = Vec::new();
        let truncated = collect(r, &oid, recursive, &mut all)?;
        let total = all.len() as u64;
        let start = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let mut items: Vec<GitTreeItem> = all.into_iter().skip(start).take(page.limit() as usize).collect();
        for item in &mut items {
            if EntryKind::of_mode(item.mode).is_blob() {
                item.size = odb.blob_size(&item.oid).map_err(explain)?;
            }
        }
        Ok(GitTree { oid, items, total, truncated })
    })
    .await
}

/// Entries in git's order, folders before what is in them; whether the bound was reached.
fn collect(r: &Reading, root: &Oid, recursive: bool, all: &mut Vec<GitTreeItem>) -> Result<bool> {
    let mut budget = r.budget();
    let mut waiting = vec![(Vec::new(), *root)];
    // Depth first in git's order: what is found in a folder goes on top of the stack, last entry first.
    let mut stack: Vec<GitTreeItem> = Vec::new();
    loop {
        if let Some((prefix, id)) = waiting.pop() {
            budget.step().map_err(explain)?;
            let entries = git_read::tree(&r.handle.odb, &id).map_err(explain)?;
            let items = entries.into_iter().rev().map(|e| GitTreeItem {
                path: if prefix.is_empty() { e.name } else { [prefix.as_slice(), b"/", &e.name].concat() },
                mode: e.mode,
                oid: e.id,
                size: 0,
            });
            stack.extend(items);
        }
        let Some(next) = stack.pop() else { return Ok(false) };
        if all.len() >= MAX_RECURSIVE {
            return Ok(true);
        }
        if recursive && EntryKind::of_mode(next.mode) == EntryKind::Dir {
            waiting.push((next.path.clone(), next.oid));
        }
        all.push(next);
    }
}

/// What lies at a path below a tree.
pub(super) fn at(r: &Reading, tree: &Oid, path: &[u8]) -> Result<TreeEntry> {
    if path.len() > MAX_PATH_BYTES {
        return Err(Error::NotFound("path"));
    }
    git_read::entry_at(&r.handle.odb, tree, path).map_err(explain)?.ok_or(Error::NotFound("path"))
}

/// A commit may say megabytes; of these a listing keeps what a line shows.
fn short(commit: CommitInfo) -> CommitInfo {
    let person = |person: Signature| Signature { name: begin(&person.name), email: begin(&person.email), ..person };
    let (author, committer) = (person(commit.author), person(commit.committer));
    CommitInfo { message: begin(commit.message.trim_ascii_start()), parents: Vec::new(), author, committer, signed: None, ..commit }
}

/// A copy of the first bytes, so that nothing of the rest stays in memory; no character is cut in two.
fn begin(text: &[u8]) -> Vec<u8> {
    let is_start = |at: &usize| text.get(*at).is_none_or(|byte| byte & 0xc0 != 0x80);
    let end = (0..=text.len().min(MAX_TEXT)).rev().find(is_start).unwrap_or_default();
    text.get(..end).unwrap_or_default().to_vec()
}

fn item(r: &Reading, entry: TreeEntry, last_commit: Option<Arc<CommitInfo>>) -> TreeItem {
    let kind = EntryKind::of_mode(entry.mode);
    let size = match kind.is_blob() {
        true => r.handle.odb.header(&entry.id).ok().filter(|(kind, _)| *kind == Kind::Blob).map(|(_, size)| size),
        false => None,
    };
    TreeItem { name: entry.name, mode: entry.mode, kind, oid: entry.id, size, last_commit }
}
